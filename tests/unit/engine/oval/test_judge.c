/* SPDX-License-Identifier: Apache-2.0 */
/* Facts that arrive: selection, violations, first and further hits, verdicts, and that a scan's
 * tables apply. */
#include "stigwatch/engine.h"
#include "unit/engine/unit.h"

#define XCCDF                                                                                      \
	"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' id='xccdf_t_benchmark_b' "        \
	"resolved='true'><status>draft</status><version>1</version>"
#define RULE(name, defs)                                                                           \
	"<Rule id='xccdf_t_rule_" name "' selected='true'><title>t</title>"                        \
	"<check system='urn:stigwatch:check:runtime:1'><check-content-ref href='defs.xml' "        \
	"name='" defs "'/></check></Rule>"
#define DEF(id, body)                                                                              \
	"<definition id='" id "' version='1' class='compliance'><metadata><title>t</title>"        \
	"</metadata><criteria " body "</criteria></definition>"
#define CRIT(t) "<criterion test_ref='" t "'/>"

static const char xccdf[] =
	XCCDF RULE("noshell", "o:1") RULE("order", "o:2") RULE("both", "o:3") RULE("either", "o:4")
		RULE("needed", "o:5") RULE("set", "o:6") RULE("odd", "o:7") "</Benchmark>";

#define RTEST(type, id, existence, check, object, states)                                          \
	"<rt:" type "_test id='" id "' version='1' check='" check "' check_existence='" existence  \
	"' comment=''><rt:object object_ref='" object "'/>" states "</rt:" type "_test>"

static const char defs[] =
	"<oval_definitions xmlns='http://oval.mitre.org/XMLSchema/oval-definitions-5' "
	"xmlns:rt='urn:stigwatch:runtime:1'><definitions>" DEF("o:1", ">" CRIT("t:shell")) DEF(
		"o:2", ">" CRIT("t:uid")) DEF("o:3", ">" CRIT("t:shell") CRIT("t:write"))
		DEF("o:4", "operator='OR'>" CRIT("t:shell") CRIT("t:write")) DEF(
			"o:5", ">" CRIT("t:needed")) DEF("o:6", ">" CRIT("t:set"))
			DEF("o:7", ">" CRIT("t:int")) "</definitions><tests>" RTEST(
				"exec", "t:shell", "none_exist", "all", "b:shell",
				"") RTEST("exec", "t:uid", "any_exist", "all", "b:any",
					  "<rt:state state_ref='s:uid'/>")
				RTEST("file", "t:write", "none_exist", "all", "b:write", "") RTEST(
					"exec", "t:needed", "at_least_one_exists", "all", "b:init",
					"") RTEST("exec", "t:set", "none_exist", "all", "b:set", "")
					RTEST("exec", "t:int", "none_exist", "all", "b:int",
					      "") "</tests><objects>"
						  "<rt:exec_object id='b:shell' "
						  "version='1'><rt:class operation='pattern "
						  "match'>^shell$</rt:class>"
						  "</rt:exec_object>"
						  "<rt:exec_object id='b:any' version='1'/>"
						  "<rt:exec_object id='b:init' "
						  "version='1'><rt:path>/init</rt:path></"
						  "rt:exec_object>"
						  "<rt:exec_object id='b:int' version='1'><rt:n "
						  "datatype='int' operation='greater than'>1</rt:n>"
						  "</rt:exec_object>"
						  "<rt:file_object id='b:write' "
						  "version='1'><rt:class>library</rt:class>"
						  "<rt:effect operation='pattern "
						  "match'>^(changed|removed)$</rt:effect>"
						  "<filter "
						  "action='exclude'>s:trusted</filter></"
						  "rt:file_object>"
						  "<rt:exec_object id='b:set' version='1'><set "
						  "set_operator='COMPLEMENT'><object_reference>b:"
						  "shell"
						  "</object_reference><object_reference>b:init</"
						  "object_reference></set></rt:exec_object>"
						  "</objects><states>"
						  "<rt:exec_state id='s:uid' version='1'><rt:uid "
						  "datatype='int' operation='not equal'>0</rt:uid>"
						  "</rt:exec_state>"
						  "<rt:file_state id='s:trusted' "
						  "version='1'><rt:program>/updater</rt:program></"
						  "rt:file_state>"
						  "</states></oval_definitions>";

struct fixture {
	struct sw_content *content;
	struct sw_judge *judge;
};

