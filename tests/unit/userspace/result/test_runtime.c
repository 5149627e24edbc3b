/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts from evidence: each row is a chain of records and what it must lead to. */
#include "../evidence/chain_util.h"

#include "result/result.h"

#define MAX_STEPS 12

#define START "{\"calls32\":false,\"hooks\":[],\"instance\":\"i\"}"
#define WATCH(cgroup, from, ns)                                                                    \
	"{\"container\":\"c\",\"cgroup_id\":" #cgroup ",\"from\":\"" from "\","                    \
	"\"from_boot_ns\":" #ns ",\"from_wall_ns\":" #ns ",\"baseline_digest\":\"b\"}"
#define SWEEP "{\"container\":\"c\",\"phase\":\"start\",\"complete\":true}"
#define END(cgroup, gone, ns)                                                                      \
	"{\"container\":\"c\",\"cgroup_id\":" #cgroup ",\"ended\":" #gone ",\"to_boot_ns\":" #ns "}"
#define HOOK(cls)                                                                                  \
	"{\"calls32\":false,\"hooks\":[{\"hook\":\"tp_btf/x\",\"class\":\"" cls                    \
	"\",\"required\":true,"                                                                    \
	"\"attached\":false}]}"

#define HOOKED(name, cls)                                                                          \
	"{\"back_end\":\"lsm\",\"hooks\":[{\"hook\":\"" name "\",\"class\":\"" cls "\","           \
	"\"required\":true,\"attached\":true}]}"

#define ENFORCING                                                                                  \
	"{\"calls32\":false,\"hooks\":[],\"instance\":\"i\","                                      \
	"\"enforce\":[\"xccdf_io.stigwatch_rule_no-shell\"]}"
#define WATCHING_FOR(rule)                                                                         \
	"{\"calls32\":false,\"hooks\":[],\"instance\":\"i\",\"rules\":[\"xccdf_io.stigwatch_"      \
	"rule_" rule "\"]}"
#define SHELL(more)                                                                                \
	"{\"container\":\"c\",\"fact\":{\"type\":\"exec\",\"entities\":[[\"class\",\"shell\"]"     \
	"," more "[\"path\",\"/bin/x\"]]}}"
#define PREVENTED "[\"outcome\",\"prevented\"],"

struct step {
	const char *type, *body;
};

