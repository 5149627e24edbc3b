/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules: the embedded runtime benchmark, and the facts that its definitions judge.
 *
 * A fact is built from an event and what the baseline says about its object, or from a sweep, or
 * from the ledger; it has one form in memory (struct sw_fact_buf), one in evidence (JSON), and the
 * engine judges it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stigwatch/engine.h>

#include "event/event.h"

struct json_object;
struct sw_baseline_entry;

/* The benchmark that is built into the program. */
int sw_rules_content(struct sw_content **ret_content, struct sw_error *err);

#define SW_FACT_ENTITIES 48
#define SW_FACT_BYTES 8192

/* A fact with its own storage. Zero-initialise, or call sw_fact_begin. Values past the limits are
 * left out and counted. */
struct sw_fact_buf {
	struct sw_fact fact;
	struct sw_fact_entity entities[SW_FACT_ENTITIES];
	char bytes[SW_FACT_BYTES];
	size_t used;
	unsigned int left_out;
};

void sw_fact_begin(struct sw_fact_buf *f, const char *type);
void sw_fact_add(struct sw_fact_buf *f, const char *name, const char *value);
void sw_fact_add_bytes(struct sw_fact_buf *f, const char *name, const char *value, size_t len);
void sw_fact_addf(struct sw_fact_buf *f, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds one `class` value per class bit. */
void sw_fact_add_classes(struct sw_fact_buf *f, uint32_t class_bits);
/* First value of an entity, or NULL. */
const char *sw_fact_get(const struct sw_fact_buf *f, const char *name);

/* {"type": "exec", "entities": [["class", "shell"], ...]}; bytes that are not UTF-8 become \xHH.
 * NULL: no memory. */
struct json_object *sw_fact_to_json(const struct sw_fact *f);
/* -EBADMSG when it is not such an object or exceeds the limits. */
int sw_fact_from_json(struct json_object *o, struct sw_fact_buf *ret_fact);

/* What the baseline says about an executed object. */
enum sw_baseline_state {
	SW_STATE_MATCH,
	SW_STATE_MODIFIED,
	SW_STATE_ABSENT,
	SW_STATE_UNVERIFIED, /* no digest could be had, or no baseline */
	_SW_STATE_MAX,
};
const char *sw_baseline_state_str(enum sw_baseline_state s);

/* What a file operation did to a baseline object. */
enum sw_effect {
	SW_EFFECT_UNCHANGED,
	SW_EFFECT_TAINTED,
	SW_EFFECT_CHANGED,
	SW_EFFECT_REPLACED,
	SW_EFFECT_REMOVED,
	SW_EFFECT_RENAMED,
	SW_EFFECT_CREATED,
	SW_EFFECT_METADATA,
	SW_EFFECT_COVERED, /* something else was mounted over it */
	_SW_EFFECT_MAX,
};
const char *sw_effect_str(enum sw_effect e);

/* What is known about an event's object beyond the event. */
struct sw_judged_object {
	enum sw_baseline_state state;
	enum sw_effect effect;
	uint32_t class_bits;
	const char *path;   /* the best label */
	const char *sha256; /* "" or NULL when unknown */
	const char *origin; /* "event", "ledger", "sweep" */
};

/* Builds the fact of an event, of any type but CONTAINER_NEW and CONTAINER_GONE. */
void sw_fact_from_event(const struct sw_event *ev, const struct sw_judged_object *obj,
			struct sw_fact_buf *ret_fact);
/*
 * A violation that the kernel counted and whose record was lost without trace: the least fact that
 * shows it.
 */
void sw_fact_from_ledger(enum sw_violation kind, uint64_t count, struct sw_fact_buf *ret_fact);

/* Classes of a runtime rule's fact types, as a mask of 1 << SW_CLASS_*. */
uint32_t sw_rules_classes(const struct sw_judge *judge, const char *rule_id);
const char *sw_event_class_str(enum sw_event_class cls);
enum sw_event_class sw_event_class_from_str(const char *s); /* _SW_CLASS_MAX when unknown */
const char *sw_violation_str(enum sw_violation v);
