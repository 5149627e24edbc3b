/* SPDX-License-Identifier: Apache-2.0 */
/* Splits stanzas in place. Knows no database. */
#include "facts/stanza.h"

#include <string.h>
#include <strings.h>

/* Cuts one line off; NULL at the end of the text. */
static char *take_line(struct sw_stanza_reader *r)
{
	char *line = r->next, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	if (end) {
		*end = '\0';
		r->next = end + 1;
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
	} else {
		r->next = line + strlen(line);
	}
	return line;
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t");
	for (end = s + strlen(s); end > s && strchr(" \t", end[-1]); end--)
		;
	*end = '\0';
	return s;
}

static void take_field(const struct sw_stanza_reader *r, char *line, struct sw_stanza_field *fields,
		       size_t n)
{
	char *colon = strchr(line, ':');

	if (!colon || *line == ' ' || *line == '\t')
		return;
	*colon = '\0';
	for (size_t i = 0; i < n; i++)
		if (!fields[i].value && !(r->ignore_case ? strcasecmp(fields[i].name, line)
							 : strcmp(fields[i].name, line)))
			fields[i].value = trim(colon + 1);
}

bool sw_stanza_next(struct sw_stanza_reader *r, struct sw_stanza_field *fields, size_t n)
{
	bool any = false;
	char *line;

	for (size_t i = 0; i < n; i++)
		fields[i].value = NULL;
	while ((line = take_line(r))) {
		if (line[strspn(line, " \t")]) {
			take_field(r, line, fields, n);
			any = true;
		} else if (any) {
			break;
		}
	}
	return any;
}
