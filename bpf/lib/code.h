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

/* What is remembered of the object's bytes since somebody opened them for write; NULL: nobody did.
 */
static __always_inline struct sw_real_value *object_opened(const struct sw_wire_object *o)
{
	struct sw_real_key key = {.ino = o->real_ino ?: o->ino, .dev = o->real_dev ?: o->dev};

	return bpf_map_lookup_elem(&sw_reals, &key);
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
