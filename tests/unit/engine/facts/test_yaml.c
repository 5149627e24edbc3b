/* SPDX-License-Identifier: Apache-2.0 */
/* Paths into YAML and the records that come of them: a table of documents, paths and records. Where
 * a row does not say otherwise, OpenSCAP 1.3.7 gave the same. */
#include "facts/yaml_record.h"
#include "unit/engine/oval/oval_doc.h"

#define TREE                                                                                       \
	"{first: {'Map': {1: '1'}, 'Nop': 0, 'Yep': '1', 'Arr': [[11, 12], 2, ['31', '32'], [4, "  \
	"5, 6], {'k': 'val', 0: 0}]}, second: [{'abc': &anc [1, 2], 'def': [11, 22], 'n': 2, "     \
	"'q': 'Q'}, {'abc': [3, 4], 'def': {'z': '!'}, 'n': 4}]}"
#define SHAPES                                                                                     \
	"a: {x: [1, [2]], y: 2}\nb: [{x: 1}, {x: 2, y: [3, 4]}]\nc: [1, [2, [3]]]\nd: {x: [], y: " \
	"{}}\ne: []\nf: {}\ng: [{a: [[1]]}]\nh: [[{a: 1}]]\ni: [{a: {b: 1}}]\nj: {k: 1, k: 2}\n"   \
	"l: [[], [1]]\nm: [1, {k: v}]\nn: [{}, {k: v}]\n"
#define KEYS "a.b: 1\n'k]': 2\n\"it's\": 3\n$x: 5\nx: [7]\n"

