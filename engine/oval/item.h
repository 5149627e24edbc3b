/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An item: one fact as OVAL sees it, with named entities. Items pass by, one at a time: an item and
 * what it hands out are valid during the call that delivers it. Entities are made when they are
 * asked for, so that an item that is judged by two of its thirty entities costs two.
 */
#pragma once

#include "oval/types.h"

struct sw_oval_item;
struct sw_oval_pairs;

struct sw_oval_value {
	const char *text; /* "" unless status is SW_OVAL_EXISTS */
	enum sw_oval_status status;
	char buf[64]; /* where text may live */
};

struct sw_oval_item_class {
	/* The i-th entity name the item has values for; NULL past the end. */
	const char *(*name_at)(const struct sw_oval_item *item, size_t i);
	/* The i-th value of an entity; false past the end. */
	bool (*get)(const struct sw_oval_item *item, const char *name, size_t i,
		    struct sw_oval_value *ret_value);
	/* Fields of the i-th value of an entity, if it is a record: its text is "". NULL: this
	 * class has none. Names repeat for several values of one field. */
	bool (*record)(const struct sw_oval_item *item, const char *name, size_t i,
		       struct sw_oval_pairs *ret_fields);
	/* What the item is, for a person: "/etc/passwd", "/etc/hosts:3". */
	void (*describe)(const struct sw_oval_item *item, struct sw_strbuf *out);
};

struct sw_oval_item {
	enum sw_oval_status status;
	const struct sw_oval_item_class *class;
	const void *data;
};

/* Return 0 to go on, negative errno to stop the gathering. */
typedef int (*sw_oval_item_fn)(void *ctx, const struct sw_oval_item *item);

/* An item that is a list of pairs; describe prints what is in title. */
struct sw_oval_pair {
	const char *name;
	const char *value; /* NULL: the entity does not exist */
};
struct sw_oval_pairs {
	const char *title;
	const struct sw_oval_pair *pairs;
	size_t n;
};
struct sw_oval_item sw_oval_item_from_pairs(const struct sw_oval_pairs *pairs);
/* class->record, false for classes without. */
bool sw_oval_item_record(const struct sw_oval_item *item, const char *name, size_t i,
			 struct sw_oval_pairs *ret_fields);

/* A heap copy that outlives the call; key is equal for equal items. */
struct sw_oval_item_copy {
	struct sw_oval_item item;
	struct sw_oval_pairs list;
	struct sw_oval_pairs *records; /* fields of each pair that is a record; NULL: none is */
	char *key;
	size_t key_len;
};
struct sw_oval_item_copy *sw_oval_item_copy(const struct sw_oval_item *item);
void sw_oval_item_copy_free(struct sw_oval_item_copy *copy);
