/* SPDX-License-Identifier: Apache-2.0 */
/* OVAL results documents: what is masked, told thin or not at all; items, instances, failures. */
#include "adapters/xml_out.h"
#include "facts/facts.h"
#include "oval/results_private.h"
#include "unit/engine/oval/oval_doc.h"

#define PASSWORDS                                                                                  \
	"<textfilecontent54_object " IND " id='o:plain' version='3'><filepath>/etc/pw</filepath>"  \
	"<pattern operation='pattern match'>^(\\w+):(\\w+)$</pattern><instance datatype='int' "    \
	"operation='greater than or equal'>1</instance></textfilecontent54_object>"                \
	"<textfilecontent54_object " IND " id='o:set' version='1'>"                                \
	"<set xmlns='http://oval.mitre.org/XMLSchema/oval-definitions-5'>"                         \
	"<object_reference>o:plain</object_reference></set></textfilecontent54_object>"

static int append(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

static int refuse(void *ctx, const void *data, size_t len)
{
	return -ENOSPC;
}

static struct sw_oval_session *open_session(struct root *r, struct sw_oval_doc *doc,
					    struct sw_oval_report *report)
{
	struct sw_oval_session *session = NULL;

	assert_int_equal(sw_oval_session_new(doc, r->t, &session, NULL), 0);
	assert_int_equal(sw_oval_session_report_to(session, report), 0);
	return session;
}

static void render(struct root *r, const struct sections *s,
		   const struct sw_oval_report_options *opts, const char *const *ids,
		   struct sw_strbuf *ret_text)
{
	struct sw_oval_report *report = NULL;
	struct sw_oval_session *session;
	struct sw_oval_doc *doc = NULL;
	struct sw_xml_out out = {.write = append, .ctx = ret_text};

	assert_int_equal(doc_parse(s, &doc, NULL), 0);
	assert_int_equal(sw_oval_report_new(opts, &report), 0);
	assert_int_equal(sw_oval_report_describe(report, r->t), 0);
	session = open_session(r, doc, report);
	for (; *ids; ids++)
		sw_oval_session_eval(session, *ids, NULL, NULL);
	sw_oval_report_add_session(report, session);
	assert_int_equal(sw_oval_report_write(report, NULL, &out), 0);
	assert_int_equal(sw_xml_out_finish(&out), 0);
	assert_non_null(sw_strbuf_str(ret_text));
	sw_oval_session_free(session);
	sw_oval_report_free(report);
	sw_oval_doc_free(doc);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static const struct sections masked = {
	ONE_TEST("o:d", "o:t"),
	TEST(IND, "textfilecontent54", "o:t", "at_least_one_exists", "o:set",
	     "<state state_ref='o:s'/>"),
	PASSWORDS,
	"<textfilecontent54_state " IND " id='o:s' version='1'><subexpression mask='true'>secret"
	"</subexpression><text mask='true' operation='pattern match'>.</text>"
	"</textfilecontent54_state>",
	NULL,
};

static void test_masks(void **state)
{
	static const char *const ids[] = {"o:d", NULL};
	const struct sw_oval_report_options opts = {0};
	_cleanup_strbuf_ struct sw_strbuf text = {0};
	struct root *r = *state;

	root_puts(r, "/etc/pw", "alice:secret\nbob:secret\n");
	render(r, &masked, &opts, ids, &text);
	/* what a state masks is masked in the set's operand, too: nothing of it stands anywhere */
	assert_null(strstr(text.data, "alice"));
	assert_null(strstr(text.data, "secret"));
	assert_int_equal(count(text.data, "mask=\"true\""), 6);
	assert_non_null(
		strstr(text.data, "<object id=\"o:plain\" version=\"3\" flag=\"complete\">"));
	assert_non_null(strstr(text.data, "<object id=\"o:set\""));
}

/* Two objects that find the same: two references each to the same items, which stand once. */
static void test_items_once(void **state)
{
	static const struct sections s = {
		ONE_TEST("o:d", "o:t"),
		TEST(IND, "textfilecontent54", "o:t", "at_least_one_exists", "o:set", ""),
		PASSWORDS, NULL, NULL};
	static const char *const ids[] = {"o:d", NULL};
	const struct sw_oval_report_options opts = {.now = 86400};
	_cleanup_strbuf_ struct sw_strbuf text = {0};
	struct root *r = *state;

	root_puts(r, "/etc/pw", "alice:secret\nbob:secret\n");
	render(r, &s, &opts, ids, &text);
	assert_int_equal(count(text.data, "<ind-sys:textfilecontent_item "), 2);
	assert_int_equal(count(text.data, "<reference item_ref=\"1\"/>"), 2);
	assert_int_equal(count(text.data, "<reference item_ref=\"2\"/>"), 2);
	assert_int_equal(count(text.data, "<tested_item "), 2);
	assert_int_equal(count(text.data, "result=\"not evaluated\""), 2); /* it has no state */
	assert_non_null(strstr(text.data, "<oval:timestamp>1970-01-02T00:00:00Z<"));
}

static void test_directives(void **state)
{
	static const struct sections s = {
		ONE_TEST("o:true", "o:t") ONE_TEST("o:false", "o:f") ONE_TEST("o:later", "o:l"),
		TEST(IND, "textfilecontent54", "o:t", "at_least_one_exists", "o:plain", "")
			TEST(IND, "textfilecontent54", "o:f", "none_exist", "o:plain", "")
				TEST(IND, "textfilecontent54", "o:l", "none_exist", "o:plain", ""),
		PASSWORDS, NULL, NULL};
	static const char *const ids[] = {"o:true", "o:false", NULL};
	struct sw_oval_report_options opts = {0};
	_cleanup_strbuf_ struct sw_strbuf text = {0};
	struct root *r = *state;

	root_puts(r, "/etc/pw", "alice:secret\n");
	opts.directives.by_result[SW_OVAL_FALSE] = SW_OVAL_CONTENT_THIN;
	opts.directives.by_result[SW_OVAL_NOT_EVALUATED] = SW_OVAL_CONTENT_NONE;
	render(r, &s, &opts, ids, &text);
	assert_int_equal(count(text.data, "<definition definition_id="), 2);
	assert_int_equal(count(text.data, "<criteria "), 1);
	assert_non_null(strstr(text.data, "<definition definition_id=\"o:false\" version=\"1\" "
					  "result=\"false\"/>"));
	assert_null(strstr(text.data, "o:later\" version"));
	/* the class has directives of its own */
	sw_strbuf_release(&text);
	opts.class_set[0] = true; /* compliance */
	for (size_t i = 0; i < _SW_OVAL_MAX; i++)
		opts.classes[0].by_result[i] = SW_OVAL_CONTENT_NONE;
	render(r, &s, &opts, ids, &text);
	assert_int_equal(count(text.data, "<definition definition_id="), 0);
	assert_non_null(strstr(text.data, "<class_directives class=\"compliance\">"));
}

/* Each set of values of one document's variables is an instance of its own. */
static void test_instances(void **state)
{
	static const struct sections s = {
		ONE_TEST("o:d", "o:t"),
		TEST(IND, "textfilecontent54", "o:t", "at_least_one_exists", "o:plain", ""),
		PASSWORDS, NULL, NULL};
	const struct sw_oval_report_options opts = {0};
	_cleanup_strbuf_ struct sw_strbuf text = {0};
	struct sw_xml_out out = {.write = append, .ctx = &text};
	struct sw_oval_session *sessions[2];
	struct sw_oval_report *report = NULL;
	struct sw_oval_doc *doc = NULL;
	struct root *r = *state;

	root_puts(r, "/etc/pw", "alice:secret\n");
	assert_int_equal(doc_parse(&s, &doc, NULL), 0);
	assert_int_equal(sw_oval_report_new(&opts, &report), 0);
	for (size_t i = 0; i < 2; i++) {
		sessions[i] = open_session(r, doc, report);
		sw_oval_session_eval(sessions[i], "o:d", NULL, NULL);
	}
	for (size_t i = 0; i < 2; i++)
		sw_oval_report_add_session(report, sessions[i]);
	assert_int_equal(sw_oval_report_write(report, NULL, &out), 0);
	assert_int_equal(sw_xml_out_finish(&out), 0);
	/* definition, its criterion, test and object */
	assert_int_equal(count(text.data, "variable_instance=\"2\""), 4);
	assert_int_equal(count(text.data, "<ind-sys:textfilecontent_item "), 1);
	for (size_t i = 0; i < 2; i++)
		sw_oval_session_free(sessions[i]);
	sw_oval_report_free(report);
	sw_oval_doc_free(doc);
}

static void test_failure(void **state)
{
	static const struct sections s = {ONE_TEST("o:d", "o:t"), NULL, NULL, NULL, NULL};
	const struct sw_oval_report_options opts = {0};
	struct sw_xml_out out = {.write = refuse};
	struct sw_oval_report *report = NULL;
	struct sw_oval_session *session;
	struct sw_oval_doc *doc = NULL;
	struct root *r = *state;

	assert_int_equal(doc_parse(&s, &doc, NULL), 0);
	assert_int_equal(sw_oval_report_new(&opts, &report), 0);
	session = open_session(r, doc, report);
	sw_oval_session_eval(session, "o:d", NULL, NULL);
	sw_oval_report_add_session(report, session);
	sw_oval_report_write(report, NULL, &out);
	assert_int_equal(sw_xml_out_finish(&out), -ENOSPC);
	sw_oval_session_free(session);
	sw_oval_report_free(report);
	sw_oval_doc_free(doc);
}

/* What can be gathered can be told: else results would lack items without a word. */
static void test_every_type_has_a_shape(void **state)
{
	const struct sw_gatherer *g;
	size_t n = 0;

	for (; (g = sw_gatherer_at(n)); n++) {
		const struct oval_item_shape *shape;
		struct oval_item_field field;
		char ns[128];
		const char *at;

		snprintf(ns, sizeof(ns), "%s%s",
			 strcmp(g->family, SW_OVAL_OWN_NS) ? OVAL_NS_DEFS "#" : "", g->family);
		shape = oval_item_shape(ns, g->type);
		if (!shape)
			fail_msg("%s of %s has no line in results_items.c", g->type, g->family);
		at = shape->fields;
		assert_true(oval_item_field(&at, &field));
	}
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_has_a_shape),
		cmocka_unit_test_setup_teardown(test_masks, root_setup, root_teardown),
		cmocka_unit_test_setup_teardown(test_items_once, root_setup, root_teardown),
		cmocka_unit_test_setup_teardown(test_directives, root_setup, root_teardown),
		cmocka_unit_test_setup_teardown(test_instances, root_setup, root_teardown),
		cmocka_unit_test_setup_teardown(test_failure, root_setup, root_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
