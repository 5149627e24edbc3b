/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files: opened for write, changed, named, removed. Objects are taken from the descriptor the
 * kernel handed out; where a system call has only a path, the record says so and decides nothing.
 *
 * Why classic sys_exit_X and the exit side only: the first such hook costs every system call of the
 * host 13 %, the others on the same side nothing more; the enter side would cost that again and
 * sees arguments that can still change. What all of them miss: 32-bit system calls (classic
 * tracepoints do not fire for them) and io_uring (the dirty hook of content.bpf.c sees its writes,
 * nothing sees its renames); a sibling thread that swaps the descriptor before the exit.
 */
#include "lib/actor.h"
#include "lib/container.h"
#include "lib/object.h"
#include "lib/syscall.h"

#define FMODE_WRITE 0x2
#define FMODE_CREATED 0x100000
#define O_ACCMODE 03
#define O_CREAT 0100
#define O_TRUNC 01000
#define __O_TMPFILE 020000000
#define AT_FDCWD (-100)

/* ---- object form ---- */

struct file_args {
	u32 op, open_flags, new_mode;
};

/* Remembers which inode holds the bytes, so that the dirty hook knows it, also when the writer is
 * outside. */
SW_FN int real_remember(const struct sw_wire_object *o, const struct sw_task *t)
{
	struct sw_real_key key = {.ino = o->real_ino ?: o->ino, .dev = o->real_dev ?: o->dev};
	struct sw_real_value v = {
		.slot_gen = t->slot_gen,
		.ino = o->ino,
		.dev = o->dev,
		.slot = t->slot,
		.class_bits = o->class_bits,
	};
	struct sw_real_value *old = bpf_map_lookup_elem(&sw_reals, &key);

	if (old && old->slot_gen == v.slot_gen)
		return 0;
	if (bpf_map_update_elem(&sw_reals, &key, &v, BPF_ANY))
		failed_count(SW_FAILED_REAL);
	return 0;
}

static __always_inline void real_changed(const struct sw_wire_object *o)
{
	struct sw_real_key key = {.ino = o->real_ino ?: o->ino, .dev = o->real_dev ?: o->dev};
	struct sw_real_value *v = bpf_map_lookup_elem(&sw_reals, &key);

	if (v)
		__sync_fetch_and_or(&v->flags, SW_REAL_F_CHANGED);
}

/* Does the object lie in a directory that holds a package database? */
static __always_inline bool in_pkgdb(const struct sw_wire_object *o, struct dentry *dentry,
				     u32 baseline)
{
	bool found;

	if (!(o->flags & SW_WOBJ_ON_ROOT))
		return false;
	return baseline_bits(BPF_CORE_READ(dentry, d_parent, d_inode, i_ino), baseline, &found) &
	       SW_CB_PKGDB;
}

enum verdict { VERDICT_FILTER, VERDICT_SUBMIT };

/* What the kernel can say of the operation. Without a baseline: everything is kept, nothing is
 * decided. */
SW_FN int file_classify(struct sw_wire_file *r, struct dentry *dentry, const struct sw_task *t,
			u32 baseline)
{
	struct sw_wire_object *o = &r->obj;
	u32 v = 0, x = (r->new_mode | o->mode) & 0111;
	bool made = r->op == SW_WIRE_CREATE;

	if ((o->mode & S_IFMT) != S_IFREG)
		return VERDICT_FILTER;
	if (o->class_bits & SW_CB_PKGDB || in_pkgdb(o, dentry, baseline))
		v |= 1u << SW_WIRE_V_PKG_DB;
	if (o->class_bits & SW_CB_CODE && !(o->flags & SW_WOBJ_DELETED)) {
		real_remember(o, t);
		if (r->op != SW_WIRE_OPEN_WRITE && !made)
			v |= 1u << SW_WIRE_V_IMMUTABLE;
		if (r->op == SW_WIRE_TRUNCATE)
			real_changed(o);
	}
	r->h.violations = v;
	if (v || o->class_bits & SW_CB_CODE)
		return VERDICT_SUBMIT;
	if (!baseline && o->flags & SW_WOBJ_ON_ROOT) {
		real_remember(o, t);
		r->h.flags |= SW_WIRE_UNDECIDED;
		return VERDICT_SUBMIT;
	}
	if (made || r->op == SW_WIRE_CHMOD)
		return (made ? o->mode : r->new_mode) & 0111 ? VERDICT_SUBMIT : VERDICT_FILTER;
	return x && !(o->flags & SW_WOBJ_IN_BASELINE) ? VERDICT_SUBMIT : VERDICT_FILTER;
}

