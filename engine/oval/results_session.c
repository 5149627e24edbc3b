/* SPDX-License-Identifier: Apache-2.0 */
/* What a session collects and finds out, written down for a results document while it passes by.
 * Judges nothing. */
#include "oval/results_private.h"
#include "stigwatch/cleanup.h"

#define MAX_DEPTH 64 /* variables made of variables; deeper ones are not told */

static const char *const statuses[] = {
	[SW_OVAL_EXISTS] = "exists",
	[SW_OVAL_DOES_NOT_EXIST] = "does not exist",
	[SW_OVAL_STATUS_ERROR] = "error",
	[SW_OVAL_STATUS_NOT_COLLECTED] = "not collected",
};
_Static_assert(SW_ARRAY_LEN(statuses) == _SW_OVAL_STATUS_MAX, "a spelling for each");

static void failed(struct sw_oval_report *r, int rc)
{
	if (r->rc == 0)
		r->rc = rc;
}

/* ---- items ---- */

static int append(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

static void add_value(struct sw_xml_out *out, const struct oval_item_field *field,
		      const struct sw_oval_value *v, bool hide)
{
	sw_xml_out_begin(out, field->name);
	sw_xml_out_attr(out, "datatype", *field->datatype ? field->datatype : NULL);
	if (hide)
		sw_xml_out_attr(out, "mask", "true");
	if (v->status == SW_OVAL_DOES_NOT_EXIST && !strcmp(field->name, "filename"))
		sw_xml_out_attr(out, "xsi:nil", "true"); /* a directory's */
	else if (v->status != SW_OVAL_EXISTS)
		sw_xml_out_attr(out, "status", statuses[v->status]);
	else if (!hide)
		sw_xml_out_text(out, v->text);
	sw_xml_out_end(out, field->name);
}

static void add_record(struct sw_xml_out *out, const struct oval_item_field *field,
		       const struct sw_oval_pairs *fields)
{
	const char *prefix = out->prefix;

	sw_xml_out_begin(out, field->name);
	sw_xml_out_attr(out, "datatype", field->datatype);
	out->prefix = NULL; /* fields are in the system characteristics' own namespace */
	for (size_t i = 0; i < fields->n; i++) {
		sw_xml_out_begin(out, "field");
		sw_xml_out_attr(out, "name", fields->pairs[i].name);
		sw_xml_out_text(out, fields->pairs[i].value);
		sw_xml_out_end(out, "field");
	}
	out->prefix = prefix;
	sw_xml_out_end(out, field->name);
}

/* The item's entities, as the schema orders them. */
static int add_entities(const struct sw_oval_session *s, const struct oval_object *o,
			const struct sw_oval_item *item, const struct oval_item_shape *shape)
{
	struct sw_oval_report *r = s->report;
	struct sw_xml_out out = {.write = append, .ctx = &r->item, .depth = 6};
	const char *at = shape->fields;
	struct oval_item_field field;
	struct sw_oval_pairs fields;
	struct sw_oval_value v;

	r->item.len = 0;
	sw_strbuf_addf(&r->item, "%s %d", shape->item, item->status);
	sw_strbuf_addc(&r->item, '\0');
	out.prefix = oval_item_prefix(shape);
	while (oval_item_field(&at, &field)) {
		bool hide = s->n_masks && oval_masked(s, o, field.name);

		for (size_t i = 0; item->class->get(item, field.name, i, &v); i++)
			if (!hide && sw_oval_item_record(item, field.name, i, &fields))
				add_record(&out, &field, &fields);
			else
				add_value(&out, &field, &v, hide);
	}
	return sw_xml_out_finish(&out);
}

static void write_item(struct sw_oval_report *r, const struct oval_item_shape *shape,
		       const struct sw_oval_item *item, int64_t number)
{
	struct sw_xml_out *out = &r->items.out;
	size_t head = strlen(r->item.data) + 1;
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)number);
	out->prefix = oval_item_prefix(shape);
	sw_xml_out_begin(out, shape->item);
	sw_xml_out_attr(out, "id", id);
	sw_xml_out_attr(out, "status", statuses[item->status]);
	sw_xml_out_raw(out, r->item.data + head, r->item.len - head);
	sw_xml_out_end(out, shape->item);
	r->n_items++;
	if (out->rc < 0)
		failed(r, out->rc);
}

