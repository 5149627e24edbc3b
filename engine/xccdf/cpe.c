/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPE names (NIST IR 7695): URI and formatted-string bindings as fields, and whether one name
 * covers another. Pure; knows no dictionary.
 */
#include <ctype.h>

#include "xccdf/cpe.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool put(struct cpe *cpe, char c)
{
	if (cpe->used == sizeof(cpe->text) - 1)
		return false;
	cpe->text[cpe->used++] = (char)tolower((unsigned char)c);
	return true;
}

/* Ends the field that was put last. */
static bool end_field(struct cpe *cpe)
{
	if (cpe->n == CPE_FIELDS || cpe->used == sizeof(cpe->text))
		return false;
	cpe->text[cpe->used++] = '\0';
	cpe->field[cpe->n++] = cpe->start;
	cpe->start = cpe->used;
	return true;
}

static bool parse_uri(struct cpe *cpe, const char *s)
{
	for (;; s++) {
		if (*s == ':' || !*s) {
			if (!end_field(cpe))
				return false;
			if (!*s)
				return true;
		} else if (*s == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
			if (!put(cpe, (char)(hex(s[1]) << 4 | hex(s[2]))))
				return false;
			s += 2;
		} else if (!put(cpe, *s)) {
			return false;
		}
	}
}

static bool parse_formatted(struct cpe *cpe, const char *s)
{
	for (;; s++) {
		if (*s == ':' || !*s) {
			/* "*" is any value, as an empty field of a URI. */
			if (cpe->used == cpe->start + 1 && cpe->text[cpe->start] == '*')
				cpe->used = cpe->start;
			if (!end_field(cpe))
				return false;
			if (!*s)
				return true;
		} else {
			if (*s == '\\' && s[1])
				s++;
			if (!put(cpe, *s))
				return false;
		}
	}
}

bool cpe_parse(struct cpe *cpe, const char *name)
{
	cpe->n = cpe->used = cpe->start = 0;
	if (!strncmp(name, "cpe:2.3:", 8))
		return parse_formatted(cpe, name + 8);
	return !strncmp(name, "cpe:/", 5) && parse_uri(cpe, name + 5);
}

static const char *field(const struct cpe *cpe, size_t i)
{
	return i < cpe->n ? cpe->text + cpe->field[i] : "";
}

bool cpe_covers(const struct cpe *wide, const struct cpe *narrow)
{
	size_t i;

	for (i = 0; i < wide->n; i++)
		if (*field(wide, i) && strcmp(field(wide, i), field(narrow, i)))
			return false;
	return true;
}
