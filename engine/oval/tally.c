/* SPDX-License-Identifier: Apache-2.0 */
/* OVAL's truth tables over counts. Pure. */
#include "oval/tally.h"

#define T (t->n[SW_OVAL_TRUE])
#define F (t->n[SW_OVAL_FALSE])
#define E (t->n[SW_OVAL_ERROR])
#define U (t->n[SW_OVAL_UNKNOWN])
#define NE (t->n[SW_OVAL_NOT_EVALUATED])
#define NA (t->n[SW_OVAL_NOT_APPLICABLE])

void sw_oval_tally_add(struct sw_oval_tally *t, enum sw_oval_result r)
{
	t->n[(unsigned)r < _SW_OVAL_MAX ? r : SW_OVAL_ERROR]++;
}

/* What all tables share: error beats unknown beats not evaluated, where none of them is beaten by
 * true or false. */
static enum sw_oval_result undecided(const struct sw_oval_tally *t, enum sw_oval_result otherwise)
{
	if (E)
		return SW_OVAL_ERROR;
	if (U)
		return SW_OVAL_UNKNOWN;
	return NE ? SW_OVAL_NOT_EVALUATED : otherwise;
}

static enum sw_oval_result empty_or(const struct sw_oval_tally *t, bool *ret_done)
{
	*ret_done = !(T || F || E || U || NE);
	return NA ? SW_OVAL_NOT_APPLICABLE : SW_OVAL_UNKNOWN;
}

static enum sw_oval_result all(const struct sw_oval_tally *t)
{
	return F ? SW_OVAL_FALSE : undecided(t, SW_OVAL_TRUE);
}

static enum sw_oval_result any(const struct sw_oval_tally *t)
{
	return T ? SW_OVAL_TRUE : undecided(t, SW_OVAL_FALSE);
}

static enum sw_oval_result one(const struct sw_oval_tally *t)
{
	if (T > 1)
		return SW_OVAL_FALSE;
	return undecided(t, T == 1 ? SW_OVAL_TRUE : SW_OVAL_FALSE);
}

enum sw_oval_result sw_oval_tally_by_check(const struct sw_oval_tally *t, enum sw_oval_check check)
{
	bool done;
	enum sw_oval_result r = empty_or(t, &done);

	if (done)
		return r;
	switch (check) {
	case SW_OVAL_CHECK_ALL:
		return all(t);
	case SW_OVAL_CHECK_AT_LEAST_ONE:
		return any(t);
	case SW_OVAL_CHECK_NONE_SATISFY:
		return T ? SW_OVAL_FALSE : undecided(t, SW_OVAL_TRUE);
	case SW_OVAL_CHECK_ONLY_ONE:
		return one(t);
	default:
		return SW_OVAL_ERROR;
	}
}

enum sw_oval_result sw_oval_tally_by_operator(const struct sw_oval_tally *t,
					      enum sw_oval_operator op)
{
	bool done;
	enum sw_oval_result r = empty_or(t, &done);

	if (done)
		return r;
	switch (op) {
	case SW_OVAL_AND:
		return all(t);
	case SW_OVAL_OR:
		return any(t);
	case SW_OVAL_ONE:
		return one(t);
	case SW_OVAL_XOR:
		return undecided(t, T % 2 ? SW_OVAL_TRUE : SW_OVAL_FALSE);
	default:
		return SW_OVAL_ERROR;
	}
}

enum sw_oval_result sw_oval_negate(enum sw_oval_result r, bool negate)
{
	if (!negate)
		return r;
	return r == SW_OVAL_TRUE ? SW_OVAL_FALSE : r == SW_OVAL_FALSE ? SW_OVAL_TRUE : r;
}

#define EXISTS (t->n[SW_OVAL_EXISTS])
#define ABSENT (t->n[SW_OVAL_DOES_NOT_EXIST])
#define ERRORS (t->n[SW_OVAL_STATUS_ERROR])
#define UNCOLLECTED (t->n[SW_OVAL_STATUS_NOT_COLLECTED])

static enum sw_oval_result gap(const struct sw_oval_status_tally *t, enum sw_oval_result otherwise)
{
	if (ERRORS)
		return SW_OVAL_ERROR;
	return UNCOLLECTED ? SW_OVAL_UNKNOWN : otherwise;
}

enum sw_oval_result sw_oval_status_tally_result(const struct sw_oval_status_tally *t,
						enum sw_oval_existence existence)
{
	switch (existence) {
	case SW_OVAL_ALL_EXIST:
		if (ABSENT)
			return SW_OVAL_FALSE;
		return gap(t, EXISTS ? SW_OVAL_TRUE : SW_OVAL_FALSE);
	case SW_OVAL_ANY_EXIST:
		return ERRORS && !EXISTS ? SW_OVAL_ERROR : SW_OVAL_TRUE;
	case SW_OVAL_AT_LEAST_ONE_EXISTS:
		return EXISTS ? SW_OVAL_TRUE : gap(t, SW_OVAL_FALSE);
	case SW_OVAL_NONE_EXIST:
		return EXISTS ? SW_OVAL_FALSE : gap(t, SW_OVAL_TRUE);
	case SW_OVAL_ONLY_ONE_EXISTS:
		if (EXISTS > 1)
			return SW_OVAL_FALSE;
		return gap(t, EXISTS == 1 ? SW_OVAL_TRUE : SW_OVAL_FALSE);
	default:
		return SW_OVAL_ERROR;
	}
}

