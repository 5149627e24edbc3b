/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/engine/unit.h"

static void test_set(void **state)
{
	struct sw_error err = {};

	assert_int_equal(sw_error_set(&err, ENOENT, "no %s", "file"), -ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.text, "no file");
	assert_int_equal(sw_error_set(NULL, EIO, "nobody listens"), -EIO);
}

static void test_context(void **state)
{
	struct sw_error err = {};

	sw_error_set(&err, EINVAL, "unknown element <%s>", "x");
	assert_int_equal(sw_error_context(&err, "content ds.xml:%d", 12), -EINVAL);
	assert_int_equal(sw_error_context(&err, "scan"), -EINVAL);
	assert_string_equal(err.text, "scan: content ds.xml:12: unknown element <x>");
	assert_int_equal(sw_error_context(NULL, "x"), -EIO);
}

static void test_own_text_as_argument(void **state)
{
	struct sw_error err = {};

	sw_error_set(&err, EINVAL, "inner");
	sw_error_set(&err, EIO, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner)");
}

static void test_one_line(void **state)
{
	struct sw_error err = {};

	sw_error_set(&err, EINVAL, "a\nb\x1b[31m\tc");
	assert_string_equal(err.text, "a b [31m c");
}

static void test_truncation_keeps_utf8(void **state)
{
	struct sw_error err = {};
	char longer[4096];
	size_t i, n;

	for (i = 0; i + 3 < sizeof(longer); i += 3)
		memcpy(longer + i, "\xe2\x82\xac", 3);
	longer[i] = '\0';
	sw_error_set(&err, EINVAL, "%s", longer);
	n = strlen(err.text);
	assert_in_range(n, sizeof(err.text) - 5, sizeof(err.text) - 1);
	assert_string_equal(err.text + n - 3, "...");
	assert_true(sw_utf8_valid(err.text, n));
	sw_error_context(&err, "%s", longer);
	assert_true(sw_utf8_valid(err.text, strlen(err.text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_own_text_as_argument),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_truncation_keeps_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
