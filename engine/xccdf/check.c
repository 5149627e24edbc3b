/* SPDX-License-Identifier: Apache-2.0 */
/* Judges one rule: which check, by which engine, joined how (XCCDF 1.2 sections 6.4.4.4
 * and 7.2.3.5). */
#include "xccdf/internal.h"
#include "xccdf/sce.h"

static bool supported(const char *system)
{
	return !strcmp(system, SW_CHECK_SYSTEM_OVAL) || !strcmp(system, SW_CHECK_SYSTEM_SCE);
}

/*
 * The check to run: complex-check first; else of those that fit the refined selector (or have none)
 * the last whose system we have, as oscap takes it. Without any of ours, the first there is.
 */
const struct sw_xml_node *check_choose(const struct sw_xml_node *rule, const char *selector)
{
	const struct sw_xml_node *complex = sw_xml_child(rule, SW_NS_XCCDF, "complex-check");
	const struct sw_xml_node *chosen = NULL, *exact = NULL;

	if (complex)
		return complex;
	SW_XML_FOREACH (check, rule, SW_NS_XCCDF, "check") {
		const char *own = sw_xml_attr_or(check, "selector", "");
		bool ours = supported(sw_xml_attr_or(check, "system", ""));

		if (ours && selector && *selector && !strcmp(own, selector))
			exact = check;
		if (ours && !*own)
			chosen = check;
	}
	if (exact || chosen)
		return exact ? exact : chosen;
	return sw_xml_child(rule, SW_NS_XCCDF, "check");
}

/* What judging one check gives beside its verdict. */
struct outcome {
	enum sw_verdict verdict;
	bool vacuous;
	const char *href, *name; /* the content-ref that was used */
	struct sw_strbuf message;
	struct sw_rule_result *rr; /* whose parts are told, or NULL */
};

/* Content-refs are alternatives: the first whose document can be had counts (6.4.4.4.3). */
static void ask_oval(struct scan *scan, const struct sw_xml_node *check, struct oval_request *req,
		     struct outcome *out)
{
	struct oval_answer answer;
	bool any = false;

	SW_XML_FOREACH (ref, check, SW_NS_XCCDF, "check-content-ref") {
		req->href = sw_xml_attr_or(ref, "href", "");
		req->name = sw_xml_attr(ref, "name");
		sw_strbuf_release(&out->message);
		engines_oval(scan->engines, req, &out->message, &answer);
		out->verdict = answer.verdict;
		out->vacuous = answer.vacuous;
		out->href = req->href;
		out->name = req->name;
		any = true;
		if (answer.verdict != SW_VERDICT_NOTCHECKED)
			return;
	}
	if (!any)
		sw_strbuf_adds(&out->message, "the check refers to no content");
}

/* What is exported must be there: without it nothing can be said. */
static void run_oval(struct scan *scan, const struct sw_xml_node *check,
		     void (*ask)(struct scan *, const struct sw_xml_node *, struct oval_request *,
				 struct outcome *),
		     struct outcome *out)
{
	_cleanup_(exports_release) struct exports x = {};
	struct oval_request req = {.dictionary = SW_NO_DICTIONARY};

	if (exports_gather(&x, &scan->policy, check) < 0) {
		out->verdict = SW_VERDICT_ERROR;
		sw_strbuf_adds(&out->message, "no memory");
		return;
	}
	if (x.missing) {
		out->verdict = SW_VERDICT_UNKNOWN;
		sw_strbuf_addf(&out->message, "there is no value to export for %s", x.missing);
		return;
	}
	req.exports = x.list;
	req.n_exports = x.n;
	ask(scan, check, &req, out);
}

static void run_sce(struct scan *scan, const struct sw_xml_node *check, struct outcome *out)
{
	SW_XML_FOREACH (ref, check, SW_NS_XCCDF, "check-content-ref") {
		out->href = sw_xml_attr_or(ref, "href", "");
		out->name = sw_xml_attr(ref, "name");
		sw_strbuf_release(&out->message);
		out->verdict = sce_check(scan, check, out->href, &out->message);
		if (out->verdict != SW_VERDICT_NOTCHECKED)
			return;
	}
}

