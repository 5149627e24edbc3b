/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile text made safe for a terminal and for lines; knows no results. */
#include "evidence/evidence.h"
#include "result/text_common.h"
#include "stigwatch/cleanup.h"

struct range {
	uint32_t from, to;
};

static bool in_ranges(uint32_t cp, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return true;
	return false;
}

/* Unicode UTR 36, section 3; and the two noncharacters that XML 1.0 forbids. */
bool sw_text_is_unsafe(uint32_t cp)
{
	static const struct range unsafe[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0xad, 0xad},     {0x61c, 0x61c},
		{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
	};

	return in_ranges(cp, unsafe, SW_ARRAY_LEN(unsafe));
}

/* Columns on a terminal. Not wcwidth(3): that depends on the locale, a global. */
static size_t columns_of(uint32_t cp)
{
	static const struct range none[] = {{0x300, 0x36f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
	static const struct range wide[] = {
		{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},	{0xf900, 0xfaff},
		{0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
	};

	if (in_ranges(cp, none, SW_ARRAY_LEN(none)))
		return 0;
	return in_ranges(cp, wide, SW_ARRAY_LEN(wide)) ? 2 : 1;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void add_bytes(struct sw_strbuf *sb, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sw_strbuf_addf(sb, "\\x%02x", (unsigned char)s[i]);
}

/* One character or one white space run at s: its bytes in ret_bytes, its columns as the return
 * value. */
static size_t measure(const char *s, size_t len, size_t *ret_bytes, bool *ret_plain)
{
	uint32_t cp = 0;
	size_t n;

	*ret_plain = true;
	if (is_space(s[0])) {
		for (n = 1; n < len && is_space(s[n]);)
			n++;
		*ret_bytes = n;
		return 1;
	}
	n = sw_utf8_char(s, len, &cp);
	*ret_bytes = n ? n : 1;
	*ret_plain = n > 0 && !sw_text_is_unsafe(cp);
	return *ret_plain ? columns_of(cp) : *ret_bytes * 4;
}

size_t sw_text_add_clean(struct sw_strbuf *sb, const char *s, size_t max_columns)
{
	size_t len, at = 0, used = 0, cut_len = sb->len, cut_used = 0;

	while (is_space(*s))
		s++;
	for (len = strlen(s); len > 0 && is_space(s[len - 1]);)
		len--;
	while (at < len) {
		size_t bytes, columns;
		bool plain;

		columns = measure(s + at, len - at, &bytes, &plain);
		if (used + columns > max_columns) {
			/* back to where the ellipsis fits */
			if (!sb->failed)
				sb->len = cut_len;
			sw_strbuf_adds(sb, max_columns ? "…" : "");
			return cut_used + (max_columns > 0);
		}
		if (is_space(s[at]))
			sw_strbuf_addc(sb, ' ');
		else if (plain)
			sw_strbuf_add(sb, s + at, bytes);
		else
			add_bytes(sb, s + at, bytes);
		used += columns;
		at += bytes;
		if (used < max_columns) {
			cut_len = sb->len;
			cut_used = used;
		}
	}
	return used;
}

void sw_text_add_field(struct sw_strbuf *sb, const char *s)
{
	size_t len = strlen(s);

	for (size_t at = 0; at < len;) {
		uint32_t cp = 0;
		size_t n = 0;

		while (at + n < len && s[at + n] >= ' ' && s[at + n] < 0x7f && s[at + n] != '\\')
			n++;
		if (n) { /* a run of plain ASCII */
			sw_strbuf_add(sb, s + at, n);
			at += n;
			continue;
		}
		n = sw_utf8_char(s + at, len - at, &cp);
		if (s[at] == '\t')
			sw_strbuf_adds(sb, "\\t");
		else if (s[at] == '\n')
			sw_strbuf_adds(sb, "\\n");
		else if (s[at] == '\\')
			sw_strbuf_adds(sb, "\\\\");
		else if (n == 0 || sw_text_is_unsafe(cp))
			add_bytes(sb, s + at, n ? n : 1);
		else
			sw_strbuf_add(sb, s + at, n);
		at += n ? n : 1;
	}
}

int sw_lines_report(const struct sw_result *r, sw_write_fn write, void *ctx)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};

	for (size_t i = 0; i < r->n_rules; i++) {
		const struct sw_rule_result *rr = &r->rules[i];
		const char *fields[] = {rr->rule_id, rr->title, rr->message};

		if (rr->verdict == SW_VERDICT_NOTSELECTED)
			continue;
		sw_strbuf_addf(&sb, "%s\t%s", sw_verdict_str(rr->verdict),
			       sw_severity_str(rr->severity));
		for (size_t k = 0; k < SW_ARRAY_LEN(fields); k++) {
			sw_strbuf_addc(&sb, '\t');
			sw_text_add_field(&sb, fields[k] ? fields[k] : "");
		}
		sw_strbuf_addc(&sb, '\n');
	}
	return sb.failed ? -ENOMEM : write(ctx, sw_strbuf_str(&sb), sb.len);
}
