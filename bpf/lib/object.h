/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file is: inode, overlay state, place, and the baseline's class of it. The path is only a
 * label. */
#pragma once

#include "kernel/compat.h"
#include "lib/path.h"

#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define TMPFS_MAGIC 0x01021994
#define S_IFMT 0170000
#define S_IFREG 0100000

#define DEV_MINOR_BITS 20

/* The inode whose pages the object's bytes are in: the upper one once an overlay file was copied
 * up. */
static __always_inline struct inode *object_real(struct inode *inode, u32 *ret_flags)
{
	struct dentry *upper;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return inode;
	upper = compat_ovl_upper(inode);
	if (!upper)
		return NULL;
	*ret_flags |= SW_WOBJ_UPPER;
	if (compat_ovl_upperdata(inode))
		*ret_flags |= SW_WOBJ_UPPERDATA;
	return BPF_CORE_READ(upper, d_inode);
}

/* One that has no directory above it. */
static __always_inline bool dentry_memfd(struct dentry *dentry)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' &&
	       name[4] == 'd' && name[5] == ':';
}

/* Bits of an inode in a baseline; *ret_found tells absent from "no class". */
static __always_inline u32 baseline_bits(u64 ino, u32 baseline, bool *ret_found)
{
	struct sw_inode_key key = {.ino = ino, .baseline_id = baseline};
	u32 *bits = baseline ? bpf_map_lookup_elem(&sw_inodes, &key) : NULL;

	*ret_found = bits;
	return bits ? *bits : 0;
}

/* What decides: whose it is, and what the baseline says of it. */
SW_FN int object_decide(struct sw_wire_object *o, struct inode *inode, struct dentry *dentry,
			const struct sw_slot *slot)
{
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);
	u32 flags = 0;
	bool found = false;

	*o = (struct sw_wire_object){};
	o->ino = BPF_CORE_READ(inode, i_ino);
	o->dev = BPF_CORE_READ(sb, s_dev);
	o->fs_magic = BPF_CORE_READ(sb, s_magic);
	o->mode = BPF_CORE_READ(inode, i_mode);
	o->nlink = BPF_CORE_READ(inode, __i_nlink);
	if (dentry) {
		/* a file system's root is in no hash, and nothing that was deleted */
		if (BPF_CORE_READ(dentry, d_parent) == dentry)
			flags |= dentry_memfd(dentry) ? SW_WOBJ_MEMFD : 0;
		else if (!BPF_CORE_READ(dentry, d_hash.pprev))
			flags |= SW_WOBJ_DELETED;
	}
	if (!o->nlink)
		flags |= SW_WOBJ_DELETED;
	if (slot->root_dev && o->dev == slot->root_dev) {
		flags |= SW_WOBJ_ON_ROOT;
		o->class_bits = baseline_bits(o->ino, slot->baseline_id, &found);
		if (found)
			flags |= SW_WOBJ_IN_BASELINE;
	}
	o->flags = flags;
	return 0;
}

/* What only a record needs. */
SW_FN int object_describe(struct sw_wire_object *o, struct inode *inode)
{
	u32 flags = 0;
	struct inode *real = object_real(inode, &flags);

	o->generation = BPF_CORE_READ(inode, i_generation);
	o->uid = BPF_CORE_READ(inode, i_uid.val);
	o->gid = BPF_CORE_READ(inode, i_gid.val);
	o->size = BPF_CORE_READ(inode, i_size);
	if (real && real != inode) {
		o->real_ino = BPF_CORE_READ(real, i_ino);
		o->real_dev = BPF_CORE_READ(real, i_sb, s_dev);
	}
	o->flags |= flags;
	return 0;
}

/* Everything but the path. */
static __always_inline void object_fill(struct sw_wire_object *o, struct inode *inode,
					struct dentry *dentry, const struct sw_slot *slot)
{
	object_decide(o, inode, dentry, slot);
	object_describe(o, inode);
}

/* ---- who opened it for write ---- */

static __always_inline struct sw_real_key real_key(const struct sw_wire_object *o)
{
	return (struct sw_real_key){.ino = o->real_ino ?: o->ino, .dev = o->real_dev ?: o->dev};
}

/* What is remembered of the object's bytes since somebody opened them for write; NULL: nobody did.
 */
static __always_inline struct sw_real_value *object_opened(const struct sw_wire_object *o)
{
	struct sw_real_key key = real_key(o);

	return bpf_map_lookup_elem(&sw_reals, &key);
}
