/* SPDX-License-Identifier: Apache-2.0 */
/* The asset of a report collection, and what it holds when there is no content but the benchmark.
 */
#include "report/report.h"
#include "source/source.h"
#include "unit/engine/unit.h"

static const struct sw_render_options options = {.version = "1", .result_id = "t"};

static int collect(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

static int refuse(void *ctx, const void *data, size_t len)
{
	return -ENOSPC;
}

static struct sw_result *make(void)
{
	static const char text[] =
		"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' "
		"xmlns:x='urn:x' id='b'><version>1</version><Group id='g'><title>G</title>"
		"<Rule id='r'><title>R</title><ident system='s' x:y='z'>i</ident></Rule></Group>"
		"</Benchmark>";
	struct sw_xml_doc *doc = NULL;
	const struct sw_xml_node *root, *group;
	struct sw_result *r;

	assert_int_equal(sw_xml_parse(text, strlen(text), "b.xml", &doc, NULL), 0);
	root = sw_xml_root(doc);
	group = sw_xml_child(root, NULL, "Group");
	r = sw_result_new(root, NULL, doc, 1);
	assert_non_null(r);
	assert_non_null(sw_result_add_rule(r, sw_xml_child(group, NULL, "Rule"), group));
	assert_int_equal(sw_str_replace(&r->start_time, "2026-01-01T00:00:00Z"), 0);
	assert_int_equal(sw_str_replace(&r->end_time, "2026-01-01T00:00:01Z"), 0);
	return r;
}

static struct sw_xml_doc *written(struct sw_result *r)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	struct sw_xml_doc *doc = NULL;
	struct sw_error err = {};

	if (sw_result_write_arf(r, &options, collect, &sb, &err) < 0 ||
	    sw_xml_parse(sb.data, sb.len, "out.arf", &doc, &err) < 0)
		fail_msg("%s", err.text);
	return doc;
}

/* The first element with this name below node, in document order. */
static const struct sw_xml_node *below(const struct sw_xml_node *node, const char *name)
{
	SW_XML_FOREACH (child, node, NULL, NULL) {
		const struct sw_xml_node *found =
			sw_xml_is(child, NULL, name) ? child : below(child, name);

		if (found)
			return found;
	}
	return NULL;
}

static void check_text(const struct sw_xml_node *root, const char *name, const char *expected)
{
	const struct sw_xml_node *node = below(root, name);
	_cleanup_free_ char *text = node ? sw_xml_text_trim(node) : NULL;

	if (!expected)
		assert_null(node);
	else
		assert_string_equal(text, expected);
}

static void test_asset(void **state)
{
	static const struct {
		const char *target, *address, *hostname, *v4, *v6;
	} cases[] = {
		{"web-1.example", "192.0.2.7", "web-1.example", "192.0.2.7", NULL},
		{"web", "2001:db8::1", "web", NULL, "2001:0db8:0000:0000:0000:0000:0000:0001"},
		{"nginx:1.27", "somewhere", NULL, NULL, NULL},
		{"/tmp/root", "", NULL, NULL, NULL},
		{".x", "::", NULL, NULL, "0000:0000:0000:0000:0000:0000:0000:0000"},
	};
	_cleanup_xml_doc_ struct sw_xml_doc *doc = NULL;
	const struct sw_xml_node *device, *id;
	struct sw_result *r;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		r = make();
		assert_int_equal(sw_str_replace(&r->target, cases[i].target), 0);
		assert_int_equal(sw_result_add_address(r, cases[i].address), 0);
		assert_int_equal(sw_result_add_fact(r, SW_FACT "container.id", "c0ffee"), 0);
		assert_int_equal(sw_result_add_fact(r, SW_FACT "target.kind", "container"), 0);
		sw_xml_doc_free(doc);
		doc = written(r);
		device = below(sw_xml_root(doc), "computing-device");
		check_text(device, "hostname", cases[i].hostname);
		check_text(device, "ip-v4", cases[i].v4);
		check_text(device, "ip-v6", cases[i].v6);
		id = sw_xml_child(device, NULL, "synthetic-id");
		assert_string_equal(sw_xml_attr(id, "id"), cases[i].target);
		id = sw_xml_next(id, NULL, "synthetic-id");
		assert_string_equal(sw_xml_attr(id, "resource"), SW_FACT "container.id");
		assert_string_equal(sw_xml_attr(id, "id"), "c0ffee");
		assert_null(sw_xml_next(id, NULL, "synthetic-id"));
		check_text(device, "fact", "c0ffee");
		sw_result_free(r);
	}
}

static void test_shape(void **state)
{
	struct sw_result *r = make();
	_cleanup_xml_doc_ struct sw_xml_doc *doc = written(r);
	const struct sw_xml_node *root = sw_xml_root(doc), *benchmark, *test;

	assert_string_equal(sw_xml_name(root), "asset-report-collection");
	benchmark = below(below(root, "report-requests"), "Benchmark");
	assert_string_equal(sw_xml_attr(benchmark, "id"), "b");
	assert_null(below(benchmark, "TestResult"));
	test = below(below(root, "reports"), "TestResult");
	assert_string_equal(sw_xml_ns(test), SW_NS_XCCDF);
	assert_string_equal(sw_xml_attr(below(test, "target-id-ref"), "name"),
			    sw_xml_attr(below(root, "asset"), "id"));
	assert_string_equal(sw_xml_attr_ns(below(test, "ident"), "urn:x", "y"), "z");
	sw_result_free(r);
}

static void test_failure(void **state)
{
	struct sw_result *r = make();
	struct sw_error err = {};

	assert_int_equal(sw_result_write_arf(r, &options, refuse, NULL, &err), -ENOSPC);
	assert_string_equal(err.text, "ARF: No space left on device");
	sw_rule_result_release(&r->rules[0]);
	r->n_rules = 0;
	assert_int_equal(sw_result_write_arf(r, &options, refuse, NULL, &err), -ENODATA);
	sw_result_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asset),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
