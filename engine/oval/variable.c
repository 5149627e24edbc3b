/* SPDX-License-Identifier: Apache-2.0 */
/* Variables: constants, externals, and local ones by their component trees. Each is evaluated once
 * per session. */
#include "oval/session.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

static int eval_component(struct sw_oval_session *s, const struct oval_component *c,
			  struct oval_values *ret);

int oval_values_add(struct oval_values *v, const char *text, size_t len)
{
	char *copy;

	if (v->n >= SW_LIMIT_VARIABLE_VALUES)
		return -E2BIG;
	copy = strndup(text, len);
	if (!copy || SW_GROW(v->items, v->n, v->cap) < 0) {
		free(copy);
		return -ENOMEM;
	}
	v->items[v->n++] = copy;
	return 0;
}

void oval_values_release(struct oval_values *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->items[i]);
	free(v->items);
	v->items = NULL;
	v->n = v->cap = 0;
}

struct field_values {
	const char *field, *record_field;
	struct oval_values *into;
	bool mismatch; /* a record without that field, or one of the two is no record */
};

static int take_record_field(struct field_values *fv, const struct sw_oval_pairs *fields)
{
	bool found = false;

	for (size_t i = 0; fv->record_field && i < fields->n; i++) {
		const char *value = fields->pairs[i].value;
		int rc;

		if (strcmp(fields->pairs[i].name, fv->record_field))
			continue;
		found = true;
		rc = oval_values_add(fv->into, value, strlen(value));
		if (rc < 0)
			return rc;
	}
	fv->mismatch |= !found;
	return 0;
}

static int take_field(void *ctx, const struct sw_oval_item *item)
{
	struct field_values *fv = ctx;
	struct sw_oval_pairs fields;
	struct sw_oval_value v;

	for (size_t i = 0; item->class->get(item, fv->field, i, &v); i++) {
		int rc;

		if (v.status != SW_OVAL_EXISTS)
			continue;
		if (sw_oval_item_record(item, fv->field, i, &fields)) {
			rc = take_record_field(fv, &fields);
		} else {
			fv->mismatch |= fv->record_field != NULL;
			rc = oval_values_add(fv->into, v.text, strlen(v.text));
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int eval_object(struct sw_oval_session *s, const struct oval_component *c,
		       struct oval_values *ret)
{
	struct field_values fv = {c->field, c->record_field, ret, false};
	__attribute__((cleanup(oval_collection_release))) struct oval_collection col = {
		.fn = take_field, .ctx = &fv};
	int rc = oval_object_collect(s, c->ref, &col);

	ret->flag = fv.mismatch ? SW_OVAL_FLAG_ERROR : col.flag;
	if (rc == 0 && ret->flag == SW_OVAL_FLAG_COMPLETE && !ret->n)
		ret->flag = SW_OVAL_FLAG_DOES_NOT_EXIST;
	return rc;
}

static int copy_values(const struct oval_values *from, struct oval_values *ret)
{
	for (size_t i = 0; i < from->n; i++) {
		int rc = oval_values_add(ret, from->items[i], strlen(from->items[i]));

		if (rc < 0)
			return rc;
	}
	ret->flag = from->flag;
	return 0;
}

/* Arguments first; the worst flag of them is the function's: to count nothing gives no value, not 0
 * (as OpenSCAP does). */
static int eval_function(struct sw_oval_session *s, const struct oval_component *c,
			 struct oval_values *ret)
{
	struct oval_values *args = calloc(c->n_children + 1, sizeof(*args));
	struct sw_oval_test_tally worst = {0};
	int rc = args ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < c->n_children; i++) {
		rc = eval_component(s, &c->children[i], &args[i]);
		sw_oval_test_tally_flag(&worst, args[i].flag);
	}
	ret->flag = worst.flag;
	if (rc == 0 && (ret->flag == SW_OVAL_FLAG_COMPLETE || ret->flag == SW_OVAL_FLAG_INCOMPLETE))
		rc = oval_function(s, c, args, ret);
	for (size_t i = 0; args && i < c->n_children; i++)
		oval_values_release(&args[i]);
	free(args);
	return rc;
}

static int eval_component(struct sw_oval_session *s, const struct oval_component *c,
			  struct oval_values *ret)
{
	switch (c->kind) {
	case OVAL_COMPONENT_LITERAL:
		return oval_values_add(ret, c->text, strlen(c->text));
	case OVAL_COMPONENT_OBJECT:
		return eval_object(s, c, ret);
	case OVAL_COMPONENT_VARIABLE:
		return copy_values(oval_session_variable(s, c->ref), ret);
	default:
		return eval_function(s, c, ret);
	}
}

static int eval_external(struct sw_oval_session *s, const struct oval_variable *v,
			 struct oval_values *ret)
{
	const struct sw_oval_doc *doc = s->doc;

	for (size_t i = 0; i < doc->n_externals; i++) {
		const char *value = doc->externals[i].value;
		int rc;

		if (strcmp(doc->externals[i].id, v->id))
			continue;
		rc = oval_values_add(ret, value, strlen(value));
		if (rc < 0)
			return rc;
	}
	ret->flag = ret->n ? SW_OVAL_FLAG_COMPLETE : SW_OVAL_FLAG_NOT_COLLECTED;
	return 0;
}

static int eval_variable(struct sw_oval_session *s, const struct oval_variable *v,
			 struct oval_values *ret)
{
	switch (v->kind) {
	case OVAL_VARIABLE_LOCAL:
		return eval_component(s, v->component, ret);
	case OVAL_VARIABLE_EXTERNAL:
		return eval_external(s, v, ret);
	default:
		for (size_t i = 0; i < v->n_values; i++) {
			int rc = oval_values_add(ret, v->values[i], strlen(v->values[i]));

			if (rc < 0)
				return rc;
		}
		return 0;
	}
}

const struct oval_values *oval_session_variable(struct sw_oval_session *s, const char *id)
{
	static const struct oval_values broken = {.progress = OVAL_DONE,
						  .flag = SW_OVAL_FLAG_ERROR};
	const struct oval_variable *v = oval_table_find(&s->doc->variables, id);
	struct oval_values *values;
	int rc;

	if (!v)
		return &broken;
	values = &s->variables[v->index];
	if (values->progress == OVAL_DONE)
		return values;
	if (values->progress == OVAL_RUNNING || s->depth >= SW_LIMIT_CRITERIA_DEPTH)
		return &broken;
	values->progress = OVAL_RUNNING;
	s->depth++;
	rc = eval_variable(s, v, values);
	s->depth--;
	if (rc == -ENOMEM)
		s->no_memory = true;
	if (rc < 0)
		values->flag = SW_OVAL_FLAG_ERROR;
	values->progress = OVAL_DONE;
	return values;
}
