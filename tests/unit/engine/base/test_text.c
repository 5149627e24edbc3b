/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/engine/unit.h"

static void test_utf8_decode(void **state)
{
	static const struct {
		const char *s;
		size_t len, n;
		uint32_t cp;
	} cases[] = {
		{"a", 1, 1, 'a'},
		{"\xc3\xa4", 2, 2, 0xe4},
		{"\xe2\x82\xac", 3, 3, 0x20ac},
		{"\xf0\x9f\x98\x80", 4, 4, 0x1f600},
		{"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
		{"\xf4\x90\x80\x80", 4, 0, 0}, /* above the last character */
		{"\xc0\xaf", 2, 0, 0},	       /* overlong */
		{"\xe0\x80\xaf", 3, 0, 0},
		{"\xed\xa0\x80", 3, 0, 0}, /* surrogate */
		{"\xc3", 1, 0, 0},	   /* cut off */
		{"\x80", 1, 0, 0},
		{"\xc3(", 2, 0, 0},
		{"", 0, 0, 0},
	};
	uint32_t cp;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		cp = 0;
		assert_int_equal(sw_utf8_decode(cases[i].s, cases[i].len, &cp), cases[i].n);
		assert_int_equal(cp, cases[i].cp);
	}
}

static void test_utf8_cut(void **state)
{
	assert_int_equal(sw_utf8_cut("abc", 3, 5), 3);
	assert_int_equal(sw_utf8_cut("abc", 3, 2), 2);
	assert_int_equal(sw_utf8_cut("a\xe2\x82\xac", 4, 3), 1);
	assert_int_equal(sw_utf8_cut("a\xe2\x82\xac", 4, 4), 4);
	/* No UTF-8 at all: cut near the limit, not at zero. */
	assert_int_equal(sw_utf8_cut("\x80\x80\x80\x80\x80\x80\x80\x80", 8, 6), 3);
}

static void test_collapse(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"  ", ""},
		{" a \n\t b ", "a b"},
		{"a", "a"},
		{"\xc3\xa4\n\xc3\xa4", "\xc3\xa4 \xc3\xa4"},
	};
	char *s;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		s = sw_str_collapse(cases[i][0]);
		assert_string_equal(s, cases[i][1]);
		free(s);
	}
}

static void test_replace(void **state)
{
	char *s = NULL;

	assert_int_equal(sw_str_replace(&s, "a"), 0);
	assert_string_equal(s, "a");
	assert_int_equal(sw_str_replace(&s, s), 0);
	assert_string_equal(s, "a");
	assert_int_equal(sw_str_replace(&s, NULL), 0);
	assert_null(s);
}

static void test_time(void **state)
{
	char text[SW_TIME_LEN];

	sw_time_str(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	sw_time_str(1714979289, text);
	assert_string_equal(text, "2024-05-06T07:08:09Z");
	sw_time_str(INT64_MAX, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_decode), cmocka_unit_test(test_utf8_cut),
		cmocka_unit_test(test_collapse),    cmocka_unit_test(test_replace),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
