/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates a test: its object's items stream by, are judged and dropped; counts and the first few
 * offenders stay. */
#include "oval/session.h"
#include "stigwatch/cleanup.h"

#define SHOWN 3 /* offenders a message names */

struct shown {
	struct sw_strbuf text;
	size_t n; /* all, also those not shown */
};

struct run {
	struct sw_oval_session *s;
	const struct oval_test *test;
	struct sw_oval_test_tally tally;
	struct shown found, wrong;
	struct oval_runs tested; /* for the report */
	bool missing_state;
};

/* The result of the test's states for one item; why is of the first that does not hold. */
static enum sw_oval_result eval_states(struct run *r, const struct sw_oval_item *item,
				       struct oval_mismatch *why)
{
	struct sw_oval_tally t = {0};

	for (size_t i = 0; i < r->test->n_states; i++) {
		const struct oval_state *state;
		struct oval_mismatch w = {0};
		enum sw_oval_result res = SW_OVAL_ERROR;

		state = oval_table_find(&r->s->doc->states, r->test->state_refs[i]);
		if (state)
			res = oval_state_eval(r->s, state, item, why ? &w : NULL);
		else
			r->missing_state = true;
		if (why && !why->entity[0] && w.entity[0])
			*why = w;
		sw_oval_tally_add(&t, res);
	}
	return sw_oval_tally_by_operator(&t, r->test->state_operator);
}

static bool room(struct shown *s)
{
	if (s->n++ >= SHOWN)
		return false;
	if (s->text.len)
		sw_strbuf_adds(&s->text, ", ");
	return true;
}

static bool offends(const struct oval_test *test, enum sw_oval_result states)
{
	if (test->check == SW_OVAL_CHECK_NONE_SATISFY)
		return states == SW_OVAL_TRUE;
	return states != SW_OVAL_TRUE;
}

static int judge_item(void *ctx, const struct sw_oval_item *item)
{
	struct run *r = ctx;
	bool explain = r->test->n_states && r->wrong.n < SHOWN;
	struct oval_mismatch why = {0};
	enum sw_oval_result states = SW_OVAL_TRUE;
	bool judged = r->test->n_states && item->status == SW_OVAL_EXISTS;
	uint64_t number = r->s->item_number; /* judging may collect others */

	if (judged)
		states = eval_states(r, item, explain ? &why : NULL);
	if (r->s->report)
		oval_report_tested(r->s, &r->tested, number,
				   judged ? states : SW_OVAL_NOT_EVALUATED);
	sw_oval_test_tally_add(&r->tally, item->status, states);
	if (room(&r->found))
		item->class->describe(item, &r->found.text);
	if (!r->test->n_states || !offends(r->test, states))
		return 0;
	if (room(&r->wrong)) {
		item->class->describe(item, &r->wrong.text);
		if (why.entity[0])
			sw_strbuf_addf(&r->wrong.text, ": %s is %s, not %s", why.entity,
				       why.found[0] ? why.found : "absent", why.expected);
	}
	return 0;
}

static void add_shown(struct sw_strbuf *out, const struct shown *s)
{
	sw_strbuf_adds(out, sw_strbuf_str(&s->text));
	if (s->n > SHOWN)
		sw_strbuf_addf(out, " and %zu more", s->n - SHOWN);
}

static void add_object(const struct run *r, struct sw_strbuf *out)
{
	const struct oval_object *o = oval_table_find(&r->s->doc->objects, r->test->object_ref);

	if (o)
		oval_object_describe(o, out);
}

static void explain_absence(const struct run *r, const struct oval_collection *c,
			    struct sw_strbuf *out)
{
	if (c->absent[0]) {
		sw_strbuf_addf(out, "%s is not there", c->absent);
		return;
	}
	sw_strbuf_adds(out, "nothing found for ");
	add_object(r, out);
}