static const struct {
	const char *yaml, *path, *records; /* NULL: refused */
} rows[] = {
	{TREE, "$.first.Map", "[1=1]"},
	{TREE, ".first", NULL},
	{TREE, "first.Nop", "[#=0]"},
	{TREE, ".first.Arr[0]", "[#=11 #=12]"},
	{TREE, ".first.Arr[1]", "[#=2]"},
	{TREE, ".first.Arr[2][0]", "[#=31]"},
	{TREE, ".first.Arr[3][:]", "[#=4 #=5 #=6]"},
	{TREE, ".first.Arr[3][1,2]", "[#=5 #=6]"},
	{TREE, ".first.Arr[:][:]", "[#=11 #=12][#=31 #=32][#=4 #=5 #=6]"},
	{TREE, ".first.Arr[:][0]", "[#=11 #=31 #=4]"},
	{TREE, ".first.Arr[4].k", "[#=val]"},
	{TREE, ".first.Arr[:].k", "[#=val]"},
	{TREE, ".first.Arr[:2]", NULL},
	{TREE, ".first['Nop','Yep']", "[^nop=0 ^yep=1]"},
	{TREE, ".first[\"Nop\"]", "[#=0]"},
	{TREE, ".first.*", NULL},
	{TREE, ".second[2].abc", ""},
	{TREE, ".second[:].abc", "[#=1 #=2][#=3 #=4]"},
	{TREE, ".second[:].n", "[#=2 #=4]"},
	{TREE, ".second[0]['abc','def'][0]", "[abc=1 def=11]"},
	{TREE, ".second[:]['abc','q']", "[abc=1 abc=2 q=Q][abc=3 abc=4]"},
	{TREE, ".second[*]", ""},
	{TREE, "&anc", "[#=1 #=2]"},
	{TREE, "&anc[0]", "[#=1]"},
	{TREE, "&none", ""},
	/* not as OpenSCAP, which loses the scalar before a sequence: [#=11 #=12][#=31 #=32]... */
	{TREE, ".first.Arr", "[#=11 #=12][#=2][#=31 #=32][#=4 #=5 #=6][k=val 0=0]"},
	/* not as OpenSCAP, which takes the key without a value for the value of the other one */
	{TREE, ".second[:]['abc','def'].z", "[def=!]"},
	{SHAPES, ".a", NULL},
	{SHAPES, ".b", "[x=1][x=2 y=3 y=4]"},
	{SHAPES, ".b[:].x", "[#=1 #=2]"},
	{SHAPES, ".b[0,1].y", "[#=3 #=4]"},
	{SHAPES, ".c", NULL},
	{SHAPES, ".d", NULL},
	{SHAPES, ".d.x", ""},
	{SHAPES, ".e", ""},
	{SHAPES, ".f", ""},
	{SHAPES, ".g", NULL},
	{SHAPES, ".h", NULL},
	{SHAPES, ".i", NULL},
	{SHAPES, ".j", "[k=1 k=2]"},
	{SHAPES, ".j.k", "[#=1 #=2]"},
	{SHAPES, ".l", "[#=1]"},
	{SHAPES, ".m", NULL},
	{SHAPES, ".n", "[k=v]"},
	/* scalars and their types */
	{"a: 1.5", ".a", "[#=1.500000]"},
	{"a: 1e3", ".a", "[#=1000.000000]"},
	{"a: 2.", ".a", "[#=2.000000]"},
	{"a: .", ".a", "[#=.]"},
	{"a: 1e", ".a", "[#=1e]"},
	{"a: -.inf", ".a", "[#=-inf]"},
	{"a: .NaN", ".a", "[#=nan]"},
	{"a: TRUE", ".a", "[#=true]"},
	{"a: yes", ".a", "[#=yes]"},
	{"a: 0x1F", ".a", "[#=31]"},
	{"a: 0o17", ".a", "[#=15]"},
	{"a: 010", ".a", "[#=10]"},
	{"a: +3", ".a", "[#=3]"},
	{"a: 1.2.3", ".a", "[#=1.2.3]"},
	{"a: ~", ".a", "[#=(null)]"},
	{"a:", ".a", "[#=(null)]"},
	{"a: ''", ".a", "[#=]"},
	{"a: \"1\"", ".a", "[#=1]"},
	{"a: !!str 5.0", ".a", "[#=5.0]"},
	{"a: !!float 2", ".a", "[#=2.000000]"},
	{"a: !!int x", ".a", NULL},
	{"a: |\n  line\n  two\n", ".a", "[#=line\ntwo\n]"},
	{"aB^c: 3", ".aB^c", "[#=3]"},
	{"aB^c: 3", "$", "[a^b^^c=3]"},
	/* not as OpenSCAP: 1215752191 */
	{"a: 99999999999", ".a", "[#=99999999999]"},
	/* documents */
	{"--- {a: 1}\n--- {a: 2}\n", ".a", "[#=1 #=2]"},
	{"--- 1\n--- {a: 2}\n", "$", NULL},
	{"", "$", ""},
	{"a: [1\n", ".b", NULL},
	/* not as OpenSCAP, which knows no alias */
	{"a: &A {x: 1}\nb: *A\n", ".b.x", "[#=1]"},
	{"b: &A v\na: {x: *A, y: 2}\n", ".a", "[x=v y=2]"},
	/* not as OpenSCAP, which crashes */
	{"? [q, r]\n: s\na: 1\n", ".a", "[#=1]"},
	{"a: *none\n", ".a", ""},
	{"a: &A [*A]\n", ".a[:][:][:]", NULL},
	{"a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
	 "c: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\n"
	 "e: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\n"
	 "g: &g [*f, *f, *f, *f, *f, *f, *f, *f]\n",
	 ".g[:][:][:][:][:][:][9]", NULL},
	/* the grammar */
	{KEYS, "['a.b']", "[#=1]"},
	{KEYS, "$['k]']", "[#=2]"},
	{KEYS, "[\"it's\"]", "[#=3]"},
	{KEYS, ".$x", NULL},
	{KEYS, "['$x']", "[#=5]"},
	{KEYS, "['k]',\"a.b\"]", "[a.b=1 k]=2]"},
	{KEYS, ".a.b", ""},
	{KEYS, "[0]", ""},
	{KEYS, "x[00]", "[#=7]"},
	{KEYS, "", NULL},
	{KEYS, "$.", NULL},
	{KEYS, ".x..y", NULL},
	{KEYS, "x[", NULL},
	{KEYS, "x[a]", NULL},
	{KEYS, "x[-1]", NULL},
	{KEYS, "x[0,]", NULL},
	{KEYS, "x[:", NULL},
	{KEYS, "x[:,0]", NULL},
	{KEYS, "x['']", NULL},
	{KEYS, "['a.b' ]", NULL},
	{KEYS, "['a.b'", NULL},
	{KEYS, "&", NULL},
	/* not as OpenSCAP, which passes over what it does not know */
	{KEYS, "$x", NULL},
	{KEYS, "x[0]y", NULL},
	{KEYS, "x[]", NULL},
};

