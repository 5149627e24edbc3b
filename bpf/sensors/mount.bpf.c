/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounts, by the old calls and the new: what was asked for. The target of mount and umount is a
 * name from user memory; what is mounted where is then read from the mount table by userspace.
 *
 * Why sys_exit: no tracepoint tells of a mount. Misses: 32-bit calls; a mount that is made and
 * removed between two looks at the table is known by its names only. Costs: see file.bpf.c.
 */
#include "lib/mount.h"

SYS_EXIT(mount)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mount_args a = {.violations = 1u << SW_WIRE_V_MOUNT, .flags = arg(3)};
	struct sw_task *t;

	if (ret < 0)
		return 0;
	t = member_in(task, SW_WIRE_CLS_MOUNT);
	if (!t)
		return 0;
	a.op = mount_op(a.flags);
	a.target = (struct user_name){.name = arg(1), .dirfd = AT_FDCWD};
	a.source = (struct user_name){.name = arg(0), .dirfd = AT_FDCWD};
	if (a.op == SW_WIRE_MOUNT_NEW)
		a.fs_type = arg(2);
	return mount_emit(task, t, &a);
}

/* umount (umount2), fsopen, fsconfig, fsmount, open_tree, move_mount, mount_setattr,
 * open_tree_attr. pivot_root: namespace.bpf.c. */
SYS_EXIT(mounts)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mount_args a = {.op = SW_CALL_OP(cookie)};
	struct sw_task *t;

	if (ret < 0)
		return 0;
	a.flags = arg_or(SW_CALL_VALUE(cookie), 0);
	if (!mount_said(&a, arg(3), arg(0)))
		return 0;
	t = member_in(task, SW_WIRE_CLS_MOUNT);
	if (!t)
		return 0;
	/* what is not attached yet is in nobody's mount table */
	if (a.op != SW_WIRE_MOUNT_FSOPEN && a.op != SW_WIRE_MOUNT_FSMOUNT &&
	    a.op != SW_WIRE_MOUNT_TREE)
		a.violations = 1u << SW_WIRE_V_MOUNT;
	a.target.name = arg_or(SW_CALL_NAME(cookie), 0);
	a.target.dirfd = arg_or(SW_CALL_DIR(cookie), AT_FDCWD);
	a.source.name = arg_or(SW_CALL_NAME2(cookie), 0);
	a.source.dirfd = arg_or(SW_CALL_DIR2(cookie), AT_FDCWD);
	if (a.op == SW_WIRE_MOUNT_TREE && a.target.name) { /* open_tree_attr */
		a.source = a.target;
		a.target.name = 0;
	}
	if (a.op == SW_WIRE_MOUNT_FSOPEN) {
		a.fs_type = a.source.name;
		a.source.name = 0;
	}
	return mount_emit(task, t, &a);
}
