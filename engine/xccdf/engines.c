/* SPDX-License-Identifier: Apache-2.0 */
/* The OVAL documents of one scan, each parsed once and evaluated in one session. Knows no rule. */
#include "oval/results.h"
#include "report/report.h"
#include "xccdf/internal.h"

struct engine {
	size_t dictionary;
	char *href;
	struct sw_oval_doc *doc;
	struct sw_oval_session *session;
	struct export *exports; /* owned; what its variables were set to */
	size_t n_exports, cap_exports;
	const struct sw_xml_node *root;
	struct sw_oval_report *report; /* the first's of all with this href owns it */
	bool lent;
	int rc; /* why doc or session is missing */
	struct sw_error err;
};

struct engines {
	struct sw_content *content;
	struct sw_target *target;
	int64_t now;
	enum sw_oval_detail detail;
	struct engine *list;
	size_t n, cap;
};

struct engines *engines_new(struct sw_content *c, struct sw_target *t, int64_t now)
{
	struct engines *e = calloc(1, sizeof(*e));

	if (e) {
		e->content = c;
		e->target = t;
		e->now = now;
	}
	return e;
}

static void engine_release(struct engine *g)
{
	size_t i;

	for (i = 0; i < g->n_exports; i++) {
		free((char *)g->exports[i].name);
		free((char *)g->exports[i].value);
	}
	free(g->exports);
	sw_oval_session_free(g->session);
	sw_oval_doc_free(g->doc);
	if (!g->lent)
		sw_oval_report_free(g->report);
	free(g->href);
}

void engines_free(struct engines *e)
{
	size_t i;

	if (!e)
		return;
	for (i = 0; i < e->n; i++)
		engine_release(&e->list[i]);
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
	g->root = doc.root;
	return sw_oval_parse(doc.root, g->href, &g->doc, &g->err);
}

/* The i-th value (from 0) that a list gives to one name; NULL when it has fewer. */
static const char *nth(const struct export *list, size_t n, const char *name, size_t i)
{
	size_t k;

	for (k = 0; k < n; k++)
		if (!strcmp(list[k].name, name) && i-- == 0)
			return list[k].value;
	return NULL;
}

/* No variable would need two values: each that the request sets is as it wants, or not set yet. */
static bool fits(const struct engine *g, const struct oval_request *req)
{
	const char *name, *ours, *theirs;
	size_t i, k;

	for (i = 0; i < req->n_exports; i++) {
		name = req->exports[i].name;
		if (!nth(g->exports, g->n_exports, name, 0))
			continue;
		for (k = 0;; k++) {
			ours = nth(g->exports, g->n_exports, name, k);
			theirs = nth(req->exports, req->n_exports, name, k);
			if (!ours || !theirs)
				break;
			if (strcmp(ours, theirs))
				return false;
		}
		if (ours || theirs)
			return false;
	}
	return true;
}

static struct engine *find(const struct engines *e, const struct oval_request *req)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->list[i].dictionary == req->dictionary &&
		    !strcmp(e->list[i].href, req->href) && fits(&e->list[i], req))
			return &e->list[i];
	return NULL;
}

static int set_variable(struct engine *g, const struct export *x)
{
	struct export copy;

	if (SW_GROW(g->exports, g->n_exports, g->cap_exports) < 0)
		return -ENOMEM;
	copy = (struct export){strdup(x->name), strdup(x->value)};
	g->exports[g->n_exports++] = copy;
	if (!copy.name || !copy.value)
		return -ENOMEM;
	/* The reason for a missing document is told when a rule asks for it. */
	return g->doc ? sw_oval_doc_set_external(g->doc, x->name, x->value) : 0;
}

/* -ENOMEM, or -E2BIG for too many; a document that cannot be had is remembered with its reason. */
static int get(struct engines *e, const struct oval_request *req, struct engine **ret_engine)
{
	struct engine *g = find(e, req);

	if (!g) {
		if (e->n == SW_LIMIT_OVAL_SESSIONS)
			return -E2BIG;
		if (SW_GROW(e->list, e->n, e->cap) < 0)
			return -ENOMEM;
		g = &e->list[e->n];
		*g = (struct engine){.dictionary = req->dictionary, .href = strdup(req->href)};
		if (!g->href)
			return -ENOMEM;
		e->n++;
		g->rc = load(e, g);
	}
	*ret_engine = g;
	return 0;
}

