/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the HTML report: runtime rules with their evidence, overrides, and all others by
 * verdict. */
#include "result/html_page.h"
#include "stigwatch/cleanup.h"

/* Bytes of each text; vendor descriptions are seldom longer than 1,500. */
#define CUT_TITLE 300
#define CUT_EVIDENCE 6000
#define CUT_MESSAGE 700
#define CUT_MESSAGE_SHORT 160
#define CUT_TEXT 900
#define MAX_OVERRIDES 250

static void add_pill(struct sw_html *p, enum sw_verdict v)
{
	sw_html_rawf(p, "<span class=\"pill bg-%s\">%s</span>", sw_verdict_str(v),
		     sw_verdict_str(v));
}

static void add_severity(struct sw_html *p, enum sw_severity s)
{
	sw_html_rawf(p, "<span class=\"sev sev-%s\">%s</span>", sw_severity_str(s),
		     sw_severity_str(s));
}

/* Does an observation with its time begin here, as in "2 violations. [2026-11-23T20:00:12Z] ..."?
 */
static bool is_observation(const char *s)
{
	return s[0] == ' ' && s[1] == '[' && strspn(s + 2, "0123456789") == 4 && s[6] == '-';
}

/* The evidence text, each observation on a line of its own. */
static void add_evidence(struct sw_html *p, const char *message, size_t cut)
{
	size_t from = 0, len = message ? strlen(message) : 0;

	if (len == 0)
		return;
	sw_html_raw(p, "<p class=\"evidence\">");
	for (size_t at = 0; at < len && at < cut; at++) {
		if (!is_observation(message + at))
			continue;
		sw_html_text_n(p, message + from, at - from, SIZE_MAX);
		sw_html_raw(p, "\n");
		from = at + 1;
	}
	sw_html_text_cut(p, message + from, cut - from);
	sw_html_raw(p, "</p>\n");
}

static void add_text_block(struct sw_html *p, const char *label, const char *text, size_t cut)
{
	if (!text || !text[0])
		return;
	sw_html_rawf(p, "<h4>%s</h4><p>", label);
	sw_html_text_cut(p, text, cut);
	sw_html_raw(p, "</p>\n");
}

static void add_ids(struct sw_html *p, const struct sw_rule_result *rr)
{
	sw_html_raw(p, "<p class=\"ids\"><code>");
	sw_html_text_cut(p, rr->rule_id, 160);
	sw_html_raw(p, "</code>");
	for (size_t i = 0; i < rr->n_idents && i < 12; i++) {
		sw_html_raw(p, " <code>");
		sw_html_text_cut(p, rr->idents[i], 40);
		sw_html_raw(p, "</code>");
	}
	if (rr->group_title && rr->group_title[0]) {
		sw_html_raw(p, " <span>");
		sw_html_text_cut(p, rr->group_title, 120);
		sw_html_raw(p, "</span>");
	}
	sw_html_raw(p, "</p>\n");
}

static void add_evidence_for(struct sw_html *p, const struct sw_rule_result *rr)
{
	if (rr->n_evidence_for == 0)
		return;
	sw_html_raw(p, "<p class=\"for\">Evidence for ");
	for (size_t i = 0; i < rr->n_evidence_for && i < 12; i++) {
		sw_html_raw(p, i ? ", <code>" : "<code>");
		sw_html_short_id(p, rr->evidence_for[i]);
		sw_html_raw(p, "</code>");
	}
	sw_html_raw(p, "</p>\n");
}

static void add_override(struct sw_html *p, const struct sw_override *o)
{
	sw_html_rawf(p,
		     "<p class=\"changed\">The content says <b>%s</b>; measured: <b>%s</b>.</p>\n",
		     sw_verdict_str(o->old_verdict), sw_verdict_str(o->new_verdict));
}

static void add_runtime_rule(struct sw_html *p, const struct sw_rule_result *rr)
{
	sw_html_rawf(p, "<article class=\"rule %s\">\n<h3>", sw_verdict_str(rr->verdict));
	add_pill(p, rr->verdict);
	sw_html_raw(p, " ");
	sw_html_text_cut(p, rr->title, CUT_TITLE);
	sw_html_raw(p, " ");
	add_severity(p, rr->severity);
	sw_html_raw(p, "</h3>\n");
	add_evidence(p, rr->message, CUT_EVIDENCE);
	add_evidence_for(p, rr);
	sw_html_raw(p, "<details><summary>what it watches, why, and what to do</summary>"
		       "<div class=\"more\">\n");
	add_text_block(p, "What it watches", rr->description, CUT_TEXT);
	add_text_block(p, "Why", rr->rationale, CUT_TEXT);
	add_text_block(p, "What to do", rr->fixtext, CUT_TEXT);
	add_ids(p, rr);
	sw_html_raw(p, "</div></details>\n</article>\n");
}

/* Bad news first. */
static const enum sw_verdict order[] = {
	SW_VERDICT_FAIL, SW_VERDICT_ERROR, SW_VERDICT_UNKNOWN,	     SW_VERDICT_NOTCHECKED,
	SW_VERDICT_PASS, SW_VERDICT_FIXED, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_INFORMATIONAL,
};

static size_t count(const struct sw_result *r, bool runtime, enum sw_verdict v)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_rules; i++)
		n += r->rules[i].runtime == runtime && r->rules[i].verdict == v;
	return n;
}

