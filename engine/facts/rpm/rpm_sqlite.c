/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpmdb.sqlite: the rows of the table Packages, whose second column is the header (SQLite file
 * format, sections 1.3, 1.5, 1.6 and 2). Runs no SQL and reads no index.
 */
#include <strings.h>

#include "facts/rpm/rpm.h"

#define DB_HEADER 100
#define MAX_DEPTH 20 /* of a b-tree; SQLite's own limit */

struct sqlite {
	struct rpm_file *db, *wal;
	uint32_t page_size, usable, n_pages;
	uint64_t *frames; /* owned; pages that the log replaces, or NULL */
	uint32_t n_frames;
	rpm_header_fn fn;
	void *ctx;
	uint32_t root; /* of the table Packages; 0: not met yet */
};

/* One row: its record. */
typedef int (*row_fn)(struct sqlite *s, const uint8_t *record, size_t len);

static uint32_t be(const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Bytes it took; 0: cut off. */
static size_t varint(const uint8_t *p, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n && i < 9; i++) {
		if (i == 8) {
			*ret = v << 8 | p[i];
			return 9;
		}
		v = v << 7 | (p[i] & 0x7f);
		if (!(p[i] & 0x80)) {
			*ret = v;
			return i + 1;
		}
	}
	return 0;
}

static int read_page(struct sqlite *s, uint32_t no, uint8_t *page)
{
	if (!no || no > s->n_pages)
		return -EBADMSG;
	if (s->frames && no <= s->n_frames && s->frames[no])
		return rpm_file_read(s->wal, page, s->page_size, s->frames[no]);
	return rpm_file_read(s->db, page, s->page_size, (uint64_t)(no - 1) * s->page_size);
}

struct column {
	uint64_t type; /* serial */
	const uint8_t *data;
	size_t n;
};

/* The i-th column of a record. */
static bool column(const uint8_t *rec, size_t len, unsigned i, struct column *ret)
{
	static const uint8_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
	uint64_t head, type, n = 0;
	size_t at = varint(rec, len, &head), data = (size_t)head;

	if (!at || head < at || head > len) /* it counts itself */
		return false;
	for (unsigned k = 0; k <= i; k++) {
		size_t took = varint(rec + at, (size_t)head - at, &type);

		if (!took)
			return false;
		at += took;
		data += (size_t)n; /* of the column before */
		n = type < SW_ARRAY_LEN(sizes) ? sizes[type] : (type - 12) / 2;
		if (n > len - data)
			return false;
	}
	*ret = (struct column){type, rec + data, (size_t)n};
	return true;
}

static bool text_is(const uint8_t *rec, size_t len, unsigned i, const char *text)
{
	struct column c;

	return column(rec, len, i, &c) && c.type >= 13 && c.type % 2 && c.n == strlen(text) &&
	       !strncasecmp((const char *)c.data, text, c.n);
}

/* A row of the schema: type, name, table, root page, SQL. */
static int schema_row(struct sqlite *s, const uint8_t *rec, size_t len)
{
	struct column c;

	if (!text_is(rec, len, 0, "table") || !text_is(rec, len, 1, "Packages"))
		return 0;
	if (!column(rec, len, 3, &c) || !c.type || c.type > 4)
		return -EBADMSG;
	s->root = be(c.data, c.n);
	return 0;
}

static int package_row(struct sqlite *s, const uint8_t *rec, size_t len)
{
	struct column c;

	if (!column(rec, len, 1, &c) || c.type < 12 || c.type % 2)
		return s->fn(s->ctx, rec, 0); /* no blob: the receiver tells of a damaged header */
	return s->fn(s->ctx, c.data, c.n);
}

/* What of a record of that size lies in the leaf itself (section 1.6). */
static size_t local_part(const struct sqlite *s, uint64_t size)
{
	uint64_t max = s->usable - 35, min = (s->usable - 12) * 32 / 255 - 23, k;

	if (size <= max)
		return (size_t)size;
	k = min + (size - min) % (s->usable - 4);
	return (size_t)(k <= max ? k : min);
}

/* Overflow pages: the number of the next one, then content. */
static int read_overflow(struct sqlite *s, uint32_t no, uint8_t *to, size_t n)
{
	_cleanup_free_ uint8_t *page = malloc(s->page_size);

	if (!page)
		return -ENOMEM;
	while (n) {
		size_t part = n < s->usable - 4 ? n : s->usable - 4;
		int rc = read_page(s, no, page);

		if (rc < 0)
			return rc;
		memcpy(to, page + 4, part);
		to += part;
		n -= part;
		no = be(page, 4);
	}
	return 0;
}

