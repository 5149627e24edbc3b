/* SPDX-License-Identifier: GPL-2.0-only */
/* A record about a file object that is at hand, and what the kernel can say of it. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/object.h"
#include "lib/syscall.h"

struct file_args {
	u32 op, open_flags, new_mode, detail;
	u64 attr;	 /* XATTR: its name ... */
	u32 attr_copied; /* ... in the kernel's memory, not the user's */
};

/* Remembers which inode holds the bytes, so that the dirty hook knows it, also when the writer is
 * outside. */
SW_FN int real_remember(const struct sw_wire_object *o, const struct sw_task *t)
{
	struct sw_real_key key = real_key(o);
	struct sw_real_value v = {
		.slot_gen = t->slot_gen,
		.ino = o->ino,
		.dev = o->dev,
		.slot = t->slot,
		.class_bits = o->class_bits,
	};
	struct sw_real_value *old = object_opened(o);

	if (old && old->slot_gen == v.slot_gen)
		return 0;
	if (bpf_map_update_elem(&sw_reals, &key, &v, BPF_ANY))
		failed_count(SW_FAILED_REAL);
	return 0;
}

static __always_inline void real_changed(const struct sw_wire_object *o)
{
	struct sw_real_value *v = object_opened(o);

	if (v)
		__sync_fetch_and_or(&v->flags, SW_REAL_F_CHANGED);
}

/* Does the object lie in a directory that holds a package database? */
static __always_inline bool in_pkgdb(const struct sw_wire_object *o, struct dentry *dentry,
				     u32 baseline)
{
	bool found;

	if (!(o->flags & SW_WOBJ_ON_ROOT))
		return false;
	return baseline_bits(BPF_CORE_READ(dentry, d_parent, d_inode, i_ino), baseline, &found) &
	       SW_CB_PKGDB;
}

static __always_inline bool changes_content(u32 op)
{
	return op == SW_WIRE_TRUNCATE || op == SW_WIRE_ALLOCATE || op == SW_WIRE_CLONE_RANGE;
}

enum verdict { VERDICT_FILTER, VERDICT_SUBMIT };

/* What the kernel can say of the operation. Without a baseline: everything is kept, nothing is
 * decided. */
SW_FN int file_classify(struct sw_wire_file *r, struct dentry *dentry, u32 baseline)
{
	struct sw_wire_object *o = &r->obj;
	u32 v = 0, x = (r->new_mode | o->mode) & 0111;
	bool made = r->op == SW_WIRE_CREATE;

	/* a pidfd looks like an executable file that is opened for write (6.9 and later) */
	if ((o->mode & S_IFMT) != S_IFREG || o->fs_magic == PID_FS_MAGIC)
		return VERDICT_FILTER;
	if (o->class_bits & SW_CB_PKGDB || in_pkgdb(o, dentry, baseline))
		v |= 1u << SW_WIRE_V_PKG_DB;
	if (o->class_bits & SW_CB_CODE && !(o->flags & SW_WOBJ_DELETED) &&
	    r->op != SW_WIRE_OPEN_WRITE && !made)
		v |= 1u << SW_WIRE_V_IMMUTABLE;
	r->h.violations = v;
	if (v || o->class_bits & SW_CB_CODE)
		return VERDICT_SUBMIT;
	if (!baseline && o->flags & SW_WOBJ_ON_ROOT) {
		r->h.flags |= SW_WIRE_UNDECIDED;
		return VERDICT_SUBMIT;
	}
	if (made || r->op == SW_WIRE_CHMOD)
		return (made ? o->mode : r->new_mode) & 0111 ? VERDICT_SUBMIT : VERDICT_FILTER;
	return x && !(o->flags & SW_WOBJ_IN_BASELINE) ? VERDICT_SUBMIT : VERDICT_FILTER;
}

/*
 * The operation is done: where are the object's bytes now? Doing it may have copied an overlay's
 * file up, and it is that inode which the dirty hook will meet.
 */
