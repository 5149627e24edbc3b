/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names: made, changed, removed, and files changed by their names. The directory is the kernel's,
 * the name is read from user memory after the call: a label that can be raced. Nothing is decided
 * here, but that a name which no rule cares for is not sent (known.h).
 *
 * Why the exit side: see file.bpf.c. Misses: 32-bit calls and io_uring (each leaves a mark of its
 * own: compat.bpf.c, uring.bpf.c), and the object. Costs: a record per call of a member.
 */
#include "lib/exec_failed.h"
#include "lib/file.h"
#include "lib/known.h"
#include "lib/name.h"

#define RENAME_EXCHANGE 2
#define AT_REMOVEDIR 0x200

/* An empty name and a descriptor are the descriptor's own object (AT_EMPTY_PATH). */
static __always_inline bool by_descriptor(u32 op, u64 name)
{
	char c = 1;

	if (op != SW_WIRE_CHMOD && op != SW_WIRE_CHOWN && op != SW_WIRE_XATTR)
		return false;
	return !name || (!bpf_probe_read_user(&c, 1, (void *)name) && !c);
}

/* The names of a call, in the scratch buffer: the record's length. */
SW_FN u32 names_append(struct sw_scratch *s, u64 cookie, const struct file_args *a)
{
	struct user_name name = {.name = arg(SW_CALL_NAME(cookie)),
				 .dirfd = arg_or(SW_CALL_DIR(cookie), AT_FDCWD)};
	u64 second = arg_or(SW_CALL_NAME2(cookie), 0);
	struct sw_wire_file *r = (struct sw_wire_file *)s->saved.data;
	u32 off = sizeof(*r);

	off = name_append(s, &r->dir, &r->name, &name, off);
	str_none(&r->dir2);
	str_none(&r->name2);
	name.name = second;
	name.dirfd = arg_or(SW_CALL_DIR2(cookie), AT_FDCWD);
	if (a->op == SW_WIRE_XATTR)
		off = attr_append(s, r, a, off);
	else if (a->op ==
		 SW_WIRE_SYMLINK) /* the link's text: relative to the link, not to a task */
		off = user_append(s, &r->name2, second, off);
	else if (second)
		off = name_append(s, &r->dir2, &r->name2, &name, off);
	return off;
}

/* ---- what no rule cares for ---- */

/* The directory that a name is relative to; false: it is gone. */
static __always_inline bool dir_now(struct sw_quiet_dir *d, struct task_struct *task, s32 dirfd)
{
	struct file *file;

	if (dirfd == AT_FDCWD) {
		d->dentry = (u64)task->fs->pwd.dentry;
		d->mnt = (u64)task->fs->pwd.mnt;
		d->ino = task->fs->pwd.dentry->d_inode->i_ino;
		return true;
	}
	file = fd_file(task, dirfd);
	d->dentry = (u64)BPF_CORE_READ(file, f_path.dentry);
	d->mnt = (u64)BPF_CORE_READ(file, f_path.mnt);
	d->ino = BPF_CORE_READ(file, f_inode, i_ino);
	return file;
}

SW_FN int name_quiet(struct sw_scratch *s, const struct sw_slot *slot, const struct user_name *from)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_wire_file *r = (struct sw_wire_file *)s->saved.data;
	struct sw_quiet_dir now;

	user_append(s, &r->name, from->name, sizeof(*r));
	if (name_matters(s, &r->name, slot->baseline_id, NAME_USED))
		return 0;
	if (*(char *)tail(s, sizeof(*r)) == '/')
		return 1;
	dir_begin(&now, task, slot);
	return dir_now(&now, task, from->dirfd) && dir_quiet(s, &now);
}

SW_FN int names_quiet(struct sw_scratch *s, const struct sw_slot *slot, u64 cookie, u32 op)
{
	struct user_name name = {.name = arg(SW_CALL_NAME(cookie)),
				 .dirfd = arg_or(SW_CALL_DIR(cookie), AT_FDCWD)};

	if (!names_known(slot) || !name_quiet(s, slot, &name))
		return 0;
	if (!has_second_name(op))
		return 1;
	name.name = arg_or(SW_CALL_NAME2(cookie), 0);
	name.dirfd = arg_or(SW_CALL_DIR2(cookie), AT_FDCWD);
	return name_quiet(s, slot, &name);
}

SW_FN int path_emit(struct task_struct *task, const struct sw_task *t, u64 cookie,
		    const struct file_args *a)
{
	struct sw_slot *slot = slot_get(t->slot);
	struct sw_scratch *s = slot ? scratch_take() : NULL;
	struct sw_wire_file *r;

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_ERROR);
		return 0;
	}
	if (names_quiet(s, slot, cookie, a->op)) {
		ledger_count(t->slot, SW_WIRE_CLS_FILE, LEDGER_FILTERED);
	} else {
		if (a->op == SW_WIRE_RENAME || a->op == SW_WIRE_EXCHANGE)
			places_moved(t->slot);
		head_fill(s, task, SW_WIRE_FILE, SW_WIRE_CLS_FILE, t);
		r = (struct sw_wire_file *)s->saved.data;
		r->h.flags = SW_WIRE_UNDECIDED | SW_WIRE_PATH_FORM;
		r->obj = (struct sw_wire_object){};
		r->op = a->op;
		r->open_flags = a->open_flags;
		r->new_mode = a->new_mode;
		r->detail = a->detail;
		emit(s, names_append(s, cookie, a));
	}
	scratch_put(s);
	return 0;
}

SYS_EXIT(path)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_args a = {.op = SW_CALL_OP(cookie)};
	u32 value = arg_or(SW_CALL_VALUE(cookie), 0);
	struct sw_task *t;

	if (ret < 0)
		return 0;
	if (a.op == SW_WIRE_CHMOD)
		a.new_mode = value & 07777;
	else if (a.op == SW_WIRE_MKNOD || a.op == SW_WIRE_MKDIR)
		a.new_mode = value;
	else if (a.op == SW_WIRE_XATTR)
		a.detail = SW_CALL_VALUE(cookie) == SW_ARG_NONE;
	else if (a.op == SW_WIRE_RENAME && value & RENAME_EXCHANGE)
		a.op = SW_WIRE_EXCHANGE;
	else if (a.op == SW_WIRE_UNLINK && value & AT_REMOVEDIR)
		a.op = SW_WIRE_RMDIR;
	if (a.op == SW_WIRE_XATTR)
		a.attr = arg_or(SW_CALL_NAME2(cookie), 0);
	if (by_descriptor(a.op, arg(SW_CALL_NAME(cookie)))) {
		return on_fd(arg_or(SW_CALL_DIR(cookie), AT_FDCWD), &a);
	}
	t = member_in(task, SW_WIRE_CLS_FILE);
	return t ? path_emit(task, t, cookie, &a) : 0;
}

/*
 * An exec that the kernel refused: execve, execveat. Why the exit side: a success is seen by
 * sched_process_exec, and whether this was one is only known now. The name is user memory.
 */
SYS_EXIT(exec)
{
	struct user_name name;

	if (ret >= 0)
		return 0;
	name.name = arg(SW_CALL_NAME(cookie));
	name.dirfd = arg_or(SW_CALL_DIR(cookie), AT_FDCWD);
	return exec_failed_emit(&name, ret);
}
