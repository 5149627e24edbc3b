/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Refusing: what the programs share that say no to an operation. Each is attached only while a rule
 * that it serves is enforced, beside the program on the same hook that observes, so that without
 * enforcement nothing costs more and nothing can be refused.
 *
 * Refused is only what the kernel's tables prove to be a violation, and only to members that are
 * past their entry. A refusal is a record, and a violation in the ledger, like the deed would be.
 */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/enforce.h"

#include <bpf/bpf_tracing.h>

#define EPERM 1
#define CAP_SYS_ADMIN 21

/* Is anything of these violations to be prevented, in any container? The cheapest question first.
 */
static __always_inline bool enforcing(u32 violations)
{
	struct sw_cfg *cfg = cfg_get();

	return cfg && cfg->enforce & violations;
}

/* The current task, if it may be refused something for these violations. */
static __always_inline struct sw_task *deny_member(u32 violations)
{
	struct sw_task *t;

	if (!enforcing(violations))
		return NULL;
	t = task_member(bpf_get_current_task_btf());
	return t && t->phase == SW_PHASE_IN && enforced(slot_get(t->slot), violations) ? t : NULL;
}

/* Could the operation be done but for us? What the kernel would refuse anyway is no violation. */
static __always_inline bool capable(u32 capability)
{
	const struct cred *cred = bpf_get_current_task_btf()->cred;

	return compat_cap_effective(cred) >> capability & 1;
}

/* The same of what only the host's own user namespace may do. */
static __always_inline bool capable_of_host(u32 capability)
{
	const struct cred *cred = bpf_get_current_task_btf()->cred;

	return capable(capability) && !cred->user_ns->parent;
}

/* The record in the scratch buffer is complete: it goes out, and the operation is refused. */
SW_FN bool deny_emit(struct sw_scratch *s, u32 violations, u32 len)
{
	struct sw_wire_head *h = scratch_head(s);

	h->violations = violations;
	h->flags = (h->flags & ~SW_WIRE_UNDECIDED) | SW_WIRE_PREVENTED;
	emit(s, len);
	scratch_put(s);
	return true;
}

/*
 * What a hook returns. From 6.12 the verifier wants proof that it is 0 or an errno: clang makes
 * arithmetic of a conditional, which it cannot follow, unless the value comes out of its sight.
 */
static __always_inline int answer(bool deny)
{
	int ret = 0;

	if (deny)
		asm volatile("%0 = %1" : "=r"(ret) : "i"(-EPERM));
	return ret;
}
