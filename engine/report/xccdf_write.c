/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a result as the vendor's benchmark with one TestResult (XCCDF 1.2 section 6.6, elements in
 * the schema's order; design section 8 for what readers need), as a stream. Must not change
 * verdicts or the tree.
 */
#include <ctype.h>

#include "adapters/xml_out.h"
#include "report/report.h"
#include "source/source.h"
#include "stigwatch/engine.h"

#define RESULT_PREFIX "xccdf_io.stigwatch_testresult_"
#define NS_ASSET "http://scap.nist.gov/schema/asset-identification/1.1"

/* An xs:decimal without needless zeros: a weight has three digits in all (6.4.4.1). */
static void number(struct sw_xml_out *o, const char *name, double value)
{
	char text[352];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "%.6f", value);
	while (n && text[n - 1] == '0')
		n--;
	if (n && text[n - 1] == '.')
		n--;
	text[n] = '\0';
	sw_xml_out_attr(o, name, text);
}

/* A path as xs:anyURI: what is no URI character becomes %HH. */
static void href_attr(struct sw_xml_out *o, const char *path)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	const char *s;

	for (s = path; *s; s++) {
		if (isalnum((unsigned char)*s) || strchr("-._~/:#@", *s))
			sw_strbuf_addc(&sb, *s);
		else
			sw_strbuf_addf(&sb, "%%%02X", (unsigned char)*s);
	}
	sw_xml_out_attr(o, "href", sw_strbuf_str(&sb));
}

/* The id is an NCName: other characters become '_'. */
static void id_attr(struct sw_xml_out *o, const char *name)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	const char *s;

	sw_strbuf_adds(&sb, RESULT_PREFIX);
	for (s = name; *s; s++)
		sw_strbuf_addc(&sb, isalnum((unsigned char)*s) || strchr("-._", *s) ? *s : '_');
	sw_xml_out_attr(o, "id", sw_strbuf_str(&sb));
}

static const char *message_severity(const struct sw_rule_result *rr)
{
	switch (rr->verdict) {
	case SW_VERDICT_ERROR:
		return "error";
	case SW_VERDICT_UNKNOWN:
	case SW_VERDICT_NOTCHECKED:
		return "warning";
	default:
		return "info";
	}
}

static void add_override(struct sw_xml_out *o, const struct sw_override *override)
{
	sw_xml_out_begin(o, "override");
	sw_xml_out_attr(o, "time", override->time);
	sw_xml_out_attr(o, "authority", override->authority);
	sw_xml_out_leaf(o, "old-result", sw_verdict_str(override->old_verdict));
	sw_xml_out_leaf(o, "new-result", sw_verdict_str(override->new_verdict));
	sw_xml_out_leaf(o, "remark", override->remark);
	sw_xml_out_end(o, "override");
}

static void add_metadata(struct sw_xml_out *o, const struct sw_rule_result *rr)
{
	if (!rr->vacuous)
		return;
	sw_xml_out_begin(o, "metadata");
	sw_xml_out_begin(o, "n1:vacuous");
	sw_xml_out_attr(o, "xmlns:n1", SW_NS_RESULT);
	sw_xml_out_end(o, "n1:vacuous");
	sw_xml_out_end(o, "metadata");
}

static bool was_evaluated(enum sw_verdict v)
{
	return v != SW_VERDICT_NOTSELECTED && v != SW_VERDICT_NOTAPPLICABLE;
}

/* What a TestResult is written from and how. */
struct writing {
	const struct sw_result *r;
	const struct sw_render_options *opts;
	bool collection; /* in a report collection, beside the OVAL results */
};

/* The href of a check: in a collection, the report that holds its OVAL results. */
static void check_href(struct sw_xml_out *o, const struct writing *w,
		       const struct sw_rule_result *rr)
{
	bool oval = w->collection && !strcmp(rr->check_system, SW_CHECK_SYSTEM_OVAL);
	char report[32];

	for (size_t i = 0; oval && i < w->r->n_oval; i++) {
		if (w->r->oval[i].dictionary || strcmp(w->r->oval[i].href, rr->check_href))
			continue;
		snprintf(report, sizeof(report), "#oval%zu", i);
		sw_xml_out_attr(o, "href", report);
		return;
	}
	sw_xml_out_attr(o, "href", rr->check_href);
}

