/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a part of a file in order, unpacks and digests it; must not know what the bytes are. */
#include "target/image/stream.h"

#include "adapters/archive.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define BLOCK (256u << 10)

SW_DEFINE_CLEANUP(struct stream *, stream, stream_free)

struct stream {
	struct extent e;
	uint64_t raw_at; /* in e */
	struct budget *budget;
	struct sw_unpack *unpack; /* NULL: plain */
	struct sw_digest *packed, *unpacked;
	uint64_t position;
	size_t at, n; /* of the unpacked bytes in buf */
	unsigned char *raw;
	unsigned char buf[BLOCK];
};

int budget_spend(struct budget *b, uint64_t unpacked, struct sw_error *err)
{
	if (!b)
		return 0;
	b->unpacked += unpacked;
	if (b->unpacked < unpacked ||
	    (b->unpacked > SW_LIMIT_IMAGE_FREE &&
	     (b->unpacked - SW_LIMIT_IMAGE_FREE) / SW_LIMIT_IMAGE_RATIO > b->packed))
		return sw_error_set(err, EFBIG, "unpacks to more than %u times its size: refused",
				    SW_LIMIT_IMAGE_RATIO);
	return 0;
}

/* The next bytes of the file: their number, 0 at the extent's end. */
static ssize_t read_raw(struct stream *s, void *buf, size_t size)
{
	uint64_t left = s->e.len - s->raw_at;
	ssize_t n;

	if (size > left)
		size = (size_t)left;
	do
		n = size ? pread(s->e.fd, buf, size, (off_t)(s->e.offset + s->raw_at)) : 0;
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0 && size) /* the file is shorter than what described it */
		return -ENODATA;
	s->raw_at += (uint64_t)n;
	if (s->budget)
		s->budget->packed += (uint64_t)n;
	if (s->packed)
		sw_digest_update(s->packed, buf, (size_t)n);
	return n;
}

static ssize_t feed(void *ctx, const void **ret_data)
{
	struct stream *s = ctx;

	*ret_data = s->raw;
	return read_raw(s, s->raw, BLOCK);
}

/* Unpacked bytes into buf. */
static ssize_t next_bytes(struct stream *s, void *buf, size_t size, struct sw_error *err)
{
	ssize_t n;
	int rc;

	if (s->unpack) {
		n = sw_unpack_read(s->unpack, buf, size, err);
		if (n < 0)
			return n;
		if (s->unpacked)
			sw_digest_update(s->unpacked, buf, (size_t)n);
	} else {
		n = read_raw(s, buf, size);
		if (n < 0)
			return sw_error_set(err, (int)-n, "%s",
					    n == -ENODATA ? "shorter than it should be"
							  : strerror((int)-n));
	}
	rc = budget_spend(s->budget, (uint64_t)n, err);
	return rc < 0 ? rc : n;
}

int stream_open(const struct extent *e, bool digests, struct budget *budget,
		struct stream **ret_stream, struct sw_error *err)
{
	_cleanup_(sw_cleanup_stream) struct stream *s = calloc(1, sizeof(*s));
	unsigned char head[4];
	const char *format;
	ssize_t n;
	int rc;

	if (!s)
		return sw_error_set(err, ENOMEM, "out of memory");
	s->e = *e;
	s->budget = budget;
	n = e->len ? pread(e->fd, head, e->len < sizeof(head) ? (size_t)e->len : sizeof(head),
			   (off_t)e->offset)
		   : 0;
	if (n < 0)
		return sw_error_set(err, errno, "%s", strerror(errno));
	if (digests && (sw_digest_new("SHA-256", &s->packed) < 0))
		return sw_error_set(err, ENOMEM, "cannot compute a digest");
	format = sw_unpack_format(head, (size_t)n);
	if (format) {
		s->raw = malloc(BLOCK);
		if (!s->raw || (digests && sw_digest_new("SHA-256", &s->unpacked) < 0))
			return sw_error_set(err, ENOMEM, "out of memory");
		rc = sw_unpack_new(format, feed, s, &s->unpack, err);
		if (rc < 0)
			return rc;
	}
	*ret_stream = TAKE(s);
	return 0;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	sw_unpack_free(s->unpack);
	sw_digest_free(s->packed);
	sw_digest_free(s->unpacked);
	free(s->raw);
	free(s);
}

bool stream_is_packed(const struct stream *s)
{
	return s->unpack;
}

uint64_t stream_position(const struct stream *s)
{
	return s->position;
}

static int fill(struct stream *s, struct sw_error *err)
{
	ssize_t n = next_bytes(s, s->buf, sizeof(s->buf), err);

	if (n < 0)
		return (int)n;
	s->at = 0;
	s->n = (size_t)n;
	return 0;
}

int stream_read(struct stream *s, void *buf, size_t size, size_t *ret_n, struct sw_error *err)
{
	size_t done = 0;

	while (done < size) {
		size_t part = s->n - s->at;

		if (part == 0) {
			int rc = fill(s, err);

			if (rc < 0)
				return rc;
			if (s->n == 0)
				break;
			continue;
		}
		if (part > size - done)
			part = size - done;
		memcpy((char *)buf + done, s->buf + s->at, part);
		s->at += part;
		done += part;
	}
	s->position += done;
	*ret_n = done;
	return 0;
}

int stream_skip(struct stream *s, uint64_t n, struct sw_error *err)
{
	while (n) {
		uint64_t part = s->n - s->at;

		if (part == 0 && !s->unpack && !s->packed) { /* nobody needs the bytes */
			if (n > s->e.len - s->raw_at)
				return sw_error_set(err, EBADMSG, "ends in the middle of a file");
			s->raw_at += n;
			s->position += n;
			if (s->budget)
				s->budget->packed += n;
			return budget_spend(s->budget, n, err);
		}
		if (part == 0) {
			int rc = fill(s, err);

			if (rc < 0)
				return rc;
			if (s->n == 0)
				return sw_error_set(err, EBADMSG, "ends in the middle of a file");
			continue;
		}
		if (part > n)
			part = n;
		s->at += part;
		s->position += part;
		n -= part;
	}
	return 0;
}

static int digest_text(struct sw_digest *d, char *ret, struct sw_error *err)
{
	strcpy(ret, "sha256:");
	if (sw_digest_final(d, ret + 7, DIGEST_TEXT - 7) < 0)
		return sw_error_set(err, EIO, "cannot compute a digest");
	return 0;
}

int stream_finish(struct stream *s, char ret_packed[static DIGEST_TEXT],
		  char ret_unpacked[static DIGEST_TEXT], struct sw_error *err)
{
	ssize_t n;
	int rc;

	do {
		rc = fill(s, err);
		if (rc < 0)
			return rc;
	} while (s->n);
	/* bytes behind the packed stream's end belong to the digest, too */
	while ((n = read_raw(s, s->buf, sizeof(s->buf))) > 0)
		;
	if (n < 0)
		return sw_error_set(err, (int)-n, "%s", strerror((int)-n));
	rc = digest_text(s->packed, ret_packed, err);
	if (rc == 0 && s->unpacked)
		rc = digest_text(s->unpacked, ret_unpacked, err);
	else if (rc == 0)
		strcpy(ret_unpacked, ret_packed);
	return rc;
}
