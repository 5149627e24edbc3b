/* SPDX-License-Identifier: GPL-2.0-only */
/* Names as a system call gave them: the directory is the kernel's, the name is user memory and can
 * be raced. */
#pragma once

#include "lib/path.h"
#include "lib/syscall.h"

#define AT_FDCWD (-100)

struct user_name {
	u64 name; /* user memory */
	s32 dirfd;
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

/* A name and the directory it is relative to; an absolute name has none. Returns the new tail
 * offset. */
SW_FN u32 name_append(struct sw_scratch *s, struct sw_wire_str *dir, struct sw_wire_str *name,
		      const struct user_name *from, u32 off)
{
	u32 at = off;

	str_none(dir);
	off = user_append(s, name, from->name, off);
	if (name->len && *(char *)tail(s, at) == '/')
		return off;
	return dir_append(s, dir, bpf_get_current_task_btf(), from->dirfd, off);
}
