/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of blocks. Knows nothing of what is in them. */
#include <stdalign.h>

#include "oval/arena.h"
#include "stigwatch/cleanup.h"

#define CHUNK_BYTES 65536

struct sw_arena_chunk {
	struct sw_arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

void *sw_arena_alloc(struct sw_arena *a, size_t n, size_t size)
{
	struct sw_arena_chunk *c = a->chunks;
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!c || c->size - c->used < bytes) {
		size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return NULL;
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	p = c->data + c->used;
	c->used += bytes;
	return p;
}

char *sw_arena_strdup(struct sw_arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = sw_arena_alloc(a, n, 1);

	return p ? memcpy(p, s, n) : NULL;
}

char *sw_arena_take(struct sw_arena *a, char *heap)
{
	char *p = heap ? sw_arena_strdup(a, heap) : NULL;

	free(heap);
	return p;
}

void sw_arena_release(struct sw_arena *a)
{
	while (a->chunks) {
		struct sw_arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
}