/* Turns the verdict round; what was said for the old one would mislead. */
static void negate(struct outcome *out)
{
	out->verdict = sw_verdict_negate(out->verdict);
	if (out->verdict != SW_VERDICT_PASS && out->verdict != SW_VERDICT_FAIL)
		return;
	sw_strbuf_release(&out->message);
	out->vacuous = false;
	if (out->verdict == SW_VERDICT_FAIL)
		sw_strbuf_adds(&out->message, "the check is negated, and what it describes is so");
}

static void run_check(struct scan *scan, const struct sw_xml_node *check, struct outcome *out)
{
	const char *system = sw_xml_attr_or(check, "system", "");

	out->verdict = SW_VERDICT_NOTCHECKED;
	if (!strcmp(system, SW_CHECK_SYSTEM_OVAL))
		run_oval(scan, check, ask_oval, out);
	else if (!strcmp(system, SW_CHECK_SYSTEM_SCE))
		run_sce(scan, check, out);
	else if (!strcmp(system, SW_CHECK_SYSTEM_RUNTIME))
		sw_strbuf_adds(&out->message, "checked at run time");
	else
		sw_strbuf_addf(&out->message, "check system %s is not supported", system);
	if (sw_xml_attr_bool(check, "negate", false))
		negate(out);
}

/* One line of a joined message. */
static void join_message(struct sw_strbuf *to, const struct sw_strbuf *part)
{
	if (!part->len)
		return;
	if (to->len)
		sw_strbuf_addc(to, '\n');
	sw_strbuf_add(to, part->data, part->len);
}

static void run_complex(struct scan *scan, const struct sw_xml_node *complex, struct outcome *out)
{
	bool all = !strcmp(sw_xml_attr_or(complex, "operator", "AND"), "AND");
	struct outcome one;
	bool first = true;

	out->verdict = SW_VERDICT_NOTCHECKED;
	SW_XML_FOREACH (node, complex, SW_NS_XCCDF, NULL) {
		one = (struct outcome){};
		if (sw_xml_is(node, NULL, "check"))
			run_check(scan, node, &one);
		else if (sw_xml_is(node, NULL, "complex-check"))
			run_complex(scan, node, &one);
		else
			continue;
		if (first)
			out->verdict = one.verdict;
		else
			out->verdict = all ? sw_verdict_and(out->verdict, one.verdict)
					   : sw_verdict_or(out->verdict, one.verdict);
		out->vacuous = out->vacuous || one.vacuous;
		if (one.verdict != SW_VERDICT_PASS || one.vacuous)
			join_message(&out->message, &one.message);
		sw_strbuf_release(&one.message);
		first = false;
	}
	/* An OR that holds need not tell of its other operands. */
	if (out->verdict == SW_VERDICT_PASS && !out->vacuous)
		sw_strbuf_release(&out->message);
	if (sw_xml_attr_bool(complex, "negate", false))
		negate(out);
}

static int add_part(struct scan *scan, const struct oval_request *req, size_t i,
		    const struct outcome *one, struct sw_rule_result *rr)
{
	struct sw_rule_part *part;

	if (SW_GROW(rr->parts, rr->n_parts, rr->cap_parts) < 0)
		return -ENOMEM;
	part = &rr->parts[rr->n_parts++];
	*part = (struct sw_rule_part){
		.name = strdup(req->name),
		.title = strdup(engines_title(scan->engines, req, i)),
		.message = one->message.len ? strdup(one->message.data) : NULL,
		.verdict = one->verdict,
	};
	return part->name && part->title ? 0 : -ENOMEM;
}

static int compare_parts(const void *a, const void *b)
{
	const struct sw_rule_part *x = a, *y = b;

	return x->name && y->name ? strcmp(x->name, y->name) : !!x->name - !!y->name;
}

/* Each definition of the document by itself; the rule's verdict is the worst of them. */
static void ask_each(struct scan *scan, const struct sw_xml_node *check, struct oval_request *req,
		     struct outcome *out)
{
	bool negated = sw_xml_attr_bool(check, "negate", false);
	struct outcome one;
	size_t i;

