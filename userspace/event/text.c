/* SPDX-License-Identifier: Apache-2.0 */
/* Turns hostile bytes into text that every output may carry. Loses nothing. */
#include "event/text.h"

#include <json-c/json.h>
#include <stigwatch/engine.h>

/* Length of the UTF-8 sequence at s (RFC 3629: no overlong forms, no surrogates), or 0. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first_lo, first_hi, second_lo, second_hi, n;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(forms); i++) {
		if (s[0] < forms[i].first_lo || s[0] > forms[i].first_hi)
			continue;
		if (len < forms[i].n)
			return 0;
		if (forms[i].n > 1 && (s[1] < forms[i].second_lo || s[1] > forms[i].second_hi))
			return 0;
		for (size_t k = 2; k < forms[i].n; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].n;
	}
	return 0;
}

void sw_text_add(struct sw_strbuf *sb, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_len(p + i, len - i);

		if (n == 1 && p[i] == '\\')
			sw_strbuf_adds(sb, "\\\\");
		else if (n == 0 || (n == 1 && (p[i] < 0x20 || p[i] == 0x7f)))
			sw_strbuf_addf(sb, "\\x%02x", p[i]);
		else
			sw_strbuf_add(sb, p + i, n);
		i += n ? n : 1;
	}
}

struct json_object *sw_text_json(const char *s, size_t len)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};

	sw_text_add(&sb, s, len);
	const char *text = sw_strbuf_str(&sb);

	return text ? json_object_new_string_len(text, (int)sb.len) : NULL;
}