SW_FN int file_emit(struct task_struct *task, const struct sw_task *t, struct file *file,
		    const struct file_args *a)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct sw_slot *slot = slot_get(t->slot);
	struct sw_scratch *s = scratch_take();
	struct sw_wire_file *r;
	u32 off = sizeof(*r);

	if (!s || !slot) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		if (s)
			scratch_put(s);
		return 0;
	}
	r = (struct sw_wire_file *)s->saved.data;
	r->op = a->op;
	r->open_flags = a->open_flags;
	r->new_mode = a->new_mode;
	r->detail = 0;
	r->h.flags = 0;
	object_fill(&r->obj, BPF_CORE_READ(file, f_inode), dentry, slot);
	/* most writes end here: the head and the path are filled in only for those that do not */
	if (file_classify(r, dentry, t, slot->baseline_id) == VERDICT_FILTER) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_FILTERED);
		scratch_put(s);
		return 0;
	}
	u32 v = r->h.violations, flags = r->h.flags;

	head_fill(s, task, SW_WIRE_FILE, SW_WIRE_CLS_FILE, t);
	r->h.violations = v;
	r->h.flags = flags;
	str_none(&r->dir);
	str_none(&r->name);
	str_none(&r->dir2);
	str_none(&r->name2);
	off = path_append(s, &r->obj.path, &file->f_path, task, off);
	emit(s, off);
	scratch_put(s);
	return 0;
}

static __always_inline struct sw_task *file_member(struct task_struct *task)
{
	struct sw_task *t = task_member(task);

	if (t && t->phase == SW_PHASE_ENTERING) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_FILTERED);
		return NULL;
	}
	return t;
}

/* A call that returned a descriptor. flags: O_* as asked for; the kernel drops O_TRUNC and O_CREAT
 * from f_flags. */
SW_FN int on_open(long ret, u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_args a = {};
	struct file *file;
	struct sw_task *t;
	u32 mode;

	if (ret < 0)
		return 0;
	t = file_member(task);
	if (!t)
		return 0;
	file = fd_file(task, ret);
	if (!file) { /* moved away by a sibling thread between the call and its exit */
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	mode = BPF_CORE_READ(file, f_mode);
	if (!(mode & (FMODE_WRITE | FMODE_CREATED)) && !(flags & O_TRUNC))
		return 0;
	a.open_flags = BPF_CORE_READ(file, f_flags) | flags;
	if (mode & FMODE_CREATED) {
		a.op = SW_WIRE_CREATE;
		a.new_mode = BPF_CORE_READ(file, f_inode, i_mode) & 07777;
	} else {
		/* size: openat2 hides its flags in user memory; no code of a baseline is empty */
		a.op = flags & O_TRUNC || !BPF_CORE_READ(file, f_inode, i_size)
			       ? SW_WIRE_TRUNCATE
			       : SW_WIRE_OPEN_WRITE;
	}
	return file_emit(task, t, file, &a);
}

/* Flags in a register: a plain open for reading ends here, before any lookup. */
static __always_inline int on_open_flags(long ret, u32 flags)
{
	if (!(flags & (O_ACCMODE | O_CREAT | O_TRUNC | __O_TMPFILE)))
		return 0;
	return on_open(ret, flags);
}

SW_FN int on_fd(long ret, u32 fd, u32 op, u32 new_mode)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_args a = {.op = op, .new_mode = new_mode};
	struct file *file;
	struct sw_task *t;

	if (ret < 0)
		return 0;
	t = file_member(task);
	if (!t)
		return 0;
	file = fd_file(task, fd);
	if (!file) { /* closed by a sibling thread between the call and its exit */
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	return file_emit(task, t, file, &a);
}

/* ---- path form ---- */

struct path_args {
	u32 op, new_mode;
	s32 dirfd, dirfd2;
	u64 name, name2; /* user memory; 0: none */
};

SW_FN u32 dir_append(struct sw_scratch *s, struct sw_wire_str *dir, struct task_struct *task,
		     s32 dirfd, u32 off)
{
	const struct path *path;

	if (dirfd == AT_FDCWD) {
		path = &BPF_CORE_READ(task, fs)->pwd;
	} else {
		struct file *file = fd_file(task, dirfd);

		str_none(dir);
		if (!file)
			return off;
		path = &file->f_path;
	}
	return path_append(s, dir, path, task, off);
}

/* A name and the directory it is relative to; an absolute name has none. */
SW_FN u32 name_append(struct sw_scratch *s, struct sw_wire_file *r, const struct path_args *a,
		      u32 off, bool second)
{
	struct sw_wire_str *dir = second ? &r->dir2 : &r->dir;
	struct sw_wire_str *name = second ? &r->name2 : &r->name;
	u32 at = off;

	str_none(dir);
	off = user_append(s, name, second ? a->name2 : a->name, off);
	if (name->len && *(char *)tail(s, at) == '/')
		return off;
	return dir_append(s, dir, bpf_get_current_task_btf(), second ? a->dirfd2 : a->dirfd, off);
}

SW_FN int on_path(long ret, const struct path_args *a)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_wire_file *r;
	struct sw_scratch *s;
	struct sw_task *t;
	u32 off = sizeof(*r);

	if (ret < 0)
		return 0;
	t = file_member(task);
	if (!t)
		return 0;
	s = scratch_take();
	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_file *)s->saved.data;
	head_fill(s, task, SW_WIRE_FILE, SW_WIRE_CLS_FILE, t);
	r->h.flags = SW_WIRE_UNDECIDED | SW_WIRE_PATH_FORM;
	r->obj = (struct sw_wire_object){};
	r->op = a->op;
	r->open_flags = 0;
	r->new_mode = a->new_mode;
	r->detail = 0;
	off = name_append(s, r, a, off, false);
	str_none(&r->dir2);
	str_none(&r->name2);
	if (a->op ==
	    SW_WIRE_SYMLINK) /* name2 is the link's text: relative to the link, not to a task */
		off = user_append(s, &r->name2, a->name2, off);
	else if (a->name2)
		off = name_append(s, r, a, off, true);
	emit(s, off);
	scratch_put(s);
	return 0;
}

