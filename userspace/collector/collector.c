/* SPDX-License-Identifier: Apache-2.0 */
/* Drains the ring and counts what came. Never judges, and never drops: what it cannot read it
 * counts as misread. */
#include "collector/collector.h"

#include "abi/event_abi.h"
#include "collector/decode.h"
#include "collector/ring.h"
#include "loader/private.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

struct sw_collector {
	struct sw_ring *ring;
	sw_event_fn fn;
	void *ctx;
	bool settled; /* the shares' counts are known to fit the ring */
	struct sw_collector_stats stats;
	struct sw_loader *loader;
	struct sw_marks *marks; /* the loader's: they outlive us */
	uint64_t *next;		/* mark of the record that is handed out, or NULL */
	struct sw_event event;
};

static void slot_count(struct sw_collector *c, const struct sw_event *e)
{
	if (e->slot < c->marks->n_slots && c->loader->slots[e->slot].cgroup_id == e->slot_gen)
		c->marks->slots[e->slot].received[e->cls]++;
}

/* A record that can be read: 0, or what fn said. */
static int record_handle(struct sw_collector *c, uint8_t stream)
{
	size_t at = (size_t)c->event.cpu * SW_STREAMS + stream;
	uint64_t *next;

	if (stream >= SW_STREAMS || at >= c->marks->n_seq) {
		c->stats.misread++;
		return 0;
	}
	next = &c->marks->seq[at];
	if (c->event.seq < *next) /* the one before us had it, and was killed before it said so */
		return 0;
	c->stats.sequence_gaps += c->event.seq - *next;
	c->stats.records[c->event.cls]++;
	c->next = next;
	int rc = c->fn(c->ctx, &c->event);

	/* not before: a record that its reader did not live to finish comes again */
	sw_collector_ack(c);
	slot_count(c, &c->event);
	return rc;
}

static int on_record(void *ctx, void *data, size_t size)
{
	const struct sw_wire_head *h = data;
	struct sw_collector *c = ctx;
	uint8_t stream;
	int rc = 0;

	if (sw_event_decode(data, size, &c->event, &stream))
		c->stats.misread++;
	else
		rc = record_handle(c, stream);
	if (size >= sizeof(*h) && h->share < SW_SHARES)
		__atomic_add_fetch(&c->loader->shares[h->share].consumed, SW_RING_BYTES(size),
				   __ATOMIC_RELEASE);
	return rc;
}

/*
 * A process that was killed between a record's two counts leaves them apart. With an empty ring
 * they are equal; what is being produced meanwhile makes a difference of a record or two, once.
 */
static void shares_settle(struct sw_collector *c)
{
	uint64_t produced[SW_SHARES];

	for (int i = 0; i < SW_SHARES; i++)
		produced[i] = __atomic_load_n(&c->loader->shares[i].produced, __ATOMIC_ACQUIRE);
	if (sw_loader_ring_pending(c->loader))
		return;
	for (int i = 0; i < SW_SHARES; i++)
		__atomic_store_n(&c->loader->shares[i].consumed, produced[i], __ATOMIC_RELEASE);
	c->settled = true;
}

void sw_collector_ack(struct sw_collector *c)
{
	if (c->next)
		__atomic_store_n(c->next, c->event.seq + 1, __ATOMIC_RELEASE);
	c->next = NULL;
}

int sw_collector_new(struct sw_loader *l, sw_event_fn fn, void *ctx,
		     struct sw_collector **ret_collector, struct sw_error *err)
{
	struct sw_collector *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fn = fn;
	c->ctx = ctx;
	c->loader = l;
	c->marks = &l->marks;
	int rc = sw_ring_new(sw_loader_ring_fd(l), &c->ring, err);

	if (rc < 0) {
		sw_collector_free(c);
		return rc;
	}
	*ret_collector = c;
	return 0;
}

void sw_collector_free(struct sw_collector *c)
{
	if (!c)
		return;
	sw_ring_free(c->ring);
	free(c);
}

int sw_collector_fd(const struct sw_collector *c)
{
	return sw_ring_fd(c->ring);
}

int sw_collector_drain(struct sw_collector *c)
{
	int rc = sw_ring_read(c->ring, on_record, c);

	if (!c->settled)
		shares_settle(c);
	return rc;
}

void sw_collector_stats(const struct sw_collector *c, struct sw_collector_stats *ret_stats)
{
	*ret_stats = c->stats;
}

uint64_t sw_collector_received(const struct sw_collector *c, uint32_t slot, enum sw_event_class cls)
{
	if (slot >= c->marks->n_slots || (unsigned int)cls >= _SW_CLASS_MAX)
		return 0;
	return c->marks->slots[slot].received[cls];
}
