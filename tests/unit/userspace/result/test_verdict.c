/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict table, overrides per mode, and exit codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "result/result.h"

static bool yes(const char *s)
{
	return strcmp(s, "yes") == 0;
}

static void test_table(void **state)
{
	FILE *f = fopen("tests/cases/verdicts.tbl", "r");
	char line[256], a[8], b[8], c[8], d[8], verdict[32];
	size_t rows = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_int_equal(sscanf(line, "%7s %7s %7s %7s %31s", a, b, c, d, verdict), 5);
		struct sw_verdict_input in = {yes(a), yes(b), yes(c), yes(d)};

		assert_string_equal(sw_verdict_str(sw_runtime_verdict(&in)), verdict);
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, 16);
}

static struct sw_result *make(const char *rule_id, enum sw_verdict verdict,
			      const char *evidence_for)
{
	struct sw_result *r = calloc(1, sizeof(*r));

	r->rules = calloc(1, sizeof(*r->rules));
	r->n_rules = 1;
	r->target = strdup("a container");
	r->rules[0].rule_id = strdup(rule_id);
	r->rules[0].title = strdup("a title");
	r->rules[0].verdict = verdict;
	r->rules[0].severity = SW_SEVERITY_MEDIUM;
	r->rules[0].time = strdup("2026-11-23T00:00:00Z");
	if (evidence_for) {
		r->rules[0].evidence_for = calloc(1, sizeof(char *));
		r->rules[0].evidence_for[0] = strdup(evidence_for);
		r->rules[0].n_evidence_for = 1;
		r->rules[0].runtime = true;
	}
	return r;
}

static const struct {
	enum sw_runtime_verdicts mode;
	enum sw_verdict vendor, runtime, expected;
	bool overridden;
} overrides[] = {
	{SW_RUNTIME_OBSERVE, SW_VERDICT_PASS, SW_VERDICT_FAIL, SW_VERDICT_PASS, false},
	{SW_RUNTIME_OBSERVE, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_PASS, SW_VERDICT_NOTAPPLICABLE,
	 false},
	{SW_RUNTIME_FAIL_ONLY, SW_VERDICT_PASS, SW_VERDICT_FAIL, SW_VERDICT_FAIL, true},
	{SW_RUNTIME_FAIL_ONLY, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_FAIL, SW_VERDICT_FAIL, true},
	{SW_RUNTIME_FAIL_ONLY, SW_VERDICT_FAIL, SW_VERDICT_FAIL, SW_VERDICT_FAIL, false},
	{SW_RUNTIME_FAIL_ONLY, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_PASS, SW_VERDICT_NOTAPPLICABLE,
	 false},
	{SW_RUNTIME_FAIL_ONLY, SW_VERDICT_PASS, SW_VERDICT_UNKNOWN, SW_VERDICT_PASS, false},
	{SW_RUNTIME_FULL, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_PASS, SW_VERDICT_PASS, true},
	{SW_RUNTIME_FULL, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_UNKNOWN, SW_VERDICT_NOTAPPLICABLE,
	 false},
	{SW_RUNTIME_FULL, SW_VERDICT_FAIL, SW_VERDICT_PASS, SW_VERDICT_FAIL, false},
	{SW_RUNTIME_FULL, SW_VERDICT_PASS, SW_VERDICT_FAIL, SW_VERDICT_FAIL, true},
	{SW_RUNTIME_FULL, SW_VERDICT_NOTSELECTED, SW_VERDICT_FAIL, SW_VERDICT_NOTSELECTED, false},
};

static void test_overrides(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(overrides); i++) {
		struct sw_result *base =
			make("xccdf_mil.disa.stig_rule_SV-1r1_rule", overrides[i].vendor, NULL);
		struct sw_runtime *rt = calloc(1, sizeof(*rt));

		rt->result = make("xccdf_io.stigwatch_rule_x", overrides[i].runtime, "SV-1r1_rule");
		/* without a document the joining of the two trees fails; the verdicts are decided
		 * before */
		sw_runtime_join(base, rt, overrides[i].mode, NULL);
		const struct sw_rule_result *rr = &base->rules[0];

		assert_int_equal(rr->verdict, overrides[i].expected);
		assert_int_equal(rr->override != NULL, overrides[i].overridden);
		if (rr->override) {
			assert_int_equal(rr->override->old_verdict, overrides[i].vendor);
			assert_int_equal(rr->override->new_verdict, overrides[i].expected);
			assert_non_null(strstr(rr->override->remark, "xccdf_io.stigwatch_rule_x"));
			assert_non_null(strstr(rr->override->authority, "stigwatch"));
		}
		sw_runtime_free(rt);
		sw_result_free(base);
	}
}

static void test_exit_codes(void **state)
{
	static const struct {
		enum sw_verdict verdict;
		bool runtime;
		enum sw_severity fail_on;
		int code;
	} rows[] = {
		{SW_VERDICT_PASS, false, SW_SEVERITY_UNKNOWN, 0},
		{SW_VERDICT_NOTAPPLICABLE, false, SW_SEVERITY_UNKNOWN, 0},
		{SW_VERDICT_NOTCHECKED, false, SW_SEVERITY_UNKNOWN, 0},
		{SW_VERDICT_NOTCHECKED, true, SW_SEVERITY_UNKNOWN, 3},
		{SW_VERDICT_UNKNOWN, true, SW_SEVERITY_UNKNOWN, 3},
		{SW_VERDICT_ERROR, false, SW_SEVERITY_UNKNOWN, 3},
		{SW_VERDICT_FAIL, false, SW_SEVERITY_UNKNOWN, 2},
		{SW_VERDICT_FAIL, false, SW_SEVERITY_MEDIUM, 2},
		{SW_VERDICT_FAIL, false, SW_SEVERITY_HIGH, 0},
		{SW_VERDICT_FAIL, false, _SW_SEVERITY_MAX, 0},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++) {
		struct sw_result *r = make("r", rows[i].verdict, NULL);

		r->rules[0].runtime = rows[i].runtime;
		assert_int_equal(sw_result_exit_code(r, rows[i].fail_on), rows[i].code);
		sw_result_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
