/* SPDX-License-Identifier: Apache-2.0 */
/* CPE names, for platform.c and its test only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

#define CPE_FIELDS 11 /* of a well-formed name */
#define CPE_TEXT 1024 /* the dictionary schema's names are shorter */

struct cpe {
	size_t field[CPE_FIELDS]; /* offsets of decoded, lower-case fields; "": any value */
	size_t n, used, start;
	char text[CPE_TEXT];
};

/* "cpe:/o:vendor:product" or "cpe:2.3:o:vendor:product:*..."; false: it is neither, or too long. */
bool cpe_parse(struct cpe *cpe, const char *name);
/* Every field that wide states is stated alike by narrow. */
bool cpe_covers(const struct cpe *wide, const struct cpe *narrow);