/* part: one definition of a multi-check, or NULL. */
static void add_check(struct sw_xml_out *o, const struct writing *w,
		      const struct sw_rule_result *rr, const struct sw_xml_node *rule,
		      const struct sw_rule_part *part)
{
	const struct sw_xml_node *complex = sw_xml_child(rule, SW_NS_XCCDF, "complex-check");

	if (!rr->check_system) {
		if (complex && was_evaluated(rr->verdict))
			sw_xml_out_copy_of(o, complex);
		return;
	}
	sw_xml_out_begin(o, "check");
	sw_xml_out_attr(o, "system", rr->check_system);
	if (part)
		sw_xml_out_attr(o, "multi-check", "true");
	if (!strcmp(rr->check_system, SW_CHECK_SYSTEM_SCE) && rr->message) {
		sw_xml_out_begin(o, "check-import");
		sw_xml_out_attr(o, "import-name", "stdout");
		sw_xml_out_text(o, rr->message);
		sw_xml_out_end(o, "check-import");
	}
	if (rr->check_href) {
		sw_xml_out_begin(o, "check-content-ref");
		check_href(o, w, rr);
		sw_xml_out_attr(o, "name", part ? part->name : rr->check_name);
		sw_xml_out_end(o, "check-content-ref");
	}
	sw_xml_out_end(o, "check");
}

static void add_rule_result(struct sw_xml_out *o, const struct writing *w,
			    const struct sw_rule_result *rr, const struct sw_xml_node *rule,
			    const char *id, const struct sw_rule_part *part)
{
	const char *message = part ? part->message : rr->message;

	sw_xml_out_begin(o, "rule-result");
	sw_xml_out_attr(o, "idref", id);
	sw_xml_out_attr(o, "role", rr->role ? rr->role : "full");
	sw_xml_out_attr(o, "time", rr->time);
	sw_xml_out_attr(o, "severity", sw_severity_str(rr->severity));
	number(o, "weight", rr->weight);
	sw_xml_out_leaf(o, "result", sw_verdict_str(part ? part->verdict : rr->verdict));
	if (rr->override)
		add_override(o, rr->override);
	/* The rule's own idents, of every system. */
	SW_XML_FOREACH (ident, rule, SW_NS_XCCDF, "ident")
		sw_xml_out_copy_of(o, ident);
	add_metadata(o, rr);
	if (message && *message) {
		sw_xml_out_begin(o, "message");
		sw_xml_out_attr(o, "severity", message_severity(rr));
		sw_xml_out_text(o, message);
		sw_xml_out_end(o, "message");
	}
	add_check(o, w, rr, rule, part);
	sw_xml_out_end(o, "rule-result");
}

/* The pages whose references STIG Viewer's ids are, as oscap knows them. */
static bool is_stig(const char *href)
{
	return !strcmp(href, "https://public.cyber.mil/stigs/srg-stig-tools/") ||
	       !strcmp(href, "http://iase.disa.mil/stigs/Pages/stig-viewing-guidance.aspx");
}

/* One; or as oscap, one for each definition of a multi-check, the last one first. */
static void add_results_of(struct sw_xml_out *o, const struct writing *w,
			   const struct sw_rule_result *rr, const struct sw_xml_node *rule)
{
	size_t n = w->opts->parts ? rr->n_parts : 0;

	if (!n)
		add_rule_result(o, w, rr, rule, rr->rule_id, NULL);
	while (n--)
		add_rule_result(o, w, rr, rule, rr->rule_id, &rr->parts[n]);
}

