/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Injection: one process takes over another's memory, registers or descriptors. /proc/PID/mem is an
 * open for write: file.bpf.c.
 */
#include "lib/injection.h"
#include "lib/syscall.h"

/*
 * Why: the call has no descriptor; the number it names is looked up in the caller's pid namespace,
 * in the kernel's tables, after the call succeeded. Misses: 32-bit calls; a target that ended
 * between the call and its exit is named by nothing. Costs: see file.bpf.c.
 */
SYS_EXIT(ptrace)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct injection_args a = {.op = SW_WIRE_INJ_PTRACE, .request = arg(0), .addr = arg(2)};
	struct sw_task *t;

	if (ret < 0 || !intrusive(a.request))
		return 0;
	t = member_in(task, SW_WIRE_CLS_INJECTION);
	if (!t)
		return 0;
	a.target = a.request == PTRACE_TRACEME ? task : task_by_vpid(task, arg(1));
	return injection_emit(task, t, &a);
}

SYS_EXIT(process_vm_writev)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct injection_args a = {.op = SW_WIRE_INJ_VM_WRITE, .len = ret};
	struct sw_task *t;

	if (ret <= 0)
		return 0;
	t = member_in(task, SW_WIRE_CLS_INJECTION);
	if (!t)
		return 0;
	a.target = task_by_vpid(task, arg(0));
	return injection_emit(task, t, &a);
}

SYS_EXIT(pidfd_getfd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct injection_args a = {.op = SW_WIRE_INJ_GETFD, .request = arg(1)};
	struct file *file;
	struct sw_task *t;

	if (ret < 0)
		return 0;
	t = member_in(task, SW_WIRE_CLS_INJECTION);
	if (!t)
		return 0;
	file = fd_file(task, arg(0));
	if (file)
		a.target = pid_task_of(compat_pidfd_pid(file), PIDTYPE_PID);
	return injection_emit(task, t, &a);
}
