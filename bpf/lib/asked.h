/* SPDX-License-Identifier: GPL-2.0-only */
/* A name as a security hook has it: the objects are the kernel's, and nothing is done yet. */
#pragma once

#include "lib/file.h"
#include "lib/known.h"

struct name_asked {
	u32 op, new_mode;
	const struct path *dir, *dir2; /* mount of each; the directory itself is not read */
	struct dentry *from, *to;      /* to: NULL when there is none */
	const char *text;	       /* of a symbolic link, in the kernel's memory */
};

/* Class of what a name stands for now, if that is an object of the baseline; 0 for a free name. */
static __always_inline u32 class_there(struct dentry *dentry, const struct sw_slot *slot)
{
	struct inode *inode = dentry->d_inode;
	bool found;

	if (!inode || !slot->root_dev || inode->i_sb->s_dev != slot->root_dev)
		return 0;
	return baseline_bits(inode->i_ino, slot->baseline_id, &found);
}

static __always_inline bool below_pkgdb(struct dentry *dentry, const struct sw_slot *slot)
{
	return class_there(dentry->d_parent, slot) & SW_CB_PKGDB;
}

/*
 * What the kernel can say. Directories and links have no class of their own: moving one moves what
 * is below or behind it, which userspace knows by name. A name that is taken away from, or given
 * to, something else than a file of the baseline is submitted when it may be one the baseline
 * holds.
 */
SW_FN int name_classify(struct sw_wire_file *r, const struct name_asked *n,
			const struct sw_slot *slot)
{
	u32 bits = r->obj.class_bits, there = n->to ? class_there(n->to, slot) : 0, v = 0;
	bool moves = r->op == SW_WIRE_RENAME || r->op == SW_WIRE_EXCHANGE;
	bool takes = moves || r->op == SW_WIRE_UNLINK;

	if ((bits | there) & SW_CB_PKGDB || below_pkgdb(n->from, slot) ||
	    (n->to && below_pkgdb(n->to, slot)))
		v |= 1u << SW_WIRE_V_PKG_DB;
	if ((takes && bits & SW_CB_CODE) || (moves && there & SW_CB_CODE))
		v |= 1u << SW_WIRE_V_IMMUTABLE;
	r->h.violations = v;
	if (!slot->baseline_id || (r->obj.mode & S_IFMT) != S_IFREG)
		r->h.flags |= SW_WIRE_UNDECIDED;
	if (v || r->op != SW_WIRE_UNLINK || r->h.flags & SW_WIRE_UNDECIDED)
		return VERDICT_SUBMIT;
	return bits & SW_CB_CODE ? VERDICT_SUBMIT : VERDICT_FILTER;
}

/* The record in the scratch buffer, but for its strings; what the kernel can say of it is returned.
 */
SW_FN int name_record(struct sw_scratch *s, const struct sw_task *t, const struct name_asked *n,
		      const struct sw_slot *slot)
{
	struct sw_wire_file *r = (struct sw_wire_file *)s->saved.data;
	struct dentry *from = n->from;
	struct inode *inode = BPF_CORE_READ(from, d_inode);

	head_fill(s, bpf_get_current_task_btf(), SW_WIRE_FILE, SW_WIRE_CLS_FILE, t);
	r->op = n->op;
	r->open_flags = 0;
	r->new_mode = n->new_mode;
	r->detail = 0;
	if (inode) {
		object_fill(&r->obj, inode, from, slot);
	} else { /* a name that is to be made: no object yet */
		r->obj = (struct sw_wire_object){};
		r->h.flags = SW_WIRE_PATH_FORM;
	}
	return name_classify(r, n, slot);
}

SW_FN u32 name_strings(struct sw_scratch *s, struct sw_wire_file *r, const struct name_asked *n)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct path *dir = n->dir,
			  *dir2 = n->dir2; /* no CO-RE access through *n: it is ours */
	struct path at = {.mnt = BPF_CORE_READ(dir, mnt), .dentry = n->from};
	u32 off = sizeof(*r);

	str_none(&r->obj.path);
	str_none(&r->dir);
	str_none(&r->name);
	str_none(&r->dir2);
	str_none(&r->name2);
	if (r->h.flags & SW_WIRE_PATH_FORM)
		off = path_append(s, &r->name, &at, task, off);
	else
		off = path_append(s, &r->obj.path, &at, task, off);
	if (n->text)
		return copied_append(s, &r->name2, n->text, off);
	if (!n->to)
		return off;
	at.mnt = BPF_CORE_READ(dir2, mnt);
	at.dentry = n->to;
	return path_append(s, &r->name2, &at, task, off);
}

/* The name of a dentry, in its directory: none that a rule cares for. */
SW_FN int entry_quiet(struct sw_scratch *s, const struct sw_slot *slot, struct dentry *dentry,
		      const struct path *dir)
{
	struct sw_wire_str name = {.off = sizeof(struct sw_wire_file), .trust = SW_WIRE_T_KERNEL};
	struct sw_quiet_dir now;
	long n = bpf_probe_read_kernel_str(tail(s, name.off), SW_NAME_PART, dentry->d_name.name);

	if (n <= 0 || class_there(dentry, slot) & ~SW_CB_DATA)
		return 0;
	name.len = n;
	if (name_matters(s, &name, slot->baseline_id, NAME_USED))
		return 0;
	dir_begin(&now, bpf_get_current_task_btf(), slot);
	now.dentry = (u64)dentry->d_parent;
	now.mnt = (u64)dir->mnt;
	now.ino = dentry->d_parent->d_inode->i_ino;
	return dir_quiet(s, &now);
}

/* Neither what is named nor the names themselves are of interest to a rule. */
SW_FN int asked_quiet(struct sw_scratch *s, const struct sw_slot *slot, const struct name_asked *n)
{
	if (!names_known(slot) || !entry_quiet(s, slot, n->from, n->dir))
		return 0;
	return !n->to || entry_quiet(s, slot, n->to, n->dir2);
}
