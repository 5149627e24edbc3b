/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a chain segment by segment, in bounded memory, and says where it is bad; never writes. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "evidence/check.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define BUFFER_BYTES (SW_LIMIT_EVIDENCE_LINE + (64u << 10))

struct reader {
	int dir_fd, fd;
	unsigned last;	     /* segment number found; 0 when none */
	unsigned segment;    /* being read */
	uint64_t line;	     /* in it, from 1 */
	uint64_t good_bytes; /* of it */
	uint64_t unread; /* of it, as long as it was when it was opened: a monitor may be writing */
	char *buf;
	size_t from, to; /* unread bytes of buf */
	struct sw_check check;
	sw_record_fn fn;
	void *ctx;
	struct sw_verify_report *report;
	struct sw_error *err;
};

static void reader_release(struct reader *r)
{
	sw_cleanup_fd(&r->fd);
	free(r->buf);
	sw_check_release(&r->check);
}

static bool segment_number(const char *name, unsigned *ret_number)
{
	char expect[SW_CHAIN_NAME_MAX];
	unsigned n;

	if (sscanf(name, "evidence-%6u.jsonl", &n) != 1 || n == 0)
		return false;
	sw_chain_segment_name(n, expect);
	if (strcmp(name, expect) != 0)
		return false;
	*ret_number = n;
	return true;
}

/* Only the highest: a segment that is missing below it is found when its turn comes. */
static int find_segments(struct reader *r)
{
	int fd = openat(r->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir;
	int rc;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		rc = -errno;
		close(fd);
		return rc;
	}
	while (errno = 0, (entry = readdir(dir))) {
		unsigned n;

		if (!segment_number(entry->d_name, &n))
			continue;
		r->last = n > r->last ? n : r->last;
	}
	rc = -errno;
	closedir(dir);
	return rc;
}

static int bad(struct reader *r, const char *reason)
{
	struct sw_verify_report *report = r->report;

	report->bad_record = r->check.seq + 1;
	report->bad_line = r->line;
	sw_chain_segment_name(r->segment, report->bad_file);
	snprintf(report->reason, sizeof(report->reason), "%s", reason);
	return -EBADMSG;
}

