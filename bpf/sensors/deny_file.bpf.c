/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refuses changes of the image's programs and libraries (immutable-files), of its package database
 * (no-package-manager), and the opening of what controls the kernel or is another's memory
 * (no-kernel-change, no-injection). The observing programs on these hooks: lsm_file.bpf.c and
 * lsm_name.bpf.c.
 *
 * Opening code for writing is refused, though by itself it changes nothing: what is written
 * afterwards asks nobody. So it is what counts as the attempt. Not refused, since the tables here
 * do not prove it: a directory above the image's files that is moved, a descriptor that was open
 * before the baseline was known, a link to a program (what is done by its name is refused: files
 * are inodes), and a mode that is set to what it was.
 */
#include "lib/asked.h"
#include "lib/deny.h"
#include "lib/injection.h"
#include "lib/kernel_control.h"

#define FMODE_WRITE 0x2
#define FS_IOC_SETFLAGS 0x40086602u
#define FS_IOC32_SETFLAGS 0x40046602u
#define FS_IOC_FSSETXATTR 0x401c5820u
#define RENAME_EXCHANGE 2

#define IMMUTABLE (1u << SW_WIRE_V_IMMUTABLE)
#define PKG_DB (1u << SW_WIRE_V_PKG_DB)

/* Violations of an operation that is not done yet. */
SW_FN u32 file_violations(struct sw_wire_file *r, struct dentry *dentry, u32 baseline)
{
	struct sw_wire_object *o = &r->obj;
	u32 v;

	file_classify(r, dentry, baseline);
	v = r->h.violations;
	if (r->op == SW_WIRE_OPEN_WRITE && o->class_bits & SW_CB_CODE &&
	    (o->mode & S_IFMT) == S_IFREG && !(o->flags & SW_WOBJ_DELETED))
		v |= IMMUTABLE;
	if (r->op == SW_WIRE_CHMOD && !((r->new_mode ^ o->mode) & 07777))
		v &= ~IMMUTABLE;
	return v;
}

/* First what it is, since most are of no interest; the record only of what is refused. */
SW_FN bool file_deny(const struct path *path, const struct file_args *a)
{
	struct sw_task *t = deny_member(IMMUTABLE | PKG_DB);
	struct dentry *dentry = BPF_CORE_READ(path, dentry);
	struct sw_slot *slot = t ? slot_get(t->slot) : NULL;
	struct sw_scratch *s = slot ? scratch_take() : NULL;
	struct sw_wire_file *r;
	u32 len = 0, v;

	if (!t || !slot || !s)
		return false;
	r = (struct sw_wire_file *)s->saved.data;
	r->op = a->op;
	r->new_mode = a->new_mode;
	r->h.flags = 0;
	object_fill(&r->obj, BPF_CORE_READ(dentry, d_inode), dentry, slot);
	v = file_violations(r, dentry, slot->baseline_id);
	if (enforced(slot, v))
		len = file_build(s, t, path, a);
	if (len)
		return deny_emit(s, v, len);
	scratch_put(s);
	return false;
}

SW_FN bool name_deny(const struct name_asked *n)
{
	struct sw_task *t = deny_member(IMMUTABLE | PKG_DB);
	struct sw_slot *slot = t ? slot_get(t->slot) : NULL;
	struct sw_scratch *s = slot ? scratch_take() : NULL;
	struct sw_wire_file *r;

	if (!t || !slot || !s)
		return false;
	r = (struct sw_wire_file *)s->saved.data;
	name_record(s, t, n, slot);
	if (enforced(slot, r->h.violations))
		return deny_emit(s, r->h.violations, name_strings(s, r, n));
	scratch_put(s);
	return false;
}

/* ---- open ---- */

/* A file of proc, sysfs and the like, or memory itself. Whose memory it is need not be asked: who
 * may open it for writing is its owner, or root. */
SW_FN bool control_deny(struct file *file, u64 magic)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = deny_member(1u << SW_WIRE_V_INJECTION | 1u << SW_WIRE_V_KERNEL);
	struct injection_args i = {.op = SW_WIRE_INJ_MEM_OPEN, .flags = SW_WIRE_PREVENTED};
	struct kernel_args k = {.op = SW_WIRE_KERN_CONTROL,
				.violations = 1u << SW_WIRE_V_KERNEL,
				.flags = SW_WIRE_PREVENTED,
				.path = &file->f_path};
	struct sw_slot *slot = t ? slot_get(t->slot) : NULL;
	struct pid *pid;

	if (!t || !slot)
		return false;
	pid = magic == PROC_SUPER_MAGIC ? memory_of(file) : NULL;
	if (pid && enforced(slot, 1u << SW_WIRE_V_INJECTION)) {
		i.target = pid_task_of(pid, PIDTYPE_PID);
		injection_emit(task, t, &i);
		return true;
	}
	if (pid || !enforced(slot, 1u << SW_WIRE_V_KERNEL) ||
	    (control_magic(magic) && !control_file(file)))
		return false;
	kernel_emit(task, t, &k);
	return true;
}

/* An overlay's own opening of a layer's file is on another device than the container's root. */
SEC("lsm/file_open")
int BPF_PROG(sw_deny_file_open, struct file *file)
{
	struct file_args a = {.op = SW_WIRE_OPEN_WRITE};
	struct inode *inode = file->f_inode;
	u64 magic;

	if (!(file->f_mode & FMODE_WRITE))
		return 0;
	magic = inode->i_sb->s_magic;
	if (control_magic(magic) || raw_device(inode->i_mode, inode->i_rdev) == RAW_MEMORY)
		return answer(control_deny(file, magic));
	a.open_flags = file->f_flags;
	if (inode != file->f_path.dentry->d_inode)
		return 0;
	return answer(file_deny(&file->f_path, &a));
}