/* What a person needs to know about this result; the criteria decide whether it is told. */
static char *explain(const struct run *r, const struct oval_collection *c, enum sw_oval_result res,
		     bool empty)
{
	_cleanup_strbuf_ struct sw_strbuf out = {0};
	uint64_t exists = r->tally.items.n[SW_OVAL_EXISTS];

	if (res != SW_OVAL_TRUE && res != SW_OVAL_FALSE) {
		if (c->reason.len)
			sw_strbuf_adds(&out, sw_strbuf_str(&c->reason));
		else if (r->missing_state)
			sw_strbuf_adds(&out, "the test refers to a state that is not there");
		else
			add_shown(&out, &r->wrong);
	} else if (res == SW_OVAL_TRUE && empty && c->truncated) {
		sw_strbuf_adds(&out, "the text behind a NUL byte was not looked at: ");
		add_object(r, &out);
	} else if (!exists) {
		explain_absence(r, c, &out);
	} else if (res == SW_OVAL_FALSE && r->wrong.n && r->test->existence != SW_OVAL_NONE_EXIST) {
		add_shown(&out, &r->wrong);
	} else {
		sw_strbuf_adds(&out, "found ");
		add_shown(&out, &r->found);
		if (res == SW_OVAL_FALSE)
			sw_strbuf_addf(&out, ", expected %s",
				       r->test->existence == SW_OVAL_NONE_EXIST ? "none"
				       : r->test->existence == SW_OVAL_ONLY_ONE_EXISTS
					       ? "exactly one"
					       : "another state");
	}
	return sw_strbuf_steal(&out);
}

static bool supported(const struct sw_oval_session *s, const struct oval_test *t,
		      const char **ret_why)
{
	const struct oval_object *o;

	if (!t->object_ref) {
		*ret_why = "the test has no object";
		return false;
	}
	o = oval_table_find(&s->doc->objects, t->object_ref);
	if (!o || o->set || !strcmp(o->type, "variable") || sw_gatherer_find(o->ns, o->type))
		return true;
	*ret_why = "tests of this type are not supported";
	return false;
}

static void evaluate(struct sw_oval_session *s, const struct oval_test *t,
		     struct oval_test_outcome *out)
{
	struct run r = {.s = s, .test = t};
	const struct sw_oval_test_rule rule = {t->existence, t->check, t->n_states > 0};
	__attribute__((cleanup(oval_collection_release))) struct oval_collection c = {
		.fn = judge_item, .ctx = &r};
	const char *why;
	bool nothing;
	int rc;

	if (!supported(s, t, &why)) {
		_cleanup_strbuf_ struct sw_strbuf sb = {0};

		sw_strbuf_addf(&sb, "%s (%s)", why, t->type);
		out->detail = sw_strbuf_steal(&sb);
		out->result = SW_OVAL_UNKNOWN;
		if (s->report)
			oval_report_test(s, t, out->result, &r.tested);
		return;
	}
	rc = oval_object_collect(s, t->object_ref, &c);
	if (rc < 0) {
		s->no_memory |= rc == -ENOMEM;
		oval_collection_problem(&c, SW_OVAL_FLAG_ERROR, strerror(-rc));
	}
	sw_oval_test_tally_flag(&r.tally, c.flag);
	out->result = sw_oval_test_tally_finish(&r.tally, &rule);
	nothing = !r.tally.items.n[SW_OVAL_EXISTS];
	out->empty = nothing && !c.examined && !(c.absence_is_fact && !t->n_states);
	out->empty |= c.truncated && (nothing || t->n_states);
	out->detail = explain(&r, &c, out->result, out->empty);
	if (s->report)
		oval_report_test(s, t, out->result, &r.tested);
	sw_strbuf_release(&r.found.text);
	sw_strbuf_release(&r.wrong.text);
}

const struct oval_test_outcome *oval_session_test(struct sw_oval_session *s, const char *id)
{
	static const struct oval_test_outcome broken = {
		.progress = OVAL_DONE, .result = SW_OVAL_ERROR, .detail = (char *)"no such test"};
	const struct oval_test *t = oval_table_find(&s->doc->tests, id);
	struct oval_test_outcome *out;

	if (!t)
		return &broken;
	out = &s->tests[t->index];
	if (out->progress == OVAL_FRESH) {
		out->progress = OVAL_RUNNING;
		evaluate(s, t, out);
		out->progress = OVAL_DONE;
	}
	return out;
}
