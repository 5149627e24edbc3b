/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ind-def:textfilecontent54: a pattern over a file's whole text, one item per match that the
 * instance entity wants. As in OpenSCAP the text ends at the first NUL byte and must be UTF-8.
 */
#include <inttypes.h>

#include "adapters/regex.h"
#include "facts/find.h"
#include "facts/read.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define MAX_SPANS 64

struct text_gather {
	struct sw_gather *g;
	const struct sw_query_entity *pattern, *instance;
	struct sw_regex *re;
	long only_instance; /* the one instance that can match, 0: any */
	bool read;	    /* some file's text */
	char unread[256];   /* what was found without text, "" if nothing */
};

struct text_item {
	const struct sw_found *found;
	const char *pattern;
	const char *text; /* the match */
	char **groups;
	size_t n_groups;
	size_t line;
	char instance[24];
};

static const char *item_name_at(const struct sw_oval_item *item, size_t i)
{
	static const char *const names[] = {"filepath", "path", "filename", "pattern",
					    "instance", "line", "text",	    "subexpression"};

	return i < SW_ARRAY_LEN(names) ? names[i] : NULL;
}

static bool item_get(const struct sw_oval_item *item, const char *name, size_t i,
		     struct sw_oval_value *ret_value)
{
	const struct text_item *t = item->data;
	const struct {
		const char *name, *value;
	} single[] = {
		{"filepath", t->found->filepath},
		{"path", t->found->path},
		{"filename", t->found->filename},
		{"pattern", t->pattern},
		{"instance", t->instance},
		{"line", t->text}, /* before 5.4, "line" was the text */
		{"text", t->text},
	};

	ret_value->status = SW_OVAL_EXISTS;
	if (!strcmp(name, "subexpression")) {
		if (i >= t->n_groups)
			return false;
		ret_value->text = t->groups[i];
		return true;
	}
	for (size_t k = 0; !i && k < SW_ARRAY_LEN(single); k++)
		if (!strcmp(single[k].name, name)) {
			ret_value->text = single[k].value;
			return true;
		}
	return false;
}

/* What a file does not show to everybody, a report must not show either: only the place is named.
 */
static void item_describe(const struct sw_oval_item *item, struct sw_strbuf *out)
{
	const struct text_item *t = item->data;
	size_t n = strcspn(t->text, "\r\n");

	sw_strbuf_addf(out, "%s:%zu", t->found->filepath, t->line);
	if (!(t->found->st->st_mode & S_IROTH))
		sw_strbuf_adds(out, " (text withheld: not a world-readable file)");
	else
		sw_strbuf_addf(out, " \"%.*s%s\"", (int)(n > 120 ? 120 : n), t->text,
			       n > 120 ? "..." : "");
}

static const struct sw_oval_item_class text_class = {
	.name_at = item_name_at,
	.get = item_get,
	.describe = item_describe,
};

static char *slice(const char *text, const struct sw_regex_span *s)
{
	return strndup(text + s->start, s->end - s->start);
}

static void groups_free(struct text_item *t)
{
	for (size_t i = 0; i < t->n_groups; i++)
		free(t->groups[i]);
}

static int emit_match(struct text_gather *tg, struct text_item *t, const char *text,
		      const struct sw_regex_span *spans, size_t n)
{
	char *groups[MAX_SPANS];
	_cleanup_free_ char *whole = slice(text, &spans[0]);
	struct sw_oval_item item = {.class = &text_class, .data = t};
	bool complete = whole != NULL;
	int rc;

	t->text = whole;
	t->groups = groups;
	t->n_groups = 0;
	for (size_t i = 1; complete && i < n; i++) {
		if (spans[i].start == SW_REGEX_UNSET)
			continue;
		groups[t->n_groups] = slice(text, &spans[i]);
		complete = groups[t->n_groups] != NULL;
		t->n_groups += complete;
	}
	rc = complete ? tg->g->emit(tg->g->ctx, &item) : -ENOMEM;
	groups_free(t);
	return rc;
}

static size_t count_lines(const char *from, const char *to)
{
	size_t n = 0;

	while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
		n++;
		from++;
	}
	return n;
}

/* Every match in turn; returns a negative errno of the callback or of the matcher (then ret_problem
 * is set). */
