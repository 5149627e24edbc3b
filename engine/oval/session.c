/* SPDX-License-Identifier: Apache-2.0 */
/* A session: criteria trees over tests, with results kept. Gathers nothing itself. */
#include "adapters/regex.h"
#include "oval/session.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

SW_DEFINE_CLEANUP(struct sw_oval_session *, oval_session, sw_oval_session_free)

int sw_oval_session_new(struct sw_oval_doc *doc, struct sw_target *target,
			struct sw_oval_session **ret_session, struct sw_error *err)
{
	_cleanup_(sw_cleanup_oval_session) struct sw_oval_session *s = calloc(1, sizeof(*s));

	if (!s)
		return sw_error_set(err, ENOMEM, "out of memory");
	s->doc = doc;
	s->target = target;
	s->regexes = sw_regex_cache_new();
	s->variables = calloc(doc->variables.n + 1, sizeof(*s->variables));
	s->tests = calloc(doc->tests.n + 1, sizeof(*s->tests));
	s->definitions = calloc(doc->definitions.n + 1, sizeof(*s->definitions));
	if (!s->regexes || !s->variables || !s->tests || !s->definitions)
		return sw_error_set(err, ENOMEM, "out of memory");
	*ret_session = TAKE(s);
	return 0;
}

void sw_oval_session_set_now(struct sw_oval_session *s, int64_t seconds)
{
	s->now = seconds;
}

void sw_oval_session_free(struct sw_oval_session *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->variables && i < s->doc->variables.n; i++)
		oval_values_release(&s->variables[i]);
	for (size_t i = 0; s->tests && i < s->doc->tests.n; i++)
		free(s->tests[i].detail);
	free(s->variables);
	free(s->tests);
	free(s->definitions);
	sw_gather_memory_release(&s->memory);
	free(s->reported);
	free(s->masks);
	sw_regex_cache_free(s->regexes);
	free(s);
}

/*
 * Whether a result rests on nothing, from its parts: a conjunction that holds is as weak as its
 * weakest part, one that fails as strong as its strongest failing part; disjunctions the other way
 * round.
 */
struct weakness {
	size_t n[2], weak[2]; /* by [result == true] */
};

static bool join_empty(const struct weakness *w, enum sw_oval_operator op, enum sw_oval_result r)
{
	bool t = r == SW_OVAL_TRUE;
	bool any_weak = w->weak[0] || w->weak[1];

	if (r != SW_OVAL_TRUE && r != SW_OVAL_FALSE)
		return false;
	if (op == SW_OVAL_AND)
		return t ? w->weak[1] > 0 : w->weak[0] == w->n[0];
	if (op == SW_OVAL_OR)
		return t ? w->weak[1] == w->n[1] : w->weak[0] > 0;
	return any_weak;
}

static struct oval_basis eval_children(struct sw_oval_session *s, const struct oval_node *node,
				       unsigned depth)
{
	struct sw_oval_tally t = {0};
	struct weakness w = {0};
	struct oval_basis ret;

	for (size_t i = 0; i < node->n_children; i++) {
		struct oval_basis b = oval_node_eval(s, &node->children[i], depth + 1);

		sw_oval_tally_add(&t, b.result);
		if (b.result == SW_OVAL_TRUE || b.result == SW_OVAL_FALSE) {
			w.n[b.result == SW_OVAL_TRUE]++;
			w.weak[b.result == SW_OVAL_TRUE] += b.empty;
		}
	}
	ret.result = sw_oval_tally_by_operator(&t, node->op);
	ret.empty = join_empty(&w, node->op, ret.result);
	return ret;
}

struct oval_basis oval_node_eval(struct sw_oval_session *s, const struct oval_node *node,
				 unsigned depth)
{
	struct oval_basis b = {.result = SW_OVAL_ERROR};

	if (node->kind == OVAL_NODE_CRITERION) {
		const struct oval_test_outcome *t = oval_session_test(s, node->ref);

		b = (struct oval_basis){t->result, t->empty};
	} else if (node->kind == OVAL_NODE_EXTEND) {
		const struct oval_definition_outcome *d =
			oval_session_definition(s, node->ref, depth);

		b = (struct oval_basis){d->result, d->empty};
	} else {
		b = eval_children(s, node, depth);
	}
	b.result = sw_oval_negate(b.result, node->negate);
	return b;
}

const struct oval_definition_outcome *oval_session_definition(struct sw_oval_session *s,
							      const char *id, unsigned depth)
{
	static const struct oval_definition_outcome broken = {.progress = OVAL_DONE,
							      .result = SW_OVAL_ERROR};
	const struct oval_definition *d = oval_table_find(&s->doc->definitions, id);
	struct oval_definition_outcome *out;
	struct oval_basis b = {.result = SW_OVAL_NOT_EVALUATED};

	if (!d)
		return &broken;
	out = &s->definitions[d->index];
	if (out->progress == OVAL_DONE)
		return out;
	if (out->progress == OVAL_RUNNING || depth > SW_LIMIT_CRITERIA_DEPTH)
		return &broken; /* a definition that extends itself has no result */
	out->progress = OVAL_RUNNING;
	if (d->criteria)
		b = oval_node_eval(s, d->criteria, depth + 1);
	out->result = b.result;
	out->empty = b.empty;
	out->progress = OVAL_DONE;
	return out;
}

enum sw_oval_result sw_oval_session_eval(struct sw_oval_session *s, const char *definition_id,
					 struct sw_strbuf *ret_message, bool *ret_vacuous)
{
	const struct oval_definition *d = oval_table_find(&s->doc->definitions, definition_id);
	const struct oval_definition_outcome *out;
	bool vacuous;

	if (ret_vacuous)
		*ret_vacuous = false;
	if (!d) {
		if (ret_message)
			sw_strbuf_addf(ret_message, "%s: no definition %s", s->doc->name,
				       definition_id);
		return SW_OVAL_UNKNOWN;
	}
	out = oval_session_definition(s, definition_id, 0);
	vacuous = out->result == SW_OVAL_TRUE && out->empty;
	if (s->no_memory) {
		if (ret_message)
			sw_strbuf_adds(ret_message, "out of memory");
		return SW_OVAL_ERROR;
	}
	if (ret_message && (out->result != SW_OVAL_TRUE || vacuous))
		oval_definition_message(s, d, ret_message);
	if (ret_vacuous)
		*ret_vacuous = vacuous;
	return out->result;
}
