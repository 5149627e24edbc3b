/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way out: scratch buffers, the ledger, and the ring. No sensor touches the ring or a
 * counter itself, so that seen = filtered + aggregated + submitted + reserve_failed +
 * internal_error holds by construction.
 */
#pragma once

#include "lib/maps.h"

#define SW_WAKE_INTERVAL_NS 1000000ull

enum ledger_kind { LEDGER_FILTERED, LEDGER_AGGREGATED, LEDGER_ERROR };

static __always_inline struct sw_ledger_entry *ledger_get(u32 slot, u32 cls)
{
	u32 idx = slot * SW_ABI_CLASSES + cls;

	return bpf_map_lookup_elem(&sw_ledger, &idx);
}

/* An event that ends here, without a record. */
static __always_inline void ledger_count(u32 slot, u32 cls, enum ledger_kind kind)
{
	struct sw_ledger_entry *l = ledger_get(slot, cls);

	if (!l)
		return;
	__sync_fetch_and_add(&l->seen, 1);
	if (kind == LEDGER_FILTERED)
		__sync_fetch_and_add(&l->filtered, 1);
	else if (kind == LEDGER_AGGREGATED)
		__sync_fetch_and_add(&l->aggregated, 1);
	else
		__sync_fetch_and_add(&l->internal_error, 1);
}

static __always_inline struct sw_scratch *scratch_take(void)
{
	for (u32 i = 0; i < SW_SCRATCH_LEVELS; i++) {
		u32 key = i;
		struct sw_scratch *s = bpf_map_lookup_elem(&sw_scratches, &key);

		if (s && __sync_val_compare_and_swap(&s->busy, 0, 1) == 0) {
			s->level = i;
			return s;
		}
	}
	failed_count(SW_FAILED_SCRATCH);
	return NULL;
}

static __always_inline void scratch_put(struct sw_scratch *s)
{
	s->busy = 0;
}

static __always_inline struct sw_wire_head *scratch_head(struct sw_scratch *s)
{
	return (struct sw_wire_head *)s->saved.data;
}

/* Keeps the first record of each kind of violation, so that a flood of the ring cannot hide who did
 * it. */
SW_FN int first_save(struct sw_scratch *s, u32 slot, u32 violations)
{
	for (u32 bit = 0; bit < SW_ABI_VIOLATIONS; bit++) {
		struct sw_first_key key = {.slot = slot, .kind = bit};

		if (!(violations & (1u << bit)) || bpf_map_lookup_elem(&sw_first, &key))
			continue;
		long err = bpf_map_update_elem(&sw_first, &key, &s->saved, BPF_NOEXIST);
		if (err && err != -17) /* EEXIST: another CPU was first */
			failed_count(SW_FAILED_FIRST);
	}
	return 0;
}

static __always_inline u64 wake_flag(bool violation, const struct sw_share *share)
{
	u32 zero = 0;
	u64 now = bpf_ktime_get_ns(), *last = bpf_map_lookup_elem(&sw_woken, &zero);

	if (!last || now - *last < SW_WAKE_INTERVAL_NS)
		return BPF_RB_NO_WAKEUP;
	if (!violation && share->produced - share->consumed < share->limit / 2)
		return BPF_RB_NO_WAKEUP;
	*last = now;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline u32 share_of(u32 cls, u32 violations)
{
	if (violations || cls == SW_WIRE_CLS_LIFE)
		return SW_SHARE_VIOLATION;
	if (cls == SW_WIRE_CLS_EXEC || cls == SW_WIRE_CLS_NS)
		return SW_SHARE_EXEC;
	return cls == SW_WIRE_CLS_FILE ? SW_SHARE_FILE : SW_SHARE_REST;
}

/* Into the ring, if its share has room. Counted first: userspace may have read it before we are
 * back. */
SW_FN long ring_put(struct sw_scratch *s, u32 len, u32 kind)
{
	struct sw_wire_head *h = scratch_head(s);
	struct sw_share *share = bpf_map_lookup_elem(&sw_shares, &kind);
	u64 need = SW_RING_BYTES(len);

	if (!share)
		return -1;
	len &= SW_TAIL_MASK; /* for the verifier: no record is longer */
	h->share = kind;
	if (__sync_fetch_and_add(&share->produced, need) + need - share->consumed <= share->limit &&
	    !bpf_ringbuf_output(&sw_ring, s->saved.data, len,
				wake_flag(kind == SW_SHARE_VIOLATION, share)))
		return 0;
	__sync_fetch_and_add(&share->produced, -need);
	return -1;
}

/*
 * Submits the record that was built in the scratch buffer. Violations are counted before the ring
 * is asked for room. Slot and class as a number: the record was filled in by head_fill.
 */
SW_FN int emit(struct sw_scratch *s, u32 len)
{
	struct sw_wire_head *h = scratch_head(s);
	u32 slot = h->slot, violations = h->violations;
	struct sw_ledger_entry *l = ledger_get(slot, h->cls);
	struct sw_violation_entry *v = bpf_map_lookup_elem(&sw_violations, &slot);

	if (!l || !v)
		return 0;
	if (len > SW_WIRE_REC_MAX)
		len = SW_WIRE_REC_MAX;
	h->size = len;
	h->stream = s->level;
	h->seq = s->seq;
	s->saved.len = len;
	__sync_fetch_and_add(&l->seen, 1);
	if (violations) {
		for (u32 bit = 0; bit < SW_ABI_VIOLATIONS; bit++)
			if (violations & (1u << bit))
				__sync_fetch_and_add(&v->count[bit], 1);
		first_save(s, slot, violations);
	}
	/* a violation that finds its share full takes of its class's, as it would without shares */
	if (!ring_put(s, len, share_of(h->cls, violations)) ||
	    (violations && !ring_put(s, len, share_of(h->cls, 0)))) {
		s->seq++;
		__sync_fetch_and_add(&l->submitted, 1);
		return 0;
	}
	__sync_fetch_and_add(&l->reserve_failed, 1);
	if (h->flags & SW_WIRE_UNDECIDED)
		__sync_fetch_and_add(&v->undecided_lost, 1);
	return 0;
}