static void render(const struct yaml_records *r, char *to, size_t size)
{
	size_t at = 0;

	to[0] = '\0';
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->items[i].n; k++)
			at += (size_t)snprintf(to + at, size - at, "%s%s=%s%s", k ? " " : "[",
					       r->items[i].fields[k].name,
					       r->items[i].fields[k].value,
					       k + 1 == r->items[i].n ? "]" : "");
}

static void test_rows(void **state)
{
	alarm(30);
	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++) {
		struct yaml_records records = {0};
		struct yaml_path *path = NULL;
		struct sw_yaml yaml = {0};
		struct sw_error err = {0};
		char got[512] = "refused";
		int rc = yaml_path_parse(rows[i].path, &path, &err);

		if (rc == 0)
			rc = sw_yaml_parse(rows[i].yaml, strlen(rows[i].yaml), &yaml, &err);
		if (rc == 0)
			rc = yaml_records_make(&yaml, path, &records, &err);
		if (rc == 0)
			render(&records, got, sizeof(got));
		if (strcmp(got, rows[i].records ? rows[i].records : "refused"))
			fail_msg("%s %s gives %s (%s), not %s", rows[i].yaml, rows[i].path, got,
				 err.text, rows[i].records ? rows[i].records : "refused");
		yaml_records_release(&records);
		sw_yaml_release(&yaml);
		yaml_path_free(path);
	}
	alarm(0);
}

/* States over records: existence and result of the test. */
#define OBJECT(path)                                                                               \
	"<yamlfilecontent_object " IND " id='o' version='1'><filepath>/f.yaml</filepath>"          \
	"<yamlpath>" path "</yamlpath></yamlfilecontent_object>"
#define FIELD(attrs, value)                                                                        \
	"<f:field xmlns:f='http://oval.mitre.org/XMLSchema/oval-definitions-5' " attrs ">" value   \
	"</f:field>"
#define RECORD(fields) "<value datatype='record'>" fields "</value>"

static const struct {
	const char *path, *state;
	enum sw_oval_result result;
} states[] = {
	{".m", RECORD(FIELD("name='a'", "1")), SW_OVAL_TRUE},
	{".m", RECORD(FIELD("name='a'", "2")), SW_OVAL_FALSE},
	{".m", RECORD(FIELD("name='a'", "1") FIELD("name='b'", "two")), SW_OVAL_TRUE},
	{".m", RECORD(FIELD("name='a'", "1") FIELD("name='b'", "x")), SW_OVAL_FALSE},
	{".m", RECORD(FIELD("name='none'", "1")), SW_OVAL_ERROR},
	{".m", RECORD(FIELD("name='none'", "1") FIELD("name='a'", "2")), SW_OVAL_FALSE},
	{".m", RECORD(FIELD("name='l'", "3")), SW_OVAL_FALSE},
	{".m", RECORD(FIELD("name='l' entity_check='at least one'", "3")), SW_OVAL_TRUE},
	{".m", RECORD(FIELD("name='l' entity_check='none satisfy'", "5")), SW_OVAL_TRUE},
	{".m", RECORD(FIELD("name='l' entity_check='only one'", "4")), SW_OVAL_TRUE},
	{".m", RECORD(FIELD("name='a' datatype='int' operation='greater than'", "0")),
	 SW_OVAL_TRUE},
	{".m", RECORD(FIELD("name='b' operation='pattern match'", "^t")), SW_OVAL_TRUE},
	{".m", RECORD(FIELD("name='b' var_ref='v'", "")), SW_OVAL_TRUE},
	{".m", "<value>1</value>", SW_OVAL_FALSE},
	{".s",
	 "<value datatype='record' entity_check='at least one'>" FIELD("name='k'", "v1") "</value>",
	 SW_OVAL_TRUE},
	{".s", RECORD(FIELD("name='k'", "v1")), SW_OVAL_FALSE},
	{".s", "<value datatype='record' operation='not equal'>" FIELD("name='k'", "v1") "</value>",
	 SW_OVAL_ERROR},
	{".m", "<yamlpath>.m</yamlpath><filename>f.yaml</filename><path>/</path>", SW_OVAL_TRUE},
	{".none", RECORD(FIELD("name='k'", "v1")), SW_OVAL_FALSE},
	{".[", RECORD(FIELD("name='k'", "v1")), SW_OVAL_ERROR},
};

