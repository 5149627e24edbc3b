/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages.db: rpm's own format "ndb". A header of 32 bytes, slots of 16 that say where packages
 * lie, the packages in blocks of 16 between a head and a tail; all little-endian.
 */
#include "facts/rpm/rpm.h"

#define HEADER 32
#define SLOT 16
#define BLOCK 16
#define PAGE 4096
#define BLOB_HEAD 16
#define BLOB_TAIL 12

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is(const uint8_t *p, const char magic[4])
{
	return !memcmp(p, magic, 4);
}

/* slot: magic, package, first block, number of blocks. */
static int read_package(struct rpm_file *f, const uint8_t *slot, rpm_header_fn fn, void *ctx)
{
	uint64_t at = (uint64_t)le32(slot + 8) * BLOCK, room = (uint64_t)le32(slot + 12) * BLOCK;
	_cleanup_free_ uint8_t *blob = NULL;
	uint8_t head[BLOB_HEAD];
	uint32_t len;
	int rc = rpm_file_read(f, head, sizeof(head), at);

	if (rc < 0)
		return rc;
	len = le32(head + 12);
	if (!is(head, "BlbS") || le32(head + 4) != le32(slot + 4) || room < BLOB_HEAD + BLOB_TAIL ||
	    len > room - BLOB_HEAD - BLOB_TAIL)
		return -EBADMSG;
	if (len > SW_LIMIT_RPM_HEADER)
		return -EFBIG;
	if (len > f->size)
		return -EBADMSG;
	blob = malloc(len + 1);
	if (!blob)
		return -ENOMEM;
	rc = rpm_file_read(f, blob, len, at + BLOB_HEAD);
	if (rc == 0)
		rc = rpm_file_spend(f, len);
	return rc < 0 ? rc : fn(ctx, blob, len);
}

int rpm_ndb_each(struct rpm_file *f, rpm_header_fn fn, void *ctx, struct sw_error *err)
{
	uint8_t h[HEADER], slots[PAGE];
	uint64_t n_pages;
	int rc = rpm_file_read(f, h, sizeof(h), 0);

	if (rc < 0 || !is(h, "RpmP"))
		return sw_error_set(err, EBADMSG, "is no database of rpm");
	if (le32(h + 4) != 0)
		return sw_error_set(err, ENOTSUP, "is of version %u", le32(h + 4));
	n_pages = le32(h + 12);
	for (uint64_t page = 0; rc == 0 && page < n_pages; page++) {
		rc = rpm_file_read(f, slots, PAGE, page * PAGE);
		for (size_t i = page ? 0 : HEADER; rc == 0 && i < PAGE; i += SLOT) {
			if (!is(slots + i, "Slot"))
				rc = -EBADMSG;
			else if (le32(slots + i + 8))
				rc = read_package(f, slots + i, fn, ctx);
		}
	}
	return rc;
}
