/* SPDX-License-Identifier: GPL-2.0-only */
/* Who did it: the part of every record that describes a task, and the record's head. Reads only. */
#pragma once

#include "kernel/compat.h"
#include "lib/emit.h"

static __always_inline void actor_fill(struct sw_wire_actor *a, struct task_struct *task, u32 entry)
{
	struct task_struct *parent = task->real_parent;
	const struct cred *cred = task->cred;

	a->tgid = task->tgid;
	a->tid = task->pid;
	a->start_ns = task->group_leader->start_boottime;
	a->parent_tgid = parent->tgid;
	a->parent_start_ns = parent->group_leader->start_boottime;
	a->uid = cred->uid.val;
	a->euid = cred->euid.val;
	a->gid = cred->gid.val;
	a->egid = cred->egid.val;
	a->cap_effective = compat_cap_effective(cred);
	a->entry = entry;
	bpf_probe_read_kernel(a->comm, sizeof(a->comm), &task->comm);
}

/* The head with no violation; the caller adds what it finds before emit. */
static __always_inline struct sw_wire_head *head_fill(struct sw_scratch *s,
						      struct task_struct *task, u32 type, u32 cls,
						      const struct sw_task *t)
{
	struct sw_wire_head *h = scratch_head(s);

	h->abi = SW_ABI_VERSION;
	h->type = type;
	h->cls = cls;
	h->cpu = bpf_get_smp_processor_id();
	h->slot_gen = t->slot_gen;
	h->boot_ns = bpf_ktime_get_boot_ns();
	h->slot = t->slot;
	h->violations = 0;
	h->flags = 0;
	h->result = 0;
	actor_fill(&h->actor, task, t->entry);
	return h;
}
