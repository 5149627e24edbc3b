/* SPDX-License-Identifier: Apache-2.0 */
/* The OVAL documents of one scan, each parsed once and evaluated in one session. Knows no rule. */
#include "oval/oval.h"
#include "xccdf/internal.h"

struct engine {
	size_t dictionary;
	char *href;
	struct sw_oval_doc *doc;
	struct sw_oval_session *session;
	int rc; /* why doc or session is missing */
	struct sw_error err;
};

struct engines {
	struct sw_content *content;
	struct sw_target *target;
	struct engine *list;
	size_t n, cap;
};

struct engines *engines_new(struct sw_content *c, struct sw_target *t)
{
	struct engines *e = calloc(1, sizeof(*e));

	if (e) {
		e->content = c;
		e->target = t;
	}
	return e;
}

void engines_free(struct engines *e)
{
	size_t i;

	if (!e)
		return;
	for (i = 0; i < e->n; i++) {
		sw_oval_session_free(e->list[i].session);
		sw_oval_doc_free(e->list[i].doc);
		free(e->list[i].href);
	}
	free(e->list);
	free(e);
}

static int load(struct engines *e, struct engine *g)
{
	struct sw_source *source = e->content->source;
	struct sw_source_doc doc;
	int rc;

	if (g->dictionary == SW_NO_DICTIONARY)
		rc = sw_source_find(source, g->href, &doc, &g->err);
	else
		rc = sw_source_find_in(source, g->dictionary, g->href, &doc, &g->err);
	if (rc < 0)
		return rc;
	if (!doc.root)
		return sw_error_set(&g->err, EINVAL, "%s: not an XML document", g->href);
	return sw_oval_parse(doc.root, g->href, &g->doc, &g->err);
}

/* NULL only when memory ran out; a document that cannot be had is remembered with its reason. */
static struct engine *get(struct engines *e, size_t dictionary, const char *href)
{
	struct engine *g;
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->list[i].dictionary == dictionary && !strcmp(e->list[i].href, href))
			return &e->list[i];
	if (SW_GROW(e->list, e->n, e->cap) < 0)
		return NULL;
	g = &e->list[e->n];
	*g = (struct engine){.dictionary = dictionary, .href = strdup(href)};
	if (!g->href)
		return NULL;
	e->n++;
	g->rc = load(e, g);
	return g;
}

int engines_export(struct engines *e, const char *href, const char *variable, const char *value)
{
	struct engine *g = get(e, SW_NO_DICTIONARY, href);

	if (!g)
		return -ENOMEM;
	/* The reason for a missing document is told when a rule asks for it. */
	return g->doc ? sw_oval_doc_set_external(g->doc, variable, value) : 0;
}

/* OVAL definition results as XCCDF results (XCCDF 1.2, table 40; OVAL classes). */
static enum sw_verdict to_verdict(enum sw_oval_result r, const char *class)
{
	bool inverted = !strcmp(class, "vulnerability") || !strcmp(class, "patch");

	switch (r) {
	case SW_OVAL_TRUE:
		return inverted ? SW_VERDICT_FAIL : SW_VERDICT_PASS;
	case SW_OVAL_FALSE:
		return inverted ? SW_VERDICT_PASS : SW_VERDICT_FAIL;
	case SW_OVAL_NOT_APPLICABLE:
		return SW_VERDICT_NOTAPPLICABLE;
	case SW_OVAL_NOT_EVALUATED:
		return SW_VERDICT_NOTCHECKED;
	case SW_OVAL_UNKNOWN:
		return SW_VERDICT_UNKNOWN;
	default:
		return SW_VERDICT_ERROR;
	}
}

static void evaluate(struct engine *g, const char *id, const char *class,
		     struct sw_strbuf *ret_message, struct oval_answer *ret_answer)
{
	bool vacuous = false;
	enum sw_oval_result r = sw_oval_session_eval(g->session, id, ret_message, &vacuous);

	*ret_answer = (struct oval_answer){
		.verdict = to_verdict(r, class),
		.vacuous = vacuous,
		.found = true,
	};
}

static void evaluate_all(struct engine *g, struct sw_strbuf *ret_message,
			 struct oval_answer *ret_answer)
{
	const char *id, *class, *title;
	struct oval_answer all = {.verdict = SW_VERDICT_NOTAPPLICABLE}, one;
	size_t i;

	for (i = 0; sw_oval_doc_at(g->doc, i, &id, &class, &title); i++) {
		evaluate(g, id, class, ret_message, &one);
		all.verdict = sw_verdict_and(all.verdict, one.verdict);
		all.vacuous = all.vacuous || one.vacuous;
		all.found = true;
	}
	*ret_answer = all;
}

static const char *class_of(const struct engine *g, const char *wanted)
{
	const char *id, *class, *title;
	size_t i;

	for (i = 0; sw_oval_doc_at(g->doc, i, &id, &class, &title); i++)
		if (!strcmp(id, wanted))
			return class;
	return "";
}

void engines_oval(struct engines *e, size_t dictionary, const char *href, const char *name,
		  struct sw_strbuf *ret_message, struct oval_answer *ret_answer)
{
	struct engine *g = get(e, dictionary, href);

	*ret_answer = (struct oval_answer){.verdict = SW_VERDICT_ERROR};
	if (!g) {
		sw_strbuf_adds(ret_message, "no memory");
		return;
	}
	if (g->doc && !g->session && !g->rc)
		g->rc = sw_oval_session_new(g->doc, e->target, &g->session, &g->err);
	if (!g->session) {
		sw_strbuf_adds(ret_message, g->err.text);
		if (g->rc == -ENOENT)
			ret_answer->verdict = SW_VERDICT_NOTCHECKED;
		return;
	}
	if (!name) {
		evaluate_all(g, ret_message, ret_answer);
	} else if (sw_oval_doc_has(g->doc, name)) {
		evaluate(g, name, class_of(g, name), ret_message, ret_answer);
	} else {
		sw_strbuf_addf(ret_message, "%s holds no definition \"%s\"", href, name);
		ret_answer->verdict = SW_VERDICT_NOTCHECKED;
	}
}