	for (i = 0; (req->name = engines_definition(scan->engines, req, i)); i++) {
		struct oval_answer answer;

		one = (struct outcome){};
		engines_oval(scan->engines, req, &one.message, &answer);
		one.verdict = answer.verdict;
		if (negated)
			negate(&one);
		if (out->rr && add_part(scan, req, i, &one, out->rr) < 0)
			one.verdict = SW_VERDICT_ERROR;
		out->vacuous = out->vacuous || answer.vacuous;
		out->verdict = i ? sw_verdict_worst(out->verdict, one.verdict) : one.verdict;
		sw_strbuf_addf(&out->message, "%s%s: %s", i ? "\n" : "", req->name,
			       sw_verdict_str(one.verdict));
		if (one.message.len)
			sw_strbuf_addf(&out->message, "\n%s", one.message.data);
		sw_strbuf_release(&one.message);
	}
	if (out->rr && out->rr->n_parts)
		qsort(out->rr->parts, out->rr->n_parts, sizeof(*out->rr->parts), compare_parts);
	if (!i) {
		out->verdict = SW_VERDICT_UNKNOWN;
		sw_strbuf_adds(&out->message, "the document holds no definition");
	}
}

/* multi-check (6.4.4.4, @multi-check): of the first document that can be had, if no name is given.
 */
static void ask_multi(struct scan *scan, const struct sw_xml_node *check, struct oval_request *req,
		      struct outcome *out)
{
	SW_XML_FOREACH (ref, check, SW_NS_XCCDF, "check-content-ref") {
		req->href = sw_xml_attr_or(ref, "href", "");
		req->name = sw_xml_attr(ref, "name");
		if (req->name)
			break;
		if (!engines_has(scan->engines, req))
			continue;
		out->href = req->href;
		ask_each(scan, check, req, out);
		return;
	}
	ask_oval(scan, check, req, out);
	if (sw_xml_attr_bool(check, "negate", false))
		negate(out);
}

static bool is_multi(const struct sw_xml_node *check)
{
	return sw_xml_attr_bool(check, "multi-check", false) &&
	       !strcmp(sw_xml_attr_or(check, "system", ""), SW_CHECK_SYSTEM_OVAL);
}

static int record(const struct sw_xml_node *check, const struct outcome *out,
		  struct sw_rule_result *rr)
{
	int rc;

	rr->verdict = out->verdict;
	rr->vacuous = out->vacuous && out->verdict == SW_VERDICT_PASS;
	/* What nobody here can run was not evaluated, and is not named. */
	if (!supported(sw_xml_attr_or(check, "system", SW_CHECK_SYSTEM_OVAL)) &&
	    strcmp(sw_xml_attr_or(check, "system", ""), SW_CHECK_SYSTEM_RUNTIME))
		check = NULL;
	rc = check ? sw_str_replace(&rr->check_system, sw_xml_attr(check, "system")) : 0;
	if (rc == 0)
		rc = sw_str_replace(&rr->check_href, out->href);
	if (rc == 0)
		rc = sw_str_replace(&rr->check_name, out->name);
	return rc < 0 || !out->message.len ? rc : sw_rule_result_set_message(rr, out->message.data);
}

/* Judged, told, not counted (6.4.4.2, @role). What one check comes to is no more than information,
 * as oscap has it, even that its document is not there. */
static enum sw_verdict unscored(const struct sw_xml_node *check, enum sw_verdict v)
{
	bool one = sw_xml_is(check, NULL, "check") && !is_multi(check) &&
		   supported(sw_xml_attr_or(check, "system", ""));

	return one || v == SW_VERDICT_PASS || v == SW_VERDICT_FAIL ? SW_VERDICT_INFORMATIONAL : v;
}

void check_rule(struct scan *scan, const struct item *item, struct sw_rule_result *rr)
{
	const struct item_policy *ip = &scan->policy.items[item - scan->content->items];
	const struct sw_xml_node *check = check_choose(item->node, ip->selector);
	struct outcome out = {.rr = rr};

	rr->verdict = SW_VERDICT_NOTCHECKED;
	if (!strcmp(ip->role, "unchecked")) {
		sw_rule_result_set_message(rr, "the rule's role is unchecked");
		return;
	}
	if (!check) {
		sw_rule_result_set_message(rr, "the rule has no check");
		return;
	}
	if (sw_xml_is(check, NULL, "complex-check"))
		run_complex(scan, check, &out);
	else if (is_multi(check))
		run_oval(scan, check, ask_multi, &out);
	else
		run_check(scan, check, &out);
	if (!strcmp(ip->role, "unscored")) {
		out.verdict = unscored(check, out.verdict);
		for (size_t i = 0; i < rr->n_parts; i++)
			rr->parts[i].verdict = unscored(check, rr->parts[i].verdict);
	}
	if (record(check, &out, rr) < 0)
		rr->verdict = SW_VERDICT_ERROR;
	sw_strbuf_release(&out.message);
}