static void test_states(void **state)
{
	struct root *r = *state;

	root_puts(r, "/f.yaml", "m: {a: 1, b: two, l: [3, 4]}\ns: [{k: v1}, {k: v2}]\n");
	for (size_t i = 0; i < SW_ARRAY_LEN(states); i++) {
		char object[1024], text[1024];
		const struct sections s = {
			.definitions = ONE_TEST("d", "t"),
			.tests = TEST(IND, "yamlfilecontent", "t", "at_least_one_exists", "o",
				      "<state state_ref='s'/>"),
			.objects = object,
			.states = text,
			.variables = "<constant_variable id='v' version='1' datatype='string' "
				     "comment='c'><value>two</value></constant_variable>",
		};
		struct answer a;

		snprintf(object, sizeof(object), OBJECT("%s"), states[i].path);
		snprintf(text, sizeof(text),
			 "<yamlfilecontent_state " IND " id='s' version='1'>%s"
			 "</yamlfilecontent_state>",
			 states[i].state);
		a = doc_eval(r, &s, "d");
		if (a.result != states[i].result)
			fail_msg("%s %s is %s: %s", states[i].path, states[i].state,
				 sw_oval_result_str(a.result), a.message);
	}
}

/* Records go through sets, and into variables by record_field. */
static void test_sets_and_variables(void **state)
{
	struct root *r = *state;
	const struct sections s = {
		.definitions = ONE_TEST("set", "t1") ONE_TEST("var", "t2") ONE_TEST("bad", "t3"),
		.tests = TEST(IND, "yamlfilecontent", "t1", "only_one_exists", "u",
			      "<state state_ref='s'/>")
			TEST(IND, "variable", "t2", "at_least_one_exists", "ov",
			     "<state state_ref='sv'/>")
				TEST(IND, "variable", "t3", "at_least_one_exists", "ob",
				     "<state state_ref='sv'/>"),
		.objects = OBJECT(".m") "<yamlfilecontent_object " IND
					" id='u' version='1'><set xmlns='http://oval.mitre.org/"
					"XMLSchema/oval-definitions-5'><object_reference>o</"
					"object_reference><object_reference>o</object_reference>"
					"</set></yamlfilecontent_object>"
					"<variable_object " IND " id='ov' version='1'><var_ref>v"
					"</var_ref></variable_object><variable_object " IND
					" id='ob' version='1'><var_ref>w</var_ref>"
					"</variable_object>",
		.states = "<yamlfilecontent_state " IND
			  " id='s' version='1'>" RECORD(FIELD("name='a'", "1") FIELD(
				  "name='l' entity_check='only one'",
				  "4")) "</yamlfilecontent_state><variable_state " IND
					" id='sv' version='1'><value>two</value></variable_state>",
		.variables = "<local_variable id='v' version='1' datatype='string' comment='c'>"
			     "<object_component object_ref='o' item_field='value' "
			     "record_field='b'/></local_variable><local_variable id='w' "
			     "version='1' datatype='string' comment='c'><object_component "
			     "object_ref='o' item_field='value' record_field='none'/>"
			     "</local_variable>",
	};

	root_puts(r, "/f.yaml", "m: {a: 1, b: two, l: [3, 4]}\n");
	assert_int_equal(doc_eval(r, &s, "set").result, SW_OVAL_TRUE);
	assert_int_equal(doc_eval(r, &s, "var").result, SW_OVAL_TRUE);
	assert_int_equal(doc_eval(r, &s, "bad").result, SW_OVAL_ERROR);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		T(test_states),
		T(test_sets_and_variables),
	};

	root_unused();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
