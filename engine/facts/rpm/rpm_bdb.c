/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages: a hash table of Berkeley DB, versions 8 to 10, in either byte order. Keys are package
 * numbers, values headers; number 0 is rpm's own counter.
 */
#include "facts/rpm/rpm.h"

#define META 512
#define PAGE_HEADER 26
#define MAGIC_HASH 0x061561u
#define MAGIC_BTREE 0x053162u
#define SPARES 32

enum {
	PAGE_HASH_UNSORTED = 2,
	PAGE_OVERFLOW = 7,
	PAGE_HASH_META = 8,
	PAGE_HASH = 13,
};
enum {
	ITEM_INLINE = 1,
	ITEM_OFFPAGE = 3,
};

struct bdb {
	struct rpm_file *file;
	bool big;
	uint32_t page_size, last_page, max_bucket;
	uint32_t spares[SPARES]; /* what is added to the numbers of a doubling's buckets */
	uint8_t *page;
	rpm_header_fn fn;
	void *ctx;
};

struct item {
	const uint8_t *p;
	size_t n;
};

static uint32_t get(const struct bdb *b, const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[b->big ? i : n - 1 - i];
	return v;
}

static int read_page(struct bdb *b, uint32_t no, uint8_t *page)
{
	int rc;

	if (!no || no > b->last_page)
		return -EBADMSG;
	rc = rpm_file_read(b->file, page, b->page_size, (uint64_t)no * b->page_size);
	return rc == 0 && get(b, page + 8, 4) != no ? -EBADMSG : rc;
}

/* Overflow pages: at 16 the next one, at 22 how many bytes this one has. */
static int read_offpage(struct bdb *b, const struct item *item, uint8_t **ret, size_t *ret_n)
{
	_cleanup_free_ uint8_t *whole = NULL, *page = malloc(b->page_size);
	uint32_t no = get(b, item->p + 4, 4);
	size_t size = get(b, item->p + 8, 4), at = 0;

	if (size > SW_LIMIT_RPM_HEADER)
		return -EFBIG;
	if (!size || size > b->file->size)
		return -EBADMSG;
	whole = malloc(size);
	if (!whole || !page)
		return -ENOMEM;
	while (at < size) {
		int rc = read_page(b, no, page);
		size_t n = rc < 0 ? 0 : get(b, page + 22, 2);

		if (rc < 0)
			return rc;
		if (page[25] != PAGE_OVERFLOW || !n || n > b->page_size - PAGE_HEADER ||
		    n > size - at)
			return -EBADMSG;
		memcpy(whole + at, page + PAGE_HEADER, n);
		at += n;
		no = get(b, page + 16, 4);
	}
	*ret = TAKE(whole);
	*ret_n = size;
	return 0;
}

static int emit(struct bdb *b, const uint8_t *key, const struct item *value)
{
	_cleanup_free_ uint8_t *whole = NULL;
	struct item v = {value->p + 1, value->n - 1};
	int rc;

	if (!key[0] && !key[1] && !key[2] && !key[3])
		return 0;
	if (value->p[0] == ITEM_OFFPAGE) {
		if (value->n != 12)
			return -EBADMSG;
		rc = read_offpage(b, value, &whole, &v.n);
		if (rc < 0)
			return rc;
		v.p = whole;
	} else if (value->p[0] != ITEM_INLINE) {
		return -ENOTSUP; /* duplicates: rpm writes none */
	}
	rc = rpm_file_spend(b->file, v.n);
	return rc < 0 ? rc : b->fn(b->ctx, v.p, v.n);
}

/* Items lie from the page's end downwards; the i-th begins at its offset and ends where the one
 * before begins. */
static bool item_at(const struct bdb *b, size_t i, struct item *ret)
{
	size_t begin = get(b, b->page + PAGE_HEADER + 2 * i, 2);
	size_t end = i ? get(b, b->page + PAGE_HEADER + 2 * (i - 1), 2) : b->page_size;

	if (begin < PAGE_HEADER || begin >= end || end > b->page_size)
		return false;
	*ret = (struct item){b->page + begin, end - begin};
	return true;
}

static int read_items(struct bdb *b)
{
	size_t n = get(b, b->page + 20, 2);

	if (n % 2 || n > (b->page_size - PAGE_HEADER) / 2)
		return -EBADMSG;
	for (size_t i = 0; i < n; i += 2) {
		struct item key, value;
		int rc;

		if (!item_at(b, i, &key) || !item_at(b, i + 1, &value))
			return -EBADMSG;
		if (key.p[0] != ITEM_INLINE || key.n != 5)
			return -EBADMSG;
		rc = emit(b, key.p + 1, &value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* A bucket's page: its number and what its doubling adds. */
static uint32_t page_of(const struct bdb *b, uint32_t bucket)
{
	unsigned doubling = bucket ? 32u - (unsigned)__builtin_clz(bucket) : 0;

	return bucket + b->spares[doubling < SPARES ? doubling : SPARES - 1];
}

static int read_buckets(struct bdb *b)
{
	for (uint32_t bucket = 0; bucket <= b->max_bucket; bucket++)
		for (uint32_t no = page_of(b, bucket); no; no = get(b, b->page + 16, 4)) {
			int rc = read_page(b, no, b->page);

			if (rc == 0 && b->page[25] != PAGE_HASH &&
			    b->page[25] != PAGE_HASH_UNSORTED)
				rc = -EBADMSG;
			if (rc == 0)
				rc = read_items(b);
			if (rc < 0)
				return rc;
		}
	return 0;
}

static int open_db(struct bdb *b, struct sw_error *err)
{
	uint8_t m[META];
	uint32_t version;

	if (rpm_file_read(b->file, m, META, 0) < 0)
		return sw_error_set(err, EBADMSG, "is no Berkeley DB");
	b->big = m[12] == 0;
	if (get(b, m + 12, 4) == MAGIC_BTREE)
		return sw_error_set(err, ENOTSUP, "is a b-tree, which rpm does not make of it");
	if (get(b, m + 12, 4) != MAGIC_HASH)
		return sw_error_set(err, EBADMSG, "is no Berkeley DB");
	version = get(b, m + 16, 4);
	if (version < 8 || version > 10)
		return sw_error_set(err, ENOTSUP, "is a hash table of version %u", version);
	if (m[24] || m[26] & 1)
		return sw_error_set(err, ENOTSUP, "is encrypted or has sums");
	b->page_size = get(b, m + 20, 4);
	b->last_page = get(b, m + 32, 4);
	b->max_bucket = get(b, m + 72, 4);
	for (size_t i = 0; i < SPARES; i++)
		b->spares[i] = get(b, m + 96 + 4 * i, 4);
	if (b->page_size < 512 || b->page_size > 65536 || b->page_size & (b->page_size - 1))
		return sw_error_set(err, EBADMSG, "has pages of %u bytes", b->page_size);
	if (b->max_bucket > b->last_page)
		return sw_error_set(err, EBADMSG, "has more buckets than pages");
	return 0;
}

int rpm_bdb_each(struct rpm_file *file, rpm_header_fn fn, void *ctx, struct sw_error *err)
{
	_cleanup_free_ uint8_t *page = NULL;
	struct bdb b = {.file = file, .fn = fn, .ctx = ctx};
	int rc = open_db(&b, err);

	if (rc < 0)
		return rc;
	b.page = page = malloc(b.page_size);
	return page ? read_buckets(&b) : -ENOMEM;
}
