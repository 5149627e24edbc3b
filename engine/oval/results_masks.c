/* SPDX-License-Identifier: Apache-2.0 */
/* Masks: entities that content wants kept out of every report. Finds them, and writes nothing. */
#include "oval/results_private.h"
#include "stigwatch/cleanup.h"

#define SET_DEPTH 8 /* sets of sets; what is deeper is not masked through them */

static int add_mask(struct sw_oval_session *s, const struct oval_object *o, const char *name)
{
	for (size_t i = 0; i < s->n_masks; i++)
		if (s->masks[i].object == o && !strcmp(s->masks[i].name, name))
			return 0;
	if (SW_GROW(s->masks, s->n_masks, s->cap_masks) < 0)
		return -ENOMEM;
	s->masks[s->n_masks++] = (struct oval_mask){o, name};
	return 0;
}

static int mask_state(struct sw_oval_session *s, const struct oval_object *o, const char *state_ref)
{
	const struct oval_state *state = oval_table_find(&s->doc->states, state_ref);
	int rc = 0;

	for (size_t i = 0; state && rc == 0 && i < state->n_entities; i++)
		if (state->entities[i].mask)
			rc = add_mask(s, o, state->entities[i].name);
	return rc;
}

/* What is masked in a set is masked in what it is made of. */
static int mask_below(struct sw_oval_session *s, const struct oval_set *set, const char *name,
		      unsigned depth)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && depth && i < set->n_sets; i++)
		rc = mask_below(s, &set->sets[i], name, depth - 1);
	for (size_t i = 0; rc == 0 && depth && i < set->n_objects; i++) {
		const struct oval_object *o =
			oval_table_find(&s->doc->objects, set->object_refs[i]);

		if (!o)
			continue;
		rc = add_mask(s, o, name);
		if (rc == 0 && o->set)
			rc = mask_below(s, o->set, name, depth - 1);
	}
	return rc;
}

int oval_mask_all(struct sw_oval_session *s)
{
	const struct oval_table *tests = &s->doc->tests, *objects = &s->doc->objects;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < tests->n; i++) {
		const struct oval_test *t = tests->items[i];
		const struct oval_object *o =
			t->object_ref ? oval_table_find(objects, t->object_ref) : NULL;

		for (size_t k = 0; o && rc == 0 && k < t->n_states; k++)
			rc = mask_state(s, o, t->state_refs[k]);
	}
	for (size_t i = 0; rc == 0 && i < objects->n; i++) {
		const struct oval_object *o = objects->items[i];

		for (size_t k = 0; rc == 0 && k < o->n_entities; k++)
			if (o->entities[k].mask)
				rc = add_mask(s, o, o->entities[k].name);
		for (size_t k = 0; rc == 0 && k < o->n_filters; k++)
			rc = mask_state(s, o, o->filters[k].state_ref);
	}
	for (size_t i = 0; rc == 0 && i < s->n_masks; i++)
		if (s->masks[i].object->set)
			rc = mask_below(s, s->masks[i].object->set, s->masks[i].name, SET_DEPTH);
	return rc;
}

bool oval_masked(const struct sw_oval_session *s, const struct oval_object *o, const char *name)
{
	for (size_t i = 0; i < s->n_masks; i++)
		if (s->masks[i].object == o && !strcmp(s->masks[i].name, name))
			return true;
	return false;
}
