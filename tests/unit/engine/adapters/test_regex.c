/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/regex.h"
#include "unit/engine/unit.h"

#define ML (SW_REGEX_UTF | SW_REGEX_MULTILINE)

static void test_matches(void **state)
{
	static const struct {
		const char *pattern;
		unsigned int flags;
		const char *subject;
		int rc;
		size_t start, end;
	} cases[] = {
		{"b+", ML, "abbc", 1, 1, 3},
		{"^b$", ML, "a\nb\nc", 1, 2, 3},
		{"^b$", SW_REGEX_UTF, "a\nb\nc", 0, 0, 0},
		{"a.c", ML, "a\nc", 0, 0, 0},
		{"a.c", ML | SW_REGEX_DOTALL, "a\nc", 1, 0, 3},
		{"ABC", ML | SW_REGEX_CASELESS, "xabc", 1, 1, 4},
		{"^[^:]+:(?![!*])[^:\\n]*:", ML, "root:*:1\nweb:x:1", 1, 9, 15},
		{"\\w", ML, "\xc3\xa4", 0, 0, 0}, /* no UCP: as oscap */
		{"(x)|(y)", ML, "y", 3, 0, 1},
	};
	struct sw_regex_span spans[4];
	struct sw_subject subject;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		_cleanup_regex_ struct sw_regex *re = NULL;

		assert_int_equal(sw_regex_new(cases[i].pattern, cases[i].flags, &re, NULL), 0);
		subject = sw_subject_init(cases[i].subject, strlen(cases[i].subject));
		assert_int_equal(sw_regex_match(re, &subject, 0, spans, 4), cases[i].rc);
		if (!cases[i].rc)
			continue;
		assert_int_equal(spans[0].start, cases[i].start);
		assert_int_equal(spans[0].end, cases[i].end);
	}
}

static void test_unset_groups(void **state)
{
	struct sw_subject subject = sw_subject_init("y", 1);
	_cleanup_regex_ struct sw_regex *re = NULL;
	struct sw_regex_span spans[5];

	assert_int_equal(sw_regex_new("(x)|(y)|(z)", ML, &re, NULL), 0);
	assert_int_equal(sw_regex_groups(re), 3);
	assert_int_equal(sw_regex_match(re, &subject, 0, spans, 5), 4);
	assert_true(spans[1].start == SW_REGEX_UNSET);
	assert_int_equal(spans[2].start, 0);
	assert_true(spans[3].start == SW_REGEX_UNSET);
	assert_true(spans[4].start == SW_REGEX_UNSET);
}

static size_t count(const char *pattern, const char *text)
{
	struct sw_subject subject = sw_subject_init(text, strlen(text));
	_cleanup_regex_ struct sw_regex *re = NULL;
	struct sw_regex_span span;
	size_t offset = 0, n = 0;

	assert_int_equal(sw_regex_new(pattern, ML, &re, NULL), 0);
	while (offset <= subject.len && sw_regex_match(re, &subject, offset, &span, 1) > 0) {
		n++;
		offset = sw_regex_advance(re, &subject, &span);
		assert_in_range(n, 1, 100);
	}
	return n;
}

static void test_advance(void **state)
{
	assert_int_equal(count("a", "aaa"), 3);
	assert_int_equal(count("", "ab"), 3);
	assert_int_equal(count("x*", "\xe2\x82\xac"), 2);
	assert_int_equal(count("^", "a\nb"), 2);
}

static void test_errors(void **state)
{
	struct sw_subject bad = sw_subject_init("a\xff"
						"b",
						3);
	_cleanup_regex_ struct sw_regex *re = NULL, *bytes = NULL;
	struct sw_regex_span span;
	struct sw_error err = {};
	char *huge;

	assert_int_equal(sw_regex_new("a(", ML, &re, &err), -EINVAL);
	assert_non_null(strstr(err.text, "at offset 2"));
	assert_null(re);
	huge = calloc(1, SW_LIMIT_REGEX_PATTERN + 2);
	memset(huge, 'a', SW_LIMIT_REGEX_PATTERN + 1);
	assert_int_equal(sw_regex_new(huge, ML, &re, &err), -EFBIG);
	free(huge);
	assert_int_equal(sw_regex_new("b", ML, &re, &err), 0);
	assert_int_equal(sw_regex_match(re, &bad, 0, &span, 1), -EILSEQ);
	assert_int_equal(sw_regex_new("b", SW_REGEX_MULTILINE, &bytes, &err), 0);
	assert_int_equal(sw_regex_match(bytes, &bad, 0, &span, 1), 1);
	assert_int_equal(span.start, 2);
}

static void test_catastrophe_ends(void **state)
{
	_cleanup_regex_ struct sw_regex *re = NULL;
	struct sw_regex_span span;
	struct sw_subject s;
	char text[64];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	s = sw_subject_init(text, sizeof(text));
	assert_int_equal(sw_regex_new("^(a+)+$", ML, &re, NULL), 0);
	assert_int_equal(sw_regex_match(re, &s, 0, &span, 1), -ETIME);
}

static void test_cache(void **state)
{
	struct sw_regex_cache *cache = sw_regex_cache_new();
	struct sw_regex *a = NULL, *b = NULL, *c = NULL;

	assert_int_equal(sw_regex_cache_get(cache, "a", ML, &a, NULL), 0);
	assert_int_equal(sw_regex_cache_get(cache, "a", ML, &b, NULL), 0);
	assert_int_equal(sw_regex_cache_get(cache, "a", ML | SW_REGEX_CASELESS, &c, NULL), 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_equal(sw_regex_cache_get(cache, "(", ML, &a, NULL), -EINVAL);
	assert_ptr_equal(a, b);
	sw_regex_cache_free(cache);
	sw_regex_cache_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),		 cmocka_unit_test(test_unset_groups),
		cmocka_unit_test(test_advance),		 cmocka_unit_test(test_errors),
		cmocka_unit_test(test_catastrophe_ends), cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
