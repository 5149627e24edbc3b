/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels that the sensors meet, and nothing else: the version, both
 * shapes, and when the older one may go. A new difference gets a function here; no sensor tests for
 * a field itself.
 *
 * Floor: 6.1 (Debian 12). "May go" names the floor from which the older shape is dead.
 */
#pragma once

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* 6.3 made kernel_cap_t one u64; before, two u32 words. May go with floor 6.3. */
struct cred___cap64 {
	struct {
		u64 val;
	} cap_effective, cap_permitted;
};
struct cred___cap32 {
	struct {
		u32 cap[2];
	} cap_effective, cap_permitted;
};

/*
 * Overlay is a module on Debian: its types are in the module's BTF, which libbpf only searches when
 * the module is loaded already. Not there: the inode is the member before __upperdentry and behind
 * flags, on every kernel since 4.12, so the neighbours of struct inode are read by its size. May go
 * when overlay is built in everywhere we run.
 */
struct ovl_inode {
	unsigned long flags;
	struct inode vfs_inode;
	struct dentry *__upperdentry;
};
enum ovl_inode_flag { OVL_UPPERDATA = 3 };

/*
 * I_DIRTY_*: an enum in BTF since 6.18 (bits 4..6). 6.12 had moved the bits from 0..2 to 3..5, as
 * macros that BTF does not show, in the series that made i_state a u32: its size tells. The macros
 * may go with floor 6.18, bits 0..2 with floor 6.12.
 */
enum inode_state_flags_t {
	I_DIRTY_SYNC = 1 << 4,
	I_DIRTY_DATASYNC = 1 << 5,
	I_DIRTY_PAGES = 1 << 6,
};
struct inode___state {
	unsigned long i_state;
};

/*
 * A mount namespace's own number, never used again (its inode number is, as soon as it is gone):
 * ns.ns_id since 6.18, mnt_namespace.seq before. seq may go with floor 6.18.
 */
struct ns_common___id {
	u64 ns_id;
};
struct mnt_namespace___id {
	struct ns_common___id ns;
};
struct mnt_namespace___seq {
	u64 seq;
};

/*
 * What a mapped overlay file's descriptor refers to: since 6.6 a mapping holds the real file inside
 * of a backing_file, which knows the path the user opened; before, the real file itself carried
 * that path. May go with floor 6.6.
 */
/* bit 25 of f_mode when it came, bit 24 since 6.14, where 25 says something else: no BTF shows it
 */
#define FMODE_BACKING (1u << 24 | 1u << 25)
#define OVL_MAGIC 0x794c7630
struct backing_file {
	struct file file;
	struct path user_path;
};

/* A pidfd's process: inode->i_private in pidfs since 6.9, file->private_data before. */
#define PID_FS_MAGIC 0x50494446

#pragma clang attribute pop

static __always_inline const struct path *compat_user_path(struct file *file)
{
	const struct path *user;

	if (!bpf_core_field_exists(((struct backing_file *)0)->user_path) ||
	    !(BPF_CORE_READ(file, f_mode) & FMODE_BACKING))
		return &file->f_path;
	/* the bit may be the other one's: then what lies behind the file is no overlay's path */
	user = (void *)file + bpf_core_field_offset(struct backing_file, user_path);
	if (BPF_CORE_READ(user, dentry, d_inode, i_sb, s_magic) == OVL_MAGIC)
		return user;
	return &file->f_path;
}

static __always_inline struct pid *compat_pidfd_pid(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (BPF_CORE_READ(inode, i_sb, s_magic) == PID_FS_MAGIC)
		return BPF_CORE_READ(inode, i_private);
	return BPF_CORE_READ(file, private_data);
}

/*
 * Is this call one of the 32-bit table, or of x32? Only x86 tells by the thread; elsewhere the
 * program's ELF class must do.
 */
#define TS_COMPAT 2
#define X32_BIT 0x40000000u
static __always_inline bool compat_calls_told(void)
{
	return bpf_core_field_exists(((struct thread_info *)0)->status);
}

static __always_inline bool compat_call32(struct task_struct *task)
{
	return compat_calls_told() && task->thread_info.status & TS_COMPAT;
}

