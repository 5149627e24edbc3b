/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline that a report draws: keeps segments and marks, and sums up coverage; renders
 * nothing. */
#include "result/html.h"
#include "stigwatch/cleanup.h"

int sw_html_timeline_add_segment(struct sw_html_timeline *tl, int64_t from, int64_t to,
				 bool watched, const char *why)
{
	_cleanup_free_ char *copy = why ? strdup(why) : NULL;

	if ((why && !copy) || SW_GROW(tl->segments, tl->n_segments, tl->cap_segments) < 0)
		return -ENOMEM;
	tl->segments[tl->n_segments++] = (struct sw_html_segment){
		.from = from, .to = to, .watched = watched, .why = TAKE(copy)};
	return 0;
}

int sw_html_timeline_add_mark(struct sw_html_timeline *tl, int64_t at, const char *rule_id,
			      const char *text)
{
	_cleanup_free_ char *id = strdup(rule_id), *copy = strdup(text);

	if (!id || !copy || SW_GROW(tl->marks, tl->n_marks, tl->cap_marks) < 0)
		return -ENOMEM;
	tl->marks[tl->n_marks++] =
		(struct sw_html_mark){.at = at, .rule_id = TAKE(id), .text = TAKE(copy)};
	return 0;
}

void sw_html_timeline_release(struct sw_html_timeline *tl)
{
	for (size_t i = 0; i < tl->n_segments; i++)
		free(tl->segments[i].why);
	for (size_t i = 0; i < tl->n_marks; i++) {
		free(tl->marks[i].rule_id);
		free(tl->marks[i].text);
	}
	free(tl->segments);
	free(tl->marks);
	*tl = (struct sw_html_timeline){0};
}

struct edge {
	int64_t at;
	int watched, hole; /* what begins (1) or ends (-1) here */
};

static int edge_compare(const void *a, const void *b)
{
	int64_t x = ((const struct edge *)a)->at, y = ((const struct edge *)b)->at;

	return (x > y) - (x < y);
}

static int64_t clamp(int64_t at, const struct sw_html_timeline *tl)
{
	return at < tl->start_ns ? tl->start_ns : at > tl->end_ns ? tl->end_ns : at;
}

static bool has_hole(const struct sw_html_timeline *tl)
{
	for (size_t i = 0; i < tl->n_segments; i++) {
		const struct sw_html_segment *s = &tl->segments[i];

		if (!s->watched && s->to >= tl->start_ns && s->from <= tl->end_ns)
			return true;
	}
	return false;
}

int sw_html_timeline_coverage(const struct sw_html_timeline *tl)
{
	size_t n = 0;
	_cleanup_free_ struct edge *edges = calloc(tl->n_segments * 2 + 1, sizeof(*edges));
	double sum = 0, whole = (double)tl->end_ns - (double)tl->start_ns;
	int watched = 0, holes = 0, per_mille;

	if (!edges)
		return -ENOMEM;
	if (whole <= 0)
		return -ERANGE;
	for (size_t i = 0; i < tl->n_segments; i++) {
		const struct sw_html_segment *s = &tl->segments[i];

		if (s->from > s->to)
			continue;
		edges[n++] = (struct edge){clamp(s->from, tl), s->watched, !s->watched};
		edges[n++] = (struct edge){clamp(s->to, tl), -s->watched, -!s->watched};
	}
	qsort(edges, n, sizeof(*edges), edge_compare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && watched > 0 && holes == 0)
			sum += (double)edges[i].at - (double)edges[i - 1].at;
		watched += edges[i].watched;
		holes += edges[i].hole;
	}
	per_mille = (int)(sum / whole * 1000 + 1e-6);
	return per_mille >= 1000 && has_hole(tl) ? 999 : per_mille;
}
