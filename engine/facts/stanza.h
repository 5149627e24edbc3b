/* SPDX-License-Identifier: Apache-2.0 */
/* Text databases of packages: stanzas of "Name: value" lines, ended by an empty line. Opens no
 * file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sw_stanza_field {
	const char *name;
	const char *value; /* set by reading; NULL: the stanza does not have it */
};

struct sw_stanza_reader {
	char *next;	  /* rest of the text, which is written to */
	bool ignore_case; /* of field names */
};

/* Fills in the wanted fields of the next stanza; false: there is none. The first of two fields of
 * one name counts; continued lines are passed over. */
bool sw_stanza_next(struct sw_stanza_reader *r, struct sw_stanza_field *fields, size_t n);
