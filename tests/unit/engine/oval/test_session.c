/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions over a root: criteria, messages, vacuous results, variables, sets, and documents made
 * to hurt. */
#include "unit/engine/oval/oval_doc.h"

#define CRITERION(t) "<criterion test_ref='" t "'/>"
#define NOT(t) "<criterion negate='true' test_ref='" t "'/>"

/* o:t is true, o:f false, o:e an error, o:u unknown */
#define FOUR_TESTS                                                                                 \
	TEST(IND, "textfilecontent54", "o:t", "at_least_one_exists", "o:here", "")                 \
	TEST(IND, "textfilecontent54", "o:f", "none_exist", "o:here", "")                          \
	TEST(IND, "textfilecontent54", "o:e", "none_exist", "o:broken", "")                        \
	TEST("xmlns='urn:other'", "strange", "o:u", "none_exist", "o:strange", "")
#define FOUR_OBJECTS                                                                               \
	TEXT_OBJECT("o:here", "/etc/conf", "^word=(.*)$", FIRST)                                   \
	TEXT_OBJECT("o:broken", "/etc/conf", "(", FIRST)                                           \
	"<strange_object xmlns='urn:other' id='o:strange' version='1'/>"

static const struct {
	const char *criteria, *result;
} trees[] = {
	{"<criteria>" CRITERION("o:t") "</criteria>", "true"},
	{"<criteria negate='true'>" CRITERION("o:t") "</criteria>", "false"},
	{"<criteria>" NOT("o:t") "</criteria>", "false"},
	{"<criteria>" NOT("o:e") "</criteria>", "error"},
	{"<criteria>" CRITERION("o:t") CRITERION("o:f") "</criteria>", "false"},
	{"<criteria>" CRITERION("o:f") CRITERION("o:e") "</criteria>", "false"},
	{"<criteria>" CRITERION("o:t") CRITERION("o:e") "</criteria>", "error"},
	{"<criteria>" CRITERION("o:t") CRITERION("o:u") "</criteria>", "unknown"},
	{"<criteria>" CRITERION("o:e") CRITERION("o:u") "</criteria>", "error"},
	{"<criteria operator='OR'>" CRITERION("o:t") CRITERION("o:e") "</criteria>", "true"},
	{"<criteria operator='OR'>" CRITERION("o:f") CRITERION("o:u") "</criteria>", "unknown"},
	{"<criteria operator='ONE'>" CRITERION("o:t") CRITERION("o:t") "</criteria>", "false"},
	{"<criteria operator='XOR'>" CRITERION("o:t") CRITERION("o:t")
		 CRITERION("o:t") "</criteria>",
	 "true"},
	{"<criteria><criteria operator='OR'>" CRITERION("o:f")
		 CRITERION("o:t") "</criteria>" NOT("o:f") "</criteria>",
	 "true"},
	{"<criteria>" CRITERION("o:missing") "</criteria>", "error"},
	{"<criteria/>", "unknown"},
	{"<criteria><extend_definition definition_ref='o:d'/></criteria>", "error"}, /* itself */
	{"<criteria><extend_definition definition_ref='o:other'/></criteria>",
	 "error"}, /* each other */
	{"<criteria><extend_definition negate='true' definition_ref='o:plain'/></criteria>",
	 "false"},
	{"<criteria><extend_definition definition_ref='o:none'/></criteria>", "error"},
	{"", "not evaluated"},
};

static void test_criteria(void **state)
{
	struct root *r = *state;

	root_puts(r, "/etc/conf", "a\nword=alpha\n");
	for (size_t i = 0; i < SW_ARRAY_LEN(trees); i++) {
		char defs[2048];
		struct sections s = {defs, FOUR_TESTS, FOUR_OBJECTS, NULL, NULL};
		struct answer a;

		snprintf(defs, sizeof(defs), DEFINITION("o:d", "%s") "%s%s", trees[i].criteria,
			 DEFINITION(
				 "o:other",
				 "<criteria><extend_definition definition_ref='o:d'/></criteria>"),
			 ONE_TEST("o:plain", "o:t"));
		a = doc_eval(r, &s, "o:d");
		if (strcmp(sw_oval_result_str(a.result), trees[i].result))
			fail_msg("%s is %s, not %s (%s)", trees[i].criteria,
				 sw_oval_result_str(a.result), trees[i].result, a.message);
	}
}

