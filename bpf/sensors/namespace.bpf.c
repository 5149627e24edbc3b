/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespaces and roots: a member that changed its own. What is made by clone is seen in
 * container.bpf.c, where the child is; fork and exec compare again as a backstop.
 */
#include "lib/mount.h"
#include "lib/namespace.h"
#include "lib/privilege.h"
#include "lib/syscall.h"

/*
 * Why exit side of exactly these four (unshare, setns, chroot, pivot_root): the kernel's own state
 * is compared with what it was, so neither arguments nor file descriptors need decoding, and setns
 * on a pidfd is the same as on a namespace file. Misses: the 32-bit system calls, until the task's
 * next fork or exec. Costs: exit-side hooks put every system call of the host on the slow path; see
 * file.bpf.c, which shares that price.
 */
SYS_EXIT(namespace)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mount_args a = {.op = SW_WIRE_MOUNT_PIVOT, .violations = 1u << SW_WIRE_V_MOUNT};
	struct sw_task *t;

	if (ret < 0)
		return 0;
	t = task_member(task);
	if (!t)
		return 0;
	ns_diff(task, t, SW_CALL_OP(cookie));
	creds_diff(task, t, SW_WIRE_PRIV_USERNS);
	if (SW_CALL_NAME(cookie) == SW_ARG_NONE || t->phase != SW_PHASE_IN)
		return 0;
	/* pivot_root: the mount table changes as well */
	a.target = (struct user_name){.name = arg(SW_CALL_NAME(cookie)), .dirfd = AT_FDCWD};
	return mount_emit(task, t, &a);
}
