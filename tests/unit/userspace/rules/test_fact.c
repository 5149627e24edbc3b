/* SPDX-License-Identifier: Apache-2.0 */
/* Facts survive the way through JSON, and each one violates exactly the rules it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "rules/rules.h"

#define PREFIX "xccdf_io.stigwatch_rule_"

static struct sw_event exec_event(void)
{
	struct sw_event ev = {.type = SW_EVENT_EXEC, .cls = SW_CLASS_EXEC};

	ev.object.on_root = true;
	ev.filename.trust = SW_TRUST_COPIED;
	strcpy(ev.filename.s, "/bin/x");
	memcpy(ev.args, "x\0-c\0", 5);
	ev.args_len = 5;
	return ev;
}

static void expect(struct sw_fact_buf *f, const char *rules)
{
	struct sw_content *content;
	struct sw_judge *judge;
	struct sw_judge_hit hits[8];
	struct sw_strbuf got = {0};

	assert_int_equal(sw_rules_content(&content, NULL), 0);
	assert_int_equal(sw_judge_new(content, &judge, NULL), 0);
	int n = sw_judge_feed(judge, &f->fact, hits, 8, NULL);

	assert_true(n >= 0 && n <= 8);
	for (int i = 0; i < n; i++) {
		assert_int_equal(strncmp(hits[i].rule_id, PREFIX, strlen(PREFIX)), 0);
		sw_strbuf_addf(&got, "%s%s", i ? " " : "", hits[i].rule_id + strlen(PREFIX));
		assert_int_equal(sw_judge_verdict(judge, hits[i].rule_id), SW_VERDICT_FAIL);
	}
	assert_string_equal(sw_strbuf_str(&got), rules);
	sw_strbuf_release(&got);
	sw_judge_free(judge);
	sw_content_free(content);
}

static const struct {
	uint32_t bits;
	enum sw_baseline_state state;
	const char *rules;
} execs[] = {
	{SW_OBJ_EXECUTABLE, SW_STATE_MATCH, ""},
	{SW_OBJ_EXECUTABLE, SW_STATE_UNVERIFIED, ""},
	{SW_OBJ_EXECUTABLE | SW_OBJ_SHELL, SW_STATE_MATCH, "no-shell"},
	{SW_OBJ_PACKAGE_MANAGER, SW_STATE_MATCH, "no-package-manager"},
	{SW_OBJ_EXECUTABLE, SW_STATE_MODIFIED, "no-drift-exec"},
	{0, SW_STATE_ABSENT, "no-drift-exec"},
	{SW_OBJ_SHELL, SW_STATE_ABSENT, "no-shell no-drift-exec"},
	{SW_OBJ_MULTICALL | SW_OBJ_EXECUTABLE, SW_STATE_MATCH, ""},
};

static void test_exec(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(execs); i++) {
		struct sw_event ev = exec_event();
		struct sw_judged_object obj = {.state = execs[i].state,
					       .class_bits = execs[i].bits,
					       .path = "/bin/x",
					       .origin = "event"};
		struct sw_fact_buf f;

		sw_fact_from_event(&ev, &obj, &f);
		assert_string_equal(sw_fact_get(&f, "argv"), "x -c");
		assert_string_equal(sw_fact_get(&f, "location"), "image");
		expect(&f, execs[i].rules);
	}
}

static const struct {
	uint32_t bits;
	enum sw_effect effect;
	const char *rules;
} files[] = {
	{SW_OBJ_EXECUTABLE, SW_EFFECT_UNCHANGED, ""},
	{SW_OBJ_EXECUTABLE, SW_EFFECT_TAINTED, ""},
	{SW_OBJ_EXECUTABLE, SW_EFFECT_CHANGED, "immutable-files"},
	{SW_OBJ_LIBRARY, SW_EFFECT_REPLACED, "immutable-files"},
	{SW_OBJ_LOADER, SW_EFFECT_REMOVED, "immutable-files"},
	{SW_OBJ_INTERPRETER, SW_EFFECT_RENAMED, "immutable-files"},
	{SW_OBJ_EXECUTABLE, SW_EFFECT_METADATA, "immutable-files"},
	{SW_OBJ_DATA, SW_EFFECT_CHANGED, ""},
	{SW_OBJ_PKGDB, SW_EFFECT_CHANGED, "no-package-manager"},
	{SW_OBJ_PKGDB, SW_EFFECT_CREATED, "no-package-manager"},
	{SW_OBJ_PKGDB | SW_OBJ_DATA, SW_EFFECT_REMOVED, "no-package-manager"},
};

/* What did not fit a record is named, each once. */
static void test_truncated(void **state)
{
	struct sw_event ev = exec_event();
	struct sw_judged_object obj = {.path = "x", .origin = "event"};
	struct sw_strbuf got = {0};
	struct sw_fact_buf f;

	sw_fact_from_event(&ev, &obj, &f);
	assert_null(sw_fact_get(&f, "truncated"));
	ev.object.path.truncated = ev.dir.truncated = ev.args_truncated = true;
	ev.name2.truncated = true;
	sw_fact_from_event(&ev, &obj, &f);
	for (size_t i = 0; i < f.fact.n_entities; i++)
		if (!strcmp(f.entities[i].name, "truncated"))
			sw_strbuf_addf(&got, "%s ", f.entities[i].value);
	assert_string_equal(sw_strbuf_str(&got), "path argv source ");
	sw_strbuf_release(&got);
}

