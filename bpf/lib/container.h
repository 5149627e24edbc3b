/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which container a task belongs to: its registered cgroup ancestor, inherited by lineage in task
 * storage. A member stays a member wherever it moves; namespaces are attributes, never the key.
 */
#pragma once

#include "kernel/compat.h"
#include "lib/emit.h"

#define SW_CGROUP_LEVELS 32

struct cgroup_walk {
	u64 cgroup;
	u32 slot;
};

static long cgroup_step(u32 i, struct cgroup_walk *w)
{
	struct cgroup *cg = (void *)w->cgroup;
	struct sw_cgroup_key key = {};
	u32 *slot;

	if (!cg)
		return 1;
	key.cgroup_id = BPF_CORE_READ(cg, kn, id);
	key.hierarchy_id = BPF_CORE_READ(cg, root, hierarchy_id);
	slot = bpf_map_lookup_elem(&sw_cgroups, &key);
	if (slot) {
		w->slot = *slot;
		return 1;
	}
	w->cgroup = (u64)compat_cgroup_parent(cg);
	return 0;
}

/* Slot of the nearest registered ancestor of a cgroup, itself included; 0 when there is none. */
SW_FN u32 cgroup_slot(struct cgroup *cg)
{
	struct cgroup_walk w = {.cgroup = (u64)cg};

	bpf_loop(SW_CGROUP_LEVELS, cgroup_step, &w, 0);
	return w.slot;
}

/* The same for a task, in the hierarchies that are in use. */
SW_FN u32 cset_slot(struct css_set *cset)
{
	struct sw_cfg *cfg = cfg_get();
	u32 slot = 0;

	if (!cfg || !cset)
		return 0;
	if (cfg->use_v2)
		slot = cgroup_slot(BPF_CORE_READ(cset, dfl_cgrp));
	if (!slot && cfg->use_v1_memory)
		slot = cgroup_slot(compat_cgroup_v1(cset, true));
	if (!slot && cfg->use_v1_pids)
		slot = cgroup_slot(compat_cgroup_v1(cset, false));
	return slot;
}

/*
 * The task's namespaces and root as they are now. Read through the task itself, whose type the
 * verifier knows: one instruction a step, where a helper call for each made 60 to 90; a pointer
 * that is NULL reads as zero.
 */
static __always_inline void ns_read(struct task_struct *task, struct sw_task_ns *ret)
{
	struct nsproxy *p = task->nsproxy;

	ret->inum[0] = p->mnt_ns->ns.inum;
	ret->inum[1] = p->uts_ns->ns.inum;
	ret->inum[2] = p->ipc_ns->ns.inum;
	ret->inum[3] = p->pid_ns_for_children->ns.inum;
	ret->inum[4] = p->net_ns->ns.inum;
	ret->inum[5] = task->real_cred->user_ns->ns.inum;
	ret->inum[6] = p->cgroup_ns->ns.inum;
	ret->inum[7] = p->time_ns_for_children->ns.inum;
	ret->root_mnt = (u64)task->fs->root.mnt;
	ret->root_dentry = (u64)task->fs->root.dentry;
}

static __always_inline void creds_of(const struct cred *cred, struct sw_task_creds *ret)
{
	ret->effective = compat_cap_effective(cred);
	ret->permitted = compat_cap_permitted(cred);
	ret->ids[0] = cred->uid.val;
	ret->ids[1] = cred->euid.val;
	ret->ids[2] = cred->suid.val;
	ret->ids[3] = cred->fsuid.val;
	ret->ids[4] = cred->gid.val;
	ret->ids[5] = cred->egid.val;
	ret->ids[6] = cred->sgid.val;
	ret->ids[7] = cred->fsgid.val;
	ret->user_ns = cred->user_ns->ns.inum;
	ret->pad = 0;
}

/* The task's own identity: not what it may have taken on for the time of a call. */
static __always_inline void creds_read(struct task_struct *task, struct sw_task_creds *ret)
{
	creds_of(task->real_cred, ret);
}

static __always_inline bool task_slot_live(const struct sw_task *t)
{
	struct sw_slot *slot = slot_get(t->slot);

	return slot && slot->state != SW_SLOT_FREE && slot->cgroup_id == t->slot_gen;
}

/* Fills in a context for a task that is a member of slot (0: of none). */
static __always_inline void task_set(struct sw_task *t, struct task_struct *task, u32 slot,
				     u32 phase)
{
	struct sw_slot *sl = slot ? slot_get(slot) : NULL;
	struct sw_cfg *cfg = cfg_get();

	t->head.start_ns = task->group_leader->start_boottime;
	t->head.exec_ns = 0;
	t->cset = (u64)task->cgroups;
	t->table_gen = cfg ? cfg->table_gen : 0;
	t->slot = sl ? slot : 0;
	t->slot_gen = sl ? sl->cgroup_id : 0;
	t->entry = 0;
	t->phase = sl ? phase : SW_PHASE_NONE;
	t->uring_ops = 0;
	t->compat = 0;
	t->told = 0;
	if (sl) {
		ns_read(task, &t->ns);
		creds_read(task, &t->creds);
	}
}

/*
 * The context of a task, worked out when it has none or a stale one. A task found inside this way
 * was not seen entering: when its answer "no member" was for another css_set it was moved in since
 * (as a thread of a moved process: cgroup_attach_task names the leader only) and follows its
 * leader, else it is older than the watch: entry 0. But where everybody who is older has a context,
 * or nobody is, who is met without one is just being moved in, and has run ahead of
 * cgroup_attach_task, which the mover reaches when the controllers have had their say.
 */
