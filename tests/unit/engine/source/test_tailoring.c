/* SPDX-License-Identifier: Apache-2.0 */
/* Where a tailoring comes from, and which profile a name means with one. */
#include "stigwatch/engine.h"
#include "unit/engine/unit.h"

#define NS "xmlns='http://checklists.nist.gov/xccdf/1.2'"
#define BENCHMARK                                                                                  \
	"<Benchmark " NS " id='b'><Profile id='p_one'/><Profile id='p_two' extends='p_one'/>"      \
	"<Profile id='p_abstract' abstract='true'/><Rule id='r'/></Benchmark>"
#define TAILORING                                                                                  \
	"<Tailoring " NS                                                                           \
	" id='t'><Profile id='p_one' extends='p_one'/><Profile id='p_own'/><Profile id='q_two'/>"  \
	"</Tailoring>"
#define STREAM                                                                                     \
	"<ds:data-stream-collection xmlns:ds='http://scap.nist.gov/schema/scap/source/1.2' "       \
	"xmlns:xlink='http://www.w3.org/1999/xlink' id='c'><ds:data-stream id='s'><ds:checklists>" \
	"<ds:component-ref id='rb' xlink:href='#cb'/><ds:component-ref id='rt' xlink:href='#ct'/>" \
	"</ds:checklists></ds:data-stream><ds:component id='cb'>" BENCHMARK "</ds:component>"      \
	"<ds:component id='ct'>" TAILORING "</ds:component></ds:data-stream-collection>"

static struct sw_document document(const char *name, const char *text)
{
	return (struct sw_document){.name = name, .data = text, .len = strlen(text)};
}

static int load(const char *text, const struct sw_content_options *opts,
		struct sw_content **ret_content, struct sw_error *err)
{
	struct sw_document doc = document("b.xml", text);

	return sw_content_load_mem(&doc, 1, opts, ret_content, err);
}

static void test_sources(void **state)
{
	const struct sw_document good = document("t.xml", TAILORING);
	const struct sw_document bad = document("t.xml", BENCHMARK);
	const struct sw_document broken = document("t.xml", "<Tailoring>");
	const struct {
		const char *text;
		struct sw_content_options opts;
		int rc;
		const char *says; /* in the message, or the profile that "own" means */
	} cases[] = {
		{BENCHMARK, {.tailoring = &good}, 0, "p_own"},
		{STREAM, {.tailoring = &good}, 0, "p_own"},
		{STREAM, {.tailoring_id = "rt"}, 0, "p_own"},
		{BENCHMARK, {.tailoring = &bad}, -EINVAL, "t.xml: not an XCCDF 1.2 Tailoring"},
		{BENCHMARK, {.tailoring = &broken}, -EINVAL, "t.xml:1:"},
		{BENCHMARK, {.tailoring_path = "/nonexistent"}, -ENOENT, "/nonexistent: No such"},
		{STREAM, {.tailoring_id = "ct"}, -ENOENT, "no tailoring component \"ct\"; has: rt"},
		{STREAM, {.tailoring_id = "rb"}, -EINVAL, "rb: not an XCCDF 1.2 Tailoring"},
		{BENCHMARK, {.tailoring_id = "rt"}, -ENOENT, "has: none"},
		{STREAM,
		 {.tailoring_id = "rt", .tailoring = &good},
		 -EINVAL,
		 "a tailoring file and a tailoring id"},
	};
	struct sw_content *c;
	struct sw_error err;
	const char *id;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		err = (struct sw_error){};
		c = NULL;
		if (load(cases[i].text, &cases[i].opts, &c, &err) != cases[i].rc)
			fail_msg("case %zu: %s", i, err.text);
		if (cases[i].rc < 0) {
			if (!strstr(err.text, cases[i].says))
				fail_msg("case %zu: %s", i, err.text);
			continue;
		}
		assert_int_equal(sw_content_resolve_profile(c, "own", &id, &err), 0);
		assert_string_equal(id, cases[i].says);
		sw_content_free(c);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *wanted, *id; /* NULL: refused */
	} cases[] = {
		{"p_one", "p_one"}, {"one", "p_one"},	  {"p_two", "p_two"}, {"(all)", "(all)"},
		{"two", NULL},	    {"p_abstract", NULL}, {"", NULL},	      {"x", NULL},
	};
	const struct sw_document tailoring = document("t.xml", TAILORING);
	_cleanup_(sw_content_freep) struct sw_content *c = NULL;
	struct sw_error err = {};
	const char *id;
	size_t i;

	assert_int_equal(
		load(BENCHMARK, &(struct sw_content_options){.tailoring = &tailoring}, &c, &err),
		0);
	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		id = NULL;
		if ((sw_content_resolve_profile(c, cases[i].wanted, &id, &err) == 0) !=
		    (cases[i].id != NULL))
			fail_msg("%s", cases[i].wanted);
		if (cases[i].id)
			assert_string_equal(id, cases[i].id);
	}
	assert_non_null(strstr(err.text, "has: p_one p_own q_two p_one p_two, (all)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
