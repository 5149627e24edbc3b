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
#include "lib/asked.h"
#include "lib/pending.h"

#define S_IFDIR 0040000
#define RENAME_EXCHANGE 2

/* Of no interest; what was given up on the same object before is over, too: it must not be taken
 * for this one. */
SW_FN int name_filtered(u32 slot, u64 key)
{
	struct sw_kept *k = pending_find(key);

	ledger_count(slot, SW_WIRE_CLS_FILE, LEDGER_FILTERED);
	return k ? kept_end(k, 0) : 0;
}

SW_FN int name_asked_for(const struct name_asked *n, u64 key)
{
	struct sw_task *t = member_in(bpf_get_current_task_btf(), SW_WIRE_CLS_FILE);
	struct sw_slot *slot = t ? slot_get(t->slot) : NULL;
	struct sw_scratch *s;

	if (!t)
		return 0;
	s = slot ? scratch_take() : NULL;
	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	if (asked_quiet(s, slot, n) || name_record(s, t, n, slot) == VERDICT_FILTER)
		name_filtered(t->slot, key);
	else
		pending_put(s, key, name_strings(s, (struct sw_wire_file *)s->saved.data, n));
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
	u64 key = (u64)rd->old_dentry;
	struct sw_kept *k = pending_find(key);

	if (k)
		places_moved(((struct sw_wire_head *)k->saved.data)->slot);
	return pending_done(key, returned(ctx), PENDING(RENAME) | PENDING(EXCHANGE), NULL);
}
