/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a result as the vendor's benchmark with one TestResult (XCCDF 1.2 section 6.6, elements in
 * the schema's order; design section 8 for what readers need). Must not change verdicts.
 */
#include <ctype.h>

#include "report/report.h"
#include "source/source.h"
#include "stigwatch/engine.h"

#define RESULT_PREFIX "xccdf_io.stigwatch_testresult_"

/* Collects failures of the building functions, so that the shape below reads as a list. */
struct build {
	struct sw_xml_node *at; /* TestResult */
	bool failed;
};

static struct sw_xml_node *add(struct build *b, struct sw_xml_node *parent, const char *name,
			       const char *text)
{
	struct sw_xml_node *node = parent ? sw_xml_add(parent, SW_NS_XCCDF, name, text) : NULL;

	b->failed = b->failed || !node;
	return node;
}

static void attr(struct build *b, struct sw_xml_node *node, const char *name, const char *value)
{
	if (node && value && sw_xml_set_attr(node, name, value) < 0)
		b->failed = true;
}

/* An xs:decimal without needless zeros: a weight has three digits in all (6.4.4.1). */
static void number(struct build *b, struct sw_xml_node *node, const char *name, double value)
{
	char text[352];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "%.6f", value);
	while (n && text[n - 1] == '0')
		n--;
	if (n && text[n - 1] == '.')
		n--;
	text[n] = '\0';
	attr(b, node, name, text);
}

/* A path as xs:anyURI: what is no URI character becomes %HH. */
static void href_attr(struct build *b, struct sw_xml_node *node, const char *path)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	const char *s;

	for (s = path; *s; s++) {
		if (isalnum((unsigned char)*s) || strchr("-._~/:#@", *s))
			sw_strbuf_addc(&sb, *s);
		else
			sw_strbuf_addf(&sb, "%%%02X", (unsigned char)*s);
	}
	attr(b, node, "href", sw_strbuf_str(&sb));
	b->failed = b->failed || sb.failed;
}

/* The id is an NCName: other characters become '_'. */
static void id_attr(struct build *b, const char *name)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	const char *s;

	sw_strbuf_adds(&sb, RESULT_PREFIX);
	for (s = name; *s; s++)
		sw_strbuf_addc(&sb, isalnum((unsigned char)*s) || strchr("-._", *s) ? *s : '_');
	attr(b, b->at, "id", sw_strbuf_str(&sb));
	b->failed = b->failed || sb.failed;
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

static void add_override(struct build *b, struct sw_xml_node *parent, const struct sw_override *o)
{
	struct sw_xml_node *node = add(b, parent, "override", NULL);

	attr(b, node, "time", o->time);
	attr(b, node, "authority", o->authority);
	add(b, node, "old-result", sw_verdict_str(o->old_verdict));
	add(b, node, "new-result", sw_verdict_str(o->new_verdict));
	add(b, node, "remark", o->remark);
}

/* The rule's own idents, of every system. */
static void add_idents(struct build *b, struct sw_xml_node *parent, const struct sw_xml_node *rule)
{
	SW_XML_FOREACH (ident, rule, SW_NS_XCCDF, "ident")
		if (parent && !sw_xml_import(parent, ident))
			b->failed = true;
}

static void add_metadata(struct build *b, struct sw_xml_node *parent,
			 const struct sw_rule_result *rr)
{
	struct sw_xml_node *metadata;

	if (!rr->vacuous)
		return;
	metadata = add(b, parent, "metadata", NULL);
	if (metadata && !sw_xml_add(metadata, SW_NS_RESULT, "vacuous", NULL))
		b->failed = true;
}

static bool was_evaluated(enum sw_verdict v)
{
	return v != SW_VERDICT_NOTSELECTED && v != SW_VERDICT_NOTAPPLICABLE;
}

static void add_check(struct build *b, struct sw_xml_node *parent, const struct sw_rule_result *rr,
		      const struct sw_xml_node *rule)
{
	const struct sw_xml_node *complex = sw_xml_child(rule, SW_NS_XCCDF, "complex-check");
	struct sw_xml_node *check, *node;

	if (!rr->check_system) {
		if (complex && was_evaluated(rr->verdict) && parent &&
		    !sw_xml_import(parent, complex))
			b->failed = true;
		return;
	}
	check = add(b, parent, "check", NULL);
	attr(b, check, "system", rr->check_system);
	if (!strcmp(rr->check_system, SW_CHECK_SYSTEM_SCE) && rr->message) {
		node = add(b, check, "check-import", rr->message);
		attr(b, node, "import-name", "stdout");
	}
	if (!rr->check_href)
		return;
	node = add(b, check, "check-content-ref", NULL);
	attr(b, node, "href", rr->check_href);
	attr(b, node, "name", rr->check_name);
}

static void add_rule_result(struct build *b, const struct sw_rule_result *rr,
			    const struct sw_xml_node *rule)
{
	struct sw_xml_node *node = add(b, b->at, "rule-result", NULL), *message;

	attr(b, node, "idref", rr->rule_id);
	attr(b, node, "role", rr->role ? rr->role : "full");
	attr(b, node, "time", rr->time);
	attr(b, node, "severity", sw_severity_str(rr->severity));
	number(b, node, "weight", rr->weight);
	add(b, node, "result", sw_verdict_str(rr->verdict));
	if (rr->override)
		add_override(b, node, rr->override);
	add_idents(b, node, rule);
	add_metadata(b, node, rr);
	if (rr->message && *rr->message) {
		message = add(b, node, "message", rr->message);
		attr(b, message, "severity", message_severity(rr));
	}
	add_check(b, node, rr, rule);
}

