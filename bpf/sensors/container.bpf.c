/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Containers and lineage: which cgroups are containers, which tasks are in them, and how they got
 * in. Judges nothing but the order of entries (which is counted when an entry's first image runs:
 * see exec.bpf.c).
 */
#include "lib/namespace.h"
#include "lib/path.h"
#include "lib/pending.h"
#include "lib/privilege.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define SW_ID_HEX 64

/* ---- lineage ---- */

static __always_inline u32 clone_bits(u64 clone_flags)
{
	u32 bits = 0;

	if (clone_flags & 0x00020000)
		bits |= 1u << 0;
	if (clone_flags & 0x04000000)
		bits |= 1u << 1;
	if (clone_flags & 0x08000000)
		bits |= 1u << 2;
	if (clone_flags & 0x20000000)
		bits |= 1u << 3;
	if (clone_flags & 0x40000000)
		bits |= 1u << 4;
	if (clone_flags & 0x10000000)
		bits |= 1u << 5;
	if (clone_flags & 0x02000000)
		bits |= 1u << 6;
	if (clone_flags & 0x00000080)
		bits |= 1u << 7;
	return bits;
}

SW_FN int child_set(struct task_struct *child, const struct sw_task *from, u32 slot)
{
	struct sw_task *c =
		bpf_task_storage_get(&sw_tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!c) {
		failed_count(SW_FAILED_TASK);
		return 0;
	}
	task_set(c, child, slot, from ? from->phase : SW_PHASE_ENTERING);
	if (!from)
		return 0;
	c->entry = from->entry;
	c->compat = from->compat;
	if (child->tgid == bpf_get_current_task_btf()->tgid)
		c->told = from->told;
	if (from->phase == SW_PHASE_ENTERING) {
		c->ns = from->ns; /* what it came in with, for entry_complete */
		return 0;
	}
	/* a clone into a new user namespace: the child begins with what its parent did not have */
	c->creds = from->creds;
	creds_diff(child, c, SW_WIRE_PRIV_USERNS);
	return 0;
}

/*
 * Why: runs for every new task in the parent's context before the child runs; the flags are the
 * kernel's own copy, so clone3's argument block cannot lie. Covers threads and io_uring workers
 * (sched_process_fork does not). Misses: nothing known. Costs: one task storage lookup per fork on
 * the host; one insert per fork in a container.
 */
SEC("tp_btf/task_newtask")
int BPF_PROG(sw_task_newtask, struct task_struct *child, u64 clone_flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = task_member(task);
	u32 bits, slot;

	if (!t) {
		/* CLONE_INTO_CGROUP gives no cgroup_attach_task event: the child's css_set differs
		 */
		struct css_set *cset = child->cgroups;

		if (cset == task->cgroups)
			return 0;
		slot = cset_slot(cset);
		if (slot)
			child_set(child, NULL, slot);
		return 0;
	}
	ns_diff(task, t, SW_WIRE_NS_UNSHARE);
	creds_diff(task, t, SW_WIRE_PRIV_OTHER);
	child_set(child, t, t->slot);
	bits = clone_bits(clone_flags);
	if (bits && t->phase == SW_PHASE_IN)
		ns_emit(task, t, SW_WIRE_NS_CLONE,
			(u64)bits << 32 | (u32)BPF_CORE_READ(child, tgid));
	return 0;
}

/*
 * Why: the last chance to compare a member with what was reported of it. The task's namespaces are
 * still its own here. Costs: one task storage lookup per end of a task.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sw_process_exit, struct task_struct *task)
{
	struct sw_task *t = bpf_task_storage_get(&sw_tasks, task, 0, 0);
	struct sw_pending *p;

	if (!t || !t->slot || !task_slot_live(t))
		return 0;
	ns_diff(task, t, SW_WIRE_NS_UNSHARE);
	creds_diff(task, t, SW_WIRE_PRIV_OTHER);
	p = bpf_task_storage_get(&sw_pendings, task, 0, 0);
	if (p)
		pending_over(p);
	return 0;
}

/*
 * Why: a task that comes from outside into a registered cgroup enters the container: this is how
 * runtimes and nsenter wrappers do it. Names the leader only: see task_resolve for the other
 * threads. Misses: CLONE_INTO_CGROUP (task_newtask sees it); entering the namespaces without the
 * cgroup. Costs: nothing elsewhere; a walk to the root of the hierarchy per move.
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(sw_cgroup_attach_task, struct cgroup *dst, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	u32 slot = cgroup_slot(dst);
	struct sw_task *t = bpf_task_storage_get(&sw_tasks, task, 0, 0);

	if (t && t->slot && task_slot_live(t)) {
		struct sw_slot *sl = slot_get(t->slot);

		/* a member moved out: it stays a member by lineage, and the move is counted */
		if (!slot && sl && BPF_CORE_READ(dst, root, hierarchy_id) == sl->hierarchy_id)
			__sync_fetch_and_add(&sl->left, 1);
		return 0;
	}
	if (!slot)
		return 0;
	t = bpf_task_storage_get(&sw_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		failed_count(SW_FAILED_TASK);
		return 0;
	}
	task_set(t, task, slot, SW_PHASE_ENTERING);
	return 0;
}

