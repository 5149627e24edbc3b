/* SPDX-License-Identifier: Apache-2.0 */
/* An unlinked file that is appended to, then read. Knows nothing of what is in it. */
#include "target/spool.h"

#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"
#include "target/image/image.h"

#define PIECE 65536

struct sw_spool {
	int fd;
	uint64_t len;
};

int sw_spool_new(struct sw_spool **ret_spool)
{
	struct sw_spool *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->fd = image_temporary();
	if (s->fd < 0) {
		int rc = s->fd;

		free(s);
		return rc;
	}
	*ret_spool = s;
	return 0;
}

void sw_spool_free(struct sw_spool *s)
{
	if (!s)
		return;
	close(s->fd);
	free(s);
}

int sw_spool_write(void *spool, const void *data, size_t len)
{
	struct sw_spool *s = spool;
	int rc;

	if (s->len + len > SW_LIMIT_SPOOL)
		return -EFBIG;
	rc = image_write(s->fd, data, len);
	if (rc == 0)
		s->len += len;
	return rc;
}

uint64_t sw_spool_len(const struct sw_spool *s)
{
	return s->len;
}

int sw_spool_copy(const struct sw_spool *s, sw_write_fn write, void *ctx)
{
	_cleanup_free_ char *buf = malloc(PIECE);
	uint64_t at = 0;
	int rc = buf ? 0 : -ENOMEM;

	while (rc == 0 && at < s->len) {
		ssize_t n = pread(s->fd, buf, PIECE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		rc = write(ctx, buf, (size_t)n);
		at += (uint64_t)n;
	}
	return rc;
}