SW_FN int file_follow(struct sw_wire_file *r, const struct sw_task *t, struct inode *inode)
{
	struct sw_wire_object *o = &r->obj;
	struct inode *real;
	u32 flags = 0;

	real = object_real(inode, &flags);
	if (real && real != inode) {
		o->real_ino = BPF_CORE_READ(real, i_ino);
		o->real_dev = BPF_CORE_READ(real, i_sb, s_dev);
	}
	o->flags |= flags;
	if (o->flags & SW_WOBJ_DELETED || (o->mode & S_IFMT) != S_IFREG)
		return 0;
	if (o->class_bits & SW_CB_CODE ||
	    (r->h.flags & SW_WIRE_UNDECIDED && o->flags & SW_WOBJ_ON_ROOT)) {
		real_remember(o, t);
		if (changes_content(r->op) && o->class_bits & SW_CB_CODE)
			real_changed(o);
	}
	return 0;
}

/* The attribute's name; file capabilities are an operation of their own. */
SW_FN u32 attr_append(struct sw_scratch *s, struct sw_wire_file *r, const struct file_args *a,
		      u32 off)
{
	u32 end = a->attr_copied ? copied_append(s, &r->name2, (const char *)a->attr, off)
				 : user_append(s, &r->name2, a->attr, off);

	/* "security.capability": by its length and letters that no other of that length has */
	if (end - off == 20 && *(char *)tail(s, off) == 's' && *(char *)tail(s, off + 9) == 'c' &&
	    *(char *)tail(s, off + 10) == 'a' && *(char *)tail(s, off + 11) == 'p' &&
	    *(char *)tail(s, off + 18) == 'y')
		r->op = SW_WIRE_FILECAPS;
	return end;
}

/*
 * The record of an operation on the object at path, in the scratch buffer: its length, or 0 when it
 * is of no interest (counted as filtered).
 */
SW_FN u32 file_build(struct sw_scratch *s, const struct sw_task *t, const struct path *path,
		     const struct file_args *a)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *dentry = BPF_CORE_READ(path, dentry);
	struct sw_wire_file *r = (struct sw_wire_file *)s->saved.data;
	struct sw_slot *slot = slot_get(t->slot);
	u32 off = sizeof(*r);

	if (!slot) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	r->op = a->op;
	r->open_flags = a->open_flags;
	r->new_mode = a->new_mode;
	r->detail = a->detail;
	r->h.flags = 0;
	object_decide(&r->obj, BPF_CORE_READ(dentry, d_inode), dentry, slot);
	/* most writes end here: the head and the path are filled in only for those that do not */
	if (file_classify(r, dentry, slot->baseline_id) == VERDICT_FILTER) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_FILTERED);
		return 0;
	}
	u32 v = r->h.violations, flags = r->h.flags;

	object_describe(&r->obj, BPF_CORE_READ(dentry, d_inode));
	head_fill(s, task, SW_WIRE_FILE, SW_WIRE_CLS_FILE, t);
	r->h.violations = v;
	r->h.flags = flags;
	str_none(&r->dir);
	str_none(&r->name);
	str_none(&r->dir2);
	str_none(&r->name2);
	off = path_append(s, &r->obj.path, path, task, off);
	return a->attr ? attr_append(s, r, a, off) : off;
}

SW_FN int file_emit(struct task_struct *task, const struct sw_task *t, struct file *file,
		    const struct file_args *a)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_file *r;
	u32 len;

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_file *)s->saved.data;
	len = file_build(s, t, &file->f_path, a);
	if (len) {
		file_follow(r, t, BPF_CORE_READ(file, f_inode));
		emit(s, len);
	}
	scratch_put(s);
	return 0;
}

/* A call on a descriptor that succeeded. */
SW_FN int on_fd(u32 fd, const struct file_args *a)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = member_in(task, SW_WIRE_CLS_FILE);
	struct file *file;

	if (!t)
		return 0;
	file = fd_file(task, fd);
	if (!file) { /* closed by a sibling thread between the call and its exit */
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	return file_emit(task, t, file, a);
}
