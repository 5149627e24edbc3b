/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The LSM back end's files: opened for write, cut, their mode, owner, attributes and flags changed,
 * ranges punched or copied in. Replaces file.bpf.c. The objects are the kernel's own, so neither
 * the descriptor table nor the call's width matters.
 *
 * Like the names (lsm_name.bpf.c) each decision is kept until its work returns. What writes without
 * asking again (write, a mapping, io_uring on an open file) is seen by content.bpf.c. Costs: a test
 * of the mode per open of the host; a task storage lookup per change of an attribute. What hooks
 * are given is read through its type, an instruction a step; a helper call for each made 60 to 90.
 */
#include "lib/injection.h"
#include "lib/kernel_control.h"
#include "lib/pending.h"

#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000
#define O_TRUNC 01000
#define FS_IOC_SETFLAGS 0x40086602u
#define FS_IOC32_SETFLAGS 0x40046602u
#define FS_IOC_FSSETXATTR 0x401c5820u

/*
 * An overlay opens the layer's file behind the user's: another inode than its path's (6.1), or
 * marked as a backing file (6.6 and later). That open is the kernel's own.
 */
static __always_inline bool behind_overlay(struct file *file)
{
	return (file->f_mode & FMODE_BACKING && compat_user_path(file) != &file->f_path) ||
	       file->f_inode != file->f_path.dentry->d_inode;
}

/* A decision about a file: kept under key, unless it is of no interest. */
SW_FN int file_asked_for(const struct path *path, u64 key, const struct file_args *a)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = member_in(task, SW_WIRE_CLS_FILE);
	struct sw_scratch *s;
	u32 len;

	if (!t)
		return 0;
	s = scratch_take();
	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	len = file_build(s, t, path, a);
	if (len)
		pending_put(s, key, len);
	scratch_put(s);
	return 0;
}

/* Something that is done already. */
SW_FN int file_done(struct file *file, const struct file_args *a)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t;

	if (behind_overlay(file))
		return 0;
	t = member_in(task, SW_WIRE_CLS_FILE);
	return t ? file_emit(task, t, file, a) : 0;
}

static __always_inline int dentry_done(struct dentry *dentry, u64 ret, u32 ops)
{
	return pending_done((u64)dentry, ret, ops, BPF_CORE_READ(dentry, d_inode));
}

/* ---- open ---- */

/* An open for write of something that is no ordinary file: true when that was all there was to say.
 */
static __always_inline bool special_open(struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct inode *inode = file->f_inode;
	u64 magic = inode->i_sb->s_magic;
	bool control = control_magic(magic);
	enum raw_device raw = raw_device(inode->i_mode, inode->i_rdev);
	struct sw_task *t;

	if (!control && !raw)
		return false;
	t = member_in(task, SW_WIRE_CLS_KERNEL);
	if (!t)
		return true;
	if (!control)
		device_open(task, t, file, raw);
	else if (!(magic == PROC_SUPER_MAGIC && memory_open(task, t, file)))
		control_open(task, t, file);
	return true;
}

SEC("lsm/file_open")
int BPF_PROG(sw_lsm_file_open, struct file *file)
{
	struct inode *inode = file->f_inode;
	u32 mode = file->f_mode;
	struct file_args a = {.op = SW_WIRE_OPEN_WRITE};

	if (!(mode & (FMODE_WRITE | FMODE_CREATED)) || behind_overlay(file) ||
	    control_magic(inode->i_sb->s_magic) || raw_device(inode->i_mode, inode->i_rdev))
		return 0;
	a.open_flags = file->f_flags; /* all of them: the kernel drops some later */
	if (mode & FMODE_CREATED) {
		a.op = SW_WIRE_CREATE;
		a.new_mode = inode->i_mode & 07777;
	}
	file_asked_for(&file->f_path, (u64)file, &a);
	return 0;
}

SEC("fexit/do_dentry_open")
int BPF_PROG(sw_done_do_dentry_open, struct file *file)
{
	u64 ret;

	if (!(file->f_mode & (FMODE_WRITE | FMODE_CREATED)))
		return 0;
	ret = returned(ctx);
	if (!refused(ret) && !behind_overlay(file) && special_open(file))
		return 0;
	return pending_done((u64)file, ret, PENDING(OPEN_WRITE) | PENDING(CREATE), file->f_inode);
}

/* ---- mode, owner, length: all of them end in notify_change ---- */

SEC("lsm/path_chmod")
int BPF_PROG(sw_lsm_path_chmod, const struct path *path, umode_t mode)
{
	struct file_args a = {.op = SW_WIRE_CHMOD, .new_mode = mode & 07777};

	file_asked_for(path, (u64)BPF_CORE_READ(path, dentry), &a);
	return 0;
}

SEC("lsm/path_chown")
int BPF_PROG(sw_lsm_path_chown, const struct path *path)
{
	struct file_args a = {.op = SW_WIRE_CHOWN};

	file_asked_for(path, (u64)BPF_CORE_READ(path, dentry), &a);
	return 0;
}

/* truncate; before 6.2 also ftruncate and O_TRUNC, which have file_truncate since. */
SEC("lsm/path_truncate")
int BPF_PROG(sw_lsm_path_truncate, const struct path *path)
{
	struct file_args a = {.op = SW_WIRE_TRUNCATE};

	file_asked_for(path, (u64)BPF_CORE_READ(path, dentry), &a);
	return 0;
}

