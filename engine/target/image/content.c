/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives the content of files. A plain layer is read in place. A packed one is unpacked again up to
 * the file; only when that would happen too often is it spooled, to an unlinked file.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "stigwatch/limits.h"
#include "target/image/image.h"

#define COPY_BLOCK (128u << 10)

int image_temporary(void)
{
	static const char *const dirs[] = {"/var/tmp", "/tmp"};
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < SW_ARRAY_LEN(dirs); i++) {
		char path[64];

		fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd >= 0)
			break;
		snprintf(path, sizeof(path), "%s/stigwatch-XXXXXX", dirs[i]);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	return fd >= 0 ? fd : -errno;
}

int image_write(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_at(int fd, uint64_t offset, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO; /* the archive has become shorter */
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int spool(struct image *img, struct layer_source *l)
{
	_cleanup_fd_ int fd = image_temporary();
	_cleanup_free_ char *buf = malloc(COPY_BLOCK);
	size_t n = 0;
	int rc = fd < 0 ? fd : buf ? 0 : -ENOMEM;

	do {
		if (rc == 0)
			rc = stream_read(l->cursor, buf, COPY_BLOCK, &n, NULL);
		if (rc == 0 && (img->spooled += n) > SW_LIMIT_IMAGE_SPOOL)
			rc = -EFBIG;
		if (rc == 0)
			rc = image_write(fd, buf, n);
	} while (rc == 0 && n);
	stream_free(TAKE(l->cursor));
	if (rc == 0)
		l->spool = TAKE_FD(fd);
	return rc;
}

/* Brings the cursor to offset, or leaves the layer spooled. */
static int seek(struct image *img, struct layer_source *l, uint64_t offset)
{
	int rc;

	if (!l->cursor || stream_position(l->cursor) > offset) {
		stream_free(TAKE(l->cursor));
		rc = stream_open(&l->e, false, NULL, &l->cursor, NULL);
		if (rc < 0)
			return rc;
		if (++l->rewinds > SW_LIMIT_IMAGE_REWINDS)
			return spool(img, l);
	}
	return stream_skip(l->cursor, offset - stream_position(l->cursor), NULL);
}

static int read_packed(struct image *img, struct layer_source *l, uint64_t offset, void *buf,
		       size_t len)
{
	size_t n = 0;
	int rc = 0;

	pthread_mutex_lock(&img->lock);
	if (l->spool < 0)
		rc = seek(img, l, offset);
	if (rc == 0 && l->spool >= 0)
		rc = read_at(l->spool, offset, buf, len);
	else if (rc == 0)
		rc = stream_read(l->cursor, buf, len, &n, NULL) < 0 || n != len ? -EIO : 0;
	pthread_mutex_unlock(&img->lock);
	return rc;
}

/* Stored bytes of a file, from offset on. */
static int read_stored(struct image *img, const struct object *o, uint64_t offset, void *buf,
		       size_t len)
{
	struct layer_source *l = &img->layers[o->layer];

	if (o->extra && o->extra->kept) {
		memcpy(buf, o->extra->kept + offset, len);
		return 0;
	}
	if (l->packed)
		return read_packed(img, l, o->data + offset, buf, len);
	return read_at(l->e.fd, l->e.offset + o->data + offset, buf, len);
}

bool image_reads_in_place(const struct image *img, const struct object *o)
{
	if (o->extra && o->extra->n_parts)
		return false;
	return !img->layers[o->layer].packed || (o->extra && o->extra->kept);
}

ssize_t image_read_object(struct image *img, const struct object *o, void *buf, size_t size,
			  uint64_t offset)
{
	int rc;

	if (offset >= o->size)
		return 0;
	if (size > o->size - offset)
		size = (size_t)(o->size - offset);
	rc = read_stored(img, o, offset, buf, size);
	return rc < 0 ? rc : (ssize_t)size;
}

static int copy_part(struct image *img, const struct object *o, uint64_t offset, uint64_t len,
		     int fd)
{
	static _Thread_local char buf[COPY_BLOCK];

	while (len) {
		size_t n = len < sizeof(buf) ? (size_t)len : sizeof(buf);
		int rc = read_stored(img, o, offset, buf, n);

		if (rc == 0)
			rc = image_write(fd, buf, n);
		if (rc < 0)
			return rc;
		offset += n;
		len -= n;
	}
	return 0;
}

/* Holes stay holes. */
static int copy_sparse(struct image *img, const struct object *o, int fd)
{
	uint64_t stored = 0;
	int rc = ftruncate(fd, (off_t)o->size) < 0 ? -errno : 0;

	for (size_t i = 0; rc == 0 && i < o->extra->n_parts; i++) {
		const struct tar_part *p = &o->extra->parts[i];

		if (lseek(fd, (off_t)p->offset, SEEK_SET) < 0)
			return -errno;
		rc = copy_part(img, o, stored, p->len, fd);
		stored += p->len;
	}
	return rc;
}

int image_open_object(struct image *img, const struct object *o)
{
	_cleanup_fd_ int fd = -1;
	int rc;

	fd = o->size <= SW_LIMIT_IMAGE_MEMFD ? memfd_create("stigwatch", MFD_CLOEXEC)
					     : image_temporary();
	if (fd < 0)
		return -errno;
	rc = o->extra && o->extra->n_parts ? copy_sparse(img, o, fd)
					   : copy_part(img, o, 0, o->size, fd);
	if (rc == 0 && lseek(fd, 0, SEEK_SET) < 0)
		rc = -errno;
	return rc < 0 ? rc : TAKE_FD(fd);
}