/* Its number in the document, the same for equal items; 0 when there is none. */
static uint64_t add_item(struct sw_oval_session *s, const struct oval_object *o,
			 const struct sw_oval_item *item)
{
	const struct oval_item_shape *shape = oval_item_shape(o->ns, o->type);
	struct sw_oval_report *r = s->report;
	bool fresh = false;
	int64_t number;
	int rc;

	if (!shape)
		failed(r, -ENOTSUP); /* an item that the document would lack */
	if (r->rc < 0)
		return 0;
	rc = add_entities(s, o, item, shape);
	if (rc == 0 && r->item.failed)
		rc = -ENOMEM;
	number = rc == 0 ? oval_known_add(r->known, r->item.data, r->item.len, &fresh) : rc;
	if (number < 0) {
		failed(r, (int)number);
		return 0;
	}
	if (fresh)
		write_item(r, shape, item, number);
	return (uint64_t)number;
}

/* ---- runs of numbers ---- */

static int add_run(struct oval_runs *runs, uint64_t number, enum sw_oval_result result)
{
	struct oval_run *last = runs->n ? &runs->items[runs->n - 1] : NULL;

	if (last && last->result == result && last->last + 1 == number) {
		last->last++;
		return 0;
	}
	if (SW_GROW(runs->items, runs->n, runs->cap) < 0)
		return -ENOMEM;
	runs->items[runs->n++] = (struct oval_run){number, number, result};
	return 0;
}

static void write_runs(struct sw_xml_out *out, const struct oval_runs *runs, bool tested)
{
	char id[24];

	for (size_t i = 0; i < runs->n; i++)
		for (uint64_t k = runs->items[i].first; k <= runs->items[i].last; k++) {
			snprintf(id, sizeof(id), "%llu", (unsigned long long)k);
			sw_xml_out_begin(out, tested ? "tested_item" : "reference");
			sw_xml_out_attr(out, tested ? "item_id" : "item_ref", id);
			if (tested)
				sw_xml_out_attr(out, "result",
						sw_oval_result_str(runs->items[i].result));
			sw_xml_out_end(out, tested ? "tested_item" : "reference");
		}
}

static void release_runs(struct oval_runs *runs)
{
	free(runs->items);
	*runs = (struct oval_runs){};
}

/* ---- objects ---- */

static void add_instance(struct sw_xml_out *out, const struct sw_oval_session *s)
{
	char text[16];

	if (s->instance < 2)
		return;
	snprintf(text, sizeof(text), "%u", s->instance);
	sw_xml_out_attr(out, "variable_instance", text);
}

/* Variables as they are met: each once, with those it rests on. */
struct variables {
	struct sw_oval_session *s;
	struct sw_xml_out *out;
	const char *element;
	bool *met, *met_objects; /* by index */
};

static void add_variable(struct variables *vs, const char *id, unsigned depth);
static void add_object(struct variables *vs, const char *id, unsigned depth);

static void add_components(struct variables *vs, const struct oval_component *c, unsigned depth)
{
	if (!depth)
		return;
	if (c->kind == OVAL_COMPONENT_VARIABLE)
		add_variable(vs, c->ref, depth - 1);
	if (c->kind == OVAL_COMPONENT_OBJECT)
		add_object(vs, c->ref, depth - 1);
	for (size_t i = 0; i < c->n_children; i++)
		add_components(vs, &c->children[i], depth - 1);
}

static void add_variable(struct variables *vs, const char *id, unsigned depth)
{
	const struct oval_variable *variable = oval_table_find(&vs->s->doc->variables, id);
	const struct oval_values *v;

	if (!variable || !depth || vs->met[variable->index])
		return;
	vs->met[variable->index] = true;
	v = oval_session_variable(vs->s, id);
	for (size_t i = 0; i < v->n; i++) {
		sw_xml_out_begin(vs->out, vs->element);
		sw_xml_out_attr(vs->out, "variable_id", id);
		sw_xml_out_text(vs->out, v->items[i]);
		sw_xml_out_end(vs->out, vs->element);
	}
	if (variable->component)
		add_components(vs, variable->component, depth - 1);
}

