/* SPDX-License-Identifier: Apache-2.0 */
/* Where OVAL results differ from OpenSCAP's on purpose, and the functions whose corners OpenSCAP
 * decides: engine/DIVERGENCES.md names each test here. */
#include "unit/engine/oval/oval_doc.h"

#define FN(name, attributes, body) "<" name " " attributes ">" body "</" name ">"
#define LIT(v) "<literal_component>" v "</literal_component>"
#define DIFF(f1, a, f2, b)                                                                         \
	FN("time_difference", "format_1='" f1 "' format_2='" f2 "'", LIT(a) LIT(b))

static const struct {
	const char *component;
	const char *value; /* NULL: the variable is an error */
} functions[] = {
	/* OpenSCAP: no value */
	{FN("arithmetic", "arithmetic_operation='add'", LIT("2") LIT("3")), "5"},
	{FN("arithmetic", "arithmetic_operation='add'", LIT("x") LIT("3")), NULL},
	/* OpenSCAP: 3.000000 */
	{FN("arithmetic", "arithmetic_operation='add'",
	    "<literal_component datatype='float'>1.5</literal_component><literal_component "
	    "datatype='float'>1.5</literal_component>"),
	 "3"},
	/* as OpenSCAP */
	{FN("end", "character='y'", LIT("xy")), "xy"},
	{FN("substring", "substring_start='0' substring_length='2'", LIT("abc")), "ab"},
	{FN("regex_capture", "pattern='z(.)'", LIT("abc")), ""},
	{FN("count", "", FN("split", "delimiter=','", LIT(",a,,b,"))), "5"},
	{FN("count", "", FN("split", "delimiter=''", LIT("ab"))), "2"},
	{DIFF("year_month_day", "2009-04-02", "year_month_day", "2005/02/02"), "131328000"},
	{DIFF("year_month_day", "20090402", "year_month_day", "20090401T010203"), "82677"},
	{DIFF("month_day_year", "04/02/2009", "day_month_year", "02/04/2009"), "0"},
	{DIFF("month_day_year", "April, 02 2009", "month_day_year", "Apr, 01 2009 00:00:01"),
	 "86399"},
	{DIFF("seconds_since_epoch", "0", "year_month_day", "1970-01-02 00:00:00"), "-86400"},
	{FN("time_difference", "format_2='seconds_since_epoch'", LIT("1000")), "999000"},
	/* OpenSCAP: 59960736000; then 0 where 5.11 says error */
	{DIFF("win_filetime", "130000000000000000", "seconds_since_epoch", "0"), "1355526400"},
	{DIFF("cim_datetime", "20090402101112.000000+060", "seconds_since_epoch", "0"),
	 "1238663472"},
	{DIFF("year_month_day", "2009-13-02", "seconds_since_epoch", "0"), NULL},
	{DIFF("year_month_day", "2009-02-30", "seconds_since_epoch", "0"), NULL},
	{DIFF("year_month_day", "2009-4-2", "seconds_since_epoch", "0"), NULL},
	{DIFF("day_month_year", "garbage", "seconds_since_epoch", "0"), NULL},
	{DIFF("seconds_since_epoch", "99999999999999999999", "seconds_since_epoch", "0"), NULL},
};

static struct answer eval_function(struct root *r, const char *component, const char *value)
{
	char states[512], variables[1024];
	const struct sections s = {ONE_TEST("o:d", "o:t"),
				   TEST(IND, "variable", "o:t", "at_least_one_exists", "o:o",
					"<state state_ref='o:s'/>"),
				   "<variable_object " IND
				   " id='o:o' version='1'><var_ref>o:v</var_ref>"
				   "</variable_object>",
				   states, variables};
	struct sw_oval_doc *doc = NULL;
	struct sw_oval_session *session = NULL;
	struct sw_strbuf message = {0};
	struct answer a = {0};
	struct sw_error err = {0};

	snprintf(states, sizeof(states),
		 "<variable_state " IND " id='o:s' version='1'><value>%s</value></variable_state>",
		 value ? value : "");
	snprintf(variables, sizeof(variables),
		 "<local_variable id='o:v' datatype='string' version='1'>%s</local_variable>",
		 component);
	if (doc_parse(&s, &doc, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(sw_oval_session_new(doc, r->t, &session, &err), 0);
	sw_oval_session_set_now(session, 1000000);
	a.result = sw_oval_session_eval(session, "o:d", &message, &a.vacuous);
	snprintf(a.message, sizeof(a.message), "%s", sw_strbuf_str(&message));
	sw_strbuf_release(&message);
	sw_oval_session_free(session);
	sw_oval_doc_free(doc);
	return a;
}

static void test_functions(void **state)
{
	struct root *r = *state;

	for (size_t i = 0; i < SW_ARRAY_LEN(functions); i++) {
		struct answer a = eval_function(r, functions[i].component, functions[i].value);

		if (a.result != (functions[i].value ? SW_OVAL_TRUE : SW_OVAL_ERROR))
			fail_msg("%s is %s: %s", functions[i].component,
				 sw_oval_result_str(a.result), a.message);
	}
}

static enum sw_oval_result exists(struct root *r, const char *entities)
{
	char objects[1024];
	const struct sections s = {ONE_TEST("o:d", "o:t"),
				   TEST(UNIX, "file", "o:t", "only_one_exists", "o:o", ""), objects,
				   NULL, NULL};

	snprintf(objects, sizeof(objects),
		 "<file_object " UNIX " id='o:o' version='1'>%s</file_object>", entities);
	return doc_eval(r, &s, "o:d").result;
}

/* OpenSCAP finds nothing for an escaped space. */
static void test_escaped_space(void **state)
{
	struct root *r = *state;

	root_puts(r, "/a b/c", "");
	assert_int_equal(exists(r, "<filepath operation='pattern match'>^/a\\ b/c$</filepath>"),
			 SW_OVAL_TRUE);
	assert_int_equal(exists(r, "<filepath operation='pattern match'>^/a b/c$</filepath>"),
			 SW_OVAL_TRUE);
}

#define BELOW(how, name)                                                                           \
	"<behaviors recurse='" how "' recurse_direction='down' max_depth='-1'/><path>/t</path>"    \
	"<filename operation='pattern match'>^" name "$</filename>"

/* OpenSCAP also enters directories whose inode a link met earlier had led to, and takes the
 * deprecated "files and directories" for "symlinks". */
static void test_recurse(void **state)
{
	struct root *r = *state;

	root_puts(r, "/t/plain/in-plain", "");
	root_puts(r, "/other/in-link", "");
	root_puts(r, "/other/deep/in-deep", "");
	root_link(r, "/t/link", "../other");
	assert_int_equal(exists(r, BELOW("symlinks", "in-plain")), SW_OVAL_FALSE);
	assert_int_equal(exists(r, BELOW("symlinks", "in-link")), SW_OVAL_TRUE);
	assert_int_equal(exists(r, BELOW("symlinks", "in-deep")), SW_OVAL_FALSE);
	assert_int_equal(exists(r, BELOW("directories", "in-plain")), SW_OVAL_TRUE);
	assert_int_equal(exists(r, BELOW("directories", "in-link")), SW_OVAL_FALSE);
	assert_int_equal(exists(r, BELOW("files and directories", "in-plain")), SW_OVAL_TRUE);
	assert_int_equal(exists(r, BELOW("files and directories", "in-link")), SW_OVAL_FALSE);
	assert_int_equal(exists(r, BELOW("symlinks and directories", "in-deep")), SW_OVAL_TRUE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_functions),
		T(test_escaped_space),
		T(test_recurse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
