/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of version strings (rpm, dpkg, dotted integers) and of network addresses. Pure. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "oval/compare.h"
#include "stigwatch/cleanup.h"

struct slice {
	const char *p, *end;
};

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Two runs of digits of any length, as numbers. Consumes them. */
static int compare_digits(struct slice *a, struct slice *b)
{
	const char *sa, *sb;
	size_t la, lb;
	int c;

	while (a->p < a->end && *a->p == '0')
		a->p++;
	while (b->p < b->end && *b->p == '0')
		b->p++;
	for (sa = a->p; a->p < a->end && digit(*a->p); a->p++)
		;
	for (sb = b->p; b->p < b->end && digit(*b->p); b->p++)
		;
	la = (size_t)(a->p - sa);
	lb = (size_t)(b->p - sb);
	if (la != lb)
		return la > lb ? 1 : -1;
	c = memcmp(sa, sb, la);
	return sign(c);
}

/* ---- rpm: runs of digits and letters; anything else separates; "~" sorts before the end, "^"
 * after it ---- */

static void skip_separators(struct slice *s)
{
	while (s->p < s->end && !digit(*s->p) && !alpha(*s->p) && *s->p != '~' && *s->p != '^')
		s->p++;
}

static int compare_letters(struct slice *a, struct slice *b)
{
	const char *sa = a->p, *sb = b->p;
	size_t la, lb;
	int c;

	while (a->p < a->end && alpha(*a->p))
		a->p++;
	while (b->p < b->end && alpha(*b->p))
		b->p++;
	la = (size_t)(a->p - sa);
	lb = (size_t)(b->p - sb);
	c = memcmp(sa, sb, la < lb ? la : lb);
	if (c)
		return sign(c);
	return (la > lb) - (la < lb);
}

/* Returns 0 and advances when neither, or both, have mark; else the verdict for ~ or ^. */
static int compare_mark(struct slice *a, struct slice *b, char mark)
{
	bool ma = a->p < a->end && *a->p == mark, mb = b->p < b->end && *b->p == mark;

	if (ma && mb) {
		a->p++;
		b->p++;
		return 0;
	}
	if (mark == '~')
		return ma ? -1 : mb ? 1 : 0;
	if (ma) /* "^": newer than the bare version, older than any longer one */
		return b->p == b->end ? 1 : -1;
	if (mb)
		return a->p == a->end ? -1 : 1;
	return 0;
}

static int compare_rpm(struct slice a, struct slice b)
{
	while (a.p < a.end || b.p < b.end) {
		const char *before_a = a.p, *before_b = b.p;
		int c;

		skip_separators(&a);
		skip_separators(&b);
		c = compare_mark(&a, &b, '~');
		if (!c)
			c = compare_mark(&a, &b, '^');
		if (c)
			return c;
		if (a.p == a.end || b.p == b.end)
			break;
		if (digit(*a.p) && digit(*b.p))
			c = compare_digits(&a, &b);
		else if (alpha(*a.p) && alpha(*b.p))
			c = compare_letters(&a, &b);
		else if (*a.p != '~' && *a.p != '^' && *b.p != '~' && *b.p != '^')
			return digit(*a.p) ? 1 : -1; /* a number is newer than letters */
		if (c)
			return c;
		if (a.p == before_a && b.p == before_b)
			break;
	}
	return (a.p < a.end) - (b.p < b.end);
}

/* ---- dpkg: alternating non-digit and digit runs; "~" before everything, letters before other
 * marks ---- */

static int debian_weight(const struct slice *s)
{
	if (s->p == s->end || digit(*s->p))
		return 0;
	if (*s->p == '~')
		return -1;
	return alpha(*s->p) ? (unsigned char)*s->p : (unsigned char)*s->p + 256;
}

static int compare_debian(struct slice a, struct slice b)
{
	while (a.p < a.end || b.p < b.end) {
		int c;

		while ((a.p < a.end && !digit(*a.p)) || (b.p < b.end && !digit(*b.p))) {
			c = debian_weight(&a) - debian_weight(&b);
			if (c)
				return sign(c);
			a.p += a.p < a.end;
			b.p += b.p < b.end;
		}
		c = compare_digits(&a, &b);
		if (c)
			return c;
	}
	return 0;
}

typedef int (*part_compare)(struct slice a, struct slice b);

