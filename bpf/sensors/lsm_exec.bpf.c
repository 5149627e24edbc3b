/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The script of a #! start, by its object. sched_process_exec only knows its name: its file is
 * released before the interpreter's image is in place.
 *
 * Why bprm_check_security: called for each file of the chain when its first bytes have been read,
 * the script first. The record is kept until sched_process_exec says that the start succeeded: a
 * check without a start (AT_EXECVE_CHECK) and a refused one are no event. Misses: a script that is
 * given to an interpreter as an argument or on its standard input; in a chain of scripts all but
 * the last are counted as not kept. Costs: two bytes compared per exec of the host.
 */
#include "lib/code.h"
#include "lib/pending.h"

SW_FN int script_keep(const struct sw_task *t, struct file *file, u64 key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_slot *slot = slot_get(t->slot);
	struct sw_scratch *s = scratch_take();
	struct sw_wire_code *r;
	u32 off = sizeof(*r);

	if (!s || !slot) {
		ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_ERROR);
		if (s)
			scratch_put(s);
		return 0;
	}
	r = (struct sw_wire_code *)s->saved.data;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_CODE, SW_WIRE_CLS_CODE, t);
	r->op = SW_WIRE_CODE_SCRIPT;
	object_fill(&r->obj, BPF_CORE_READ(file, f_inode), BPF_CORE_READ(file, f_path.dentry),
		    slot);
	if (script_classify(r, slot->baseline_id)) {
		off = path_append(s, &r->obj.path, &file->f_path, task, off);
		pending_keep(s, key, (u64)SW_PENDING_SCRIPT << 32 | off);
	} else {
		ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_FILTERED);
	}
	scratch_put(s);
	return 0;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(sw_lsm_bprm_check, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_kept *k;
	struct sw_task *t;
	char head[2] = {};

	bpf_probe_read_kernel(head, sizeof(head), bprm->buf);
	t = task_member(task);
	if (!t)
		return 0;
	k = pending_find((u64)bprm);
	if (head[0] != '#' || head[1] != '!') {
		/* a start of its own at the address of one that was given up */
		if (k && bprm->interp == bprm->filename)
			kept_end(k, 0);
		return 0;
	}
	if (k && bprm->interp != bprm->filename)
		kept_end(k, 1);
	script_keep(t, bprm->file, (u64)bprm);
	return 0;
}
