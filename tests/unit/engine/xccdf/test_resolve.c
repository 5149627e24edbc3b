/* SPDX-License-Identifier: Apache-2.0 */
/* What items take over from those they extend, and what texts refer to. */
#include "adapters/xml.h"
#include "stigwatch/engine.h"
#include "unit/engine/unit.h"
#include "xccdf/xccdf.h"

#define HEAD "<Benchmark xmlns=\"http://checklists.nist.gov/xccdf/1.2\" id=\"b\">"

static int load(const char *body, struct sw_content **ret_content, struct sw_error *err)
{
	char text[4096];
	struct sw_document doc = {.name = "b.xml", .data = text};

	doc.len = (size_t)snprintf(text, sizeof(text), HEAD "%s</Benchmark>", body);
	return sw_content_load_mem(&doc, 1, NULL, ret_content, err);
}

/* The names of an element's children, joined by blanks. */
static const char *children(const struct sw_xml_node *node, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	SW_XML_FOREACH (child, node, NULL, NULL)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "",
					sw_xml_name(child));
	return buf;
}

static void test_inherit(void **state)
{
	_cleanup_(sw_content_freep) struct sw_content *c = NULL;
	const struct sw_content_rule *rule;
	_cleanup_free_ char *title = NULL;
	char names[256];

	assert_int_equal(
		load("<Rule id=\"r3\" extends=\"r2\" severity=\"low\"><title>Three</title></Rule>"
		     "<Rule id=\"r1\" abstract=\"true\" severity=\"high\" weight=\"4\" "
		     "role=\"unscored\">"
		     "<title>One</title><platform idref=\"cpe:/a:x\"/><requires idref=\"r2\"/>"
		     "<ident system=\"s\">i1</ident><check system=\"one\"/></Rule>"
		     "<Rule id=\"r2\" extends=\"r1\" role=\"full\"><rationale>Two</rationale>"
		     "<ident system=\"s\">i2</ident></Rule>",
		     &c, NULL),
		0);
	assert_int_equal(sw_content_n_rules(c), 2);
	rule = sw_content_rule_at(c, 0);
	assert_string_equal(rule->id, "r3");
	assert_string_equal(children(rule->node, names, sizeof(names)),
			    "title rationale platform requires ident ident check");
	title = sw_xml_child_text(rule->node, NULL, "title");
	assert_string_equal(title, "Three");
	assert_string_equal(sw_xml_attr(rule->node, "severity"), "low");
	assert_string_equal(sw_xml_attr(rule->node, "weight"), "4");
	assert_string_equal(sw_xml_attr(rule->node, "role"), "full");
	assert_null(sw_xml_attr(rule->node, "extends"));
	assert_null(sw_xml_attr(rule->node, "abstract"));
	assert_int_equal(rule->n_checks, 1);
	assert_string_equal(rule->checks[0].system, "one");
}

static void test_values(void **state)
{
	_cleanup_(sw_content_freep) struct sw_content *c = NULL;
	const struct sw_xml_node *value;
	char names[256];

	assert_int_equal(load("<Value id=\"v1\" type=\"number\"><value>1</value>"
			      "<value selector=\"x\">2</value></Value>"
			      "<Value id=\"v2\" extends=\"v1\"><value>3</value></Value>"
			      "<Rule id=\"r\"/>",
			      &c, NULL),
			 0);
	value = sw_xml_next(sw_xml_child(sw_content_benchmark(c), NULL, "Value"), NULL, "Value");
	assert_string_equal(children(value, names, sizeof(names)), "value value");
	assert_string_equal(sw_xml_attr(value, "type"), "number");
	assert_null(sw_xml_attr(sw_xml_child(value, NULL, "value"), "selector"));
}

static void test_broken(void **state)
{
	static const struct {
		const char *body;
		int rc;
		const char *says;
	} cases[] = {
		{"<Rule id=\"a\" extends=\"b\"/><Rule id=\"b\" extends=\"a\"/>", -ELOOP,
		 "extends itself"},
		{"<Rule id=\"a\" extends=\"a\"/>", -ELOOP, "extends itself"},
		{"<Rule id=\"a\" extends=\"z\"/>", -ENOENT,
		 "b.xml:1: <Rule id=\"a\">: extends what"},
		{"<Rule id=\"a\" extends=\"g\"/><Group id=\"g\"/>", -ENOENT, "is not there: \"g\""},
	};
	struct sw_content *c;
	struct sw_error err;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		err = (struct sw_error){};
		assert_int_equal(load(cases[i].body, &c, &err), cases[i].rc);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s", err.text);
	}
}

static void test_texts(void **state)
{
	_cleanup_(sw_content_freep) struct sw_content *c = NULL;
	_cleanup_(sw_result_freep) struct sw_result *r = NULL;

	assert_int_equal(
		load("<plain-text id=\"os\"> the system </plain-text>"
		     "<Value id=\"v\"><title>Length</title><value selector=\"x\">1</value>"
		     "<value>8</value></Value>"
		     "<Rule id=\"r\"><title>At least <sub idref=\"v\"/></title><description>"
		     "<sub idref=\"os\"/>: <sub idref=\"v\" use=\"title\"/> of <sub "
		     "idref=\"nobody\"/>, "
		     "<object xmlns=\"http://www.w3.org/1999/xhtml\" data=\"#xccdf:value:v\"/>"
		     "</description></Rule>",
		     &c, NULL),
		0);
	assert_int_equal(sw_result_from_benchmark(c, &r, NULL), 0);
	assert_string_equal(r->rules[0].title, "At least 8");
	assert_string_equal(r->rules[0].description, "the system: Length of nobody, 8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
