/* SPDX-License-Identifier: Apache-2.0 */
/* The report for a person at a terminal: failures first; judges nothing. */
#include "result/text_common.h"
#include "stigwatch/cleanup.h"

#define WIDTH_DEFAULT 100
#define WIDTH_MIN 60
#define LABEL_COLUMNS 14
#define SEVERITY_COLUMNS 9
#define ID_COLUMNS_MAX 28
#define OPEN (1u << SW_VERDICT_UNKNOWN | 1u << SW_VERDICT_ERROR)

struct report {
	const struct sw_result *r;
	struct sw_strbuf sb;
	bool color, all;
	unsigned width;
	unsigned id_columns;
};

enum style { PLAIN, BOLD, DIM, RED, YELLOW, GREEN };

static void style(struct report *p, enum style s)
{
	static const char *const codes[] = {
		[PLAIN] = "0",	[BOLD] = "1",	   [DIM] = "2",
		[RED] = "1;31", [YELLOW] = "1;33", [GREEN] = "1;32",
	};

	if (p->color)
		sw_strbuf_addf(&p->sb, "\x1b[%sm", codes[s]);
}

static void pad(struct report *p, size_t used, size_t columns)
{
	while (used++ < columns)
		sw_strbuf_addc(&p->sb, ' ');
}

/* Clean text, cut and padded to a column. */
static void cell(struct report *p, const char *s, size_t columns)
{
	pad(p, sw_text_add_clean(&p->sb, s, columns), columns);
}

static void row(struct report *p, const char *label, const char *value, const char *note)
{
	size_t left = p->width - LABEL_COLUMNS - 2;

	if (!value || !value[0])
		return;
	sw_strbuf_adds(&p->sb, "  ");
	style(p, DIM);
	cell(p, label, LABEL_COLUMNS);
	style(p, PLAIN);
	sw_text_add_clean(&p->sb, value, left);
	sw_strbuf_addf(&p->sb, "%s\n", note);
}

static void add_window(struct report *p)
{
	const struct sw_result *r = p->r;
	int64_t seconds = sw_text_seconds(r->start_time, r->end_time);
	_cleanup_strbuf_ struct sw_strbuf value = {0};

	if (!r->start_time || !r->end_time)
		return;
	sw_strbuf_addf(&value, "%s to %s", r->start_time, r->end_time);
	if (seconds >= 0) {
		sw_strbuf_adds(&value, " (");
		sw_text_add_duration(&value, seconds);
		sw_strbuf_adds(&value, ")");
	}
	if (!value.failed)
		row(p, "time", sw_strbuf_str(&value), "");
}

static size_t selected_rules(const struct sw_result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_rules; i++)
		n += r->rules[i].verdict != SW_VERDICT_NOTSELECTED;
	return n;
}

static void add_headline(struct report *p)
{
	static const enum style styles[] = {
		[SW_OVERALL_COMPLIANT] = GREEN,
		[SW_OVERALL_FAIL] = RED,
		[SW_OVERALL_INCOMPLETE] = YELLOW,
		[SW_OVERALL_EMPTY] = YELLOW,
	};
	enum sw_overall overall = sw_text_overall(p->r);
	size_t counts[_SW_VERDICT_MAX] = {0}, open;

	sw_result_counts(p->r, counts);
	open = counts[SW_VERDICT_UNKNOWN] + counts[SW_VERDICT_ERROR];
	style(p, styles[overall]);
	sw_strbuf_adds(&p->sb, sw_text_overall_str(overall));
	style(p, PLAIN);
	sw_strbuf_adds(&p->sb, "  ");
	style(p, BOLD);
	sw_text_add_clean(&p->sb, p->r->target ? p->r->target : "", p->width / 2);
	style(p, PLAIN);
	sw_strbuf_addf(&p->sb, ": %zu of %zu rules fail", counts[SW_VERDICT_FAIL],
		       selected_rules(p->r));
	if (open > 0)
		sw_strbuf_addf(&p->sb, ", %zu not known", open);
	sw_strbuf_adds(&p->sb, "\n\n");
}