/* cell: size of the record, row id, the record's beginning, the page where it goes on. */
static int leaf_cell(struct sqlite *s, const uint8_t *cell, size_t room, row_fn fn)
{
	_cleanup_free_ uint8_t *whole = NULL;
	uint64_t size = 0, row = 0;
	size_t at = varint(cell, room, &size), took = varint(cell + at, room - at, &row), local;
	int rc;

	if (!at || !took)
		return -EBADMSG;
	at += took;
	if (size > SW_LIMIT_RPM_HEADER)
		return -EFBIG;
	if (size > s->db->size + (s->wal ? s->wal->size : 0))
		return -EBADMSG;
	rc = rpm_file_spend(s->db, (size_t)size);
	if (rc < 0)
		return rc;
	local = local_part(s, size);
	if (local > room - at)
		return -EBADMSG;
	if (local == size)
		return fn(s, cell + at, local);
	if (room - at - local < 4)
		return -EBADMSG;
	whole = malloc((size_t)size);
	if (!whole)
		return -ENOMEM;
	memcpy(whole, cell + at, local);
	rc = read_overflow(s, be(cell + at + local, 4), whole + local, (size_t)size - local);
	return rc < 0 ? rc : fn(s, whole, (size_t)size);
}

/* The rows below one page of a table's b-tree. Each page costs of what may be read, so a tree of
 * loops ends. */
static int walk(struct sqlite *s, uint32_t no, unsigned depth, row_fn fn)
{
	_cleanup_free_ uint8_t *page = malloc(s->page_size);
	size_t start = no == 1 ? DB_HEADER : 0, cells, n;
	int rc;

	if (!page)
		return -ENOMEM;
	rc = depth < MAX_DEPTH ? read_page(s, no, page) : -EBADMSG;
	if (rc < 0)
		return rc;
	n = be(page + start + 3, 2);
	cells = start + (page[start] == 5 ? 12 : 8);
	if ((page[start] != 5 && page[start] != 13) || cells + 2 * n > s->usable)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		size_t at = be(page + cells + 2 * i, 2);

		if (at < cells + 2 * n || at + 4 > s->usable)
			return -EBADMSG;
		rc = page[start] == 5 ? walk(s, be(page + at, 4), depth + 1, fn)
				      : leaf_cell(s, page + at, s->usable - at, fn);
		if (rc < 0)
			return rc;
	}
	return page[start] == 5 ? walk(s, be(page + start + 8, 4), depth + 1, fn) : 0;
}

static int open_db(struct sqlite *s, struct sw_error *err)
{
	uint8_t h[DB_HEADER];
	int rc = rpm_file_read(s->db, h, sizeof(h), 0);

	if (rc < 0 || memcmp(h, "SQLite format 3", 16))
		return sw_error_set(err, EBADMSG, "is no SQLite database");
	s->page_size = be(h + 16, 2) == 1 ? 65536 : be(h + 16, 2);
	s->usable = s->page_size - h[20];
	if (s->page_size < 512 || s->page_size & (s->page_size - 1) || s->usable < 480)
		return sw_error_set(err, EBADMSG, "has pages of %u bytes", s->page_size);
	if (s->db->size / s->page_size > SW_LIMIT_RPM_PAGES)
		return sw_error_set(err, EFBIG, "has more than %u pages", SW_LIMIT_RPM_PAGES);
	s->n_pages = (uint32_t)(s->db->size / s->page_size);
	if (!s->wal)
		return 0;
	rc = rpm_wal_load(s->wal, s->page_size, &s->frames, &s->n_frames);
	if (rc < 0)
		return sw_error_set(err, -rc, "its write-ahead log: %s", strerror(-rc));
	if (s->frames)
		s->n_pages = s->n_frames;
	return 0;
}

int rpm_sqlite_each(struct rpm_file *db, struct rpm_file *wal, rpm_header_fn fn, void *ctx,
		    struct sw_error *err)
{
	struct sqlite s = {.db = db, .wal = wal, .fn = fn, .ctx = ctx};
	int rc = open_db(&s, err);

	if (rc < 0)
		return rc;
	rc = walk(&s, 1, 0, schema_row);
	if (rc == 0 && !s.root)
		rc = sw_error_set(err, EBADMSG, "has no table of packages");
	else if (rc == 0)
		rc = walk(&s, s.root, 0, package_row);
	free(s.frames);
	return rc;
}
