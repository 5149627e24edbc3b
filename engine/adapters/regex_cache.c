/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled patterns, each once. Knows nothing of what they are for. */
#include "adapters/regex.h"
#include "base/base.h"

#define BUCKETS 256

struct entry {
	struct entry *next;
	struct sw_regex *re;
	unsigned int flags;
	char pattern[];
};

struct sw_regex_cache {
	struct entry *buckets[BUCKETS];
};

/* FNV-1a; a bad spread costs time only, and patterns come from content, not from targets. */
static size_t hash(const char *s, unsigned int flags)
{
	uint32_t h = 2166136261u ^ flags;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h % BUCKETS;
}

struct sw_regex_cache *sw_regex_cache_new(void)
{
	return calloc(1, sizeof(struct sw_regex_cache));
}

void sw_regex_cache_free(struct sw_regex_cache *cache)
{
	struct entry *e, *next;
	size_t i;

	for (i = 0; cache && i < BUCKETS; i++) {
		for (e = cache->buckets[i]; e; e = next) {
			next = e->next;
			sw_regex_free(e->re);
			free(e);
		}
	}
	free(cache);
}

int sw_regex_cache_get(struct sw_regex_cache *cache, const char *pattern, unsigned int flags,
		       struct sw_regex **ret_regex, struct sw_error *err)
{
	struct entry **head = &cache->buckets[hash(pattern, flags)], *e;
	size_t len = strlen(pattern);
	int rc;

	for (e = *head; e; e = e->next) {
		if (e->flags == flags && !strcmp(e->pattern, pattern)) {
			*ret_regex = e->re;
			return 0;
		}
	}
	e = calloc(1, sizeof(*e) + len + 1);
	if (!e)
		return sw_error_set(err, ENOMEM, "regular expression: no memory");
	rc = sw_regex_new(pattern, flags, &e->re, err);
	if (rc < 0) {
		free(e);
		return rc;
	}
	memcpy(e->pattern, pattern, len + 1);
	e->flags = flags;
	e->next = *head;
	*head = e;
	*ret_regex = e->re;
	return 0;
}
