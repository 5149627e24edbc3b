/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/engine/unit.h"

static void test_grows(void **state)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	size_t i;

	assert_string_equal(sw_strbuf_str(&sb), "");
	for (i = 0; i < 10000; i++)
		sw_strbuf_addf(&sb, "%zu,", i % 10);
	assert_int_equal(sb.len, 20000);
	assert_int_equal(strlen(sw_strbuf_str(&sb)), 20000);
}

static void test_steal_resets(void **state)
{
	struct sw_strbuf sb = {};
	char *s;

	sw_strbuf_adds(&sb, "one");
	s = sw_strbuf_steal(&sb);
	assert_string_equal(s, "one");
	free(s);
	assert_null(sb.data);
	s = sw_strbuf_steal(&sb);
	assert_string_equal(s, "");
	free(s);
}

static void test_failed_stays_failed(void **state)
{
	struct sw_strbuf sb = {.failed = true};

	sw_strbuf_adds(&sb, "x");
	assert_null(sw_strbuf_str(&sb));
	assert_null(sw_strbuf_steal(&sb));
	assert_false(sb.failed);
}

static void test_xml(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{"a<b>&\"'", 7, "a&lt;b&gt;&amp;&quot;&apos;"},
		{"\x01\t\n", 3, "\\x01\t\n"},
		{"\xff\xc3\xa4", 3, "\\xff\xc3\xa4"},
		{"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"}, /* a surrogate */
		{"a\0b", 3, "a\\x00b"},
		{"\xef\xbf\xbe", 3, "\\xef\\xbf\\xbe"}, /* U+FFFE */
	};
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		_cleanup_strbuf_ struct sw_strbuf sb = {};

		sw_strbuf_add_xml(&sb, cases[i].in, cases[i].len);
		assert_string_equal(sw_strbuf_str(&sb), cases[i].out);
	}
}

static void test_json(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{NULL, "null"},
		{"", "\"\""},
		{"a\"\\\n\r\t", "\"a\\\"\\\\\\n\\r\\t\""},
		{"\x01\x7f", "\"\\u0001\\u007f\""},
		{"\xc3\xa4\xff", "\"\xc3\xa4\\\\xff\""},
	};
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		_cleanup_strbuf_ struct sw_strbuf sb = {};

		sw_strbuf_add_json(&sb, cases[i].in);
		assert_string_equal(sw_strbuf_str(&sb), cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_steal_resets),
		cmocka_unit_test(test_failed_stays_failed),
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
