/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The LSM back end's mounts. Replaces mount.bpf.c: the places are the kernel's own, so that neither
 * a name raced in user memory nor the call's width matters.
 *
 * Why hooks and the calls' entries, and not the functions between: those stand in one file with
 * their callers, and a compiler may put a copy of them there that nobody can see. The calls that
 * only prepare something, and mount_setattr, are asked of no hook: their names are user memory.
 */
#include "lib/mount_known.h"

/* All kinds of mount(2). A source is a device or just a word, or a name that the kernel copied. */
SEC("lsm/sb_mount")
int BPF_PROG(sw_lsm_sb_mount, const char *dev_name, const struct path *path, const char *type,
	     unsigned long flags)
{
	struct mount_known k = {.call = CALL_MOUNT,
				.op = mount_op(flags),
				.flags = flags,
				.target = path,
				.word = dev_name};

	if (k.op == SW_WIRE_MOUNT_NEW)
		k.fs_type = type;
	mount_decided(&k);
	return 0;
}

SEC("lsm/sb_umount")
int BPF_PROG(sw_lsm_sb_umount, struct vfsmount *mnt, int flags)
{
	struct path at = {.mnt = mnt, .dentry = BPF_CORE_READ(mnt, mnt_root)};
	struct mount_known k = {.call = CALL_UMOUNT,
				.op = SW_WIRE_MOUNT_UMOUNT,
				.flags = (u32)flags,
				.target = &at};

	mount_decided(&k);
	return 0;
}

SEC("lsm/move_mount")
int BPF_PROG(sw_lsm_move_mount, const struct path *from_path, const struct path *to_path)
{
	struct mount_known k = {.call = CALL_MOVE,
				.op = SW_WIRE_MOUNT_ATTACH,
				.flags = call_arg(4),
				.target = to_path,
				.source = from_path};

	mount_decided(&k);
	return 0;
}

static __always_inline int over(const struct done_call *c, u32 call)
{
	return mount_over(call, c->ret);
}
DONE_CALL(mount, over, CALL_MOUNT)
DONE_CALL(umount, over, CALL_UMOUNT)
DONE_CALL32(oldumount, over, CALL_UMOUNT)
DONE_CALL(move_mount, over, CALL_MOVE)

/* The calls that no hook decides on, or none that says whether it was done. */
static __always_inline int mount_called(const struct done_call *c, u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct user_name name = {.name = c->arg[1], .dirfd = (s32)c->arg[0]};
	struct mount_args a = {.op = op, .flags = c->arg[2]};
	struct sw_task *t;

	if (op == SW_WIRE_MOUNT_FSOPEN || op == SW_WIRE_MOUNT_RECONFIGURE)
		a.flags = c->arg[1];
	if (c->ret < 0 || !mount_said(&a, c->arg[3], c->arg[0]))
		return 0;
	t = member_in(task, SW_WIRE_CLS_MOUNT);
	if (!t)
		return 0;
	if (a.op == SW_WIRE_MOUNT_FSOPEN)
		a.fs_type = c->arg[0];
	else if (a.op == SW_WIRE_MOUNT_TREE)
		a.source = name;
	else if (a.op == SW_WIRE_MOUNT_SETATTR)
		a.target = name;
	if (a.op == SW_WIRE_MOUNT_SETATTR || a.op == SW_WIRE_MOUNT_RECONFIGURE)
		a.violations = 1u << SW_WIRE_V_MOUNT;
	return mount_emit(task, t, &a);
}
DONE_CALL(fsopen, mount_called, SW_WIRE_MOUNT_FSOPEN)
DONE_CALL(fsconfig, mount_called, SW_WIRE_MOUNT_RECONFIGURE)
DONE_CALL(fsmount, mount_called, SW_WIRE_MOUNT_FSMOUNT)
DONE_CALL(open_tree, mount_called, SW_WIRE_MOUNT_TREE)
DONE_CALL(mount_setattr, mount_called, SW_WIRE_MOUNT_SETATTR)
DONE_CALL(open_tree_attr, mount_called, SW_WIRE_MOUNT_SETATTR)
