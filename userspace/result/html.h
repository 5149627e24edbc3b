/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as one HTML file for a person to read: no script, nothing loaded from elsewhere,
 * well-formed XML.
 *
 * Every string of the result is hostile and is escaped. Long texts are cut so that 198 rules stay
 * below 500 KB; the XCCDF output has them whole.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stigwatch/result.h"

/* A part of the window; wall clock, nanoseconds. Parts may overlap: a hole wins over what is
 * watched. */
struct sw_html_segment {
	int64_t from, to;
	bool watched;
	char *why; /* of a hole; NULL when watched */
};

/* One violation. */
struct sw_html_mark {
	int64_t at;
	char *rule_id;
	char *text;
};

/* Owns what it points to when it was filled by the functions below. */
struct sw_html_timeline {
	int64_t start_ns, end_ns; /* the window; wall clock */
	struct sw_html_segment *segments;
	size_t n_segments, cap_segments;
	struct sw_html_mark *marks;
	size_t n_marks, cap_marks;
};

/* Copy their strings. why may be NULL. Return 0 or -ENOMEM. */
int sw_html_timeline_add_segment(struct sw_html_timeline *tl, int64_t from, int64_t to,
				 bool watched, const char *why);
int sw_html_timeline_add_mark(struct sw_html_timeline *tl, int64_t at, const char *rule_id,
			      const char *text);
void sw_html_timeline_release(struct sw_html_timeline *tl);
/*
 * The watched part of the window in per mille, rounded down, so that 1000 means all of it. -ERANGE
 * when the window is empty, -ENOMEM.
 */
int sw_html_timeline_coverage(const struct sw_html_timeline *tl);

/* tl may be NULL (a scan alone). version is stigwatch's. Returns what write returned, or -ENOMEM.
 */
int sw_html_report(const struct sw_result *r, const struct sw_html_timeline *tl,
		   const char *version, sw_write_fn write, void *ctx);