static void add_set(struct variables *vs, const struct oval_set *set, unsigned depth)
{
	for (size_t i = 0; depth && i < set->n_sets; i++)
		add_set(vs, &set->sets[i], depth - 1);
	for (size_t i = 0; depth && i < set->n_objects; i++)
		add_object(vs, set->object_refs[i], depth - 1);
}

static void add_entities_of(struct variables *vs, const struct oval_entity *e, size_t n,
			    unsigned depth)
{
	for (size_t i = 0; i < n; i++)
		if (e[i].var_ref && !e[i].mask)
			add_variable(vs, e[i].var_ref, depth);
}

static void add_object(struct variables *vs, const char *id, unsigned depth)
{
	const struct oval_object *o = oval_table_find(&vs->s->doc->objects, id);

	if (!o || !depth || vs->met_objects[o->index])
		return;
	vs->met_objects[o->index] = true;
	add_entities_of(vs, o->entities, o->n_entities, depth - 1);
	for (size_t i = 0; i < o->n_entities; i++)
		if (!strcmp(o->type, "variable") && !strcmp(o->entities[i].name, "var_ref"))
			add_variable(vs, o->entities[i].value, depth - 1);
	if (o->set)
		add_set(vs, o->set, depth - 1);
}

/* Of an object; with a test, of its states as well. */
static void write_variables(struct variables *vs, const char *object_id, const struct oval_test *t)
{
	_cleanup_free_ bool *met = calloc(vs->s->doc->variables.n + 1, sizeof(*met));
	_cleanup_free_ bool *objects = calloc(vs->s->doc->objects.n + 1, sizeof(*objects));

	vs->met = met;
	vs->met_objects = objects;
	if (!met || !objects) {
		failed(vs->s->report, -ENOMEM);
		return;
	}
	if (object_id)
		add_object(vs, object_id, MAX_DEPTH);
	for (size_t i = 0; t && i < t->n_states; i++) {
		const struct oval_state *state =
			oval_table_find(&vs->s->doc->states, t->state_refs[i]);

		if (state)
			add_entities_of(vs, state->entities, state->n_entities, MAX_DEPTH);
	}
}

struct witness {
	struct sw_oval_session *s;
	const struct oval_object *object;
	sw_oval_item_fn fn;
	void *ctx;
	struct oval_runs runs;
};

static int witness_item(void *ctx, const struct sw_oval_item *item)
{
	struct witness *w = ctx;
	uint64_t number = add_item(w->s, w->object, item);

	if (number && !w->s->reported[w->object->index] &&
	    add_run(&w->runs, number, SW_OVAL_TRUE) < 0)
		failed(w->s->report, -ENOMEM);
	w->s->item_number = number;
	return w->fn(w->ctx, item);
}

static void write_object(struct witness *w, struct oval_collection *c, bool stopped)
{
	struct sw_oval_report *r = w->s->report;
	struct sw_xml_out *out = &r->objects.out;
	const struct oval_object *o = w->object;
	struct variables vs = {.s = w->s, .out = out, .element = "variable_value"};
	enum sw_oval_flag flag = c->flag;

	if (stopped && flag == SW_OVAL_FLAG_COMPLETE)
		flag = SW_OVAL_FLAG_INCOMPLETE;
	if (flag == SW_OVAL_FLAG_COMPLETE && !w->runs.n)
		flag = SW_OVAL_FLAG_DOES_NOT_EXIST;
	sw_xml_out_begin(out, "object");
	sw_xml_out_attr(out, "id", o->id);
	sw_xml_out_attr(out, "version", o->version);
	add_instance(out, w->s);
	sw_xml_out_attr(out, "flag", sw_oval_flag_str(flag));
	if (c->reason.len) {
		sw_xml_out_begin(out, "message");
		sw_xml_out_attr(out, "level", flag == SW_OVAL_FLAG_ERROR ? "error" : "info");
		sw_xml_out_text(out, sw_strbuf_str(&c->reason));
		sw_xml_out_end(out, "message");
	}
	write_variables(&vs, o->id, NULL);
	write_runs(out, &w->runs, false);
	sw_xml_out_end(out, "object");
	r->n_objects++;
	if (out->rc < 0)
		failed(r, out->rc);
}

