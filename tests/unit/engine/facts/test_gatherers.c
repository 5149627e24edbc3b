/* SPDX-License-Identifier: Apache-2.0 */
/* Content gatherers on hostile files: what each makes of NUL bytes, bad UTF-8, FIFOs, huge lines,
 * and of what is not there. */
#include "unit/engine/oval/oval_doc.h"

/* The results of one text object under every check_existence, in the order of `existences`. */
static const char *const existences[] = {"none_exist", "at_least_one_exists", "only_one_exists",
					 "any_exist"};

static const struct {
	const char *file, *pattern, *instance;
	const char *results; /* t, f, e by existence */
} texts[] = {
	{"/plain", "^b$", FIRST, "fttt"},
	{"/plain", "^B$", FIRST, "tfft"},
	{"/plain", "^a\\nb$", FIRST, "fttt"}, /* the whole file is the subject */
	{"/plain", "^.$", EVERY, "ftft"},
	{"/plain", "^.$", "operation='equals'>3", "fttt"},
	{"/plain", "^.$", "operation='equals'>4", "tfft"},
	{"/plain", "^.$", "operation='less than'>3", "ftft"},
	{"/plain", "^.$", "operation='equals'>0", "tfft"},
	{"/nul", "^before$", FIRST, "fttt"},
	{"/nul", "^after$", FIRST, "tfft"}, /* ends at the NUL byte */
	{"/bad", "^good$", FIRST, "eeet"},  /* not UTF-8 anywhere: error */
	{"/badafternul", "^good$", FIRST, "fttt"},
	{"/empty", "^$", FIRST, "fttt"},
	{"/empty", ".", FIRST, "tfft"},
	{"/utf8", "^.\xc3\xbc$", FIRST, "fttt"},
	{"/fifo", ".", FIRST, "tfft"},
	{"/dir", ".", FIRST, "tfft"},
	{"/absent", ".", FIRST, "tfft"},
	{"/dangling", ".", FIRST, "tfft"},
	{"/loop", ".", FIRST, "tfft"},
	{"/link", "^b$", FIRST, "fttt"},
	{"/abslink", "^b$", FIRST, "fttt"},
	{"/escape", "root", FIRST, "tfft"},
	{"/plain", "(", FIRST, "eeet"},
	{"/huge", "^x+$", FIRST, "fttt"},
	{"/huge", "^(x+x+)+y", FIRST, "eeet"}, /* catastrophic: a limit, not a hang */
};

static void make_files(struct root *r)
{
	size_t n = 8u << 20;
	char *huge = malloc(n);

	root_puts(r, "/plain", "a\nb\nc\n");
	root_put(r, "/nul", "before\n\0\nafter\n", 15);
	root_put(r, "/bad", "good\n\xff\xfe\n", 8);
	root_put(r, "/badafternul", "good\n\0\xff\n", 8);
	root_puts(r, "/empty", "");
	root_puts(r, "/utf8", "\xc3\xa4\xc3\xbc\n");
	root_fifo(r, "/fifo");
	root_mkdir(r, "/dir");
	root_link(r, "/dangling", "nowhere");
	root_link(r, "/loop", "loop");
	root_link(r, "/link", "plain");
	root_link(r, "/abslink", "/plain");
	root_link(r, "/escape", "/../../../../etc/passwd");
	memset(huge, 'x', n);
	huge[n - 1] = '\n';
	root_put(r, "/huge", huge, n);
	free(huge);
}

static void test_text(void **state)
{
	struct root *r = *state;

	alarm(50);
	make_files(r);
	for (size_t i = 0; i < SW_ARRAY_LEN(texts); i++)
		for (size_t k = 0; k < SW_ARRAY_LEN(existences); k++) {
			char tests[512], objects[1024];
			const struct sections s = {ONE_TEST("o:d", "o:t"), tests, objects, NULL,
						   NULL};
			struct answer a;

			snprintf(tests, sizeof(tests),
				 TEST(IND, "textfilecontent54", "o:t", "%s", "o:o", ""),
				 existences[k]);
			snprintf(objects, sizeof(objects), TEXT_OBJECT("o:o", "%s", "%s", "%s"),
				 texts[i].file, texts[i].pattern, texts[i].instance);
			a = doc_eval(r, &s, "o:d");
			if (sw_oval_result_str(a.result)[0] != texts[i].results[k])
				fail_msg("%s %s %s is %s: %s", texts[i].file, texts[i].pattern,
					 existences[k], sw_oval_result_str(a.result), a.message);
		}
	alarm(0);
}

static struct answer one(struct root *r, const char *type, const char *object,
			 const char *state_body, const char *existence)
{
	_cleanup_strbuf_ struct sw_strbuf t = {0}, o = {0}, st = {0};
	const char *ns = strcmp(type, "file") ? IND : UNIX;
	struct sections s = {ONE_TEST("o:d", "o:t"), NULL, NULL, NULL, NULL};

	sw_strbuf_addf(
		&t,
		"<%s_test %s id='o:t' version='1' check='all' check_existence='%s' comment='c'>"
		"<object object_ref='o:o'/>%s</%s_test>",
		type, ns, existence, state_body ? "<state state_ref='o:s'/>" : "", type);
	sw_strbuf_addf(&o, "<%s_object %s id='o:o' version='1'>%s</%s_object>", type, ns, object,
		       type);
	if (state_body)
		sw_strbuf_addf(&st, "<%s_state %s id='o:s' version='1'>%s</%s_state>", type, ns,
			       state_body, type);
	s.tests = sw_strbuf_str(&t);
	s.objects = sw_strbuf_str(&o);
	s.states = sw_strbuf_str(&st);
	return doc_eval(r, &s, "o:d");
}