/* Returns the bytes read, 0 at the end of the segment. */
static ssize_t fill(struct reader *r)
{
	ssize_t n;
	size_t room;

	if (r->from > 0) {
		memmove(r->buf, r->buf + r->from, r->to - r->from);
		r->to -= r->from;
		r->from = 0;
	}
	room = BUFFER_BYTES - r->to;
	if (room > r->unread)
		room = (size_t)r->unread;
	do {
		n = read(r->fd, r->buf + r->to, room);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return sw_error_set(r->err, errno, "read segment %u: %s", r->segment,
				    strerror(errno));
	r->to += (size_t)n;
	r->unread -= (size_t)n;
	return n;
}

/* 1 and a line without its newline; 0 when what is left has no newline or the line is too long. */
static int next_line(struct reader *r, const char **ret_line, size_t *ret_len)
{
	size_t searched = 0;

	for (;;) {
		size_t have = r->to - r->from;
		const char *start = r->buf + r->from;
		const char *newline = memchr(start + searched, '\n', have - searched);
		ssize_t n;

		if (newline && (size_t)(newline - start) < SW_LIMIT_EVIDENCE_LINE) {
			*ret_line = start;
			*ret_len = (size_t)(newline - start);
			r->from += *ret_len + 1;
			return 1;
		}
		if (newline || have >= SW_LIMIT_EVIDENCE_LINE)
			return 0;
		searched = have;
		n = fill(r);
		if (n <= 0)
			return (int)n;
	}
}

/* What is left of the segment and is not a line. */
static int read_tail(struct reader *r)
{
	struct sw_tail tail = {};
	const char *reason;
	ssize_t n;

	do {
		sw_tail_feed(&tail, r->buf + r->from, r->to - r->from);
		r->from = r->to = 0;
		n = fill(r);
		if (n < 0)
			return (int)n;
	} while (n > 0);
	if (tail.bytes == 0)
		return 0;
	r->line++;
	reason = sw_tail_reason(&tail);
	if (reason)
		return bad(r, reason);
	if (r->segment != r->last)
		return bad(r, "the segment ends inside a record");
	r->report->torn_bytes = tail.bytes;
	return 0;
}

static int read_lines(struct reader *r)
{
	struct sw_verify_report *report = r->report;
	struct sw_record record;
	const char *line = NULL, *reason = NULL;
	size_t len = 0;
	int rc;

	while ((rc = next_line(r, &line, &len)) > 0) {
		r->line++;
		rc = sw_check_line(&r->check, line, len, &record, &reason);
		if (rc == -EBADMSG)
			return bad(r, reason);
		if (rc < 0)
			return sw_error_set(r->err, -rc, "%s", strerror(-rc));
		r->good_bytes += len + 1;
		report->records++;
		memcpy(report->head, r->check.head, sizeof(report->head));
		rc = r->fn ? r->fn(r->ctx, &record) : 0;
		if (rc != 0)
			return rc;
	}
	return rc < 0 ? rc : read_tail(r);
}

static int read_segment(struct reader *r)
{
	char name[SW_CHAIN_NAME_MAX];
	struct stat st;
	int rc;

	sw_chain_segment_name(r->segment, name);
	r->line = 0;
	r->good_bytes = 0;
	r->from = r->to = 0;
	rc = sw_chain_segment_open(r->dir_fd, r->segment, O_RDONLY, &r->fd);
	if (rc == -ENOENT)
		return bad(r, "the segment is missing");
	if (rc == 0 && fstat(r->fd, &st) < 0)
		rc = -errno;
	if (rc < 0)
		return sw_error_set(r->err, -rc, "%s: %s", name,
				    rc == -EBADF ? "not a regular file" : strerror(-rc));
	r->unread = (uint64_t)st.st_size;
	rc = read_lines(r);
	sw_cleanup_fd(&r->fd);
	r->fd = -1;
	return rc;
}

/* A return value of fn passes through without touching err. */
static int read_all(struct reader *r)
{
	int rc;

	if (r->last == 0)
		return 0;
	for (r->segment = 1;; r->segment++) {
		rc = read_segment(r);
		if (rc != 0 || r->segment == r->last)
			return rc;
	}
}

int sw_chain_read(int dir_fd, sw_record_fn fn, void *ctx, struct sw_chain *ret_chain,
		  struct sw_error *err)
{
	struct sw_verify_report *report = &ret_chain->report;
	_cleanup_(reader_release) struct reader r = {
		.dir_fd = dir_fd, .fd = -1, .fn = fn, .ctx = ctx, .report = report, .err = err};
	int rc;

	*ret_chain = (struct sw_chain){.report.head = SW_CHAIN_GENESIS};
	r.buf = malloc(BUFFER_BYTES);
	rc = r.buf ? sw_check_init(&r.check) : -ENOMEM;
	if (rc == 0)
		rc = find_segments(&r);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s", strerror(-rc));
	rc = read_all(&r);
	if (rc == -EBADMSG && report->bad_record)
		return sw_error_set(err, EBADMSG, "%s:%llu: record %llu: %s", report->bad_file,
				    (unsigned long long)report->bad_line,
				    (unsigned long long)report->bad_record, report->reason);
	if (rc != 0)
		return rc;
	ret_chain->segment = r.last;
	ret_chain->good_bytes = r.good_bytes;
	if (report->records == 0)
		return sw_error_set(err, ENODATA, "no evidence records");
	return 0;
}

int sw_evidence_read(const char *dir, sw_record_fn fn, void *ctx,
		     struct sw_verify_report *ret_report, struct sw_error *err)
{
	_cleanup_fd_ int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct sw_chain chain = {.report.head = SW_CHAIN_GENESIS};
	struct sw_error inner = {};
	int rc = dir_fd < 0 ? sw_error_set(&inner, errno, "%s", strerror(errno))
			    : sw_chain_read(dir_fd, fn, ctx, &chain, &inner);

	if (inner.code)
		sw_error_set(err, inner.code, "evidence %s: %s", dir, inner.text);
	if (ret_report)
		*ret_report = chain.report;
	return rc;
}
