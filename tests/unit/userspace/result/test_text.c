/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal report and the lines: what they say, that they keep their width, and that no text
 * steers a terminal. */
#include "sample.h"

#include "result/text_common.h"

static char *report(const struct sw_result *r, struct sw_text_options o)
{
	struct sw_strbuf sb = {0};

	assert_int_equal(sw_text_report(r, &o, keep, &sb), 0);
	return sw_strbuf_steal(&sb);
}

/* Every byte below 0x20 but newline, DEL, C1 and what is not UTF-8 would be a way out. */
static void assert_harmless(const char *text)
{
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 || *c == '\n');
	assert_null(strstr(text, "\x7f"));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xff"));
	assert_null(strstr(text, "\xc0\x80"));
}

static void test_report(void **state)
{
	_cleanup_free_ char *text = report(&sample, (struct sw_text_options){.width = 100});
	const char *failed = strstr(text, "\nFailed (2)\n"),
		   *open = strstr(text, "\nNot known (2)\n");
	const char *totals = strstr(text, "\nTotals\n");

	assert_int_equal(strncmp(text, "FAIL  web </title>", 18), 0);
	assert_non_null(strstr(text, ": 2 of 6 rules fail, 2 not known\n"));
	assert_true(failed && open && totals && failed < open && open < totals);
	/* worst severity first */
	assert_true(strstr(failed, "no-shell") < strstr(failed, "SV-203721r958804"));
	assert_non_null(strstr(failed, "  high     no-shell                    "
				       "  No shell is started\n"));
	assert_non_null(strstr(failed, "/bin/sh was started by nginx\n"));
	assert_non_null(strstr(open, "unknown: Coverage has a hole: 12 events were lost.\n"));
	assert_non_null(strstr(text, "98.3 % of the window\n"));
	assert_non_null(strstr(text, "life: from the container's first instruction\n"));
	assert_non_null(strstr(text, "20:00:00Z to 2026-11-23T20:01:00Z (1 min)\n"));
	assert_non_null(
		strstr(text, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"));
	assert_non_null(
		strstr(totals, "\n             fail  error  unknown  pass  notapplicable\n"));
	assert_non_null(strstr(totals, "  high          1      1        0     0              0\n"));
	assert_non_null(strstr(totals, "  medium        1      0        1     1              0\n"));
	assert_non_null(strstr(totals, "  all           2      1        1     1              1\n"));
	assert_non_null(strstr(totals, "\nNext: "));
	assert_null(strstr(text, "No passwords"));
	assert_harmless(text);
}

static void test_all(void **state)
{
	_cleanup_free_ char *text =
		report(&sample, (struct sw_text_options){.width = 100, .all = true});

	assert_non_null(strstr(text, "\nPassed (1)\n"));
	assert_non_null(strstr(text, "No passwords\n"));
	assert_non_null(strstr(text, "\nNot applicable (1)\n"));
	assert_null(strstr(text, "Left out"));
}

static void test_width(void **state)
{
	for (unsigned width = 0; width < 200; width += 7) {
		_cleanup_free_ char *text =
			report(&sample, (struct sw_text_options){.width = width});
		size_t limit = width == 0 ? 100 : width < 60 ? 60 : width;
		size_t columns = 0;

		for (const char *c = strstr(text, "\nFailed"); *c; c++) {
			if (*c == '\n')
				columns = 0;
			else
				columns += ((unsigned char)*c & 0xc0) != 0x80;
			assert_true(columns <= limit || limit < 80);
		}
	}
}

static void test_color(void **state)
{
	_cleanup_free_ char *text =
		report(&sample, (struct sw_text_options){.width = 100, .color = true});

	assert_int_equal(strncmp(text, "\x1b[1;31mFAIL\x1b[0m  ", 17), 0);
	/* none but our own: each is one of the six */
	for (const char *e = text; (e = strchr(e, '\x1b')); e++)
		assert_true(strncmp(e, "\x1b[0m", 4) == 0 || strncmp(e, "\x1b[1m", 4) == 0 ||
			    strncmp(e, "\x1b[2m", 4) == 0 || strncmp(e, "\x1b[1;3", 5) == 0);
}

static void test_overall(void **state)
{
	static const struct {
		enum sw_verdict verdicts[3];
		bool runtime;
		enum sw_overall overall;
		const char *word;
	} table[] = {
		{{SW_VERDICT_PASS, SW_VERDICT_PASS, SW_VERDICT_NOTAPPLICABLE},
		 false,
		 SW_OVERALL_COMPLIANT,
		 "COMPLIANT  "},
		{{SW_VERDICT_PASS, SW_VERDICT_FAIL, SW_VERDICT_UNKNOWN},
		 false,
		 SW_OVERALL_FAIL,
		 "FAIL  "},
		{{SW_VERDICT_PASS, SW_VERDICT_PASS, SW_VERDICT_UNKNOWN},
		 false,
		 SW_OVERALL_INCOMPLETE,
		 "INCOMPLETE  "},
		{{SW_VERDICT_PASS, SW_VERDICT_ERROR, SW_VERDICT_PASS},
		 false,
		 SW_OVERALL_INCOMPLETE,
		 "INCOMPLETE  "},
		{{SW_VERDICT_PASS, SW_VERDICT_NOTCHECKED, SW_VERDICT_PASS},
		 false,
		 SW_OVERALL_COMPLIANT,
		 "COMPLIANT  "},
		{{SW_VERDICT_PASS, SW_VERDICT_NOTCHECKED, SW_VERDICT_PASS},
		 true,
		 SW_OVERALL_INCOMPLETE,
		 "INCOMPLETE  "},
		{{SW_VERDICT_NOTSELECTED, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_NOTCHECKED},
		 false,
		 SW_OVERALL_EMPTY,
		 "NOTHING JUDGED  "},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		struct sw_rule_result rules[3] = {0};
		struct sw_result r = {.target = "t", .rules = rules, .n_rules = 3};
		_cleanup_free_ char *text = NULL;

		for (size_t k = 0; k < 3; k++) {
			rules[k].rule_id = "r";
			rules[k].verdict = table[i].verdicts[k];
			rules[k].runtime = table[i].runtime;
		}
		assert_int_equal(sw_text_overall(&r), table[i].overall);
		text = report(&r, (struct sw_text_options){0});
		assert_int_equal(strncmp(text, table[i].word, strlen(table[i].word)), 0);
	}
}

static void test_lines(void **state)
{
	struct sw_strbuf sb = {0};
	_cleanup_free_ char *text = NULL;
	size_t lines;

	assert_int_equal(sw_lines_report(&sample, keep, &sb), 0);
	text = sw_strbuf_steal(&sb);
	lines = count_of(text, "\n");
	assert_int_equal(lines, 6);
	assert_int_equal(count_of(text, "\t"), lines * 4);
	assert_non_null(strstr(text, "\nfail\thigh\txccdf_io.stigwatch_rule_no-shell\tNo shell is "
				     "started\t1 violation. [2026-11-23T20:00:20Z] /bin/sh was "
				     "started by nginx\n"));
	assert_non_null(strstr(text, "\npass\tmedium\t" SV("203591r958362") "\tNo passwords\t\n"));
	assert_non_null(strstr(
		text,
		"\\x1b[31mred\\x07\\xff\\xc0\\x80\\xe2\\x80\\xae\\xc2\\x9b2J\\tend\\nnext\n"));
	for (char *c = text; *c; c++) /* tabs are the separators, counted above */
		if (*c == '\t')
			*c = ' ';
	assert_harmless(text);
}

static void test_write_fails(void **state)
{
	struct sw_text_options o = {0};

	assert_int_equal(sw_text_report(&sample, &o, refuse, NULL), -ENOSPC);
	assert_int_equal(sw_lines_report(&sample, refuse, NULL), -ENOSPC);
}

static void test_short_id(void **state)
{
	static const struct {
		const char *id, *is;
	} table[] = {
		{SV("203721r958804"), "SV-203721r958804"},
		{"xccdf_io.stigwatch_rule_no-shell", "no-shell"},
		{"SV-1r2_rule", "SV-1r2"},
		{"_rule_", "_rule_"},
		{"_rule", "_rule"},
		{"x", "x"},
		{"", ""},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		const char *start;
		size_t n = sw_text_short_id(table[i].id, &start);

		assert_int_equal(n, strlen(table[i].is));
		assert_memory_equal(start, table[i].is, n);
	}
}

static void test_clean(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *out;
		size_t columns;
	} table[] = {
		{"plain", 10, "plain", 5},
		{"plain", 5, "plain", 5},
		{"plain", 4, "pla…", 4},
		{"plain", 1, "…", 1},
		{"plain", 0, "", 0},
		{" a \t\n b ", 10, "a b", 3},
		{"\x1b[1m", 10, "\\x1b[1m", 7},
		{"\x1b[1m", 6, "\\x1b[…", 6},
		{"é€😀", 4, "é€😀", 4},
		{"é€😀", 3, "é€…", 3},
		{"\xff", 4, "\\xff", 4},
		{"\xff", 3, "…", 1},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		_cleanup_strbuf_ struct sw_strbuf sb = {0};

		assert_int_equal(sw_text_add_clean(&sb, table[i].in, table[i].max),
				 table[i].columns);
		assert_string_equal(sw_strbuf_str(&sb), table[i].out);
	}
}

static void test_duration(void **state)
{
	static const struct {
		const char *start, *end;
		int64_t seconds;
		const char *text;
	} table[] = {
		{"2026-11-23T20:00:00Z", "2026-11-23T20:00:00Z", 0, "0 s"},
		{"2026-11-23T20:00:00Z", "2026-11-23T20:01:05Z", 65, "1 min 5 s"},
		{"2026-11-23T20:00:00Z", "2026-11-24T22:00:01Z", 93601, "1 d 2 h"},
		{"2026-11-23T20:00:00Z", "2026-11-23T19:00:00Z", -1, NULL},
		{"yesterday", "2026-11-23T19:00:00Z", -1, NULL},
		{NULL, NULL, -1, NULL},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		_cleanup_strbuf_ struct sw_strbuf sb = {0};
		int64_t s = sw_text_seconds(table[i].start, table[i].end);

		assert_int_equal(s, table[i].seconds);
		if (s < 0)
			continue;
		sw_text_add_duration(&sb, s);
		assert_string_equal(sw_strbuf_str(&sb), table[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),	    cmocka_unit_test(test_all),
		cmocka_unit_test(test_width),	    cmocka_unit_test(test_color),
		cmocka_unit_test(test_overall),	    cmocka_unit_test(test_lines),
		cmocka_unit_test(test_write_fails), cmocka_unit_test(test_short_id),
		cmocka_unit_test(test_clean),	    cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests_name("result/text", tests, NULL, NULL);
}
