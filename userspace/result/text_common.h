/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of result/: what the text and the HTML report say in the same words. */
#pragma once

#include "result/text.h"
#include "stigwatch/strbuf.h"

/* The whole result in one word; the same order as the exit codes (design section 9). */
enum sw_overall {
	SW_OVERALL_COMPLIANT,
	SW_OVERALL_FAIL,
	SW_OVERALL_INCOMPLETE, /* no fail, but a rule whose verdict is not known */
	SW_OVERALL_EMPTY,      /* no rule was judged */
	_SW_OVERALL_MAX,
};
enum sw_overall sw_text_overall(const struct sw_result *r);
const char *sw_text_overall_str(enum sw_overall o);

/* Facts that reports show, in this order. */
struct sw_text_fact {
	const char *name; /* of the XCCDF fact */
	const char *label;
	bool mono; /* digests and ids */
};
extern const struct sw_text_fact sw_text_facts[];
extern const size_t sw_text_n_facts;
/* Words to put behind a fact's value. */
const char *sw_text_fact_note(const char *name, const char *value);

/* Seconds between two xs:dateTime in UTC; -1 when either is missing or is no such time. */
int64_t sw_text_seconds(const char *start, const char *end);
/* "1 h 5 min", "12 s". */
void sw_text_add_duration(struct sw_strbuf *sb, int64_t seconds);

/* Controls, and characters that reorder or hide what stands beside them; white space controls
 * included. */
bool sw_text_is_unsafe(uint32_t codepoint);
/*
 * Adds s on one line, at most max_columns wide ("…" where it was cut): white space runs become one
 * space, everything that could steer a terminal or hide text becomes \xHH. Returns the columns
 * used.
 */
size_t sw_text_add_clean(struct sw_strbuf *sb, const char *s, size_t max_columns);
/* The same without a limit for one field of a tab-separated line: \t, \n, \\, \xHH. */
void sw_text_add_field(struct sw_strbuf *sb, const char *s);
