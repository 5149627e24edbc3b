/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of rpm/: what rpm's own databases hold, read by offset from a file of a target. Nothing
 * of librpm, its configuration or its macros takes part, so that a scan tells the same on every
 * host. Everything read is hostile: sizes and offsets are checked before use, and no byte is read
 * much more than once.
 */
#pragma once

#include "base/base.h"

struct sw_target;

/* A database file; the holder sets fd and size. Begin with rpm_file_init. */
struct rpm_file {
	int fd;
	uint64_t size;
	uint64_t left; /* bytes that may still be read: a file of loops ends here */
};
void rpm_file_init(struct rpm_file *f, int fd, uint64_t size);
/* All of it: 0; -EBADMSG behind the end, -EFBIG when parts were read again and again, or read's. */
int rpm_file_read(struct rpm_file *f, void *buf, size_t len, uint64_t offset);
/* Counts bytes that are looked at again without being read. */
int rpm_file_spend(struct rpm_file *f, size_t len);

/* Gets each package's header. Returns 0, or negative to end the reading. */
typedef int (*rpm_header_fn)(void *ctx, const uint8_t *header, size_t len);

/*
 * Readers of the three formats: call fn for each package. 0, what fn returned, or negative with err
 * set: -EBADMSG (no such database, or a damaged one), -ENOTSUP (a kind that is not read), -EFBIG.
 */
int rpm_sqlite_each(struct rpm_file *db, struct rpm_file *wal, rpm_header_fn fn, void *ctx,
		    struct sw_error *err);
int rpm_bdb_each(struct rpm_file *db, rpm_header_fn fn, void *ctx, struct sw_error *err);
int rpm_ndb_each(struct rpm_file *db, rpm_header_fn fn, void *ctx, struct sw_error *err);

/*
 * Which pages of a database its write-ahead log replaces: ret_frames[page], 0 or the offset of that
 * page in wal, for pages 1 to *ret_n_pages. Nothing (NULL) when the log holds no whole transaction.
 */
int rpm_wal_load(struct rpm_file *wal, uint32_t page_size, uint64_t **ret_frames,
		 uint32_t *ret_n_pages);

/* One package. NULL: its header does not have that. */
struct rpm_package {
	char *name, *arch, *epoch, *version, *release, *keyid;
	char **files; /* whole paths, only when asked for */
	size_t n_files;
};
/* -EBADMSG: no header of a package; -E2BIG: more files than the limit; -ENOMEM. */
int rpm_header_parse(const uint8_t *header, size_t len, bool files, struct rpm_package *ret);
void rpm_package_release(struct rpm_package *p);

/* The key id of an OpenPGP signature (RFC 4880, 5.2) as 16 hexadecimal digits; false: none. */
bool rpm_pgp_keyid(const uint8_t *sig, size_t len, char ret_id[17]);

/* All packages of all databases of a target. */
struct rpm_database_reader {
	struct sw_target *target;
	bool files;
	/* Borrowed package; 0 or negative to end. */
	int (*package)(void *ctx, const struct rpm_package *p);
	/* A database, or a part of one, that could not be read: rc as of the readers. */
	void (*problem)(void *ctx, const char *path, int rc, const char *why);
	void *ctx;
};
/* How many databases there are, or what package returned. */
int rpm_database_read(const struct rpm_database_reader *r);