static void test_file(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(files); i++) {
		struct sw_event ev = {.type = SW_EVENT_FILE, .cls = SW_CLASS_FILE};
		struct sw_judged_object obj = {.effect = files[i].effect,
					       .class_bits = files[i].bits,
					       .path = "/lib/x",
					       .origin = "event"};
		struct sw_fact_buf f;

		sw_fact_from_event(&ev, &obj, &f);
		expect(&f, files[i].rules);
	}
}

static void test_namespace_and_entry(void **state)
{
	struct sw_judged_object none = {.origin = "event"};
	struct sw_event ev = {
		.type = SW_EVENT_NAMESPACE, .ns_op = SW_NS_UNSHARE, .ns_bits = SW_NS_BIT_USER};
	struct sw_fact_buf f;

	sw_fact_from_event(&ev, &none, &f);
	assert_string_equal(sw_fact_get(&f, "kind"), "user");
	expect(&f, "no-new-namespaces");
	ev = (struct sw_event){.type = SW_EVENT_ENTRY, .entry_ordinal = 1};
	sw_fact_from_event(&ev, &none, &f);
	expect(&f, "");
	ev.entry_ordinal = 2;
	sw_fact_from_event(&ev, &none, &f);
	expect(&f, "no-entry");
	ev.entry_ordinal = 11;
	sw_fact_from_event(&ev, &none, &f);
	expect(&f, "no-entry");
}

/* What each event of the system breaks, and what only looks like it. */
static void test_system(void **state)
{
	static const struct {
		struct sw_event ev;
		struct sw_judged_object obj;
		const char *rules;
	} rows[] = {
		{{.type = SW_EVENT_CODE}, {.state = SW_STATE_ABSENT}, "no-drift-exec"},
		{{.type = SW_EVENT_CODE}, {.state = SW_STATE_MODIFIED}, "no-drift-exec"},
		{{.type = SW_EVENT_CODE}, {.state = SW_STATE_MATCH}, ""},
		{{.type = SW_EVENT_CODE}, {.class_bits = SW_OBJ_SHELL}, "no-shell"},
		{{.type = SW_EVENT_CODE},
		 {.class_bits = SW_OBJ_PACKAGE_MANAGER},
		 "no-package-manager"},
		{{.type = SW_EVENT_CODE, .code.anonymous = true}, {.state = SW_STATE_ABSENT}, ""},
		{{.type = SW_EVENT_CODE, .code.op = SW_CODE_PRELOAD}, {0}, ""},
		{{.type = SW_EVENT_MOUNT}, {0}, "no-mount"},
		{{.type = SW_EVENT_MOUNT, .mount.op = SW_MOUNT_FSOPEN}, {0}, ""},
		{{.type = SW_EVENT_MOUNT, .mount.op = SW_MOUNT_ATTACH},
		 {.class_bits = SW_OBJ_LIBRARY, .effect = SW_EFFECT_COVERED},
		 "immutable-files no-mount"},
		{{.type = SW_EVENT_PRIVILEGE}, {0}, ""},
		{{.type = SW_EVENT_PRIVILEGE, .privilege.effective_new = 1},
		 {0},
		 "no-privilege-gain"},
		{{.type = SW_EVENT_PRIVILEGE, .privilege.effective_old = 1}, {0}, ""},
		{{.type = SW_EVENT_PRIVILEGE,
		  .privilege = {.permitted_old = 2, .permitted_new = 2, .effective_new = 2}},
		 {0},
		 ""},
		{{.type = SW_EVENT_PRIVILEGE, .privilege.old_ids = {1, 1, 1, 1}},
		 {0},
		 "no-privilege-gain"},
		{{.type = SW_EVENT_PRIVILEGE, .privilege.new_ids = {1, 1, 1, 1}}, {0}, ""},
		{{.type = SW_EVENT_PRIVILEGE, .privilege.op = SW_PRIVILEGE_USERNS},
		 {0},
		 "no-privilege-gain"},
		{{.type = SW_EVENT_INJECTION}, {0}, ""}, /* asks to be traced */
		{{.type = SW_EVENT_INJECTION, .injection.request = 16}, {0}, "no-injection"},
		{{.type = SW_EVENT_INJECTION, .injection.op = SW_INJECTION_GETFD},
		 {0},
		 "no-injection"},
		{{.type = SW_EVENT_INJECTION,
		  .injection.op = SW_INJECTION_VM_WRITE,
		  .prevented = true},
		 {0},
		 "no-injection"}, /* prevented: it was attempted */
		{{.type = SW_EVENT_KERNEL}, {0}, "no-kernel-change"},
		{{.type = SW_EVENT_KERNEL, .prevented = true}, {0}, "no-kernel-change"},
		{{.type = SW_EVENT_KERNEL, .failed = true, .result = -1}, {0}, ""},
		{{.type = SW_EVENT_URING}, {0}, ""},
		{{.type = SW_EVENT_NETWORK}, {0}, ""},
		{{.type = SW_EVENT_COMPAT}, {0}, ""},
		{{.type = SW_EVENT_EXEC_FAILED, .failed = true, .result = -2},
		 {.class_bits = SW_OBJ_SHELL},
		 ""},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++) {
		struct sw_judged_object obj = rows[i].obj;
		struct sw_fact_buf f;

		obj.path = "/x";
		obj.origin = "event";
		sw_fact_from_event(&rows[i].ev, &obj, &f);
		assert_string_equal(sw_fact_get(&f, "origin"), "event");
		expect(&f, rows[i].rules);
	}
}

