/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refuses to execute, and to map as code, what no-shell, no-package-manager and no-drift-exec
 * forbid, and the first program of an entry from outside (no-entry).
 *
 * At bprm_check_security the object is at hand and the old image still runs: the call fails, nobody
 * is killed. Not known there: the new arguments, so that an applet of a multi-call binary is left
 * to the signal at sched_process_exec (exec.bpf.c), as is whoever joined the namespaces without the
 * control group.
 */
#include "lib/deny.h"
#include "lib/exec.h"

#define PROT_EXEC 4
#define VM_EXEC 4

#define EXECS (1u << SW_WIRE_V_SHELL | 1u << SW_WIRE_V_PKG_EXEC | 1u << SW_WIRE_V_DRIFT)
#define ENTRY (1u << SW_WIRE_V_ENTRY)

/* The entry that this exec would complete: its number, 0 when it completes none. */
SW_FN u32 entry_ordinal(struct task_struct *task, const struct sw_task *t, struct sw_slot *slot)
{
	if (t->phase != SW_PHASE_ENTERING || !entry_complete(task, t, slot))
		return 0;
	slot_place(slot, t->slot, task); /* as the entry would: what lies on its root? */
	return slot->entries + (slot->flags & SW_SLOT_F_LATE ? 2 : 1);
}

SW_FN bool entry_deny(struct task_struct *task, const struct sw_task *t, const struct sw_slot *slot,
		      u32 ordinal)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_entry *r;

	if (!s)
		return false;
	r = (struct sw_wire_entry *)s->saved.data;
	head_fill(s, task, SW_WIRE_ENTRY, SW_WIRE_CLS_LIFE, t);
	r->h.actor.entry = ordinal;
	r->ordinal = ordinal;
	r->root_dev = slot->root_dev;
	return deny_emit(s, ENTRY, sizeof(*r));
}

SW_FN bool exec_deny(struct linux_binprm *bprm, const struct sw_task *t, struct sw_slot *slot,
		     u32 ordinal)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *file = BPF_CORE_READ(bprm, file);
	struct sw_scratch *s = scratch_take();
	struct sw_wire_exec *r;
	u32 off = sizeof(*r);

	if (!s)
		return false;
	r = (struct sw_wire_exec *)s->saved.data;
	head_fill(s, task, SW_WIRE_EXEC, SW_WIRE_CLS_EXEC, t);
	if (ordinal)
		r->h.actor.entry = ordinal;
	object_fill(&r->obj, BPF_CORE_READ(file, f_inode), BPF_CORE_READ(file, f_path.dentry),
		    slot);
	off = path_append(s, &r->obj.path, &file->f_path, task, off);
	off = copied_append(s, &r->filename, BPF_CORE_READ(bprm, filename), off);
	off = copied_append(s, &r->interp, BPF_CORE_READ(bprm, interp), off);
	str_none(&r->args);
	__builtin_memset(r->applet, 0, sizeof(r->applet));
	exec_classify(s, r, slot->baseline_id);
	if (enforced(slot, r->h.violations))
		return deny_emit(s, r->h.violations, off);
	scratch_put(s);
	return false;
}

SW_FN bool code_deny(struct file *file, const struct sw_task *t, const struct sw_slot *slot,
		     u32 op_prot)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct path *path = compat_user_path(file);
	struct dentry *dentry = BPF_CORE_READ(path, dentry);
	struct sw_scratch *s = scratch_take();
	struct sw_wire_code *r;
	u32 off = sizeof(*r);

	if (!s)
		return false;
	r = (struct sw_wire_code *)s->saved.data;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_CODE, SW_WIRE_CLS_CODE, t);
	r->op = op_prot >> 16;
	r->prot = op_prot & 0xffff;
	object_fill(&r->obj, BPF_CORE_READ(dentry, d_inode), dentry, slot);
	if (r->op == SW_WIRE_CODE_SCRIPT)
		script_classify(r, slot->baseline_id);
	else
		code_classify(r, slot->baseline_id);
	if (!enforced(slot, r->h.violations)) {
		scratch_put(s);
		return false;
	}
	off = path_append(s, &r->obj.path, path, task, off);
	if (r->op != SW_WIRE_CODE_SCRIPT)
		off = args_append(s, &r->args, task, off);
	return deny_emit(s, r->h.violations, off);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(sw_deny_bprm_check, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_slot *slot;
	struct sw_task *t;
	u32 ordinal = 0;
	char head[2] = {};

	if (!enforcing(EXECS | ENTRY))
		return 0;
	t = task_member(task);
	slot = t ? slot_get(t->slot) : NULL;
	if (!t || !enforced(slot, EXECS | ENTRY))
		return 0;
	if (t->phase != SW_PHASE_IN) {
		ordinal = entry_ordinal(task, t, slot);
		if (!ordinal) /* the runtime's own */
			return 0;
	}
	if (ordinal > 1 && enforced(slot, ENTRY))
		return answer(entry_deny(task, t, slot, ordinal));
	/* where its root is not known, nothing can be said to lie outside */
	if (!enforced(slot, EXECS) || !slot->root_dev)
		return 0;
	bpf_probe_read_kernel(head, sizeof(head), bprm->buf);
	if (head[0] == '#' && head[1] == '!')
		return answer(code_deny(bprm->file, t, slot, SW_WIRE_CODE_SCRIPT << 16));
	return answer(exec_deny(bprm, t, slot, ordinal));
}

/* A file that is about to be code. The kernel's own mappings at an exec are part of that. */
static __always_inline int code_answer(struct file *file, u32 op, unsigned long prot)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t;
	struct sw_slot *slot;

	if (!(prot & PROT_EXEC) || !file || BPF_CORE_READ_BITFIELD_PROBED(task, in_execve))
		return 0;
	t = deny_member(EXECS);
	slot = t ? slot_get(t->slot) : NULL;
	if (!t || !slot || !slot->root_dev || anonymous(file))
		return 0;
	return answer(code_deny(file, t, slot, op << 16 | (prot & 0xffff)));
}

SEC("lsm/mmap_file")
int BPF_PROG(sw_deny_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot)
{
	return code_answer(file, SW_WIRE_CODE_MAP, prot);
}

SEC("lsm/file_mprotect")
int BPF_PROG(sw_deny_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot,
	     unsigned long prot)
{
	if (BPF_CORE_READ(vma, vm_flags) & VM_EXEC)
		return 0;
	return code_answer(BPF_CORE_READ(vma, vm_file), SW_WIRE_CODE_PROTECT, prot);
}