static void test_unknown_ids_and_iteration(void **state)
{
	struct root *r = *state;
	const struct sections s = {ONE_TEST("o:a", "o:t") ONE_TEST("o:b", "o:t"), FOUR_TESTS,
				   FOUR_OBJECTS, NULL, NULL};
	const char *id, *class, *title;
	struct sw_oval_doc *doc;
	struct answer a;

	a = doc_eval(r, &s, "o:nothing");
	assert_int_equal(a.result, SW_OVAL_UNKNOWN);
	assert_string_equal(a.message, "t.xml: no definition o:nothing");
	assert_int_equal(doc_parse(&s, &doc, NULL), 0);
	assert_true(sw_oval_doc_has(doc, "o:b"));
	assert_false(sw_oval_doc_has(doc, "o:"));
	assert_int_equal(sw_oval_doc_count(doc), 2);
	assert_true(sw_oval_doc_at(doc, 1, &id, &class, &title));
	assert_string_equal(id, "o:b");
	assert_string_equal(class, "compliance");
	assert_string_equal(title, "T o:b");
	assert_false(sw_oval_doc_at(doc, 2, &id, &class, &title));
	sw_oval_doc_free(doc);
}

/* What a person reads: what was found, where, and what was expected. Never what a file does not
 * show to all. */
static void test_messages(void **state)
{
	struct root *r = *state;
	const struct sections s = {
		ONE_TEST("o:none", "o:1") ONE_TEST("o:state", "o:2") ONE_TEST("o:gone", "o:3")
			ONE_TEST("o:secret", "o:4") ONE_TEST("o:broken", "o:e"),
		FOUR_TESTS TEST(IND, "textfilecontent54", "o:1", "none_exist", "o:all", "")
			TEST(IND, "textfilecontent54", "o:2", "at_least_one_exists", "o:all",
			     "<state state_ref='o:s'/>") TEST(IND, "textfilecontent54", "o:3",
							      "at_least_one_exists", "o:nofile", "")
				TEST(IND, "textfilecontent54", "o:4", "none_exist", "o:shadow", ""),
		FOUR_OBJECTS TEXT_OBJECT("o:all", "/etc/list", "^v=(.*)$", EVERY)
			TEXT_OBJECT("o:nofile", "/etc/absent", "x", FIRST)
				TEXT_OBJECT("o:shadow", "/etc/shadow", "^[^:]+:[^!*]", EVERY),
		"<textfilecontent54_state " IND
		" id='o:s' version='1'><subexpression>ok</subexpression>"
		"</textfilecontent54_state>",
		NULL};
	struct answer a;

	root_puts(r, "/etc/conf", "word=alpha\n");
	root_puts(r, "/etc/list", "\nv=1\nv=2\nv=ok\n\nv=3\nv=4\n");
	root_puts(r, "/etc/shadow", "root:!:1:\nuser:secrethash:1:\n");
	chmod(root_path(r, "/etc/shadow"), 0640);
	a = doc_eval(r, &s, "o:none");
	assert_int_equal(a.result, SW_OVAL_FALSE);
	assert_string_equal(a.message, "o:1 says: found /etc/list:2 \"v=1\", /etc/list:3 \"v=2\", "
				       "/etc/list:4 \"v=ok\" and 2 more, expected none");
	a = doc_eval(r, &s, "o:state");
	assert_string_equal(a.message,
			    "o:2 says: /etc/list:2 \"v=1\": subexpression is 1, not ok, "
			    "/etc/list:3 \"v=2\": subexpression is 2, not ok, "
			    "/etc/list:6 \"v=3\": subexpression is 3, not ok and 1 more");
	a = doc_eval(r, &s, "o:gone");
	assert_string_equal(a.message, "o:3 says: /etc/absent is not there");
	a = doc_eval(r, &s, "o:secret");
	assert_int_equal(a.result, SW_OVAL_FALSE);
	assert_non_null(strstr(a.message, "/etc/shadow:2"));
	assert_null(strstr(a.message, "secret"));
	a = doc_eval(r, &s, "o:broken");
	assert_int_equal(a.result, SW_OVAL_ERROR);
	assert_true(strlen(a.message) > 10);
}

