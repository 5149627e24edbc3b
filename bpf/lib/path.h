/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings in a record's tail: a walked path, a kernel's copy, a string from user memory. bpf_d_path
 * is refused from tracepoints on every kernel, so dentries and mounts are walked here: bounded, and
 * cut where it does not end.
 */
#pragma once

#include "kernel/compat.h"
#include "lib/maps.h"

#define SW_PATH_STEPS 48 /* components and mount crossings; 1,024 bytes rarely hold more */
#define SW_NAME_PART 256 /* NAME_MAX and NUL */

/* First byte of the record at a tail offset. The mask is the verifier's bound: see struct
 * sw_scratch. */
static __always_inline void *tail(struct sw_scratch *s, u32 off)
{
	/*
	 * Without the barrier clang proves off < 4096 for some callers, drops the mask and leaves
	 * the verifier with an unbounded register: "R1 unbounded memory access".
	 */
	asm volatile("" : "+r"(off));
	return s->saved.data + (off & SW_TAIL_MASK);
}

struct path_walk {
	u64 dentry, mnt, root_dentry, root_mnt;
	struct sw_scratch *s;
	u32 off, end, flags;
};

static long path_step(u32 i, struct path_walk *w)
{
	struct dentry *dentry = (void *)w->dentry;
	struct vfsmount *mnt = (void *)w->mnt;
	struct dentry *parent;
	long n;

	if (w->dentry == w->root_dentry && w->mnt == w->root_mnt)
		goto rooted;
	if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
		struct mount *m = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
		struct mount *up = BPF_CORE_READ(m, mnt_parent);

		if (up == m || !up)
			goto rooted;
		w->dentry = (u64)BPF_CORE_READ(m, mnt_mountpoint);
		w->mnt = (u64)up + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	if (w->off + SW_NAME_PART > w->end) {
		w->flags |= SW_STR_TRUNCATED;
		return 1;
	}
	n = bpf_probe_read_kernel_str(tail(w->s, w->off), SW_NAME_PART,
				      BPF_CORE_READ(dentry, d_name.name));
	if (n <= 0) {
		w->flags |= SW_STR_TRUNCATED;
		return 1;
	}
	w->off += n;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry) {
		w->flags &= ~SW_STR_TRUNCATED;
		w->end = 0;
		return 1; /* no file system tree above it: memfd:NAME, pipe, socket */
	}
	w->dentry = (u64)parent;
	return 0;
rooted:
	w->flags |= SW_STR_ROOTED;
	w->end = 0;
	return 1;
}

/* Appends the path of (mnt, dentry) as seen from the task's root. Returns the new tail offset. */
SW_FN u32 path_append(struct sw_scratch *s, struct sw_wire_str *str, const struct path *path,
		      struct task_struct *task, u32 off)
{
	struct path_walk w = {.s = s, .off = opaque(s, off)};

	w.end = w.off + SW_WIRE_PATH_MAX;
	w.dentry = (u64)BPF_CORE_READ(path, dentry);
	w.mnt = (u64)BPF_CORE_READ(path, mnt);
	w.root_dentry = (u64)BPF_CORE_READ(task, fs, root.dentry);
	w.root_mnt = (u64)BPF_CORE_READ(task, fs, root.mnt);
	w.flags = SW_STR_LEAF_FIRST;
	bpf_loop(SW_PATH_STEPS, path_step, &w, 0);
	if (w.end)
		w.flags |= SW_STR_TRUNCATED;
	str->off = off;
	str->len = w.off - off;
	str->trust = SW_WIRE_T_KERNEL;
	str->flags = w.flags;
	str->pad = 0;
	return w.off;
}

static __always_inline void str_none(struct sw_wire_str *str)
{
	*str = (struct sw_wire_str){};
}

static __always_inline u32 str_finish(struct sw_wire_str *str, u32 off, long n, u8 trust)
{
	*str = (struct sw_wire_str){};
	str->trust = trust;
	if (n <= 0) { /* unreadable: a name exists, we do not have it */
		str->flags = SW_STR_TRUNCATED;
		return off;
	}
	str->off = off;
	str->len = n;
	if (n == SW_WIRE_NAME_MAX)
		str->flags = SW_STR_TRUNCATED;
	return off + n;
}

/* A string the kernel holds a copy of. */
SW_FN u32 copied_append(struct sw_scratch *s, struct sw_wire_str *str, const char *from, u32 off)
{
	long n = bpf_probe_read_kernel_str(tail(s, off), SW_WIRE_NAME_MAX, from);

	return str_finish(str, off, n, SW_WIRE_T_COPIED);
}

SW_FN u32 user_append(struct sw_scratch *s, struct sw_wire_str *str, u64 from, u32 off)
{
	long n = bpf_probe_read_user_str(tail(s, off), SW_WIRE_NAME_MAX, (void *)from);

	return str_finish(str, off, n, SW_WIRE_T_USER);
}

/* ---- names ---- */

struct name_scan {
	struct sw_scratch *s;
	u32 off, start, end, pos;
};

static long name_step(u32 i, struct name_scan *n)
{
	char c = *(char *)tail(n->s, n->off + i);

	if (!c) {
		n->end = n->off + i;
		return 1;
	}
	if (c == '/')
		n->start = n->off + i + 1;
	return 0;
}

/* Copies the last component of the string at off, zero padded; returns the offset of its NUL. */
SW_FN u32 base_name(struct sw_scratch *s, u32 off, struct sw_applet_key *ret_key)
{
	struct name_scan n = {.s = s, .off = off, .start = off, .end = off};

	__builtin_memset(ret_key, 0, sizeof(*ret_key));
	bpf_loop(SW_WIRE_NAME_MAX, name_step, &n, 0);
	if (*(char *)tail(s, n.start) == '-')
		n.start++;
	bpf_probe_read_kernel_str(ret_key->name, sizeof(ret_key->name), tail(s, n.start));
	return n.end;
}

static __always_inline u32 applet_bits(const struct sw_applet_key *key)
{
	u32 *bits = bpf_map_lookup_elem(&sw_applets, key);

	return bits ? *bits : 0;
}