static void test_hash(void **state)
{
	struct root *r = *state;
#define HASH(file) "<filepath>" file "</filepath><hash_type>SHA-256</hash_type>"
	/* FIPS 180-4 example: "abc" */
	static const char abc[] =
		"<hash operation='case insensitive equals'>"
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD</hash>";

	alarm(20);
	root_puts(r, "/abc", "abc");
	root_puts(r, "/other", "abd");
	root_fifo(r, "/fifo");
	root_link(r, "/link", "/abc");
	assert_int_equal(one(r, "filehash58", HASH("/abc"), abc, "only_one_exists").result,
			 SW_OVAL_TRUE);
	assert_int_equal(one(r, "filehash58", HASH("/link"), abc, "only_one_exists").result,
			 SW_OVAL_TRUE);
	assert_int_equal(one(r, "filehash58", HASH("/other"), abc, "only_one_exists").result,
			 SW_OVAL_FALSE);
	assert_int_equal(one(r, "filehash58", HASH("/none"), abc, "only_one_exists").result,
			 SW_OVAL_FALSE);
	assert_int_equal(one(r, "filehash58", HASH("/fifo"), abc, "only_one_exists").result,
			 SW_OVAL_ERROR);
	assert_int_equal(one(r, "filehash58", "<filepath>/abc</filepath><hash_type>CRC</hash_type>",
			     NULL, "none_exist")
				 .result,
			 SW_OVAL_TRUE);
	alarm(0);
}

static void test_environment(void **state)
{
	struct root *r = *state;
#define ENV(name) "<pid xsi:nil='true' datatype='int'/><name>" name "</name>"
	static const char is_a[] = "<value>a=b</value>";

	assert_int_equal(one(r, "environmentvariable58", ENV("X"), is_a, "all_exist").result,
			 SW_OVAL_FALSE);
	assert_int_equal(one(r, "environmentvariable58", ENV("X"), is_a, "any_exist").result,
			 SW_OVAL_TRUE);
	sw_target_add_env(r->t, "X", "a=b");
	sw_target_add_env(r->t, "Y", "");
	assert_int_equal(one(r, "environmentvariable58", ENV("X"), is_a, "all_exist").result,
			 SW_OVAL_TRUE);
	assert_int_equal(one(r, "environmentvariable58", ENV("Y"), is_a, "any_exist").result,
			 SW_OVAL_FALSE);
	assert_int_equal(one(r, "environmentvariable58", ENV("Z"), is_a, "any_exist").result,
			 SW_OVAL_TRUE);
	assert_int_equal(one(r, "environmentvariable58", ENV("x"), NULL, "none_exist").result,
			 SW_OVAL_TRUE);
	/* a second value of the same name must not hide behind a good one */
	sw_target_add_env(r->t, "X", "evil");
	assert_int_equal(one(r, "environmentvariable58", ENV("X"), is_a, "all_exist").result,
			 SW_OVAL_FALSE);
}

static void test_file(void **state)
{
	struct root *r = *state;
#define FILE_IS(body) one(r, "file", "<filepath>/f</filepath>", body, "only_one_exists").result

	root_puts(r, "/f", "hello");
	root_link(r, "/l", "f");
	chmod(root_path(r, "/f"), 04751);
	assert_int_equal(FILE_IS("<type>regular</type><size datatype='int'>5</size>"),
			 SW_OVAL_TRUE);
	assert_int_equal(
		FILE_IS("<suid datatype='boolean'>true</suid><sgid datatype='boolean'>false</sgid>"
			"<uread datatype='boolean'>true</uread><gwrite "
			"datatype='boolean'>false</gwrite>"
			"<oread datatype='boolean'>false</oread><oexec "
			"datatype='boolean'>true</oexec>"),
		SW_OVAL_TRUE);
	assert_int_equal(FILE_IS("<size datatype='int' operation='greater than'>5</size>"),
			 SW_OVAL_FALSE);
	assert_int_equal(FILE_IS("<has_extended_acl datatype='boolean'>true</has_extended_acl>"),
			 SW_OVAL_FALSE);
	assert_int_equal(FILE_IS("<nosuch>1</nosuch>"), SW_OVAL_UNKNOWN);
	assert_int_equal(one(r, "file", "<filepath>/l</filepath>", "<type>symbolic link</type>",
			     "only_one_exists")
				 .result,
			 SW_OVAL_TRUE);
	assert_int_equal(one(r, "file", "<path>/</path><filename xsi:nil='true'/>",
			     "<type>directory</type><path>/</path>", "only_one_exists")
				 .result,
			 SW_OVAL_TRUE);
	assert_int_equal(one(r, "file", "<path>/x</path>", NULL, "none_exist").result,
			 SW_OVAL_ERROR);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_text),
		T(test_hash),
		T(test_environment),
		T(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
