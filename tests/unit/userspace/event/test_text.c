/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bytes become valid UTF-8 and lose nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stigwatch/engine.h>

#include "event/text.h"

static const struct {
	const char *in;
	size_t len;
	const char *out;
} rows[] = {
	{"plain", 5, "plain"},
	{"", 0, ""},
	{"a\nb\tc", 5, "a\\x0ab\\x09c"},
	{"back\\slash", 10, "back\\\\slash"},
	{"\x7f", 1, "\\x7f"},
	{"nul\0in", 6, "nul\\x00in"},
	{"\xc3\xa9", 2, "\xc3\xa9"},		     /* two bytes */
	{"\xe2\x82\xac", 3, "\xe2\x82\xac"},	     /* three */
	{"\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80"}, /* four */
	{"\xc3", 1, "\\xc3"},			     /* cut */
	{"\xc0\xaf", 2, "\\xc0\\xaf"},		     /* overlong */
	{"\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf"},
	{"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"},		 /* surrogate */
	{"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"}, /* past U+10FFFF */
	{"\xff\xfe", 2, "\\xff\\xfe"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++) {
		struct sw_strbuf sb = {0};

		sw_text_add(&sb, rows[i].in, rows[i].len);
		assert_string_equal(sw_strbuf_str(&sb), rows[i].out);
		sw_strbuf_release(&sb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
