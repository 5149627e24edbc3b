/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files by descriptor: opened for write, changed. Objects are taken from the descriptor the kernel
 * handed out. Calls that have only a path are in name.bpf.c.
 *
 * Why the exit side only: its hook (sys_exit.bpf.c) taxes every system call of the host; the enter
 * side would cost that again and sees arguments that can still change. What all of them miss:
 * 32-bit system calls, whose numbers alone are looked at, and io_uring (the dirty hook of
 * content.bpf.c sees its writes, nothing sees its renames); a sibling thread that swaps the
 * descriptor before the exit.
 */
#include "lib/file.h"
#include "lib/injection.h"
#include "lib/kernel_control.h"

#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000
#define O_ACCMODE 03
#define O_CREAT 0100
#define O_TRUNC 01000
#define __O_TMPFILE 020000000

/* Code of the baseline that is empty: no code is. */
static __always_inline bool is_cut(struct file *file, const struct sw_task *t)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct sw_slot *slot = slot_get(t->slot);
	bool found;

	return slot && !BPF_CORE_READ(inode, i_size) &&
	       BPF_CORE_READ(inode, i_sb, s_dev) == slot->root_dev &&
	       baseline_bits(BPF_CORE_READ(inode, i_ino), slot->baseline_id, &found) & SW_CB_CODE;
}

/* A call that returned a descriptor. flags: O_* as asked for; the kernel drops O_TRUNC and O_CREAT
 * from f_flags. */
SW_FN int on_open(long ret, u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_args a = {};
	struct file *file;
	struct sw_task *t;
	u32 mode;

	if (ret < 0)
		return 0;
	t = member_in(task, SW_WIRE_CLS_FILE);
	if (!t)
		return 0;
	file = fd_file(task, ret);
	if (!file) { /* moved away by a sibling thread between the call and its exit: it may have
		      * been /proc/PID/mem or a control file as well */
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		ledger_count(t->slot, SW_WIRE_CLS_INJECTION, LEDGER_ERROR);
		ledger_count(t->slot, SW_WIRE_CLS_KERNEL, LEDGER_ERROR);
		return 0;
	}
	mode = BPF_CORE_READ(file, f_mode);
	if (mode & FMODE_WRITE) {
		struct inode *inode = BPF_CORE_READ(file, f_inode);
		u64 magic = BPF_CORE_READ(inode, i_sb, s_magic);
		enum raw_device raw;

		if (magic == PROC_SUPER_MAGIC && memory_open(task, t, file))
			return 0;
		if (control_magic(magic))
			return control_open(task, t, file);
		raw = raw_device_of(inode);
		if (raw)
			return device_open(task, t, file, raw);
	}
	/* O_TRUNC cuts for readers, too; whose flags were in user memory cannot deny it */
	if (!(mode & (FMODE_WRITE | FMODE_CREATED)) && !(flags & O_TRUNC) && !is_cut(file, t))
		return 0;
	a.open_flags = BPF_CORE_READ(file, f_flags) | flags;
	if (mode & FMODE_CREATED) {
		a.op = SW_WIRE_CREATE;
		a.new_mode = BPF_CORE_READ(file, f_inode, i_mode) & 07777;
	} else {
		/* size: openat2 hides its flags in user memory; no code of a baseline is empty */
		a.op = flags & O_TRUNC || !BPF_CORE_READ(file, f_inode, i_size)
			       ? SW_WIRE_TRUNCATE
			       : SW_WIRE_OPEN_WRITE;
	}
	return file_emit(task, t, file, &a);
}

/* The first member of struct open_how; 0 when it cannot be read. */
static __always_inline u64 how_flags(u64 how)
{
	u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), (void *)how);
	return flags;
}

static __always_inline int on_open_flags(long ret, u32 flags)
{
	if (!(flags & (O_ACCMODE | O_CREAT | O_TRUNC | __O_TMPFILE)))
		return 0;
	return on_open(ret, flags);
}

/* open, openat, openat2, creat, open_by_handle_at. Costs: sys_exit.bpf.c's price; a plain open for
 * reading ends before any lookup. */
SYS_EXIT(open)
{
	u32 n = SW_CALL_VALUE(cookie);

	if (n != SW_ARG_NONE) /* the flags are in a register */
		return on_open_flags(ret, arg(n));
	if (SW_CALL_OP(cookie) == SW_WIRE_CREATE)
		return on_open(ret, O_CREAT | O_TRUNC | 1);
	/* openat2: in user memory, which may say something else by now */
	return on_open(ret, how_flags(arg(2)) & O_TRUNC);
}

/* ftruncate, fallocate, fchmod, fchown, copy_file_range, fsetxattr, fremovexattr: whatever changes
 * a file by its descriptor without writing. */
SYS_EXIT(fd)
{
	struct file_args a = {.op = SW_CALL_OP(cookie)};
	u32 value = arg_or(SW_CALL_VALUE(cookie), 0);

	if (ret < 0)
		return 0;
	if (a.op == SW_WIRE_CHMOD)
		a.new_mode = value & 07777;
	else if (a.op == SW_WIRE_XATTR)
		a.detail = SW_CALL_VALUE(cookie) == SW_ARG_NONE;
	else
		a.detail = value;
	a.attr = arg_or(SW_CALL_NAME2(cookie), 0);
	return on_fd(arg(SW_CALL_DIR(cookie)), &a);
}

#define FS_IOC_SETFLAGS 0x40086602u
#define FS_IOC32_SETFLAGS 0x40046602u
#define FS_IOC_FSSETXATTR 0x401c5820u
#define FICLONE 0x40049409u
#define FICLONERANGE 0x4020940du

/*
 * Why: chattr and reflinks are ioctls, and on xfs and btrfs a reflink dirties nothing. Misses: the
 * flags' value may be changed by another thread after the call (a label: the fact is the inode's).
 * Costs: one more comparison per ioctl.
 */
SYS_EXIT(ioctl)
{
	struct file_args a = {};
	u32 cmd = arg(1);

	if (ret < 0)
		return 0;
	if (cmd == FICLONE || cmd == FICLONERANGE)
		a.op = SW_WIRE_CLONE_RANGE;
	else if (cmd == FS_IOC_SETFLAGS || cmd == FS_IOC32_SETFLAGS || cmd == FS_IOC_FSSETXATTR)
		a.op = SW_WIRE_INODE_FLAGS;
	else
		return 0;
	if (a.op == SW_WIRE_INODE_FLAGS)
		bpf_probe_read_user(&a.detail, sizeof(a.detail), (void *)arg(2));
	return on_fd(arg(0), &a);
}
