/* SPDX-License-Identifier: GPL-2.0-only */
/* The state diff: a task's namespaces and root against what was last reported of it. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"

#define SW_NS_MNT (1u << 0)

/* One namespace record; a violation by definition: the entry was complete. */
SW_FN int ns_emit(struct task_struct *task, const struct sw_task *t, u32 op, u64 bits_child)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_ns *r;

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_NS, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_ns *)s->saved.data;
	head_fill(s, task, SW_WIRE_NAMESPACE, SW_WIRE_CLS_NS, t);
	r->h.violations = 1u << SW_WIRE_V_NAMESPACE;
	r->op = op;
	r->bits = bits_child >> 32;
	r->child_tgid = bits_child;
	r->pad = 0;
	emit(s, sizeof(*r));
	scratch_put(s);
	return 0;
}

/*
 * Compares and reports each change once. op says which system call it was; a backstop passes
 * UNSHARE. A root that moved together with the mount namespace is part of that change: setns and
 * unshare rewrite fs->root themselves.
 */
SW_FN int ns_diff(struct task_struct *task, struct sw_task *t, u32 op)
{
	struct sw_task_ns now;
	u32 bits = 0;
	bool root;

	if (t->phase != SW_PHASE_IN || !BPF_CORE_READ(task, nsproxy))
		return 0;
	ns_read(task, &now);
	for (u32 i = 0; i < 8; i++)
		if (now.inum[i] != t->ns.inum[i])
			bits |= 1u << i;
	root = now.root_dentry != t->ns.root_dentry || now.root_mnt != t->ns.root_mnt;
	if (!bits && !root)
		return 0;
	t->ns = now;
	if (bits)
		ns_emit(task, t, op == SW_WIRE_NS_ROOT ? SW_WIRE_NS_UNSHARE : op, (u64)bits << 32);
	if (root && !(bits & SW_NS_MNT))
		ns_emit(task, t, SW_WIRE_NS_ROOT, 0);
	return 0;
}