int engines_announce(struct engines *e, const struct oval_request *req)
{
	struct engine *g;
	size_t i, known;
	int rc = get(e, req, &g);

	if (rc < 0)
		return rc == -E2BIG ? 0 : rc; /* told when it is asked for */
	known = g->n_exports;
	for (i = 0; i < req->n_exports; i++) {
		if (nth(g->exports, known, req->exports[i].name, 0))
			continue;
		rc = set_variable(g, &req->exports[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- results documents ---- */

void engines_report_to(struct engines *e, enum sw_oval_detail detail)
{
	e->detail = detail;
}

/* One document serves all sessions of the same href. */
static int open_report(struct engines *e, struct engine *g)
{
	struct sw_oval_report_options opts = {.now = e->now};
	size_t i;
	int rc;

	for (i = 0; !g->report && i < e->n; i++)
		if (&e->list[i] != g && e->list[i].dictionary == g->dictionary &&
		    !strcmp(e->list[i].href, g->href)) {
			g->report = e->list[i].report;
			g->lent = g->report != NULL;
		}
	for (i = 0; e->detail == SW_OVAL_DETAIL_THIN && i < _SW_OVAL_MAX; i++)
		opts.directives.by_result[i] = SW_OVAL_CONTENT_THIN;
	opts.without_syschar = e->detail != SW_OVAL_DETAIL_FULL;
	rc = g->report ? 0 : sw_oval_report_new(&opts, &g->report);
	if (rc == 0 && !g->lent)
		rc = sw_oval_report_describe(g->report, e->target);
	return rc < 0 ? rc : sw_oval_session_report_to(g->session, g->report);
}

static int open_session(struct engines *e, struct engine *g)
{
	int rc = sw_oval_session_new(g->doc, e->target, &g->session, &g->err);

	if (rc < 0)
		return rc;
	sw_oval_session_set_now(g->session, e->now);
	rc = e->detail ? open_report(e, g) : 0;
	if (rc == 0)
		return 0;
	sw_oval_session_free(TAKE(g->session));
	return sw_error_set(&g->err, -rc, "OVAL results of %s: %s", g->href, strerror(-rc));
}

int engines_reports(struct engines *e, struct sw_result *r)
{
	struct sw_result_oval *o;
	struct engine *g;
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->list[i].session && e->list[i].report)
			sw_oval_report_add_session(e->list[i].report, e->list[i].session);
	for (i = 0; i < e->n; i++) {
		g = &e->list[i];
		if (!g->report || g->lent)
			continue;
		if (SW_GROW(r->oval, r->n_oval, r->cap_oval) < 0)
			return -ENOMEM;
		o = &r->oval[r->n_oval];
		*o = (struct sw_result_oval){
			.href = strdup(g->href),
			.dictionary = g->dictionary != SW_NO_DICTIONARY,
			.source = sw_source_ref(e->content->source),
			.root = g->root,
			.report = g->report,
		};
		g->lent = true;
		r->n_oval++;
		if (!o->href)
			return -ENOMEM;
	}
	return 0;
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

bool engines_has(struct engines *e, const struct oval_request *req)
{
	struct engine *g;

	return get(e, req, &g) == 0 && g->doc;
}

const char *engines_definition(struct engines *e, const struct oval_request *req, size_t i)
{
	const char *id, *class, *title;
	struct engine *g;

	if (get(e, req, &g) < 0 || !g->doc || !sw_oval_doc_at(g->doc, i, &id, &class, &title))
		return NULL;
	return id;
}

const char *engines_title(struct engines *e, const struct oval_request *req, size_t i)
{
	const char *id, *class, *title;
	struct engine *g;

	if (get(e, req, &g) < 0 || !g->doc || !sw_oval_doc_at(g->doc, i, &id, &class, &title))
		return "";
	return title;
}

void engines_oval(struct engines *e, const struct oval_request *req, struct sw_strbuf *ret_message,
		  struct oval_answer *ret_answer)
{
	struct engine *g;
	int rc = get(e, req, &g);

	*ret_answer = (struct oval_answer){.verdict = SW_VERDICT_ERROR};
	if (rc < 0) {
		sw_strbuf_adds(ret_message, rc == -E2BIG
						    ? "variables have too many different values"
						    : "no memory");
		return;
	}
	if (g->doc && !g->session && !g->rc)
		g->rc = open_session(e, g);
	if (!g->session) {
		sw_strbuf_adds(ret_message, g->err.text);
		if (g->rc == -ENOENT)
			ret_answer->verdict = SW_VERDICT_NOTCHECKED;
		return;
	}
	if (!req->name) {
		evaluate_all(g, ret_message, ret_answer);
	} else if (sw_oval_doc_has(g->doc, req->name)) {
		evaluate(g, req->name, class_of(g, req->name), ret_message, ret_answer);
	} else {
		sw_strbuf_addf(ret_message, "%s holds no definition \"%s\"", req->href, req->name);
		ret_answer->verdict = SW_VERDICT_NOTCHECKED;
	}
}
