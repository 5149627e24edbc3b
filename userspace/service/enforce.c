/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What enforcement of each rule can prevent, by each back end, and what it can only see. Data, and
 * the answer to whether a rule can be enforced here at all.
 */
#include "service/internal.h"

#define V(violation) (1u << SW_VIOLATION_##violation)

static const char prefix[] = "xccdf_io.stigwatch_rule_";

struct way {
	const char *prevents; /* NULL: nothing */
	const char *sees;     /* what is left, or NULL */
};

static const struct enforceable {
	const char *rule;
	uint32_t violations;
	struct way lsm, tracepoint;
} rules[] = {
	{"no-shell",
	 V(SHELL),
	 {"executing a shell and loading one is refused; an applet of a multi-call binary is "
	  "killed "
	  "before it runs",
	  NULL},
	 {"a shell is killed before it runs; with --exec-permission executing one is refused",
	  "a shell that a loader runs"}},
	{"no-package-manager",
	 V(PKG_EXEC) | V(PKG_DB),
	 {"executing one and changing its database is refused; an applet of a multi-call binary is "
	  "killed before it runs",
	  NULL},
	 {"a package manager is killed before it runs; with --exec-permission executing one is "
	  "refused",
	  "changes of the database"}},
	{"immutable-files",
	 V(IMMUTABLE),
	 {"opening code for writing and changing, renaming or removing it is refused",
	  "directories above it that are moved; descriptors that were open before"},
	 {NULL, "changes of files"}},
	{"no-drift-exec",
	 V(DRIFT),
	 {"executing and loading what the baseline does not hold is refused, scripts included",
	  "copied-up files whose digest decides; code in memory files and anonymous memory"},
	 {"a foreign program is killed before it runs; with --exec-permission executing one is "
	  "refused, scripts and loaders included",
	  "scripts without --exec-permission, loaded libraries, code in memory"}},
	{"no-new-namespaces",
	 V(NAMESPACE),
	 {"user namespaces, children in new ones, chroot and pivot_root are refused",
	  "unshare and setns"},
	 {NULL, "namespaces and roots"}},
	{"no-entry",
	 V(ENTRY),
	 {"the first program of an entry is refused", NULL},
	 {"the first program of an entry is killed before it runs", NULL}},
	{"no-mount",
	 V(MOUNT),
	 {"mount, umount, move_mount, pivot_root and reconfiguring are refused",
	  "mount_setattr and open_tree_attr"},
	 {NULL, "mounts"}},
	{"no-privilege-gain",
	 V(PRIVILEGE),
	 {"set-id programs, file capabilities, setuid, capset and user namespaces are refused "
	  "where "
	  "they would give more than before",
	  NULL},
	 {"set-id programs and file capabilities are killed before they run",
	  "setuid, capset and user namespaces"}},
	{"no-injection",
	 V(INJECTION),
	 {"ptrace, process_vm_writev, pidfd_getfd and opening /proc/PID/mem for writing are "
	  "refused",
	  NULL},
	 {NULL, "tracing and writing to other processes"}},
	{"no-kernel-change",
	 V(KERNEL),
	 {"loading modules and kernels, bpf(2) and opening control files and memory for "
	  "writing are refused",
	  "delete_module"},
	 {NULL, "changes of the kernel"}},
};

uint32_t sw_rule_violations(const char *rule)
{
	if (strncmp(rule, prefix, strlen(prefix)) == 0)
		rule += strlen(prefix);
	for (size_t i = 0; i < SW_ARRAY_LEN(rules); i++)
		if (strcmp(rule, rules[i].rule) == 0)
			return rules[i].violations;
	return 0;
}

bool sw_enforcement_at(const struct sw_features *f, size_t i, struct sw_enforcement *ret)
{
	const struct way *way;

	if (i >= SW_ARRAY_LEN(rules))
		return false;
	way = f->lsm_classes ? &rules[i].lsm : &rules[i].tracepoint;
	*ret = (struct sw_enforcement){
		.rule = rules[i].rule,
		.violations = rules[i].violations,
		.prevents = way->prevents,
		.sees = way->sees,
	};
	return true;
}

bool enforce_covers(const struct monitor *m, const char *rule_id)
{
	return (m->opts->enforce & sw_rule_violations(rule_id)) != 0;
}

bool rule_judged(const struct monitor *m, const char *rule_id)
{
	return !m->opts->judged || (m->opts->judged & sw_rule_violations(rule_id)) != 0;
}

int enforce_choose(struct monitor *m, struct sw_error *err)
{
	uint32_t refused = sw_features_enforce(&m->features, m->opts->enforce);
	struct sw_enforcement e;

	for (size_t i = 0; sw_enforcement_at(&m->features, i, &e); i++) {
		if (!(m->opts->enforce & e.violations))
			continue;
		if (!e.prevents)
			return sw_error_set(
				err, ENOTSUP,
				"%s cannot be enforced here: the %s back end only sees %s", e.rule,
				m->features.back_end, e.sees);
		if (m->features.lsm_classes && !(refused & e.violations))
			return sw_error_set(
				err, ESTALE,
				"%s cannot be enforced here: no program that refuses is "
				"taken by this kernel, or attached",
				e.rule);
	}
	return 0;
}

void enforce_announce(struct monitor *m)
{
	struct sw_enforcement e;

	for (size_t i = 0; sw_enforcement_at(&m->features, i, &e); i++)
		if (m->opts->enforce & e.violations)
			progress(m, "enforcing %s: %s%s%s", e.rule, e.prevents,
				 e.sees ? "; only seen: " : "", e.sees ? e.sees : "");
}

struct json_object *rules_json(uint32_t violations)
{
	struct json_object *list = json_object_new_array();
	char id[128];

	for (size_t i = 0; i < SW_ARRAY_LEN(rules); i++) {
		if (!(violations & rules[i].violations))
			continue;
		snprintf(id, sizeof(id), "%s%s", prefix, rules[i].rule);
		json_object_array_add(list, json_object_new_string(id));
	}
	return list;
}

const char *enforce_outcome(const struct monitor *m, const char *rule_id,
			    const struct sw_fact *fact)
{
	bool counted_only = false;

	for (size_t i = 0; i < fact->n_entities; i++) {
		const struct sw_fact_entity *e = &fact->entities[i];

		if (!strcmp(e->name, "outcome") && !strcmp(e->value, "prevented"))
			return "prevented";
		counted_only |= !strcmp(e->name, "origin") && !strcmp(e->value, "ledger");
	}
	if (!enforce_covers(m, rule_id))
		return NULL;
	return counted_only ? "not known" : "only seen";
}
