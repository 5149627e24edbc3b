/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on standard output, in oscap's three forms. Bytes that steer a terminal are made
 * harmless. */
#include "cli/oscap.h"
#include "event/text.h"

/* Idents in document order, as the rules are: a search begins where the last one ended. */
struct idents {
	struct sw_info_ident *items;
	size_t n, at;
};

static void add_field(struct sw_strbuf *sb, const char *label, const char *value, const char *after)
{
	sw_strbuf_adds(sb, label);
	if (value)
		sw_text_add(sb, value, strlen(value));
	sw_strbuf_adds(sb, after);
}

static void add_idents(struct sw_strbuf *sb, struct idents *idents, const char *rule_id)
{
	size_t i;

	for (i = 0; i < idents->n; i++)
		if (strcmp(idents->items[(idents->at + i) % idents->n].rule_id, rule_id) == 0)
			break;
	if (i == idents->n)
		return;
	idents->at = (idents->at + i) % idents->n;
	while (idents->at < idents->n && strcmp(idents->items[idents->at].rule_id, rule_id) == 0)
		add_field(sb, "Ident\r\t", idents->items[idents->at++].ident, "\n");
	idents->at %= idents->n;
}

/* part: one definition of a multi-check, or NULL. */
static void add_rule(struct sw_strbuf *sb, const struct oscap *o, const struct sw_rule_result *rr,
		     const struct sw_rule_part *part, struct idents *idents)
{
	const char *verdict = sw_verdict_str(part ? part->verdict : rr->verdict);

	if (o->progress_full) {
		add_field(sb, "", rr->rule_id, "|");
		add_field(sb, "", rr->title, "|");
		add_field(sb, "", verdict, "\n");
	} else if (o->progress) {
		add_field(sb, "", rr->rule_id, ":");
		add_field(sb, "", verdict, "\n");
	} else {
		add_field(sb, "Title\r\t", rr->title, "\n");
		add_field(sb, "Rule\r\t", rr->rule_id, "\n");
		add_idents(sb, idents, rr->rule_id);
		if (part) {
			add_field(sb, "OVAL Definition ID\t", part->name, "\n");
			add_field(sb, "OVAL Definition Title\t", part->title, "\n");
		}
		add_field(sb, "Result\r\t", verdict, "\n\n");
	}
}

static void add_all(struct sw_strbuf *sb, const struct oscap *o, const struct sw_rule_result *rr,
		    struct idents *idents)
{
	if (!rr->n_parts)
		add_rule(sb, o, rr, NULL, idents);
	for (size_t n = rr->n_parts; n--;) /* the last one first */
		add_rule(sb, o, rr, &rr->parts[n], idents);
}

int oscap_print(const struct oscap *o, const struct sw_info *info, const struct sw_result *r)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	struct idents idents = {0};
	bool sparse = o->progress || o->progress_full;
	int rc = 0;

	if (!sparse) {
		rc = sw_info_idents(info, r->benchmark_id, &idents.items, &idents.n);
		sw_strbuf_adds(&sb, "--- Starting Evaluation ---\n\n");
	} else if (o->progress_full) {
		sw_strbuf_adds(&sb, "---evaluation\n");
	}
	for (size_t i = 0; rc == 0 && i < r->n_rules; i++)
		if (r->rules[i].verdict != SW_VERDICT_NOTSELECTED)
			add_all(&sb, o, &r->rules[i], &idents);
	sw_info_idents_free(idents.items, idents.n);
	if (rc < 0 || !sw_strbuf_str(&sb))
		return -ENOMEM;
	fputs(sw_strbuf_str(&sb), stdout);
	return fflush(stdout) == 0 ? 0 : -EIO;
}
