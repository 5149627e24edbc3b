/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"
#include "unit/engine/unit.h"

static struct sw_xml_doc *parse(const char *text)
{
	struct sw_xml_doc *doc = NULL;
	struct sw_error err = {};

	if (sw_xml_parse(text, strlen(text), "t.xml", &doc, &err) < 0)
		fail_msg("%s", err.text);
	return doc;
}

/* One Group of weight 2 with three rules, one bare rule; verdicts in order. */
static struct sw_result *make(const enum sw_verdict v[4])
{
	struct sw_xml_doc *doc =
		parse("<x:Benchmark xmlns:x='http://checklists.nist.gov/xccdf/1.2' "
		      "id='b'><x:version>1</x:version>"
		      "<x:model system='urn:xccdf:scoring:default'/><x:model "
		      "system='urn:xccdf:scoring:flat'/>"
		      "<x:model system='urn:xccdf:scoring:flat-unweighted'/><x:model "
		      "system='urn:xccdf:scoring:absolute'/>"
		      "<x:model system='urn:somebody:else'/>"
		      "<x:Group id='g' weight='2'><x:Rule id='r0'/><x:Rule id='r1' "
		      "weight='3'/><x:Rule id='r2'/></x:Group>"
		      "<x:Rule id='r3' weight='0.5'/><x:TestResult id='old'/></x:Benchmark>");
	const struct sw_xml_node *root = sw_xml_root(doc),
				 *group = sw_xml_child(root, NULL, "Group");
	struct sw_result *r;
	int i = 0;

	assert_int_equal(sw_benchmark_tidy(sw_xml_root(doc)), 0);
	r = sw_result_new(root, NULL, doc, 4);
	assert_non_null(r);
	SW_XML_FOREACH (rule, group, NULL, "Rule")
		sw_result_add_rule(r, rule, group)->verdict = v[i++];
	sw_result_add_rule(r, sw_xml_child(root, NULL, "Rule"), NULL)->verdict = v[i];
	return r;
}

#define PASS SW_VERDICT_PASS
#define FAIL SW_VERDICT_FAIL
#define NA SW_VERDICT_NOTAPPLICABLE

static void test_scores(void **state)
{
	static const struct {
		enum sw_verdict v[4];
		double value[4], maximum[4];
	} cases[] = {
		{{PASS, PASS, PASS, PASS}, {100, 5.5, 4, 1}, {100, 5.5, 4, 1}},
		{{PASS, FAIL, PASS, PASS}, {52, 2.5, 3, 0}, {100, 5.5, 4, 1}},
		{{PASS, SW_VERDICT_ERROR, NA, PASS}, {40, 1.5, 2, 0}, {100, 4.5, 3, 1}},
		{{NA, NA, NA, FAIL}, {0, 0, 0, 0}, {100, 0.5, 1, 1}},
		{{NA, NA, NA, NA}, {0, 0, 0, 1}, {100, 0, 0, 1}},
		{{SW_VERDICT_FIXED, SW_VERDICT_NOTCHECKED, SW_VERDICT_NOTSELECTED,
		  SW_VERDICT_INFORMATIONAL},
		 {100, 1, 1, 1},
		 {100, 1, 1, 1}},
	};
	struct sw_result *r;
	size_t i, k;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		r = make(cases[i].v);
		assert_int_equal(sw_result_score(r), 0);
		assert_int_equal(sw_result_score(r), 0); /* twice: replaced, not added */
		assert_int_equal(r->n_scores, 4);
		for (k = 0; k < 4; k++)
			if (r->scores[k].value != cases[i].value[k] ||
			    r->scores[k].maximum != cases[i].maximum[k])
				fail_msg("case %zu, %s: %f of %f", i, r->scores[k].system,
					 r->scores[k].value, r->scores[k].maximum);
		sw_result_free(r);
	}
}

static void test_unscored_role(void **state)
{
	struct sw_result *r = make((enum sw_verdict[]){PASS, FAIL, PASS, PASS});

	assert_int_equal(sw_str_replace(&r->rules[1].role, "unscored"), 0);
	assert_int_equal(sw_result_score(r), 0);
	assert_true(r->scores[0].value == 100);
	sw_result_free(r);
}

static void test_new_result(void **state)
{
	struct sw_result *r = make((enum sw_verdict[]){PASS, FAIL, NA, PASS});
	size_t n[_SW_VERDICT_MAX];

	assert_string_equal(r->benchmark_id, "b");
	assert_string_equal(r->benchmark_version, "1");
	assert_null(r->benchmark_title);
	assert_null(sw_xml_lookup_prefix(r->benchmark, "x"));
	assert_true(r->rules[1].weight == 3);
	assert_string_equal(r->rules[0].group_id, "g");
	assert_null(r->rules[3].group_id);
	sw_result_counts(r, n);
	assert_int_equal(n[PASS], 2);
	assert_int_equal(n[FAIL], 1);
	assert_int_equal(n[NA], 1);
	assert_ptr_equal(sw_result_find(r, "r2"), &r->rules[2]);
	assert_null(sw_result_find(r, "r9"));
	sw_result_free(r);
	sw_result_free(NULL);
}

static void test_message_limit(void **state)
{
	struct sw_rule_result rr = {};
	char *text = malloc(40000 * 3 + 1);
	size_t i;

	for (i = 0; i < 40000; i++)
		memcpy(text + 3 * i, "\xe2\x82\xac", 3);
	text[40000 * 3] = '\0';
	assert_int_equal(sw_rule_result_set_message(&rr, text), 0);
	assert_in_range(strlen(rr.message), SW_LIMIT_MESSAGE - 3, SW_LIMIT_MESSAGE);
	assert_true(sw_utf8_valid(rr.message, strlen(rr.message)));
	assert_string_equal(rr.message + strlen(rr.message) - 5, "[...]");
	text[SW_LIMIT_MESSAGE / 3 * 3] = '\0';
	assert_int_equal(sw_rule_result_set_message(&rr, text), 0);
	assert_string_equal(rr.message, text);
	assert_int_equal(sw_rule_result_set_message(&rr, "a\xff\x01"), 0);
	assert_string_equal(rr.message, "a\\xff\\x01");
	free(text);
	sw_rule_result_release(&rr);
}

static void test_lists_grow(void **state)
{
	struct sw_result *r = make((enum sw_verdict[]){PASS, PASS, PASS, PASS});
	char name[32];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "fact:%d", i);
		assert_int_equal(sw_result_add_fact(r, name, "v"), 0);
		assert_int_equal(sw_result_add_address(r, name), 0);
		assert_int_equal(sw_result_add_value(r, name, "v"), 0);
	}
	assert_int_equal(r->n_facts, 100);
	assert_string_equal(r->facts[99].name, "fact:99");
	assert_string_equal(r->addresses[63], "fact:63");
	sw_result_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scores),	   cmocka_unit_test(test_unscored_role),
		cmocka_unit_test(test_new_result), cmocka_unit_test(test_message_limit),
		cmocka_unit_test(test_lists_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