static void test_vacuous(void **state)
{
	struct root *r = *state;
	const struct sections s = {
		ONE_TEST("o:text", "o:1") ONE_TEST("o:nul", "o:2") ONE_TEST("o:env", "o:3")
			ONE_TEST("o:file", "o:4") ONE_TEST("o:read", "o:5")
				DEFINITION("o:or", "<criteria operator='OR'>" CRITERION("o:1")
							   CRITERION("o:5") "</criteria>")
					DEFINITION("o:and", "<criteria>" CRITERION("o:1")
								    CRITERION("o:5") "</criteria>"),
		TEST(IND, "textfilecontent54", "o:1", "none_exist", "o:gone",
		     "") TEST(IND, "textfilecontent54", "o:2", "none_exist", "o:nul", "")
			TEST(IND, "environmentvariable58", "o:3", "any_exist", "o:env",
			     "") TEST(UNIX, "file", "o:4", "none_exist", "o:file", "")
				TEST(IND, "textfilecontent54", "o:5", "none_exist", "o:there", ""),
		TEXT_OBJECT("o:gone", "/etc/shadow", "x", FIRST) TEXT_OBJECT("o:nul", "/nul", "bad",
									     FIRST)
			TEXT_OBJECT("o:there", "/there", "bad",
				    FIRST) "<environmentvariable58_object " IND
					   " id='o:env' version='1'><pid xsi:nil='true' "
					   "datatype='int'/><name>X</name>"
					   "</environmentvariable58_object><file_object " UNIX
					   " id='o:file' "
					   "version='1'><filepath>/none</filepath></file_object>",
		NULL, NULL};
	static const struct {
		const char *id;
		bool vacuous;
	} rows[] = {{"o:text", true},  {"o:nul", true}, {"o:env", true}, {"o:file", false},
		    {"o:read", false}, {"o:or", false}, {"o:and", true}};
	struct answer a;

	root_put(r, "/nul", "good\n\0bad\n", 10);
	root_puts(r, "/there", "good\n");
	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++) {
		a = doc_eval(r, &s, rows[i].id);
		assert_int_equal(a.result, SW_OVAL_TRUE);
		if (a.vacuous != rows[i].vacuous)
			fail_msg("%s: %s", rows[i].id, a.message);
		assert_int_equal(a.vacuous, a.message[0] != '\0');
	}
	a = doc_eval(r, &s, "o:text");
	assert_string_equal(a.message, "rests on nothing: o:1 says: /etc/shadow is not there");
	sw_target_set_env_known(r->t);
	assert_false(doc_eval(r, &s, "o:env").vacuous);
}

