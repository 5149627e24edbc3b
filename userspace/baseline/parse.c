/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the canonical form of baseline lines (README.md), and nothing else: fixed keys in fixed
 * order. A line is accepted only if writing what was read gives the same bytes, so two readers
 * cannot understand it differently. Pure.
 */
#include "baseline/private.h"

#include "stigwatch/error.h"
#include "stigwatch/limits.h"

struct cursor {
	const char *s, *end;
};

struct span {
	const char *s;
	size_t len;
};

static bool take(struct cursor *c, const char *literal)
{
	size_t len = strlen(literal);

	if ((size_t)(c->end - c->s) < len || memcmp(c->s, literal, len) != 0)
		return false;
	c->s += len;
	return true;
}

/* Decimal without sign; leading zeros fall to the comparison of bytes. */
static bool take_number(struct cursor *c, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;
	const char *start = c->s;

	for (; c->s < c->end && *c->s >= '0' && *c->s <= '9'; c->s++) {
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *c->s - '0', &n))
			return false;
	}
	*ret = n;
	return c->s > start && n <= max;
}

/* At most max of these characters up to the closing quote; the caller took the opening one. */
static bool take_word(struct cursor *c, const char *chars, size_t max, struct span *ret)
{
	const char *start = c->s;

	while (c->s < c->end && *c->s && strchr(chars, *c->s))
		c->s++;
	*ret = (struct span){start, (size_t)(c->s - start)};
	return ret->len > 0 && ret->len <= max && take(c, "\"");
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_escape(struct cursor *c, struct sw_strbuf *sb)
{
	int v = 0;

	if (take(c, "\\\"")) {
		sw_strbuf_addc(sb, '"');
		return true;
	}
	if (take(c, "\\\\")) {
		sw_strbuf_addc(sb, '\\');
		return true;
	}
	if (!take(c, "\\u") || c->end - c->s < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(*c->s++);

		if (digit < 0)
			return false;
		v = v << 4 | digit;
	}
	if (v == 0 || v > 0x7f)
		return false;
	sw_strbuf_addc(sb, (char)v);
	return true;
}

static char *take_string(struct cursor *c)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};

	while (c->s < c->end && *c->s != '"') {
		if (!*c->s || (*c->s == '\\' && !take_escape(c, &sb)))
			return NULL;
		if (c->s < c->end && *c->s != '"' && *c->s != '\\')
			sw_strbuf_addc(&sb, *c->s++);
	}
	sw_strbuf_add(&sb, "", 0);
	if (!take(c, "\""))
		return NULL;
	return sb.data ? sw_strbuf_steal(&sb) : strdup("");
}

static int base64_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Padding and unused bits fall to the comparison of bytes. */
static char *take_base64(struct cursor *c)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	uint32_t v = 0;
	int bits = 0, digit;

	for (; c->s < c->end && (digit = base64_value(*c->s)) >= 0; c->s++) {
		v = v << 6 | (uint32_t)digit;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (!(v >> bits & 255))
				return NULL;
			sw_strbuf_addc(&sb, (char)(v >> bits & 255));
		}
	}
	while (c->s < c->end && *c->s == '=')
		c->s++;
	if (!take(c, "\""))
		return NULL;
	return sb.data ? sw_strbuf_steal(&sb) : NULL;
}

/* after: what stands before the key, "{" or ",". NULL when the key is not here or its value is bad.
 */
static char *take_name(struct cursor *c, const char *after, const char *key)
{
	char plain[32], coded[32];

	snprintf(plain, sizeof(plain), "%s\"%s\":\"", after, key);
	snprintf(coded, sizeof(coded), "%s\"%s_b64\":\"", after, key);
	if (take(c, plain))
		return take_string(c);
	return take(c, coded) ? take_base64(c) : NULL;
}

static bool take_classes(struct cursor *c, uint32_t *ret_classes)
{
	uint32_t classes = 0;

	if (!take(c, ",\"classes\":["))
		return true;
	do {
		struct span word;
		int bit;

		if (!take(c, "\"") || !take_word(c, "abcdefghijklmnopqrstuvwxyz-", 32, &word))
			return false;
		for (bit = 0; bit < 32; bit++) {
			const char *s = sw_class_str(1u << bit);

			if (s && strlen(s) == word.len && memcmp(s, word.s, word.len) == 0)
				break;
		}
		if (bit == 32)
			return false;
		classes |= 1u << bit;
	} while (take(c, ","));
	*ret_classes = classes;
	return take(c, "]");
}

static bool take_mode(struct cursor *c, uint32_t *ret_mode)
{
	struct span word;

	if (!take(c, ",\"mode\":\"") || !take_word(c, "01234567", 4, &word) || word.len != 4)
		return false;
	*ret_mode = (uint32_t)strtoul(word.s, NULL, 8);
	return true;
}

static bool take_file(struct cursor *c, struct sw_baseline_entry *e)
{
	struct span word;

	if (!take(c, ",\"size\":") || !take_number(c, INT64_MAX, &e->size) ||
	    !take(c, ",\"sha256\":\"") || !take_word(c, "0123456789abcdef", 64, &word) ||
	    word.len != 64)
		return false;
	memcpy(e->sha256, word.s, 64);
	e->sha256[64] = '\0';
	return true;
}

