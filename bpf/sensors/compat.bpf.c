/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 32-bit system calls made by 64-bit programs (int 0x80, and x32 where the kernel has it): classic
 * tracepoints do not fire for them, so what they change is seen late or not at all. What is noticed
 * here is that there are such calls; and the two state diffs are made after each.
 *
 * Why the raw tracepoint: nothing else sees these calls. Costs: a few instructions per system call
 * of the host, on the slow path that the other exit-side hooks have opened already (bpf/README.md).
 */
#include "lib/compat_use.h"
#include "lib/namespace.h"
#include "lib/privilege.h"

#include <bpf/bpf_tracing.h>

SEC("tp_btf/sys_exit")
int BPF_PROG(sw_compat_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t;
	u32 nr = 0;

#if defined(__TARGET_ARCH_x86)
	nr = regs->orig_ax;
	if (!compat_call32(task) && !(nr & X32_BIT && (s32)nr > 0))
		return 0;
#else
	if (!compat_call32(task))
		return 0;
#endif
	t = task_member(task);
	if (!t || t->phase != SW_PHASE_IN)
		return 0;
	ns_diff(task, t, SW_WIRE_NS_UNSHARE);
	creds_diff(task, t, SW_WIRE_PRIV_OTHER);
	return compat_emit(task, t, SW_WIRE_COMPAT_CALL, nr & ~X32_BIT);
}
