/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the timeline: a bar of what was watched, and a lane of violations for each rule; sums up
 * nothing. */
#include <time.h>

#include "result/html_page.h"
#include "stigwatch/cleanup.h"

#define UNITS 1000 /* of the drawing's width */
#define BINS 100   /* marks that fall into one are drawn as one */
#define MAX_LANES 24
#define MAX_MARKS 600
#define MAX_HOLES 50
#define CUT_MARK 160
#define NS INT64_C(1000000000)

static double position(const struct sw_html_timeline *tl, int64_t at)
{
	double whole = (double)tl->end_ns - (double)tl->start_ns;
	double x = whole > 0 ? ((double)at - (double)tl->start_ns) / whole * UNITS : 0;

	return x < 0 ? 0 : x > UNITS ? UNITS : x;
}

/* "20:04:05.250", with the day in front when the window is longer than one. */
static void add_clock(struct sw_html *p, int64_t at, bool millis)
{
	bool days = (double)p->tl->end_ns - (double)p->tl->start_ns > 86400.0 * NS;
	time_t sec = at / NS;
	char text[48] = "";
	struct tm tm;

	if (at >= 0 && gmtime_r(&sec, &tm))
		strftime(text, sizeof(text), days ? "%m-%d %H:%M:%S" : "%H:%M:%S", &tm);
	sw_html_raw(p, text);
	if (millis)
		sw_html_rawf(p, ".%03d", (int)(at % NS / 1000000));
}

/* Holes are drawn over what is watched, and never thinner than can be seen. */
static void add_segments(struct sw_html *p, bool watched, bool titles)
{
	for (size_t i = 0; i < p->tl->n_segments; i++) {
		const struct sw_html_segment *s = &p->tl->segments[i];
		double x = position(p->tl, s->from), w = position(p->tl, s->to) - x;

		if (s->watched != watched || w < 0 || (!watched && i > MAX_MARKS))
			continue;
		if (!watched && w < 3)
			w = 3;
		if (x + w > UNITS)
			x = UNITS - w;
		sw_html_rawf(p,
			     "<rect x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"20\" class=\"%s\">",
			     x, w, watched ? "on" : "off");
		if (titles) {
			sw_html_raw(p, "<title>");
			sw_html_raw(p, watched ? "watched" : "not watched: ");
			sw_html_text_cut(p, watched ? NULL : s->why, CUT_MARK);
			sw_html_raw(p, "</title>");
		}
		sw_html_raw(p, "</rect>");
	}
}

static void lane_open(struct sw_html *p, const char *css)
{
	sw_html_rawf(p,
		     "<svg class=\"%s\" viewBox=\"0 0 %d 20\" preserveAspectRatio=\"none\" "
		     "xmlns=\"http://www.w3.org/2000/svg\">",
		     css, UNITS);
}

static void add_coverage_lane(struct sw_html *p)
{
	sw_html_raw(p, "<div class=\"lane\"><span class=\"name\">watched</span>");
	lane_open(p, "coverage");
	sw_html_rawf(p, "<rect x=\"0\" y=\"0\" width=\"%d\" height=\"20\" class=\"none\" />",
		     UNITS);
	add_segments(p, true, true);
	add_segments(p, false, true);
	sw_html_raw(p, "</svg><span class=\"n\"></span></div>\n");
}

static const struct sw_rule_result *find_rule(const struct sw_result *r, const char *rule_id)
{
	for (size_t i = 0; i < r->n_rules; i++)
		if (strcmp(r->rules[i].rule_id, rule_id) == 0)
			return &r->rules[i];
	return NULL;
}

struct bin {
	size_t n;
	const struct sw_html_mark *first;
};

static void add_mark(struct sw_html *p, const struct bin *b)
{
	double x = position(p->tl, b->first->at);

	sw_html_rawf(p, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"2\" y2=\"18\" class=\"mark\"><title>",
		     x, x);
	add_clock(p, b->first->at, true);
	sw_html_raw(p, " ");
	sw_html_text_cut(p, b->first->text, CUT_MARK);
	if (b->n > 1)
		sw_html_rawf(p, " (and %zu more close by)", b->n - 1);
	sw_html_raw(p, "</title></line>");
}

/* Returns the marks drawn. */
static size_t add_marks(struct sw_html *p, const char *rule_id, size_t *ret_violations)
{
	struct bin bins[BINS + 1] = {0};
	size_t drawn = 0;

	*ret_violations = 0;
	for (size_t i = 0; i < p->tl->n_marks; i++) {
		const struct sw_html_mark *m = &p->tl->marks[i];
		struct bin *b = &bins[(size_t)(position(p->tl, m->at) * BINS / UNITS)];

		if (strcmp(m->rule_id, rule_id) != 0)
			continue;
		(*ret_violations)++;
		if (b->n++ == 0 || m->at < b->first->at)
			b->first = m;
	}
	for (size_t i = 0; i <= BINS; i++) {
		if (bins[i].n == 0)
			continue;
		add_mark(p, &bins[i]);
		drawn++;
	}
	return drawn;
}