/* ---- mode, owner, length, attributes ---- */

SEC("lsm/path_chmod")
int BPF_PROG(sw_deny_path_chmod, const struct path *path, umode_t mode)
{
	struct file_args a = {.op = SW_WIRE_CHMOD, .new_mode = mode & 07777};

	return answer(file_deny(path, &a));
}

SEC("lsm/path_chown")
int BPF_PROG(sw_deny_path_chown, const struct path *path)
{
	struct file_args a = {.op = SW_WIRE_CHOWN};

	return answer(file_deny(path, &a));
}

SEC("lsm/path_truncate")
int BPF_PROG(sw_deny_path_truncate, const struct path *path)
{
	struct file_args a = {.op = SW_WIRE_TRUNCATE};

	return answer(file_deny(path, &a));
}

/* 6.2 and later: a descriptor that is open, or O_TRUNC. */
SEC("lsm/file_truncate")
int BPF_PROG(sw_deny_file_truncate, struct file *file)
{
	struct file_args a = {.op = SW_WIRE_TRUNCATE};

	return answer(file_deny(&file->f_path, &a));
}

static __always_inline int attr_answer(struct dentry *dentry, const char *name, u32 removed)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_args a = {
		.op = SW_WIRE_XATTR, .detail = removed, .attr = (u64)name, .attr_copied = 1};
	struct path path = {.dentry = dentry};

	if (BPF_CORE_READ(task, fs, root.mnt, mnt_sb) == BPF_CORE_READ(dentry, d_inode, i_sb))
		path.mnt = BPF_CORE_READ(task, fs, root.mnt);
	return answer(file_deny(&path, &a));
}

SEC("lsm/inode_setxattr")
int BPF_PROG(sw_deny_inode_setxattr, void *idmap, struct dentry *dentry, const char *name)
{
	return attr_answer(dentry, name, 0);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(sw_deny_inode_removexattr, void *idmap, struct dentry *dentry, const char *name)
{
	return attr_answer(dentry, name, 1);
}

/* 6.2 and later; before, access lists are attributes like others. */
SEC("lsm/inode_set_acl")
int BPF_PROG(sw_deny_inode_set_acl, void *idmap, struct dentry *dentry, const char *name)
{
	return attr_answer(dentry, name, 0);
}

SEC("lsm/file_ioctl")
int BPF_PROG(sw_deny_file_ioctl, struct file *file, unsigned int cmd)
{
	struct file_args a = {.op = SW_WIRE_INODE_FLAGS};

	if (cmd != FS_IOC_SETFLAGS && cmd != FS_IOC32_SETFLAGS && cmd != FS_IOC_FSSETXATTR)
		return 0;
	return answer(file_deny(&file->f_path, &a));
}

/* ---- names ---- */

SEC("lsm/path_unlink")
int BPF_PROG(sw_deny_path_unlink, const struct path *dir, struct dentry *dentry)
{
	struct name_asked n = {.op = SW_WIRE_UNLINK, .dir = dir, .from = dentry};

	return answer(name_deny(&n));
}

SEC("lsm/path_rmdir")
int BPF_PROG(sw_deny_path_rmdir, const struct path *dir, struct dentry *dentry)
{
	struct name_asked n = {.op = SW_WIRE_RMDIR, .dir = dir, .from = dentry};

	return answer(name_deny(&n));
}

SEC("lsm/path_rename")
int BPF_PROG(sw_deny_path_rename, const struct path *old_dir, struct dentry *old_dentry,
	     const struct path *new_dir, struct dentry *new_dentry, unsigned int flags)
{
	struct name_asked n = {
		.op = flags & RENAME_EXCHANGE ? SW_WIRE_EXCHANGE : SW_WIRE_RENAME,
		.dir = old_dir,
		.from = old_dentry,
		.dir2 = new_dir,
		.to = new_dentry,
	};

	return answer(name_deny(&n));
}

SEC("lsm/path_link")
int BPF_PROG(sw_deny_path_link, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry)
{
	struct name_asked n = {.op = SW_WIRE_LINK,
			       .dir = new_dir,
			       .from = old_dentry,
			       .dir2 = new_dir,
			       .to = new_dentry};

	return answer(name_deny(&n));
}

SEC("lsm/path_symlink")
int BPF_PROG(sw_deny_path_symlink, const struct path *dir, struct dentry *dentry, const char *text)
{
	struct name_asked n = {.op = SW_WIRE_SYMLINK, .dir = dir, .from = dentry, .text = text};

	return answer(name_deny(&n));
}

SEC("lsm/path_mkdir")
int BPF_PROG(sw_deny_path_mkdir, const struct path *dir, struct dentry *dentry, umode_t mode)
{
	struct name_asked n = {.op = SW_WIRE_MKDIR, .new_mode = mode, .dir = dir, .from = dentry};

	return answer(name_deny(&n));
}

/* mknod, and open with O_CREAT of a name that is free. */
SEC("lsm/path_mknod")
int BPF_PROG(sw_deny_path_mknod, const struct path *dir, struct dentry *dentry, umode_t mode)
{
	struct name_asked n = {.op = SW_WIRE_MKNOD, .new_mode = mode, .dir = dir, .from = dentry};

	return answer(name_deny(&n));
}
