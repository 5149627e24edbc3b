/* SPDX-License-Identifier: GPL-2.0-only */
/* The use of 32-bit system calls, which hooks of 64-bit calls do not see: reported once per task.
 */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"

#define EI_CLASS 4
#define ELFCLASS32 1

/* Is what runs now a 32-bit program (of i386, x32 or 32-bit ARM)? By the first bytes of the image.
 */
static __always_inline bool image_compat(struct linux_binprm *bprm)
{
	char ident[5] = {};

	bpf_probe_read_kernel(ident, sizeof(ident), bprm->buf);
	return ident[0] == 0x7f && ident[1] == 'E' && ident[EI_CLASS] == ELFCLASS32;
}

struct compat_args {
	u32 op, nr, classes;
};

SW_FN int compat_emit(struct task_struct *task, const struct sw_task *t,
		      const struct compat_args *a)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_compat *r;

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_COMPAT, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_compat *)s->saved.data;
	head_fill(s, task, SW_WIRE_COMPAT, SW_WIRE_CLS_COMPAT, t);
	r->h.flags = SW_WIRE_COMPAT_TASK;
	r->op = a->op;
	r->nr = a->nr;
	r->classes = a->classes;
	r->pad = 0;
	emit(s, sizeof(*r));
	scratch_put(s);
	return 0;
}