/* In the order of the tree, which is that of rules[] save where a caller rearranged them. */
static void add_rule_results(struct build *b, const struct sw_rule_index *index,
			     const struct sw_xml_node *parent)
{
	const struct sw_rule_result *rr;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "Group")) {
			add_rule_results(b, index, node);
		} else if (sw_xml_is(node, NULL, "Rule")) {
			rr = sw_rule_index_find(index, sw_xml_attr_or(node, "id", ""));
			if (rr)
				add_rule_result(b, rr, node);
		}
	}
}

static void add_target(struct build *b, const struct sw_result *r)
{
	struct sw_xml_node *facts, *fact;
	size_t i;

	add(b, b->at, "target", r->target && *r->target ? r->target : "target");
	for (i = 0; i < r->n_addresses; i++)
		add(b, b->at, "target-address", r->addresses[i]);
	if (!r->n_facts)
		return;
	facts = add(b, b->at, "target-facts", NULL);
	for (i = 0; i < r->n_facts; i++) {
		fact = add(b, facts, "fact", r->facts[i].value);
		attr(b, fact, "name", r->facts[i].name);
		attr(b, fact, "type", "string");
	}
}

static void add_head(struct build *b, const struct sw_result *r,
		     const struct sw_render_options *opts, const char *benchmark_id)
{
	char system[128];
	struct sw_xml_node *node;

	id_attr(b, opts->result_id ? opts->result_id : "default");
	attr(b, b->at, "start-time", r->start_time);
	attr(b, b->at, "end-time", r->end_time);
	snprintf(system, sizeof(system), "cpe:/a:stigwatch:stigwatch:%s",
		 opts->version ? opts->version : SW_VERSION);
	attr(b, b->at, "test-system", system);
	attr(b, b->at, "version", r->benchmark_version);
	node = add(b, b->at, "benchmark", NULL);
	href_attr(b, node, r->content_path ? r->content_path : "#");
	attr(b, node, "id", benchmark_id);
	add(b, b->at, "title", "stigwatch result");
	/* "(all)" is no profile of the benchmark: no element says the same. */
	if (r->profile_id && r->profile_id[0] != '(')
		attr(b, add(b, b->at, "profile", NULL), "idref", r->profile_id);
}

static void add_tail(struct build *b, const struct sw_result *r)
{
	struct sw_xml_node *node;
	char text[64];
	size_t i;

	for (i = 0; i < r->n_scores; i++) {
		snprintf(text, sizeof(text), "%.6f", r->scores[i].value);
		node = add(b, b->at, "score", text);
		attr(b, node, "system", r->scores[i].system);
		number(b, node, "maximum", r->scores[i].maximum);
	}
}

/* Where schema order wants the TestResult: last, but before signatures. */
static struct sw_xml_node *place(struct sw_xml_node *root)
{
	SW_XML_FOREACH (node, root, "http://www.w3.org/2000/09/xmldsig#", "Signature")
		return sw_xml_add_before(node, SW_NS_XCCDF, "TestResult", NULL);
	SW_XML_FOREACH (node, root, SW_NS_XCCDF, "signature")
		return sw_xml_add_before(node, SW_NS_XCCDF, "TestResult", NULL);
	return sw_xml_add(root, SW_NS_XCCDF, "TestResult", NULL);
}

static int build_and_write(struct sw_result *r, const struct sw_render_options *opts,
			   struct build *b, sw_write_fn write, void *ctx)
{
	_cleanup_rule_index_ struct sw_rule_index index = {};
	struct sw_xml_node *root = sw_xml_root(r->doc), *node;
	const char *id = opts->benchmark_id ? opts->benchmark_id : r->benchmark_id;
	size_t i;

	if (sw_rule_index_init(&index, r) < 0)
		return -ENOMEM;
	attr(b, root, "id", id);
	add_head(b, r, opts, id);
	add_target(b, r);
	for (i = 0; i < r->n_values; i++) {
		node = add(b, b->at, "set-value", r->values[i].value);
		attr(b, node, "idref", r->values[i].name);
	}
	add_rule_results(b, &index, root);
	add_tail(b, r);
	if (b->failed || sw_xml_indent(b->at, 1) < 0)
		return -ENOMEM;
	return sw_xml_write(r->doc, write, ctx);
}

int sw_result_write_xccdf(struct sw_result *r, const struct sw_render_options *opts,
			  sw_write_fn write, void *ctx, struct sw_error *err)
{
	struct build b = {};
	int rc;

	if (!r->n_rules)
		return sw_error_set(err, ENODATA, "XCCDF: the result has no rule");
	rc = sw_result_score(r);
	if (rc == 0) {
		b.at = place(sw_xml_root(r->doc));
		rc = b.at ? build_and_write(r, opts, &b, write, ctx) : -ENOMEM;
	}
	/* The tree stays the benchmark alone, so that a result can be written twice. */
	if (b.at)
		sw_xml_remove(b.at);
	if (sw_xml_set_attr(sw_xml_root(r->doc), "id", r->benchmark_id) < 0 && rc == 0)
		rc = -ENOMEM;
	return rc < 0 ? sw_error_set(err, -rc, "XCCDF: %s", strerror(-rc)) : 0;
}