static int setup(void **state)
{
	static struct fixture f;
	const struct sw_document docs[] = {{"x.xml", xccdf, sizeof(xccdf) - 1},
					   {"defs.xml", defs, sizeof(defs) - 1}};
	struct sw_error err = {0};

	if (sw_content_load_mem(docs, 2, NULL, &f.content, &err) < 0 ||
	    sw_judge_new(f.content, &f.judge, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sw_judge_free(f->judge);
	sw_content_free(f->content);
	return 0;
}

/* Feeds "name=value" pairs; "name" alone has no value. Returns the hits, their rules in ret
 * ("noshell! both"). */
static int feed(struct fixture *f, const char *type, const char *pairs, char ret[static 512])
{
	char copy[256], *save = NULL;
	struct sw_fact_entity e[8];
	struct sw_fact fact = {type, e, 0};
	struct sw_judge_hit hits[8];
	int n;

	snprintf(copy, sizeof(copy), "%s", pairs);
	for (char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		char *eq = strchr(p, '=');

		if (eq)
			*eq = '\0';
		e[fact.n_entities++] = (struct sw_fact_entity){p, eq ? eq + 1 : NULL};
	}
	n = sw_judge_feed(f->judge, &fact, hits, 8, NULL);
	*ret = '\0';
	for (int i = 0; i < n; i++)
		snprintf(ret + strlen(ret), 512 - strlen(ret), "%s%s%s", i ? " " : "",
			 strrchr(hits[i].rule_id, '_') + 1, hits[i].first ? "!" : "");
	return n;
}

#define EXPECT(type, pairs, hits)                                                                  \
	do {                                                                                       \
		char got[512];                                                                     \
		feed(*state, type, pairs, got);                                                    \
		assert_string_equal(got, hits);                                                    \
	} while (0)
#define VERDICT(rule) sw_judge_verdict(((struct fixture *)*state)->judge, "xccdf_t_rule_" rule)

static void test_nothing_happened(void **state)
{
	assert_int_equal(VERDICT("noshell"), SW_VERDICT_PASS);
	assert_int_equal(VERDICT("order"), SW_VERDICT_PASS);
	assert_int_equal(VERDICT("needed"), SW_VERDICT_FAIL);
	assert_int_equal(VERDICT("nosuch"), SW_VERDICT_UNKNOWN);
}

static void test_hits(void **state)
{
	EXPECT("exec", "class=executable uid=1", "");
	EXPECT("entry", "class=shell", "");
	EXPECT("exec", "class", "");
	assert_int_equal(VERDICT("noshell"), SW_VERDICT_PASS);
	EXPECT("exec", "class=executable class=shell uid=1 path=/bin/x", "noshell! both! set!");
	EXPECT("exec", "class=shell uid=1 path=/bin/x", "noshell both set");
	assert_int_equal(VERDICT("noshell"), SW_VERDICT_FAIL);
	assert_int_equal(VERDICT("either"), SW_VERDICT_PASS);
	EXPECT("exec", "class=executable uid=1", "");
	assert_int_equal(VERDICT("noshell"), SW_VERDICT_FAIL);
	EXPECT("file", "class=library effect=changed program=/bin/x", "both either!");
	assert_int_equal(VERDICT("either"), SW_VERDICT_FAIL);
}

static void test_states_and_filters(void **state)
{
	EXPECT("exec", "class=executable uid=0", "order!");
	EXPECT("exec", "class=executable uid=5", "");
	assert_int_equal(VERDICT("order"), SW_VERDICT_FAIL);
	EXPECT("file", "class=library effect=changed program=/updater", "");
	EXPECT("file", "class=library effect=opened program=/x", "");
	EXPECT("file", "class=library", "");
	assert_int_equal(VERDICT("either"), SW_VERDICT_PASS);
	EXPECT("exec", "path=/init class=shell uid=5", "noshell! both!"); /* not in the set */
	assert_int_equal(VERDICT("set"), SW_VERDICT_PASS);
	assert_int_equal(VERDICT("needed"), SW_VERDICT_PASS);
}

/* A fact that cannot be compared might have been a violation: no pass rests on it. */
static void test_incomparable_fact(void **state)
{
	EXPECT("exec", "n=1 uid=5", "");
	assert_int_equal(VERDICT("odd"), SW_VERDICT_PASS);
	EXPECT("exec", "n=many uid=5", "");
	assert_int_equal(VERDICT("odd"), SW_VERDICT_UNKNOWN);
	EXPECT("exec", "n=2 uid=5", "odd!");
	assert_int_equal(VERDICT("odd"), SW_VERDICT_FAIL);
}

static void test_types(void **state)
{
	struct fixture *f = *state;
	const char *types[4];

	assert_int_equal(sw_judge_rule_types(f->judge, "xccdf_t_rule_both", types, 4), 2);
	assert_string_equal(types[0], "exec");
	assert_string_equal(types[1], "file");
	assert_int_equal(sw_judge_rule_types(f->judge, "xccdf_t_rule_set", types, 4), 1);
	assert_int_equal(sw_judge_rule_types(f->judge, "nosuch", types, 4), 0);
}

static void test_broken_references(void **state)
{
	static const char missing[] = XCCDF RULE("x", "o:none") "</Benchmark>";
	const struct sw_document docs[] = {{"x.xml", missing, sizeof(missing) - 1},
					   {"defs.xml", defs, sizeof(defs) - 1}};
	struct sw_content *content;
	struct sw_judge *judge = NULL;
	struct sw_error err = {0};

	assert_int_equal(sw_content_load_mem(docs, 2, NULL, &content, &err), 0);
	assert_int_equal(sw_judge_new(content, &judge, &err), -ENOENT);
	assert_non_null(strstr(err.text, "o:none"));
	assert_null(judge);
	sw_content_free(content);
	assert_int_equal(sw_content_load_mem(docs, 1, NULL, &content, NULL), 0);
	assert_true(sw_judge_new(content, &judge, &err) < 0);
	sw_content_free(content);
	sw_judge_free(NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_nothing_happened),  T(test_hits),  T(test_states_and_filters),
		T(test_incomparable_fact), T(test_types), cmocka_unit_test(test_broken_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
