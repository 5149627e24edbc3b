/* SPDX-License-Identifier: Apache-2.0 */
/* An image as a target: paths to what the index knows of them. Devices, FIFOs and links are never
 * opened. */
#include "target/image/image.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include "stigwatch/limits.h"

#define IMAGE_DEVICE makedev(0, 0xf57) /* one number for every image: nothing else has it */

struct image *image_new(void)
{
	struct image *img = calloc(1, sizeof(*img));

	if (!img)
		return NULL;
	img->archive = -1;
	pthread_mutex_init(&img->lock, NULL);
	return img;
}

void image_free(struct image *img)
{
	if (!img)
		return;
	for (size_t i = 0; i < img->n_layers; i++) {
		struct layer_source *l = &img->layers[i];

		stream_free(l->cursor);
		if (l->spool >= 0)
			close(l->spool);
		if (l->owns_fd)
			close(l->e.fd);
	}
	free(img->layers);
	free(img->config);
	index_free(img->index);
	if (img->archive >= 0)
		close(img->archive);
	pthread_mutex_destroy(&img->lock);
	free(img);
}

static int find(struct sw_target *t, const char *path, bool follow, uint32_t *ret_node)
{
	struct image *img = t->impl;

	return index_resolve(img->index, img->index->root, path, follow ? 0 : RESOLVE_NOFOLLOW,
			     ret_node);
}

void image_fill_stat(const struct image *img, uint32_t node, struct stat *ret_st)
{
	uint32_t ino = index_node(img->index, node)->object;
	const struct object *o = index_object(img->index, ino);
	bool dir = S_ISDIR(o->mode);

	*ret_st = (struct stat){
		.st_dev = IMAGE_DEVICE,
		.st_ino = ino,
		.st_mode = o->mode,
		.st_nlink = o->nlink,
		.st_uid = o->uid,
		.st_gid = o->gid,
		.st_rdev = S_ISCHR(o->mode) || S_ISBLK(o->mode) ? makedev(o->major, o->minor) : 0,
		.st_size = dir ? 4096 : (off_t)o->size,
		.st_blksize = 4096,
		.st_blocks = (blkcnt_t)((o->size + 511) / 512),
		.st_atim.tv_sec = o->mtime,
		.st_mtim.tv_sec = o->mtime,
		.st_ctim.tv_sec = o->mtime,
	};
}

static int image_stat(struct sw_target *t, const char *path, bool follow, struct stat *ret_st)
{
	uint32_t node;
	int rc = find(t, path, follow, &node);

	if (rc == 0)
		image_fill_stat(t->impl, node, ret_st);
	return rc;
}

/* The number of the regular file that may be opened, or negative errno. */
static int find_file(struct sw_target *t, const char *path, int flags, uint32_t *ret_object)
{
	struct image *img = t->impl;
	const struct object *o;
	uint32_t node;
	int rc = find(t, path, !(flags & O_NOFOLLOW), &node);

	if (rc < 0)
		return rc;
	o = index_object_of(img->index, node);
	if ((flags & O_DIRECTORY) && !S_ISDIR(o->mode))
		return -ENOTDIR;
	if (flags & (O_PATH | O_DIRECTORY))
		return -EOPNOTSUPP;
	if (S_ISLNK(o->mode))
		return -ELOOP;
	if (S_ISDIR(o->mode))
		return -EISDIR;
	if (!S_ISREG(o->mode))
		return -ENXIO;
	*ret_object = index_node(img->index, node)->object;
	return 0;
}

static int image_open(struct sw_target *t, const char *path, int flags)
{
	struct image *img = t->impl;
	uint32_t object;
	int rc = find_file(t, path, flags, &object);

	return rc < 0 ? rc : image_open_object(img, index_object(img->index, object));
}

