/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exit of every system call: the one program that the tracepoint back end has there. The table
 * sw_calls, by number, says whose call it is; the program for it, in one of the other files, goes
 * on.
 *
 * Why the raw tracepoint and not a classic one per call: classic ones do not fire for 32-bit calls
 * (by 32-bit programs, or by 64-bit ones with int 0x80, and x32), so this one is needed all the
 * same, and then it serves both. In instructions per getppid on 6.1: none 340, one like it beside
 * classic ones 567, this one alone 489. Misses: what io_uring does. Costs: that, for each call of
 * the host.
 *
 * Of a 32-bit call only its number is taken: of which classes it may have been an event, told once
 * per task and class. The two state diffs are made after each that is in the table.
 */
#include "lib/compat_use.h"
#include "lib/kernel_control.h"
#include "lib/namespace.h"
#include "lib/privilege.h"
#include "lib/syscall.h"

#include <bpf/bpf_tracing.h>

#define CLS(name) (1u << SW_WIRE_CLS_##name)
#define FMODE_WRITE 2
#define PROT_EXEC 4
#define SHM_EXEC 0100000
#define IPC_SHMAT 21

#if defined(__TARGET_ARCH_x86)
/* What was opened: for write, and where. */
static __always_inline u32 opened(struct task_struct *task, long fd)
{
	struct file *file = fd_file(task, fd);
	struct inode *inode;

	if (!file)
		return CLS(FILE) | CLS(INJECTION) | CLS(KERNEL);
	if (!(BPF_CORE_READ(file, f_mode) & FMODE_WRITE))
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	if (raw_device_of(inode)) /* what is written there can be anything */
		return ~0u;
	return control_magic(BPF_CORE_READ(inode, i_sb, s_magic))
		       ? CLS(FILE) | CLS(INJECTION) | CLS(KERNEL)
		       : CLS(FILE);
}

/* Of which classes this call may be an event. */
static __always_inline u32 classes32(struct task_struct *task, struct pt_regs *regs,
				     const struct sw_call *c, long ret)
{
	switch (c->test32) {
	case SW_TEST32_OPENED:
		return opened(task, ret);
	case SW_TEST32_PROT:
		return (u32)regs->dx & PROT_EXEC ? c->classes32 : 0;
	case SW_TEST32_IPC:
		return ((u32)regs->bx & 0xffff) == IPC_SHMAT ? c->classes32 : 0;
	case SW_TEST32_SHM:
		return (u32)regs->dx & SHM_EXEC ? c->classes32 : 0;
	default:
		return c->classes32;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sw_exit_call32, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct compat_args a = {.op = SW_WIRE_COMPAT_CALL, .nr = CALL_NUMBER(regs)};
	struct sw_call *c = bpf_map_lookup_elem(&sw_calls, &a.nr);
	struct sw_task *t = task_member(task);

	if (!t || t->phase != SW_PHASE_IN)
		return 0;
	ns_diff(task, t, SW_WIRE_NS_UNSHARE);
	creds_diff(task, t, SW_WIRE_PRIV_OTHER);
	if ((s32)ret < 0 && (s32)ret > -4096)
		return 0;
	/* not in the table: x32, which has the numbers of the 64-bit one: of any class */
	a.classes = c ? classes32(task, regs, c, ret) & ~SW_CALL32_STATE : ~0u;
	if (!(a.classes & ~t->compat)) {
		ledger_count(t->slot, SW_WIRE_CLS_COMPAT,
			     a.classes ? LEDGER_AGGREGATED : LEDGER_FILTERED);
		return 0;
	}
	t->compat |= a.classes;
	return compat_emit(task, t, &a);
}
#else
/* Nothing tells such a call from others: 32-bit programs are known by their image. */
SEC("tp_btf/sys_exit")
int BPF_PROG(sw_exit_call32, struct pt_regs *regs, long ret)
{
	return 0;
}
#endif

SEC("tp_btf/sys_exit")
int BPF_PROG(sw_sys_exit, struct pt_regs *regs, long ret)
{
	u32 nr = CALL_NUMBER(regs), family;
	struct sw_call *c = bpf_map_lookup_elem(&sw_calls, &nr);

	if (!c) {
		if (!(nr & X32_BIT) || (s32)nr < 0) /* -1: no call at all */
			return 0;
		family = SW_FAMILY_CALL32;
	} else {
		family = c->family;
		if (!family && !c->classes32) /* nearly all calls end here */
			return 0;
		if (compat_call32(bpf_get_current_task_btf()))
			family = c->classes32 ? SW_FAMILY_CALL32 : SW_FAMILY_NONE;
	}
	bpf_tail_call(ctx, &sw_exits, family); /* none: there is nothing at 0 */
	return 0;
}