static size_t add_rule_lane(struct sw_html *p, const char *rule_id)
{
	const struct sw_rule_result *rr = find_rule(p->r, rule_id);
	size_t violations, drawn;

	sw_html_raw(p, "<div class=\"lane\"><span class=\"name\" title=\"");
	sw_html_text_cut(p, rr ? rr->title : rule_id, CUT_MARK);
	sw_html_raw(p, "\">");
	sw_html_short_id(p, rule_id);
	sw_html_raw(p, "</span>");
	lane_open(p, "marks");
	add_segments(p, false, false);
	drawn = add_marks(p, rule_id, &violations);
	sw_html_rawf(p, "</svg><span class=\"n%s\">%zu</span></div>\n", violations ? " fail" : "",
		     violations);
	return drawn;
}

static bool seen_before(const struct sw_html_timeline *tl, size_t mark)
{
	for (size_t i = 0; i < mark; i++)
		if (strcmp(tl->marks[i].rule_id, tl->marks[mark].rule_id) == 0)
			return true;
	return false;
}

/* A lane for each runtime rule, and for whatever other rule has a mark. */
static void add_lanes(struct sw_html *p)
{
	size_t lanes = 0, drawn = 0;

	for (size_t i = 0; i < p->r->n_rules && lanes < MAX_LANES; i++) {
		if (!p->r->rules[i].runtime || p->r->rules[i].verdict == SW_VERDICT_NOTSELECTED)
			continue;
		drawn += add_rule_lane(p, p->r->rules[i].rule_id);
		lanes++;
	}
	for (size_t i = 0; i < p->tl->n_marks && lanes < MAX_LANES && drawn < MAX_MARKS; i++) {
		const struct sw_rule_result *rr = find_rule(p->r, p->tl->marks[i].rule_id);

		if ((rr && rr->runtime) || seen_before(p->tl, i))
			continue;
		drawn += add_rule_lane(p, p->tl->marks[i].rule_id);
		lanes++;
	}
}

static void add_axis(struct sw_html *p)
{
	const struct sw_html_timeline *tl = p->tl;
	int64_t quarter = tl->end_ns / 4 - tl->start_ns / 4;

	sw_html_raw(p, "<div class=\"lane\"><span class=\"name\"></span><div class=\"axis\">");
	for (int i = 0; i <= 4; i++) {
		sw_html_raw(p, "<span>");
		add_clock(p, i == 4 ? tl->end_ns : tl->start_ns + quarter * i, quarter < 2 * NS);
		sw_html_raw(p, "</span>");
	}
	sw_html_raw(p, "</div><span class=\"n\"></span></div>\n");
}

static void add_holes(struct sw_html *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->tl->n_segments; i++) {
		const struct sw_html_segment *s = &p->tl->segments[i];

		if (s->watched || n++ >= MAX_HOLES)
			continue;
		sw_html_raw(p, n == 1 ? "<h3>Not watched</h3><ul class=\"holes\">\n<li><time>"
				      : "<li><time>");
		add_clock(p, s->from, true);
		sw_html_raw(p, " to ");
		add_clock(p, s->to, true);
		sw_html_raw(p, "</time> ");
		sw_html_text_cut(p, s->why ? s->why : "no reason is known", 400);
		sw_html_raw(p, "</li>\n");
	}
	if (n > MAX_HOLES)
		sw_html_rawf(p, "<li>and %zu more</li>\n", n - MAX_HOLES);
	if (n > 0)
		sw_html_raw(p, "</ul>\n");
}

void sw_html_add_timeline(struct sw_html *p)
{
	int coverage;

	if (!p->tl || p->tl->end_ns <= p->tl->start_ns)
		return;
	coverage = sw_html_timeline_coverage(p->tl);
	sw_html_raw(p, "<section id=\"timeline\"><h2>What was watched, and what happened");
	if (coverage == 1000)
		sw_html_raw(p, " <em class=\"pass\">all of the window</em>");
	else if (coverage >= 0)
		sw_html_rawf(p, " <em class=\"unknown\">%d.%d %% of the window</em>", coverage / 10,
			     coverage % 10);
	sw_html_raw(p, "</h2>\n<div class=\"lanes\">\n");
	add_coverage_lane(p);
	add_lanes(p);
	add_axis(p);
	sw_html_raw(p, "</div>\n");
	add_holes(p);
	sw_html_raw(p, "<p class=\"note\">Times are UTC. In a hole something may have happened "
		       "unseen: a rule that "
		       "needed that time does not pass.</p>"
		       "</section>\n");
}