static void add_header(struct report *p)
{
	const struct sw_result *r = p->r;
	_cleanup_strbuf_ struct sw_strbuf benchmark = {0};

	add_headline(p);
	sw_strbuf_adds(&benchmark, r->benchmark_title && r->benchmark_title[0] ? r->benchmark_title
				   : r->benchmark_id			       ? r->benchmark_id
									       : "");
	if (r->benchmark_version && r->benchmark_version[0])
		sw_strbuf_addf(&benchmark, ", version %s", r->benchmark_version);
	row(p, "benchmark", sw_strbuf_str(&benchmark), "");
	row(p, "profile", r->profile_id, "");
	for (size_t i = 0; i < r->n_addresses; i++)
		row(p, i ? "" : "address", r->addresses[i], "");
	add_window(p);
	for (size_t i = 0; i < sw_text_n_facts; i++) {
		const char *name = sw_text_facts[i].name, *value = sw_text_fact(r, name);

		if (value)
			row(p, sw_text_facts[i].label, value, sw_text_fact_note(name, value));
	}
}

static unsigned id_columns(const struct sw_result *r)
{
	size_t most = 0;

	for (size_t i = 0; i < r->n_rules; i++) {
		const char *start;
		size_t n = sw_text_short_id(r->rules[i].rule_id, &start);

		if (n > most)
			most = n;
	}
	return most > ID_COLUMNS_MAX ? ID_COLUMNS_MAX : (unsigned)most;
}

static void add_rule(struct report *p, const struct sw_rule_result *rr, const char *verdict)
{
	size_t left = 2 + SEVERITY_COLUMNS + p->id_columns + 2;
	_cleanup_free_ char *id = NULL;
	const char *start;
	size_t n = sw_text_short_id(rr->rule_id, &start);

	id = strndup(start, n);
	sw_strbuf_adds(&p->sb, "  ");
	cell(p, sw_severity_str(rr->severity), SEVERITY_COLUMNS);
	cell(p, id ? id : "", p->id_columns);
	sw_strbuf_adds(&p->sb, "  ");
	sw_text_add_clean(&p->sb, rr->title ? rr->title : "", p->width - left);
	sw_strbuf_addc(&p->sb, '\n');
	if (!verdict && (!rr->message || !rr->message[0]))
		return;
	left = 2 + SEVERITY_COLUMNS; /* below the id: evidence needs the room */
	pad(p, 0, left);
	style(p, DIM);
	if (verdict)
		left += sw_text_add_clean(&p->sb, verdict, 20);
	if (verdict && rr->message && rr->message[0]) {
		sw_strbuf_adds(&p->sb, ": ");
		left += 2;
	}
	if (rr->message)
		sw_text_add_clean(&p->sb, rr->message, p->width - left);
	style(p, PLAIN);
	sw_strbuf_addc(&p->sb, '\n');
}

/* The rules whose verdict is in mask, worst severity first. */
static void add_section(struct report *p, const char *heading, enum style s, unsigned mask)
{
	bool several = mask == OPEN; /* two verdicts that differ in what to do */
	size_t n = 0;

	for (size_t i = 0; i < p->r->n_rules; i++)
		n += (mask >> p->r->rules[i].verdict) & 1;
	if (n == 0)
		return;
	sw_strbuf_addc(&p->sb, '\n');
	style(p, s);
	sw_strbuf_addf(&p->sb, "%s (%zu)\n", heading, n);
	style(p, PLAIN);
	for (int severity = _SW_SEVERITY_MAX - 1; severity >= 0; severity--) {
		for (size_t i = 0; i < p->r->n_rules; i++) {
			const struct sw_rule_result *rr = &p->r->rules[i];

			if ((int)rr->severity == severity && (mask >> rr->verdict) & 1)
				add_rule(p, rr, several ? sw_verdict_str(rr->verdict) : NULL);
		}
	}
}