static int match_all(struct text_gather *tg, struct text_item *t, const struct sw_subject *subject,
		     bool *ret_problem)
{
	struct sw_regex_span spans[MAX_SPANS];
	size_t offset = 0, counted = 0;

	t->line = 1;
	for (long instance = 1; offset <= subject->len; instance++) {
		int n = sw_regex_match(tg->re, subject, offset, spans, MAX_SPANS);
		int rc;

		if (n > 0 && instance > (long)SW_LIMIT_MATCHES)
			n = -E2BIG;
		if (n <= 0) {
			*ret_problem = n < 0;
			return n;
		}
		offset = sw_regex_advance(tg->re, subject, &spans[0]);
		if (tg->only_instance && instance < tg->only_instance)
			continue;
		snprintf(t->instance, sizeof(t->instance), "%ld", instance);
		if (sw_query_match(tg->g, tg->instance, t->instance) == SW_OVAL_TRUE) {
			t->line += count_lines(subject->data + counted,
					       subject->data + spans[0].start);
			counted = spans[0].start > counted ? spans[0].start : counted;
			rc = emit_match(tg, t, subject->data, spans,
					n > MAX_SPANS ? MAX_SPANS : (size_t)n);
			if (rc < 0)
				return rc;
		}
		if (tg->only_instance && instance >= tg->only_instance)
			return 0;
	}
	return 0;
}

static const char *match_problem(int rc)
{
	switch (rc) {
	case -EILSEQ:
		return "not UTF-8 text";
	case -ETIME:
		return "the pattern reached its match limit";
	case -E2BIG:
		return "too many matches";
	default:
		return "the pattern failed";
	}
}

static int search_file(void *ctx, const struct sw_found *found)
{
	struct text_gather *tg = ctx;
	_cleanup_free_ char *text = NULL;
	struct text_item t = {.found = found, .pattern = tg->pattern->values[0]};
	struct sw_subject subject;
	struct sw_found real = *found;
	struct stat st;
	size_t len;
	bool problem = false;
	int rc;

	if (!found->filename)
		return 0;
	rc = sw_read_text(tg->g->target, found->filepath, &text, &len, &st);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		sw_gather_problem(tg->g, SW_OVAL_FLAG_ERROR, "%s: %s", found->filepath,
				  strerror(-rc));
	if (rc == 0 && !tg->unread[0])
		snprintf(tg->unread, sizeof(tg->unread), "text in %s", found->filepath);
	if (rc <= 0)
		return 0;
	tg->g->examined = tg->read = true;
	real.st = &st;
	t.found = &real;
	subject = sw_subject_init(text, strlen(text));
	if (subject.len < len)
		tg->g->truncated = true;
	rc = match_all(tg, &t, &subject, &problem);
	if (!problem)
		return rc;
	sw_gather_problem(tg->g, SW_OVAL_FLAG_ERROR, "%s: %s", found->filepath, match_problem(rc));
	return 0;
}

static unsigned int regex_flags(const struct sw_query *q)
{
	unsigned int flags = SW_REGEX_UTF;

	if (!strcmp(sw_query_behavior(q, "multiline", "true"), "true"))
		flags |= SW_REGEX_MULTILINE;
	if (!strcmp(sw_query_behavior(q, "singleline", "false"), "true"))
		flags |= SW_REGEX_DOTALL;
	if (!strcmp(sw_query_behavior(q, "ignore_case", "false"), "true"))
		flags |= SW_REGEX_CASELESS;
	return flags;
}

static int gather_text(struct sw_gather *g)
{
	struct text_gather tg = {
		.g = g,
		.pattern = sw_query_entity(g->query, "pattern"),
		.instance = sw_query_entity(g->query, "instance"),
	};
	struct sw_error err = {0};
	int rc;

	if (!tg.pattern || !tg.pattern->n_values || !tg.instance) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without pattern or instance");
		return 0;
	}
	if (sw_regex_cache_get(g->regexes, tg.pattern->values[0], regex_flags(g->query), &tg.re,
			       &err) < 0) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "%s", err.text);
		return 0;
	}
	if (tg.instance->operation == SW_OVAL_EQUALS && tg.instance->n_values == 1)
		tg.only_instance = strtol(tg.instance->values[0], NULL, 10);
	rc = sw_find_files(g, search_file, &tg);
	/* Nothing but FIFOs, devices, links to nowhere: their names were seen, no text was. */
	if (tg.unread[0] && !tg.read) {
		g->examined = false;
		sw_gather_absent(g, tg.unread);
	}
	return rc;
}

const struct sw_gatherer sw_gatherer_textfilecontent54 = {
	.family = "independent",
	.type = "textfilecontent54",
	.gather = gather_text,
};
