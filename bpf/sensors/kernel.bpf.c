/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel itself: modules, bpf(2), kexec. Attempts that the kernel refused are records, too: who
 * tries this from a container is news. Control files (sysctl, core_pattern, binfmt_misc,
 * release_agent) are opens for write: file.bpf.c.
 */
#include "lib/kernel_control.h"
#include "lib/syscall.h"

#define BPF_MAP_LOOKUP_ELEM 1
#define BPF_MAP_GET_NEXT_KEY 4
#define BPF_OBJ_GET 7
#define BPF_PROG_GET_NEXT_ID 11
#define BPF_PROG_QUERY 16
#define BPF_TASK_FD_QUERY 20
#define BPF_MAP_LOOKUP_BATCH 24
#define BPF_LINK_GET_FD_BY_ID 30
#define BPF_LINK_GET_NEXT_ID 31

/* Commands that only look. */
static __always_inline bool bpf_reads(u32 cmd)
{
	return cmd == BPF_MAP_LOOKUP_ELEM || cmd == BPF_MAP_GET_NEXT_KEY || cmd == BPF_OBJ_GET ||
	       (cmd >= BPF_PROG_GET_NEXT_ID && cmd <= BPF_PROG_QUERY) || cmd == 19 ||
	       cmd == BPF_TASK_FD_QUERY || cmd == 23 || cmd == BPF_MAP_LOOKUP_BATCH ||
	       cmd == BPF_LINK_GET_FD_BY_ID || cmd == BPF_LINK_GET_NEXT_ID;
}

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
		if (bpf_reads(a.command)) {
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
