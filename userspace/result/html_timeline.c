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

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t clamp(int64_t at, const struct sw_html_timeline *tl)
{
	return at < tl->start_ns ? tl->start_ns : at > tl->end_ns ? tl->end_ns : at;
}

/* Is all of [from, to) watched, and no part of it a hole? No segment begins or ends inside it. */
static bool covered(const struct sw_html_timeline *tl, int64_t from, int64_t to)
{
	bool watched = false;

	for (size_t i = 0; i < tl->n_segments; i++) {
		const struct sw_html_segment *s = &tl->segments[i];

		if (s->from >= to || s->to <= from)
			continue;
		if (!s->watched)
			return false;
		watched = true;
	}
	return watched;
}

static bool momentary_hole(const struct sw_html_timeline *tl)
{
	for (size_t i = 0; i < tl->n_segments; i++)
		if (!tl->segments[i].watched)
			return true;
	return false;
}

int sw_html_timeline_coverage(const struct sw_html_timeline *tl)
{
	size_t n = 0;
	_cleanup_free_ int64_t *edges = calloc(tl->n_segments * 2 + 2, sizeof(*edges));
	double sum = 0, whole = (double)tl->end_ns - (double)tl->start_ns;
	int per_mille;

	if (!edges)
		return -ENOMEM;
	if (whole <= 0)
		return -1;
	edges[n++] = tl->start_ns;
	edges[n++] = tl->end_ns;
	for (size_t i = 0; i < tl->n_segments; i++) {
		edges[n++] = clamp(tl->segments[i].from, tl);
		edges[n++] = clamp(tl->segments[i].to, tl);
	}
	qsort(edges, n, sizeof(*edges), by_time);
	for (size_t i = 1; i < n; i++)
		if (edges[i] > edges[i - 1] && covered(tl, edges[i - 1], edges[i]))
			sum += (double)(edges[i] - edges[i - 1]);
	per_mille = (int)(sum / whole * 1000);
	return per_mille >= 1000 && momentary_hole(tl) ? 999 : per_mille;
}
