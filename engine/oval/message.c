/* SPDX-License-Identifier: Apache-2.0 */
/* One line about a definition's result: the tests that decided it, and what they saw. Decides
 * nothing itself. */
#include "oval/session.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

#define TOLD 3 /* tests one line names */
#define STEPS                                                                                      \
	10000 /* nodes looked at: definitions that extend each other twice double at every level   \
	       */

struct telling {
	struct sw_oval_session *s;
	struct sw_strbuf *out;
	size_t n, steps;
	bool vacuous; /* tell what the true result rests on, instead of what made it false */
};

static void tell_test(struct telling *t, const char *id)
{
	const struct oval_test *test = oval_table_find(&t->s->doc->tests, id);
	const struct oval_test_outcome *o = oval_session_test(t->s, id);

	if (++t->n > TOLD || (t->out->len > SW_LIMIT_MESSAGE / 2))
		return;
	if (t->out->len)
		sw_strbuf_adds(t->out, "; ");
	if (test && test->comment[0])
		sw_strbuf_addf(t->out, "%.200s: ", test->comment);
	sw_strbuf_adds(t->out,
		       o->detail && o->detail[0] ? o->detail : sw_oval_result_str(o->result));
}

/*
 * Whether a child had its part in the parent's result. In an AND that is false, only what is false;
 * in an OR that is true, only what is true; else whatever has the parent's own result, or for the
 * vacuous, what is weak.
 */
static bool took_part(const struct telling *t, const struct oval_node *parent,
		      enum sw_oval_result result, struct oval_basis child)
{
	if (t->vacuous)
		return child.empty && child.result == result;
	if (parent->op == SW_OVAL_AND || parent->op == SW_OVAL_OR)
		return child.result == result;
	return true;
}

static void tell(struct telling *t, const struct oval_node *node, unsigned depth)
{
	struct oval_basis own;
	enum sw_oval_result result;

	if (depth > SW_LIMIT_CRITERIA_DEPTH || t->n > TOLD || ++t->steps > STEPS)
		return;
	if (node->kind == OVAL_NODE_CRITERION) {
		tell_test(t, node->ref);
		return;
	}
	if (node->kind == OVAL_NODE_EXTEND) {
		const struct oval_definition *d =
			oval_table_find(&t->s->doc->definitions, node->ref);

		if (d && d->criteria)
			tell(t, d->criteria, depth + 1);
		return;
	}
	own = oval_node_eval(t->s, node, 0);
	/* the children's results count before this node's own negation */
	result = sw_oval_negate(own.result, node->negate);
	for (size_t i = 0; i < node->n_children; i++) {
		struct oval_basis child = oval_node_eval(t->s, &node->children[i], 0);

		if (took_part(t, node, result, child))
			tell(t, &node->children[i], depth + 1);
	}
}

void oval_definition_message(struct sw_oval_session *s, const struct oval_definition *d,
			     struct sw_strbuf *out)
{
	struct sw_strbuf line = {0};
	struct telling t = {.s = s, .out = &line};

	t.vacuous = oval_session_definition(s, d->id, 0)->result == SW_OVAL_TRUE;
	if (t.vacuous)
		sw_strbuf_adds(out, "rests on nothing: ");
	if (d->criteria)
		tell(&t, d->criteria, 0);
	sw_strbuf_adds(out, sw_strbuf_str(&line));
	if (t.n > TOLD)
		sw_strbuf_addf(out, "; and %zu more tests", t.n - TOLD);
	sw_strbuf_release(&line);
}
