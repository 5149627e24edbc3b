/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results: verdicts drawn from evidence, and joined with the static ones.
 *
 * Evidence is the only input: what the monitor had in memory plays no part, so that anybody who
 * holds the evidence and the content comes to the same verdicts. A pass needs coverage that is
 * complete; design section 4 is the table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stigwatch/engine.h>

#include "result/html.h"

enum sw_window {
	SW_WINDOW_LIFE,	    /* from the container's first instruction */
	SW_WINDOW_OBSERVED, /* from the start-up sweep on */
};

enum sw_runtime_verdicts {
	SW_RUNTIME_OBSERVE,   /* vendor verdicts stay as they are */
	SW_RUNTIME_FAIL_ONLY, /* a runtime fail makes the vendor rule fail */
	SW_RUNTIME_FULL,      /* and a proven pass turns notapplicable into pass */
};

/* What decides one rule's verdict. */
struct sw_verdict_input {
	bool violation;	   /* seen, or counted by the ledger */
	bool judge_failed; /* the judge could not evaluate */
	bool hook_refused; /* a hook that the rule needs is not attached */
	bool hole;	   /* coverage of the window is not complete */
};
/* Design section 4, pure. */
enum sw_verdict sw_runtime_verdict(const struct sw_verdict_input *in);

struct sw_runtime {
	struct sw_result *result; /* the runtime benchmark with its verdicts, facts and window */
	struct sw_html_timeline timeline;
	bool complete; /* no hole in any class */
};
void sw_runtime_free(struct sw_runtime *r);

struct sw_runtime_options {
	const char *container; /* name or id; NULL: the only one in the evidence */
	enum sw_window window;
};
/*
 * Verifies and reads the evidence, and judges. -EBADMSG when the chain is broken, -ENOENT when it
 * holds no such container, -ENODATA when it holds none.
 */
int sw_runtime_judge(const char *evidence_dir, const struct sw_runtime_options *opts,
		     struct sw_runtime **ret_runtime, struct sw_error *err);

/* Writes overrides into base as mode says, then joins the two. Consumes runtime->result. */
int sw_runtime_join(struct sw_result *base, struct sw_runtime *runtime,
		    enum sw_runtime_verdicts mode, struct sw_error *err);

/* Exit code of a result (design section 9): 0, 2 or 3. fail_on: the least severity that counts
 * as 2. */
int sw_result_exit_code(const struct sw_result *r, enum sw_severity fail_on);
