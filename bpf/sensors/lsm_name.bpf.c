/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The LSM back end's names: made, changed, removed. The hooks of the path_ family have what the
 * system call's program has not: the objects, resolved by the kernel, with the mount they were
 * reached through, whatever the call was (32-bit, io_uring, a path that is swapped meanwhile).
 * Replaces name.bpf.c.
 *
 * Each of them only keeps what it saw; the exit of the vfs_ function that does the work makes it a
 * fact: see pending.h. Misses: operations the kernel does for itself, and those of a network or
 * FUSE server on its own side. Costs: a task storage lookup per operation on the host; in a
 * container one or two path walks and a copy of the record.
 */
#include "lib/pending.h"

#define S_IFDIR 0040000
#define RENAME_EXCHANGE 2

struct name_asked {
	u32 op, new_mode;
	const struct path *dir, *dir2; /* mount of each; the directory itself is not read */
	struct dentry *from, *to;      /* to: NULL when there is none */
	const char *text;	       /* of a symbolic link, in the kernel's memory */
};

/* Class of what a name stands for now, if that is an object of the baseline; 0 for a free name. */
static __always_inline u32 class_there(struct dentry *dentry, const struct sw_slot *slot)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	bool found;

	if (!inode || !slot->root_dev || BPF_CORE_READ(inode, i_sb, s_dev) != slot->root_dev)
		return 0;
	return baseline_bits(BPF_CORE_READ(inode, i_ino), slot->baseline_id, &found);
}

static __always_inline bool below_pkgdb(struct dentry *dentry, const struct sw_slot *slot)
{
	return class_there(BPF_CORE_READ(dentry, d_parent), slot) & SW_CB_PKGDB;
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

SW_FN int name_asked_for(const struct name_asked *n, u64 key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = member_in(task, SW_WIRE_CLS_FILE);
	struct dentry *from = n->from;
	struct sw_slot *slot;
	struct sw_wire_file *r;
	struct sw_scratch *s;
	struct inode *inode;

	if (!t)
		return 0;
	slot = slot_get(t->slot);
	s = scratch_take();
	if (!s || !slot) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		if (s)
			scratch_put(s);
		return 0;
	}
	r = (struct sw_wire_file *)s->saved.data;
	head_fill(s, task, SW_WIRE_FILE, SW_WIRE_CLS_FILE, t);
	r->op = n->op;
	r->open_flags = 0;
	r->new_mode = n->new_mode;
	r->detail = 0;
	inode = BPF_CORE_READ(from, d_inode);
	if (inode)
		object_fill(&r->obj, inode, from, slot);
	else
		r->obj = (struct sw_wire_object){};
	if (!inode) /* a name that is to be made: no object yet */
		r->h.flags = SW_WIRE_PATH_FORM;
	if (name_classify(r, n, slot) == VERDICT_FILTER)
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_FILTERED);
	else
		pending_put(s, key, name_strings(s, r, n), from);
	scratch_put(s);
	return 0;
}

/* ---- decisions ---- */

SEC("lsm/path_unlink")
int BPF_PROG(sw_lsm_path_unlink, const struct path *dir, struct dentry *dentry)
{
	struct name_asked n = {.op = SW_WIRE_UNLINK, .dir = dir, .from = dentry};

	name_asked_for(&n, (u64)dentry);
	return 0;
}

SEC("lsm/path_rmdir")
int BPF_PROG(sw_lsm_path_rmdir, const struct path *dir, struct dentry *dentry)
{
	struct name_asked n = {.op = SW_WIRE_RMDIR, .dir = dir, .from = dentry};

	name_asked_for(&n, (u64)dentry);
	return 0;
}

SEC("lsm/path_rename")
int BPF_PROG(sw_lsm_path_rename, const struct path *old_dir, struct dentry *old_dentry,
	     const struct path *new_dir, struct dentry *new_dentry, unsigned int flags)
{
	struct name_asked n = {
		.op = flags & RENAME_EXCHANGE ? SW_WIRE_EXCHANGE : SW_WIRE_RENAME,
		.dir = old_dir,
		.from = old_dentry,
		.dir2 = new_dir,
		.to = new_dentry,
	};

	name_asked_for(&n, (u64)old_dentry);
	return 0;
}

SEC("lsm/path_link")
int BPF_PROG(sw_lsm_path_link, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry)
{
	/* a link does not leave its mount: the new name's mount is the old one's */
	struct name_asked n = {.op = SW_WIRE_LINK,
			       .dir = new_dir,
			       .from = old_dentry,
			       .dir2 = new_dir,
			       .to = new_dentry};

	name_asked_for(&n, (u64)new_dentry);
	return 0;
}

SEC("lsm/path_symlink")
int BPF_PROG(sw_lsm_path_symlink, const struct path *dir, struct dentry *dentry, const char *text)
{
	struct name_asked n = {.op = SW_WIRE_SYMLINK, .dir = dir, .from = dentry, .text = text};

	name_asked_for(&n, (u64)dentry);
	return 0;
}

SEC("lsm/path_mkdir")
int BPF_PROG(sw_lsm_path_mkdir, const struct path *dir, struct dentry *dentry, umode_t mode)
{
	struct name_asked n = {.op = SW_WIRE_MKDIR, .new_mode = mode, .dir = dir, .from = dentry};

	name_asked_for(&n, (u64)dentry);
	return 0;
}

/* mknod; and open with O_CREAT, which is never confirmed here: file_open sees the object. */
SEC("lsm/path_mknod")
int BPF_PROG(sw_lsm_path_mknod, const struct path *dir, struct dentry *dentry, umode_t mode)
{
	struct name_asked n = {.op = SW_WIRE_MKNOD, .new_mode = mode, .dir = dir, .from = dentry};

	name_asked_for(&n, (u64)dentry);
	return 0;
}

/* ---- what came of it ---- */

/* The same position on every kernel from 6.1 on: (idmap, dir, dentry, ...). */
#define DONE_AT_2(function, op)                                                                    \
	SEC("fexit/" #function)                                                                    \
	int BPF_PROG(sw_done_##function, void *idmap, struct inode *dir, struct dentry *dentry)    \
	{                                                                                          \
		return pending_done((u64)dentry, returned(ctx), PENDING(op), NULL);                \
	}

DONE_AT_2(vfs_unlink, UNLINK)
DONE_AT_2(vfs_rmdir, RMDIR)
DONE_AT_2(vfs_symlink, SYMLINK)
DONE_AT_2(vfs_mkdir, MKDIR)
DONE_AT_2(vfs_mknod, MKNOD)
DONE_AT_2(vfs_create, MKNOD) /* mknod of a regular file */

SEC("fexit/vfs_link")
int BPF_PROG(sw_done_vfs_link, struct dentry *old_dentry, void *idmap, struct inode *dir,
	     struct dentry *new_dentry)
{
	return pending_done((u64)new_dentry, returned(ctx), PENDING(LINK), NULL);
}

SEC("fexit/vfs_rename")
int BPF_PROG(sw_done_vfs_rename, struct renamedata *rd)
{
	return pending_done((u64)rd->old_dentry, returned(ctx), PENDING(RENAME) | PENDING(EXCHANGE),
			    NULL);
}
