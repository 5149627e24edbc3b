/* SPDX-License-Identifier: Apache-2.0 */
/* containers/docker_parse: what a daemon answers, and what it must not. */
#include "fake.h"

static void test_container(void **state)
{
	_cleanup_container_ struct sw_container *c = NULL;

	assert_int_equal(
		sw_docker_parse_container(FAKE_CONTAINER, strlen(FAKE_CONTAINER), &c, NULL), 0);
	assert_string_equal(c->id, FAKE_ID);
	assert_string_equal(c->name, "web");
	assert_string_equal(c->image_ref, "nginx:1.25");
	assert_string_equal(c->image_digest, FAKE_DIGEST);
	assert_null(c->manifest_digest);
	assert_string_equal(c->status, "running");
	assert_int_equal(c->pid, 4242);
	assert_string_equal(c->started_at, "2024-05-06T07:08:09.1Z");
	assert_int_equal(c->n_env, 3);
	assert_string_equal(c->env[1], "B=x=y");
	assert_string_equal(c->env[2], "E=");
	assert_int_equal(c->n_labels, 2);
	assert_string_equal(c->labels[0], "tier=front");
	assert_string_equal(c->labels[1], "empty=");
	assert_int_equal(c->n_addresses, 3);
	assert_string_equal(c->addresses[0], "172.17.0.2");
	assert_string_equal(c->addresses[1], "fd00::2");
	assert_string_equal(c->addresses[2], "10.0.0.7");
	assert_string_equal(c->upper_dir, "/l/up");
	assert_int_equal(c->n_lower_dirs, 2);
	assert_string_equal(c->lower_dirs[0], "/l/init");
	assert_string_equal(c->lower_dirs[1], "/l/1");
}

static void test_image(void **state)
{
	_cleanup_container_ struct sw_container *c = NULL;

	assert_int_equal(sw_docker_parse_image(FAKE_IMAGE, strlen(FAKE_IMAGE), "nginx", &c, NULL),
			 0);
	assert_null(c->id);
	assert_string_equal(c->name, "nginx");
	assert_string_equal(c->image_ref, "nginx");
	assert_string_equal(c->manifest_digest, "nginx@" FAKE_DIGEST);
	assert_null(c->upper_dir);
	assert_int_equal(c->n_lower_dirs, 3);
	assert_string_equal(c->lower_dirs[0], "/l/3");
	assert_string_equal(c->lower_dirs[2], "/l/1");
	assert_int_equal(c->n_env, 1);
}

static void test_least(void **state)
{
	static const char json[] = "{\"Id\":\"" FAKE_ID "\",\"State\":{\"StartedAt\":"
				   "\"0001-01-01T00:00:00Z\"},\"GraphDriver\":{\"Name\":\"btrfs\","
				   "\"Data\":{\"UpperDir\":\"/x\"}},\"Config\":null}";
	_cleanup_container_ struct sw_container *c = NULL;

	assert_int_equal(sw_docker_parse_container(json, strlen(json), &c, NULL), 0);
	assert_string_equal(c->name, FAKE_ID);
	assert_null(c->started_at);
	assert_null(c->upper_dir);
	assert_int_equal(c->n_lower_dirs + c->n_env + c->n_labels + c->n_addresses, 0);
}

/* %s: one broken part in an otherwise good answer. */
#define STATE "\"State\":{\"Status\":\"running\",\"Pid\":1}"
#define GOOD "{\"Id\":\"" FAKE_ID "\"," STATE