SW_FN struct sw_task *task_resolve(struct task_struct *task, struct sw_task *t)
{
	struct sw_cfg *cfg = cfg_get();
	struct css_set *cset = task->cgroups;
	struct task_struct *first;
	struct sw_task *leader;
	struct sw_slot *sl;
	bool moved;
	u32 slot;

	if (!cfg)
		return NULL;
	moved = t && !t->slot && t->table_gen == cfg->table_gen;
	slot = cset_slot(cset);
	if (!t)
		t = bpf_task_storage_get(&sw_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		if (slot)
			failed_count(SW_FAILED_TASK);
		return NULL;
	}
	sl = slot ? slot_get(slot) : NULL;
	moved |= sl && sl->flags & (SW_SLOT_F_BORN | SW_SLOT_F_SWEPT);
	task_set(t, task, slot, moved ? SW_PHASE_ENTERING : SW_PHASE_IN);
	if (!t->slot)
		return t;
	first = task->group_leader;
	leader = first ? bpf_task_storage_get(&sw_tasks, first, 0, 0) : NULL;
	if (leader && leader != t && leader->slot == t->slot && leader->slot_gen == t->slot_gen) {
		t->entry = leader->entry;
		t->phase = leader->phase;
	}
	return t;
}

/* The fast path of every hook: the context if the task is a member of a live container, else NULL.
 */
static __always_inline struct sw_task *task_member(struct task_struct *task)
{
	struct sw_task *t = bpf_task_storage_get(&sw_tasks, task, 0, 0);

	if (t && t->slot && task_slot_live(t))
		return t;
	if (!t || t->slot) {
		t = task_resolve(task, t);
	} else {
		struct sw_cfg *cfg = cfg_get();

		if (cfg && t->table_gen == cfg->table_gen && t->cset == (u64)task->cgroups)
			return NULL;
		t = task_resolve(task, t);
	}
	return t && t->slot ? t : NULL;
}

/* A member whose entry is complete; what others do is the runtime's, and counted as filtered. */
static __always_inline struct sw_task *member_in(struct task_struct *task, u32 cls)
{
	struct sw_task *t = task_member(task);

	if (t && t->phase != SW_PHASE_IN) {
		ledger_count(t->slot, cls, LEDGER_FILTERED);
		return NULL;
	}
	return t;
}

static __always_inline void host_read(struct task_struct *task, struct sw_host *ret)
{
	struct inode *root = BPF_CORE_READ(task, fs, root.dentry, d_inode);

	ret->root_ino = BPF_CORE_READ(root, i_ino);
	ret->root_dev = BPF_CORE_READ(root, i_sb, s_dev);
	ret->mnt_inum = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
}

/*
 * Does the task stand on a root and in a mount namespace of its own? The runtime's stages (runc
 * init from a memfd, the host's runc) run on the host's root or in its mount namespace, and are not
 * the workload.
 */
SW_FN bool task_own_root(struct task_struct *task)
{
	struct sw_cfg *cfg = cfg_get();
	struct sw_host now;

	if (!cfg)
		return false;
	host_read(task, &now);
	for (u32 i = 0; i < SW_HOSTS; i++) {
		const struct sw_host *h = &cfg->host[i];

		if (h->mnt_inum && (now.mnt_inum == h->mnt_inum ||
				    (now.root_ino == h->root_ino && now.root_dev == h->root_dev)))
			return false;
	}
	return true;
}

/* Notes where a container lives, when the first task that stands in it is met. */
SW_FN int slot_place(struct sw_slot *sl, u32 slot, struct task_struct *task)
{
	u64 mnt = compat_mnt_id(BPF_CORE_READ(task, nsproxy, mnt_ns));

	if (sl->root_dev)
		return 0;
	sl->root_dev = BPF_CORE_READ(task, fs, root.mnt, mnt_sb, s_dev);
	sl->mnt_id = mnt;
	if (task_own_root(task) && bpf_map_update_elem(&sw_mounts, &mnt, &slot, BPF_ANY))
		failed_count(SW_FAILED_SLOT);
	return 0;
}

/*
 * A task of no container that stands in a container's mount namespace: it came in by the namespaces
 * alone (nsenter). It becomes a member, entering; NULL when it stands nowhere of interest.
 */
SW_FN struct sw_task *task_joined(struct task_struct *task)
{
	struct mnt_namespace *ns = BPF_CORE_READ(task, nsproxy, mnt_ns);
	u32 inum = BPF_CORE_READ(ns, ns.inum), *slot;
	struct sw_cfg *cfg = cfg_get();
	struct sw_slot *sl;
	struct sw_task *t;
	u64 mnt;

	if (!cfg || inum == cfg->host[SW_HOST_INIT].mnt_inum ||
	    inum == cfg->host[SW_HOST_SELF].mnt_inum)
		return NULL;
	mnt = compat_mnt_id(ns);
	slot = bpf_map_lookup_elem(&sw_mounts, &mnt);
	sl = slot ? slot_get(*slot) : NULL;
	if (!sl || sl->state == SW_SLOT_FREE || sl->mnt_id != mnt)
		return NULL;
	t = bpf_task_storage_get(&sw_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!t) {
		failed_count(SW_FAILED_TASK);
		return NULL;
	}
	task_set(t, task, *slot, SW_PHASE_ENTERING);
	return t->slot ? t : NULL;
}