void sw_html_add_runtime_rules(struct sw_html *p)
{
	size_t n = 0;

	for (size_t k = 0; k < SW_ARRAY_LEN(order); k++)
		n += count(p->r, true, order[k]);
	if (n == 0)
		return;
	sw_html_raw(p, "<section id=\"runtime\"><h2>While it ran</h2>\n");
	for (size_t k = 0; k < SW_ARRAY_LEN(order); k++)
		for (size_t i = 0; i < p->r->n_rules; i++)
			if (p->r->rules[i].runtime && p->r->rules[i].verdict == order[k])
				add_runtime_rule(p, &p->r->rules[i]);
	sw_html_raw(p, "</section>\n");
}

static void add_override_row(struct sw_html *p, const struct sw_rule_result *rr)
{
	const struct sw_override *o = rr->override;

	sw_html_raw(p, "<tr><td><code>");
	sw_html_short_id(p, rr->rule_id);
	sw_html_raw(p, "</code><br />");
	sw_html_text_cut(p, rr->title, 160);
	sw_html_raw(p, "</td><td class=\"change\">");
	add_pill(p, o->old_verdict);
	sw_html_raw(p, " → ");
	add_pill(p, o->new_verdict);
	sw_html_raw(p, "</td><td>");
	sw_html_text_cut(p, o->remark, 400);
	sw_html_raw(p, "<small>");
	sw_html_text_cut(p, o->authority, 80);
	sw_html_raw(p, ", ");
	sw_html_text_cut(p, o->time, 40);
	sw_html_raw(p, "</small></td></tr>\n");
}

void sw_html_add_overrides(struct sw_html *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->r->n_rules; i++) {
		if (!p->r->rules[i].override || n == MAX_OVERRIDES)
			continue;
		if (n++ == 0)
			sw_html_raw(
				p, "<section id=\"overrides\"><h2>Verdicts that the measurement "
				   "changed</h2>\n<div class=\"scroll\"><table class=\"overrides\">"
				   "<thead><tr><th>rule</th><th>verdict</th><th>because</th></tr>"
				   "</thead><tbody>\n");
		add_override_row(p, &p->r->rules[i]);
	}
	if (n > 0)
		sw_html_raw(p, "</tbody></table></div></section>\n");
}

static void add_rule(struct sw_html *p, const struct sw_rule_result *rr)
{
	bool whole = p->sb.len < SW_HTML_SOFT_BYTES;

	sw_html_raw(p, "<details class=\"rule\"><summary>");
	add_severity(p, rr->severity);
	sw_html_raw(p, " <code>");
	sw_html_short_id(p, rr->rule_id);
	sw_html_raw(p, "</code> <span>");
	sw_html_text_cut(p, rr->title, CUT_TITLE);
	sw_html_raw(p, "</span></summary><div class=\"more\">\n");
	if (rr->override)
		add_override(p, rr->override);
	add_evidence(p, rr->message, whole ? CUT_MESSAGE : CUT_MESSAGE_SHORT);
	if (rr->vacuous)
		sw_html_raw(p,
			    "<p class=\"changed\">This pass rests on nothing: what the rule looks "
			    "at does not exist in the target.</p>\n");
	if (whole) {
		add_text_block(p, "Requirement", rr->description, CUT_TEXT);
		add_text_block(p, "Rationale", rr->rationale, CUT_TEXT);
		add_text_block(p, "Fix", rr->fixtext, CUT_TEXT);
	} else {
		sw_html_raw(p, "<p>The full text is in the XCCDF result.</p>\n");
	}
	if (whole)
		add_ids(p, rr);
	sw_html_raw(p, "</div></details>\n");
}

static void add_verdict_group(struct sw_html *p, enum sw_verdict v)
{
	static const char *const headings[] = {
		[SW_VERDICT_PASS] = "Passed",
		[SW_VERDICT_FAIL] = "Failed",
		[SW_VERDICT_ERROR] = "Errors",
		[SW_VERDICT_UNKNOWN] = "Not known",
		[SW_VERDICT_FIXED] = "Fixed",
		[SW_VERDICT_NOTAPPLICABLE] = "Not applicable",
		[SW_VERDICT_NOTCHECKED] = "Not checked",
		[SW_VERDICT_NOTSELECTED] = "Not selected",
		[SW_VERDICT_INFORMATIONAL] = "For information",
	};
	bool open = v == SW_VERDICT_FAIL || v == SW_VERDICT_ERROR || v == SW_VERDICT_UNKNOWN;
	size_t n = count(p->r, false, v);

	if (n == 0)
		return;
	sw_html_rawf(p, "<details class=\"group\"%s><summary><h3>", open ? " open=\"open\"" : "");
	add_pill(p, v);
	sw_html_rawf(p, " %s <em>%zu</em></h3></summary>\n", headings[v], n);
	for (int s = _SW_SEVERITY_MAX - 1; s >= 0; s--)
		for (size_t i = 0; i < p->r->n_rules; i++) {
			const struct sw_rule_result *rr = &p->r->rules[i];

			if (!rr->runtime && rr->verdict == v && (int)rr->severity == s)
				add_rule(p, rr);
		}
	sw_html_raw(p, "</details>\n");
}

void sw_html_add_rules(struct sw_html *p)
{
	size_t n = 0;

	for (size_t k = 0; k < SW_ARRAY_LEN(order); k++)
		n += count(p->r, false, order[k]);
	if (n == 0)
		return;
	sw_html_raw(p, "<section id=\"rules\"><h2>As it was configured</h2>\n");
	for (size_t k = 0; k < SW_ARRAY_LEN(order); k++)
		add_verdict_group(p, order[k]);
	sw_html_raw(p, "</section>\n");
}
