/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that comes into a process: its arguments, and what is known of the object it comes from. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/object.h"

/* argv as the process has it; at exec: as the new image will find it, before any thread of it runs.
 */
SW_FN u32 args_append(struct sw_scratch *s, struct sw_wire_str *str, struct task_struct *task,
		      u32 off)
{
	u64 start = BPF_CORE_READ(task, mm, arg_start), len = BPF_CORE_READ(task, mm, arg_end);

	len -= start;
	*str = (struct sw_wire_str){.trust = SW_WIRE_T_USER};
	if (len > SW_WIRE_ARGS_MAX) {
		len = SW_WIRE_ARGS_MAX;
		str->flags = SW_STR_TRUNCATED;
	}
	if (!len)
		return off;
	/* the NUL behind the last byte ends argv[n] for the name scan even when the array was cut
	 */
	if (bpf_probe_read_user(tail(s, off), len & 1023, (void *)start)) {
		str->flags = SW_STR_TRUNCATED;
		return off;
	}
	str->off = off;
	str->len = len;
	*(char *)tail(s, off + len) = 0;
	return off + len + 1;
}

/* Has the object's content been changed since the baseline, as far as the dirty hook saw? */
static __always_inline bool object_changed(const struct sw_wire_object *o)
{
	struct sw_real_value *v = object_opened(o);

	return v && v->flags & SW_REAL_F_CHANGED;
}

static __always_inline u32 exec_bits(u32 bits)
{
	u32 v = 0;

	if (bits & SW_CB_SHELL)
		v |= 1u << SW_WIRE_V_SHELL;
	if (bits & SW_CB_PACKAGE_MANAGER)
		v |= 1u << SW_WIRE_V_PKG_EXEC;
	return v;
}

/* What the kernel can say of mapped code. 0: nothing of interest. */
SW_FN int code_classify(struct sw_wire_code *r, u32 baseline)
{
	struct sw_wire_object *o = &r->obj;
	u32 v = 0;

	if (!baseline || o->flags & SW_WOBJ_MEMFD) {
		/* memory by another name: who maps it decides */
		r->h.flags |= SW_WIRE_UNDECIDED;
		return 1;
	}
	if (!(o->flags & SW_WOBJ_IN_BASELINE) || o->flags & SW_WOBJ_DELETED || object_changed(o))
		v = 1u << SW_WIRE_V_DRIFT;
	else if (o->flags & SW_WOBJ_UPPERDATA || r->flags & SW_WCODE_WRITTEN)
		r->h.flags |= SW_WIRE_UNDECIDED;
	/* a shell's text in another program: a loader was told to run it */
	if (o->class_bits & SW_CB_MULTICALL)
		r->h.flags |= SW_WIRE_UNDECIDED;
	else
		v |= exec_bits(o->class_bits);
	r->h.violations |= v;
	return v || r->h.flags & SW_WIRE_UNDECIDED;
}

/* Memory of no file that a program can see: private, shared between relatives, System V. */
static __always_inline bool anonymous(struct file *file)
{
	struct dentry *d;
	char n[5] = {};

	if (!file)
		return true;
	d = BPF_CORE_READ(file, f_path.dentry);
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFREG)
		return true; /* a device: nothing that was written to a file */
	if (BPF_CORE_READ(d, d_parent) != d)
		return false;
	bpf_probe_read_kernel_str(n, sizeof(n), BPF_CORE_READ(d, d_name.name));
	return (n[0] == 'd' && n[1] == 'e' && n[2] == 'v' && n[3] == '/') ||
	       (n[0] == 'S' && n[1] == 'Y' && n[2] == 'S' && n[3] == 'V');
}

/* The same of a script. */
SW_FN int script_classify(struct sw_wire_code *r, u32 baseline)
{
	struct sw_wire_object *o = &r->obj;

	if (!baseline)
		r->h.flags |= SW_WIRE_UNDECIDED;
	else if (!(o->flags & SW_WOBJ_IN_BASELINE) ||
		 o->flags & (SW_WOBJ_MEMFD | SW_WOBJ_DELETED) || object_changed(o))
		r->h.violations = 1u << SW_WIRE_V_DRIFT;
	else if (o->flags & SW_WOBJ_UPPERDATA)
		r->h.flags |= SW_WIRE_UNDECIDED; /* copied up: its digest decides */
	r->h.violations |= exec_bits(o->class_bits);
	return r->h.violations || r->h.flags & SW_WIRE_UNDECIDED;
}
