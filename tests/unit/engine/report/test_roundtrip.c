/* SPDX-License-Identifier: Apache-2.0 */
/* Writing, reading back and combining results. */
#include "report/report.h"
#include "stigwatch/engine.h"
#include "unit/engine/unit.h"

#define OSCAP "tests/fixtures/scap/mini-oscap-results.xml"
#define RUNTIME "content/stigwatch-runtime-xccdf.xml"
#define P "xccdf_test.mini_rule_"

static int collect(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

static int refuse(void *ctx, const void *data, size_t len)
{
	return -ENOSPC;
}

static const struct sw_render_options options = {.version = "9.8", .result_id = "a b"};

static char *written(struct sw_result *r)
{
	struct sw_strbuf sb = {};
	struct sw_error err = {};

	if (sw_result_write_xccdf(r, &options, collect, &sb, &err) < 0)
		fail_msg("%s", err.text);
	return sw_strbuf_steal(&sb);
}

static struct sw_result *load(const char *path)
{
	struct sw_result *r = NULL;
	struct sw_error err = {};

	if (sw_result_load(path, &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

static struct sw_result *load_text(const char *text, struct sw_error *err)
{
	char path[] = "/tmp/stigwatch-result-XXXXXX";
	_cleanup_fd_ int fd = mkstemp(path);
	struct sw_result *r = NULL;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	sw_result_load(path, &r, err);
	unlink(path);
	return r;
}

static void test_reads_oscap(void **state)
{
	struct sw_result *r = load(OSCAP);
	struct sw_rule_result *rr = sw_result_find(r, P "pass");

	assert_int_equal(r->n_rules, 24);
	assert_string_equal(r->benchmark_id, "xccdf_test.mini_benchmark_mini");
	assert_string_equal(r->profile_id, "xccdf_test.mini_profile_base");
	assert_string_equal(r->target, "unknown");
	assert_int_equal(rr->verdict, SW_VERDICT_PASS);
	assert_string_equal(rr->title, "File exists");
	assert_true(rr->weight == 2.5);
	assert_string_equal(rr->check_name, "oval:test.mini:def:1");
	assert_string_equal(rr->idents[0], "CCI-000001");
	assert_int_equal(sw_result_find(r, P "cluster")->verdict, SW_VERDICT_NOTSELECTED);
	assert_int_equal(r->n_scores, 4);
	assert_string_equal(r->values[0].value, "beta");
	sw_result_free(r);
}

static void test_round_trip(void **state)
{
	struct sw_result *a = load(OSCAP), *b;
	struct sw_rule_result *rr = sw_result_find(a, P "fail");
	struct sw_error err = {};
	char *first, *second;

	assert_int_equal(sw_rule_result_set_message(rr, "<found> & \"more\"\nline"), 0);
	sw_result_find(a, P "pass")->vacuous = true;
	rr->override = calloc(1, sizeof(*rr->override));
	*rr->override = (struct sw_override){strdup("stigwatch 9.8"), strdup("evidence 1..2"),
					     strdup("2026-01-01T00:00:00Z"),
					     SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_FAIL};
	first = written(a);
	b = load_text(first, &err);
	if (!b)
		fail_msg("%s", err.text);
	rr = sw_result_find(b, P "fail");
	assert_string_equal(rr->message, "<found> & \"more\"\nline");
	assert_int_equal(rr->override->old_verdict, SW_VERDICT_NOTAPPLICABLE);
	assert_string_equal(rr->override->remark, "evidence 1..2");
	assert_true(sw_result_find(b, P "pass")->vacuous);
	assert_false(rr->vacuous);
	second = written(b);
	assert_string_equal(first, second);
	free(second);
	second = written(b); /* the tree is as before */
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "test-system=\"cpe:/a:stigwatch:stigwatch:9.8\""));
	assert_non_null(strstr(first, "id=\"xccdf_io.stigwatch_testresult_a_b\""));
	assert_non_null(strstr(first, "<check-import import-name=\"stdout\"/>"));
	free(first);
	free(second);
	sw_result_free(a);
	sw_result_free(b);
}

static void test_benchmark_id_is_replaced(void **state)
{
	struct sw_render_options opts = {.version = "1",
					 .benchmark_id = "xccdf_mil.disa.stig_benchmark_X"};
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	struct sw_result *r = load(OSCAP);

	assert_int_equal(sw_result_write_xccdf(r, &opts, collect, &sb, NULL), 0);
	assert_non_null(strstr(sb.data, "id=\"xccdf_mil.disa.stig_benchmark_X\" resolved"));
	assert_null(strstr(sb.data, "xccdf_test.mini_benchmark_mini"));
	assert_string_equal(sw_xml_attr(r->benchmark, "id"), "xccdf_test.mini_benchmark_mini");
	sw_result_free(r);
}

static void test_write_failure(void **state)
{
	struct sw_result *r = load(OSCAP);
	struct sw_error err = {};
	char *text;

	assert_int_equal(sw_result_write_xccdf(r, &options, refuse, NULL, &err), -ENOSPC);
	assert_string_equal(err.text, "XCCDF: No space left on device");
	assert_int_equal(sw_result_write_json(r, &options, refuse, NULL, &err), -ENOSPC);
	text = written(r);
	assert_null(strstr(strstr(text, "<TestResult") + 1, "<TestResult"));
	free(text);
	sw_result_free(r);
}

#define B "<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' id='b'>"
#define T(body) "<TestResult id='t' end-time='2026-01-01T00:00:00Z'>" body "</TestResult>"
#define R "<Group id='g'><Rule id='r'/><Rule id='s'/></Group>"

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"<a/>", ":1: <a>: not an XCCDF 1.2 Benchmark"},
		{B R "</Benchmark>", ":1: <Benchmark>: holds no TestResult"},
		{B R T("") T("") "</Benchmark>", "more than one TestResult"},
		{B R T("") "</Benchmark>", "has no rule-result"},
		{B R T("\n<rule-result idref='x'><result>pass</result></rule-result>") "</"
										       "Benchmark>",
		 ":2: <rule-result>: idref names no Rule"},
		{B R T("<rule-result idref='r'><result>passed</result></rule-result>") "</"
										       "Benchmark>",
		 "no valid result"},
		{B R T("<rule-result idref='r'/>") "</Benchmark>", "no valid result"},
	};
	struct sw_error err;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		err = (struct sw_error){};
		assert_null(load_text(cases[i].text, &err));
		if (!strstr(err.text, cases[i].says))
			fail_msg("case %zu: %s", i, err.text);
	}
}

