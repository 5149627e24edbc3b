/* SPDX-License-Identifier: GPL-2.0-only */
/* A system call seen at its exit: its arguments and its descriptors. Reads registers and tables,
 * never user memory. */
#pragma once

#include "kernel/compat.h"
#include "lib/maps.h"

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

/*
 * What is done at the exit of one system call, or of a family of them: the cookie (SW_CALL) says
 * which one it was. A program of its own, which the one on sys_exit (sys_exit.bpf.c) goes over to
 * for the calls in sw_calls, with the same context: as functions of one program they are more than
 * the verifier looks at (a million instructions).
 */
#define SYS_EXIT(family)                                                                           \
	static __always_inline int exit_of_##family(long ret, u64 cookie);                         \
	SEC("tp_btf/sys_exit")                                                                     \
	int BPF_PROG(sw_exit_##family, struct pt_regs *regs, long ret)                             \
	{                                                                                          \
		return exit_of_##family(ret, call_cookie(regs));                                   \
	}                                                                                          \
	static __always_inline int exit_of_##family(long ret, u64 cookie)

#if defined(__TARGET_ARCH_x86)
#define CALL_NUMBER(regs) ((u32)(regs)->orig_ax)
#else
#define CALL_NUMBER(regs) ((u32)(regs)->syscallno)
#endif

static __always_inline u64 call_cookie(struct pt_regs *regs)
{
	u32 nr = CALL_NUMBER(regs);
	struct sw_call *c = bpf_map_lookup_elem(&sw_calls, &nr);

	return c ? c->cookie : 0;
}

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