void sw_oval_test_tally_add(struct sw_oval_test_tally *t, enum sw_oval_status item,
			    enum sw_oval_result states)
{
	t->items.n[item]++;
	switch (item) {
	case SW_OVAL_EXISTS:
		sw_oval_tally_add(&t->states, states);
		break;
	case SW_OVAL_DOES_NOT_EXIST:
		sw_oval_tally_add(&t->states, SW_OVAL_FALSE);
		break;
	default:
		sw_oval_tally_add(&t->states, SW_OVAL_ERROR);
		if (item == SW_OVAL_STATUS_ERROR)
			sw_oval_test_tally_flag(t, SW_OVAL_FLAG_ERROR);
	}
}

void sw_oval_test_tally_flag(struct sw_oval_test_tally *t, enum sw_oval_flag flag)
{
	static const int weight[_SW_OVAL_FLAG_MAX] = {
		[SW_OVAL_FLAG_COMPLETE] = 0,	  [SW_OVAL_FLAG_DOES_NOT_EXIST] = 1,
		[SW_OVAL_FLAG_INCOMPLETE] = 2,	  [SW_OVAL_FLAG_NOT_APPLICABLE] = 3,
		[SW_OVAL_FLAG_NOT_COLLECTED] = 4, [SW_OVAL_FLAG_ERROR] = 5,
	};

	if (weight[flag] > weight[t->flag])
		t->flag = flag;
}

/* Some items are missing from view: only what more items could not change is certain (5.3.6.2,
 * "incomplete"). */
static enum sw_oval_result finish_incomplete(const struct sw_oval_test_tally *tt,
					     const struct sw_oval_test_rule *rule)
{
	uint64_t exists = tt->items.n[SW_OVAL_EXISTS];
	enum sw_oval_result r;

	if (rule->existence == SW_OVAL_NONE_EXIST && exists)
		return SW_OVAL_FALSE;
	if (rule->existence == SW_OVAL_ONLY_ONE_EXISTS && exists > 1)
		return SW_OVAL_FALSE;
	if (rule->existence != SW_OVAL_ANY_EXIST &&
	    !(rule->existence == SW_OVAL_AT_LEAST_ONE_EXISTS && exists))
		return SW_OVAL_UNKNOWN;
	if (!rule->has_states)
		return SW_OVAL_TRUE;
	r = sw_oval_tally_by_check(&tt->states, rule->check);
	if (r == SW_OVAL_TRUE)
		return rule->check == SW_OVAL_CHECK_AT_LEAST_ONE ? SW_OVAL_TRUE : SW_OVAL_UNKNOWN;
	/* more items could satisfy "at least one" */
	if (r == SW_OVAL_FALSE && rule->check != SW_OVAL_CHECK_AT_LEAST_ONE)
		return SW_OVAL_FALSE;
	return SW_OVAL_UNKNOWN;
}

static enum sw_oval_result finish_complete(const struct sw_oval_test_tally *tt,
					   const struct sw_oval_test_rule *rule)
{
	enum sw_oval_result r = sw_oval_status_tally_result(&tt->items, rule->existence);

	if (r != SW_OVAL_TRUE || !rule->has_states)
		return r;
	return sw_oval_tally_by_check(&tt->states, rule->check);
}

enum sw_oval_result sw_oval_test_tally_finish(const struct sw_oval_test_tally *tt,
					      const struct sw_oval_test_rule *rule)
{
	bool any_without_states = rule->existence == SW_OVAL_ANY_EXIST && !rule->has_states;
	const struct sw_oval_status_tally *t = &tt->items;
	enum sw_oval_flag flag = tt->flag;

	if (flag == SW_OVAL_FLAG_COMPLETE && !EXISTS && !ERRORS && !UNCOLLECTED && !ABSENT)
		flag = SW_OVAL_FLAG_DOES_NOT_EXIST;
	switch (flag) {
	case SW_OVAL_FLAG_ERROR:
		return any_without_states ? SW_OVAL_TRUE : SW_OVAL_ERROR;
	case SW_OVAL_FLAG_NOT_COLLECTED:
		return any_without_states ? SW_OVAL_TRUE : SW_OVAL_UNKNOWN;
	case SW_OVAL_FLAG_NOT_APPLICABLE:
		return any_without_states ? SW_OVAL_TRUE : SW_OVAL_NOT_APPLICABLE;
	case SW_OVAL_FLAG_DOES_NOT_EXIST:
		return rule->existence == SW_OVAL_NONE_EXIST || rule->existence == SW_OVAL_ANY_EXIST
			       ? SW_OVAL_TRUE
			       : SW_OVAL_FALSE;
	case SW_OVAL_FLAG_COMPLETE:
		return finish_complete(tt, rule);
	default:
		return finish_incomplete(tt, rule);
	}
}