static void add_stig_results(struct sw_xml_out *o, const struct writing *w,
			     const struct sw_rule_result *rr, const struct sw_xml_node *rule)
{
	SW_XML_FOREACH (reference, rule, SW_NS_XCCDF, "reference") {
		_cleanup_free_ char *id = NULL;

		if (!is_stig(sw_xml_attr_or(reference, "href", "")))
			continue;
		id = sw_xml_text_trim(reference);
		if (id)
			add_rule_result(o, w, rr, rule, id, NULL);
		else
			o->rc = o->rc ? o->rc : -ENOMEM;
	}
}

/* In the order of the tree, which is that of rules[] save where a caller rearranged them. */
static void add_rule_results(struct sw_xml_out *o, const struct writing *w,
			     const struct sw_rule_index *index, const struct sw_xml_node *parent)
{
	const struct sw_rule_result *rr;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "Group")) {
			add_rule_results(o, w, index, node);
		} else if (sw_xml_is(node, NULL, "Rule")) {
			rr = sw_rule_index_find(index, sw_xml_attr_or(node, "id", ""));
			if (rr && w->opts->stig_viewer)
				add_stig_results(o, w, rr, node);
			else if (rr)
				add_results_of(o, w, rr, node);
		}
	}
}

static void add_target(struct sw_xml_out *o, const struct sw_result *r, const char *asset)
{
	size_t i;

	sw_xml_out_leaf(o, "target", r->target && *r->target ? r->target : "target");
	for (i = 0; i < r->n_addresses; i++)
		sw_xml_out_leaf(o, "target-address", r->addresses[i]);
	if (r->n_facts)
		sw_xml_out_begin(o, "target-facts");
	for (i = 0; i < r->n_facts; i++) {
		sw_xml_out_begin(o, "fact");
		sw_xml_out_attr(o, "name", r->facts[i].name);
		sw_xml_out_attr(o, "type", "string");
		sw_xml_out_text(o, r->facts[i].value);
		sw_xml_out_end(o, "fact");
	}
	if (r->n_facts)
		sw_xml_out_end(o, "target-facts");
	if (!asset)
		return;
	sw_xml_out_begin(o, "target-id-ref");
	sw_xml_out_attr(o, "system", NS_ASSET);
	sw_xml_out_attr(o, "href", "");
	sw_xml_out_attr(o, "name", asset);
	sw_xml_out_end(o, "target-id-ref");
}

static void add_content(struct sw_xml_out *o, const struct sw_result *r, const char *benchmark_id)
{
	sw_xml_out_begin(o, "benchmark");
	href_attr(o, r->content_path ? r->content_path : "#");
	sw_xml_out_attr(o, "id", benchmark_id);
	sw_xml_out_end(o, "benchmark");
	if (r->tailoring_href && r->tailoring_id) {
		sw_xml_out_begin(o, "tailoring-file");
		href_attr(o, r->tailoring_href);
		sw_xml_out_attr(o, "id", r->tailoring_id);
		sw_xml_out_attr(o, "version", r->tailoring_version ? r->tailoring_version : "");
		sw_xml_out_attr(o, "time", r->tailoring_time);
		sw_xml_out_end(o, "tailoring-file");
	}
}

static const char *benchmark_id(const struct sw_result *r, const struct sw_render_options *opts)
{
	return opts->benchmark_id ? opts->benchmark_id : r->benchmark_id;
}

static void add_head(struct sw_xml_out *o, const struct sw_result *r,
		     const struct sw_render_options *opts)
{
	char system[128];

	id_attr(o, opts->result_id ? opts->result_id : "default");
	sw_xml_out_attr(o, "start-time", r->start_time);
	sw_xml_out_attr(o, "end-time", r->end_time);
	snprintf(system, sizeof(system), "cpe:/a:stigwatch:stigwatch:%s",
		 opts->version ? opts->version : SW_VERSION);
	sw_xml_out_attr(o, "test-system", system);
	sw_xml_out_attr(o, "version", r->benchmark_version);
	add_content(o, r, benchmark_id(r, opts));
	sw_xml_out_leaf(o, "title", "stigwatch result");
	/* "(all)" is no profile of the benchmark: no element says the same. */
	if (r->profile_id && r->profile_id[0] != '(') {
		sw_xml_out_begin(o, "profile");
		sw_xml_out_attr(o, "idref", r->profile_id);
		sw_xml_out_end(o, "profile");
	}
}