int oval_report_collect(struct sw_oval_session *s, const struct oval_object *o,
			struct oval_collection *c,
			int (*collect)(struct sw_oval_session *s, const struct oval_object *o,
				       struct oval_collection *c))
{
	struct witness w = {.s = s, .object = o, .fn = c->fn, .ctx = c->ctx};
	int rc;

	c->fn = witness_item;
	c->ctx = &w;
	rc = collect(s, o, c);
	c->fn = w.fn;
	c->ctx = w.ctx;
	if (!s->reported[o->index])
		write_object(&w, c, rc < 0);
	s->reported[o->index] = true;
	release_runs(&w.runs);
	return rc;
}

/* ---- tests ---- */

void oval_report_tested(struct sw_oval_session *s, struct oval_runs *runs, uint64_t number,
			enum sw_oval_result result)
{
	if (number && add_run(runs, number, result) < 0)
		failed(s->report, -ENOMEM);
}

static void add_test_head(struct sw_oval_session *s, const struct oval_test *t,
			  enum sw_oval_result result)
{
	struct sw_xml_out *out = &s->report->tests.out;

	sw_xml_out_begin(out, "test");
	sw_xml_out_attr(out, "test_id", t->id);
	sw_xml_out_attr(out, "version", t->version);
	add_instance(out, s);
	if (t->existence != SW_OVAL_AT_LEAST_ONE_EXISTS)
		sw_xml_out_attr(out, "check_existence", sw_oval_existence_str(t->existence));
	sw_xml_out_attr(out, "check", sw_oval_check_str(t->check));
	if (t->state_operator != SW_OVAL_AND)
		sw_xml_out_attr(out, "state_operator", sw_oval_operator_str(t->state_operator));
	sw_xml_out_attr(out, "result", sw_oval_result_str(result));
}

void oval_report_test(struct sw_oval_session *s, const struct oval_test *t,
		      enum sw_oval_result result, struct oval_runs *runs)
{
	struct sw_oval_report *r = s->report;
	struct sw_xml_out *out = &r->tests.out;
	struct variables vs = {.s = s, .out = out, .element = "tested_variable"};

	add_test_head(s, t, result);
	write_runs(out, runs, true);
	if (result != SW_OVAL_NOT_EVALUATED)
		write_variables(&vs, t->object_ref, t);
	sw_xml_out_end(out, "test");
	r->n_tests++;
	if (out->rc < 0)
		failed(r, out->rc);
	release_runs(runs);
}

int sw_oval_session_report_to(struct sw_oval_session *s, struct sw_oval_report *r)
{
	s->instance = ++r->n_sessions;
	if (!r->full)
		return 0;
	s->reported = calloc(s->doc->objects.n + 1, sizeof(*s->reported));
	s->report = r;
	return s->reported ? oval_mask_all(s) : -ENOMEM;
}

/* ---- definitions ---- */

/* As it stands: nothing is evaluated any more. */
static enum sw_oval_result known(const struct sw_oval_session *s, const struct oval_node *node)
{
	const struct oval_definition *d;
	const struct oval_test *test;
	struct sw_oval_tally t = {};
	enum sw_oval_result r = SW_OVAL_NOT_EVALUATED;

	if (node->kind == OVAL_NODE_CRITERION) {
		test = oval_table_find(&s->doc->tests, node->ref);
		if (!test)
			r = SW_OVAL_ERROR;
		else if (s->tests[test->index].progress == OVAL_DONE)
			r = s->tests[test->index].result;
	} else if (node->kind == OVAL_NODE_EXTEND) {
		d = oval_table_find(&s->doc->definitions, node->ref);
		if (!d)
			r = SW_OVAL_ERROR;
		else if (s->definitions[d->index].progress == OVAL_DONE)
			r = s->definitions[d->index].result;
	} else {
		for (size_t i = 0; i < node->n_children; i++)
			sw_oval_tally_add(&t, known(s, &node->children[i]));
		r = sw_oval_tally_by_operator(&t, node->op);
	}
	return sw_oval_negate(r, node->negate);
}