/* ---- containers ---- */

static __always_inline bool hex(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

struct hex_scan {
	struct sw_scratch *s;
	u32 off, bad;
};

static long hex_step(u32 i, struct hex_scan *h)
{
	if (hex(*(u8 *)tail(h->s, h->off + i)))
		return 0;
	h->bad = 1;
	return 1;
}

/*
 * Where the id begins in the name at off (len without NUL), 0 when it is no container's: 64 hex
 * digits, alone or behind "runtime-", maybe with ".scope". conmon's own cgroup
 * (libpod-conmon-ID.scope, crio-conmon-ID.scope) is not the container.
 */
SW_FN u32 container_id(struct sw_scratch *s, u32 off, u32 len)
{
	struct hex_scan h = {.s = s};
	u32 end = off + len;

	if (len > 6 && *(char *)tail(s, end - 6) == '.' && *(char *)tail(s, end - 5) == 's' &&
	    *(char *)tail(s, end - 1) == 'e') {
		end -= 6;
		len -= 6;
	}
	if (len < SW_ID_HEX)
		return 0;
	h.off = end - SW_ID_HEX;
	bpf_loop(SW_ID_HEX, hex_step, &h, 0);
	if (h.bad)
		return 0;
	if (len == SW_ID_HEX)
		return h.off;
	if (*(char *)tail(s, h.off - 1) != '-')
		return 0;
	if (len >= SW_ID_HEX + 7 && *(char *)tail(s, h.off - 7) == 'c' &&
	    *(char *)tail(s, h.off - 6) == 'o' && *(char *)tail(s, h.off - 2) == 'n')
		return 0;
	return h.off;
}

struct slot_scan {
	struct sw_cgroup_key key;
	u32 slot, max;
};

static long slot_step(u32 i, struct slot_scan *w)
{
	u32 idx = i + 1;
	struct sw_slot *sl;

	if (idx > w->max)
		return 1;
	sl = slot_get(idx);
	if (!sl)
		return 1;
	if (sl->state != SW_SLOT_FREE ||
	    __sync_val_compare_and_swap(&sl->state, SW_SLOT_FREE, SW_SLOT_PENDING) != SW_SLOT_FREE)
		return 0;
	sl->cgroup_id = w->key.cgroup_id;
	sl->hierarchy_id = w->key.hierarchy_id;
	sl->flags = SW_SLOT_F_BORN;
	sl->baseline_id = 0;
	sl->root_dev = 0;
	sl->entries = 0;
	sl->left = 0;
	sl->mnt_id = 0;
	sl->born_ns = bpf_ktime_get_boot_ns();
	w->slot = idx;
	return 1;
}

SW_FN int container_emit(struct sw_scratch *s, u32 type, const struct sw_cgroup_key *key, u32 slot,
			 u32 name_len)
{
	struct sw_task t = {.slot = slot, .slot_gen = key->cgroup_id};
	struct sw_wire_container *r = (struct sw_wire_container *)s->saved.data;
	u32 off = sizeof(*r);

	head_fill(s, bpf_get_current_task_btf(), type, SW_WIRE_CLS_LIFE, &t);
	r->cgroup_id = key->cgroup_id;
	r->hierarchy_id = key->hierarchy_id;
	r->pad = 0;
	str_finish(&r->name, off, name_len + 1, SW_WIRE_T_KERNEL);
	emit(s, off + name_len + 1);
	return 0;
}

static __always_inline long cgroup_name(struct sw_scratch *s, struct cgroup *cg, u32 off)
{
	return bpf_probe_read_kernel_str(tail(s, off), SW_NAME_PART, BPF_CORE_READ(cg, kn, name)) -
	       1;
}

SW_FN int container_new(struct sw_scratch *s, struct cgroup *cg, const struct sw_cgroup_key *key,
			u32 max_slot)
{
	struct slot_scan w = {.key = *key, .max = max_slot};
	u32 off = sizeof(struct sw_wire_container);
	long len = cgroup_name(s, cg, off);
	struct sw_slot *sl;
	u32 id;

	if (len < SW_ID_HEX)
		return 0;
	id = container_id(s, off, len);
	if (!id || cgroup_slot(cg))
		return 0;
	bpf_loop(1 << 16, slot_step, &w, 0);
	sl = w.slot ? slot_get(w.slot) : NULL;
	if (sl)
		bpf_probe_read_kernel(sl->id, SW_ID_HEX, tail(s, id));
	if (!w.slot || bpf_map_update_elem(&sw_cgroups, key, &w.slot, BPF_ANY)) {
		failed_count(SW_FAILED_SLOT);
		return 0;
	}
	container_emit(s, SW_WIRE_CONTAINER_NEW, key, w.slot, len);
	return 0;
}

/*
 * Why: the container's cgroup exists before its first task, so the watch does too: the slot is
 * taken here, in the kernel, and everything is recorded in full until userspace knows what it is.
 * Misses: containers whose cgroup is not named by a 64-digit id; a full table (counted as a failed
 * insert). Costs: one name comparison per new cgroup.
 */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(sw_cgroup_mkdir, struct cgroup *cg, const char *path)
{
	struct sw_cfg *cfg = cfg_get();
	struct sw_cgroup_key key = {};
	struct sw_scratch *s;

	if (!cfg || !(cfg->flags & SW_CFG_WATCH_NEW))
		return 0;
	key.cgroup_id = BPF_CORE_READ(cg, kn, id);
	key.hierarchy_id = BPF_CORE_READ(cg, root, hierarchy_id);
	if (key.hierarchy_id != cfg->new_hierarchy)
		return 0;
	s = scratch_take();
	if (!s) {
		ledger_count(0, SW_WIRE_CLS_LIFE, LEDGER_ERROR);
		return 0;
	}
	container_new(s, cg, &key, cfg->max_slot);
	scratch_put(s);
	return 0;
}

/*
 * Why: ends the container's life in the records. The slot stays until userspace releases it, so
 * that the ledger can still be read; the cgroup's id is not used again by the kernel. Costs: one
 * map lookup per removed cgroup.
 */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(sw_cgroup_rmdir, struct cgroup *cg, const char *path)
{
	struct sw_cgroup_key key = {};
	struct sw_scratch *s;
	struct sw_slot *sl;
	u32 *slot;
	long len;

	key.cgroup_id = BPF_CORE_READ(cg, kn, id);
	key.hierarchy_id = BPF_CORE_READ(cg, root, hierarchy_id);
	slot = bpf_map_lookup_elem(&sw_cgroups, &key);
	if (!slot)
		return 0;
	sl = slot_get(*slot);
	if (sl)
		__sync_fetch_and_or(&sl->flags, SW_SLOT_F_GONE);
	s = scratch_take();
	if (!s) {
		ledger_count(*slot, SW_WIRE_CLS_LIFE, LEDGER_ERROR);
		return 0;
	}
	len = cgroup_name(s, cg, sizeof(struct sw_wire_container));
	if (len < 0)
		len = 0;
	container_emit(s, SW_WIRE_CONTAINER_GONE, &key, *slot, len);
	scratch_put(s);
	return 0;
}

/*
 * Why: when a cgroup that has tasks already is registered, each of them gets its context now, so
 * that the state diff has something to compare with at the task's first change. Costs: once per
 * late registration, a walk over all tasks.
 */
SEC("iter/task")
int sw_sweep(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct sw_slot *sl;
	struct sw_task *t;
	struct sw_cfg *cfg;

	if (!task)
		return 0;
	cfg = cfg_get();
	if (cfg && BPF_CORE_READ(task, pid) == 1)
		host_read(task, &cfg->host[SW_HOST_INIT]);
	t = bpf_task_storage_get(&sw_tasks, task, 0, 0);
	if (!t || !t->slot || !task_slot_live(t)) {
		if (!cset_slot(task->cgroups))
			return 0; /* no context for a task that is no member */
		t = task_resolve(task, t);
	}
	if (!t || !t->slot)
		return 0;
	sl = slot_get(t->slot);
	/* nobody is older than the watch of a container that was registered before its first task
	 */
	if (!sl || sl->entries || sl->flags & SW_SLOT_F_BORN)
		return 0;
	__sync_fetch_and_or(&sl->flags, SW_SLOT_F_LATE);
	if (task_own_root(task))
		__sync_fetch_and_or(&sl->flags, SW_SLOT_F_OWN_ROOT);
	slot_place(sl, t->slot, task);
	return 0;
}
