/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel itself: modules, bpf(2), kexec. Attempts that the kernel refused are records, too: who
 * tries this from a container is news. Control files (sysctl, core_pattern, binfmt_misc,
 * release_agent) are opens for write: file.bpf.c.
 */
#include "lib/kernel_call.h"
#include "lib/syscall.h"

/*
 * Why: no tracepoint tells of these with the caller's identity but the calls' own. Misses: 32-bit
 * calls. Costs: see file.bpf.c.
 */
SYS_EXIT(kernel)
{
	u32 op = SW_CALL_OP(cookie);

	return kernel_called(op, op == SW_WIRE_KERN_BPF ? arg(0) : 0, ret);
}
