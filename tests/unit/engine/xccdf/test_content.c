/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/xml.h"
#include "unit/engine/unit.h"
#include "xccdf/xccdf.h"

#define MINI "tests/fixtures/scap/mini-xccdf.xml"
#define P "xccdf_test.mini_"

static int setup(void **state)
{
	struct sw_content *c = NULL;
	struct sw_error err = {};

	if (sw_content_load(MINI, NULL, &c, &err) < 0)
		fail_msg("%s", err.text);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	sw_content_free(*state);
	return 0;
}

static void test_rules(void **state)
{
	const struct sw_content *c = *state;
	const struct sw_content_rule *r;
	size_t i, off = 0;

	assert_int_equal(sw_content_n_rules(c), 24);
	assert_null(sw_content_rule_at(c, 24));
	assert_string_equal(sw_content_benchmark_id(c), P "benchmark_mini");
	assert_string_equal(sw_content_name(c), MINI);
	r = sw_content_rule_at(c, 0);
	assert_string_equal(r->id, P "rule_pass");
	assert_string_equal(r->group_id, P "group_main");
	assert_true(r->selected);
	assert_int_equal(r->n_checks, 1);
	assert_string_equal(r->checks[0].system, SW_CHECK_SYSTEM_OVAL);
	assert_string_equal(r->checks[0].href, "mini-oval.xml");
	assert_string_equal(r->checks[0].name, "oval:test.mini:def:1");
	assert_true(sw_content_rule_at(c, 2)->checks[0].negate);
	assert_null(sw_content_rule_at(c, 4)->checks[0].name);
	assert_int_equal(sw_content_rule_at(c, 6)->n_checks, 3); /* nested complex-check */
	for (i = 0; i < 24; i++)
		off += !sw_content_rule_at(c, i)->selected;
	assert_int_equal(off, 1); /* the Group around it is off */
}

static void test_profiles(void **state)
{
	static const struct {
		const char *wanted;
		int rc;
		const char *id;
	} cases[] = {
		{P "profile_base", 0, P "profile_base"},
		{"base", 0, P "profile_base"},
		{"derived", 0, P "profile_derived"},
		{"(all)", 0, "(all)"},
		{"e", 0, P "profile_base"},
		{"", -ENOENT, NULL},
		{"profile", -ENOENT, NULL},
	};
	struct sw_error err;
	const char *id;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		err = (struct sw_error){};
		id = NULL;
		assert_int_equal(sw_content_resolve_profile(*state, cases[i].wanted, &id, &err),
				 cases[i].rc);
		if (cases[i].id)
			assert_string_equal(id, cases[i].id);
		else
			assert_non_null(strstr(err.text, "has: " P "profile_base " P
							 "profile_derived, (all)"));
	}
}

static void test_documents(void **state)
{
	const struct sw_xml_node *root = NULL;
	struct sw_error err = {};

	assert_int_equal(sw_content_document(*state, "./mini-oval.xml", &root, &err), 0);
	assert_string_equal(sw_xml_name(root), "oval_definitions");
	assert_int_equal(sw_content_document(*state, "mini-word.sh", &root, &err), -EINVAL);
	assert_int_equal(sw_content_document(*state, "no.xml", &root, &err), -ENOENT);
}

static void test_ambiguous_profile(void **state)
{
	static const char text[] =
		"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' id='b'>"
		"<Profile id='a_x'/><Profile id='b_x' extends='b_x'/></Benchmark>";
	const struct sw_document doc = {"b.xml", text, strlen(text)};
	struct sw_content *c = NULL;
	struct sw_error err = {};
	const char *id;

	assert_int_equal(sw_content_load_mem(&doc, 1, NULL, &c, NULL), 0);
	assert_int_equal(sw_content_resolve_profile(c, "_x", &id, &err), -ENOENT);
	assert_string_equal(err.text, "b.xml: several profiles end in \"_x\"; has: a_x b_x, (all)");
	sw_content_free(c);
}

#define B(body)                                                                                    \
	"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' id='b'>" body "</Benchmark>"

static void test_bad_benchmarks(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2'/>",
		 "b.xml:1: <Benchmark> without an id"},
		{B("\n<Rule/>"), "b.xml:2: <Rule> without an id"},
		{B("<Group id='g'>\n<Rule id='r'/></Group>\n<Rule id='r'/>"),
		 "id \"r\" is used twice"},
	};
	struct sw_content *c = NULL;
	struct sw_document doc = {.name = "b.xml"};
	struct sw_error err;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		doc.data = cases[i].text;
		doc.len = strlen(cases[i].text);
		err = (struct sw_error){};
		assert_int_equal(sw_content_load_mem(&doc, 1, NULL, &c, &err), -EINVAL);
		assert_null(c);
		if (!strstr(err.text, cases[i].says))
			fail_msg("case %zu: %s", i, err.text);
	}
	sw_content_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_profiles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_documents, setup, teardown),
		cmocka_unit_test(test_ambiguous_profile),
		cmocka_unit_test(test_bad_benchmarks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
