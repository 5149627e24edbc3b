/* SPDX-License-Identifier: GPL-2.0-only */
/* The other state diff: a task's identity and capabilities against what was last reported of it. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/enforce.h"

struct creds_change {
	struct sw_task_creds old, now;
	u32 op, violations;
	u32 flags; /* SW_WIRE_* */
};

SW_FN int privilege_emit(struct task_struct *task, const struct sw_task *t,
			 const struct creds_change *c)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_privilege *r;

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_PRIVILEGE, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_privilege *)s->saved.data;
	head_fill(s, task, SW_WIRE_PRIVILEGE, SW_WIRE_CLS_PRIVILEGE, t);
	r->h.violations = c->violations;
	r->h.flags = c->flags;
	r->effective_old = c->old.effective;
	r->effective_new = c->now.effective;
	r->permitted_old = c->old.permitted;
	r->permitted_new = c->now.permitted;
	for (u32 i = 0; i < SW_WIRE_IDS; i++) {
		r->old_ids[i] = c->old.ids[i];
		r->new_ids[i] = c->now.ids[i];
	}
	r->op = c->op;
	r->user_ns = c->now.user_ns;
	emit(s, sizeof(*r));
	scratch_put(s);
	return 0;
}

static __always_inline bool has_root(const struct sw_task_creds *c)
{
	return !c->ids[0] || !c->ids[1] || !c->ids[2] || !c->ids[3];
}

/*
 * A gain is a capability that was neither permitted nor effective before, root's identity where no
 * identity was root's, or a user namespace of its own, which gives all capabilities inside.
 */
static __always_inline u32 creds_violation(const struct sw_task_creds *old,
					   const struct sw_task_creds *now)
{
	if (now->user_ns != old->user_ns || (has_root(now) && !has_root(old)) ||
	    (now->effective | now->permitted) & ~(old->effective | old->permitted))
		return 1u << SW_WIRE_V_PRIVILEGE;
	return 0;
}

/*
 * Compares and reports each change once; giving up privilege is an event and no violation. A gain
 * by an exec can still be prevented: 1 when the new image will not run.
 */
SW_FN int creds_diff(struct task_struct *task, struct sw_task *t, u32 op)
{
	struct creds_change c = {.old = t->creds, .op = op};
	bool same = true;

	if (t->phase != SW_PHASE_IN)
		return 0;
	creds_read(task, &c.now);
	for (u32 i = 0; i < SW_WIRE_IDS; i++)
		same &= c.now.ids[i] == c.old.ids[i];
	if (same && c.now.effective == c.old.effective && c.now.permitted == c.old.permitted &&
	    c.now.user_ns == c.old.user_ns)
		return 0;
	t->creds = c.now;
	if (c.now.user_ns != c.old.user_ns)
		c.op = SW_WIRE_PRIV_USERNS;
	else if (c.op == SW_WIRE_PRIV_SETID && same)
		c.op = SW_WIRE_PRIV_CAPSET;
	c.violations = creds_violation(&c.old, &c.now);
	if (op == SW_WIRE_PRIV_EXEC)
		c.flags = kill_enforced(slot_get(t->slot), c.violations);
	privilege_emit(task, t, &c);
	return c.flags;
}
