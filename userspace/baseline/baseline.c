/* SPDX-License-Identifier: Apache-2.0 */
/* The baseline in memory: entries in order, found by path and by digest; reads and writes no files.
 */
#include "baseline/private.h"

#include "stigwatch/error.h"
#include "stigwatch/limits.h"

void sw_baseline_entry_release(struct sw_baseline_entry *e)
{
	free(e->path);
	free(e->link);
	free(e->caps);
	*e = (struct sw_baseline_entry){0};
}

void sw_baseline_free(struct sw_baseline *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		sw_baseline_entry_release(&b->entries[i]);
	for (size_t i = 0; i < b->n_identity; i++) {
		free(b->identity[i].key);
		free(b->identity[i].value);
	}
	free(b->entries);
	free(b->by_digest);
	free(b->identity);
	free(b);
}

int sw_baseline_add(struct sw_baseline *b, struct sw_baseline_entry *e)
{
	int rc = b->n >= SW_LIMIT_WALK_ENTRIES ? -E2BIG : SW_GROW(b->entries, b->n, b->cap);

	if (rc < 0) {
		sw_baseline_entry_release(e);
		return rc;
	}
	b->entries[b->n++] = *e;
	*e = (struct sw_baseline_entry){0};
	return 0;
}

int sw_baseline_add_identity(struct sw_baseline *b, const char *key, const char *value)
{
	_cleanup_free_ char *k = strdup(key), *v = strdup(value);
	size_t at = 0;
	int order = -1;

	while (at < b->n_identity && (order = strcmp(b->identity[at].key, key)) < 0)
		at++;
	if (at < b->n_identity && order == 0)
		return 0;
	if (!k || !v || SW_GROW(b->identity, b->n_identity, b->cap_identity) < 0)
		return -ENOMEM;
	memmove(&b->identity[at + 1], &b->identity[at],
		(b->n_identity - at) * sizeof(*b->identity));
	b->identity[at] = (struct sw_pair){TAKE(k), TAKE(v)};
	b->n_identity++;
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct sw_baseline_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int compare_digests(const void *a, const void *b, void *ctx)
{
	const struct sw_baseline_entry *entries = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(entries[x].sha256, entries[y].sha256);

	return order ? order : (x > y) - (x < y);
}

int sw_baseline_index(struct sw_baseline *b)
{
	bool sorted = true;

	for (size_t i = 1; i < b->n && sorted; i++)
		sorted = strcmp(b->entries[i - 1].path, b->entries[i].path) < 0;
	if (!sorted && b->n)
		qsort(b->entries, b->n, sizeof(*b->entries), compare_paths);
	for (size_t i = 1; i < b->n; i++) {
		if (strcmp(b->entries[i - 1].path, b->entries[i].path) == 0)
			return -EEXIST;
	}
	free(b->by_digest);
	b->n_by_digest = 0;
	b->by_digest = calloc(b->n + 1, sizeof(*b->by_digest));
	if (!b->by_digest)
		return -ENOMEM;
	for (size_t i = 0; i < b->n; i++) {
		if (b->entries[i].type == 'f')
			b->by_digest[b->n_by_digest++] = (uint32_t)i;
	}
	qsort_r(b->by_digest, b->n_by_digest, sizeof(*b->by_digest), compare_digests, b->entries);
	return 0;
}

static void digest_free(struct sw_digest **d)
{
	sw_digest_free(*d);
}

int sw_baseline_seal(struct sw_baseline *b)
{
	__attribute__((cleanup(digest_free))) struct sw_digest *d = NULL;
	_cleanup_strbuf_ struct sw_strbuf line = {0};
	int rc = sw_digest_new("SHA-256", &d);

	for (size_t i = 0; rc == 0 && i < b->n; i++) {
		line.len = 0;
		sw_baseline_format_entry(&line, &b->entries[i]);
		sw_strbuf_addc(&line, '\n');
		if (line.failed)
			return -ENOMEM;
		sw_digest_update(d, line.data, line.len);
	}
	return rc < 0 ? rc : sw_digest_final(d, b->digest, sizeof(b->digest));
}

const struct sw_baseline_entry *sw_baseline_find(const struct sw_baseline *b, const char *path)
{
	const struct sw_baseline_entry key = {.path = (char *)path};

	return b->n ? bsearch(&key, b->entries, b->n, sizeof(key), compare_paths) : NULL;
}

const char *sw_baseline_digest(const struct sw_baseline *b)
{
	return b->digest;
}

size_t sw_baseline_count(const struct sw_baseline *b)
{
	return b->n;
}

const struct sw_baseline_entry *sw_baseline_at(const struct sw_baseline *b, size_t i)
{
	return i < b->n ? &b->entries[i] : NULL;
}

const char *sw_baseline_identity(const struct sw_baseline *b, const char *key)
{
	for (size_t i = 0; i < b->n_identity; i++) {
		if (strcmp(b->identity[i].key, key) == 0)
			return b->identity[i].value;
	}
	return NULL;
}

const struct sw_baseline_entry *sw_baseline_by_digest(const struct sw_baseline *b,
						      const char *sha256)
{
	size_t low = 0, high = b->n_by_digest;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(b->entries[b->by_digest[mid]].sha256, sha256) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == b->n_by_digest || strcmp(b->entries[b->by_digest[low]].sha256, sha256) != 0)
		return NULL;
	return &b->entries[b->by_digest[low]];
}
