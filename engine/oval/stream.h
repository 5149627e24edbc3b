/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime definitions document judged one fact at a time: the same states, counts and criteria as
 * a scan, but the facts arrive instead of being gathered. Memory is that of the document; facts are
 * counted, not kept.
 */
#pragma once

#include "oval/session.h"
#include "stigwatch/engine.h"

struct oval_stream {
	struct sw_oval_doc *doc;
	struct sw_oval_session *session;
	struct sw_oval_test_tally *tallies; /* by test index */
	bool *violated;			    /* by test index: by the last fact */
	enum sw_oval_result *before;	    /* by definition index: before the last fact */
};

/* Takes doc, also on failure. */
int oval_stream_init(struct oval_stream *st, struct sw_oval_doc *doc, struct sw_error *err);
void oval_stream_release(struct oval_stream *st);

/* Returns how many tests the fact violates; violated and before tell which, and what changed. */
size_t oval_stream_feed(struct oval_stream *st, const struct sw_fact *fact);
enum sw_oval_result oval_stream_result(const struct oval_stream *st,
				       const struct oval_definition *d);

/* Calls fn for each test below a definition (through extend_definition, each definition once per
 * path, limited). */
typedef void (*oval_test_fn)(void *ctx, const struct oval_test *test);
void oval_stream_tests(const struct oval_stream *st, const struct oval_definition *d,
		       oval_test_fn fn, void *ctx);
/* Calls fn for each object type a test selects from. */
typedef void (*oval_type_fn)(void *ctx, const char *type);
void oval_stream_types(const struct oval_stream *st, const struct oval_test *test, oval_type_fn fn,
		       void *ctx);
