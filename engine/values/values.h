/* SPDX-License-Identifier: Apache-2.0 */
/* The door of values/: verdict algebra. Pure; the tables come from the standards named beside them.
 */
#pragma once

#include <stdbool.h>

#include "stigwatch/result.h"

/* XCCDF 1.2 (NIST IR 7275r4) tables 12 to 14: how complex-check joins results. */
enum sw_verdict sw_verdict_and(enum sw_verdict a, enum sw_verdict b);
enum sw_verdict sw_verdict_or(enum sw_verdict a, enum sw_verdict b);
enum sw_verdict sw_verdict_negate(enum sw_verdict v);
/* The worse of two verdicts of one rule: fail, error, unknown, notchecked, pass, ... */
enum sw_verdict sw_verdict_worst(enum sw_verdict a, enum sw_verdict b);
/* Counts in a score: not notapplicable, notchecked, informational, notselected (6.6.5, table 40).
 */
bool sw_verdict_counts(enum sw_verdict v);
