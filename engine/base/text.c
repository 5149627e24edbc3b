/* SPDX-License-Identifier: Apache-2.0 */
/* Small pure functions on text and time. Must not allocate beyond their result. */
#include <time.h>

#include "base/base.h"

static bool continuation(const char *s, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t sw_utf8_decode(const char *s, size_t len, uint32_t *ret_cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c;
	uint32_t cp;
	size_t n, i;

	if (!len)
		return 0;
	c = (unsigned char)s[0];
	if (c < 0x80)
		n = 1, cp = c;
	else if (c >= 0xc2 && c <= 0xdf)
		n = 2, cp = c & 0x1f;
	else if (c >= 0xe0 && c <= 0xef)
		n = 3, cp = c & 0x0f;
	else if (c >= 0xf0 && c <= 0xf4)
		n = 4, cp = c & 0x07;
	else
		return 0;
	if (n > len || !continuation(s, n))
		return 0;
	for (i = 1; i < n; i++)
		cp = cp << 6 | ((unsigned char)s[i] & 0x3f);
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	if (ret_cp)
		*ret_cp = cp;
	return n;
}

size_t sw_ascii_run(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && ((s[n] >= 0x20 && s[n] < 0x7f) || s[n] == '\n' || s[n] == '\t'))
		n++;
	return n;
}

bool sw_utf8_valid(const char *s, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		uint64_t eight;

		if (len - i >= sizeof(eight)) { /* ASCII, by eights */
			memcpy(&eight, s + i, sizeof(eight));
			if (!(eight & 0x8080808080808080u)) {
				i += sizeof(eight);
				continue;
			}
		}
		n = sw_utf8_decode(s + i, len - i, NULL);
		if (!n)
			return false;
		i += n;
	}
	return true;
}

size_t sw_utf8_cut(const char *s, size_t len, size_t max)
{
	size_t n = max;

	if (len <= max)
		return len;
	/* At most three continuation bytes belong to a character; more is not UTF-8 and may be cut
	 * anywhere. */
	while (n > 0 && max - n < 3 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

bool sw_xml_char_ok(uint32_t cp)
{
	return cp == '\t' || cp == '\n' || cp == '\r' || (cp >= 0x20 && cp <= 0xd7ff) ||
	       (cp >= 0xe000 && cp <= 0xfffd) || (cp >= 0x10000 && cp <= 0x10ffff);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *sw_str_collapse(const char *s)
{
	char *out, *p;

	out = malloc(strlen(s) + 1);
	if (!out)
		return NULL;
	for (p = out; *s; s++) {
		if (!blank(*s))
			*p++ = *s;
		else if (p > out && p[-1] != ' ')
			*p++ = ' ';
	}
	if (p > out && p[-1] == ' ')
		p--;
	*p = '\0';
	return out;
}

int sw_str_replace(char **slot, const char *s)
{
	char *copy = NULL;

	if (s) {
		copy = strdup(s);
		if (!copy)
			return -ENOMEM;
	}
	free(*slot);
	*slot = copy;
	return 0;
}

void sw_time_str(int64_t seconds, char ret_text[SW_TIME_LEN])
{
	time_t t = seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(ret_text, SW_TIME_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm))
		memcpy(ret_text, "1970-01-01T00:00:00Z", sizeof("1970-01-01T00:00:00Z"));
}
