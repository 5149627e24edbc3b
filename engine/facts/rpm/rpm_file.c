/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded reading of a database file. Knows no format. */
#include "facts/rpm/rpm.h"

void rpm_file_init(struct rpm_file *f, int fd, uint64_t size)
{
	/* Pages are met once, headers in them once more; what is left over is for small files. */
	*f = (struct rpm_file){.fd = fd, .size = size, .left = 3 * size + (1 << 20)};
}

int rpm_file_spend(struct rpm_file *f, size_t len)
{
	if (len > f->left)
		return -EFBIG;
	f->left -= len;
	return 0;
}

int rpm_file_read(struct rpm_file *f, void *buf, size_t len, uint64_t offset)
{
	size_t done = 0;
	int rc;

	if (offset > f->size || len > f->size - offset)
		return -EBADMSG;
	rc = rpm_file_spend(f, len);
	while (rc == 0 && done < len) {
		ssize_t n = pread(f->fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno != EINTR)
			rc = -errno;
		else if (n == 0)
			rc = -EBADMSG; /* shorter than it was */
		else if (n > 0)
			done += (size_t)n;
	}
	return rc;
}
