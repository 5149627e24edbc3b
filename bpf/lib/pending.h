/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an attempt to a fact. A security hook sees an operation at the decision, with the objects
 * resolved, before it is done: its record is kept with the task until the function that does the
 * work returns. Only then it is emitted, or, when the work was refused, counted as filtered. Where
 * the kernel does not let us see that function's return, the record goes out at once and says that
 * it is an attempt.
 *
 * One per task would be enough, the kernel asks for one operation at a time, if it did nothing on
 * its own behalf on the way: an overlay that copies up asks for the attributes of the copy. It does
 * so with the credentials of who mounted it, so that there is a second place for what is asked for
 * with others than the task's own.
 *
 * What is kept ends in exactly one count of the ledger: emitted; refused or given up, filtered;
 * pushed out while it may have been under way, an error. What is left at the task's end was given
 * up.
 */
#pragma once

#include "lib/done.h"
#include "lib/file.h"

struct sw_kept {
	u64 key;  /* the dentry, file or program that the work will be done on; 0: none */
	u64 cred; /* with whose it was asked for; only compared */
	u32 op;	  /* which work: SW_WIRE_* of a file operation, or SW_PENDING_SCRIPT */
	u32 pad;
	struct sw_saved saved;
};
#define SW_PENDING_SCRIPT 31u

#define SW_KEPT 2
struct sw_pending {
	struct sw_kept at[SW_KEPT];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sw_pending);
} sw_pendings SEC(".maps") __weak;

/* Is there a program behind the function that does this operation? */
static __always_inline bool confirmed(u32 op)
{
	struct sw_cfg *cfg = cfg_get();

	return cfg && cfg->flags & SW_CFG_CONFIRMS(op);
}

/* A kept record that ends without being emitted. */
SW_FN int kept_end(struct sw_kept *k, u32 error)
{
	struct sw_wire_head *h = (struct sw_wire_head *)k->saved.data;
	struct sw_slot *slot;

	if (!k->key)
		return 0;
	k->key = 0;
	slot = slot_get(h->slot);
	if (slot && slot->cgroup_id == h->slot_gen)
		ledger_count(h->slot, h->cls, error ? LEDGER_ERROR : LEDGER_FILTERED);
	return 0;
}

/* All that the task had asked for is over. */
static __always_inline void pending_over(struct sw_pending *p)
{
	for (u32 i = 0; i < SW_KEPT; i++)
		kept_end(&p->at[i], 0);
}

/*
 * A place for what is asked for now. With the task's own credentials it begins something new, and
 * what was kept before is over; with others it may be part of that, and only what was asked for
 * with the same is over.
 */
static __always_inline struct sw_kept *pending_place(struct sw_pending *p, u64 cred, u64 own)
{
	struct sw_kept *a = &p->at[0], *b = &p->at[1];

	if (cred == own) {
		pending_over(p);
		return a;
	}
	if (a->key && a->cred == cred) {
		kept_end(a, 0);
		return a;
	}
	if (b->key && b->cred == cred) {
		kept_end(b, 0);
		return b;
	}
	if (!a->key)
		return a;
	if (b->key && b->cred == own) {
		kept_end(a, 1);
		return a;
	}
	kept_end(b, 1);
	return b;
}

/* Keeps the record that was built in the scratch buffer. */
SW_FN int pending_keep(struct sw_scratch *s, u64 key, u64 op_len)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_wire_head *h = scratch_head(s);
	struct sw_pending *p =
		bpf_task_storage_get(&sw_pendings, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	u64 cred = (u64)BPF_CORE_READ(task, cred), own = (u64)BPF_CORE_READ(task, real_cred);
	struct sw_kept *k = p ? pending_place(p, cred, own) : NULL;

	if (!k || bpf_probe_read_kernel(k->saved.data, SW_WIRE_REC_MAX, s->saved.data)) {
		if (!k)
			failed_count(SW_FAILED_TASK);
		ledger_count(h->slot, h->cls, LEDGER_ERROR);
		return 0;
	}
	k->saved.len = op_len;
	k->op = op_len >> 32;
	k->cred = cred;
	k->key = key;
	return 0;
}

/* What is kept under a key, or NULL. */
static __always_inline struct sw_kept *pending_find(u64 key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_pending *p = bpf_task_storage_get(&sw_pendings, task, 0, 0);

	if (!p || !key)
		return NULL;
	for (u32 i = 0; i < SW_KEPT; i++)
		if (p->at[i].key == key)
			return &p->at[i];
	return NULL;
}

/* A file record, len bytes: kept, or emitted as an attempt. */
SW_FN int pending_put(struct sw_scratch *s, u64 key, u32 len)
{
	struct sw_wire_file *r = (struct sw_wire_file *)s->saved.data;

	if (confirmed(r->op))
		return pending_keep(s, key, (u64)r->op << 32 | len);
	r->h.flags |= SW_WIRE_ATTEMPT | SW_WIRE_UNDECIDED;
	r->h.violations = 0;
	emit(s, len);
	return 0;
}

/* Takes the kept record into the scratch buffer and emits it. inode: of a file operation, or NULL.
 */
SW_FN int pending_emit(struct sw_kept *k, const struct sw_task *t, struct inode *inode)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_file *r;

	if (!s || bpf_probe_read_kernel(s->saved.data, SW_WIRE_REC_MAX, k->saved.data)) {
		kept_end(k, 1);
		if (s)
			scratch_put(s);
		return 0;
	}
	k->key = 0;
	r = (struct sw_wire_file *)s->saved.data;
	r->h.cpu = bpf_get_smp_processor_id();
	r->h.boot_ns = bpf_ktime_get_boot_ns();
	r->h.actor.entry = t->entry;
	if (inode)
		file_follow(r, t, inode);
	emit(s, k->saved.len);
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
	struct sw_kept *k = pending_find(key);
	struct sw_task *t;

	if (!k || !(ops & 1u << (k->op & 31)))
		return 0;
	t = task_member(task);
	if (!t || refused(ret))
		return kept_end(k, 0);
	return pending_emit(k, t, inode);
}
