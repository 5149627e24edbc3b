/* SPDX-License-Identifier: Apache-2.0 */
/* Appends records to a chain, one write(2) each, and cuts off what did not get in whole; judges
 * nothing. */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <json-c/json.h>

#include "evidence/chain.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define LOCK_NAME "lock"

struct sw_evidence {
	int dir_fd, lock_fd;
	int fd;		  /* of the last segment */
	unsigned segment; /* its number */
	uint64_t size;	  /* its bytes up to the end of the last record */
	bool partial;	  /* there are bytes after that, of a write that failed */
	uint64_t seq;	  /* of the last record, 0 when none */
	char head[SW_CHAIN_HEX + 1];
	uint64_t dropped; /* records since then that did not get in */
	char boot_id[40];
	sw_clock_fn clock;
	void *clock_ctx;
	struct sw_strbuf line;
};

static void evidence_free(struct sw_evidence *e)
{
	sw_cleanup_fd(&e->fd);
	sw_cleanup_fd(&e->lock_fd);
	sw_cleanup_fd(&e->dir_fd);
	sw_strbuf_release(&e->line);
	free(e);
}
SW_DEFINE_CLEANUP(struct sw_evidence *, evidence, evidence_free)

static void system_clock(void *ctx, struct sw_clock *ret_clock)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	ret_clock->wall_ns = wall.tv_sec * INT64_C(1000000000) + wall.tv_nsec;
	ret_clock->boot_ns = boot.tv_sec * INT64_C(1000000000) + boot.tv_nsec;
}

/* The kernel's boot id, or "" where /proc is not to be had. */
static void read_boot_id(char *ret_id, size_t size)
{
	_cleanup_fd_ int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_id, size - 1);

	ret_id[n > 0 ? n : 0] = '\0';
	ret_id[strspn(ret_id, "0123456789abcdef-")] = '\0';
}

