/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The LSM back end's tasks: namespaces and roots, identity and capabilities, one process reaching
 * into another, programs that could not be started. Replaces namespace.bpf.c, privilege.bpf.c,
 * injection.bpf.c and the failed starts of name.bpf.c.
 *
 * Why the calls' own entries (lib/done.h): only who makes the call pays, and they are the same on
 * every kernel. A function behind them is taken where all ways lead through it and it stands in
 * another file than its callers, or has but one: else a compiler may have put a copy of it there
 * that nobody can see. Misses: nothing that the hooks on system calls see.
 */
#include "lib/exec_failed.h"
#include "lib/injection.h"
#include "lib/mount_known.h"
#include "lib/namespace.h"
#include "lib/privilege.h"

/* ---- namespaces and roots ---- */

/* The task has something new; what it is, is compared. */
SW_FN int own_changed(u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = task_member(task);

	if (!t)
		return 0;
	ns_diff(task, t, op);
	return creds_diff(task, t, SW_WIRE_PRIV_USERNS);
}

static __always_inline int own_called(const struct done_call *c, u32 op)
{
	return c->ret < 0 ? 0 : own_changed(op);
}

DONE_CALL(unshare, own_called, SW_WIRE_NS_UNSHARE)
DONE_CALL(setns, own_called, SW_WIRE_NS_SETNS)
DONE_CALL(chroot, own_called, SW_WIRE_NS_ROOT)

/* The places of a pivot_root have these names only before it is done. */
SEC("lsm/sb_pivotroot")
int BPF_PROG(sw_lsm_sb_pivotroot, const struct path *old_path, const struct path *new_path)
{
	struct mount_known k = {.call = CALL_PIVOT, .op = SW_WIRE_MOUNT_PIVOT, .target = new_path};

	mount_decided(&k);
	return 0;
}

static __always_inline int pivoted(const struct done_call *c, u32 op)
{
	own_called(c, op);
	return mount_over(CALL_PIVOT, c->ret);
}
DONE_CALL(pivot_root, pivoted, SW_WIRE_NS_ROOT)

/* ---- identity and capabilities ---- */

/*
 * Why: whatever gives a task other credentials ends here, set*id and capset by every number that
 * they have, keyctl, setns. Those of a new program are compared when it has started: exec.bpf.c.
 */
SEC("fexit/commit_creds")
int BPF_PROG(sw_done_commit_creds)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t;

	if (BPF_CORE_READ_BITFIELD_PROBED(task, in_execve))
		return 0;
	t = member_in(task, SW_WIRE_CLS_PRIVILEGE);
	return t ? creds_diff(task, t, SW_WIRE_PRIV_SETID) : 0;
}

/* ---- reaching into another process ---- */

SW_FN int injected(const struct injection_args *a)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = member_in(task, SW_WIRE_CLS_INJECTION);

	return t ? injection_emit(task, t, a) : 0;
}

static __always_inline int traced(const struct done_call *c, u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct injection_args a = {.op = op, .request = c->arg[0], .addr = c->arg[2]};

	if (c->ret < 0 || !intrusive(a.request))
		return 0;
	a.target = a.request == PTRACE_TRACEME ? task : task_by_vpid(task, c->arg[1]);
	return injected(&a);
}
DONE_CALL_COMPAT(ptrace, traced, SW_WIRE_INJ_PTRACE)
DONE_CALL_X32(ptrace, traced, SW_WIRE_INJ_PTRACE)

static __always_inline int vm_written(const struct done_call *c, u32 op)
{
	struct injection_args a = {.op = op, .len = c->ret};

	if (c->ret <= 0)
		return 0;
	a.target = task_by_vpid(bpf_get_current_task_btf(), c->arg[0]);
	return injected(&a);
}
DONE_CALL(process_vm_writev, vm_written, SW_WIRE_INJ_VM_WRITE)

SEC("fexit/pidfd_getfd")
int BPF_PROG(sw_done_pidfd_getfd, struct pid *pid, int fd)
{
	struct injection_args a = {.op = SW_WIRE_INJ_GETFD, .request = fd};

	if (refused(returned(ctx)))
		return 0;
	a.target = pid_task_of(pid, PIDTYPE_PID);
	return injected(&a);
}

/* ---- programs that could not be started ---- */

static __always_inline int exec_called(const struct done_call *c, u32 op)
{
	struct user_name name = {.name = c->arg[op], .dirfd = op ? (s32)c->arg[0] : AT_FDCWD};

	return c->ret < 0 ? exec_failed_emit(&name, c->ret) : 0;
}
/* op: which argument is the name */
DONE_CALL_COMPAT(execve, exec_called, 0)
DONE_CALL_COMPAT(execveat, exec_called, 1)
