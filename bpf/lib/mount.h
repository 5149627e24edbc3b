/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a change to the mount table. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/known.h"
#include "lib/name.h"

#define MS_REMOUNT 32
#define MS_BIND 4096
#define MS_MOVE 8192
#define MS_PROPAGATION ((1u << 17) | (1u << 18) | (1u << 19) | (1u << 20))
#define MS_MGC_VAL 0xC0ED0000u /* old programs say it; it means nothing */
#define MS_MGC_MSK 0xffff0000u

static __always_inline u32 mount_op(u64 flags)
{
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(u64)MS_MGC_MSK;
	if (flags & MS_REMOUNT)
		return SW_WIRE_MOUNT_REMOUNT;
	if (flags & MS_BIND)
		return SW_WIRE_MOUNT_BIND;
	if (flags & MS_PROPAGATION)
		return SW_WIRE_MOUNT_PROPAGATION;
	if (flags & MS_MOVE)
		return SW_WIRE_MOUNT_MOVE;
	return SW_WIRE_MOUNT_NEW;
}

struct mount_args {
	u32 op, violations;
	u64 flags;
	struct user_name target, source; /* name 0: none */
	u64 fs_type;			 /* user memory */
	const char *kernel_fs_type;
};

SW_FN int mount_emit(struct task_struct *task, const struct sw_task *t, const struct mount_args *a)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_mount *r;
	u32 off = sizeof(*r);

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_MOUNT, LEDGER_ERROR);
		return 0;
	}
	places_moved(t->slot);
	r = (struct sw_wire_mount *)s->saved.data;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_MOUNT, SW_WIRE_CLS_MOUNT, t);
	r->h.violations = a->violations;
	r->h.flags = SW_WIRE_PATH_FORM | SW_WIRE_UNDECIDED;
	r->op = a->op;
	r->mount_flags = a->flags;
	if (a->target.name)
		off = name_append(s, &r->dir, &r->name, &a->target, off);
	if (a->source.name && (a->op == SW_WIRE_MOUNT_BIND || a->op == SW_WIRE_MOUNT_MOVE ||
			       a->op == SW_WIRE_MOUNT_ATTACH))
		off = name_append(s, &r->dir2, &r->source, &a->source, off);
	else if (a->source.name) /* a device, or just a word */
		off = user_append(s, &r->source, a->source.name, off);
	if (a->fs_type)
		bpf_probe_read_user_str(r->fs_type, sizeof(r->fs_type), (void *)a->fs_type);
	else if (a->kernel_fs_type)
		bpf_probe_read_kernel_str(r->fs_type, sizeof(r->fs_type), a->kernel_fs_type);
	emit(s, off);
	scratch_put(s);
	return 0;
}

/*
 * The calls of the new interface that say by an argument what they are; false: nothing to tell. fd:
 * their first argument.
 */
#define OPEN_TREE_CLONE 1
#define FSCONFIG_CMD_RECONFIGURE 7
static __always_inline bool mount_said(struct mount_args *a, u64 attributes, u32 fd)
{
	struct fs_context *context;
	struct file *file;

	switch (a->op) {
	case SW_WIRE_MOUNT_TREE:
		return a->flags & OPEN_TREE_CLONE;
	case SW_WIRE_MOUNT_SETATTR: /* mount_setattr, open_tree_attr: of the mount, or of a copy */
		if (a->flags & OPEN_TREE_CLONE)
			a->op = SW_WIRE_MOUNT_TREE;
		return attributes || a->op == SW_WIRE_MOUNT_TREE;
	case SW_WIRE_MOUNT_RECONFIGURE: /* fsconfig: flags are its command */
		if (a->flags != FSCONFIG_CMD_RECONFIGURE)
			return false;
		file = fd_file(bpf_get_current_task_btf(), fd);
		context = BPF_CORE_READ(file, private_data);
		a->kernel_fs_type = BPF_CORE_READ(context, fs_type, name);
		return true;
	default:
		return true;
	}
}
