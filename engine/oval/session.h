/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that evaluate share. A session caches results; it keeps no items. */
#pragma once

#include "facts/facts.h"
#include "oval/model.h"
#include "oval/tally.h"

enum oval_progress {
	OVAL_FRESH,
	OVAL_RUNNING, /* met again while running: a cycle */
	OVAL_DONE,
};

struct oval_values {
	enum oval_progress progress;
	enum sw_oval_flag flag;
	char **items;
	size_t n, cap;
};

struct oval_test_outcome {
	enum oval_progress progress;
	enum sw_oval_result result;
	bool empty;   /* rests on nothing */
	char *detail; /* for a person; NULL: none */
};

struct oval_definition_outcome {
	enum oval_progress progress;
	enum sw_oval_result result;
	bool empty;
};

/* An entity of an object's items that is kept out of reports. */
struct oval_mask {
	const struct oval_object *object;
	const char *name;
};

/* Numbers of items that follow each other, with the same result. */
struct oval_run {
	uint64_t first, last;
	enum sw_oval_result result;
};
struct oval_runs {
	struct oval_run *items;
	size_t n, cap;
};

struct sw_oval_session {
	const struct sw_oval_doc *doc;
	struct sw_target *target; /* NULL: nothing can be gathered */
	struct sw_regex_cache *regexes;
	struct sw_gather_memory memory;
	struct oval_values *variables;
	struct oval_test_outcome *tests;
	struct oval_definition_outcome *definitions;
	unsigned depth; /* of nested evaluation: hostile documents nest sets in variables in sets */
	int64_t now;	/* seconds since the epoch; 0: not told */
	bool no_memory;
	const struct sw_oval_characteristics *characteristics; /* instead of a target, or NULL */
	struct sw_oval_report *report; /* what is collected is written down there, or NULL */
	unsigned instance;	       /* of variables, in the report */
	bool *reported;		       /* objects, by index */
	uint64_t item_number;	       /* in the report, of the item that passes by */
	struct oval_mask *masks;
	size_t n_masks, cap_masks;
};

/* ---- variable.c ---- */
/* The values of a variable; never NULL: an unknown id or a cycle is a variable with flag error. */
const struct oval_values *oval_session_variable(struct sw_oval_session *s, const char *id);
int oval_values_add(struct oval_values *v, const char *text, size_t len);
void oval_values_release(struct oval_values *v);
/* ---- function.c: one function over the values of its arguments ---- */
int oval_function(struct sw_oval_session *s, const struct oval_component *c,
		  const struct oval_values *args, struct oval_values *ret);

/* ---- function_time.c ---- */
int oval_function_time_difference(struct sw_oval_session *s, const struct oval_component *c,
				  const struct oval_values *args, struct oval_values *ret);

/* ---- state.c ---- */
/* The first entity of a state that was not true, for messages. */
struct oval_mismatch {
	char entity[64];
	char found[160];
	char expected[200];
};
enum sw_oval_result oval_state_eval(struct sw_oval_session *s, const struct oval_state *state,
				    const struct sw_oval_item *item, struct oval_mismatch *ret_why);
/* Whether filters let an item pass. */
bool oval_filters_pass(struct sw_oval_session *s, const struct oval_filter *filters, size_t n,
		       const struct sw_oval_item *item);
/* One expectation with its variable against one value. */
enum sw_oval_result oval_entity_compare(struct sw_oval_session *s, const struct oval_entity *e,
					const char *found);

/* ---- object.c, set.c ---- */
struct oval_collection {
	sw_oval_item_fn fn;
	void *ctx;
	/* ---- set by collecting ---- */
	enum sw_oval_flag flag;
	struct sw_strbuf reason;
	bool examined, truncated, absence_is_fact;
	char absent[256];
};
/* 0 or what fn returned (or -ENOMEM). An unknown id gives flag error, an unknown type not
 * collected. */
int oval_object_collect(struct sw_oval_session *s, const char *object_id,
			struct oval_collection *c);
int oval_set_collect(struct sw_oval_session *s, const struct oval_set *set,
		     struct oval_collection *c);
void oval_collection_problem(struct oval_collection *c, enum sw_oval_flag flag, const char *text);
void oval_collection_release(struct oval_collection *c);
void oval_object_describe(const struct oval_object *o, struct sw_strbuf *out);

/* ---- results_session.c: only with a report ---- */
/* Collects by collect, and writes down what passes. */
int oval_report_collect(struct sw_oval_session *s, const struct oval_object *o,
			struct oval_collection *c,
			int (*collect)(struct sw_oval_session *s, const struct oval_object *o,
				       struct oval_collection *c));
void oval_report_tested(struct sw_oval_session *s, struct oval_runs *runs, uint64_t number,
			enum sw_oval_result result);
/* Releases runs. */
void oval_report_test(struct sw_oval_session *s, const struct oval_test *t,
		      enum sw_oval_result result, struct oval_runs *runs);

/* ---- test.c ---- */
const struct oval_test_outcome *oval_session_test(struct sw_oval_session *s, const char *id);

/* ---- message.c ---- */
void oval_definition_message(struct sw_oval_session *s, const struct oval_definition *d,
			     struct sw_strbuf *out);

/* ---- session.c ---- */
struct oval_basis {
	enum sw_oval_result result;
	bool empty;
};
struct oval_basis oval_node_eval(struct sw_oval_session *s, const struct oval_node *node,
				 unsigned depth);
const struct oval_definition_outcome *oval_session_definition(struct sw_oval_session *s,
							      const char *id, unsigned depth);
