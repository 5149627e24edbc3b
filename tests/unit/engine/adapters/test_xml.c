/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/xml.h"
#include "unit/engine/unit.h"

static struct sw_xml_doc *parse(const char *text)
{
	struct sw_xml_doc *doc = NULL;
	struct sw_error err = {};

	if (sw_xml_parse(text, strlen(text), "t.xml", &doc, &err) < 0)
		fail_msg("%s", err.text);
	return doc;
}

static void test_reading(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc =
		parse("<a xmlns='urn:a' xmlns:b='urn:b' x='1' b:x='2'>\n <b:c/>\n <c y='true'> t "
		      "<d>u</d></c><c/></a>");
	const struct sw_xml_node *root = sw_xml_root(doc), *c;
	char *text;
	int n = 0;

	assert_true(sw_xml_is(root, "urn:a", "a"));
	assert_true(sw_xml_is(root, NULL, NULL));
	assert_false(sw_xml_is(root, "urn:b", "a"));
	assert_string_equal(sw_xml_attr(root, "x"), "1");
	assert_string_equal(sw_xml_attr_ns(root, "urn:b", "x"), "2");
	assert_null(sw_xml_attr(root, "y"));
	assert_string_equal(sw_xml_attr_or(root, "y", "z"), "z");
	c = sw_xml_child(root, "urn:a", "c");
	assert_int_equal(sw_xml_line(c), 3);
	assert_true(sw_xml_attr_bool(c, "y", false));
	assert_true(sw_xml_attr_bool(c, "n", true));
	assert_true(sw_xml_parent(c) == root);
	assert_null(sw_xml_parent(root));
	text = sw_xml_text(c);
	assert_string_equal(text, " t u");
	free(text);
	text = sw_xml_child_text(root, "urn:a", "c");
	assert_string_equal(text, "t u");
	free(text);
	assert_null(sw_xml_child_text(root, "urn:a", "nothing"));
	SW_XML_FOREACH (node, root, NULL, "c")
		n++;
	assert_int_equal(n, 3);
	assert_string_equal(sw_xml_lookup_prefix(c, "b"), "urn:b");
	assert_string_equal(sw_xml_lookup_prefix(c, NULL), "urn:a");
	assert_null(sw_xml_lookup_prefix(c, "q"));
}

static void test_references_in_values(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc =
		parse("<a v='&lt;&#65;&amp;&quot;'>&gt;<![CDATA[<x>]]>&#x42;</a>");
	char *text = sw_xml_text(sw_xml_root(doc));

	assert_string_equal(sw_xml_attr(sw_xml_root(doc), "v"), "<A&\"");
	assert_string_equal(text, "><x>B");
	free(text);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *says;
	} cases[] = {
		{"", -EINVAL, "t.xml: empty document"},
		{"x", -EINVAL, "t.xml:1:"},
		{"<a>\n<b></a>\n", -EINVAL,
		 "t.xml:2: Opening and ending tag mismatch: b line 2 and a"},
		{"<a><q:b/></a>", -EINVAL, "t.xml:1:"},
		{"<!DOCTYPE a><a/>", -EINVAL, "document type declaration is refused"},
		{"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", -EINVAL, "document type"},
		{"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", -EINVAL, "document type"},
		{"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", -EINVAL,
		 "document type"},
		{"<a>&x;</a>", -EINVAL, "t.xml:1:"},
	};
	struct sw_xml_doc *doc;
	struct sw_error err;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		doc = NULL;
		err = (struct sw_error){};
		assert_int_equal(
			sw_xml_parse(cases[i].text, strlen(cases[i].text), "t.xml", &doc, &err),
			cases[i].rc);
		assert_null(doc);
		if (!strstr(err.text, cases[i].says))
			fail_msg("case %zu: %s", i, err.text);
	}
}

static void test_depth(void **state)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	struct sw_xml_doc *doc = NULL;
	struct sw_error err = {};
	int i;

	for (i = 0; i < SW_LIMIT_XML_DEPTH; i++)
		sw_strbuf_adds(&sb, "<a>");
	for (i = 0; i < SW_LIMIT_XML_DEPTH; i++)
		sw_strbuf_adds(&sb, "</a>");
	assert_int_equal(sw_xml_parse(sb.data, sb.len, "t.xml", &doc, &err), 0);
	sw_xml_doc_free(doc);
	doc = NULL;
	sb.len = 0;
	for (i = 0; i < 100000; i++)
		sw_strbuf_adds(&sb, "<a>");
	assert_int_equal(sw_xml_parse(sb.data, sb.len, "t.xml", &doc, &err), -ELOOP);
	assert_null(doc);
}

static int record(void *ctx, enum sw_xml_event event, const struct sw_xml_node *element,
		  const char *text)
{
	sw_strbuf_addf(ctx, "%s%s ",
		       event == SW_XML_START ? "<"
		       : event == SW_XML_END ? ">"
					     : "",
		       element ? sw_xml_name(element) : text);
	return element && !strcmp(sw_xml_name(element), "stop");
}

static void test_visit(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc =
		parse("<a>x<b>y</b><!-- c --><?p i?>z<stop/>w</a>");
	_cleanup_strbuf_ struct sw_strbuf sb = {};

	assert_int_equal(sw_xml_visit(sw_xml_root(doc), record, &sb), 1);
	assert_string_equal(sw_strbuf_str(&sb), "x <b y >b z <stop ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading), cmocka_unit_test(test_references_in_values),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_visit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
