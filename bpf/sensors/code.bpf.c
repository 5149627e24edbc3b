/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code that comes into a running process: files mapped executable (dlopen, a loader that was
 * started as a program, an ELF loader in user space), and memory that becomes executable.
 *
 * The object is taken from the mapping itself, which no sibling thread can swap under the same
 * address unseen, not from the descriptor. A file of the baseline that is as it was is filtered
 * here.
 */
#include "lib/code.h"
#include "lib/pending.h"
#include "lib/syscall.h"

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_ANONYMOUS 0x20
#define SHM_EXEC 0100000
#define VM_WRITE 2
#define VM_EXEC 4
#define READ_IMPLIES_EXEC 0x0400000
#define VMAS 32 /* mappings of one mprotect that are looked at */

struct code_args {
	u64 addr, len;
	u32 op, prot, map_flags, flags;
	u64 next; /* end of the mapping that was found */
};

SW_FN int code_emit(struct task_struct *task, const struct sw_task *t, struct file *file,
		    const struct code_args *a)
{
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
	r->addr = a->addr;
	r->len = a->len;
	r->op = a->op;
	r->prot = a->prot;
	r->map_flags = a->map_flags;
	r->flags = a->flags;
	if (file) {
		const struct path *path = compat_user_path(file);
		struct dentry *dentry = BPF_CORE_READ(path, dentry);

		object_fill(&r->obj, BPF_CORE_READ(dentry, d_inode), dentry, slot);
		if (!code_classify(r, slot->baseline_id)) {
			ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_FILTERED);
			scratch_put(s);
			return 0;
		}
		off = path_append(s, &r->obj.path, path, task, off);
	}
	off = args_append(s, &r->args, task, off);
	emit(s, off);
	scratch_put(s);
	return 0;
}

struct vma_look {
	u64 end;
	struct file *file;
	u32 writable, written, executable;
};

static long on_vma(struct task_struct *task, struct vm_area_struct *vma, struct vma_look *l)
{
	u64 flags = BPF_CORE_READ(vma, vm_flags);

	l->end = BPF_CORE_READ(vma, vm_end);
	l->file = BPF_CORE_READ(vma, vm_file);
	l->writable = !!(flags & VM_WRITE);
	l->executable = !!(flags & VM_EXEC);
	l->written = !!BPF_CORE_READ(vma, anon_vma);
	return 0;
}

/* One mapping; false when there is none at the address. */
SW_FN bool on_mapping(struct task_struct *task, const struct sw_task *t, struct code_args *a)
{
	struct vma_look l = {};

	if (bpf_find_vma(task, a->addr, on_vma, &l, 0) || !l.end) {
		/* unmapped by a sibling thread, or the address space is locked by one */
		ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_ERROR);
		return false;
	}
	a->next = l.end;
	if (!l.executable)
		return true;
	a->flags = (l.writable ? SW_WCODE_WRITABLE : 0) | (l.written ? SW_WCODE_WRITTEN : 0);
	if (anonymous(l.file)) {
		a->flags |= SW_WCODE_ANON;
		/* executable memory that nobody has written and nobody can write holds nothing */
		if (!l.writable && !l.written && !l.file) {
			ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_FILTERED);
			return true;
		}
		l.file = NULL;
	}
	code_emit(task, t, l.file, a);
	return true;
}

/* PROT_READ means executable, too, for a program with that personality. */
static __always_inline bool executable(u32 prot)
{
	return prot & PROT_EXEC ||
	       (prot & PROT_READ && bpf_get_current_task_btf()->personality & READ_IMPLIES_EXEC);
}

/*
 * Why: every library comes in this way; the kernel's own mappings of a program and its loader are
 * part of the exec. Misses: 32-bit calls; code that is written through another mapping of the same
 * memory afterwards. Costs: one test per mmap of the host.
 */
SYS_EXIT(mmap)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct code_args a = {.op = SW_WIRE_CODE_MAP, .prot = arg(2)};
	struct sw_task *t;

	if (!executable(a.prot) || (ret < 0 && ret > -4096))
		return 0;
	t = member_in(task, SW_WIRE_CLS_CODE);
	if (!t)
		return 0;
	a.addr = ret;
	a.len = arg(1);
	a.map_flags = arg(3);
	on_mapping(task, t, &a);
	return 0;
}

