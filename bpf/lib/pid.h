/* SPDX-License-Identifier: GPL-2.0-only */
/* From a process number as a task sees it to the task it names: the kernel's own tables, read. */
#pragma once

#include "kernel/compat.h"

#define XA_LEVELS 5 /* six bits each: more than the largest pid_max has */
enum { PIDTYPE_PID, PIDTYPE_TGID };

/* The first task of a struct pid, of a type; NULL when it is gone. */
static __always_inline struct task_struct *pid_task_of(struct pid *pid, u32 type)
{
	struct hlist_node *node;

	if (!pid)
		return NULL;
	node = type == PIDTYPE_PID ? BPF_CORE_READ(pid, tasks[PIDTYPE_PID].first)
				   : BPF_CORE_READ(pid, tasks[PIDTYPE_TGID].first);
	if (!node)
		return NULL;
	return (void *)node - bpf_core_field_offset(struct task_struct, pid_links) -
	       type * sizeof(struct hlist_node) * 2;
}

/* An entry of the pid namespace's idr: a radix tree whose inner nodes have bit 1 set. */
static __always_inline void *idr_entry(struct idr *idr, u32 id)
{
	void *entry = BPF_CORE_READ(idr, idr_rt.xa_head);

	for (u32 i = 0; i < XA_LEVELS; i++) {
		struct xa_node *node = (void *)((u64)entry & ~3ull);
		void **slots;
		u32 shift;

		if (((u64)entry & 3) != 2 || (u64)entry < 4096)
			break;
		shift = BPF_CORE_READ(node, shift);
		slots = (void *)node + bpf_core_field_offset(struct xa_node, slots);
		bpf_probe_read_kernel(&entry, sizeof(entry), slots + ((id >> shift) & 63));
	}
	return ((u64)entry & 3) == 2 ? NULL : entry;
}

/* The task that has a number in the given task's pid namespace. */
static __always_inline struct task_struct *task_by_vpid(struct task_struct *task, u32 vpid)
{
	struct pid *own = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(own, level);
	struct pid_namespace *ns = NULL;
	struct upid *upid;

	if (!own || level > 32)
		return NULL;
	upid = (void *)own + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&ns, sizeof(ns),
			      (void *)upid + bpf_core_field_offset(struct upid, ns));
	if (!ns)
		return NULL;
	return pid_task_of(
		idr_entry((void *)ns + bpf_core_field_offset(struct pid_namespace, idr), vpid),
		PIDTYPE_PID);
}
