/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exit of a function of the kernel, seen by a program of type fexit: what it returned, and, for
 * the function that a system call's number leads to, what the call was given.
 *
 * A 64-bit call and a 32-bit one come in by a function each; both get the task's registers, of
 * which they take their arguments in an order of their own. Nothing but these calls pays for such a
 * program: no hook on all system calls is needed.
 */
#pragma once

#include "kernel/compat.h"

#include <bpf/bpf_tracing.h>

/* A negative errno, as an int or as a pointer. */
static __always_inline bool refused(u64 ret)
{
	return (u32)ret > (u32)-4096;
}

/* What a function returned, for its exit program. */
static __always_inline u64 returned(void *ctx)
{
	u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	return ret;
}

struct done_call {
	u64 arg[5];
	s64 ret;
};

#if defined(__TARGET_ARCH_x86)
static __always_inline void call_read(const struct pt_regs *regs, struct done_call *c)
{
	c->arg[0] = regs->di;
	c->arg[1] = regs->si;
	c->arg[2] = regs->dx;
	c->arg[3] = regs->r10;
	c->arg[4] = regs->r8;
}

static __always_inline void call_read32(const struct pt_regs *regs, struct done_call *c)
{
	c->arg[0] = (u32)regs->bx;
	c->arg[1] = (u32)regs->cx;
	c->arg[2] = (u32)regs->dx;
	c->arg[3] = (u32)regs->si;
	c->arg[4] = (u32)regs->di;
}
#define CALL_ENTRY "__x64_sys_"
#define CALL_ENTRY32 "__ia32_sys_"
#define CALL_ENTRY_COMPAT "__ia32_compat_sys_"
#define CALL_ENTRY_X32 "__x64_compat_sys_"
#elif defined(__TARGET_ARCH_arm64)
static __always_inline void call_read(const struct pt_regs *regs, struct done_call *c)
{
	c->arg[0] = regs->orig_x0;
	for (int i = 1; i < 5; i++)
		c->arg[i] = regs->user_regs.regs[i];
}
#define call_read32 call_read
/* both widths come in by the same function, unless the call has one for 32 bits */
#define CALL_ENTRY "__arm64_sys_"
#define CALL_ENTRY_COMPAT "__arm64_compat_sys_"
#endif

/* An argument of the call that the task is in, for a hook that is further inside. */
static __always_inline u64 call_arg(u32 n)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct pt_regs *regs = (const void *)bpf_task_pt_regs(task);
	struct done_call c;

	if (compat_call32(task))
		call_read32(regs, &c);
	else
		call_read(regs, &c);
	return c.arg[n];
}

#define DONE_ENTRY(entry, prog, call, read, handler, op)                                           \
	SEC("fexit/" entry #call)                                                                  \
	int BPF_PROG(prog, const struct pt_regs *regs)                                             \
	{                                                                                          \
		struct done_call c = {.ret = returned(ctx)};                                       \
                                                                                                   \
		read(regs, &c);                                                                    \
		return handler(&c, op);                                                            \
	}
#define DONE_CALL64(call, handler, op)                                                             \
	DONE_ENTRY(CALL_ENTRY, sw_done_##call, call, call_read, handler, op)
#ifdef CALL_ENTRY32
#define DONE_CALL32(call, handler, op)                                                             \
	DONE_ENTRY(CALL_ENTRY32, sw_done32_##call, call, call_read32, handler, op)
#else
#define DONE_CALL32(call, handler, op)
#endif
/* The programs of one system call, by each of its ways in: handler(const struct done_call *, op).
 */
#define DONE_CALL(call, handler, op)                                                               \
	DONE_CALL64(call, handler, op)                                                             \
	DONE_CALL32(call, handler, op)
/* A call whose arguments have another layout in 32 bits. */
#define DONE_CALL_COMPAT(call, handler, op)                                                        \
	DONE_CALL64(call, handler, op)                                                             \
	DONE_ENTRY(CALL_ENTRY_COMPAT, sw_done32_##call, call, call_read32, handler, op)
/* The same for x32, where that has a number of its own. */
#ifdef CALL_ENTRY_X32
#define DONE_CALL_X32(call, handler, op)                                                           \
	DONE_ENTRY(CALL_ENTRY_X32, sw_donex32_##call, call, call_read, handler, op)
#else
#define DONE_CALL_X32(call, handler, op)
#endif