SEC("lsm/file_truncate")
int BPF_PROG(sw_lsm_file_truncate, struct file *file)
{
	struct file_args a = {.op = SW_WIRE_TRUNCATE};

	file_asked_for(&file->f_path, (u64)BPF_CORE_READ(file, f_path.dentry), &a);
	return 0;
}

#define ATTR_MODE 1u
#define ATTR_UID 2u
#define ATTR_GID 4u
#define ATTR_SIZE 8u

SEC("fexit/notify_change")
int BPF_PROG(sw_done_notify_change, void *idmap, struct dentry *dentry, struct iattr *attr)
{
	u32 valid = attr->ia_valid, ops = 0;

	if (valid & ATTR_MODE)
		ops |= PENDING(CHMOD);
	if (valid & (ATTR_UID | ATTR_GID))
		ops |= PENDING(CHOWN);
	if (valid & ATTR_SIZE)
		ops |= PENDING(TRUNCATE);
	return ops ? dentry_done(dentry, returned(ctx), ops) : 0;
}

/* ---- attributes, capabilities, flags ---- */

/*
 * These hooks have no mount: the path is told as the container's root shows it when the object lies
 * there, else from its file system's root.
 */
static __always_inline void attr_asked_for(struct dentry *dentry, const char *name, u32 removed)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_args a = {
		.op = SW_WIRE_XATTR, .detail = removed, .attr = (u64)name, .attr_copied = 1};
	struct path path = {.dentry = dentry};

	if (BPF_CORE_READ(task, fs, root.mnt, mnt_sb) == BPF_CORE_READ(dentry, d_inode, i_sb))
		path.mnt = BPF_CORE_READ(task, fs, root.mnt);
	file_asked_for(&path, (u64)dentry, &a);
}

SEC("lsm/inode_setxattr")
int BPF_PROG(sw_lsm_inode_setxattr, void *idmap, struct dentry *dentry, const char *name)
{
	attr_asked_for(dentry, name, 0);
	return 0;
}

#define ATTRS (PENDING(XATTR) | PENDING(FILECAPS))

/* Only called when it is set. */
SEC("lsm/inode_post_setxattr")
int BPF_PROG(sw_lsm_inode_post_setxattr, struct dentry *dentry)
{
	dentry_done(dentry, 0, ATTRS);
	return 0;
}

SEC("lsm/inode_removexattr")
int BPF_PROG(sw_lsm_inode_removexattr, void *idmap, struct dentry *dentry, const char *name)
{
	attr_asked_for(dentry, name, 1);
	return 0;
}

SEC("fexit/__vfs_removexattr_locked")
int BPF_PROG(sw_done_removexattr, void *idmap, struct dentry *dentry)
{
	return dentry_done(dentry, returned(ctx), ATTRS);
}

/* Access lists: their own hook since 6.2, attributes like others before. */
SEC("lsm/inode_set_acl")
int BPF_PROG(sw_lsm_inode_set_acl, void *idmap, struct dentry *dentry, const char *name)
{
	attr_asked_for(dentry, name, 0);
	return 0;
}

SEC("fexit/vfs_set_acl")
int BPF_PROG(sw_done_vfs_set_acl, void *idmap, struct dentry *dentry)
{
	return dentry_done(dentry, returned(ctx), ATTRS);
}

SEC("lsm/file_ioctl")
int BPF_PROG(sw_lsm_file_ioctl, struct file *file, unsigned int cmd)
{
	struct file_args a = {.op = SW_WIRE_INODE_FLAGS};

	if (cmd == FS_IOC_SETFLAGS || cmd == FS_IOC32_SETFLAGS || cmd == FS_IOC_FSSETXATTR)
		file_asked_for(&file->f_path, (u64)BPF_CORE_READ(file, f_path.dentry), &a);
	return 0;
}

SEC("fexit/vfs_fileattr_set")
int BPF_PROG(sw_done_fileattr_set, void *idmap, struct dentry *dentry)
{
	return dentry_done(dentry, returned(ctx), PENDING(INODE_FLAGS));
}

/* ---- ranges: by descriptor only, and no hook that has no other use ---- */

SEC("fexit/vfs_fallocate")
int BPF_PROG(sw_done_vfs_fallocate, struct file *file, int mode)
{
	struct file_args a = {.op = SW_WIRE_ALLOCATE, .detail = mode};

	return refused(returned(ctx)) ? 0 : file_done(file, &a);
}

/* Returns how much: nothing copied changes nothing. */
static __always_inline int copied_into(struct file *out, u64 ret)
{
	struct file_args a = {.op = SW_WIRE_CLONE_RANGE};

	return (s64)ret <= 0 ? 0 : file_done(out, &a);
}

SEC("fexit/vfs_copy_file_range")
int BPF_PROG(sw_done_copy_file_range, struct file *in, loff_t pos_in, struct file *out)
{
	return copied_into(out, returned(ctx));
}

SEC("fexit/vfs_clone_file_range")
int BPF_PROG(sw_done_clone_file_range, struct file *in, loff_t pos_in, struct file *out)
{
	return copied_into(out, returned(ctx));
}
