/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of objects: union, intersection, complement. The only place that keeps items; limited. */
#include "oval/session.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

/* Copies of items without duplicates: open addressing over their keys. */
struct item_set {
	struct sw_oval_item_copy **items;
	size_t n, cap;
	size_t *slots; /* index + 1 */
	size_t n_slots;
};

struct gathering {
	struct sw_oval_session *s;
	const struct oval_set *set; /* whose filters apply */
	struct item_set *into;
};

static void item_set_release(struct item_set *is)
{
	for (size_t i = 0; i < is->n; i++)
		sw_oval_item_copy_free(is->items[i]);
	free(is->items);
	free(is->slots);
}

static uint64_t hash(const struct sw_oval_item_copy *c)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < c->key_len; i++)
		h = (h ^ (unsigned char)c->key[i]) * 1099511628211u;
	return h ^ (h >> 29);
}

static size_t *slot_of(const struct item_set *is, const struct sw_oval_item_copy *c)
{
	size_t i = hash(c) % is->n_slots;

	while (is->slots[i]) {
		const struct sw_oval_item_copy *other = is->items[is->slots[i] - 1];

		if (other->key_len == c->key_len && !memcmp(other->key, c->key, c->key_len))
			break;
		i = (i + 1) % is->n_slots;
	}
	return &is->slots[i];
}

static bool item_set_has(const struct item_set *is, const struct sw_oval_item_copy *c)
{
	return is->n_slots && *slot_of(is, c);
}

static int grow_slots(struct item_set *is)
{
	size_t n = is->n_slots ? is->n_slots * 2 : 64;
	size_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(is->slots);
	is->slots = slots;
	is->n_slots = n;
	for (size_t i = 0; i < is->n; i++)
		*slot_of(is, is->items[i]) = i + 1;
	return 0;
}

/* Takes the copy. */
static int item_set_add(struct item_set *is, struct sw_oval_item_copy *c)
{
	size_t *slot;

	if (!c)
		return -ENOMEM;
	if ((is->n + 1) * 2 > is->n_slots && grow_slots(is) < 0)
		goto no_memory;
	slot = slot_of(is, c);
	if (*slot) {
		sw_oval_item_copy_free(c);
		return 0;
	}
	if (is->n >= SW_LIMIT_SET_ITEMS) {
		sw_oval_item_copy_free(c);
		return -E2BIG;
	}
	if (SW_GROW(is->items, is->n, is->cap) < 0)
		goto no_memory;
	is->items[is->n++] = c;
	*slot = is->n;
	return 0;
no_memory:
	sw_oval_item_copy_free(c);
	return -ENOMEM;
}

static int keep(void *ctx, const struct sw_oval_item *item)
{
	struct gathering *g = ctx;

	if (!oval_filters_pass(g->s, g->set->filters, g->set->n_filters, item))
		return 0;
	return item_set_add(g->into, sw_oval_item_copy(item));
}

/* What sub collects counts for all: flags and evidence of it go up. */
static void merge(struct oval_collection *c, struct oval_collection *sub)
{
	if (sub->flag != SW_OVAL_FLAG_COMPLETE && sub->flag != SW_OVAL_FLAG_DOES_NOT_EXIST)
		oval_collection_problem(c, sub->flag, sw_strbuf_str(&sub->reason));
	c->examined |= sub->examined;
	c->truncated |= sub->truncated;
	c->absence_is_fact |= sub->absence_is_fact;
	if (!c->absent[0])
		memcpy(c->absent, sub->absent, sizeof(c->absent));
}

static int collect_operand(struct sw_oval_session *s, const struct oval_set *set, size_t i,
			   struct oval_collection *c, struct item_set *ret)
{
	struct gathering g = {s, set, ret};
	__attribute__((cleanup(oval_collection_release))) struct oval_collection sub = {.fn = keep,
											.ctx = &g};
	int rc = set->n_sets ? oval_set_collect(s, &set->sets[i], &sub)
			     : oval_object_collect(s, set->object_refs[i], &sub);

	merge(c, &sub);
	if (rc == -E2BIG) {
		oval_collection_problem(c, SW_OVAL_FLAG_ERROR, "a set has too many items");
		return 0;
	}
	return rc;
}

static int hand_over(const struct item_set *is, struct oval_collection *c)
{
	for (size_t i = 0; i < is->n; i++) {
		int rc = c->fn(c->ctx, &is->items[i]->item);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* all = first OP second, in place. */
static int combine(struct item_set *first, const struct item_set *second, enum oval_set_operator op)
{
	struct item_set out = {0};
	bool want = op == OVAL_SET_INTERSECTION;
	int rc = 0;

	for (size_t i = 0; i < first->n; i++) {
		if (item_set_has(second, first->items[i]) != want)
			continue;
		rc = item_set_add(&out, TAKE(first->items[i]));
		if (rc < 0)
			break;
	}
	item_set_release(first);
	*first = out;
	return rc;
}

int oval_set_collect(struct sw_oval_session *s, const struct oval_set *set,
		     struct oval_collection *c)
{
	__attribute__((cleanup(item_set_release))) struct item_set all = {0};
	size_t n = set->n_sets ? set->n_sets : set->n_objects;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		__attribute__((cleanup(item_set_release))) struct item_set next = {0};

		if (i == 0 || set->op == OVAL_SET_UNION) {
			rc = collect_operand(s, set, i, c, &all);
			continue;
		}
		rc = collect_operand(s, set, i, c, &next);
		if (rc == 0)
			rc = combine(&all, &next, set->op);
	}
	return rc < 0 ? rc : hand_over(&all, c);
}
