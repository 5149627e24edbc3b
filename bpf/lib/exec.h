/* SPDX-License-Identifier: GPL-2.0-only */
/* A program that starts, or is about to: its class, and whether its start completes an entry. */
#pragma once

#include "lib/code.h"

/*
 * Does the name begin with "busybox" or "toybox"? Letter by letter: a string literal would make a
 * read-only data map, and the loader binds that to each of the programs, 50 ms a time; clang turns
 * __builtin_memcmp of odd lengths into a call.
 */
static __always_inline bool names_multicall(const char *n)
{
	if (n[0] == 'b')
		return n[1] == 'u' && n[2] == 's' && n[3] == 'y' && n[4] == 'b' && n[5] == 'o' &&
		       n[6] == 'x';
	return n[0] == 't' && n[1] == 'o' && n[2] == 'y' && n[3] == 'b' && n[4] == 'o' &&
	       n[5] == 'x';
}

/* The applet of a multi-call binary: argv[0]'s last component, or argv[1] when that names the
 * binary itself. */
SW_FN int applet_find(struct sw_scratch *s, struct sw_wire_exec *r)
{
	struct sw_applet_key *key = (struct sw_applet_key *)r->applet;
	u32 end;

	if (!r->args.len)
		return 0;
	end = base_name(s, r->args.off, key);
	if (!names_multicall(key->name))
		return 0;
	if (end + 1 < (u32)r->args.off + r->args.len)
		base_name(s, end + 1, key);
	return 0;
}

SW_FN int exec_classify(struct sw_scratch *s, struct sw_wire_exec *r, u32 baseline)
{
	struct sw_wire_object *o = &r->obj;
	struct sw_applet_key key;
	u32 v = 0, bits = o->class_bits;

	if (!baseline) {
		r->h.flags |= SW_WIRE_UNDECIDED;
		applet_find(s, r); /* userspace may find that it is a multi-call binary */
		return 0;
	}
	if (!(o->flags & SW_WOBJ_IN_BASELINE) || o->flags & (SW_WOBJ_MEMFD | SW_WOBJ_DELETED)) {
		v |= 1u << SW_WIRE_V_DRIFT;
		/* not the image's own: the only class it can have is that of its names */
		base_name(s, o->path.off, &key);
		bits |= applet_bits(&key);
		if (r->filename.len) {
			base_name(s, r->filename.off, &key);
			bits |= applet_bits(&key);
		}
	} else if (o->flags & SW_WOBJ_UPPERDATA || (o->flags & SW_WOBJ_ON_ROOT && !o->real_ino)) {
		if (object_changed(o))
			v |= 1u << SW_WIRE_V_DRIFT;
		else if (o->flags & SW_WOBJ_UPPERDATA || object_opened(o))
			/* copied up, or written to a page that was dirty: its digest decides */
			r->h.flags |= SW_WIRE_UNDECIDED;
	}
	if (bits & SW_CB_MULTICALL) {
		applet_find(s, r);
		bits |= applet_bits((struct sw_applet_key *)r->applet);
	}
	r->h.violations = v | exec_bits(bits);
	return 0;
}

/*
 * Is the entry complete? The task must be off the host's root, and off the root it came in with,
 * which its children inherit (a runtime in a container of its own, as in Docker in Docker, is not
 * on the host's) - unless that is the container's own already, because it joined the namespaces
 * first and the cgroup last.
 */
SW_FN bool entry_complete(struct task_struct *task, const struct sw_task *t,
			  const struct sw_slot *slot)
{
	if (slot->flags & SW_SLOT_F_HOST_ROOTED)
		return true;
	if (!task_own_root(task))
		return false;
	if ((u64)BPF_CORE_READ(task, fs, root.dentry) != t->ns.root_dentry)
		return true;
	return slot->mnt_id && compat_mnt_id(BPF_CORE_READ(task, nsproxy, mnt_ns)) == slot->mnt_id;
}
