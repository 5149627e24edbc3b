/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector: drains the ring buffer and decodes records into events. It never judges.
 *
 * The kernel side wakes nobody for ordinary records, so the owner calls sw_collector_drain on a
 * short timer; sw_collector_fd becomes readable for violations and above a fill level.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct sw_error;
struct sw_loader;
struct sw_collector;

/* event is valid during the call. Non-zero return stops the drain and is returned. */
typedef int (*sw_event_fn)(void *ctx, const struct sw_event *event);

int sw_collector_new(struct sw_loader *l, sw_event_fn fn, void *ctx,
		     struct sw_collector **ret_collector, struct sw_error *err);
void sw_collector_free(struct sw_collector *c);
int sw_collector_fd(const struct sw_collector *c);
/* Consumes everything that is in the ring now: 0, or what stopped it. */
int sw_collector_drain(struct sw_collector *c);

struct sw_collector_stats {
	uint64_t records[_SW_CLASS_MAX];
	uint64_t sequence_gaps; /* per-CPU sequence numbers that never came */
	uint64_t misread;	/* records of the wrong size, type or ABI: each is a hole */
};
void sw_collector_stats(const struct sw_collector *c, struct sw_collector_stats *ret_stats);
/* Records received for one slot and class, to compare with the ledger's submitted. */
uint64_t sw_collector_received(const struct sw_collector *c, uint32_t slot,
			       enum sw_event_class cls);
/*
 * The record that is being handed out will not be needed again: it is not handed out a second time
 * if the process ends from here on. Done anyway when fn returns.
 */
void sw_collector_ack(struct sw_collector *c);
