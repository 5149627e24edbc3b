/* SPDX-License-Identifier: Apache-2.0 */
/* Names of verdicts and severities, and the tables by which verdicts join. Pure. */
#include "stigwatch/cleanup.h"
#include "values/values.h"

static const char *const verdicts[] = {
	[SW_VERDICT_PASS] = "pass",
	[SW_VERDICT_FAIL] = "fail",
	[SW_VERDICT_ERROR] = "error",
	[SW_VERDICT_UNKNOWN] = "unknown",
	[SW_VERDICT_NOTAPPLICABLE] = "notapplicable",
	[SW_VERDICT_NOTCHECKED] = "notchecked",
	[SW_VERDICT_NOTSELECTED] = "notselected",
	[SW_VERDICT_INFORMATIONAL] = "informational",
	[SW_VERDICT_FIXED] = "fixed",
};
_Static_assert(SW_ARRAY_LEN(verdicts) == _SW_VERDICT_MAX, "one name per verdict");

static const char *const severities[] = {
	[SW_SEVERITY_UNKNOWN] = "unknown", [SW_SEVERITY_INFO] = "info", [SW_SEVERITY_LOW] = "low",
	[SW_SEVERITY_MEDIUM] = "medium",   [SW_SEVERITY_HIGH] = "high",
};
_Static_assert(SW_ARRAY_LEN(severities) == _SW_SEVERITY_MAX, "one name per severity");

const char *sw_verdict_str(enum sw_verdict v)
{
	return (unsigned int)v < _SW_VERDICT_MAX ? verdicts[v] : "?";
}

enum sw_verdict sw_verdict_from_str(const char *s)
{
	size_t i;

	for (i = 0; s && i < SW_ARRAY_LEN(verdicts); i++)
		if (!strcmp(s, verdicts[i]))
			return (enum sw_verdict)i;
	return _SW_VERDICT_MAX;
}

const char *sw_severity_str(enum sw_severity s)
{
	return (unsigned int)s < _SW_SEVERITY_MAX ? severities[s] : "?";
}

enum sw_severity sw_severity_from_str(const char *s)
{
	size_t i;

	for (i = 0; s && i < SW_ARRAY_LEN(severities); i++)
		if (!strcmp(s, severities[i]))
			return (enum sw_severity)i;
	return _SW_SEVERITY_MAX;
}

#define P SW_VERDICT_PASS
#define F SW_VERDICT_FAIL
#define E SW_VERDICT_ERROR
#define U SW_VERDICT_UNKNOWN
#define N SW_VERDICT_NOTAPPLICABLE
#define K SW_VERDICT_NOTCHECKED
#define S SW_VERDICT_NOTSELECTED
#define I SW_VERDICT_INFORMATIONAL

/*
 * NIST IR 7275r4 tables 12 (AND) and 13 (OR) over P, F, E, U and N; unknown stands above error in
 * both. The other three (notchecked, notselected, informational) say as little as N: they take its
 * row, and two different ones of these four give the one that says most.
 */
static const enum sw_verdict and_table[5][5] = {
	/*        P  F  E  U  N */
	/* P */ {P, F, E, U, P},
	/* F */ {F, F, F, F, F},
	/* E */ {E, F, E, U, E},
	/* U */ {U, F, U, U, U},
	/* N */ {P, F, E, U, N},
};
static const enum sw_verdict or_table[5][5] = {
	/*        P  F  E  U  N */
	/* P */ {P, P, P, P, P},
	/* F */ {P, F, E, U, F},
	/* E */ {P, E, E, U, E},
	/* U */ {P, U, U, U, U},
	/* N */ {P, F, E, U, N},
};

/* fixed was a fail and is a pass now. */
static enum sw_verdict row(enum sw_verdict v)
{
	if (v == SW_VERDICT_FIXED)
		return P;
	return v <= U ? v : N;
}

static enum sw_verdict join(const enum sw_verdict table[5][5], enum sw_verdict a, enum sw_verdict b)
{
	static const enum sw_verdict silent[] = {N, I, K, S};
	size_t i;

	if (row(a) != N || row(b) != N)
		return table[row(a)][row(b)];
	for (i = 0; i < SW_ARRAY_LEN(silent); i++)
		if (a == silent[i] || b == silent[i])
			return silent[i];
	return N;
}

enum sw_verdict sw_verdict_and(enum sw_verdict a, enum sw_verdict b)
{
	return join(and_table, a, b);
}

enum sw_verdict sw_verdict_or(enum sw_verdict a, enum sw_verdict b)
{
	return join(or_table, a, b);
}

enum sw_verdict sw_verdict_negate(enum sw_verdict v)
{
	switch (v) {
	case SW_VERDICT_PASS:
	case SW_VERDICT_FIXED:
		return SW_VERDICT_FAIL;
	case SW_VERDICT_FAIL:
		return SW_VERDICT_PASS;
	default:
		return v;
	}
}

enum sw_verdict sw_verdict_worst(enum sw_verdict a, enum sw_verdict b)
{
	static const enum sw_verdict order[] = {F, E, U, K, P, SW_VERDICT_FIXED, I, N, S};
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a;
}

bool sw_verdict_counts(enum sw_verdict v)
{
	return v == P || v == F || v == E || v == U || v == SW_VERDICT_FIXED;
}
