/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf(2) commands that only look, and what some of them give out all the same: a descriptor of a
 * map that is open for writing can be mapped and stored through, one of a program attached by calls
 * that are not bpf(2) (a socket option, an ioctl of a perf event, netlink). No event of its own
 * would tell of either, so that the handle is the event. One that is open for reading only looks;
 * what is done to a link by its descriptor is a command of its own.
 */
#pragma once

#include "lib/syscall.h"

#define BPF_MAP_LOOKUP_ELEM 1
#define BPF_MAP_GET_NEXT_KEY 4
#define BPF_OBJ_GET 7
#define BPF_PROG_GET_NEXT_ID 11
#define BPF_PROG_GET_FD_BY_ID 13
#define BPF_MAP_GET_FD_BY_ID 14
#define BPF_PROG_QUERY 16
#define BPF_TASK_FD_QUERY 20
#define BPF_MAP_LOOKUP_BATCH 24
#define BPF_LINK_GET_FD_BY_ID 30
#define BPF_LINK_GET_NEXT_ID 31

#define BPF_HANDLE_FMODE_WRITE 0x2

/* Did the command give out a descriptor that more can be done with than looking? */
static __always_inline bool bpf_gave_handle(u32 cmd, long ret)
{
	struct file *file;

	if (ret < 0 ||
	    (cmd != BPF_OBJ_GET && cmd != BPF_PROG_GET_FD_BY_ID && cmd != BPF_MAP_GET_FD_BY_ID))
		return false;
	file = fd_file(bpf_get_current_task_btf(), ret);
	/* moved away by a sibling thread between the call and its exit: it is not for looking */
	return !file || BPF_CORE_READ(file, f_mode) & BPF_HANDLE_FMODE_WRITE;
}

/* Commands that only look. */
static __always_inline bool bpf_reads(u32 cmd, long ret)
{
	if (bpf_gave_handle(cmd, ret))
		return false;
	return cmd == BPF_MAP_LOOKUP_ELEM || cmd == BPF_MAP_GET_NEXT_KEY || cmd == BPF_OBJ_GET ||
	       (cmd >= BPF_PROG_GET_NEXT_ID && cmd <= BPF_PROG_QUERY) || cmd == 19 ||
	       cmd == BPF_TASK_FD_QUERY || cmd == 23 || cmd == BPF_MAP_LOOKUP_BATCH ||
	       cmd == BPF_LINK_GET_FD_BY_ID || cmd == BPF_LINK_GET_NEXT_ID;
}
