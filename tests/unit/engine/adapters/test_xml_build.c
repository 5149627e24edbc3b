/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/xml.h"
#include "adapters/xml_out.h"
#include "unit/engine/unit.h"

static int collect(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

static void assert_written(const struct sw_xml_doc *doc, const char *body)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	struct sw_xml_out o = {.write = collect, .ctx = &sb};

	sw_xml_out_copy_of(&o, sw_xml_root(doc));
	assert_int_equal(sw_xml_out_finish(&o), 0);
	assert_string_equal(sw_strbuf_str(&sb) + 1, body); /* a new line before it */
}

static struct sw_xml_doc *parse(const char *text)
{
	struct sw_xml_doc *doc = NULL;

	assert_int_equal(sw_xml_parse(text, strlen(text), "t.xml", &doc, NULL), 0);
	return doc;
}

static void test_attributes(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = parse("<a x='1' y='2'/>");

	assert_int_equal(sw_xml_set_attr(sw_xml_root(doc), "x", "\"\xff\x01"), 0);
	sw_xml_unset_attr(sw_xml_root(doc), "y");
	sw_xml_unset_attr(sw_xml_root(doc), "z");
	assert_written(doc, "<a x=\"&quot;\\xff\\x01\"/>");
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

static void test_remove(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = parse("<a>1<b/> \n<c>x<d/></c>2<e/></a>");
	struct sw_xml_node *root = sw_xml_root(doc);

	sw_xml_remove_line(sw_xml_child(root, NULL, "b"));
	sw_xml_clear(sw_xml_child(root, NULL, "c"));
	sw_xml_remove_line(sw_xml_child(root, NULL, "e"));
	assert_written(doc, "<a>1<c/>2</a>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributes), cmocka_unit_test(test_copy_of_subtree_declares),
		cmocka_unit_test(test_default_ns), cmocka_unit_test(test_import),
		cmocka_unit_test(test_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
