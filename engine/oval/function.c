/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of local variables (OVAL 5.11 definitions schema, FunctionGroup) over values. Reads
 * nothing. */
#include <inttypes.h>
#include <math.h>

#include "adapters/regex.h"
#include "oval/session.h"
#include "stigwatch/cleanup.h"

#define REGEX_SPECIALS "^$\\.[](){}*+?|"

typedef int (*value_fn)(struct sw_oval_session *s, const struct oval_component *c,
			const char *value, struct oval_values *ret);

static int add_string(struct oval_values *ret, struct sw_strbuf *sb)
{
	int rc = sb->failed ? -ENOMEM : oval_values_add(ret, sw_strbuf_str(sb), sb->len);

	sw_strbuf_release(sb);
	return rc;
}

/* ---- functions that treat each value by itself ---- */

static int fn_begin(struct sw_oval_session *s, const struct oval_component *c, const char *value,
		    struct oval_values *ret)
{
	struct sw_strbuf sb = {0};

	if (strncmp(value, c->text, strlen(c->text)))
		sw_strbuf_adds(&sb, c->text);
	sw_strbuf_adds(&sb, value);
	return add_string(ret, &sb);
}

static int fn_end(struct sw_oval_session *s, const struct oval_component *c, const char *value,
		  struct oval_values *ret)
{
	size_t n = strlen(value), m = strlen(c->text);
	struct sw_strbuf sb = {0};

	sw_strbuf_adds(&sb, value);
	if (n < m || strcmp(value + n - m, c->text))
		sw_strbuf_adds(&sb, c->text);
	return add_string(ret, &sb);
}

static int fn_escape_regex(struct sw_oval_session *s, const struct oval_component *c,
			   const char *value, struct oval_values *ret)
{
	struct sw_strbuf sb = {0};

	for (; *value; value++) {
		if (strchr(REGEX_SPECIALS, *value))
			sw_strbuf_addc(&sb, '\\');
		sw_strbuf_addc(&sb, *value);
	}
	return add_string(ret, &sb);
}

/*
 * "*" and "?" become "[^/]*" and "[^/]"; classes stay, "[!" becomes "[^". None of them matches a
 * dot at the start of a path component: OpenSCAP's look-ahead for that, so that the text is the
 * same.
 */
static int fn_glob_to_regex(struct sw_oval_session *s, const struct oval_component *c,
			    const char *value, struct oval_values *ret)
{
	struct sw_strbuf sb = {0};
	bool class = false;

	sw_strbuf_addc(&sb, '^');
	for (const char *p = value; *p; p++) {
		bool special = *p == '*' || *p == '?' || (*p == '[' && strchr(p + 1, ']'));

		if (!class && special && (p == value || p[-1] == '/'))
			sw_strbuf_adds(&sb, "(?=[^.])");
		if (class) {
			class = *p != ']';
			sw_strbuf_addc(&sb, *p);
		} else if (*p == '*') {
			sw_strbuf_adds(&sb, "[^/]*");
		} else if (*p == '?') {
			sw_strbuf_adds(&sb, "[^/]");
		} else if (special) {
			class = true;
			sw_strbuf_addc(&sb, '[');
			if (p[1] == '!') {
				sw_strbuf_addc(&sb, '^');
				p++;
			}
		} else if (*p == '\\' && p[1] && !c->escape_globs) {
			sw_strbuf_addc(&sb, '\\');
			sw_strbuf_addc(&sb, *++p);
		} else {
			if (strchr(REGEX_SPECIALS, *p))
				sw_strbuf_addc(&sb, '\\');
			sw_strbuf_addc(&sb, *p);
		}
	}
	sw_strbuf_addc(&sb, '$');
	return add_string(ret, &sb);
}

static int fn_substring(struct sw_oval_session *s, const struct oval_component *c,
			const char *value, struct oval_values *ret)
{
	size_t n = strlen(value), start = c->start > 1 ? (size_t)c->start - 1 : 0;
	size_t len;

	if (start >= n)
		return 0; /* no value, as OpenSCAP has it (5.11 says nothing) */
	len = c->length < 0 || (size_t)c->length > n - start ? n - start : (size_t)c->length;
	return oval_values_add(ret, value + start, len);
}

static int fn_split(struct sw_oval_session *s, const struct oval_component *c, const char *value,
		    struct oval_values *ret)
{
	size_t m = strlen(c->text);
	const char *next;
	int rc;

	if (!m) { /* each byte by itself, as OpenSCAP does (5.11 says nothing) */
		for (rc = 0; *value && rc == 0; value++)
			rc = oval_values_add(ret, value, 1);
		return rc;
	}
	while ((next = strstr(value, c->text))) {
		rc = oval_values_add(ret, value, (size_t)(next - value));
		if (rc < 0)
			return rc;
		value = next + m;
	}
	return oval_values_add(ret, value, strlen(value));
}