/* The stamp idiom of the vendor content: an expected value that comes from another file. */
static void test_variables(void **state)
{
	struct root *r = *state;
	const struct sections s = {
		ONE_TEST("o:same", "o:1") ONE_TEST("o:nostamp", "o:2") ONE_TEST("o:fn", "o:3"),
		TEST(IND, "textfilecontent54", "o:1", "only_one_exists", "o:value",
		     "<state state_ref='o:s1'/>") TEST(IND, "textfilecontent54", "o:2",
						       "only_one_exists", "o:value",
						       "<state state_ref='o:s2'/>")
			TEST(IND, "textfilecontent54", "o:3", "only_one_exists", "o:byvar", ""),
		TEXT_OBJECT("o:value", "/value", "^(.*)$", FIRST)
			TEXT_OBJECT("o:stamp", "/stamp", "^(.*)$", FIRST) TEXT_OBJECT(
				"o:absent", "/absent", "^(.*)$",
				FIRST) "<textfilecontent54_object " IND
				       " id='o:byvar' version='1'><filepath var_ref='o:v3'/>"
				       "<pattern operation='pattern match'>^A</pattern><instance "
				       "datatype='int'>1</instance>"
				       "</textfilecontent54_object>",
		"<textfilecontent54_state " IND " id='o:s1' version='1'><subexpression operation="
		"'case insensitive equals' var_ref='o:v1'/></textfilecontent54_state>"
		"<textfilecontent54_state " IND
		" id='o:s2' version='1'><subexpression var_ref='o:v2'/>"
		"</textfilecontent54_state>",
		"<local_variable id='o:v1' datatype='string' version='1'><object_component "
		"object_ref='o:stamp' "
		"item_field='subexpression'/></local_variable>"
		"<local_variable id='o:v2' datatype='string' version='1'><object_component "
		"object_ref='o:absent' "
		"item_field='subexpression'/></local_variable>"
		"<local_variable id='o:v3' datatype='string' "
		"version='1'><concat><literal_component>/val"
		"</literal_component><variable_component var_ref='o:v4'/></concat></local_variable>"
		"<constant_variable id='o:v4' datatype='string' version='1'><value>ue</value>"
		"</constant_variable>"};

	root_puts(r, "/value", "ABC\n");
	root_puts(r, "/stamp", "abc\n");
	assert_int_equal(doc_eval(r, &s, "o:same").result, SW_OVAL_TRUE);
	assert_int_equal(doc_eval(r, &s, "o:nostamp").result, SW_OVAL_ERROR);
	assert_int_equal(doc_eval(r, &s, "o:fn").result, SW_OVAL_TRUE);
}

#define FILES(id, pattern)                                                                         \
	"<file_object " UNIX " id='" id "' version='1'><path>/d</path>"                            \
	"<filename operation='pattern match'>" pattern "</filename></file_object>"
#define SET(id, op, a, b, filter)                                                                  \
	"<file_object " UNIX " id='" id                                                            \
	"' version='1'><set xmlns='http://oval.mitre.org/XMLSchema/oval-definitions-5' "           \
	"set_operator='" op "'><object_reference>" a "</object_reference><object_reference>" b     \
	"</object_reference>" filter "</set></file_object>"

static void test_sets(void **state)
{
	struct root *r = *state;
	/* {a, ab} and {ab, b}: each set has a known size */
	static const char objects[] = FILES("o:a", "a") FILES("o:b", "b") FILES("o:no", "zzz") SET(
		"o:u", "UNION", "o:a", "o:b", "") SET("o:i", "INTERSECTION", "o:a", "o:b",
						      "") SET("o:c", "COMPLEMENT", "o:a", "o:b", "")
		SET("o:n", "INTERSECTION", "o:a", "o:no",
		    "") SET("o:x", "UNION", "o:a", "o:b", "<filter action='exclude'>o:s</filter>")
			SET("o:y", "UNION", "o:a", "o:b", "<filter action='include'>o:s</filter>")
				SET("o:cycle", "UNION", "o:cycle", "o:a", "");
	static const struct {
		const char *object,
			*results[3]; /* none_exist, only_one_exists, at_least_one_exists */
	} rows[] = {
		{"o:u", {"false", "false", "true"}},	  {"o:i", {"false", "true", "true"}},
		{"o:c", {"false", "true", "true"}},	  {"o:n", {"true", "false", "false"}},
		{"o:x", {"false", "false", "true"}},	  {"o:y", {"false", "true", "true"}},
		{"o:cycle", {"error", "error", "error"}},
	};
	static const char *const existences[] = {"none_exist", "only_one_exists",
						 "at_least_one_exists"};

	root_puts(r, "/d/a", "");
	root_puts(r, "/d/ab", "");
	root_puts(r, "/d/b", "");
	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < 3; k++) {
			char tests[512];
			const struct sections s = {
				ONE_TEST("o:d", "o:t"), tests, objects,
				"<file_state " UNIX
				" id='o:s' version='1'><filename>ab</filename></file_state>",
				NULL};
			struct answer a;

			snprintf(tests, sizeof(tests), TEST(UNIX, "file", "o:t", "%s", "%s", ""),
				 existences[k], rows[i].object);
			a = doc_eval(r, &s, "o:d");
			if (strcmp(sw_oval_result_str(a.result), rows[i].results[k]))
				fail_msg("%s %s is %s (%s)", rows[i].object, existences[k],
					 sw_oval_result_str(a.result), a.message);
		}
}

