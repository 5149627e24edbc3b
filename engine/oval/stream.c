/* SPDX-License-Identifier: Apache-2.0 */
/* Facts against a runtime document: selection by objects, judgement by states, verdicts by the
 * session's own criteria. */
#include "oval/stream.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

#define MAX_NESTING 64
#define STEPS 100000 /* nodes visited for one definition */

/* ---- a fact as an item ---- */

static const char *fact_name_at(const struct sw_oval_item *item, size_t i)
{
	const struct sw_fact *f = item->data;

	for (size_t j = 0; j < f->n_entities; j++) {
		size_t k = 0;

		while (strcmp(f->entities[k].name, f->entities[j].name))
			k++;
		if (k == j && i-- == 0) /* the first of its name */
			return f->entities[j].name;
	}
	return NULL;
}

static bool fact_get(const struct sw_oval_item *item, const char *name, size_t i,
		     struct sw_oval_value *ret_value)
{
	const struct sw_fact *f = item->data;

	for (size_t j = 0; j < f->n_entities; j++) {
		if (strcmp(f->entities[j].name, name) || i--)
			continue;
		ret_value->text = f->entities[j].value ? f->entities[j].value : "";
		ret_value->status = f->entities[j].value ? SW_OVAL_EXISTS : SW_OVAL_DOES_NOT_EXIST;
		return true;
	}
	return false;
}

static void fact_describe(const struct sw_oval_item *item, struct sw_strbuf *out)
{
	const struct sw_fact *f = item->data;

	sw_strbuf_adds(out, f->type);
}

static const struct sw_oval_item_class fact_class = {
	.name_at = fact_name_at,
	.get = fact_get,
	.describe = fact_describe,
};

/* ---- selection: an object, or a set of objects, as a predicate on one fact ---- */

struct selection {
	struct oval_stream *st;
	const struct sw_fact *fact;
	const struct sw_oval_item *item;
	bool error; /* something could not be compared */
};

static bool object_selects(struct selection *sel, const char *object_id, unsigned depth);

static bool entity_selects(struct selection *sel, const struct oval_entity *e)
{
	struct sw_oval_value v;

	for (size_t i = 0; fact_get(sel->item, e->name, i, &v); i++) {
		enum sw_oval_result r;

		if (v.status != SW_OVAL_EXISTS)
			continue;
		r = oval_entity_compare(sel->st->session, e, v.text);
		if (r == SW_OVAL_TRUE)
			return true;
		sel->error |= r != SW_OVAL_FALSE;
	}
	return false;
}

static bool set_selects(struct selection *sel, const struct oval_set *set, unsigned depth)
{
	size_t n = set->n_sets ? set->n_sets : set->n_objects;
	bool all = false;

	if (depth > MAX_NESTING) {
		sel->error = true;
		return false;
	}
	if (!oval_filters_pass(sel->st->session, set->filters, set->n_filters, sel->item))
		return false;
	for (size_t i = 0; i < n; i++) {
		bool one = set->n_sets ? set_selects(sel, &set->sets[i], depth + 1)
				       : object_selects(sel, set->object_refs[i], depth + 1);

		if (i == 0)
			all = one;
		else if (set->op == OVAL_SET_UNION)
			all |= one;
		else if (set->op == OVAL_SET_INTERSECTION)
			all &= one;
		else
			all &= !one;
	}
	return all;
}

static bool object_selects(struct selection *sel, const char *object_id, unsigned depth)
{
	const struct oval_object *o = oval_table_find(&sel->st->doc->objects, object_id);

	if (!o || depth > MAX_NESTING) {
		sel->error = true;
		return false;
	}
	if (o->set) {
		if (!set_selects(sel, o->set, depth + 1))
			return false;
	} else if (strcmp(o->ns, SW_NS_RUNTIME) || strcmp(o->type, sel->fact->type)) {
		return false;
	}
	for (size_t i = 0; i < o->n_entities; i++)
		if (!o->entities[i].nil && !entity_selects(sel, &o->entities[i]))
			return false;
	return oval_filters_pass(sel->st->session, o->filters, o->n_filters, sel->item);
}

