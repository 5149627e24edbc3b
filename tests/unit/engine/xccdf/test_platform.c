/* SPDX-License-Identifier: Apache-2.0 */
/* CPE platforms: by dictionary with an OVAL check, by platform-specification, inherited from Groups
 * and the benchmark. */
#include <sys/stat.h>

#include "stigwatch/target.h"
#include "unit/engine/unit.h"
#include "xccdf/xccdf.h"

#define OVAL_HEAD                                                                                  \
	"<oval_definitions xmlns='http://oval.mitre.org/XMLSchema/oval-definitions-5' "            \
	"xmlns:unix='http://oval.mitre.org/XMLSchema/oval-definitions-5#unix'><definitions>"

#define INVENTORY(n)                                                                               \
	"<definition class='inventory' id='oval:t:def:" n                                          \
	"' version='1'><metadata><title>t</title>"                                                 \
	"<description>d</description></metadata><criteria><criterion test_ref='oval:t:tst:" n      \
	"'/>"                                                                                      \
	"</criteria></definition>"
#define TEST(n)                                                                                    \
	"<unix:file_test check='all' check_existence='at_least_one_exists' comment='c' "           \
	"id='oval:t:tst:" n "' version='1'><unix:object object_ref='oval:t:obj:" n                 \
	"'/></unix:file_test>"
#define OBJECT(n, path)                                                                            \
	"<unix:file_object id='oval:t:obj:" n "' version='1'><unix:filepath>" path                 \
	"</unix:filepath></unix:file_object>"
#define OVAL                                                                                       \
	OVAL_HEAD INVENTORY("1") INVENTORY("2") "</definitions><tests>" TEST("1")                  \
		TEST("2") "</tests><objects>" OBJECT("1", "/etc/here")                             \
			OBJECT("2", "/etc/gone") "</objects></oval_definitions>"
#define CPE(name, n)                                                                               \
	"<cpe-item name='" name                                                                    \
	"'><check system='http://oval.mitre.org/XMLSchema/oval-definitions-5' "                    \
	"href='cpe-oval.xml'>oval:t:def:" n "</check></cpe-item>"
#define RULE(id, platform) "<Rule id='" id "'>" platform "</Rule>"
#define ON(cpe) "<platform idref='" cpe "'/>"

/* %s: a platform of the benchmark itself, or nothing. */
static const char stream[] =
	"<ds:data-stream-collection xmlns:ds='http://scap.nist.gov/schema/scap/source/1.2' "
	"xmlns:xlink='http://www.w3.org/1999/xlink' "
	"xmlns:cat='urn:oasis:names:tc:entity:xmlns:xml:catalog' id='c'>"
	"<ds:data-stream id='s'><ds:dictionaries><ds:component-ref id='rd' "
	"xlink:href='#dict'><cat:catalog>"
	"<cat:uri name='cpe-oval.xml' "
	"uri='#ro'/></cat:catalog></ds:component-ref></ds:dictionaries>"
	"<ds:checklists><ds:component-ref id='rx' xlink:href='#xccdf'/></ds:checklists>"
	"<ds:checks><ds:component-ref id='ro' xlink:href='#oval'/></ds:checks></ds:data-stream>"
	"<ds:component id='xccdf'><Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' id='b'>"
	"<l:platform-specification xmlns:l='http://cpe.mitre.org/language/2.0'>"
	"<l:platform id='both'><l:logical-test operator='AND' negate='false'><l:fact-ref "
	"name='cpe:/o:t:here'/>"
	"<l:fact-ref name='cpe:/o:t:gone'/></l:logical-test></l:platform>"
	"<l:platform id='not-gone'><l:logical-test operator='OR' negate='true'><l:fact-ref "
	"name='cpe:/o:t:gone'/>"
	"</l:logical-test></l:platform></l:platform-specification>%s"
	"<Group id='g1'>" RULE("none", "") RULE("here", ON("cpe:/o:t:here")) RULE(
		"gone",
		ON("cpe:/o:t:gone")) RULE("either",
					  ON("cpe:/o:t:gone") ON(
						  "cpe:/o:t:here")) RULE("undefined",
									 ON("cpe:/o:t:undefined"))
		RULE("both", ON("#both")) RULE("not-gone", ON("#not-gone")) RULE(
			"no-such",
			ON("#no-such")) "</Group>"
					"<Group id='g2'>" ON("cpe:/o:t:gone") RULE("in-gone", "")
						RULE("in-gone-here",
						     ON("cpe:/o:t:here")) "</Group>"
									  "</Benchmark></"
									  "ds:component>"
									  "<ds:component "
									  "id='dict'><cpe-list "
									  "xmlns='http://"
									  "cpe.mitre.org/"
									  "dictionary/2.0'>" CPE(
										  "cpe:/o:t:here",
										  "1")
										  CPE("cpe:/"
										      "o:t:gone",
										      "2") "</"
											   "cpe-"
											   "list></"
											   "ds:"
											   "compone"
											   "nt>"
											   "<ds:"
											   "compone"
											   "nt "
											   "id='"
											   "oval'"
											   ">" OVAL
											   "</"
											   "ds:"
											   "compone"
											   "nt></"
											   "ds:"
											   "data-"
											   "stream-"
											   "collect"
											   "ion>";

static const struct {
	const char *rule;
	bool applies;
} expected[] = {
	{"none", true},	      {"here", true},	       {"gone", false},	   {"either", true},
	{"undefined", false}, {"both", false},	       {"not-gone", true}, {"no-such", false},
	{"in-gone", false},   {"in-gone-here", false},
};

static void scan(const char *benchmark_platform, bool benchmark_applies)
{
	char dir[] = "/tmp/stigwatch-platform-XXXXXX", path[128], command[128], *text = NULL;
	struct sw_scan_options opts = {.sce = SW_SCE_OFF};
	struct sw_content *c = NULL;
	struct sw_target *t = NULL;
	struct sw_result *r = NULL;
	struct sw_document doc = {.name = "ds.xml"};
	struct sw_error err = {};
	enum sw_verdict v;
	size_t i;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/etc", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/etc/here", dir);
	fclose(fopen(path, "w"));
	assert_true(asprintf(&text, stream, benchmark_platform) > 0);
	doc.data = text;
	doc.len = strlen(text);
	if (sw_content_load_mem(&doc, 1, NULL, &c, &err) < 0 ||
	    sw_target_open_dir(dir, SW_TARGET_DIR, &t, &err) < 0 ||
	    sw_scan(c, t, &opts, &r, &err) < 0)
		fail_msg("%s", err.text);
	for (i = 0; i < SW_ARRAY_LEN(expected); i++) {
		v = expected[i].applies && benchmark_applies ? SW_VERDICT_NOTCHECKED
							     : SW_VERDICT_NOTAPPLICABLE;
		if (sw_result_find(r, expected[i].rule)->verdict != v)
			fail_msg("%s: %s", expected[i].rule,
				 sw_verdict_str(sw_result_find(r, expected[i].rule)->verdict));
	}
	assert_string_equal(sw_result_find(r, "undefined")->message,
			    benchmark_applies ? "not this platform: cpe:/o:t:undefined"
					      : "not this platform: cpe:/o:t:gone");
	sw_result_free(r);
	sw_target_free(t);
	sw_content_free(c);
	free(text);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

static void test_rules_and_groups(void **state)
{
	scan("", true);
	scan(ON("cpe:/o:t:here"), true);
}

static void test_benchmark(void **state)
{
	scan(ON("cpe:/o:t:gone"), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_and_groups),
		cmocka_unit_test(test_benchmark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
