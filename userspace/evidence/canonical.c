/* SPDX-License-Identifier: Apache-2.0 */
/* The one canonical JSON form of a value, and the escape for bytes that are not text; reads and
 * writes no files. */
#include <json-c/json.h>

#include "evidence/chain.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t sw_utf8_char(const char *data, size_t len, uint32_t *ret_codepoint)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)data;
	uint32_t cp;
	size_t n;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		n = 1;
	else if ((s[0] & 0xe0) == 0xc0)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if ((s[0] & 0xf8) == 0xf0)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	cp = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (!is_continuation(s[i]))
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	if (ret_codepoint)
		*ret_codepoint = cp;
	return n;
}

static void add_escaped(struct sw_strbuf *sb, unsigned char c)
{
	static const char names[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *found = c ? strchr(names, c) : NULL;

	if (found)
		sw_strbuf_addf(sb, "\\%c", letters[found - names]);
	else
		sw_strbuf_addf(sb, "\\u%04x", c);
}

int sw_canonical_add_string(struct sw_strbuf *sb, const char *s, size_t len)
{
	size_t at = 0, from = 0;

	sw_strbuf_addc(sb, '"');
	while (at < len) {
		uint32_t cp;
		size_t n = sw_utf8_char(s + at, len - at, &cp);

		if (n == 0)
			return -EILSEQ;
		if (cp < 0x20 || cp == '"' || cp == '\\') {
			sw_strbuf_add(sb, s + from, at - from);
			add_escaped(sb, (unsigned char)cp);
			from = at + n;
		}
		at += n;
	}
	sw_strbuf_add(sb, s + from, at - from);
	sw_strbuf_addc(sb, '"');
	return 0;
}

struct member {
	const char *key;
	struct json_object *value;
};

/* Bytewise: strcmp compares as unsigned char (C17 7.24.4). */
static int member_compare(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static int add_object(struct sw_strbuf *sb, struct json_object *o, unsigned depth)
{
	size_t n = (size_t)json_object_object_length(o), i = 0;
	_cleanup_free_ struct member *members = calloc(n + 1, sizeof(*members));

	if (!members)
		return -ENOMEM;
	json_object_object_foreach(o, key, value)
	{
		members[i++] = (struct member){key, value};
	}
	qsort(members, n, sizeof(*members), member_compare);
	sw_strbuf_addc(sb, '{');
	for (i = 0; i < n; i++) {
		int rc;

		if (i)
			sw_strbuf_addc(sb, ',');
		rc = sw_canonical_add_string(sb, members[i].key, strlen(members[i].key));
		if (rc < 0)
			return rc;
		sw_strbuf_addc(sb, ':');
		rc = sw_canonical_add(sb, members[i].value, depth);
		if (rc < 0)
			return rc;
	}
	sw_strbuf_addc(sb, '}');
	return 0;
}

static int add_array(struct sw_strbuf *sb, struct json_object *o, unsigned depth)
{
	size_t n = json_object_array_length(o);

	sw_strbuf_addc(sb, '[');
	for (size_t i = 0; i < n; i++) {
		int rc;

		if (i)
			sw_strbuf_addc(sb, ',');
		rc = sw_canonical_add(sb, json_object_array_get_idx(o, i), depth);
		if (rc < 0)
			return rc;
	}
	sw_strbuf_addc(sb, ']');
	return 0;
}

static void add_integer(struct sw_strbuf *sb, struct json_object *o)
{
	int64_t v = json_object_get_int64(o);

	if (v < 0)
		sw_strbuf_addf(sb, "%lld", (long long)v);
	else /* get_int64 saturates, so ask again: the value may be above INT64_MAX */
		sw_strbuf_addf(sb, "%llu", (unsigned long long)json_object_get_uint64(o));
}

int sw_canonical_add(struct sw_strbuf *sb, struct json_object *o, unsigned depth)
{
	switch (json_object_get_type(o)) {
	case json_type_null:
		sw_strbuf_adds(sb, "null");
		return 0;
	case json_type_boolean:
		sw_strbuf_adds(sb, json_object_get_boolean(o) ? "true" : "false");
		return 0;
	case json_type_int:
		add_integer(sb, o);
		return 0;
	case json_type_string:
		return sw_canonical_add_string(sb, json_object_get_string(o),
					       (size_t)json_object_get_string_len(o));
	case json_type_object:
		return depth < SW_LIMIT_JSON_DEPTH ? add_object(sb, o, depth + 1) : -ELOOP;
	case json_type_array:
		return depth < SW_LIMIT_JSON_DEPTH ? add_array(sb, o, depth + 1) : -ELOOP;
	case json_type_double:
		break;
	}
	return -EINVAL;
}
