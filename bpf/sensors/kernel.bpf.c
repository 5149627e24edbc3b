/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel itself: modules, bpf(2), kexec. Attempts that the kernel refused are records, too: who
 * tries this from a container is news. Control files (sysctl, core_pattern, binfmt_misc,
 * release_agent) are opens for write: file.bpf.c.
 */
#include "lib/bpf_handle.h"
#include "lib/kernel_control.h"

/*
 * Why: no tracepoint tells of these with the caller's identity but the calls' own. Misses: 32-bit
 * calls. Costs: see file.bpf.c.
 */
SYS_EXIT(kernel)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct kernel_args a = {.op = SW_CALL_OP(cookie)};
	struct sw_task *t = member_in(task, SW_WIRE_CLS_KERNEL);

	if (!t)
		return 0;
	if (a.op == SW_WIRE_KERN_BPF) {
		a.command = arg(0);
		if (bpf_reads(a.command, ret)) {
			ledger_count(t->slot, SW_WIRE_CLS_KERNEL, LEDGER_FILTERED);
			return 0;
		}
	}
	if (ret < 0)
		a.result = ret;
	else
		a.violations = 1u << SW_WIRE_V_KERNEL;
	return kernel_emit(task, t, &a);
}
