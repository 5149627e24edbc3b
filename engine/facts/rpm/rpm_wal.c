/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's write-ahead log (SQLite file format, section 4): which pages it replaces. */
#include "facts/rpm/rpm.h"

#define HEADER 32
#define FRAME 24
#define MAGIC 0x377f0682u /* or with the lowest bit: sums are over big-endian words */

struct wal {
	struct rpm_file *file;
	bool big;	 /* words of sums */
	uint32_t sum[2]; /* of all that was read so far */
	uint8_t salt[8];
	uint32_t page_size;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t word(const struct wal *w, const uint8_t *p)
{
	uint32_t v = be32(p);

	return w->big ? v : __builtin_bswap32(v);
}

static void add_sum(struct wal *w, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		w->sum[0] += word(w, p + i) + w->sum[1];
		w->sum[1] += word(w, p + i + 4) + w->sum[0];
	}
}

static bool sum_is(const struct wal *w, const uint8_t *p)
{
	return w->sum[0] == be32(p) && w->sum[1] == be32(p + 4);
}

/* False: SQLite would ignore the log, too. */
static bool open_wal(struct wal *w)
{
	uint8_t h[HEADER];

	if (w->file->size < HEADER || rpm_file_read(w->file, h, HEADER, 0) < 0)
		return false;
	w->big = be32(h) & 1;
	add_sum(w, h, 24);
	memcpy(w->salt, h + 16, 8);
	return (be32(h) & ~1u) == MAGIC && be32(h + 8) == w->page_size && sum_is(w, h + 24);
}

/* Page number and, for the last frame of a transaction, pages of the database; false: the log ends.
 */
static bool frame_at(struct wal *w, uint64_t offset, uint8_t *page, uint32_t ret[2])
{
	uint8_t h[FRAME];

	if (rpm_file_read(w->file, h, FRAME, offset) < 0 ||
	    rpm_file_read(w->file, page, w->page_size, offset + FRAME) < 0)
		return false;
	add_sum(w, h, 8);
	add_sum(w, page, w->page_size);
	ret[0] = be32(h);
	ret[1] = be32(h + 4);
	return ret[0] && !memcmp(h + 8, w->salt, 8) && sum_is(w, h + 16);
}

/* How many frames belong to whole transactions; the highest page among them and the pages that the
 * database then has. */
static uint64_t whole_frames(struct wal *w, uint8_t *page, uint32_t *ret_max, uint32_t *ret_pages)
{
	uint64_t n = (w->file->size - HEADER) / (FRAME + w->page_size), whole = 0;
	uint32_t frame[2], max = 0;

	for (uint64_t i = 0; i < n; i++) {
		if (!frame_at(w, HEADER + i * (FRAME + w->page_size), page, frame))
			break;
		if (frame[0] > max)
			max = frame[0];
		if (!frame[1])
			continue;
		whole = i + 1;
		*ret_pages = frame[1];
		*ret_max = max;
	}
	return whole;
}

int rpm_wal_load(struct rpm_file *file, uint32_t page_size, uint64_t **ret_frames,
		 uint32_t *ret_n_pages)
{
	struct wal w = {.file = file, .page_size = page_size};
	_cleanup_free_ uint64_t *frames = NULL;
	_cleanup_free_ uint8_t *page = malloc(page_size);
	uint32_t max = 0, pages = 0;
	uint64_t whole;
	uint8_t no[4];
	int rc = 0;

	if (!page)
		return -ENOMEM;
	if (!open_wal(&w))
		return 0;
	whole = whole_frames(&w, page, &max, &pages);
	if (!whole)
		return 0;
	if (max > SW_LIMIT_RPM_PAGES || pages > SW_LIMIT_RPM_PAGES)
		return -EFBIG;
	if (max < pages)
		max = pages;
	frames = calloc((size_t)max + 1, sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	for (uint64_t i = 0; rc == 0 && i < whole; i++) {
		uint64_t offset = HEADER + i * (FRAME + page_size);

		rc = rpm_file_read(file, no, sizeof(no), offset);
		if (rc == 0 && be32(no) <= max) /* it may have shrunk meanwhile */
			frames[be32(no)] = offset + FRAME;
	}
	if (rc < 0)
		return rc;
	*ret_frames = TAKE(frames);
	*ret_n_pages = pages;
	return 0;
}
