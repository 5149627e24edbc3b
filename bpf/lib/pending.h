/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an attempt to a fact. A security hook sees an operation at the decision, with the objects
 * resolved, before it is done: its record is kept with the task until the function that does the
 * work returns. Only then it is emitted, or, when the work was refused, counted as filtered. Where
 * the kernel does not let us see that function's return, the record goes out at once and says that
 * it is an attempt.
 *
 * The kernel asks for one operation at a time. But on the way an overlay works on its layers, and
 * copying up sets their attributes, through the same hooks: while the record of an operation on an
 * overlay is kept, others must not take its place. So each task has two: one for overlays and what
 * is no file operation, one for all other file systems.
 */
#pragma once

#include "lib/file.h"

#include <bpf/bpf_tracing.h>

struct sw_pending {
	u64 key; /* the dentry, file or program that the work will be done on; 0: none */
	u32 op;	 /* which work: SW_WIRE_* of a file operation, or SW_PENDING_SCRIPT */
	u32 pad;
	struct sw_saved saved;
};
#define SW_PENDING_SCRIPT 31u

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sw_pending);
} sw_pendings SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sw_pending);
} sw_pendings_below SEC(".maps") __weak;

/* Is there a program behind the function that does this operation? */
static __always_inline bool confirmed(u32 op)
{
	struct sw_cfg *cfg = cfg_get();

	return cfg && cfg->flags & SW_CFG_CONFIRMS(op);
}

#define SW_PENDING_BELOW (1ull << 63) /* of op_len: on no overlay */

/* Keeps the record that was built in the scratch buffer. op_len: the operation in the upper half.
 */
SW_FN int pending_keep(struct sw_scratch *s, u64 key, u64 op_len)
{
	struct sw_wire_head *h = scratch_head(s);
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_pending *p;

	if (op_len & SW_PENDING_BELOW)
		p = bpf_task_storage_get(&sw_pendings_below, task, 0,
					 BPF_LOCAL_STORAGE_GET_F_CREATE);
	else
		p = bpf_task_storage_get(&sw_pendings, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!p || bpf_probe_read_kernel(p->saved.data, SW_WIRE_REC_MAX, s->saved.data)) {
		if (!p)
			failed_count(SW_FAILED_TASK);
		ledger_count(h->slot, h->cls, LEDGER_ERROR);
		return 0;
	}
	p->saved.len = op_len;
	p->op = op_len >> 32 & 31;
	p->key = key;
	return 0;
}

/* A file record, len bytes, of an operation at dentry: kept, or emitted as an attempt. */
SW_FN int pending_put(struct sw_scratch *s, u64 key, u32 len, struct dentry *dentry)
{
	struct sw_wire_file *r = (struct sw_wire_file *)s->saved.data;
	u64 op_len = (u64)r->op << 32 | len;

	if (BPF_CORE_READ(dentry, d_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		op_len |= SW_PENDING_BELOW;
	if (confirmed(r->op))
		return pending_keep(s, key, op_len);
	r->h.flags |= SW_WIRE_ATTEMPT | SW_WIRE_UNDECIDED;
	r->h.violations = 0;
	emit(s, len);
	return 0;
}

/* A negative errno, as an int or as a pointer. */
static __always_inline bool refused(u64 ret)
{
	return (u32)ret > (u32)-4096;
}

/* Takes the kept record into the scratch buffer and emits it. inode: of a file operation, or NULL.
 */
SW_FN int pending_emit(struct sw_pending *p, const struct sw_task *t, struct inode *inode)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_file *r;

	if (!s || bpf_probe_read_kernel(s->saved.data, SW_WIRE_REC_MAX, p->saved.data)) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		if (s)
			scratch_put(s);
		return 0;
	}
	r = (struct sw_wire_file *)s->saved.data;
	r->h.cpu = bpf_get_smp_processor_id();
	r->h.boot_ns = bpf_ktime_get_boot_ns();
	r->h.actor.entry = t->entry;
	if (inode)
		file_follow(r, t, inode);
	emit(s, p->saved.len);
	scratch_put(s);
	return 0;
}

#define PENDING(op) (1u << SW_WIRE_##op)

/*
 * Work of these kinds on key is over. The kinds matter: what was decided on and then given up
 * before the work began stays behind, until other work on the same object comes by.
 */
SW_FN int pending_done(u64 key, u64 ret, u32 ops, struct inode *inode)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_pending *p = bpf_task_storage_get(&sw_pendings, task, 0, 0);
	struct sw_task *t;

	if (!p || p->key != key)
		p = bpf_task_storage_get(&sw_pendings_below, task, 0, 0);
	if (!p || !key || p->key != key || !(ops & 1u << (p->op & 31)))
		return 0;
	p->key = 0;
	t = task_member(task);
	if (!t)
		return 0;
	if (refused(ret)) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_FILTERED);
		return 0;
	}
	return pending_emit(p, t, inode);
}

/* What a function returned, for its exit program. */
static __always_inline u64 returned(void *ctx)
{
	u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	return ret;
}
