/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/xml.h"
#include "unit/engine/unit.h"

static int collect(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

static int refuse(void *ctx, const void *data, size_t len)
{
	return -ENOSPC;
}

static void assert_written(const struct sw_xml_doc *doc, const char *body)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {}, want = {};

	assert_int_equal(sw_xml_write(doc, collect, &sb), 0);
	sw_strbuf_addf(&want, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s\n", body);
	assert_string_equal(sw_strbuf_str(&sb), sw_strbuf_str(&want));
}

static struct sw_xml_doc *parse(const char *text)
{
	struct sw_xml_doc *doc = NULL;

	assert_int_equal(sw_xml_parse(text, strlen(text), "t.xml", &doc, NULL), 0);
	return doc;
}

static void test_build(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = sw_xml_doc_new("urn:a", "a");
	struct sw_xml_node *b = sw_xml_add(sw_xml_root(doc), "urn:a", "b", "<&\x01>");

	assert_int_equal(sw_xml_set_attr(b, "x", "\"\xff"), 0);
	assert_non_null(sw_xml_add(sw_xml_root(doc), "urn:b", "c", NULL));
	assert_non_null(sw_xml_add_before(b, "urn:a", "first", NULL));
	assert_int_equal(sw_xml_add_text(b, "more"), 0);
	assert_written(doc,
		       "<a xmlns=\"urn:a\"><first/><b x=\"&quot;\\xff\">&lt;&amp;\\x01&gt;more</b>"
		       "<n1:c xmlns:n1=\"urn:b\"/></a>");
}

static void test_copy_of_subtree_declares(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc =
		parse("<w xmlns:x='urn:x' xmlns:h='urn:h'><x:b x:at='1'><h:p>t</h:p></x:b></w>");
	_cleanup_xml_doc_ struct sw_xml_doc *copy =
		sw_xml_doc_from(sw_xml_child(sw_xml_root(doc), NULL, NULL));

	assert_written(copy,
		       "<x:b xmlns:x=\"urn:x\" xmlns:h=\"urn:h\" x:at=\"1\"><h:p>t</h:p></x:b>");
}

static void test_default_ns(void **state)
{
	static const char *const cases[][2] = {
		{"<x:a xmlns:x='urn:x'><x:b i='1'/></x:a>", "<a xmlns=\"urn:x\"><b i=\"1\"/></a>"},
		{"<a xmlns='urn:x'/>", "<a xmlns=\"urn:x\"/>"},
		/* An element without a namespace, an attribute with the prefix, another default:
		   kept. */
		{"<x:a xmlns:x='urn:x'><b/></x:a>", "<x:a xmlns:x=\"urn:x\"><b/></x:a>"},
		{"<x:a xmlns:x='urn:x' x:i='1'/>", "<x:a xmlns:x=\"urn:x\" x:i=\"1\"/>"},
		{"<x:a xmlns:x='urn:x' xmlns='urn:y'><b/></x:a>",
		 "<x:a xmlns:x=\"urn:x\" xmlns=\"urn:y\"><b/></x:a>"},
	};
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		_cleanup_xml_doc_ struct sw_xml_doc *doc = parse(cases[i][0]);

		assert_int_equal(sw_xml_make_default_ns(sw_xml_root(doc)), 0);
		assert_written(doc, cases[i][1]);
	}
}

static void test_import(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *from =
		parse("<a xmlns='urn:x' xmlns:h='urn:h'><b><h:p/><c/></b></a>");
	_cleanup_xml_doc_ struct sw_xml_doc *to = parse("<q:r xmlns:q='urn:x'><q:z/></q:r>");
	struct sw_xml_node *copy =
		sw_xml_import(sw_xml_root(to), sw_xml_child(sw_xml_root(from), "urn:x", "b"));

	assert_non_null(copy);
	assert_written(
		to, "<q:r xmlns:q=\"urn:x\"><q:z/><q:b xmlns:h=\"urn:h\"><h:p/><q:c/></q:b></q:r>");
	sw_xml_move_before(copy, sw_xml_child(sw_xml_root(to), NULL, "z"));
	sw_xml_remove(sw_xml_child(sw_xml_root(to), NULL, "z"));
	assert_written(to,
		       "<q:r xmlns:q=\"urn:x\"><q:b xmlns:h=\"urn:h\"><h:p/><q:c/></q:b></q:r>");
}

static void test_indent(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = parse("<a><b>t<c/></b><d><e/></d></a>");

	assert_int_equal(sw_xml_indent(sw_xml_root(doc), 0), 0);
	assert_written(doc, "<a>\n  <b>t<c/></b>\n  <d>\n    <e/>\n  </d>\n</a>");
}

static void test_write_fails(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = parse("<a/>");

	assert_int_equal(sw_xml_write(doc, refuse, NULL), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),	   cmocka_unit_test(test_copy_of_subtree_declares),
		cmocka_unit_test(test_default_ns), cmocka_unit_test(test_import),
		cmocka_unit_test(test_indent),	   cmocka_unit_test(test_write_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
