/* SPDX-License-Identifier: GPL-2.0-only */
/* What would change the kernel, or what lies below it: the record, and the files and devices that
 * are opened for that. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/object.h"

#define SYSFS_MAGIC 0x62656572
#define DEBUGFS_MAGIC 0x64626720
#define TRACEFS_MAGIC 0x74726163
#define SECURITYFS_MAGIC 0x73636673
#define CGROUP_MAGIC 0x27e0eb
#define CGROUP2_MAGIC 0x63677270
#define BINFMTFS_MAGIC 0x42494e4d
#define EFIVARFS_MAGIC 0xde5e81e4
#define PROC_MAGIC 0x9fa0

struct kernel_args {
	u32 op, command;
	u64 arg;
	s32 result;
	u32 violations;
	u32 flags;		 /* SW_WIRE_* */
	const struct path *path; /* CONTROL, DEVICE */
};

SW_FN int kernel_emit(struct task_struct *task, const struct sw_task *t,
		      const struct kernel_args *a)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_kernel *r;
	u32 off = sizeof(*r);

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_KERNEL, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_kernel *)s->saved.data;
	head_fill(s, task, SW_WIRE_KERNEL, SW_WIRE_CLS_KERNEL, t);
	r->h.result = a->result;
	r->h.flags = a->flags | (a->result ? SW_WIRE_FAILED : 0);
	r->h.violations = a->violations;
	r->op = a->op;
	r->command = a->command;
	r->arg = a->arg;
	str_none(&r->name);
	if (a->path)
		off = path_append(s, &r->name, a->path, task, off);
	emit(s, off);
	scratch_put(s);
	return 0;
}

static __always_inline bool control_magic(u64 magic)
{
	return magic == PROC_MAGIC || magic == SYSFS_MAGIC || magic == DEBUGFS_MAGIC ||
	       magic == TRACEFS_MAGIC || magic == SECURITYFS_MAGIC || magic == CGROUP_MAGIC ||
	       magic == CGROUP2_MAGIC || magic == BINFMTFS_MAGIC || magic == EFIVARFS_MAGIC;
}

#define S_IFCHR 0020000
#define S_IFBLK 0060000
#define MEM_MAJOR 1
#define MEM_MINORS (1u << 1 | 1u << 2 | 1u << 4) /* mem, kmem, port */
#define SCSI_GENERIC_MAJOR 21

enum raw_device { RAW_NONE, RAW_MEMORY, RAW_DISK };

/*
 * What reaches below the file systems: memory, and disks, whose bytes are files to others. Misses:
 * character devices for commands to a disk that have no number of their own (NVMe's, bsg's).
 */
static __always_inline enum raw_device raw_device(u32 mode, u32 number)
{
	u32 major = number >> DEV_MINOR_BITS, minor = number & ((1u << DEV_MINOR_BITS) - 1);

	if ((mode & S_IFMT) == S_IFBLK)
		return RAW_DISK;
	if ((mode & S_IFMT) != S_IFCHR)
		return RAW_NONE;
	if (major == SCSI_GENERIC_MAJOR)
		return RAW_DISK;
	return major == MEM_MAJOR && minor < 8 && MEM_MINORS & 1u << minor ? RAW_MEMORY : RAW_NONE;
}

static __always_inline enum raw_device raw_device_of(struct inode *inode)
{
	return raw_device(BPF_CORE_READ(inode, i_mode), BPF_CORE_READ(inode, i_rdev));
}

static __always_inline bool names_sys(struct dentry *d)
{
	char n[4] = {};

	bpf_probe_read_kernel_str(n, sizeof(n), BPF_CORE_READ(d, d_name.name));
	return n[0] == 's' && n[1] == 'y' && n[2] == 's' && !n[3];
}

/*
 * A task's own files in proc (oom_score_adj, uid_map, attr) and the network's in proc/sys/net,
 * which belong to its namespace, are no controls of the kernel; sys, sysrq-trigger and the like
 * are. In proc: the component below the root, and its child.
 */
static __always_inline bool control_in_proc(struct dentry *d)
{
	struct dentry *below = d, *child = d;

	for (int i = 0; i < 8; i++) {
		struct dentry *up = BPF_CORE_READ(below, d_parent);

		if (up == BPF_CORE_READ(up, d_parent))
			break;
		child = below;
		below = up;
	}
	if (names_sys(below)) {
		char n[4] = {};

		bpf_probe_read_kernel_str(n, sizeof(n), BPF_CORE_READ(child, d_name.name));
		return !(n[0] == 'n' && n[1] == 'e' && n[2] == 't');
	}
	return below == d && d != BPF_CORE_READ(d, d_parent);
}

/* Is it a control file of the kernel? One that lies in a file system of such: control_magic. */
static __always_inline bool control_file(struct file *file)
{
	struct dentry *d = BPF_CORE_READ(file, f_path.dentry);
	u64 magic = BPF_CORE_READ(d, d_inode, i_sb, s_magic);
	char n[8] = {};

	if (magic == PROC_MAGIC && !control_in_proc(d))
		return false;
	/* limits and membership are a service manager's daily work; the agent is run by the host */
	if (magic == CGROUP_MAGIC || magic == CGROUP2_MAGIC) {
		bpf_probe_read_kernel_str(n, sizeof(n), BPF_CORE_READ(d, d_name.name));
		if (n[0] != 'r' || n[1] != 'e' || n[2] != 'l' || n[6] != 'e')
			return false;
	}
	return true;
}

/* A control file was opened for write. */
static __always_inline int control_open(struct task_struct *task, const struct sw_task *t,
					struct file *file)
{
	struct kernel_args a = {.op = SW_WIRE_KERN_CONTROL,
				.violations = 1u << SW_WIRE_V_KERNEL,
				.path = &file->f_path};

	return control_file(file) ? kernel_emit(task, t, &a) : 0;
}

/* A device that reaches below was opened for write. Only memory is the kernel; what is written to a
 * disk is not seen, and userspace says so. */
static __always_inline int device_open(struct task_struct *task, const struct sw_task *t,
				       struct file *file, enum raw_device raw)
{
	struct kernel_args a = {.op = SW_WIRE_KERN_DEVICE,
				.arg = BPF_CORE_READ(file, f_inode, i_rdev),
				.path = &file->f_path};

	if (raw == RAW_MEMORY) {
		a.op = SW_WIRE_KERN_CONTROL;
		a.violations = 1u << SW_WIRE_V_KERNEL;
	}
	return kernel_emit(task, t, &a);
}
