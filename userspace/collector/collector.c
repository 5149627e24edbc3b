/* SPDX-License-Identifier: Apache-2.0 */
/* Drains the ring and counts what came. Never judges, and never drops: what it cannot read it
 * counts as misread. */
#include "collector/collector.h"

#include <bpf/libbpf.h>

#include "abi/event_abi.h"
#include "collector/decode.h"
#include "loader/private.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

#define STREAMS 4 /* nesting levels of the sensors on one CPU: SW_SCRATCH_LEVELS */

struct received {
	uint64_t slot_gen;
	uint64_t n[_SW_CLASS_MAX];
};

struct sw_collector {
	struct ring_buffer *ring;
	sw_event_fn fn;
	void *ctx;
	int stopped; /* what fn returned */
	struct sw_collector_stats stats;
	struct received *received; /* by slot */
	size_t n_slots;
	uint64_t *next_seq; /* cpu * STREAMS + stream */
	size_t n_cpus;
	struct sw_event event;
};

static void sequence_check(struct sw_collector *c, const struct sw_event *e, uint8_t stream)
{
	uint64_t *next;

	if (e->cpu >= c->n_cpus || stream >= STREAMS) {
		c->stats.misread++;
		return;
	}
	next = &c->next_seq[e->cpu * STREAMS + stream];
	if (e->seq > *next)
		c->stats.sequence_gaps += e->seq - *next;
	*next = e->seq + 1;
}

static void slot_count(struct sw_collector *c, const struct sw_event *e)
{
	struct received *r = e->slot < c->n_slots ? &c->received[e->slot] : NULL;

	if (!r)
		return;
	if (r->slot_gen != e->slot_gen)
		*r = (struct received){.slot_gen = e->slot_gen};
	r->n[e->cls]++;
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct sw_collector *c = ctx;
	uint8_t stream;

	if (sw_event_decode(data, size, &c->event, &stream)) {
		c->stats.misread++;
		return 0;
	}
	sequence_check(c, &c->event, stream);
	c->stats.records[c->event.cls]++;
	slot_count(c, &c->event);
	c->stopped = c->fn(c->ctx, &c->event);
	return c->stopped;
}

int sw_collector_new(struct sw_loader *l, sw_event_fn fn, void *ctx,
		     struct sw_collector **ret_collector, struct sw_error *err)
{
	struct sw_collector *c = calloc(1, sizeof(*c));
	int cpus = libbpf_num_possible_cpus();

	if (!c)
		return -ENOMEM;
	c->fn = fn;
	c->ctx = ctx;
	c->n_slots = sw_loader_slots(l);
	c->n_cpus = cpus > 0 ? (size_t)cpus : 1;
	c->received = calloc(c->n_slots, sizeof(*c->received));
	c->next_seq = calloc(c->n_cpus * STREAMS, sizeof(*c->next_seq));
	if (!c->received || !c->next_seq) {
		sw_collector_free(c);
		return -ENOMEM;
	}
	c->ring = ring_buffer__new(sw_loader_ring_fd(l), on_record, c, NULL);
	if (!c->ring) {
		int rc = -errno;

		sw_collector_free(c);
		return sw_error_set(err, -rc, "map the ring buffer: %s", strerror(-rc));
	}
	*ret_collector = c;
	return 0;
}

void sw_collector_free(struct sw_collector *c)
{
	if (!c)
		return;
	ring_buffer__free(c->ring);
	free(c->received);
	free(c->next_seq);
	free(c);
}

int sw_collector_fd(const struct sw_collector *c)
{
	return ring_buffer__epoll_fd(c->ring);
}

int sw_collector_drain(struct sw_collector *c)
{
	c->stopped = 0;
	int n = ring_buffer__consume(c->ring);

	return c->stopped ? c->stopped : n;
}

void sw_collector_stats(const struct sw_collector *c, struct sw_collector_stats *ret_stats)
{
	*ret_stats = c->stats;
}

uint64_t sw_collector_received(const struct sw_collector *c, uint32_t slot, enum sw_event_class cls)
{
	if (slot >= c->n_slots || (unsigned int)cls >= _SW_CLASS_MAX)
		return 0;
	return c->received[slot].n[cls];
}

void sw_collector_forget(struct sw_collector *c, uint32_t slot)
{
	if (slot < c->n_slots)
		c->received[slot] = (struct received){};
}
