/* SPDX-License-Identifier: Apache-2.0 */
/* Where a target keeps its databases of rpm, and which reader each needs. Knows no OVAL. */
#include <sys/stat.h>

#include "facts/read.h"
#include "facts/rpm/rpm.h"

#define MAX_PATH_LEN 128

/* rpm's own place, that of read-only systems, that of ostree; often links to each other. */
static const char *const places[] = {
	"/var/lib/rpm",
	"/usr/lib/sysimage/rpm",
	"/usr/share/rpm",
};
enum format {
	SQLITE,
	NDB,
	BDB,
	N_FORMATS,
};
static const char *const names[] = {
	[SQLITE] = "rpmdb.sqlite",
	[NDB] = "Packages.db",
	[BDB] = "Packages",
};
_Static_assert(SW_ARRAY_LEN(names) == N_FORMATS, "a name for each");

struct reading {
	const struct rpm_database_reader *r;
	const char *path; /* of the database being read */
	int rc;		  /* what ended it all */
	uint64_t packages;
	struct stat seen[SW_ARRAY_LEN(places)];
	size_t n_seen;
};

static int on_header(void *ctx, const uint8_t *header, size_t len)
{
	struct reading *rd = ctx;
	struct rpm_package p;
	int rc;

	if (++rd->packages > SW_LIMIT_RPM_PACKAGES)
		return -E2BIG;
	rc = rpm_header_parse(header, len, rd->r->files, &p);
	if (rc == -ENOMEM)
		return rd->rc = rc;
	if (rc < 0) {
		rd->r->problem(rd->r->ctx, rd->path, rc,
			       rc == -E2BIG ? "a package has too many files"
					    : "a package's header is damaged");
		return 0;
	}
	rd->rc = rd->r->package(rd->r->ctx, &p);
	rpm_package_release(&p);
	return rd->rc;
}

/* 1: a journal that would have to be rolled back first (SQLite file format, section 3). */
static bool is_hot(struct sw_target *t, const char *path)
{
	static const uint8_t magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	char journal[MAX_PATH_LEN];
	_cleanup_fd_ int fd = -1;
	uint8_t head[8];
	struct stat st;

	snprintf(journal, sizeof(journal), "%s-journal", path);
	return sw_open_regular(t, journal, &fd, &st) > 0 &&
	       pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	       !memcmp(head, magic, sizeof(magic));
}

static int read_sqlite(struct reading *rd, struct rpm_file *db, struct sw_error *err)
{
	char path[MAX_PATH_LEN];
	struct rpm_file wal;
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int rc;

	if (is_hot(rd->r->target, rd->path))
		return sw_error_set(err, ENOTSUP, "was left in the middle of a change");
	snprintf(path, sizeof(path), "%s-wal", rd->path);
	rc = sw_open_regular(rd->r->target, path, &fd, &st);
	if (rc < 0)
		return sw_error_set(err, -rc, "its write-ahead log: %s", strerror(-rc));
	if (rc)
		rpm_file_init(&wal, fd, (uint64_t)st.st_size);
	return rpm_sqlite_each(db, rc ? &wal : NULL, on_header, rd, err);
}

/* Problems are told, and are no failure; negative ends it all. */
static int read_one(struct reading *rd, enum format format, int fd, const struct stat *st)
{
	struct sw_error err = {0};
	struct rpm_file db;
	int rc;

	rpm_file_init(&db, fd, (uint64_t)st->st_size);
	if (format == SQLITE)
		rc = read_sqlite(rd, &db, &err);
	else if (format == NDB)
		rc = rpm_ndb_each(&db, on_header, rd, &err);
	else
		rc = rpm_bdb_each(&db, on_header, rd, &err);
	if (rd->rc < 0 || rc == -ENOMEM)
		return rd->rc < 0 ? rd->rc : rc;
	if (rc < 0)
		rd->r->problem(rd->r->ctx, rd->path, rc,
			       err.code		? err.text
			       : rc == -EBADMSG ? "is damaged"
			       : rc == -EFBIG	? "is larger than the limits"
			       : rc == -E2BIG	? "has more packages than the limit"
						: strerror(-rc));
	return 0;
}

static bool seen_before(struct reading *rd, const struct stat *st)
{
	for (size_t i = 0; i < rd->n_seen; i++)
		if (rd->seen[i].st_ino == st->st_ino && rd->seen[i].st_dev == st->st_dev)
			return true;
	rd->seen[rd->n_seen++] = *st;
	return false;
}

/* The first format that is there, as rpm takes it. 1: a database, 0: none here. */
static int read_place(struct reading *rd, const char *place)
{
	for (enum format f = 0; f < N_FORMATS; f++) {
		_cleanup_fd_ int fd = -1;
		char path[MAX_PATH_LEN];
		struct stat st, id;
		int rc;

		snprintf(path, sizeof(path), "%s/%s", place, names[f]);
		rd->path = path;
		rc = sw_open_regular(rd->r->target, path, &fd, &st);
		if (rc == -ENOMEM)
			return rc;
		if (rc < 0)
			rd->r->problem(rd->r->ctx, path, rc, strerror(-rc));
		if (rc == 0)
			continue;
		if (rc < 0)
			return 1;
		if (sw_target_stat(rd->r->target, path, true, &id) == 0 && seen_before(rd, &id))
			return 0;
		rc = read_one(rd, f, fd, &st);
		return rc < 0 ? rc : 1;
	}
	return 0;
}

int rpm_database_read(const struct rpm_database_reader *r)
{
	struct reading rd = {.r = r};
	int n = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(places); i++) {
		int rc = read_place(&rd, places[i]);

		if (rc < 0)
			return rc;
		n += rc;
	}
	return n;
}
