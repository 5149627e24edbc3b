/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespaces and roots: a member that changed its own. What is made by clone is seen in
 * container.bpf.c, where the child is; fork and exec compare again as a backstop.
 */
#include "lib/namespace.h"

#include <bpf/bpf_tracing.h>

static __always_inline int ns_syscall(long ret, u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t;

	if (ret < 0)
		return 0;
	t = task_member(task);
	if (t)
		ns_diff(task, t, op);
	return 0;
}

/*
 * Why exit side of exactly these four: the kernel's own state is compared with what it was, so
 * neither arguments nor file descriptors need decoding, and setns on a pidfd is the same as on a
 * namespace file. Misses: the 32-bit system calls, until the task's next fork or exec. Costs:
 * exit-side hooks put every system call of the host on the slow path; see file.bpf.c, which shares
 * that price.
 */
SEC("tracepoint/syscalls/sys_exit_unshare")
int sw_exit_unshare(struct trace_event_raw_sys_exit *ctx)
{
	return ns_syscall(ctx->ret, SW_WIRE_NS_UNSHARE);
}

SEC("tracepoint/syscalls/sys_exit_setns")
int sw_exit_setns(struct trace_event_raw_sys_exit *ctx)
{
	return ns_syscall(ctx->ret, SW_WIRE_NS_SETNS);
}

SEC("tracepoint/syscalls/sys_exit_chroot")
int sw_exit_chroot(struct trace_event_raw_sys_exit *ctx)
{
	return ns_syscall(ctx->ret, SW_WIRE_NS_ROOT);
}

SEC("tracepoint/syscalls/sys_exit_pivot_root")
int sw_exit_pivot_root(struct trace_event_raw_sys_exit *ctx)
{
	return ns_syscall(ctx->ret, SW_WIRE_NS_ROOT);
}