static int open_dir(const char *dir, int *ret_fd)
{
	bool made = mkdir(dir, 0750) == 0;
	_cleanup_fd_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (made) {
		/* the new name must survive a power loss; not every file system can sync a
		 * directory */
		_cleanup_fd_ int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (parent >= 0 && fsync(parent) < 0 && errno == EIO)
			return -EIO;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int take_lock(int dir_fd, int *ret_fd)
{
	_cleanup_fd_ int fd =
		openat(dir_fd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Makes the next segment the current one; everything in the one before is durable first. */
static int next_segment(struct sw_evidence *e)
{
	_cleanup_fd_ int fd = -1;
	int rc;

	if (e->segment >= SW_CHAIN_SEGMENTS_MAX)
		return -EFBIG;
	if (e->fd >= 0 && fdatasync(e->fd) < 0)
		return -errno;
	rc = sw_chain_segment_open(e->dir_fd, e->segment + 1,
				   O_WRONLY | O_APPEND | O_CREAT | O_EXCL, &fd);
	if (rc < 0)
		return rc;
	if (fsync(e->dir_fd) < 0 && errno == EIO)
		return -EIO;
	sw_cleanup_fd(&e->fd);
	e->fd = TAKE_FD(fd);
	e->segment++;
	e->size = 0;
	return 0;
}

/* Cuts off what a failed write left behind the last record. */
static int mend(struct sw_evidence *e)
{
	if (e->partial && ftruncate(e->fd, (off_t)e->size) < 0)
		return -errno;
	e->partial = false;
	return 0;
}

static int write_line(struct sw_evidence *e)
{
	ssize_t n;

	do {
		n = write(e->fd, e->line.data, e->line.len);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)e->line.len) {
		e->size += (uint64_t)n;
		return 0;
	}
	/* a short write: no room for the rest. A second write would only tear the record over two.
	 */
	int rc = n < 0 ? -errno : -ENOSPC;

	e->partial = n > 0;
	mend(e); /* when that fails too, the next record tries again */
	return rc;
}

static int append_record(struct sw_evidence *e, const char *type, struct json_object *body)
{
	struct sw_record r = {.seq = e->seq + 1, .boot_id = e->boot_id, .dropped = e->dropped};
	struct sw_clock now;
	size_t hash_at;
	int rc;

	if (!sw_chain_type_valid(type) || !json_object_is_type(body, json_type_object))
		return -EINVAL;
	e->clock(e->clock_ctx, &now);
	r.type = type;
	r.body = body;
	r.wall_ns = now.wall_ns;
	r.boot_ns = now.boot_ns;
	if (e->line.failed)
		sw_strbuf_release(&e->line);
	rc = sw_chain_format(&r, e->head, &e->line, &hash_at);
	if (rc < 0)
		return rc;
	if (e->line.len > SW_LIMIT_EVIDENCE_LINE)
		return -EMSGSIZE;
	rc = mend(e);
	if (rc == 0 && e->size > 0 && e->size + e->line.len > SW_LIMIT_EVIDENCE_SEGMENT)
		rc = next_segment(e);
	if (rc == 0)
		rc = write_line(e);
	if (rc < 0)
		return rc;
	memcpy(e->head, e->line.data + hash_at, SW_CHAIN_HEX);
	e->seq++;
	e->dropped = 0;
	return 0;
}

static const char *append_reason(int rc)
{
	switch (rc) {
	case -EILSEQ:
		return "a string in it is not UTF-8";
	case -EINVAL:
		return "bad type, or its body is no object of strings, integers, booleans and "
		       "nulls";
	case -EMSGSIZE:
		return "it is too long";
	case -ELOOP:
		return "it is nested too deep";
	default:
		return strerror(-rc);
	}
}

int sw_evidence_append(struct sw_evidence *e, const char *type, struct json_object *body,
		       struct sw_error *err)
{
	int rc = append_record(e, type, body);

	if (rc == 0)
		return 0;
	e->dropped++;
	return sw_error_set(err, -rc, "evidence record %llu (%s) not written: %s",
			    (unsigned long long)e->seq + 1, type, append_reason(rc));
}

int sw_evidence_sync(struct sw_evidence *e, struct sw_error *err)
{
	if (fdatasync(e->fd) < 0)
		return sw_error_set(err, errno, "sync evidence segment %u: %s", e->segment,
				    strerror(errno));
	return 0;
}

const char *sw_evidence_head(const struct sw_evidence *e, uint64_t *ret_seq)
{
	if (ret_seq)
		*ret_seq = e->seq;
	return e->head;
}

void sw_evidence_close(struct sw_evidence *e)
{
	if (!e)
		return;
	if (e->dropped > 0) {
		struct json_object *body = json_object_new_object();

		sw_evidence_append(e, "lost", body, NULL);
		json_object_put(body);
	}
	sw_evidence_sync(e, NULL);
	evidence_free(e);
}

/* Digest of what is about to be cut off, so that whoever saved the file can show that it is the
 * same. */
static int digest_tail(struct sw_evidence *e, char ret_hex[static SW_SHA256_HEX])
{
	_cleanup_fd_ int fd = -1;
	int rc = sw_chain_segment_open(e->dir_fd, e->segment, O_RDONLY, &fd);

	if (rc < 0)
		return rc;
	if (lseek(fd, (off_t)e->size, SEEK_SET) < 0)
		return -errno;
	return sw_sha256_fd(fd, 0, ret_hex);
}

static int recover(struct sw_evidence *e, uint64_t torn_bytes, struct sw_error *err)
{
	char hex[SW_SHA256_HEX], name[SW_CHAIN_NAME_MAX];
	struct json_object *body;
	int rc = digest_tail(e, hex);

	if (rc == 0 && (ftruncate(e->fd, (off_t)e->size) < 0 || fdatasync(e->fd) < 0))
		rc = -errno;
	if (rc < 0)
		return sw_error_set(err, -rc, "cut off a torn record: %s", strerror(-rc));
	sw_chain_segment_name(e->segment, name);
	body = json_object_new_object();
	if (!body)
		return sw_error_set(err, ENOMEM, "%s", strerror(ENOMEM));
	json_object_object_add(body, "cut_bytes", json_object_new_uint64(torn_bytes));
	json_object_object_add(body, "cut_sha256", json_object_new_string(hex));
	json_object_object_add(body, "segment", json_object_new_string(name));
	rc = sw_evidence_append(e, "recovered", body, err);
	json_object_put(body);
	return rc;
}

/* Verifies what is there and places the writer behind its last record. */
static int continue_chain(struct sw_evidence *e, struct sw_error *err)
{
	struct sw_chain chain;
	int rc = sw_chain_read(e->dir_fd, NULL, NULL, &chain, err);

	if (rc < 0 && rc != -ENODATA)
		return rc;
	if (err)
		*err = (struct sw_error){}; /* an empty directory is a new chain */
	e->seq = chain.report.records;
	memcpy(e->head, chain.report.head, sizeof(e->head));
	e->segment = chain.segment;
	e->size = chain.good_bytes;
	if (chain.segment == 0)
		rc = next_segment(e);
	else
		rc = sw_chain_segment_open(e->dir_fd, chain.segment, O_WRONLY | O_APPEND, &e->fd);
	if (rc < 0)
		return sw_error_set(err, -rc, "open segment %u: %s", e->segment, strerror(-rc));
	return chain.report.torn_bytes ? recover(e, chain.report.torn_bytes, err) : 0;
}

int sw_evidence_open(const char *dir, sw_clock_fn clock, void *clock_ctx,
		     struct sw_evidence **ret_evidence, struct sw_error *err)
{
	_cleanup_(sw_cleanup_evidence) struct sw_evidence *e = calloc(1, sizeof(*e));
	struct sw_error inner = {};
	int rc;

	if (!e)
		return sw_error_set(err, ENOMEM, "evidence %s: %s", dir, strerror(ENOMEM));
	e->dir_fd = e->lock_fd = e->fd = -1;
	e->clock = clock ? clock : system_clock;
	e->clock_ctx = clock_ctx;
	read_boot_id(e->boot_id, sizeof(e->boot_id));
	rc = open_dir(dir, &e->dir_fd);
	if (rc == 0)
		rc = take_lock(e->dir_fd, &e->lock_fd);
	if (rc < 0)
		return sw_error_set(err, -rc, "evidence %s: %s", dir,
				    rc == -EBUSY ? "another monitor writes there" : strerror(-rc));
	rc = continue_chain(e, &inner);
	if (rc < 0)
		return sw_error_set(err, -rc, "evidence %s: %s", dir, inner.text);
	*ret_evidence = TAKE(e);
	return 0;
}