static void add_scores(struct sw_xml_out *o, const struct sw_result *r)
{
	char text[64];
	size_t i;

	for (i = 0; i < r->n_scores; i++) {
		snprintf(text, sizeof(text), "%.6f", r->scores[i].value);
		sw_xml_out_begin(o, "score");
		sw_xml_out_attr(o, "system", r->scores[i].system);
		number(o, "maximum", r->scores[i].maximum);
		sw_xml_out_text(o, text);
		sw_xml_out_end(o, "score");
	}
}

void sw_testresult_write(struct sw_xml_out *o, const struct sw_result *r,
			 const struct sw_render_options *opts, const char *asset)
{
	_cleanup_rule_index_ struct sw_rule_index index = {};
	const struct writing w = {r, opts, asset != NULL};
	const char *outer = o->prefix;
	size_t i;

	if (sw_rule_index_init(&index, r) < 0) {
		o->rc = o->rc ? o->rc : -ENOMEM;
		return;
	}
	o->prefix = sw_xml_prefix(r->benchmark);
	sw_xml_out_begin(o, "TestResult");
	if (asset || opts->stig_viewer)
		sw_xml_out_namespaces_of(o, r->benchmark);
	add_head(o, r, opts);
	add_target(o, r, asset);
	for (i = 0; i < r->n_values; i++) {
		sw_xml_out_begin(o, "set-value");
		sw_xml_out_attr(o, "idref", r->values[i].name);
		sw_xml_out_text(o, r->values[i].value);
		sw_xml_out_end(o, "set-value");
	}
	add_rule_results(o, &w, &index, r->benchmark);
	add_scores(o, r);
	sw_xml_out_end(o, "TestResult");
	o->prefix = outer;
}

/* Where schema order wants the TestResult: last, but before signatures. */
struct place {
	struct sw_xml_out *o;
	const struct sw_result *r;
	const struct sw_render_options *opts;
	bool done;
};

static void write_once(struct place *p)
{
	if (p->done)
		return;
	p->done = true;
	sw_testresult_write(p->o, p->r, p->opts, NULL);
}

static bool before_child(void *ctx, const struct sw_xml_node *child)
{
	struct place *p = ctx;

	if (sw_xml_is(child, SW_NS_XCCDF, "TestResult"))
		return true;
	if (sw_xml_is(child, NULL, "signature") || sw_xml_is(child, NULL, "Signature"))
		write_once(p);
	return false;
}

int sw_result_write_xccdf(struct sw_result *r, const struct sw_render_options *opts,
			  sw_write_fn write, void *ctx, struct sw_error *err)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
	struct sw_xml_out o = {.write = write, .ctx = ctx};
	struct place p = {.o = &o, .r = r, .opts = opts};
	int rc;

	if (!r->n_rules)
		return sw_error_set(err, ENODATA, "XCCDF: the result has no rule");
	rc = sw_result_score(r);
	if (rc == 0) {
		sw_xml_out_raw(&o, declaration, strlen(declaration));
		if (!opts->stig_viewer) {
			sw_xml_out_start_of(&o, r->benchmark, benchmark_id(r, opts));
			sw_xml_out_children_of(&o, r->benchmark, before_child, &p);
		}
		write_once(&p);
		if (!opts->stig_viewer)
			sw_xml_out_end_of(&o, r->benchmark);
		sw_xml_out_raw(&o, "\n", 1);
		rc = sw_xml_out_finish(&o);
	}
	return rc < 0 ? sw_error_set(err, -rc, "XCCDF: %s", strerror(-rc)) : 0;
}