/* ---- judgement ---- */

static bool is_runtime(const struct oval_test *t)
{
	return t->object_ref && !strcmp(t->ns, SW_NS_RUNTIME);
}

static enum sw_oval_result test_result(const struct oval_stream *st, const struct oval_test *t)
{
	const struct sw_oval_test_rule rule = {t->existence, t->check, t->n_states > 0};

	return sw_oval_test_tally_finish(&st->tallies[t->index], &rule);
}

static enum sw_oval_result item_states(struct oval_stream *st, const struct oval_test *t,
				       const struct sw_oval_item *item)
{
	struct sw_oval_tally tally = {0};

	for (size_t i = 0; i < t->n_states; i++) {
		const struct oval_state *s = oval_table_find(&st->doc->states, t->state_refs[i]);

		sw_oval_tally_add(&tally,
				  s ? oval_state_eval(st->session, s, item, NULL) : SW_OVAL_ERROR);
	}
	return sw_oval_tally_by_operator(&tally, t->state_operator);
}

/* Whether one more selected fact is what the test does not want. */
static bool unwanted(const struct oval_stream *st, const struct oval_test *t,
		     enum sw_oval_result states)
{
	uint64_t exists = st->tallies[t->index].items.n[SW_OVAL_EXISTS];

	if (t->existence == SW_OVAL_NONE_EXIST)
		return true;
	if (t->existence == SW_OVAL_ONLY_ONE_EXISTS && exists > 1)
		return true;
	if (!t->n_states)
		return false;
	switch (t->check) {
	case SW_OVAL_CHECK_ALL:
		return states == SW_OVAL_FALSE;
	case SW_OVAL_CHECK_NONE_SATISFY:
		return states == SW_OVAL_TRUE;
	case SW_OVAL_CHECK_ONLY_ONE:
		return states == SW_OVAL_TRUE && st->tallies[t->index].states.n[SW_OVAL_TRUE] > 1;
	default: /* "at least one": no single fact makes it false */
		return false;
	}
}

/* Returns whether the test's result changed. */
static bool judge_test(struct oval_stream *st, const struct oval_test *t,
		       const struct sw_fact *fact)
{
	struct sw_oval_item item = {.class = &fact_class, .data = fact};
	struct selection sel = {.st = st, .fact = fact, .item = &item};
	struct sw_oval_test_tally *tally = &st->tallies[t->index];
	struct oval_test_outcome *out = &st->session->tests[t->index];
	enum sw_oval_result states = SW_OVAL_TRUE, result;
	bool selected = object_selects(&sel, t->object_ref, 0);

	if (!selected && !sel.error)
		return false;
	if (selected) {
		if (t->n_states)
			states = item_states(st, t, &item);
		sw_oval_test_tally_add(tally, SW_OVAL_EXISTS, states);
		st->violated[t->index] = unwanted(st, t, states);
	} else {
		/* a fact that could not be told from a violation: no verdict can rest on its
		 * absence */
		sw_oval_test_tally_flag(tally, SW_OVAL_FLAG_INCOMPLETE);
	}
	result = test_result(st, t);
	if (result == out->result)
		return false;
	out->result = result;
	return true;
}

static void evaluate_definitions(struct oval_stream *st)
{
	size_t n = st->doc->definitions.n;

	for (size_t i = 0; i < n; i++)
		st->session->definitions[i].progress = OVAL_FRESH;
	for (size_t i = 0; i < n; i++) {
		const struct oval_definition *d = st->doc->definitions.items[i];

		oval_session_definition(st->session, d->id, 0);
	}
}

enum sw_oval_result oval_stream_result(const struct oval_stream *st,
				       const struct oval_definition *d)
{
	return st->session->definitions[d->index].result;
}