static const struct {
	const char *name;
	struct step steps[MAX_STEPS];
	enum sw_window window;
	const char *rule;
	enum sw_verdict verdict;
	const char *says;
} rows[] = {
	{"one whole life",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_PASS,
	 "watched without a hole"},
	{"an attempt that was prevented is one",
	 {{"start", ENFORCING},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"event", SHELL(PREVENTED)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_FAIL,
	 "1 violation, 1 prevented. "},
	{"prevented, only seen, and counted without a record",
	 {{"start", ENFORCING},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"event", SHELL(PREVENTED)},
	  {"event", SHELL("")},
	  {"event", SHELL("")},
	  {"event", SHELL("[\"origin\",\"ledger\"],")},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_FAIL,
	 "4 violations, 1 prevented, 2 only seen, 1 counted. "},
	{"the next process enforces nothing",
	 {{"start", ENFORCING},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"resume", START},
	  {"event", SHELL("")},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_FAIL,
	 "1 violation. "},
	{"a rule that is watched for, of those that are not all",
	 {{"start", WATCHING_FOR("no-shell")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_PASS,
	 "watched without a hole"},
	{"a rule that is not watched for is not selected, whatever was recorded",
	 {{"start", WATCHING_FOR("no-entry")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"event", SHELL("")},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_NOTSELECTED,
	 "told to watch for other rules"},
	{"the next process watches for it no more: no pass",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"resume", WATCHING_FOR("no-entry")},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_UNKNOWN,
	 "not every monitor watched for this rule"},
	{"the process before did not watch for it: no pass",
	 {{"start", WATCHING_FOR("no-entry")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"resume", START},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_UNKNOWN,
	 "not every monitor watched for this rule"},
	{"watched for in one life of two: no pass",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"},
	  {"start", WATCHING_FOR("no-entry")},
	  {"watch", WATCH(8, "first-instruction", 20)},
	  {"end", END(8, true, 30)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_UNKNOWN,
	 "nobody watched for this rule"},
	{"its hooks were not asked for while nobody watched for it: unknown, not refused",
	 {{"start", "{\"calls32\":false,\"hooks\":[{\"hook\":\"tp_btf/x\",\"class\":\"exec\","
		    "\"required\":true,\"attached\":false}],"
		    "\"rules\":[\"xccdf_io.stigwatch_rule_no-entry\"]}"},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"},
	  {"start", START},
	  {"watch", WATCH(8, "first-instruction", 20)},
	  {"end", END(8, true, 30)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_UNKNOWN,
	 "nobody watched for this rule"},
	{"what was seen while it was watched for stays a violation",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"event", SHELL("")},
	  {"resume", WATCHING_FOR("no-entry")},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_FAIL,
	 "1 violation. "},
	{"nobody wanted to prevent it",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"event", SHELL("")},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_FAIL,
	 "1 violation. "},
	{"started again under the same session",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"watch", WATCH(8, "first-instruction", 20)},
	  {"end", END(8, true, 30)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_PASS,
	 "watched without a hole"},
	{"its next life is on record before the last one's end",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"watch", WATCH(8, "first-instruction", 20)},
	  {"end", END(7, true, 19)},
	  {"end", END(8, true, 30)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_PASS,
	 "watched without a hole"},
	{"the monitor stopped, the container ran on and was started again under the next monitor",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, false, 9)},
	  {"stop", "{}"},
	  {"start", START},
	  {"watch", WATCH(8, "first-instruction", 20)},
	  {"end", END(8, true, 30)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_UNKNOWN,
	 "it was not watched"},
	{"between two monitors it may have had a life of its own",
	 {{"start", START},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"},
	  {"start", START},
	  {"watch", WATCH(8, "first-instruction", 20)},
	  {"end", END(8, true, 30)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_UNKNOWN,
	 "whether it ran is not known"},
	{"observed: what lies between two sweeps' lives was not observed",
	 {{"start", START},
	  {"watch", WATCH(7, "late", 1)},
	  {"sweep", SWEEP},
	  {"end", END(7, false, 9)},
	  {"stop", "{}"},
	  {"start", START},
	  {"watch", WATCH(7, "late", 20)},
	  {"sweep", SWEEP},
	  {"end", END(7, false, 30)},
	  {"stop", "{}"}},
	 SW_WINDOW_OBSERVED,
	 "no-shell",
	 SW_VERDICT_UNKNOWN,
	 "it was not watched"},
	{"observed: one life from its sweep on",
	 {{"start", START},
	  {"watch", WATCH(7, "late", 1)},
	  {"sweep", SWEEP},
	  {"end", END(7, false, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_OBSERVED,
	 "no-shell",
	 SW_VERDICT_PASS,
	 "after a complete start-up sweep"},
	{"security hooks for code say nothing of 32-bit calls that inject",
	 {{"start", HOOKED("lsm/mmap_file", "code")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-injection",
	 SW_VERDICT_UNKNOWN,
	 "32-bit system calls made by 64-bit programs were not watched for"},
	{"the function that a call comes to is watched: no call is unseen",
	 {{"start", HOOKED("fexit/__x64_sys_ptrace", "injection")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-injection",
	 SW_VERDICT_PASS,
	 "$events seen."},
	{"such a function says nothing of another class",
	 {{"start", HOOKED("fexit/__x64_sys_ptrace", "injection")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-mount",
	 SW_VERDICT_UNKNOWN,
	 "32-bit system calls made by 64-bit programs were not watched for"},
	{"a hook on system calls does not see 32-bit ones",
	 {{"start", HOOKED("sys_exit/ptrace", "injection")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-injection",
	 SW_VERDICT_UNKNOWN,
	 "32-bit system calls made by 64-bit programs were not watched for"},
	{"32-bit calls are noticed",
	 {{"start", HOOKED("tp_btf/sys_exit", "compat")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-injection",
	 SW_VERDICT_PASS,
	 "$events seen."},
	{"a required hook of its class is missing",
	 {{"start", HOOK("exec")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_NOTCHECKED,
	 "tp_btf/x"},
	{"a required hook of another class is missing",
	 {{"start", HOOK("namespace")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_PASS,
	 "watched without a hole"},
	{"a required hook of a class that we do not know is missing",
	 {{"start", HOOK("of-tomorrow")},
	  {"watch", WATCH(7, "first-instruction", 1)},
	  {"end", END(7, true, 9)},
	  {"stop", "{}"}},
	 SW_WINDOW_LIFE,
	 "no-shell",
	 SW_VERDICT_NOTCHECKED,
	 "tp_btf/x"},
};

static void append(struct sw_evidence *e, const char *type, const char *body)
{
	struct json_object *o = json_tokener_parse(body);
	struct sw_error err = {0};

	assert_non_null(o);
	assert_int_equal(sw_evidence_append(e, type, o, &err), 0);
	json_object_put(o);
}

static void check(const char *dir, enum sw_window window, const char *rule, enum sw_verdict verdict,
		  const char *says)
{
	struct sw_runtime_options opts = {.window = window};
	struct sw_runtime *rt = NULL;
	struct sw_error err = {0};
	char id[128];

	assert_int_equal(sw_runtime_judge(dir, &opts, &rt, &err), 0);
	snprintf(id, sizeof(id), "xccdf_io.stigwatch_rule_%s", rule);
	const struct sw_rule_result *rr = sw_result_find(rt->result, id);

	assert_non_null(rr);
	assert_string_equal(sw_verdict_str(rr->verdict), sw_verdict_str(verdict));
	if (says[0] == '$') /* nothing behind it */
		assert_string_equal(strstr(rr->message, says + 1), says + 1);
	else
		assert_non_null(strstr(rr->message, says));
	sw_runtime_free(rt);
}

static void test_rows(void **state)
{
	const struct dir *d = *state;

	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++) {
		struct sw_evidence *e = NULL;
		struct sw_error err = {0};
		int64_t tick = 0;

		print_message("# %s\n", rows[i].name);
		assert_int_equal(sw_evidence_open(d->path, fixed_clock, &tick, &e, &err), 0);
		for (const struct step *s = rows[i].steps; s->type; s++)
			append(e, s->type, s->body);
		sw_evidence_close(e);
		check(d->path, rows[i].window, rows[i].rule, rows[i].verdict, rows[i].says);
		dir_empty(d->path);
	}
}

/* A flood of holes of one class must not hide the one of another that comes after it. */
static void test_many_holes(void **state)
{
	const struct dir *d = *state;
	struct sw_evidence *e = NULL;
	struct sw_error err = {0};
	int64_t tick = 0;

	assert_int_equal(sw_evidence_open(d->path, fixed_clock, &tick, &e, &err), 0);
	append(e, "start", START);
	append(e, "watch", WATCH(7, "first-instruction", 1));
	for (int i = 0; i < 10500; i++)
		append(e, "hole", "{\"container\":\"c\",\"classes\":[\"file\"],\"reason\":\"f\"}");
	append(e, "end", END(7, true, 9));
	append(e, "stop", "{}");
	sw_evidence_close(e);
	check(d->path, SW_WINDOW_LIFE, "no-shell", SW_VERDICT_PASS, "watched without a hole");
	check(d->path, SW_WINDOW_LIFE, "immutable-files", SW_VERDICT_UNKNOWN, "more holes");

	assert_int_equal(sw_evidence_open(d->path, fixed_clock, &tick, &e, &err), 0);
	append(e, "hole", "{\"container\":\"c\",\"classes\":[\"exec\"],\"reason\":\"e\"}");
	sw_evidence_close(e);
	check(d->path, SW_WINDOW_LIFE, "no-shell", SW_VERDICT_UNKNOWN, "Coverage has a hole");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_many_holes, dir_setup, dir_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