/* NULL, or what is wrong. */
static const char *parse_entry(struct cursor *c, struct sw_baseline_entry *e)
{
	struct span word;
	uint64_t uid, gid;

	e->path = take_name(c, "{", "path");
	if (!e->path)
		return "\"path\" is missing or bad";
	if (!take(c, ",\"type\":\"") || !take_word(c, "fdlbcps", 1, &word))
		return "\"type\" is missing or bad";
	e->type = *word.s;
	if (!take_mode(c, &e->mode))
		return "\"mode\" is missing or bad";
	if (!take(c, ",\"uid\":") || !take_number(c, UINT32_MAX, &uid) || !take(c, ",\"gid\":") ||
	    !take_number(c, UINT32_MAX, &gid))
		return "\"uid\" or \"gid\" is missing or bad";
	e->uid = (uint32_t)uid;
	e->gid = (uint32_t)gid;
	if (e->type == 'f' && !take_file(c, e))
		return "\"size\" or \"sha256\" is missing or bad";
	if (e->type == 'l' &&
	    (!(e->link = take_name(c, ",", "link")) || strlen(e->link) >= SW_LIMIT_PATH))
		return "\"link\" is missing or bad";
	if (take(c, ",\"caps\":\"")) {
		if (!take_word(c, "0123456789abcdef", 128, &word) || e->type != 'f' ||
		    !(e->caps = strndup(word.s, word.len)))
			return "\"caps\" is bad";
	}
	if (!take_classes(c, &e->classes) || !take(c, "}") || c->s != c->end)
		return "\"classes\" or the end of the line is bad";
	return NULL;
}

/* Absolute, without "//", "." and "..", and no "/" at the end. */
static bool is_normal_path(const char *p)
{
	if (*p != '/' || strlen(p) >= SW_LIMIT_PATH)
		return false;
	if (!p[1])
		return true;
	while (*p == '/') {
		size_t len = strcspn(++p, "/");

		if (len == 0 || (len <= 2 && strncmp(p, "..", len) == 0))
			return false;
		p += len;
	}
	return true;
}

int sw_baseline_parse_entry(const char *line, size_t len, struct sw_baseline_entry *ret_entry,
			    struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf again = {0};
	struct sw_baseline_entry e = {0};
	struct cursor c = {line, line + len};
	const char *wrong = parse_entry(&c, &e);

	if (!wrong && !is_normal_path(e.path))
		wrong = "\"path\" is not absolute and normal";
	if (!wrong) {
		sw_baseline_format_entry(&again, &e);
		if (!sw_strbuf_str(&again) || again.len != len ||
		    memcmp(again.data, line, len) != 0)
			wrong = "not in canonical form";
	}
	if (wrong) {
		sw_baseline_entry_release(&e);
		return sw_error_set(err, EBADMSG, "%s", wrong);
	}
	*ret_entry = e;
	return 0;
}

static int take_identity(struct cursor *c, struct sw_baseline *b)
{
	if (take(c, "}"))
		return 0;
	do {
		_cleanup_free_ char *key = NULL, *value = NULL;
		size_t before = b->n_identity;
		int rc;

		if (!take(c, "\"") || !(key = take_string(c)) || !take(c, ":\"") ||
		    !(value = take_string(c)))
			return -EBADMSG;
		rc = before >= 64 ? -EBADMSG : sw_baseline_add_identity(b, key, value);
		if (rc < 0 || b->n_identity == before)
			return rc < 0 ? rc : -EBADMSG;
	} while (take(c, ","));
	return take(c, "}") ? 0 : -EBADMSG;
}

int sw_baseline_parse_header(const char *line, size_t len, struct sw_baseline *b,
			     uint64_t *ret_entries, struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf again = {0};
	struct cursor c = {line, line + len};
	struct span word;

	if (!take(&c, "{\"stigwatch\":\"baseline\",\"version\":"))
		return sw_error_set(err, EBADMSG, "not a stigwatch baseline");
	if (!take(&c, "1,"))
		return sw_error_set(err, ENOTSUP,
				    "baseline of a version that this build cannot read");
	if (!take(&c, "\"identity\":{") || take_identity(&c, b) < 0)
		return sw_error_set(err, EBADMSG, "\"identity\" is missing or bad");
	if (!take(&c, ",\"entries\":") || !take_number(&c, SW_LIMIT_WALK_ENTRIES, ret_entries))
		return sw_error_set(err, EBADMSG, "\"entries\" is missing or bad");
	if (!take(&c, ",\"digest\":\"") || !take_word(&c, "0123456789abcdef", 64, &word) ||
	    word.len != 64 || !take(&c, "}") || c.s != c.end)
		return sw_error_set(err, EBADMSG, "\"digest\" or the end of the line is bad");
	memcpy(b->digest, word.s, 64);
	b->digest[64] = '\0';
	b->n = *ret_entries; /* what the header says, for the comparison only */
	sw_baseline_format_header(&again, b);
	b->n = 0;
	if (!sw_strbuf_str(&again) || again.len != len || memcmp(again.data, line, len) != 0)
		return sw_error_set(err, EBADMSG, "not in canonical form");
	return 0;
}