struct protect_walk {
	u64 addr, end;
	u64 prot;
};

/*
 * The step's arguments are its own, made anew: with those of the last one in the context the
 * verifier went through the body for each of their states, and took a third of the time that
 * loading takes.
 */
static long protect_step(u32 i, struct protect_walk *w)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = bpf_task_storage_get(&sw_tasks, task, 0, 0);
	struct code_args a = {.op = SW_WIRE_CODE_PROTECT, .prot = w->prot, .addr = w->addr};

	if (!t || a.addr >= w->end)
		return 1;
	a.len = w->end - a.addr;
	if (!on_mapping(task, t, &a)) {
		w->addr = w->end;
		return 1;
	}
	w->addr = a.next;
	return 0;
}

/* The same for memory that is there already, mapping by mapping. mprotect and pkey_mprotect. */
SYS_EXIT(mprotect)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct protect_walk w = {.prot = (u32)arg(2)};
	struct sw_task *t;

	if (!executable(w.prot) || ret < 0)
		return 0;
	t = member_in(task, SW_WIRE_CLS_CODE);
	if (!t)
		return 0;
	w.addr = arg(0);
	w.end = w.addr + arg(1);
	bpf_loop(VMAS, protect_step, &w, 0);
	if (w.addr < w.end) /* more than are looked at */
		ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_ERROR);
	return 0;
}

SYS_EXIT(shmat)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct code_args a = {.op = SW_WIRE_CODE_MAP, .prot = PROT_READ | PROT_EXEC};
	struct sw_task *t;

	if (!(arg(2) & SHM_EXEC) || (ret < 0 && ret > -4096))
		return 0;
	t = member_in(task, SW_WIRE_CLS_CODE);
	if (!t)
		return 0;
	a.addr = ret;
	on_mapping(task, t, &a);
	return 0;
}

/* ---- the LSM back end's: the functions behind the calls, whatever their width ---- */

SW_FN int map_done(u64 addr, u64 len, u32 prot, u32 map_flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct code_args a = {.op = SW_WIRE_CODE_MAP,
			      .addr = addr,
			      .len = len,
			      .prot = prot,
			      .map_flags = map_flags};
	struct sw_task *t = member_in(task, SW_WIRE_CLS_CODE);

	if (t)
		on_mapping(task, t, &a);
	return 0;
}

/*
 * Why not lsm/mmap_file and lsm/file_mprotect: they do not know the address, nor whether it will be
 * done. Leaves out the kernel's own mappings at an exec, which are part of that. Costs: one test
 * per mapping of the host.
 */
SEC("fexit/vm_mmap_pgoff")
int BPF_PROG(sw_done_mmap, struct file *file, unsigned long addr, unsigned long len,
	     unsigned long prot, unsigned long flag)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 ret;

	if (!executable(prot) || BPF_CORE_READ_BITFIELD_PROBED(task, in_execve))
		return 0;
	ret = returned(ctx);
	return ret > (u64)-4096 ? 0 : map_done(ret, len, prot, flag);
}

SEC("fexit/do_mprotect_pkey")
int BPF_PROG(sw_done_mprotect, unsigned long start, size_t len, unsigned long prot)
{
	struct protect_walk w = {.addr = start, .end = start + len, .prot = prot};
	struct sw_task *t;

	if (!executable(prot) || refused(returned(ctx)))
		return 0;
	t = member_in(bpf_get_current_task_btf(), SW_WIRE_CLS_CODE);
	if (!t)
		return 0;
	bpf_loop(VMAS, protect_step, &w, 0);
	if (w.addr < w.end)
		ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_ERROR);
	return 0;
}

SEC("fexit/do_shmat")
int BPF_PROG(sw_done_shmat, int id, char *addr, int flags, unsigned long *at)
{
	u64 where = 0;

	if (!(flags & SHM_EXEC) || refused(returned(ctx)) ||
	    bpf_probe_read_kernel(&where, sizeof(where), at))
		return 0;
	return map_done(where, 0, PROT_READ | PROT_EXEC, 0);
}
