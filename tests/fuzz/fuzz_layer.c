/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes layers: the first byte says where the second one begins; both are loaded, merged, walked
 * and read. */
#include <fcntl.h>
#include <sys/mman.h>

#include "stigwatch/limits.h"
#include "target/image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Makes every header's checksum right: what lies behind it is what is to be found out about. */
static void fix_checksums(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 512 <= size; at += 512) {
		uint8_t *h = data + at;
		unsigned sum = 8 * ' ';

		if (memcmp(h + 257, "ustar", 5))
			continue;
		for (size_t i = 0; i < 512; i++)
			sum += i >= 148 && i < 156 ? 0 : h[i];
		for (size_t i = 0; i < 6; i++)
			h[148 + i] = (uint8_t)('0' + (sum >> (15 - 3 * i) & 7));
		h[154] = '\0';
		h[155] = ' ';
	}
}

static int add_layer(struct image *img, const uint8_t *data, size_t size)
{
	struct layer_digests digests = {0};
	struct extent e = {.fd = memfd_create("fuzz", MFD_CLOEXEC), .len = size};
	struct sw_error err = {0};
	int rc;

	if (e.fd < 0 || image_write(e.fd, data, size) < 0)
		__builtin_trap();
	rc = image_add_layer(img, &e, true, &digests, &err);
	if ((rc < 0) != (err.code != 0))
		__builtin_trap();
	return rc;
}

/* What every tree promises: paths that resolve to what was walked, contents of the size they say.
 */
static int visit(void *ctx, const struct sw_walk_entry *w)
{
	struct stat st, opened;
	char buf[4096];
	int fd;

	if (w->path[0] != '/' || strlen(w->path) >= SW_LIMIT_PATH || !*w->name ||
	    strchr(w->name, '/'))
		__builtin_trap();
	if (!strcmp(w->name, ".") || !strcmp(w->name, ".."))
		__builtin_trap();
	if (sw_target_stat(w->target, w->path, false, &st) < 0 || st.st_ino != w->st->st_ino ||
	    !st.st_nlink)
		__builtin_trap();
	(void)sw_target_stat(w->target, w->path, true, &st);
	(void)sw_target_listxattr(w->target, w->path, buf, sizeof(buf));
	(void)sw_target_readlink(w->target, w->path, buf, sizeof(buf));
	fd = w->st->st_size < 1 << 20 ? sw_target_open_entry(w) : -1;
	if (fd >= 0 && !S_ISREG(w->st->st_mode))
		__builtin_trap();
	if (fd >= 0 && (fstat(fd, &opened) < 0 || opened.st_size != w->st->st_size))
		__builtin_trap();
	if (fd >= 0)
		close(fd);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *img = image_new();
	struct sw_error err = {0};
	struct sw_target *t;
	uint8_t *copy;
	size_t first;
	int rc;

	if (!img || !(img->index = index_new(&err)))
		__builtin_trap();
	first = size ? (size_t)data[0] * 512 : 0;
	if (size) {
		data++;
		size--;
	}
	first = first < size ? first : size;
	copy = malloc(size + 1);
	if (!copy)
		__builtin_trap();
	memcpy(copy, data, size);
	fix_checksums(copy, first);
	fix_checksums(copy + first, size - first);
	rc = add_layer(img, copy, first);
	if (rc == 0)
		rc = add_layer(img, copy + first, size - first);
	free(copy);
	if (rc == 0)
		rc = index_finish(img->index, &err);
	if (rc < 0) {
		image_free(img);
		return 0;
	}
	if (target_new(&image_ops, img, SW_TARGET_IMAGE, &t, &err) < 0)
		__builtin_trap();
	(void)sw_target_walk(t, true, visit, NULL, &err);
	sw_target_free(t);
	return 0;
}
