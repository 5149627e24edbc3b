/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One OVAL definitions document by itself, without a checklist: evaluated on a target, or on system
 * characteristics that somebody else collected.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stigwatch/engine.h"

struct sw_definitions;

/* Of a source data stream: the first OVAL document of the first stream, or those named. */
struct sw_definitions_choice {
	const char *datastream_id, *component_ref_id;
};
int sw_definitions_load(const char *path, const struct sw_definitions_choice *choice,
			struct sw_definitions **ret_definitions, struct sw_error *err);
void sw_definitions_free(struct sw_definitions *d);
static inline void sw_definitions_freep(struct sw_definitions **d)
{
	sw_definitions_free(*d);
}
/* Values for external variables: an oval_variables document. */
int sw_definitions_add_variables(struct sw_definitions *d, const char *path, struct sw_error *err);
/* What the results will tell: an oval_directives document. */
int sw_definitions_direct(struct sw_definitions *d, const char *path, struct sw_error *err);

struct sw_definitions_run {
	struct sw_target *target;    /* or NULL: */
	const char *characteristics; /* a file to evaluate instead */
	const char *id;		     /* of one definition, or object to collect; NULL: all */
	bool collect;		     /* objects, without judging */
	bool without_syschar;
	int64_t now;
	/* Of each definition its result, of each object its flag, the last id first, as oscap; may
	 * be NULL. */
	void (*tell)(void *ctx, const char *id, const char *result);
	void *ctx;
};
/* Once. -ENOENT: no such id. */
int sw_definitions_run(struct sw_definitions *d, const struct sw_definitions_run *run,
		       struct sw_error *err);
/* After the run. */
int sw_definitions_write_results(struct sw_definitions *d, sw_write_fn write, void *ctx,
				 struct sw_error *err);
int sw_definitions_write_characteristics(struct sw_definitions *d, sw_write_fn write, void *ctx,
					 struct sw_error *err);