/* Each level refers to the one below twice: 2^60 steps for whoever does not remember. */
static void test_hostile_doubling(void **state)
{
	struct root *r = *state;
	_cleanup_strbuf_ struct sw_strbuf defs = {0}, vars = {0};
	struct sections s = {0};
	struct answer a;

	alarm(20);
	sw_strbuf_adds(&defs, DEFINITION("o:0", "<criteria/>"));
	sw_strbuf_adds(&vars,
		       "<constant_variable id='o:v0' datatype='string' version='1'><value>x</value>"
		       "<value>y</value></constant_variable>");
	for (int i = 1; i <= 60; i++) {
		sw_strbuf_addf(&defs,
			       "<definition id='o:%d' version='1' class='compliance'><criteria>"
			       "<extend_definition definition_ref='o:%d'/>"
			       "<extend_definition definition_ref='o:%d'/></criteria></definition>",
			       i, i - 1, i - 1);
		sw_strbuf_addf(
			&vars,
			"<local_variable id='o:v%d' datatype='string' version='1'><concat>"
			"<variable_component var_ref='o:v%d'/><variable_component var_ref='o:v%d'/>"
			"</concat></local_variable>",
			i, i - 1, i - 1);
	}
	sw_strbuf_adds(&defs, ONE_TEST("o:var", "o:t"));
	s.definitions = sw_strbuf_str(&defs);
	s.variables = sw_strbuf_str(&vars);
	s.tests = TEST(IND, "variable", "o:t", "at_least_one_exists", "o:obj", "");
	s.objects = "<variable_object " IND " id='o:obj' version='1'><var_ref>o:v60</var_ref>"
		    "</variable_object>";
	assert_int_equal(doc_eval(r, &s, "o:30").result, SW_OVAL_UNKNOWN);
	a = doc_eval(r, &s, "o:var");
	assert_int_equal(a.result, SW_OVAL_ERROR);
	alarm(0);
}

static void test_bad_documents(void **state)
{
	static const struct sections bad[] = {
		{DEFINITION("o:d", "<criteria operator='MAYBE'/>"), NULL, NULL, NULL, NULL},
		{DEFINITION("o:d", "<criteria/>") DEFINITION("o:d", "<criteria/>"), NULL, NULL,
		 NULL, NULL},
		{NULL, "<file_test " UNIX " id='o:t' check='some'/>", NULL, NULL, NULL},
		{NULL, "<file_test " UNIX " check='all'/>", NULL, NULL, NULL},
		{NULL, NULL, NULL, NULL, "<local_variable id='o:v' datatype='string'/>"},
		{NULL, NULL,
		 "<file_object " UNIX " id='o:o'><path operation='like'>x</path></file_object>",
		 NULL, NULL},
	};
	_cleanup_strbuf_ struct sw_strbuf deep = {0};
	struct sections s = {0};

	for (size_t i = 0; i < SW_ARRAY_LEN(bad); i++) {
		struct sw_oval_doc *doc = NULL;
		struct sw_error err = {0};

		if (doc_parse(&bad[i], &doc, &err) != -EINVAL)
			fail_msg("document %zu was accepted", i);
		assert_null(doc);
		assert_non_null(strstr(err.text, "t.xml"));
	}
	sw_strbuf_adds(&deep, "<definition id='o:d' class='x'>");
	for (int i = 0; i < 90; i++)
		sw_strbuf_adds(&deep, "<criteria>");
	for (int i = 0; i < 90; i++)
		sw_strbuf_adds(&deep, "</criteria>");
	sw_strbuf_adds(&deep, "</definition>");
	s.definitions = sw_strbuf_str(&deep);
	assert_int_equal(doc_parse(&s, &(struct sw_oval_doc *){NULL}, NULL), -ELOOP);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_criteria),	  T(test_unknown_ids_and_iteration),
		T(test_messages),	  T(test_vacuous),
		T(test_variables),	  T(test_sets),
		T(test_hostile_doubling), T(test_bad_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