size_t oval_stream_feed(struct oval_stream *st, const struct sw_fact *fact)
{
	size_t n = 0;
	bool changed = false;

	for (size_t i = 0; i < st->doc->definitions.n; i++)
		st->before[i] = st->session->definitions[i].result;
	for (size_t i = 0; i < st->doc->tests.n; i++) {
		const struct oval_test *t = st->doc->tests.items[i];

		st->violated[i] = false;
		if (!is_runtime(t))
			continue;
		changed |= judge_test(st, t, fact);
		n += st->violated[i];
	}
	if (changed)
		evaluate_definitions(st);
	return n;
}

int oval_stream_init(struct oval_stream *st, struct sw_oval_doc *doc, struct sw_error *err)
{
	int rc;

	*st = (struct oval_stream){.doc = doc};
	rc = sw_oval_session_new(doc, NULL, &st->session, err);
	if (rc < 0)
		return rc;
	st->tallies = calloc(doc->tests.n + 1, sizeof(*st->tallies));
	st->violated = calloc(doc->tests.n + 1, sizeof(*st->violated));
	st->before = calloc(doc->definitions.n + 1, sizeof(*st->before));
	if (!st->tallies || !st->violated || !st->before)
		return -ENOMEM;
	for (size_t i = 0; i < doc->tests.n; i++) {
		const struct oval_test *t = doc->tests.items[i];

		if (!is_runtime(t))
			continue;
		st->session->tests[i].result = test_result(st, t);
		st->session->tests[i].progress = OVAL_DONE;
	}
	evaluate_definitions(st);
	return 0;
}

void oval_stream_release(struct oval_stream *st)
{
	sw_oval_session_free(st->session);
	free(st->tallies);
	free(st->violated);
	free(st->before);
	sw_oval_doc_free(st->doc);
}

/* ---- what a definition rests on ---- */

struct visit {
	const struct oval_stream *st;
	oval_test_fn fn;
	void *ctx;
	size_t steps;
};

static void visit_node(struct visit *v, const struct oval_node *node, unsigned depth)
{
	if (++v->steps > STEPS || depth > 2 * SW_LIMIT_CRITERIA_DEPTH)
		return;
	if (node->kind == OVAL_NODE_CRITERION) {
		const struct oval_test *t = oval_table_find(&v->st->doc->tests, node->ref);

		if (t)
			v->fn(v->ctx, t);
	} else if (node->kind == OVAL_NODE_EXTEND) {
		const struct oval_definition *d;

		d = oval_table_find(&v->st->doc->definitions, node->ref);
		if (d && d->criteria)
			visit_node(v, d->criteria, depth + 1);
	}
	for (size_t i = 0; i < node->n_children; i++)
		visit_node(v, &node->children[i], depth + 1);
}

void oval_stream_tests(const struct oval_stream *st, const struct oval_definition *d,
		       oval_test_fn fn, void *ctx)
{
	struct visit v = {.st = st, .fn = fn, .ctx = ctx};

	if (d->criteria)
		visit_node(&v, d->criteria, 0);
}

static void object_types(const struct oval_stream *st, const char *id, oval_type_fn fn, void *ctx,
			 unsigned depth);

static void set_types(const struct oval_stream *st, const struct oval_set *set, oval_type_fn fn,
		      void *ctx, unsigned depth)
{
	for (size_t i = 0; depth < MAX_NESTING && i < set->n_sets; i++)
		set_types(st, &set->sets[i], fn, ctx, depth + 1);
	for (size_t i = 0; i < set->n_objects; i++)
		object_types(st, set->object_refs[i], fn, ctx, depth + 1);
}

static void object_types(const struct oval_stream *st, const char *id, oval_type_fn fn, void *ctx,
			 unsigned depth)
{
	const struct oval_object *o = oval_table_find(&st->doc->objects, id);

	if (!o || depth > MAX_NESTING)
		return;
	if (o->set)
		set_types(st, o->set, fn, ctx, depth + 1);
	else if (!strcmp(o->ns, SW_NS_RUNTIME))
		fn(ctx, o->type);
}

void oval_stream_types(const struct oval_stream *st, const struct oval_test *test, oval_type_fn fn,
		       void *ctx)
{
	if (test->object_ref)
		object_types(st, test->object_ref, fn, ctx, 0);
}