static const char *const hostile[] = {
	"",
	"null",
	"7",
	"[]",
	"\"x\"",
	"{}",
	"{\"Id\":\"" FAKE_ID "\"}",
	GOOD, /* cut off */
	GOOD "} x",
	GOOD "}{}",
	"{\"Id\":7," STATE "}",
	"{\"Id\":\"\"," STATE "}",
	"{\"Id\":\"0123456789ab\"," STATE "}",
	"{\"Id\":\"../../../../etc/passwd/////////////////////////////////////////\"," STATE "}",
	"{\"Id\":\"" FAKE_ID "0\"," STATE "}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":[]}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":{\"Pid\":-1}}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":{\"Pid\":2147483648}}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":{\"Pid\":99999999999999999999}}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":{\"Pid\":\"1\"}}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":{\"Pid\":1.5}}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":{\"Status\":\"a b\"}}",
	"{\"Id\":\"" FAKE_ID "\",\"State\":{\"StartedAt\":\"\\u001b[31m\"}}",
	GOOD ",\"Name\":\"/a\\nb\"}",
	GOOD ",\"Name\":\"/a\\u0000b\"}",
	GOOD ",\"Name\":{}}",
	GOOD ",\"Image\":\"sha256:zz\"}",
	GOOD ",\"Config\":[]}",
	GOOD ",\"Config\":{\"Image\":\"a b\"}}",
	GOOD ",\"Config\":{\"Image\":\"a\\u001bb\"}}",
	GOOD ",\"Config\":{\"Env\":\"A=1\"}}",
	GOOD ",\"Config\":{\"Env\":[1]}}",
	GOOD ",\"Config\":{\"Env\":[null]}}",
	GOOD ",\"Config\":{\"Env\":[\"A=\\u0000\"]}}",
	GOOD ",\"Config\":{\"Labels\":[]}}",
	GOOD ",\"Config\":{\"Labels\":{\"a\":1}}}",
	GOOD ",\"NetworkSettings\":{\"IPAddress\":\"1.2.3\"}}",
	GOOD ",\"NetworkSettings\":{\"Networks\":{\"a\":{\"IPAddress\":\"evil\"}}}}",
	GOOD ",\"NetworkSettings\":{\"Networks\":{\"a\":7}}}",
	GOOD ",\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"LowerDir\":\"relative\"}}}",
	GOOD ",\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"LowerDir\":\"/a::/b\"}}}",
	GOOD ",\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"UpperDir\":\"x\"}}}",
	GOOD ",\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"UpperDir\":\"/a\\u0000\"}}}",
	GOOD ",\"a\":\"\xff\"}",
};

static void test_hostile_containers(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(hostile); i++) {
		struct sw_container *c = NULL;
		struct sw_error err = {0};
		size_t len = strlen(hostile[i]);
		char *copy = malloc(len ?: 1);

		memcpy(copy, hostile[i], len);
		if (sw_docker_parse_container(copy, len, &c, &err) != -EBADMSG)
			fail_msg("accepted: %s", hostile[i]);
		assert_null(c);
		assert_true(err.text[0]);
		free(copy);
	}
}

static void test_depth(void **state)
{
	char deep[256] = GOOD ",\"x\":";
	size_t len = strlen(deep);
	struct sw_container *c = NULL;

	memset(deep + len, '[', 40);
	memset(deep + len + 40, ']', 40);
	deep[len + 80] = '}';
	assert_int_equal(sw_docker_parse_container(deep, len + 81, &c, NULL), -EBADMSG);
}

static void test_too_many_layers(void **state)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	struct sw_container *c = NULL;

	sw_strbuf_adds(&sb,
		       GOOD ",\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"LowerDir\":\"/a");
	for (unsigned i = 0; i < SW_LIMIT_LAYERS; i++)
		sw_strbuf_adds(&sb, ":/a");
	sw_strbuf_adds(&sb, "\"}}}");
	assert_int_equal(sw_docker_parse_container(sb.data, sb.len, &c, NULL), -E2BIG);
}

static void test_versions(void **state)
{
	static const struct {
		const char *json, *use; /* NULL: refused */
	} cases[] = {
		{FAKE_VERSION, "1.41"},
		{"{\"ApiVersion\":\"1.24\"}", "1.24"},
		{"{\"ApiVersion\":\"1.23\"}", NULL},
		{"{\"ApiVersion\":\"1.52\",\"MinAPIVersion\":\"1.24\"}", "1.44"},
		{"{\"ApiVersion\":\"1.52\",\"MinAPIVersion\":\"1.48\"}", "1.48"},
		{"{\"ApiVersion\":\"2.0\"}", NULL},
		{"{\"ApiVersion\":\"1.41/../x\"}", NULL},
		{"{\"ApiVersion\":\"1.-1\"}", NULL},
		{"{\"ApiVersion\":1.41}", NULL},
		{"{}", NULL},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		char version[16] = "";
		int rc = sw_docker_parse_version(cases[i].json, strlen(cases[i].json), version,
						 NULL);

		assert_int_equal(rc < 0, cases[i].use == NULL);
		assert_string_equal(version, cases[i].use ?: "");
	}
}

static void test_list(void **state)
{
	static const char json[] = "[{\"Id\":\"" FAKE_ID "\",\"State\":\"running\"},"
				   "{\"Id\":\"" FAKE_ID "\",\"State\":\"exited\"},"
				   "{\"Id\":\"" FAKE_ID "\",\"State\":\"created\"}]";
	struct sw_strlist ids = {0};

	assert_int_equal(sw_docker_parse_list(json, strlen(json), &ids, NULL), 0);
	assert_int_equal(ids.n, 2);
	sw_strlist_release(&ids);
	assert_int_equal(sw_docker_parse_list("{}", 2, &ids, NULL), -EBADMSG);
	assert_int_equal(sw_docker_parse_list("[{}]", 4, &ids, NULL), -EBADMSG);
	assert_int_equal(sw_docker_parse_list("[7]", 3, &ids, NULL), -EBADMSG);
	assert_int_equal(sw_docker_parse_list("[]", 2, &ids, NULL), 0);
	assert_int_equal(ids.n, 0);
	sw_strlist_release(&ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container), cmocka_unit_test(test_image),
		cmocka_unit_test(test_least),	  cmocka_unit_test(test_hostile_containers),
		cmocka_unit_test(test_depth),	  cmocka_unit_test(test_too_many_layers),
		cmocka_unit_test(test_versions),  cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
