/* SPDX-License-Identifier: Apache-2.0 */
/* The growing string. Knows escaping of text, XML and JSON; knows no document. */
#include "base/base.h"

static bool reserve(struct sw_strbuf *sb, size_t more)
{
	size_t need, cap;
	char *data;

	if (sb->failed)
		return false;
	if (__builtin_add_overflow(sb->len, more, &need) || need >= SIZE_MAX / 2)
		goto failed;
	need++;
	if (need <= sb->cap)
		return true;
	cap = sb->cap ? sb->cap : 64;
	while (cap < need)
		cap *= 2;
	data = realloc(sb->data, cap);
	if (!data)
		goto failed;
	sb->data = data;
	sb->cap = cap;
	return true;
failed:
	sb->failed = true;
	return false;
}

void sw_strbuf_add(struct sw_strbuf *sb, const void *data, size_t len)
{
	if (!reserve(sb, len))
		return;
	if (len)
		memcpy(sb->data + sb->len, data, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void sw_strbuf_adds(struct sw_strbuf *sb, const char *s)
{
	sw_strbuf_add(sb, s, strlen(s));
}

void sw_strbuf_addc(struct sw_strbuf *sb, char c)
{
	if (sb->failed || sb->cap - sb->len < 2) {
		sw_strbuf_add(sb, &c, 1);
		return;
	}
	sb->data[sb->len++] = c;
	sb->data[sb->len] = '\0';
}

void sw_strbuf_addf(struct sw_strbuf *sb, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		sb->failed = true;
	else if (reserve(sb, (size_t)n)) {
		vsnprintf(sb->data + sb->len, (size_t)n + 1, fmt, again);
		sb->len += (size_t)n;
	}
	va_end(again);
}

static void add_byte_escape(struct sw_strbuf *sb, unsigned char byte)
{
	sw_strbuf_addf(sb, "\\x%02x", byte);
}

void sw_strbuf_add_text(struct sw_strbuf *sb, const char *s, size_t len)
{
	uint32_t cp;
	size_t n;

	for (; len; s += n, len -= n) {
		n = sw_ascii_run(s, len);
		if (n == 0) {
			n = sw_utf8_decode(s, len, &cp);
			if (n == 0 || !sw_xml_char_ok(cp)) {
				n = 1; /* of a character that is forbidden, the others follow */
				add_byte_escape(sb, (unsigned char)*s);
				continue;
			}
		}
		sw_strbuf_add(sb, s, n);
	}
}

void sw_strbuf_add_xml(struct sw_strbuf *sb, const char *s, size_t len)
{
	size_t i, start = 0;
	const char *escape;

	for (i = 0; i < len; i++) {
		switch (s[i]) {
		case '&':
			escape = "&amp;";
			break;
		case '<':
			escape = "&lt;";
			break;
		case '>':
			escape = "&gt;";
			break;
		case '"':
			escape = "&quot;";
			break;
		case '\'':
			escape = "&apos;";
			break;
		default:
			continue;
		}
		sw_strbuf_add_text(sb, s + start, i - start);
		sw_strbuf_adds(sb, escape);
		start = i + 1;
	}
	sw_strbuf_add_text(sb, s + start, len - start);
}

static void add_json_char(struct sw_strbuf *sb, uint32_t cp, const char *s, size_t n)
{
	switch (cp) {
	case '"':
		sw_strbuf_adds(sb, "\\\"");
		return;
	case '\\':
		sw_strbuf_adds(sb, "\\\\");
		return;
	case '\n':
		sw_strbuf_adds(sb, "\\n");
		return;
	case '\r':
		sw_strbuf_adds(sb, "\\r");
		return;
	case '\t':
		sw_strbuf_adds(sb, "\\t");
		return;
	}
	if (cp < 0x20 || cp == 0x7f)
		sw_strbuf_addf(sb, "\\u%04x", cp);
	else
		sw_strbuf_add(sb, s, n);
}

void sw_strbuf_add_json(struct sw_strbuf *sb, const char *s)
{
	size_t i = 0, n, len;
	uint32_t cp;

	if (!s) {
		sw_strbuf_adds(sb, "null");
		return;
	}
	len = strlen(s);
	sw_strbuf_addc(sb, '"');
	while (i < len) {
		n = sw_utf8_decode(s + i, len - i, &cp);
		if (n) {
			add_json_char(sb, cp, s + i, n);
			i += n;
		} else {
			sw_strbuf_addc(sb, '\\');
			add_byte_escape(sb, (unsigned char)s[i++]);
		}
	}
	sw_strbuf_addc(sb, '"');
}

const char *sw_strbuf_str(const struct sw_strbuf *sb)
{
	if (sb->failed)
		return NULL;
	return sb->data ? sb->data : "";
}

char *sw_strbuf_steal(struct sw_strbuf *sb)
{
	char *data;

	sw_strbuf_add(sb, "", 0);
	data = sb->failed ? NULL : TAKE(sb->data);
	sw_strbuf_release(sb);
	return data;
}

void sw_strbuf_release(struct sw_strbuf *sb)
{
	free(sb->data);
	*sb = (struct sw_strbuf){};
}
