/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of a change to the mount table at places that the kernel has resolved: what their
 * names say is where it was done. It is made at the decision, where the places are at hand and
 * still have their names, and kept with the task until the call is over.
 *
 * Its own store beside that of lib/pending.h: mounting a file system may work on files.
 */
#pragma once

#include "lib/done.h"
#include "lib/mount.h"
#include "lib/object.h"

enum mount_call { CALL_MOUNT = 1, CALL_UMOUNT, CALL_MOVE, CALL_PIVOT };

struct mount_known {
	u32 call; /* enum mount_call: whose end tells of the outcome */
	u32 op;
	u64 flags;
	const struct path *target, *source; /* source: or NULL */
	const char *word, *fs_type;	    /* copies of the kernel, or NULL */
};

struct mount_kept {
	u32 call; /* 0: nothing is kept */
	u32 pad;
	struct sw_saved saved;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mount_kept);
} sw_mount_kept SEC(".maps") __weak;

/* Into the scratch buffer; its length. */
SW_FN u32 mount_build(struct sw_scratch *s, const struct sw_task *t, const struct sw_slot *slot,
		      const struct mount_known *k)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_wire_mount *r = (struct sw_wire_mount *)s->saved.data;
	const struct path *target = k->target, *source = k->source; /* no CO-RE access through *k */
	struct dentry *dentry = BPF_CORE_READ(target, dentry);
	u32 off = sizeof(*r);

	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_MOUNT, SW_WIRE_CLS_MOUNT, t);
	r->h.violations = 1u << SW_WIRE_V_MOUNT;
	r->h.flags = SW_WIRE_UNDECIDED;
	r->op = k->op;
	r->mount_flags = k->flags;
	object_fill(&r->obj, BPF_CORE_READ(dentry, d_inode), dentry, slot);
	off = path_append(s, &r->name, target, task, off);
	if (source)
		off = path_append(s, &r->source, source, task, off);
	else if (k->word)
		off = copied_append(s, &r->source, k->word, off);
	if (k->word && (k->op == SW_WIRE_MOUNT_BIND || k->op == SW_WIRE_MOUNT_MOVE) &&
	    *(char *)tail(s, r->source.off) != '/')
		off = dir_append(s, &r->dir2, task, AT_FDCWD, off);
	if (k->fs_type)
		bpf_probe_read_kernel_str(r->fs_type, sizeof(r->fs_type), k->fs_type);
	return off;
}

/* A change is decided on. */
SW_FN int mount_decided(const struct mount_known *k)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = member_in(task, SW_WIRE_CLS_MOUNT);
	struct sw_slot *slot = t ? slot_get(t->slot) : NULL;
	struct mount_kept *kept;
	struct sw_scratch *s;
	u32 len;

	if (!t)
		return 0;
	kept = bpf_task_storage_get(&sw_mount_kept, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept)
		failed_count(SW_FAILED_TASK);
	s = kept && slot ? scratch_take() : NULL;
	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_MOUNT, LEDGER_ERROR);
		return 0;
	}
	len = mount_build(s, t, slot, k);
	if (bpf_probe_read_kernel(kept->saved.data, SW_WIRE_REC_MAX, s->saved.data)) {
		ledger_count(t->slot, SW_WIRE_CLS_MOUNT, LEDGER_ERROR);
	} else {
		kept->saved.len = len;
		kept->call = k->call;
	}
	scratch_put(s);
	return 0;
}

/* The call is over. */
SW_FN int mount_over(u32 call, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mount_kept *kept = bpf_task_storage_get(&sw_mount_kept, task, 0, 0);
	struct sw_wire_head *h;
	struct sw_scratch *s;
	struct sw_task *t;

	if (!kept || kept->call != call)
		return 0;
	kept->call = 0;
	t = task_member(task);
	if (!t)
		return 0;
	if (ret < 0) {
		ledger_count(t->slot, SW_WIRE_CLS_MOUNT, LEDGER_FILTERED);
		return 0;
	}
	places_moved(t->slot);
	s = scratch_take();
	if (!s || bpf_probe_read_kernel(s->saved.data, SW_WIRE_REC_MAX, kept->saved.data)) {
		ledger_count(t->slot, SW_WIRE_CLS_MOUNT, LEDGER_ERROR);
		if (s)
			scratch_put(s);
		return 0;
	}
	h = scratch_head(s);
	h->cpu = bpf_get_smp_processor_id();
	h->boot_ns = bpf_ktime_get_boot_ns();
	emit(s, kept->saved.len);
	scratch_put(s);
	return 0;
}
