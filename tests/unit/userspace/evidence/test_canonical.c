/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical form and UTF-8, as tables. */
#include "chain_util.h"

#include "evidence/chain.h"

static void test_form(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{"{}", "{}"},
		{" [ 1 , 2 ] ", "[1,2]"},
		{"{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"},
		{"{\"ab\":1,\"a\":2,\"B\":3}", "{\"B\":3,\"a\":2,\"ab\":1}"},
		/* bytewise: U+FF61 (ef bd a1) before U+10002 (f0 90 80 82), unlike UTF-16 order */
		{"{\"\\ud800\\udc02\":1,\"\\uff61\":2}",
		 "{\"\xef\xbd\xa1\":2,\"\xf0\x90\x80\x82\":1}"},
		{"{\"a\":[null,true,false,\"\"]}", "{\"a\":[null,true,false,\"\"]}"},
		{"[-9223372036854775808,9223372036854775807,18446744073709551615,0]",
		 "[-9223372036854775808,9223372036854775807,18446744073709551615,0]"},
		{"\"\\u0041\\u00e9\\/\"", "\"A\xc3\xa9/\""},
		{"\"\\u0000\\u0001\\u001f\\u007f\"", "\"\\u0000\\u0001\\u001f\x7f\""},
		{"\"\\b\\f\\n\\r\\t\\\"\\\\\"", "\"\\b\\f\\n\\r\\t\\\"\\\\\""},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		_cleanup_strbuf_ struct sw_strbuf sb = {};
		struct json_object *o = json_tokener_parse(table[i].in);

		assert_int_equal(sw_canonical_add(&sb, o, 0), 0);
		assert_string_equal(sw_strbuf_str(&sb), table[i].out);
		json_object_put(o);
	}
}

static void test_depth(void **state)
{
	for (unsigned levels = 1; levels < SW_LIMIT_JSON_DEPTH + 3; levels++) {
		_cleanup_strbuf_ struct sw_strbuf sb = {};
		struct json_object *o = json_object_new_array();

		for (unsigned i = 1; i < levels; i++) {
			struct json_object *outer = json_object_new_array();

			json_object_array_add(outer, o);
			o = outer;
		}
		assert_int_equal(sw_canonical_add(&sb, o, 0),
				 levels <= SW_LIMIT_JSON_DEPTH ? 0 : -ELOOP);
		json_object_put(o);
	}
}

static void test_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t len, n;
		uint32_t cp;
	} table[] = {
		{"", 0, 0, 0},
		{"a", 1, 1, 'a'},
		{"\0", 1, 1, 0},
		{"\xc3\xa9", 2, 2, 0xe9},
		{"\xc3\xa9", 1, 0, 0}, /* cut */
		{"\xe2\x82\xac", 3, 3, 0x20ac},
		{"\xf0\x9f\x98\x80", 4, 4, 0x1f600},
		{"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
		{"\xf4\x90\x80\x80", 4, 0, 0}, /* above U+10FFFF */
		{"\xc0\x80", 2, 0, 0},	       /* overlong NUL */
		{"\xe0\x80\xaf", 3, 0, 0},     /* overlong */
		{"\xf0\x80\x80\xaf", 4, 0, 0}, /* overlong */
		{"\xed\xa0\x80", 3, 0, 0},     /* surrogate */
		{"\x80", 1, 0, 0},	       /* continuation alone */
		{"\xff", 1, 0, 0},
		{"\xc3(", 2, 0, 0},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		uint32_t cp = 0;

		assert_int_equal(sw_utf8_char(table[i].bytes, table[i].len, &cp), table[i].n);
		assert_int_equal(cp, table[i].cp);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests_name("evidence/canonical", tests, NULL, NULL);
}