static void add_node(const struct sw_oval_session *s, const struct oval_node *node, bool evaluated,
		     struct sw_xml_out *out)
{
	static const char *const names[] = {"criteria", "criterion", "extend_definition"};
	static const char *const refs[] = {NULL, "test_ref", "definition_ref"};
	const struct oval_table *t =
		node->kind == OVAL_NODE_CRITERION ? &s->doc->tests : &s->doc->definitions;
	const struct oval_referable *referred =
		node->kind == OVAL_NODE_CRITERIA ? NULL : oval_table_find(t, node->ref);

	if (node->kind != OVAL_NODE_CRITERIA && !referred)
		return; /* the schema knows no reference to nothing */
	sw_xml_out_begin(out, names[node->kind]);
	if (referred) {
		sw_xml_out_attr(out, refs[node->kind], node->ref);
		sw_xml_out_attr(out, "version", referred->version);
		add_instance(out, s);
	} else {
		sw_xml_out_attr(out, "operator", sw_oval_operator_str(node->op));
	}
	sw_xml_out_attr(out, "result",
			sw_oval_result_str(evaluated ? known(s, node) : SW_OVAL_NOT_EVALUATED));
	if (node->negate)
		sw_xml_out_attr(out, "negate", "true");
	for (size_t i = 0; i < node->n_children; i++)
		add_node(s, &node->children[i], evaluated, out);
	sw_xml_out_end(out, names[node->kind]);
}

static enum sw_oval_content content_of(const struct sw_oval_report *r,
				       const struct oval_definition *d, enum sw_oval_result result)
{
	int class = oval_report_class(d->class);

	if (class >= 0 && r->options.class_set[class])
		return r->options.classes[class].by_result[result];
	return r->options.directives.by_result[result];
}

static void add_definition(struct sw_oval_report *r, const struct sw_oval_session *s,
			   const struct oval_definition *d)
{
	const struct oval_definition_outcome *o = &s->definitions[d->index];
	enum sw_oval_result result = o->progress == OVAL_DONE ? o->result : SW_OVAL_NOT_EVALUATED;
	enum sw_oval_content content = content_of(r, d, result);
	struct sw_xml_out *out = &r->definitions.out;

	if (content == SW_OVAL_CONTENT_NONE)
		return;
	sw_xml_out_begin(out, "definition");
	sw_xml_out_attr(out, "definition_id", d->id);
	sw_xml_out_attr(out, "version", d->version);
	add_instance(out, s);
	sw_xml_out_attr(out, "result", sw_oval_result_str(result));
	if (content == SW_OVAL_CONTENT_FULL && d->criteria)
		add_node(s, d->criteria, o->progress == OVAL_DONE, out);
	sw_xml_out_end(out, "definition");
	r->n_definitions++;
	r->n_full += content == SW_OVAL_CONTENT_FULL;
}

/* All of the document, but of a second set of values only what was asked for with it. */
void sw_oval_report_add_session(struct sw_oval_report *r, struct sw_oval_session *s)
{
	const struct oval_table *t = &s->doc->definitions;
	struct oval_runs none = {};

	for (size_t i = 0; i < t->n; i++) {
		const struct oval_definition *d = t->items[i];

		if (s->instance == 1 || s->definitions[d->index].progress == OVAL_DONE)
			add_definition(r, s, d);
	}
	t = &s->doc->tests;
	for (size_t i = 0; r->full && s->instance == 1 && i < t->n; i++) {
		const struct oval_test *test = t->items[i];

		if (s->tests[i].progress != OVAL_DONE)
			oval_report_test(s, test, SW_OVAL_NOT_EVALUATED, &none);
	}
	if (r->definitions.out.rc < 0)
		failed(r, r->definitions.out.rc);
}
