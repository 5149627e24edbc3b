/* SPDX-License-Identifier: Apache-2.0 */
/* containers/env and image_config: where a target's environment comes from. */
#include "fake.h"

static char path[] = "/tmp/sw-config-XXXXXX";

static void write_config(const char *text)
{
	int fd;

	strcpy(path, "/tmp/sw-config-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void test_order(void **state)
{
	char *base_env[] = {(char *)"A=1", (char *)"B=2"},
	     *given[] = {(char *)"C=9", (char *)"D=4", NULL};
	struct sw_container base = {.name = (char *)"x", .env = base_env, .n_env = 2};
	struct sw_target_options opts = {.image_config = path, .env = given};
	struct sw_strlist env = {0};

	write_config("{\"config\":{\"Env\":[\"B=two\",\"C=3\",\"ALONE\"]}}");
	assert_int_equal(sw_env_merge(&base, &opts, &env, NULL), 0);
	unlink(path);
	assert_int_equal(env.n, 4);
	assert_string_equal(env.items[0], "A=1");
	assert_string_equal(env.items[1], "B=two");
	assert_string_equal(env.items[2], "C=9");
	assert_string_equal(env.items[3], "D=4");
	sw_strlist_release(&env);
}

static void test_configs(void **state)
{
	static const struct {
		const char *json;
		int n; /* -1: refused */
	} cases[] = {
		{"{\"architecture\":\"amd64\",\"config\":{\"Env\":[\"A=1\"]}}", 1},
		{"[{\"Id\":\"x\",\"Config\":{\"Env\":[\"A=1\",\"B=2\"]}}]", 2},
		{"{\"Config\":{\"Env\":null}}", 0},
		{"{\"config\":{}}", 0},
		{"{\"config\":null,\"Config\":{\"Env\":[\"A=\"]}}", 1},
		{"{}", -1},
		{"[]", -1},
		{"[{\"Config\":{}},{\"Config\":{}}]", -1},
		{"[7]", -1},
		{"{\"config\":[]}", -1},
		{"{\"config\":{\"Env\":{}}}", -1},
		{"{\"config\":{\"Env\":[7]}}", -1},
		{"", -1},
		{"{\"config\":{}} trailing", -1},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		struct sw_target_options opts = {.image_config = path};
		struct sw_strlist env = {0};
		struct sw_error err = {0};
		int rc;

		write_config(cases[i].json);
		rc = sw_env_merge(NULL, &opts, &env, &err);
		unlink(path);
		if ((rc < 0) != (cases[i].n < 0))
			fail_msg("%s: %s", cases[i].json, err.text);
		if (rc < 0 && strncmp(err.text, path, strlen(path)) != 0)
			fail_msg("no file name: %s", err.text);
		assert_int_equal(env.n, cases[i].n < 0 ? 0 : cases[i].n);
		sw_strlist_release(&env);
	}
}

static void test_bad_assignments(void **state)
{
	struct sw_strlist env = {0};
	struct sw_error err = {0};
	char *given[] = {(char *)"A", NULL};
	struct sw_target_options opts = {.env = given};

	assert_int_equal(sw_env_put(&env, "=x"), -EINVAL);
	assert_int_equal(sw_env_put(&env, ""), -EINVAL);
	assert_int_equal(sw_env_merge(NULL, &opts, &env, &err), -EINVAL);
	assert_string_equal(err.text, "environment: \"A\" is not NAME=VALUE");
	opts = (struct sw_target_options){.image_config = "/nonexistent.json"};
	assert_int_equal(sw_env_merge(NULL, &opts, &env, &err), -ENOENT);
	opts.image_config = "/tmp";
	assert_int_equal(sw_env_merge(NULL, &opts, &env, &err), -EISDIR);
	opts.image_config = "/dev/zero";
	assert_int_equal(sw_env_merge(NULL, &opts, &env, &err), -EFBIG);
}

static void test_too_many(void **state)
{
	struct sw_strlist env = {0};
	char name[32];

	for (int i = 0; i < SW_LIMIT_ENV; i++) {
		snprintf(name, sizeof(name), "N%d=x", i);
		assert_int_equal(sw_env_put(&env, name), 0);
	}
	assert_int_equal(sw_env_put(&env, "ONE=more"), -E2BIG);
	assert_int_equal(sw_env_put(&env, "N7=again"), 0);
	sw_strlist_release(&env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_configs),
		cmocka_unit_test(test_bad_assignments),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
