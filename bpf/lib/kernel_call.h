/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a call that changes the kernel, or that was refused. */
#pragma once

#include "lib/bpf_handle.h"
#include "lib/kernel_control.h"

/* A call that changes the kernel is over: what it did, or that it was refused. */
SW_FN int kernel_called(u32 op, u32 command, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct kernel_args a = {.op = op, .command = command};
	struct sw_task *t = member_in(task, SW_WIRE_CLS_KERNEL);

	if (!t)
		return 0;
	if (op == SW_WIRE_KERN_BPF && bpf_reads(command, ret)) {
		ledger_count(t->slot, SW_WIRE_CLS_KERNEL, LEDGER_FILTERED);
		return 0;
	}
	if (ret < 0)
		a.result = ret;
	else
		a.violations = 1u << SW_WIRE_V_KERNEL;
	return kernel_emit(task, t, &a);
}
