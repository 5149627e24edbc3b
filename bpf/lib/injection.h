/* SPDX-License-Identifier: GPL-2.0-only */
/* Reaching into another process: the record, and memory that is opened as a file. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/pid.h"

#define PROC_SUPER_MAGIC 0x9fa0

#define PTRACE_TRACEME 0
#define PTRACE_POKETEXT 4
#define PTRACE_POKEUSR 6
#define PTRACE_SETREGS 13
#define PTRACE_SETFPREGS 15
#define PTRACE_ATTACH 16
#define PTRACE_SETFPXREGS 19
#define PTRACE_SETREGSET 0x4205
#define PTRACE_SEIZE 0x4206

/* Requests that take control or change something; what a tracer does all day is left out. */
static __always_inline bool intrusive(u32 request)
{
	return (request >= PTRACE_POKETEXT && request <= PTRACE_POKEUSR) ||
	       request == PTRACE_TRACEME || request == PTRACE_SETREGS ||
	       request == PTRACE_SETFPREGS || request == PTRACE_SETFPXREGS ||
	       request == PTRACE_ATTACH || request == PTRACE_SETREGSET || request == PTRACE_SEIZE;
}

struct injection_args {
	u32 op, request;
	u64 addr, len;
	u32 flags;		    /* SW_WIRE_* */
	struct task_struct *target; /* NULL: gone, or not known */
};

SW_FN int injection_emit(struct task_struct *task, const struct sw_task *t,
			 const struct injection_args *a)
{
	struct task_struct *target = a->target;
	struct sw_scratch *s = scratch_take();
	struct sw_wire_injection *r;

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_INJECTION, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_injection *)s->saved.data;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_INJECTION, SW_WIRE_CLS_INJECTION, t);
	/* who asks to be traced has not reached into anybody yet */
	if (a->op != SW_WIRE_INJ_PTRACE || a->request)
		r->h.violations = 1u << SW_WIRE_V_INJECTION;
	r->h.flags = a->flags;
	r->op = a->op;
	r->request = a->request;
	r->addr = a->addr;
	r->len = a->len;
	if (target) {
		r->target_tgid = BPF_CORE_READ(target, tgid);
		r->target_tid = BPF_CORE_READ(target, pid);
		r->target_start_ns = BPF_CORE_READ(target, group_leader, start_boottime);
		r->target_slot = cset_slot(BPF_CORE_READ(target, cgroups));
		bpf_probe_read_kernel(r->target_comm, sizeof(r->target_comm), &target->comm);
	}
	emit(s, sizeof(*r));
	scratch_put(s);
	return 0;
}

/* The process whose memory a file of proc is, or NULL. */
static __always_inline struct pid *memory_of(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	char name[4] = {};

	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	if (name[0] != 'm' || name[1] != 'e' || name[2] != 'm' ||
	    BPF_CORE_READ(file, f_path.dentry, d_name.len) != 3)
		return NULL;
	/* NULL: a file called mem that belongs to no process */
	return BPF_CORE_READ(
		(struct proc_inode *)((void *)inode -
				      bpf_core_field_offset(struct proc_inode, vfs_inode)),
		pid);
}

/* /proc/PID/mem opened for write: true when it was that. Its own memory counts, too: this way code
 * that is not writable is changed. */
static __always_inline bool memory_open(struct task_struct *task, const struct sw_task *t,
					struct file *file)
{
	struct injection_args a = {.op = SW_WIRE_INJ_MEM_OPEN};
	struct pid *pid = memory_of(file);

	if (!pid)
		return false;
	a.target = pid_task_of(pid, PIDTYPE_PID);
	injection_emit(task, t, &a);
	return true;
}
