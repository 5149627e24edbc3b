/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exec: what runs, as the kernel mapped it, and the end of an entry. Classifies by inode against
 * the baseline; what it cannot classify it says so, it never guesses.
 */
#include "lib/compat_use.h"
#include "lib/enforce.h"
#include "lib/environment.h"
#include "lib/exec.h"
#include "lib/namespace.h"
#include "lib/pending.h"
#include "lib/privilege.h"

#include <bpf/bpf_tracing.h>

/* killed: SW_WIRE_PREVENTED when another rule's enforcement has ended it already. Only what is
 * decided here is prevented here; where LSM programs refuse, it does not come to this. */
SW_FN int exec_emit(struct task_struct *task, const struct sw_task *t, struct linux_binprm *bprm,
		    u32 killed)
{
	struct sw_scratch *s = scratch_take();
	struct sw_slot *slot = slot_get(t->slot);
	struct sw_wire_exec *r;
	struct file *file = BPF_CORE_READ(bprm, file);
	u32 off = sizeof(*r);

	if (!s || !slot) {
		ledger_count(t->slot, SW_WIRE_CLS_EXEC, LEDGER_ERROR);
		if (s)
			scratch_put(s);
		return 0;
	}
	r = (struct sw_wire_exec *)s->saved.data;
	head_fill(s, task, SW_WIRE_EXEC, SW_WIRE_CLS_EXEC, t);
	if (BPF_CORE_READ_BITFIELD_PROBED(bprm, secureexec))
		r->h.flags |= SW_WIRE_SECUREEXEC;
	object_fill(&r->obj, BPF_CORE_READ(file, f_inode), BPF_CORE_READ(file, f_path.dentry),
		    slot);
	off = path_append(s, &r->obj.path, &file->f_path, task, off);
	off = copied_append(s, &r->filename, BPF_CORE_READ(bprm, filename), off);
	off = copied_append(s, &r->interp, BPF_CORE_READ(bprm, interp), off);
	off = args_append(s, &r->args, task, off);
	__builtin_memset(r->applet, 0, sizeof(r->applet));
	exec_classify(s, r, slot->baseline_id);
	r->h.flags |= killed | kill_enforced(slot, r->h.violations);
	emit(s, off);
	scratch_put(s);
	return 0;
}

/*
 * The image's own program, in a lower layer or never opened for write, of no class that a rule
 * looks at, and no script's interpreter: decided, so that no record is needed. Nearly all starts
 * are of this kind, and a record of each costs ten times as much.
 */
SW_FN bool exec_ordinary(const struct sw_slot *slot, struct linux_binprm *bprm)
{
	struct file *file = bprm->file;
	struct inode *inode = file->f_inode;
	struct sw_wire_object o = {};
	u32 flags = 0, bits;
	bool found;

	o.ino = inode->i_ino;
	o.dev = inode->i_sb->s_dev;
	if (!slot->baseline_id || !slot->root_dev || o.dev != slot->root_dev ||
	    bprm->interp != bprm->filename || BPF_CORE_READ_BITFIELD_PROBED(bprm, secureexec))
		return false;
	bits = baseline_bits(o.ino, slot->baseline_id, &found);
	if (!found || !(bits & SW_CB_EXECUTABLE) || bits & ~(SW_CB_EXECUTABLE | SW_CB_LIBRARY))
		return false;
	if (!inode->__i_nlink || !file->f_path.dentry->d_hash.pprev)
		return false;
	object_real(inode, &flags);
	return !flags && !object_opened(&o);
}

SW_FN int exec_note(struct task_struct *task, const struct sw_task *t, struct linux_binprm *bprm)
{
	struct sw_exec_key key = {.tgid = task->tgid, .start_ns = t->head.start_ns};
	struct task_struct *parent = task->real_parent;
	struct sw_exec_value v = {
		.ino = bprm->file->f_inode->i_ino,
		.slot = t->slot,
		.boot_ns = t->head.exec_ns,
		.parent_tgid = parent->tgid,
		.parent_start_ns = parent->group_leader->start_boottime,
	};

	bpf_probe_read_kernel(v.comm, sizeof(v.comm), &task->comm);
	/* a label: nothing is decided by it, so that no room is no failure */
	bpf_map_update_elem(&sw_execs, &key, &v, BPF_ANY);
	ledger_count(t->slot, SW_WIRE_CLS_EXEC, LEDGER_FILTERED);
	return 0;
}

/* Gives SW_WIRE_PREVENTED when the entry was ended before it ran. */
SW_FN u32 entry_emit(struct task_struct *task, struct sw_task *t, struct sw_slot *slot)
{
	struct sw_wire_entry *r;
	struct sw_scratch *s;
	u32 ordinal = __sync_fetch_and_add(&slot->entries, 1) + 1, killed;

	/* a container watched from later on has had its entrypoint: no entry seen can be it */
	if (slot->flags & SW_SLOT_F_LATE)
		ordinal++;
	t->entry = ordinal;
	t->phase = SW_PHASE_IN;
	ns_read(task, &t->ns);
	creds_read(task, &t->creds);
	slot_place(slot, t->slot, task);
	s = scratch_take();
	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_LIFE, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_entry *)s->saved.data;
	head_fill(s, task, SW_WIRE_ENTRY, SW_WIRE_CLS_LIFE, t);
	r->ordinal = ordinal;
	r->root_dev = slot->root_dev;
	if (ordinal > 1)
		r->h.violations = 1u << SW_WIRE_V_ENTRY;
	r->h.flags = kill_enforced(slot, r->h.violations);
	killed = r->h.flags;
	emit(s, sizeof(*r));
	scratch_put(s);
	return killed;
}

/*
 * Why: the point where a new image is certain and has not run: the executable is bprm->file, the
 * credentials are the new ones, other threads are gone. The execve return value is no proof
 * (seccomp rewrites it), path arguments at sys_enter can be changed behind our back. Misses: the
 * script of a #! exec (its file is released: only filename and interp tell), libraries, failed
 * attempts. Costs: 4 us per exec in a container (6.18, two busy cores), 15 us when each is a
 * violation that wakes userspace; a task storage lookup elsewhere; system calls pay nothing.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(sw_process_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct sw_task *t = task_member(task);
	struct sw_slot *slot;
	bool joined = false;
	u32 killed = 0;

	if (!t) {
		t = task_joined(task);
		joined = true;
	}
	if (!t)
		return 0;
	slot = slot_get(t->slot);
	if (!slot)
		return 0;
	t->head.exec_ns = bpf_ktime_get_boot_ns();
	if (t->phase == SW_PHASE_ENTERING) {
		if (!joined && !entry_complete(task, t, slot)) {
			ledger_count(t->slot, SW_WIRE_CLS_EXEC, LEDGER_FILTERED);
			return 0;
		}
		killed = entry_emit(task, t, slot);
	} else {
		ns_diff(task, t, SW_WIRE_NS_UNSHARE);
		killed = creds_diff(task, t, SW_WIRE_PRIV_EXEC);
	}
	if (image_compat(bprm)) {
		struct compat_args c = {.op = SW_WIRE_COMPAT_IMAGE,
					.classes = compat_calls_told() ? 1 : 0};

		compat_emit(task, t, &c);
	}
	preload_look(task, t);
	pending_done((u64)bprm, 0, 1u << SW_PENDING_SCRIPT, NULL);
	/* whoever knows what a process was must be told what it became */
	if (!killed && !t->told && exec_ordinary(slot, bprm))
		return exec_note(task, t, bprm);
	t->told = 1;
	return exec_emit(task, t, bprm, killed);
}
