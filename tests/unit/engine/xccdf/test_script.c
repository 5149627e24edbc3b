/* SPDX-License-Identifier: Apache-2.0 */
/* Script checks of a plain benchmark: how often a script runs, and for whom. */
#include "unit/engine/root.h"

#include "stigwatch/engine.h"
#include "stigwatch/result.h"

#define RULE                                                                                       \
	"<Rule id='xccdf_t_rule_%s' selected='%s'><title>t</title>"                                \
	"<check system='http://open-scap.org/page/SCE'>"                                           \
	"<check-export value-id='xccdf_t_value_%s' export-name='X'/>"                              \
	"<check-content-ref href='%s'/></check></Rule>"

/* Each run says something else. */
static const char script[] = "#!/bin/sh\n"
			     "echo $XCCDF_VALUE_X; cat /proc/sys/kernel/random/uuid\n"
			     "exit $XCCDF_RESULT_FAIL\n";

static void add_rule(struct sw_strbuf *sb, const char *id, bool selected, const char *value,
		     const char *href)
{
	sw_strbuf_addf(sb, RULE, id, selected ? "true" : "false", value, href);
}

static void write_benchmark(struct root *r)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};

	sw_strbuf_adds(&sb, "<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' "
			    "id='xccdf_t_benchmark_b'><status>draft</status><version>1</version>"
			    "<Value id='xccdf_t_value_a'><title>a</title><value>A</value></Value>"
			    "<Value id='xccdf_t_value_b'><title>b</title><value>B</value></Value>");
	add_rule(&sb, "one", true, "a", "s.sh");
	add_rule(&sb, "off", false, "a", "s.sh");
	add_rule(&sb, "other", true, "b", "s.sh");
	add_rule(&sb, "same", true, "a", "s.sh");
	add_rule(&sb, "copy", true, "a", "copy.sh");
	add_rule(&sb, "none", true, "a", "none.sh");
	sw_strbuf_adds(&sb, "</Benchmark>");
	root_puts(r, "/b.xml", sw_strbuf_str(&sb));
	root_puts(r, "/s.sh", script);
	root_puts(r, "/copy.sh", script);
}

static const struct sw_rule_result *rule(struct sw_result *res, const char *id)
{
	char full[64];

	snprintf(full, sizeof(full), "xccdf_t_rule_%s", id);
	return sw_result_find(res, full);
}

static void test_one_run_for_the_same(void **state)
{
	struct root *r = *state;
	const struct sw_scan_options opts = {.sce = SW_SCE_SANDBOX, .now = 1700000000};
	_cleanup_(sw_content_freep) struct sw_content *content = NULL;
	_cleanup_(sw_result_freep) struct sw_result *res = NULL;
	struct sw_error err = {};

	write_benchmark(r);
	assert_int_equal(sw_content_load(root_path(r, "/b.xml"), NULL, &content, &err), 0);
	assert_int_equal(sw_scan(content, r->t, &opts, &res, &err), 0);
	if (rule(res, "one")->verdict == SW_VERDICT_NOTCHECKED) {
		print_message("# needs namespaces: %s\n", rule(res, "one")->message);
		skip();
	}
	assert_int_equal(rule(res, "one")->verdict, SW_VERDICT_FAIL);
	assert_int_equal(rule(res, "off")->verdict, SW_VERDICT_NOTSELECTED);
	assert_int_equal(rule(res, "none")->verdict, SW_VERDICT_NOTCHECKED);
	assert_memory_equal(rule(res, "one")->message, "A\n", 2);
	assert_memory_equal(rule(res, "other")->message, "B\n", 2);
	assert_string_equal(rule(res, "same")->message, rule(res, "one")->message);
	assert_memory_equal(rule(res, "copy")->message, "A\n", 2);
	assert_string_not_equal(rule(res, "copy")->message, rule(res, "one")->message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_run_for_the_same, root_setup,
						root_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
