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
static const struct sw_xml_node *choose(const struct sw_xml_node *rule, const char *selector)
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

static int export_check(struct scan *scan, const struct sw_xml_node *check)
{
	const struct sw_xml_node *ref = sw_xml_child(check, SW_NS_XCCDF, "check-content-ref");
	const struct bound_value *value;
	int rc = 0;

	SW_XML_FOREACH (node, check, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "check") || sw_xml_is(node, NULL, "complex-check"))
			rc = export_check(scan, node);
		else if (sw_xml_is(node, NULL, "check-export") && ref &&
			 !strcmp(sw_xml_attr_or(check, "system", ""), SW_CHECK_SYSTEM_OVAL)) {
			value = policy_value(&scan->policy, sw_xml_attr_or(node, "value-id", ""));
			if (value)
				rc = engines_export(scan->engines, sw_xml_attr_or(ref, "href", ""),
						    sw_xml_attr_or(node, "export-name", ""),
						    value->text);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

int checks_export(struct scan *scan)
{
	const struct sw_content *c = scan->content;
	const struct sw_xml_node *check;
	size_t i;
	int rc;

	for (i = 0; i < c->n_items; i++) {
		if (!c->items[i].is_rule || !scan->policy.items[i].effective)
			continue;
		check = choose(c->items[i].node, scan->policy.items[i].selector);
		rc = check ? export_check(scan, check) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What judging one check gives beside its verdict. */
struct outcome {
	enum sw_verdict verdict;
	bool vacuous;
	const char *href, *name; /* the content-ref that was used */
	struct sw_strbuf message;
};

/* Content-refs are alternatives: the first whose document can be had counts (6.4.4.4.3). */
static void run_oval(struct scan *scan, const struct sw_xml_node *check, struct outcome *out)
{
	struct oval_answer answer;
	bool any = false;

	SW_XML_FOREACH (ref, check, SW_NS_XCCDF, "check-content-ref") {
		const char *href = sw_xml_attr_or(ref, "href", "");
		const char *name = sw_xml_attr(ref, "name");

		sw_strbuf_release(&out->message);
		engines_oval(scan->engines, SW_NO_DICTIONARY, href, name, &out->message, &answer);
		out->verdict = answer.verdict;
		out->vacuous = answer.vacuous;
		out->href = href;
		out->name = name;
		any = true;
		if (answer.verdict != SW_VERDICT_NOTCHECKED)
			return;
	}
	if (!any)
		sw_strbuf_adds(&out->message, "the check refers to no content");
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
		run_oval(scan, check, out);
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

static int record(const struct sw_xml_node *check, const struct outcome *out,
		  struct sw_rule_result *rr)
{
	int rc;

	rr->verdict = out->verdict;
	rr->vacuous = out->vacuous && out->verdict == SW_VERDICT_PASS;
	rc = sw_str_replace(&rr->check_system, sw_xml_attr(check, "system"));
	if (rc == 0)
		rc = sw_str_replace(&rr->check_href, out->href);
	if (rc == 0)
		rc = sw_str_replace(&rr->check_name, out->name);
	return rc < 0 || !out->message.len ? rc : sw_rule_result_set_message(rr, out->message.data);
}

void check_rule(struct scan *scan, const struct item *item, struct sw_rule_result *rr)
{
	const struct item_policy *ip = &scan->policy.items[item - scan->content->items];
	const struct sw_xml_node *check = choose(item->node, ip->selector);
	struct outcome out = {};

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
	else
		run_check(scan, check, &out);
	/* Judged, told, not counted (6.4.4.2, @role). */
	if (!strcmp(ip->role, "unscored") &&
	    (out.verdict == SW_VERDICT_PASS || out.verdict == SW_VERDICT_FAIL))
		out.verdict = SW_VERDICT_INFORMATIONAL;
	if (record(check, &out, rr) < 0)
		rr->verdict = SW_VERDICT_ERROR;
	sw_strbuf_release(&out.message);
}