/* The first group's text; "" when the pattern does not match (5.11). */
static int fn_regex_capture(struct sw_oval_session *s, const struct oval_component *c,
			    const char *value, struct oval_values *ret)
{
	struct sw_subject subject = sw_subject_init(value, strlen(value));
	struct sw_regex_span spans[2];
	struct sw_regex *re;
	int rc = sw_regex_cache_get(s->regexes, c->text, SW_REGEX_UTF, &re, NULL);

	if (rc == 0)
		rc = sw_regex_match(re, &subject, 0, spans, 2);
	if (rc < 0)
		return rc;
	if (rc < 2 || spans[1].start == SW_REGEX_UNSET)
		return oval_values_add(ret, "", 0);
	return oval_values_add(ret, value + spans[1].start, spans[1].end - spans[1].start);
}

static int fn_unique(struct sw_oval_session *s, const struct oval_component *c, const char *value,
		     struct oval_values *ret)
{
	for (size_t i = 0; i < ret->n; i++)
		if (!strcmp(ret->items[i], value))
			return 0;
	return oval_values_add(ret, value, strlen(value));
}

static int each_value(struct sw_oval_session *s, const struct oval_component *c, value_fn fn,
		      const struct oval_values *args, struct oval_values *ret)
{
	for (size_t i = 0; i < c->n_children; i++)
		for (size_t j = 0; j < args[i].n; j++) {
			int rc = fn(s, c, args[i].items[j], ret);

			if (rc < 0)
				return rc;
		}
	return 0;
}

/* ---- functions over the Cartesian product of their arguments ---- */

static int join_concat(const struct oval_component *c, const char *a, const char *b,
		       struct oval_values *ret)
{
	struct sw_strbuf sb = {0};

	sw_strbuf_adds(&sb, a);
	sw_strbuf_adds(&sb, b);
	return add_string(ret, &sb);
}

static int join_arithmetic(const struct oval_component *c, const char *a, const char *b,
			   struct oval_values *ret)
{
	char *end_a, *end_b, text[64];
	double x = strtod(a, &end_a), y = strtod(b, &end_b), r;

	if (end_a == a || *end_a || end_b == b || *end_b)
		return -EINVAL;
	r = c->multiply ? x * y : x + y;
	if (!isfinite(r))
		return -EINVAL;
	if (r == floor(r) && fabs(r) < 9e15)
		snprintf(text, sizeof(text), "%" PRId64, (int64_t)r);
	else
		snprintf(text, sizeof(text), "%.15g", r);
	return oval_values_add(ret, text, strlen(text));
}

typedef int (*join_fn)(const struct oval_component *c, const char *a, const char *b,
		       struct oval_values *ret);

static int join_one(const struct oval_component *c, join_fn join, const struct oval_values *arg,
		    struct oval_values *sofar)
{
	struct oval_values next = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sofar->n; i++)
		for (size_t j = 0; rc == 0 && j < arg->n; j++)
			rc = join(c, sofar->items[i], arg->items[j], &next);
	oval_values_release(sofar);
	sofar->items = next.items;
	sofar->n = next.n;
	sofar->cap = next.cap;
	return rc;
}

static int product(const struct oval_component *c, join_fn join, const struct oval_values *args,
		   struct oval_values *ret)
{
	int rc = 0;

	for (size_t j = 0; rc == 0 && c->n_children && j < args[0].n; j++)
		rc = oval_values_add(ret, args[0].items[j], strlen(args[0].items[j]));
	for (size_t i = 1; rc == 0 && i < c->n_children; i++)
		rc = join_one(c, join, &args[i], ret);
	return rc;
}

static int count(const struct oval_component *c, const struct oval_values *args,
		 struct oval_values *ret)
{
	char text[32];
	size_t n = 0;

	for (size_t i = 0; i < c->n_children; i++)
		n += args[i].n;
	snprintf(text, sizeof(text), "%zu", n);
	return oval_values_add(ret, text, strlen(text));
}

int oval_function(struct sw_oval_session *s, const struct oval_component *c,
		  const struct oval_values *args, struct oval_values *ret)
{
	static const value_fn by_value[] = {
		[OVAL_COMPONENT_BEGIN] = fn_begin,
		[OVAL_COMPONENT_END] = fn_end,
		[OVAL_COMPONENT_ESCAPE_REGEX] = fn_escape_regex,
		[OVAL_COMPONENT_GLOB_TO_REGEX] = fn_glob_to_regex,
		[OVAL_COMPONENT_REGEX_CAPTURE] = fn_regex_capture,
		[OVAL_COMPONENT_SPLIT] = fn_split,
		[OVAL_COMPONENT_SUBSTRING] = fn_substring,
		[OVAL_COMPONENT_UNIQUE] = fn_unique,
	};

	switch (c->kind) {
	case OVAL_COMPONENT_CONCAT:
		return product(c, join_concat, args, ret);
	case OVAL_COMPONENT_ARITHMETIC:
		return product(c, join_arithmetic, args, ret);
	case OVAL_COMPONENT_TIME_DIFFERENCE:
		return oval_function_time_difference(s, c, args, ret);
	case OVAL_COMPONENT_COUNT:
		return count(c, args, ret);
	default:
		if ((size_t)c->kind < SW_ARRAY_LEN(by_value) && by_value[c->kind])
			return each_value(s, c, by_value[c->kind], args, ret);
		return -ENOTSUP;
	}
}