static int image_file_open(const struct sw_walk_entry *entry, struct sw_target_file *ret_file)
{
	struct image *img = entry->target->impl;
	struct sw_target_file file = {.fd = -1, .target = entry->target};
	int rc = find_file(entry->target, entry->path, O_RDONLY | O_NOFOLLOW, &file.object);

	if (rc < 0)
		return rc;
	if (!image_reads_in_place(img, index_object(img->index, file.object))) {
		file.fd = image_open_object(img, index_object(img->index, file.object));
		if (file.fd < 0)
			return file.fd;
	}
	*ret_file = file;
	return 0;
}

/* Of a file that unpacking its layer brings: where it lies there. */
static uint64_t image_order(const struct sw_walk_entry *entry)
{
	struct image *img = entry->target->impl;
	const struct object *o;
	uint32_t object;

	if (find_file(entry->target, entry->path, O_RDONLY | O_NOFOLLOW, &object) < 0)
		return 0;
	o = index_object(img->index, object);
	if (!img->layers[o->layer].packed || (o->extra && o->extra->kept))
		return 0;
	return ((uint64_t)o->layer << 48) + o->data + 1;
}

static ssize_t image_file_read(const struct sw_target_file *file, void *buf, size_t size,
			       uint64_t offset)
{
	struct image *img = file->target->impl;

	return image_read_object(img, index_object(img->index, file->object), buf, size, offset);
}

static int image_open_entry(const struct sw_walk_entry *entry)
{
	return image_open(entry->target, entry->path, O_RDONLY | O_NOFOLLOW);
}

static ssize_t image_readlink(struct sw_target *t, const char *path, char *buf, size_t size)
{
	struct image *img = t->impl;
	const struct object *o;
	uint32_t node;
	int rc = find(t, path, false, &node);

	if (rc < 0)
		return rc;
	o = index_object_of(img->index, node);
	if (!S_ISLNK(o->mode))
		return -EINVAL;
	if (size > o->size)
		size = (size_t)o->size;
	memcpy(buf, index_text(img->index, o->link), size);
	return (ssize_t)size;
}

static ssize_t image_getxattr(struct sw_target *t, const char *path, const char *name, void *buf,
			      size_t size)
{
	struct image *img = t->impl;
	const struct extra *e;
	uint32_t node;
	int rc = find(t, path, false, &node);

	if (rc < 0)
		return rc;
	e = index_object_of(img->index, node)->extra;
	for (size_t i = e ? e->n_xattrs : 0; i-- > 0;) { /* of a name twice, the later one */
		const struct tar_xattr *x = &e->xattrs[i];

		if (strcmp(x->name, name))
			continue;
		if (size && size < x->len)
			return -ERANGE;
		if (size)
			memcpy(buf, x->value, x->len);
		return (ssize_t)x->len;
	}
	return -ENODATA;
}

static bool named_before(const struct extra *e, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(e->xattrs[k].name, e->xattrs[i].name))
			return true;
	return false;
}

static ssize_t image_listxattr(struct sw_target *t, const char *path, char *buf, size_t size)
{
	struct image *img = t->impl;
	const struct extra *e;
	size_t used = 0;
	uint32_t node;
	int rc = find(t, path, false, &node);

	if (rc < 0)
		return rc;
	e = index_object_of(img->index, node)->extra;
	for (size_t i = 0; e && i < e->n_xattrs; i++) {
		size_t len = strlen(e->xattrs[i].name) + 1;

		if (named_before(e, i))
			continue;
		if (size && size - used < len)
			return -ERANGE;
		if (size)
			memcpy(buf + used, e->xattrs[i].name, len);
		used += len;
	}
	return (ssize_t)used;
}

static void free_impl(void *impl)
{
	image_free(impl);
}

const struct target_ops image_ops = {
	.open = image_open,
	.open_entry = image_open_entry,
	.file_open = image_file_open,
	.order = image_order,
	.file_read = image_file_read,
	.stat = image_stat,
	.readlink = image_readlink,
	.getxattr = image_getxattr,
	.listxattr = image_listxattr,
	.walk = image_walk,
	.free = free_impl,
};
