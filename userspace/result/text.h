/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result as text: a report for a person at a terminal, and stable lines for a pipe.
 *
 * Strings of the result are hostile: control characters, bidirectional overrides and bytes that are
 * not UTF-8 are shown as \xHH, so that nothing in a result can steer a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stigwatch/result.h"

struct sw_text_options {
	bool color;
	unsigned width; /* columns; 0: 100 */
	bool all;	/* list the rules that passed or do not apply, too */
};

int sw_text_report(const struct sw_result *r, const struct sw_text_options *o, sw_write_fn write,
		   void *ctx);
/*
 * One line per selected rule, in document order: VERDICT, SEVERITY, RULE (whole id), TITLE,
 * MESSAGE, separated by tabs. Tab, newline and backslash inside a field are \t, \n and \\.
 */
int sw_lines_report(const struct sw_result *r, sw_write_fn write, void *ctx);

/*
 * The part of a rule id that people use: "SV-203721r958804" of
 * "xccdf_mil.disa.stig_rule_SV-203721r958804_rule", "no-shell" of
 * "xccdf_io.stigwatch_rule_no-shell". Points into rule_id, returns its length.
 */
size_t sw_text_short_id(const char *rule_id, const char **ret_start);
/* Value of the first fact with this name, NULL when there is none. */
const char *sw_text_fact(const struct sw_result *r, const char *name);