static void test_worst_of_several(void **state)
{
	struct sw_error err = {};
	struct sw_result *r = load_text(
		B R T("<rule-result idref='r'><result>pass</result></rule-result>"
		      "<rule-result idref='r'><result>fail</result></rule-result>") "</Benchmark>",
		&err);

	assert_non_null(r);
	assert_int_equal(r->n_rules, 1);
	assert_int_equal(r->rules[0].verdict, SW_VERDICT_FAIL);
	sw_result_free(r);
}

static struct sw_result *runtime_result(void)
{
	struct sw_content *c = NULL;
	struct sw_result *r = NULL;
	struct sw_error err = {};
	size_t i;

	if (sw_content_load(RUNTIME, NULL, &c, &err) < 0 ||
	    sw_result_from_benchmark(c, &r, &err) < 0)
		fail_msg("%s", err.text);
	for (i = 0; i < r->n_rules; i++) {
		assert_true(r->rules[i].runtime);
		assert_int_equal(r->rules[i].verdict, SW_VERDICT_NOTCHECKED);
		assert_string_equal(r->rules[i].check_system, SW_CHECK_SYSTEM_RUNTIME);
		r->rules[i].verdict = SW_VERDICT_PASS;
	}
	sw_result_add_fact(r, "urn:stigwatch:fact:coverage", "complete");
	sw_str_replace(&r->start_time, "2020-01-01T00:00:00Z");
	sw_str_replace(&r->end_time, "2030-01-01T00:00:00Z");
	sw_content_free(c);
	return r;
}

static void test_combine(void **state)
{
	struct sw_result *base = load(OSCAP), *again;
	struct sw_error err = {};
	size_t n, facts;
	char *text;

	n = base->n_rules;
	facts = base->n_facts;
	if (sw_result_combine(base, runtime_result(), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(base->n_rules, n + 10);
	assert_int_equal(base->n_facts, facts + 2);
	assert_string_equal(base->start_time, "2020-01-01T00:00:00Z");
	assert_string_equal(base->end_time, "2030-01-01T00:00:00Z");
	text = written(base);
	again = load_text(text, &err);
	free(text);
	if (!again)
		fail_msg("%s", err.text);
	assert_true(sw_result_find(again, "xccdf_io.stigwatch_rule_no-shell")->runtime);
	assert_int_equal(again->n_rules, n + 10);
	/* A second combination replaces the first one. */
	if (sw_result_combine(again, runtime_result(), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(again->n_rules, n + 10);
	text = written(again);
	assert_null(strstr(strstr(text, "<Rule id=\"xccdf_io.stigwatch_rule_no-shell\"") + 1,
			   "<Rule id=\"xccdf_io.stigwatch_rule_no-shell\""));
	free(text);
	sw_result_free(base);
	sw_result_free(again);
}

static void test_combine_refuses_clash(void **state)
{
	struct sw_error err = {};
	struct sw_result *base = load_text(
		B "<Group id='xccdf_io.stigwatch_group_runtime'><Rule id='r'/></Group>" T(
			"<rule-result idref='r'><result>pass</result></rule-result>") "</"
										      "Benchmark>",
		&err);

	assert_non_null(base);
	assert_int_equal(sw_result_combine(base, runtime_result(), &err), -EEXIST);
	assert_string_equal(
		err.text, "combine: id \"xccdf_io.stigwatch_group_runtime\" is in both benchmarks");
	assert_int_equal(base->n_rules, 1);
	sw_result_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_oscap),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_benchmark_id_is_replaced),
		cmocka_unit_test(test_write_failure),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_worst_of_several),
		cmocka_unit_test(test_combine),
		cmocka_unit_test(test_combine_refuses_clash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
