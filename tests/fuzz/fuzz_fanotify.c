/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as fanotify's buffer: what is told lies inside it. */
#include <stdlib.h>
#include <string.h>

#include "fanotify/fanotify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bounds {
	const uint8_t *begin, *end;
};

static void check(void *ctx, const struct sw_fan_record *r)
{
	const struct bounds *b = ctx;
	const uint8_t *name = (const uint8_t *)r->name;

	if (r->handle && (r->handle < b->begin || r->handle + r->handle_len > b->end))
		abort();
	if (name && (name < b->begin || name + strlen(r->name) >= b->end))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* exactly as long: an overread is caught */
	struct bounds b = {copy, copy + size};

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	sw_fan_decode(copy, size, check, &b);
	free(copy);
	return 0;
}
