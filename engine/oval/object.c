/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: variables resolved into a query, the query given to its gatherer, the items filtered on
 * their way. */
#include "oval/characteristics.h"
#include "oval/session.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

#define MAX_NESTING 64

/* Filters an object's items before they reach whoever collects. */
struct sieve {
	struct sw_oval_session *s;
	const struct oval_object *object;
	struct oval_collection *c;
};

void oval_collection_problem(struct oval_collection *c, enum sw_oval_flag flag, const char *text)
{
	struct sw_oval_test_tally worst = {.flag = c->flag};

	sw_oval_test_tally_flag(&worst, flag);
	c->flag = worst.flag;
	if (!c->reason.len && text)
		sw_strbuf_adds(&c->reason, text);
}

void oval_collection_release(struct oval_collection *c)
{
	sw_strbuf_release(&c->reason);
}

void oval_object_describe(const struct oval_object *o, struct sw_strbuf *out)
{
	static const char *const shown[] = {"filepath", "path", "filename", "pattern", "name"};
	const char *glue = "";

	for (size_t i = 0; i < SW_ARRAY_LEN(shown); i++)
		for (size_t j = 0; j < o->n_entities; j++) {
			const struct oval_entity *e = &o->entities[j];

			if (strcmp(e->name, shown[i]) || e->nil)
				continue;
			sw_strbuf_addf(out, "%s%s %s", glue, e->name,
				       e->mask	    ? "(masked)"
				       : e->var_ref ? e->var_ref
						    : e->value);
			glue = ", ";
		}
	if (!*glue)
		sw_strbuf_adds(out, o->id);
}

static int pass_on(void *ctx, const struct sw_oval_item *item)
{
	struct sieve *sv = ctx;

	if (!oval_filters_pass(sv->s, sv->object->filters, sv->object->n_filters, item))
		return 0;
	return sv->c->fn(sv->c->ctx, item);
}

static int resolve_entity(struct sw_oval_session *s, const struct oval_entity *e,
			  struct oval_collection *c, struct sw_query_entity *ret)
{
	const struct oval_values *v;
	enum sw_oval_flag flag;

	*ret = (struct sw_query_entity){
		.name = e->name,
		.operation = e->operation,
		.datatype = e->datatype,
		.var_check = e->var_check,
		.nil = e->nil,
		.values = (const char *const *)&e->value,
		.n_values = e->nil ? 0 : 1,
	};
	if (!e->var_ref)
		return 0;
	v = oval_session_variable(s, e->var_ref);
	ret->values = (const char *const *)v->items;
	ret->n_values = v->n;
	flag = v->flag;
	if (v->n && (v->flag == SW_OVAL_FLAG_COMPLETE || v->flag == SW_OVAL_FLAG_INCOMPLETE))
		return 0;
	/* as OpenSCAP: an external variable that nobody set selects nothing */
	if (v->flag == SW_OVAL_FLAG_COMPLETE || v->flag == SW_OVAL_FLAG_NOT_COLLECTED)
		flag = SW_OVAL_FLAG_DOES_NOT_EXIST;
	oval_collection_problem(c, flag, "a variable of the object has no value");
	snprintf(c->absent, sizeof(c->absent), "a value for variable %s", e->var_ref);
	return 1;
}

/* variable_object: its items are the values of a variable of the document itself. */
static int collect_variable(struct sw_oval_session *s, const struct oval_object *o,
			    struct oval_collection *c)
{
	_cleanup_free_ struct sw_oval_pair *pairs = NULL;
	const struct oval_values *v;
	const char *id = "";
	struct sw_oval_pairs list;
	struct sw_oval_item item;

	for (size_t i = 0; i < o->n_entities; i++)
		if (!strcmp(o->entities[i].name, "var_ref"))
			id = o->entities[i].value;
	v = oval_session_variable(s, id);
	c->examined = true;
	/* as OpenSCAP: an external variable that nobody set is an item without a value */
	if (v->flag != SW_OVAL_FLAG_COMPLETE && v->flag != SW_OVAL_FLAG_NOT_COLLECTED) {
		oval_collection_problem(c, v->flag, "the variable has no value");
		return 0;
	}
	pairs = calloc(v->n + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	pairs[0] = (struct sw_oval_pair){"var_ref", id};
	for (size_t i = 0; i < v->n; i++)
		pairs[i + 1] = (struct sw_oval_pair){"value", v->items[i]};
	list = (struct sw_oval_pairs){id, pairs, v->n + 1};
	item = sw_oval_item_from_pairs(&list);
	return c->fn(c->ctx, &item);
}

static int gather(struct sw_oval_session *s, const struct oval_object *o,
		  const struct sw_gatherer *gatherer, struct oval_collection *c)
{
	_cleanup_free_ struct sw_query_entity *entities =
		calloc(o->n_entities + 1, sizeof(*entities));
	struct sieve sv = {s, o, c};
	struct sw_query q = {.entities = entities,
			     .n_entities = o->n_entities,
			     .behaviors = (const struct sw_query_behavior *)o->behaviors,
			     .n_behaviors = o->n_behaviors};
	struct sw_gather g = {.target = s->target,
			      .query = &q,
			      .regexes = s->regexes,
			      .memory = &s->memory,
			      .emit = pass_on,
			      .ctx = &sv};
	int rc;

	if (!entities)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_entities; i++)
		if (resolve_entity(s, &o->entities[i], c, &entities[i]))
			return 0;
	rc = gatherer->gather(&g);
	c->examined |= g.examined;
	c->truncated |= g.truncated;
	c->absence_is_fact |= gatherer->absence_is_fact;
	if (!c->absent[0])
		memcpy(c->absent, g.absent, sizeof(c->absent));
	if (g.flag != SW_OVAL_FLAG_COMPLETE)
		oval_collection_problem(c, g.flag, sw_strbuf_str(&g.reason));
	sw_strbuf_release(&g.reason);
	return rc;
}

static int collect(struct sw_oval_session *s, const struct oval_object *o,
		   struct oval_collection *c)
{
	const struct sw_gatherer *gatherer;
	char text[256];

	if (s->characteristics) {
		int rc = sw_oval_characteristics_collect(s->characteristics, o->id, c);

		if (rc != -ENOENT)
			return rc;
	}
	if (o->set)
		return oval_set_collect(s, o->set, c);
	if (!strcmp(o->type, "variable"))
		return collect_variable(s, o, c);
	gatherer = sw_gatherer_find(o->ns, o->type);
	if (gatherer && s->target)
		return gather(s, o, gatherer, c);
	snprintf(text, sizeof(text), "objects of type %.100s are not supported", o->type);
	oval_collection_problem(c, SW_OVAL_FLAG_NOT_COLLECTED, text);
	return 0;
}

int oval_object_collect(struct sw_oval_session *s, const char *object_id, struct oval_collection *c)
{
	const struct oval_object *o = oval_table_find(&s->doc->objects, object_id);
	int rc;

	if (!o || s->depth >= MAX_NESTING) {
		oval_collection_problem(c, SW_OVAL_FLAG_ERROR,
					o ? "objects refer to each other too deeply"
					  : "no such object");
		return 0;
	}
	s->depth++;
	rc = s->report ? oval_report_collect(s, o, c, collect) : collect(s, o, c);
	s->depth--;
	return rc;
}
