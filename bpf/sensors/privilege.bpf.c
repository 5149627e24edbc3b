/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Privilege: set*id and capset. What exec, clone and unshare change is compared where they are seen
 * (exec.bpf.c, container.bpf.c, namespace.bpf.c).
 */
#include "lib/privilege.h"
#include "lib/syscall.h"

/*
 * Why: the kernel's own credentials are compared with what they were; the arguments do not matter.
 * Misses: 32-bit calls, until the task's next exec, fork or end. Costs: see file.bpf.c; a
 * comparison per call.
 */
SYS_EXIT(creds)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t;

	/* setfsuid and setfsgid return the id before: no error to tell by */
	t = member_in(task, SW_WIRE_CLS_PRIVILEGE);
	return t ? creds_diff(task, t, SW_CALL_OP(cookie)) : 0;
}
