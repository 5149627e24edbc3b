/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of an exec that the kernel refused: its name, which is user memory. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/name.h"

SW_FN int exec_failed_emit(const struct user_name *name, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = member_in(task, SW_WIRE_CLS_EXEC);
	struct sw_wire_exec_failed *r;
	u32 off = sizeof(*r);
	struct sw_scratch *s;

	if (!t)
		return 0;
	s = scratch_take();
	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_EXEC, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_exec_failed *)s->saved.data;
	head_fill(s, task, SW_WIRE_EXEC_FAILED, SW_WIRE_CLS_EXEC, t);
	r->h.flags = SW_WIRE_FAILED | SW_WIRE_PATH_FORM;
	r->h.result = ret;
	off = name_append(s, &r->dir, &r->name, name, off);
	emit(s, off);
	scratch_put(s);
	return 0;
}
