/* SPDX-License-Identifier: Apache-2.0 */
/* XML as it is made: escapes, lines, namespaces of trees, and what a failing sink means. */
#include "adapters/xml.h"
#include "adapters/xml_out.h"
#include "unit/engine/unit.h"

static int collect(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

/* Takes n bytes and no more. */
static int refuse(void *ctx, const void *data, size_t len)
{
	size_t *left = ctx;

	if (len > *left)
		return -ENOSPC;
	*left -= len;
	return 0;
}

static struct sw_xml_doc *parse(const char *text)
{
	struct sw_xml_doc *doc = NULL;

	assert_int_equal(sw_xml_parse(text, strlen(text), "t.xml", &doc, NULL), 0);
	return doc;
}

static void test_made(void **state)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	struct sw_xml_out o = {.write = collect, .ctx = &sb, .prefix = "p"};

	sw_xml_out_begin(&o, "a");
	sw_xml_out_attr(&o, "x", "<\"'&\n\r\t\x01\xff");
	sw_xml_out_attr(&o, "none", NULL);
	sw_xml_out_leaf(&o, "q:b", "t\r\n<>");
	sw_xml_out_leaf(&o, "c", NULL);
	sw_xml_out_begin(&o, "d");
	sw_xml_out_leaf(&o, "e", "");
	sw_xml_out_end(&o, "d");
	sw_xml_out_end(&o, "a");
	assert_int_equal(sw_xml_out_finish(&o), 0);
	assert_string_equal(
		sb.data, "\n<p:a x=\"&lt;&quot;&apos;&amp;&#10;&#13;&#9;\\x01\\xff\">"
			 "\n  <q:b>t&#13;\n&lt;&gt;</q:b>\n  <p:c/>\n  <p:d>\n    <p:e/>\n  </p:d>"
			 "\n</p:a>");
}

static bool skip_x(void *ctx, const struct sw_xml_node *child)
{
	return !strcmp(sw_xml_name(child), "x");
}

/* Namespaces of the surroundings are declared where they are used, others are not. */
static void test_of_trees(void **state)
{
	static const struct {
		const char *text, *out;
	} cases[] = {
		{"<w xmlns:a='urn:a' xmlns:b='urn:b' xmlns:c='urn:c' xmlns='urn:d'>"
		 "<a:r id='1' b:at='2'> <a:s/><a:x/>&lt;<!--c--></a:r></w>",
		 "\n<a:r xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" id=\"new\" b:at=\"2\"> "
		 "<a:s/>&lt;<!--c--></a:r>"},
		{"<w xmlns='urn:d' xmlns:u='urn:u'><r xmlns:o='urn:o' at='&#10;&amp;'><s/></r></w>",
		 "\n<r xmlns=\"urn:d\" xmlns:o=\"urn:o\" at=\"&#10;&amp;\"><s/></r>"},
		{"<w><r id='1'>\xc3\xa9</r></w>", "\n<r id=\"new\">\xc3\xa9</r>"},
	};
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		_cleanup_xml_doc_ struct sw_xml_doc *doc = parse(cases[i].text);
		const struct sw_xml_node *r = sw_xml_child(sw_xml_root(doc), NULL, "r");
		_cleanup_strbuf_ struct sw_strbuf sb = {};
		struct sw_xml_out o = {.write = collect, .ctx = &sb};

		sw_xml_out_start_of(&o, r, "new");
		sw_xml_out_children_of(&o, r, skip_x, NULL);
		sw_xml_out_end_of(&o, r);
		assert_int_equal(sw_xml_out_finish(&o), 0);
		assert_string_equal(sb.data, cases[i].out);
	}
}

static void test_full_sink(void **state)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = parse("<a><b/></a>");
	size_t left = 100000;
	struct sw_xml_out o = {.write = refuse, .ctx = &left};
	int i;

	for (i = 0; i < 100000; i++)
		sw_xml_out_copy_of(&o, sw_xml_root(doc));
	assert_int_equal(o.rc, -ENOSPC); /* known before the end */
	assert_int_equal(sw_xml_out_finish(&o), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_of_trees),
		cmocka_unit_test(test_full_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