/* Splits "[epoch:]version[-release]"; the release starts after the last hyphen. */
static void split_evr(const char *s, struct slice ret[3])
{
	const char *colon = strchr(s, ':'), *hyphen, *end = s + strlen(s);

	ret[0] = (struct slice){s, colon ? colon : s};
	if (colon)
		s = colon + 1;
	hyphen = strrchr(s, '-');
	ret[1] = (struct slice){s, hyphen ? hyphen : end};
	ret[2] = (struct slice){hyphen ? hyphen + 1 : end, end};
}

static int compare_parts(const char *a, const char *b, bool debian)
{
	part_compare cmp = debian ? compare_debian : compare_rpm;
	struct slice pa[3], pb[3];
	int c;

	split_evr(a, pa);
	split_evr(b, pb);
	c = compare_digits(&pa[0], &pb[0]);
	if (!c)
		c = cmp(pa[1], pb[1]);
	return c ? c : cmp(pa[2], pb[2]);
}

int sw_oval_compare_evr(const char *a, const char *b)
{
	return compare_parts(a, b, false);
}

int sw_oval_compare_debian_evr(const char *a, const char *b)
{
	return compare_parts(a, b, true);
}

int sw_oval_compare_version(const char *a, const char *b)
{
	struct slice sa = {a, a + strlen(a)}, sb = {b, b + strlen(b)};

	while (sa.p < sa.end || sb.p < sb.end) {
		int c;

		while (sa.p < sa.end && !digit(*sa.p))
			sa.p++;
		while (sb.p < sb.end && !digit(*sb.p))
			sb.p++;
		c = compare_digits(&sa, &sb); /* a missing component counts as 0 */
		if (c)
			return c;
	}
	return 0;
}

/* ---- addresses ---- */

struct network {
	unsigned char bytes[16];
	int len, prefix; /* bytes, bits */
};

static bool to_network(int family, const char *s, struct network *ret)
{
	char text[64];
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);

	ret->len = family == AF_INET ? 4 : 16;
	ret->prefix = ret->len * 8;
	if (n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	if (inet_pton(family, text, ret->bytes) != 1)
		return false;
	if (slash) {
		char *end;
		long bits = strtol(slash + 1, &end, 10);

		if (!digit(slash[1]) || *end || bits > ret->prefix)
			return false;
		ret->prefix = (int)bits;
	}
	return true;
}

static int compare_bits(const struct network *a, const struct network *b, int bits)
{
	for (int i = 0; i < bits; i++) {
		int shift = 7 - i % 8;
		int c = ((a->bytes[i / 8] >> shift) & 1) - ((b->bytes[i / 8] >> shift) & 1);

		if (c)
			return c;
	}
	return 0;
}

enum sw_oval_result sw_oval_compare_ip(int family, enum sw_oval_operation op, const char *found,
				       const char *expected)
{
	struct network f, e;
	bool inside, around;
	int c;

	if (!to_network(family, found, &f) || !to_network(family, expected, &e))
		return SW_OVAL_ERROR;
	inside = f.prefix >= e.prefix && !compare_bits(&f, &e, e.prefix);
	around = f.prefix <= e.prefix && !compare_bits(&f, &e, f.prefix);
	c = compare_bits(&f, &e, f.len * 8);
	switch (op) {
	case SW_OVAL_EQUALS:
		return inside && around ? SW_OVAL_TRUE : SW_OVAL_FALSE;
	case SW_OVAL_NOT_EQUAL:
		return inside && around ? SW_OVAL_FALSE : SW_OVAL_TRUE;
	case SW_OVAL_SUBSET_OF:
		return inside ? SW_OVAL_TRUE : SW_OVAL_FALSE;
	case SW_OVAL_SUPERSET_OF:
		return around ? SW_OVAL_TRUE : SW_OVAL_FALSE;
	case SW_OVAL_GREATER_THAN:
		return c > 0 ? SW_OVAL_TRUE : SW_OVAL_FALSE;
	case SW_OVAL_GREATER_THAN_OR_EQUAL:
		return c >= 0 ? SW_OVAL_TRUE : SW_OVAL_FALSE;
	case SW_OVAL_LESS_THAN:
		return c < 0 ? SW_OVAL_TRUE : SW_OVAL_FALSE;
	case SW_OVAL_LESS_THAN_OR_EQUAL:
		return c <= 0 ? SW_OVAL_TRUE : SW_OVAL_FALSE;
	default:
		return SW_OVAL_ERROR;
	}
}
