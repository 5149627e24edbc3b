/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refuses mounts (no-mount), namespaces and roots (no-new-namespaces), gains of privilege
 * (no-privilege-gain), tracing (no-injection), and modules, BPF and other kernels
 * (no-kernel-change).
 *
 * fsconfig(2) is refused by the hook that it comes to when a file system is reconfigured. No hook
 * says no to unshare(2) and setns(2) of other than user namespaces, to mount_setattr(2),
 * open_tree_attr(2) and delete_module(2): the kernel asks for a capability there, and does not say
 * for what. They are only seen.
 */
#include "lib/bpf_handle.h"
#include "lib/deny.h"
#include "lib/injection.h"
#include "lib/kernel_control.h"
#include "lib/mount.h"
#include "lib/privilege.h"

#define MOUNT (1u << SW_WIRE_V_MOUNT)
#define NAMESPACE (1u << SW_WIRE_V_NAMESPACE)
#define PRIVILEGE (1u << SW_WIRE_V_PRIVILEGE)
#define INJECTION (1u << SW_WIRE_V_INJECTION)
#define KERNEL (1u << SW_WIRE_V_KERNEL)

/* ---- mounts ---- */

/* The target as the kernel resolved it; source: the kernel's copy of a name, or NULL. */
SW_FN bool mount_deny(const struct path *path, u32 op, u64 flags, const char *source)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = deny_member(MOUNT);
	struct sw_scratch *s = t ? scratch_take() : NULL;
	struct sw_wire_mount *r;
	u32 off = sizeof(*r);

	if (!t || !s)
		return false;
	r = (struct sw_wire_mount *)s->saved.data;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_MOUNT, SW_WIRE_CLS_MOUNT, t);
	r->h.flags = SW_WIRE_PATH_FORM;
	r->op = op;
	r->mount_flags = flags;
	off = path_append(s, &r->name, path, task, off);
	if (source)
		off = copied_append(s, &r->source, source, off);
	return deny_emit(s, MOUNT, off);
}

/* Asked before the kernel looks whether the caller may mount at all. */
SEC("lsm/sb_mount")
int BPF_PROG(sw_deny_sb_mount, const char *dev_name, const struct path *path, const char *type,
	     unsigned long flags)
{
	if (!capable(CAP_SYS_ADMIN))
		return 0;
	return answer(mount_deny(path, mount_op(flags), flags, dev_name));
}

SEC("lsm/move_mount")
int BPF_PROG(sw_deny_move_mount, const struct path *from, const struct path *to)
{
	return answer(mount_deny(to, SW_WIRE_MOUNT_ATTACH, 0, NULL));
}

SEC("lsm/sb_umount")
int BPF_PROG(sw_deny_sb_umount, struct vfsmount *mnt, int flags)
{
	struct path path = {.mnt = mnt, .dentry = BPF_CORE_READ(mnt, mnt_root)};

	return answer(mount_deny(&path, SW_WIRE_MOUNT_UMOUNT, flags, NULL));
}

/* By fsconfig: mount(2) has been answered above. Where it is mounted is not said, but what it is.
 */
SEC("lsm/sb_remount")
int BPF_PROG(sw_deny_sb_remount, struct super_block *sb)
{
	struct path path = {.dentry = sb->s_root};

	return answer(mount_deny(&path, SW_WIRE_MOUNT_RECONFIGURE, 0, NULL));
}

/* ---- namespaces and roots ---- */

SW_FN bool ns_deny(u32 op, u32 bits)
{
	struct sw_task *t = deny_member(NAMESPACE);
	struct sw_scratch *s = t ? scratch_take() : NULL;
	struct sw_wire_ns *r;

	if (!t || !s)
		return false;
	r = (struct sw_wire_ns *)s->saved.data;
	head_fill(s, bpf_get_current_task_btf(), SW_WIRE_NAMESPACE, SW_WIRE_CLS_NS, t);
	r->op = op;
	r->bits = bits;
	r->child_tgid = 0;
	r->pad = 0;
	return deny_emit(s, NAMESPACE, sizeof(*r));
}

