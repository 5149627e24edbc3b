/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the canonical form of baseline lines (README.md); pure. */
#include "baseline/private.h"

#include <inttypes.h>

#include "event/event.h"

const char *sw_class_str(uint32_t bit)
{
	switch (bit) {
	case SW_OBJ_SHELL:
		return "shell";
	case SW_OBJ_PACKAGE_MANAGER:
		return "package-manager";
	case SW_OBJ_LOADER:
		return "loader";
	case SW_OBJ_INTERPRETER:
		return "interpreter";
	case SW_OBJ_LIBRARY:
		return "library";
	case SW_OBJ_EXECUTABLE:
		return "executable";
	case SW_OBJ_MULTICALL:
		return "multicall";
	case SW_OBJ_PKGDB:
		return "pkgdb";
	case SW_OBJ_DATA:
		return "data";
	default:
		return NULL;
	}
}

/* Length of the well-formed UTF-8 character at s (RFC 3629), 0 when it is none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static bool is_utf8(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p;) {
		size_t len = utf8_len(p);

		if (!len)
			return false;
		p += len;
	}
	return true;
}

static void add_escaped(struct sw_strbuf *sb, const char *s)
{
	sw_strbuf_addc(sb, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			sw_strbuf_addf(sb, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			sw_strbuf_addf(sb, "\\u%04x", *s);
		else
			sw_strbuf_addc(sb, *s);
	}
	sw_strbuf_addc(sb, '"');
}

static void add_base64(struct sw_strbuf *sb, const char *s)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(s);

	sw_strbuf_addc(sb, '"');
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < len ? (unsigned char)s[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			sw_strbuf_addc(sb, i + k <= len ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
	sw_strbuf_addc(sb, '"');
}

/* "KEY":"..." or, for bytes that are not UTF-8, "KEY_b64":"..." */
static void add_name(struct sw_strbuf *sb, const char *key, const char *s)
{
	bool utf8 = is_utf8(s);

	sw_strbuf_addf(sb, "\"%s%s\":", key, utf8 ? "" : "_b64");
	if (utf8)
		add_escaped(sb, s);
	else
		add_base64(sb, s);
}

void sw_baseline_format_entry(struct sw_strbuf *sb, const struct sw_baseline_entry *e)
{
	const char *comma = "";

	sw_strbuf_addc(sb, '{');
	add_name(sb, "path", e->path);
	sw_strbuf_addf(sb,
		       ",\"type\":\"%c\",\"mode\":\"%04o\",\"uid\":%" PRIu32 ",\"gid\":%" PRIu32,
		       e->type, e->mode, e->uid, e->gid);
	if (e->type == 'f')
		sw_strbuf_addf(sb, ",\"size\":%" PRIu64 ",\"sha256\":\"%s\"", e->size, e->sha256);
	if (e->link) {
		sw_strbuf_addc(sb, ',');
		add_name(sb, "link", e->link);
	}
	if (e->caps)
		sw_strbuf_addf(sb, ",\"caps\":\"%s\"", e->caps);
	if (e->classes) {
		sw_strbuf_adds(sb, ",\"classes\":[");
		for (int bit = 0; bit < 32; bit++) {
			if (!(e->classes & 1u << bit) || !sw_class_str(1u << bit))
				continue;
			sw_strbuf_addf(sb, "%s\"%s\"", comma, sw_class_str(1u << bit));
			comma = ",";
		}
		sw_strbuf_addc(sb, ']');
	}
	sw_strbuf_addc(sb, '}');
}

void sw_baseline_format_header(struct sw_strbuf *sb, const struct sw_baseline *b)
{
	sw_strbuf_adds(sb, "{\"stigwatch\":\"baseline\",\"version\":1,\"identity\":{");
	for (size_t i = 0; i < b->n_identity; i++) {
		if (i)
			sw_strbuf_addc(sb, ',');
		add_escaped(sb, b->identity[i].key);
		sw_strbuf_addc(sb, ':');
		add_escaped(sb, b->identity[i].value);
	}
	sw_strbuf_addf(sb, "},\"entries\":%zu,\"digest\":\"%s\"}", b->n, b->digest);
}
