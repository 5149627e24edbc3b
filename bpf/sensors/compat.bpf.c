/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 32-bit system calls, by 32-bit programs or by 64-bit ones (int 0x80, and x32 where the kernel has
 * it): classic tracepoints do not fire for them. What is noticed here is which class of events such
 * a call may have been, once per task and class; and the two state diffs are made after each.
 *
 * Why the raw tracepoint: nothing else sees these calls. Costs: a few instructions per system call
 * of the host, on the slow path that the other exit-side hooks have opened already (bpf/README.md).
 */
#include "lib/compat_use.h"
#include "lib/kernel_control.h"
#include "lib/namespace.h"
#include "lib/privilege.h"
#include "lib/syscall.h"

#include <bpf/bpf_tracing.h>

#if defined(__TARGET_ARCH_x86)
#define CLS(name) (1u << SW_WIRE_CLS_##name)
#define FMODE_WRITE 2
#define PROT_EXEC 4
#define SHM_EXEC 0100000
#define IPC_SHMAT 21

/* What was opened: for write, and where. */
static __always_inline u32 opened(struct task_struct *task, long fd)
{
	struct file *file = fd_file(task, fd);

	if (!file)
		return CLS(FILE) | CLS(INJECTION) | CLS(KERNEL);
	if (!(BPF_CORE_READ(file, f_mode) & FMODE_WRITE))
		return 0;
	return control_magic(BPF_CORE_READ(file, f_inode, i_sb, s_magic))
		       ? CLS(FILE) | CLS(INJECTION) | CLS(KERNEL)
		       : CLS(FILE);
}

/* Of which classes the call may be an event: by the numbers of the i386 table. */
static __always_inline u32 call_classes(struct task_struct *task, struct pt_regs *regs, u32 nr,
					long ret)
{
	switch (nr) {
	case 5: /* open, creat, openat, open_by_handle_at, openat2 */
	case 8:
	case 295:
	case 342:
	case 437:
		return opened(task, ret);
	case 9 ... 10: /* link, unlink; mknod, chmod, lchown; rename, mkdir, rmdir; ioctl; symlink
			*/
	case 14 ... 16:
	case 38 ... 40:
	case 54:
	case 83:
	case 92 ... 95: /* truncate, ftruncate, fchmod, fchown */
	case 182:	/* the same with wider arguments */
	case 193 ... 194:
	case 198:
	case 207:
	case 212:
	case 226 ... 228: /* attributes */
	case 235 ... 237:
	case 296 ... 298: /* *at */
	case 301 ... 304:
	case 306:
	case 324: /* fallocate, renameat2, copy_file_range, fchmodat2, *xattrat, file_setattr */
	case 353:
	case 377:
	case 452:
	case 463:
	case 466:
	case 469:
		return CLS(FILE);
	case 90: /* mmap: its arguments are in memory */
		return CLS(CODE);
	case 125: /* mprotect, mmap2, pkey_mprotect */
	case 192:
	case 380:
		return (u32)regs->dx & PROT_EXEC ? CLS(CODE) : 0;
	case 117: /* ipc, shmat */
		return ((u32)regs->bx & 0xffff) == IPC_SHMAT ? CLS(CODE) : 0;
	case 397:
		return (u32)regs->dx & SHM_EXEC ? CLS(CODE) : 0;
	case 21 ... 22: /* mount, umount, umount2, pivot_root, and the new calls */
	case 52:
	case 217:
	case 428 ... 430:
	case 432:
	case 442:
		return CLS(MOUNT);
	case 26: /* ptrace, process_vm_writev, pidfd_getfd */
	case 348:
	case 438:
		return CLS(INJECTION);
	case 128 ... 129: /* modules, kexec, bpf */
	case 283:
	case 350:
	case 357:
		return CLS(KERNEL);
	case 102: /* socketcall, connect, listen */
	case 362 ... 363:
		return CLS(NETWORK);
	default:
		return 0;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sw_compat_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct compat_args a = {.op = SW_WIRE_COMPAT_CALL, .nr = regs->orig_ax};
	bool x32 = a.nr & X32_BIT && (s32)a.nr > 0;
	struct sw_task *t;

	if (!compat_call32(task) && !x32)
		return 0;
	t = task_member(task);
	if (!t || t->phase != SW_PHASE_IN)
		return 0;
	ns_diff(task, t, SW_WIRE_NS_UNSHARE);
	creds_diff(task, t, SW_WIRE_PRIV_OTHER);
	if ((s32)ret < 0 && (s32)ret > -4096)
		return 0;
	/* x32 has the numbers of the 64-bit table: any class */
	a.classes = x32 ? ~0u : call_classes(task, regs, a.nr, ret);
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
int BPF_PROG(sw_compat_exit, struct pt_regs *regs, long ret)
{
	return 0;
}
#endif