static void add_sections(struct report *p)
{
	add_section(p, "Failed", RED, 1u << SW_VERDICT_FAIL);
	add_section(p, "Not known", YELLOW, OPEN);
	if (!p->all)
		return;
	add_section(p, "Not checked", PLAIN, 1u << SW_VERDICT_NOTCHECKED);
	add_section(p, "Passed", GREEN, 1u << SW_VERDICT_PASS | 1u << SW_VERDICT_FIXED);
	add_section(p, "Not applicable", PLAIN, 1u << SW_VERDICT_NOTAPPLICABLE);
	add_section(p, "For information", PLAIN, 1u << SW_VERDICT_INFORMATIONAL);
}

static const enum sw_verdict columns[] = {
	SW_VERDICT_FAIL,  SW_VERDICT_ERROR,	    SW_VERDICT_UNKNOWN,	   SW_VERDICT_PASS,
	SW_VERDICT_FIXED, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_NOTCHECKED, SW_VERDICT_INFORMATIONAL,
};

static void add_totals_row(struct report *p, const char *label,
			   const size_t of_row[_SW_VERDICT_MAX], const size_t all[_SW_VERDICT_MAX])
{
	sw_strbuf_adds(&p->sb, "  ");
	cell(p, label, SEVERITY_COLUMNS);
	for (size_t i = 0; i < SW_ARRAY_LEN(columns); i++)
		if (all[columns[i]] > 0)
			sw_strbuf_addf(&p->sb, "%*zu", (int)strlen(sw_verdict_str(columns[i])) + 2,
				       of_row[columns[i]]);
	sw_strbuf_addc(&p->sb, '\n');
}

static void add_totals(struct report *p)
{
	size_t by[_SW_SEVERITY_MAX][_SW_VERDICT_MAX] = {0}, all[_SW_VERDICT_MAX] = {0};
	size_t rules[_SW_SEVERITY_MAX] = {0};

	sw_result_counts(p->r, all);
	for (size_t i = 0; i < p->r->n_rules; i++) {
		by[p->r->rules[i].severity][p->r->rules[i].verdict]++;
		rules[p->r->rules[i].severity] += p->r->rules[i].verdict != SW_VERDICT_NOTSELECTED;
	}
	sw_strbuf_addc(&p->sb, '\n');
	style(p, BOLD);
	sw_strbuf_adds(&p->sb, "Totals\n");
	style(p, DIM);
	pad(p, 0, 2 + SEVERITY_COLUMNS);
	for (size_t i = 0; i < SW_ARRAY_LEN(columns); i++)
		if (all[columns[i]] > 0)
			sw_strbuf_addf(&p->sb, "  %s", sw_verdict_str(columns[i]));
	style(p, PLAIN);
	sw_strbuf_addc(&p->sb, '\n');
	for (int s = _SW_SEVERITY_MAX - 1; s >= 0; s--)
		if (rules[s] > 0)
			add_totals_row(p, sw_severity_str((enum sw_severity)s), by[s], all);
	add_totals_row(p, "all", all, all);
}

static void add_next_step(struct report *p)
{
	static const char *const steps[] = {
		[SW_OVERALL_COMPLIANT] = "keep it watched: this result ends where its window ends",
		[SW_OVERALL_FAIL] = "-o html=FILE shows each rule with its evidence and its fix",
		[SW_OVERALL_INCOMPLETE] =
			"what is not known is no pass: the messages above name what was not seen",
		[SW_OVERALL_EMPTY] = "no rule was judged: is this the right content and profile?",
	};

	sw_strbuf_addf(&p->sb, "\nNext: %s\n", steps[sw_text_overall(p->r)]);
}

int sw_text_report(const struct sw_result *r, const struct sw_text_options *o, sw_write_fn write,
		   void *ctx)
{
	struct report p = {.r = r, .color = o->color, .all = o->all, .width = o->width};
	int rc;

	if (p.width == 0)
		p.width = WIDTH_DEFAULT;
	if (p.width < WIDTH_MIN)
		p.width = WIDTH_MIN;
	p.id_columns = id_columns(r);
	add_header(&p);
	add_sections(&p);
	add_totals(&p);
	add_next_step(&p);
	rc = p.sb.failed ? -ENOMEM : write(ctx, sw_strbuf_str(&p.sb), p.sb.len);
	sw_strbuf_release(&p.sb);
	return rc;
}
