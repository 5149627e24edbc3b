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

/* Each field of the state against those of its name, by its entity_check; all must hold. A field
 * that the item's record does not have is an error (OVAL 5.11, EntityStateRecordType). */
static enum sw_oval_result compare_record(struct sw_oval_session *s, const struct oval_entity *e,
					  const struct sw_oval_pairs *found)
{
	struct sw_oval_tally all = {0};

	for (size_t i = 0; i < e->n_fields; i++) {
		const struct oval_entity *field = &e->fields[i];
		struct sw_oval_tally values = {0};
		bool any = false;

		for (size_t k = 0; k < found->n; k++) {
			if (strcmp(found->pairs[k].name, field->name))
				continue;
			any = true;
			sw_oval_tally_add(&values,
					  oval_entity_compare(s, field, found->pairs[k].value));
		}
		sw_oval_tally_add(&all, any ? sw_oval_tally_by_check(&values, field->entity_check)
					    : SW_OVAL_ERROR);
	}
	return sw_oval_tally_by_operator(&all, SW_OVAL_AND);
}

/* record: the value's fields, or NULL. */
static enum sw_oval_result compare_value(struct sw_oval_session *s, const struct oval_entity *e,
					 const struct sw_oval_value *v,
					 const struct sw_oval_pairs *record)
{
	if (v->status == SW_OVAL_DOES_NOT_EXIST)
		return SW_OVAL_FALSE;
	if (v->status != SW_OVAL_EXISTS)
		return SW_OVAL_ERROR;
	if (e->datatype == SW_OVAL_RECORD)
		return record && e->operation == SW_OVAL_EQUALS ? compare_record(s, e, record)
								: SW_OVAL_ERROR;
	return oval_entity_compare(s, e, v->text);
}

/* "a=1, b=2", as much as fits. */
static void note_record(const struct sw_oval_pairs *fields, char *to, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < fields->n && at < size; i++) {
		int n = snprintf(to + at, size - at, "%s%s=%s", i ? ", " : "",
				 fields->pairs[i].name, fields->pairs[i].value);

		at += n > 0 ? (size_t)n : 0;
	}
}

static void note_fields(const struct oval_entity *e, char *to, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < e->n_fields && at < size; i++) {
		const struct oval_entity *f = &e->fields[i];
		int n = snprintf(to + at, size - at, "%s%s %s %s", i ? ", " : "", f->name,
				 sw_oval_operation_str(f->operation),
				 f->var_ref ? f->var_ref : f->value);

		at += n > 0 ? (size_t)n : 0;
	}
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
	else if (e->n_fields)
		note_fields(e, why->expected, sizeof(why->expected));
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
	struct sw_oval_pairs fields;
	struct sw_oval_value v;
	size_t i;

	for (i = 0; item->class->get(item, e->name, i, &v); i++) {
		bool record = sw_oval_item_record(item, e->name, i, &fields);
		enum sw_oval_result r = compare_value(s, e, &v, record ? &fields : NULL);

		existence.n[v.status]++;
		sw_oval_tally_add(&values, r);
		if (r != SW_OVAL_TRUE && why && !why->found[0] && record && !e->mask)
			note_record(&fields, why->found, sizeof(why->found));
		else if (r != SW_OVAL_TRUE && why && !why->found[0])
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
