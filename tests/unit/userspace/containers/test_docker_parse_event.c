/* SPDX-License-Identifier: Apache-2.0 */
/* containers/docker_parse_event: event lines as a table. */
#include "fake.h"

static struct sw_docker_event last;
static char last_text[64], last_name[64];

static void note(void *ctx, const struct sw_docker_event *e)
{
	last = *e;
	snprintf(last_text, sizeof(last_text), "%s", e->text ?: "");
	snprintf(last_name, sizeof(last_name), "%s", e->name);
	assert_string_equal(e->container_id, FAKE_ID);
}

static int parse(const char *json)
{
	memset(&last, 0, sizeof(last));
	return sw_docker_parse_event(json, strlen(json), note, NULL, NULL);
}

#define EVENT(action)                                                                              \
	"{\"Type\":\"container\",\"Action\":\"" action "\",\"Actor\":{\"ID\":\"" FAKE_ID           \
	"\",\"Attributes\":{\"name\":\"web\",\"image\":\"nginx\"}},\"time\":7,\"timeNano\":"       \
	"7000000001}"

static void test_kinds(void **state)
{
	static const struct {
		const char *json;
		int kind; /* -1: of no interest */
		const char *text;
	} cases[] = {
		{EVENT("create"), SW_DOCKER_CREATE, ""},
		{EVENT("start"), SW_DOCKER_START, ""},
		{EVENT("die"), SW_DOCKER_DIE, ""},
		{EVENT("died"), SW_DOCKER_DIE, ""},
		{EVENT("destroy"), SW_DOCKER_DESTROY, ""},
		{EVENT("exec_start: sh -c ls"), SW_DOCKER_EXEC, "sh -c ls"},
		{EVENT("exec_start:"), SW_DOCKER_EXEC, ""},
		{EVENT("exec_start: a\\nb"), SW_DOCKER_EXEC, "a\nb"},
		{EVENT("exec_create: sh"), -1, NULL},
		{EVENT("exec_die"), -1, NULL},
		{EVENT("starting"), -1, NULL},
		{EVENT("start: x"), -1, NULL},
		{EVENT(""), -1, NULL},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		int rc = parse(cases[i].json);

		if (rc != (cases[i].kind >= 0))
			fail_msg("case %zu: %d", i, rc);
		if (rc == 0)
			continue;
		assert_int_equal(last.kind, cases[i].kind);
		assert_string_equal(last_text, cases[i].text);
		assert_string_equal(last_name, "web");
		assert_int_equal(last.time_ns, 7000000001);
	}
}

static void test_of_no_interest(void **state)
{
	assert_int_equal(parse("{}"), 0);
	assert_int_equal(parse("{\"Type\":\"network\",\"Action\":\"start\"}"), 0);
	assert_int_equal(parse("{\"Type\":\"container\"}"), 0);
}

static void test_hostile(void **state)
{
	static const char *const cases[] = {
		"",
		"[]",
		"7",
		"{",
		"{\"Type\":7}",
		"{\"Type\":\"container\",\"Action\":[]}",
		"{\"Type\":\"container\",\"Action\":\"start\"}",
		"{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"x\"}}",
		"{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"" FAKE_ID
		"\",\"Attributes\":[]}}",
		"{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"" FAKE_ID
		"\"},\"timeNano\":-1}",
		"{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"" FAKE_ID
		"\"},\"time\":9223372036854775807}",
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		if (parse(cases[i]) != -EBADMSG)
			fail_msg("accepted: %s", cases[i]);
	}
}

static void test_messages(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{"{\"message\":\"a\\nb\\u001b[31m\"}", "a b [31m"},
		{"{\"message\":7}", "no reason given"},
		{"<html>", "no reason given"},
		{"[]", "no reason given"},
		{"", "no reason given"},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		char *s = sw_docker_parse_message(cases[i].json, strlen(cases[i].json));

		assert_string_equal(s, cases[i].text);
		free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_of_no_interest),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