/* pivot_root changes the mount table and the root: either rule refuses it. */
SEC("lsm/sb_pivotroot")
int BPF_PROG(sw_deny_sb_pivotroot, const struct path *old_path, const struct path *new_path)
{
	if (mount_deny(new_path, SW_WIRE_MOUNT_PIVOT, 0, NULL))
		return answer(true);
	return answer(ns_deny(SW_WIRE_NS_ROOT, 0));
}

SEC("lsm/path_chroot")
int BPF_PROG(sw_deny_path_chroot, const struct path *path)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (BPF_CORE_READ(path, dentry) == BPF_CORE_READ(task, fs, root.dentry) &&
	    BPF_CORE_READ(path, mnt) == BPF_CORE_READ(task, fs, root.mnt))
		return 0; /* the same root: nothing */
	return answer(ns_deny(SW_WIRE_NS_ROOT, 0));
}

/* CLONE_NEW*, in the order of sw_task_ns.inum. */
static __always_inline u32 clone_bits(u64 flags)
{
	return !!(flags & 0x00020000) | !!(flags & 0x04000000) << 1 | !!(flags & 0x08000000) << 2 |
	       !!(flags & 0x20000000) << 3 | !!(flags & 0x40000000) << 4 |
	       !!(flags & 0x10000000) << 5 | !!(flags & 0x02000000) << 6 |
	       !!(flags & 0x00000080) << 7;
}

/* A child in namespaces of its own: asked before the kernel looks whether its maker may. */
SEC("lsm/task_alloc")
int BPF_PROG(sw_deny_task_alloc, struct task_struct *child, unsigned long flags)
{
	u32 bits = clone_bits(flags);

	bits &= ~(1u << 5); /* the user namespace was asked for before: userns_create */
	if (!bits || !capable(CAP_SYS_ADMIN))
		return 0;
	return answer(ns_deny(SW_WIRE_NS_CLONE, bits));
}

/* A user namespace is a namespace, and all capabilities inside it. */
SEC("lsm/userns_create")
int BPF_PROG(sw_deny_userns_create, const struct cred *cred)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct creds_change c = {
		.op = SW_WIRE_PRIV_USERNS, .violations = PRIVILEGE, .flags = SW_WIRE_PREVENTED};
	struct sw_task *t;

	if (ns_deny(SW_WIRE_NS_UNSHARE, 1u << 5))
		return answer(true);
	t = deny_member(PRIVILEGE);
	if (!t)
		return 0;
	creds_read(task, &c.old);
	c.now = c.old;
	privilege_emit(task, t, &c);
	return answer(true);
}

/* ---- privilege ---- */

/* What the task has against what it would have. */
SW_FN bool creds_deny(const struct cred *now, u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = deny_member(PRIVILEGE);
	struct creds_change c = {.op = op, .flags = SW_WIRE_PREVENTED};

	if (!t)
		return false;
	creds_read(task, &c.old);
	creds_of(now, &c.now);
	c.violations = creds_violation(&c.old, &c.now);
	if (!c.violations)
		return false;
	privilege_emit(task, t, &c);
	return true;
}

SEC("lsm/task_fix_setuid")
int BPF_PROG(sw_deny_task_fix_setuid, struct cred *now, const struct cred *old, int flags)
{
	return answer(creds_deny(now, SW_WIRE_PRIV_SETID));
}

SEC("lsm/capset")
int BPF_PROG(sw_deny_capset, struct cred *now, const struct cred *old)
{
	return answer(creds_deny(now, SW_WIRE_PRIV_CAPSET));
}

/* The last point at which an exec can fail: set-id bits and file capabilities are worked out. */
SEC("lsm/bprm_creds_from_file")
int BPF_PROG(sw_deny_bprm_creds, struct linux_binprm *bprm)
{
	return answer(creds_deny(bprm->cred, SW_WIRE_PRIV_EXEC));
}

