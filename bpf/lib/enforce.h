/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enforcement: which violations are to be prevented, of whom. Only of containers that are wanted:
 * one that was just made is registered, whosever it is, until userspace has looked at it. The
 * monitor's own canary breaks rules so that they are seen to be broken.
 */
#pragma once

#include "lib/actor.h"

#define SIGKILL 9

/* Of these violations, those that are to be prevented in the container. */
static __always_inline u32 enforced(const struct sw_slot *slot, u32 violations)
{
	struct sw_cfg *cfg;

	if (!violations || !slot || slot->state != SW_SLOT_WATCHED ||
	    slot->flags & SW_SLOT_F_CANARY)
		return 0;
	cfg = cfg_get();
	return cfg ? cfg->enforce & violations : 0;
}

/*
 * At an exec: the signal is there before the new image's first instruction, so none runs; what the
 * exec itself did (the old image is gone, credentials have changed) stays done. For the current
 * task; gives the flag of its record, 0 when it is not to be prevented.
 */
static __always_inline u32 kill_enforced(const struct sw_slot *slot, u32 violations)
{
	return enforced(slot, violations) && !bpf_send_signal(SIGKILL) ? SW_WIRE_PREVENTED : 0;
}