/* Whatever the kernel counts, the judge must condemn, or a lost record would be a lost verdict. */
static void test_ledger(void **state)
{
	static const char *const rules[_SW_VIOLATION_MAX] = {
		[SW_VIOLATION_SHELL] = "no-shell",
		[SW_VIOLATION_PKG_EXEC] = "no-package-manager",
		[SW_VIOLATION_PKG_DB] = "no-package-manager",
		[SW_VIOLATION_IMMUTABLE] = "immutable-files",
		[SW_VIOLATION_DRIFT] = "no-drift-exec",
		[SW_VIOLATION_NAMESPACE] = "no-new-namespaces",
		[SW_VIOLATION_ENTRY] = "no-entry",
		[SW_VIOLATION_MOUNT] = "no-mount",
		[SW_VIOLATION_PRIVILEGE] = "no-privilege-gain",
		[SW_VIOLATION_INJECTION] = "no-injection",
		[SW_VIOLATION_KERNEL] = "no-kernel-change",
	};

	for (unsigned int k = 0; k < _SW_VIOLATION_MAX; k++) {
		struct sw_fact_buf f;

		sw_fact_from_ledger(k, 3, &f);
		assert_string_equal(sw_fact_get(&f, "count"), "3");
		expect(&f, rules[k]);
	}
}

static void test_json(void **state)
{
	struct sw_event ev = exec_event();
	struct sw_judged_object obj = {.state = SW_STATE_ABSENT,
				       .class_bits = SW_OBJ_SHELL,
				       .path = "/tmp/a\nb\xff",
				       .origin = "event"};
	struct sw_fact_buf f, back;

	sw_fact_from_event(&ev, &obj, &f);
	struct json_object *o = sw_fact_to_json(&f.fact);

	assert_int_equal(sw_fact_from_json(o, &back), 0);
	assert_int_equal(back.fact.n_entities, f.fact.n_entities);
	assert_string_equal(sw_fact_get(&back, "path"), "/tmp/a\\x0ab\\xff");
	assert_string_equal(sw_fact_get(&back, "class"), "shell");
	expect(&back, "no-shell no-drift-exec");
	json_object_put(o);

	static const char *const bad[] = {"[]", "{\"type\":\"exec\"}",
					  "{\"type\":\"x\",\"entities\":[]}",
					  "{\"type\":\"exec\",\"entities\":[[\"a\"]]}",
					  "{\"type\":\"exec\",\"entities\":[[\"a\",1]]}"};

	for (size_t i = 0; i < SW_ARRAY_LEN(bad); i++) {
		o = json_tokener_parse(bad[i]);
		assert_int_equal(sw_fact_from_json(o, &back), -EBADMSG);
		json_object_put(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec),   cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_file),   cmocka_unit_test(test_namespace_and_entry),
		cmocka_unit_test(test_system), cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
