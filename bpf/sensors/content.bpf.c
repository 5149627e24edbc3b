/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Content: an inode that holds a baseline object's bytes was dirtied, by whatever means and whoever
 * did it. Follows only inodes that file.bpf.c remembered when a container opened them for write.
 */
#include "lib/actor.h"
#include "lib/container.h"
#include "lib/object.h"

#include <bpf/bpf_tracing.h>

#define PF_KTHREAD 0x00200000

SW_FN int content_emit(struct inode *inode, const struct sw_real_value *v, u32 bits, bool pages)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *actor = bpf_task_storage_get(&sw_tasks, task, 0, 0);
	struct sw_task t = {.slot = v->slot, .slot_gen = v->slot_gen};
	struct sw_scratch *s = scratch_take();
	struct sw_wire_file *r;

	if (!s) {
		ledger_count(v->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	if (actor && actor->slot == v->slot && actor->slot_gen == v->slot_gen)
		t.entry = actor->entry;
	r = (struct sw_wire_file *)s->saved.data;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_FILE, SW_WIRE_CLS_FILE, &t);
	r->op = SW_WIRE_CONTENT;
	r->obj.ino = v->ino;
	r->obj.dev = v->dev;
	r->obj.real_ino = BPF_CORE_READ(inode, i_ino);
	r->obj.real_dev = BPF_CORE_READ(inode, i_sb, s_dev);
	r->obj.generation = BPF_CORE_READ(inode, i_generation);
	r->obj.mode = BPF_CORE_READ(inode, i_mode);
	r->obj.nlink = BPF_CORE_READ(inode, __i_nlink);
	r->obj.uid = BPF_CORE_READ(inode, i_uid.val);
	r->obj.gid = BPF_CORE_READ(inode, i_gid.val);
	r->obj.size = BPF_CORE_READ(inode, i_size);
	r->obj.fs_magic = BPF_CORE_READ(inode, i_sb, s_magic);
	r->obj.class_bits = bits;
	r->obj.flags = SW_WOBJ_ON_ROOT | (bits ? SW_WOBJ_IN_BASELINE : 0) |
		       (r->obj.real_dev != v->dev ? SW_WOBJ_UPPER | SW_WOBJ_UPPERDATA : 0);
	if (pages && bits)
		r->h.violations = 1u << SW_WIRE_V_IMMUTABLE;
	else
		r->h.flags = SW_WIRE_UNDECIDED;
	emit(s, sizeof(*r));
	scratch_put(s);
	return 0;
}

/*
 * Why: sees content change that no system call handler sees: io_uring, the first store to a shared
 * mapping, splice, descriptors that were opened before the watch, and writers outside the
 * container. Only inodes that somebody in a container opened for write are looked at, once each:
 * later changes are counted as aggregated. Misses: further stores to a page that is still dirty;
 * O_DIRECT on xfs; reflinks on xfs and btrfs. Costs: one hash lookup per dirtied inode on the host;
 * not measurable against the write itself.
 */
SEC("tp_btf/writeback_mark_inode_dirty")
int BPF_PROG(sw_inode_dirty, struct inode *inode, int flags)
{
	struct sw_real_key key = {};
	struct sw_real_value *v;
	struct sw_slot *slot;
	bool found, pages, meta;
	u32 bits, mark;

	compat_dirty(flags, &pages, &meta);
	if (!pages && !meta) /* lazy timestamps */
		return 0;
	/*
	 * Writeback redirties pages and allocates their blocks on behalf of an earlier writer: what
	 * a kernel thread does decides nothing (a loop device or a file server does write:
	 * userspace compares). io_uring workers are threads of their process, not kernel threads.
	 */
	if (bpf_get_current_task_btf()->flags & PF_KTHREAD)
		pages = false;
	mark = pages ? SW_REAL_F_CHANGED | SW_REAL_F_TOUCHED : SW_REAL_F_TOUCHED;
	key.ino = inode->i_ino;
	key.dev = inode->i_sb->s_dev;
	v = bpf_map_lookup_elem(&sw_reals, &key);
	if (!v)
		return 0;
	slot = slot_get(v->slot);
	if (!slot || slot->state == SW_SLOT_FREE || slot->cgroup_id != v->slot_gen)
		return 0;
	bits = v->class_bits;
	if (!bits && slot->baseline_id)
		bits = baseline_bits(v->ino, slot->baseline_id, &found) & SW_CB_CODE;
	if (!bits && slot->baseline_id)
		return 0;
	if ((__sync_fetch_and_or(&v->flags, mark) & mark) == mark) {
		ledger_count(v->slot, SW_WIRE_CLS_FILE, LEDGER_AGGREGATED);
		return 0;
	}
	return content_emit(inode, v, bits, pages);
}
