/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one parsed document: given out in pieces, freed at once, so that no parser has an
 * unwinding path. */
#pragma once

#include <stddef.h>

struct sw_arena_chunk;
struct sw_arena {
	struct sw_arena_chunk *chunks;
};

/* Zeroed; NULL when memory ran out. n * size is checked. */
void *sw_arena_alloc(struct sw_arena *a, size_t n, size_t size);
char *sw_arena_strdup(struct sw_arena *a, const char *s);
/* Copies a heap string (NULL: NULL) into the arena and frees it. */
char *sw_arena_take(struct sw_arena *a, char *heap);
void sw_arena_release(struct sw_arena *a);