#define SYS_EXIT(call)                                                                             \
	SEC("tracepoint/syscalls/sys_exit_" #call)                                                 \
	int sw_exit_##call(struct trace_event_raw_sys_exit *ctx)

#define PATH_CALL(call, ...)                                                                       \
	SYS_EXIT(call)                                                                             \
	{                                                                                          \
		if (ctx->ret < 0)                                                                  \
			return 0;                                                                  \
		struct path_args a = {__VA_ARGS__};                                                \
		return on_path(ctx->ret, &a);                                                      \
	}

/* ---- descriptors ---- */

SYS_EXIT(open)
{
	return on_open_flags(ctx->ret, arg(1));
}

SYS_EXIT(openat)
{
	return on_open_flags(ctx->ret, arg(2));
}

SYS_EXIT(openat2)
{
	return on_open(ctx->ret, 0);
}

SYS_EXIT(creat)
{
	return on_open(ctx->ret, O_CREAT | O_TRUNC | 1);
}

/* open_by_handle_at: no name at all, but the descriptor tells */
SYS_EXIT(open_by_handle_at)
{
	return on_open_flags(ctx->ret, arg(2));
}

SYS_EXIT(ftruncate)
{
	return on_fd(ctx->ret, arg(0), SW_WIRE_TRUNCATE, 0);
}

/* punch, collapse, insert: content changes that dirty no page on some file systems */
SYS_EXIT(fallocate)
{
	return on_fd(ctx->ret, arg(0), SW_WIRE_TRUNCATE, 0);
}

SYS_EXIT(fchmod)
{
	return on_fd(ctx->ret, arg(0), SW_WIRE_CHMOD, arg(1) & 07777);
}

SYS_EXIT(fchown)
{
	return on_fd(ctx->ret, arg(0), SW_WIRE_CHOWN, 0);
}

/* ---- paths: kernel-resolved directory, name from user memory, nothing decided ---- */

PATH_CALL(truncate, .op = SW_WIRE_TRUNCATE, .dirfd = AT_FDCWD, .name = arg(0))
PATH_CALL(unlink, .op = SW_WIRE_UNLINK, .dirfd = AT_FDCWD, .name = arg(0))
PATH_CALL(unlinkat, .op = SW_WIRE_UNLINK, .dirfd = arg(0), .name = arg(1))
PATH_CALL(rename, .op = SW_WIRE_RENAME, .dirfd = AT_FDCWD, .name = arg(0), .dirfd2 = AT_FDCWD,
	  .name2 = arg(1))
PATH_CALL(renameat, .op = SW_WIRE_RENAME, .dirfd = arg(0), .name = arg(1), .dirfd2 = arg(2),
	  .name2 = arg(3))
PATH_CALL(renameat2, .op = SW_WIRE_RENAME, .dirfd = arg(0), .name = arg(1), .dirfd2 = arg(2),
	  .name2 = arg(3))
PATH_CALL(link, .op = SW_WIRE_LINK, .dirfd = AT_FDCWD, .name = arg(0), .dirfd2 = AT_FDCWD,
	  .name2 = arg(1))
PATH_CALL(linkat, .op = SW_WIRE_LINK, .dirfd = arg(0), .name = arg(1), .dirfd2 = arg(2),
	  .name2 = arg(3))
PATH_CALL(symlink, .op = SW_WIRE_SYMLINK, .dirfd = AT_FDCWD, .name = arg(1), .name2 = arg(0))
PATH_CALL(symlinkat, .op = SW_WIRE_SYMLINK, .dirfd = arg(1), .name = arg(2), .name2 = arg(0))
PATH_CALL(chmod, .op = SW_WIRE_CHMOD, .new_mode = arg(1) & 07777, .dirfd = AT_FDCWD, .name = arg(0))
PATH_CALL(fchmodat, .op = SW_WIRE_CHMOD, .new_mode = arg(2) & 07777, .dirfd = arg(0),
	  .name = arg(1))
PATH_CALL(fchmodat2, .op = SW_WIRE_CHMOD, .new_mode = arg(2) & 07777, .dirfd = arg(0),
	  .name = arg(1))
PATH_CALL(chown, .op = SW_WIRE_CHOWN, .dirfd = AT_FDCWD, .name = arg(0))
PATH_CALL(lchown, .op = SW_WIRE_CHOWN, .dirfd = AT_FDCWD, .name = arg(0))
PATH_CALL(fchownat, .op = SW_WIRE_CHOWN, .dirfd = arg(0), .name = arg(1))
