/* SPDX-License-Identifier: GPL-2.0-only */
/* The environment of a new image: which libraries it is told to load first. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/object.h"

#define SW_ENV_STRINGS 128 /* pieces of SW_WIRE_NAME_MAX bytes looked at */

struct env_scan {
	struct sw_scratch *s;
	u64 at, end;
	u32 off, inside, found;
};

/* Letter by letter: see names_multicall in exec.bpf.c. */
static __always_inline bool names_preload(const char *n)
{
	if (n[0] != 'L' || n[1] != 'D' || n[2] != '_')
		return false;
	if (n[3] == 'A')
		return n[4] == 'U' && n[5] == 'D' && n[6] == 'I' && n[7] == 'T' && n[8] == '=';
	return n[3] == 'P' && n[4] == 'R' && n[5] == 'E' && n[6] == 'L' && n[7] == 'O' &&
	       n[8] == 'A' && n[9] == 'D' && n[10] == '=';
}

static long env_step(u32 i, struct env_scan *e)
{
	char *text = tail(e->s, e->off);
	long n;

	if (e->at >= e->end)
		return 1;
	n = bpf_probe_read_user_str(text, SW_WIRE_NAME_MAX, (void *)e->at);
	if (n <= 0)
		return 1;
	if (!e->inside && names_preload(text)) {
		e->found = n;
		return 1;
	}
	/* a string longer than that goes on where the piece ended, and is no name there */
	e->inside = n == SW_WIRE_NAME_MAX;
	e->at += e->inside ? n - 1 : n;
	return 0;
}

/*
 * A label, from user memory before the image runs: which objects are really loaded is seen when
 * they are mapped.
 */
SW_FN int preload_look(struct task_struct *task, const struct sw_task *t)
{
	struct env_scan e = {.off = sizeof(struct sw_wire_code)};
	struct sw_wire_code *r;

	e.s = scratch_take();
	if (!e.s) {
		ledger_count(t->slot, SW_WIRE_CLS_CODE, LEDGER_ERROR);
		return 0;
	}
	e.inside = opaque(e.s, 0);
	e.at = BPF_CORE_READ(task, mm, env_start);
	e.end = BPF_CORE_READ(task, mm, env_end);
	bpf_loop(SW_ENV_STRINGS, env_step, &e, 0);
	if (e.found) {
		r = (struct sw_wire_code *)e.s->saved.data;
		__builtin_memset(r, 0, sizeof(*r));
		head_fill(e.s, task, SW_WIRE_CODE, SW_WIRE_CLS_CODE, t);
		r->op = SW_WIRE_CODE_PRELOAD;
		str_finish(&r->name, e.off, e.found, SW_WIRE_T_USER);
		emit(e.s, e.off + e.found);
	}
	scratch_put(e.s);
	return 0;
}
