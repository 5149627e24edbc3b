/* SPDX-License-Identifier: GPL-2.0-only */
/* A system call seen at its exit: its arguments and its descriptors. Reads registers and tables,
 * never user memory. */
#pragma once

#include "abi/config_abi.h"
#include "kernel/compat.h"

#include <bpf/bpf_tracing.h>

/*
 * An argument: at exit only the return value's register has been overwritten. The asm differs in
 * each case, so that clang cannot join the reads into one at a variable offset from the registers,
 * which the verifier refuses: "R0 variable ptr_pt_regs access".
 */
#define ARG_CASE(n, value)                                                                         \
	case n:                                                                                    \
		v = value;                                                                         \
		asm volatile("%0 ^= %1\n%0 ^= %1" : "+r"(v) : "i"(n));                             \
		break
static __always_inline u64 arg(u32 n)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	u64 v = 0;

	switch (n) {
		ARG_CASE(0, PT_REGS_PARM1_CORE_SYSCALL(regs));
		ARG_CASE(1, PT_REGS_PARM2_CORE_SYSCALL(regs));
		ARG_CASE(2, PT_REGS_PARM3_CORE_SYSCALL(regs));
		ARG_CASE(3, PT_REGS_PARM4_CORE_SYSCALL(regs));
		ARG_CASE(4, PT_REGS_PARM5_CORE_SYSCALL(regs));
	}
	return v;
}

/* The argument that a cookie names, or none. */
static __always_inline u64 arg_or(u32 n, u64 none)
{
	return n == SW_ARG_NONE ? none : arg(n);
}

#define SYS_EXIT(call)                                                                             \
	SEC("tracepoint/syscalls/sys_exit_" #call)                                                 \
	int sw_exit_##call(struct trace_event_raw_sys_exit *ctx)
/* One program for several calls: its attachments carry a cookie (SW_CALL). */
#define SYS_EXITS(family)                                                                          \
	SEC("tracepoint")                                                                          \
	int sw_exit_##family(struct trace_event_raw_sys_exit *ctx)

static __always_inline struct file *fd_file(struct task_struct *task, u32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file **fds, *file = NULL;

	if (!fdt || fd >= BPF_CORE_READ(fdt, max_fds))
		return NULL;
	fds = BPF_CORE_READ(fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	return file;
}