static __always_inline u64 compat_cap_effective(const struct cred *cred)
{
	if (bpf_core_field_exists(((struct cred___cap64 *)0)->cap_effective.val))
		return ((struct cred___cap64 *)cred)->cap_effective.val;
	u32 lo = ((struct cred___cap32 *)cred)->cap_effective.cap[0];
	u32 hi = ((struct cred___cap32 *)cred)->cap_effective.cap[1];

	return (u64)hi << 32 | lo;
}

static __always_inline u64 compat_cap_permitted(const struct cred *cred)
{
	if (bpf_core_field_exists(((struct cred___cap64 *)0)->cap_permitted.val))
		return ((struct cred___cap64 *)cred)->cap_permitted.val;
	u32 lo = ((struct cred___cap32 *)cred)->cap_permitted.cap[0];
	u32 hi = ((struct cred___cap32 *)cred)->cap_permitted.cap[1];

	return (u64)hi << 32 | lo;
}

static __always_inline struct dentry *compat_ovl_upper(struct inode *inode)
{
	struct dentry *upper = NULL;

	if (bpf_core_type_exists(struct ovl_inode)) {
		struct ovl_inode *oi =
			(void *)inode - bpf_core_field_offset(struct ovl_inode, vfs_inode);
		upper = BPF_CORE_READ(oi, __upperdentry);
	} else {
		bpf_probe_read_kernel(&upper, sizeof(upper),
				      (void *)inode + bpf_core_type_size(struct inode));
	}
	return upper;
}

static __always_inline bool compat_ovl_upperdata(struct inode *inode)
{
	unsigned long flags = 0;

	if (bpf_core_type_exists(struct ovl_inode)) {
		struct ovl_inode *oi =
			(void *)inode - bpf_core_field_offset(struct ovl_inode, vfs_inode);
		flags = BPF_CORE_READ(oi, flags);
	} else {
		bpf_probe_read_kernel(&flags, sizeof(flags), (void *)inode - sizeof(unsigned long));
	}
	return flags & (1UL << OVL_UPPERDATA);
}

/* The controllers' numbers depend on the configuration (enum values, relocated), not on the
 * version. */
static __always_inline struct cgroup *compat_cgroup_v1(struct css_set *cset, bool memory)
{
	struct cgroup_subsys_state *css;
	u32 nr;

	if (memory) {
		if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
			return NULL;
		nr = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
	} else {
		if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
			return NULL;
		nr = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id);
	}
	bpf_probe_read_kernel(&css, sizeof(css),
			      (void *)cset + bpf_core_field_offset(struct css_set, subsys) +
				      nr * sizeof(void *));
	return css ? BPF_CORE_READ(css, cgroup) : NULL;
}

/*
 * The parent through the cgroup's own css, which is the same on all kernels; cgroup.ancestors[] is
 * an array of pointers since 6.2, ancestor_ids[] of ids before, and kernfs_node.parent became
 * __parent in 6.15: none is used.
 */
static __always_inline struct cgroup *compat_cgroup_parent(struct cgroup *cg)
{
	struct cgroup_subsys_state *parent = BPF_CORE_READ(cg, self.parent);

	return parent ? (void *)parent - bpf_core_field_offset(struct cgroup, self) : NULL;
}

/* What a dirtied inode's flags say: pages (content), or the inode itself (size, times, owner). */
static __always_inline void compat_dirty(u32 flags, bool *ret_pages, bool *ret_inode)
{
	u32 pages, other;

	if (bpf_core_enum_value_exists(enum inode_state_flags_t, I_DIRTY_PAGES)) {
		pages = bpf_core_enum_value(enum inode_state_flags_t, I_DIRTY_PAGES);
		other = bpf_core_enum_value(enum inode_state_flags_t, I_DIRTY_SYNC) |
			bpf_core_enum_value(enum inode_state_flags_t, I_DIRTY_DATASYNC);
	} else {
		u32 shift = bpf_core_field_size(((struct inode___state *)0)->i_state) == 4 ? 3 : 0;

		pages = 4 << shift;
		other = 3 << shift;
	}
	*ret_pages = flags & pages;
	*ret_inode = flags & other;
}

static __always_inline u64 compat_mnt_id(struct mnt_namespace *m)
{
	if (bpf_core_field_exists(((struct mnt_namespace___id *)0)->ns.ns_id))
		return BPF_CORE_READ((struct mnt_namespace___id *)m, ns.ns_id);
	return BPF_CORE_READ((struct mnt_namespace___seq *)m, seq);
}
