/* SPDX-License-Identifier: Apache-2.0 */
/* The handle: roots that are none, names, environment known and unknown, identity. */
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "unit/engine/root.h"

static void test_bad_roots(void **state)
{
	struct root *r = *state;
	struct sw_target *t = NULL;
	struct sw_error err = {0};

	root_puts(r, "/file", "");
	assert_int_equal(sw_target_open_dir("/nonexistent-root", SW_TARGET_DIR, &t, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent-root"));
	assert_int_equal(sw_target_open_dir(root_path(r, "/file"), SW_TARGET_DIR, &t, &err),
			 -ENOTDIR);
	assert_int_equal(
		sw_target_open_fd(open(root_path(r, "/file"), O_RDONLY), SW_TARGET_PID, &t, NULL),
		-ENOTDIR);
	assert_int_equal(sw_target_open_fd(-1, SW_TARGET_PID, &t, &err), -EBADF);
	assert_null(t);
}

static void test_names_and_kinds(void **state)
{
	struct root *r = *state;
	struct sw_target *t;

	assert_string_equal(sw_target_name(r->t), r->dir);
	assert_int_equal(sw_target_set_name(r->t, "web"), 0);
	assert_string_equal(sw_target_name(r->t), "web");
	assert_int_equal(sw_target_kind(r->t), SW_TARGET_DIR);
	assert_int_equal(sw_target_open_fd(open(r->dir, O_PATH), SW_TARGET_CONTAINER, &t, NULL), 0);
	assert_string_equal(sw_target_name(t), "container");
	assert_string_equal(sw_target_kind_str(SW_TARGET_PID), "pid");
	assert_string_equal(sw_target_kind_str(99), "unknown");
	sw_target_free(t);
}

static void test_environment(void **state)
{
	struct root *r = *state;
	const char *n = NULL, *v = NULL;

	assert_false(sw_target_env_known(r->t));
	assert_false(sw_target_env_at(r->t, 0, &n, &v));
	assert_int_equal(sw_target_set_env_known(r->t), 0);
	assert_true(sw_target_env_known(r->t));
	assert_false(sw_target_env_at(r->t, 0, &n, &v));
	assert_int_equal(sw_target_add_env(r->t, "A", "1"), 0);
	assert_int_equal(sw_target_add_env(r->t, "A", ""), 0);
	assert_true(sw_target_env_at(r->t, 1, &n, &v));
	assert_string_equal(n, "A");
	assert_string_equal(v, "");
	for (int i = 2; i < SW_LIMIT_ENV; i++)
		assert_int_equal(sw_target_add_env(r->t, "B", "x"), 0);
	assert_int_equal(sw_target_add_env(r->t, "B", "x"), -E2BIG);
}

static void test_identity(void **state)
{
	struct root *r = *state;
	const char *k, *v;

	assert_int_equal(sw_target_add_identity(r->t, "image.digest", "sha256:00"), 0);
	assert_int_equal(sw_target_add_identity(r->t, "address", "10.0.0.1"), 0);
	assert_int_equal(sw_target_add_identity(r->t, NULL, "x"), -EINVAL);
	assert_true(sw_target_identity_at(r->t, 1, &k, &v));
	assert_string_equal(k, "address");
	assert_string_equal(v, "10.0.0.1");
	assert_false(sw_target_identity_at(r->t, 2, &k, &v));
	sw_target_free(NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_bad_roots),
		T(test_names_and_kinds),
		T(test_environment),
		T(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