/* ---- injection ---- */

#define PTRACE_MODE_ATTACH 2
#ifdef __TARGET_ARCH_x86
#define NR_PTRACE 101
#define NR_VM_WRITEV 311
#define NR_CALL(regs) BPF_CORE_READ(regs, orig_ax)
/* as the 32-bit table has them; that of pidfd_getfd is the same */
#define NR_PTRACE_32 26
#define NR_VM_WRITEV_32 348
#else
#define NR_PTRACE 117
#define NR_VM_WRITEV 271
#define NR_CALL(regs) BPF_CORE_READ(regs, user_regs.regs[8])
#define NR_PTRACE_32 NR_PTRACE
#define NR_VM_WRITEV_32 NR_VM_WRITEV
#endif
#define NR_GETFD 438

/*
 * The same question is asked for reading another's memory, which is no violation: by the call that
 * asks, only those that take over are refused. No number of one table asks this in the other.
 */
static __always_inline u32 injection_op(u64 nr)
{
	if (nr == NR_PTRACE || nr == NR_PTRACE_32)
		return SW_WIRE_INJ_PTRACE;
	if (nr == NR_VM_WRITEV || nr == NR_VM_WRITEV_32)
		return SW_WIRE_INJ_VM_WRITE;
	return nr == NR_GETFD ? SW_WIRE_INJ_GETFD : SW_WIRE_INJ_OPS;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(sw_deny_ptrace, struct task_struct *child, unsigned int mode)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct injection_args a = {.flags = SW_WIRE_PREVENTED, .target = child};
	struct pt_regs *regs;
	struct sw_task *t;

	if (!(mode & PTRACE_MODE_ATTACH))
		return 0;
	t = deny_member(INJECTION);
	if (!t)
		return 0;
	regs = (void *)bpf_task_pt_regs(task);
	a.op = injection_op(NR_CALL(regs));
	if (a.op == SW_WIRE_INJ_OPS)
		return 0;
	a.request = a.op == SW_WIRE_INJ_PTRACE ? 16 /* PTRACE_ATTACH, or SEIZE */ : 0;
	injection_emit(task, t, &a);
	return answer(true);
}

/* ---- the kernel ---- */

#define CAP_BPF 39
#define READING_MODULE 2
#define READING_KEXEC_IMAGE 3
#define READING_KEXEC_INITRAMFS 4

SW_FN bool kernel_deny(u32 op, u32 command)
{
	struct sw_task *t = deny_member(KERNEL);
	struct kernel_args a = {
		.op = op, .command = command, .violations = KERNEL, .flags = SW_WIRE_PREVENTED};

	if (!t)
		return false;
	kernel_emit(bpf_get_current_task_btf(), t, &a);
	return true;
}

/* A handle that is asked for by its id or name is not known to be for writing yet: only seen. */
SEC("lsm/bpf")
int BPF_PROG(sw_deny_bpf, int cmd)
{
	if (bpf_reads(cmd, -1) || (!capable_of_host(CAP_BPF) && !capable_of_host(CAP_SYS_ADMIN)))
		return 0;
	return answer(kernel_deny(SW_WIRE_KERN_BPF, cmd));
}

static __always_inline int load_answer(u32 id)
{
	if (id == READING_MODULE)
		return answer(kernel_deny(SW_WIRE_KERN_MODULE_LOAD, 0));
	if (id == READING_KEXEC_IMAGE || id == READING_KEXEC_INITRAMFS)
		return answer(kernel_deny(SW_WIRE_KERN_KEXEC, 0));
	return 0;
}

/* From a file. The kernel has asked for the capability before. */
SEC("lsm/kernel_read_file")
int BPF_PROG(sw_deny_kernel_read_file, struct file *file, u32 id)
{
	return load_answer(id);
}

/* From memory. */
SEC("lsm/kernel_load_data")
int BPF_PROG(sw_deny_kernel_load_data, u32 id)
{
	return load_answer(id);
}
