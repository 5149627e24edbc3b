/* SPDX-License-Identifier: Apache-2.0 */
/* One item against states and filters. Gathers nothing itself, but a state's variable may have to
 * be evaluated. */
#include "oval/compare.h"
#include "oval/session.h"
#include "stigwatch/cleanup.h"

enum sw_oval_result oval_entity_compare(struct sw_oval_session *s, const struct oval_entity *e,
					const char *found)
{
	struct sw_oval_expect want = {e->operation, e->datatype, e->value};
	const struct oval_values *v;
	struct sw_oval_tally t = {0};

	if (!e->var_ref)
		return sw_oval_compare(&want, found, s->regexes);
	v = oval_session_variable(s, e->var_ref);
	/* A variable without values cannot be compared with: error, so that content must test for
	 * its source. */
	if (v->flag != SW_OVAL_FLAG_COMPLETE && v->flag != SW_OVAL_FLAG_INCOMPLETE)
		return SW_OVAL_ERROR;
	for (size_t i = 0; i < v->n; i++) {
		want.value = v->items[i];
		sw_oval_tally_add(&t, sw_oval_compare(&want, found, s->regexes));
	}
	return sw_oval_tally_by_check(&t, e->var_check);
}

static enum sw_oval_result compare_value(struct sw_oval_session *s, const struct oval_entity *e,
					 const struct sw_oval_value *v)
{
	if (v->status == SW_OVAL_DOES_NOT_EXIST)
		return SW_OVAL_FALSE;
	if (v->status != SW_OVAL_EXISTS)
		return SW_OVAL_ERROR;
	return oval_entity_compare(s, e, v->text);
}

static void note_expected(struct sw_oval_session *s, const struct oval_entity *e,
			  struct oval_mismatch *why)
{
	const char *value = e->value;

	if (e->var_ref) {
		const struct oval_values *v = oval_session_variable(s, e->var_ref);

		value = v->n ? v->items[0] : "a variable without a value";
	}
	snprintf(why->entity, sizeof(why->entity), "%s", e->name);
	if (e->mask)
		snprintf(why->expected, sizeof(why->expected), "another value (masked)");
	else if (e->operation == SW_OVAL_EQUALS)
		snprintf(why->expected, sizeof(why->expected), "%s", value);
	else
		snprintf(why->expected, sizeof(why->expected), "%s %s",
			 sw_oval_operation_str(e->operation), value);
}

/* One entity of a state against all values the item has of it. */
static enum sw_oval_result eval_entity(struct sw_oval_session *s, const struct oval_entity *e,
				       const struct sw_oval_item *item, struct oval_mismatch *why)
{
	struct sw_oval_status_tally existence = {0};
	struct sw_oval_tally values = {0}, both = {0};
	struct sw_oval_value v;
	size_t i;

	for (i = 0; item->class->get(item, e->name, i, &v); i++) {
		enum sw_oval_result r = compare_value(s, e, &v);

		existence.n[v.status]++;
		sw_oval_tally_add(&values, r);
		if (r != SW_OVAL_TRUE && why && !why->found[0])
			snprintf(why->found, sizeof(why->found), "%s",
				 e->mask		      ? "(masked)"
				 : v.status == SW_OVAL_EXISTS ? v.text
							      : "absent");
	}
	/* OpenSCAP: an entity that the item does not have makes the state unknown (5.11 would say
	 * false) */
	if (!i || e->check_existence == SW_OVAL_AT_LEAST_ONE_EXISTS)
		return sw_oval_tally_by_check(&values, e->entity_check);
	sw_oval_tally_add(&both, sw_oval_tally_by_check(&values, e->entity_check));
	sw_oval_tally_add(&both, sw_oval_status_tally_result(&existence, e->check_existence));
	return sw_oval_tally_by_operator(&both, SW_OVAL_AND);
}

enum sw_oval_result oval_state_eval(struct sw_oval_session *s, const struct oval_state *state,
				    const struct sw_oval_item *item, struct oval_mismatch *ret_why)
{
	struct sw_oval_tally t = {0};

	for (size_t i = 0; i < state->n_entities; i++) {
		struct oval_mismatch why = {0};
		enum sw_oval_result r;

		r = eval_entity(s, &state->entities[i], item, ret_why ? &why : NULL);
		sw_oval_tally_add(&t, r);
		if (ret_why && r != SW_OVAL_TRUE && !ret_why->entity[0]) {
			note_expected(s, &state->entities[i], &why);
			*ret_why = why;
		}
	}
	/* A state without entities holds for every item (5.3.4). */
	return state->n_entities ? sw_oval_tally_by_operator(&t, state->op) : SW_OVAL_TRUE;
}

bool oval_filters_pass(struct sw_oval_session *s, const struct oval_filter *filters, size_t n,
		       const struct sw_oval_item *item)
{
	for (size_t i = 0; i < n; i++) {
		const struct oval_state *state;
		bool holds;

		state = oval_table_find(&s->doc->states, filters[i].state_ref);
		holds = state && oval_state_eval(s, state, item, NULL) == SW_OVAL_TRUE;
		if (holds == filters[i].exclude)
			return false;
	}
	return true;
}
