/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the tree of one layer from its tar entries. As container runtimes do when they unpack a
 * layer, it sees this layer only: a link of a lower layer is no way into another directory.
 */
#include <limits.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "target/image/index.h"
#include "target/image/layer_private.h"
#include "target/image/pax.h"

#define WHITEOUT ".wh."
#define WHITEOUT_META ".wh..wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

int layer_clean_path(const char *path, char *ret, struct sw_error *err)
{
	size_t n = 0;

	ret[0] = '\0';
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && !strncmp(path, "..", 2)) {
			if (n == 0)
				return sw_error_set(err, EBADMSG,
						    "a path that climbs out of the root");
			while (n && ret[n - 1] != '/')
				n--;
			n -= n != 0;
		} else if (len && !(len == 1 && *path == '.')) {
			if (len > NAME_MAX || n + len + 2 > SW_LIMIT_PATH)
				return sw_error_set(err, ENAMETOOLONG,
						    "a path longer than %d bytes, or a name in it "
						    "longer than %d",
						    SW_LIMIT_PATH, NAME_MAX);
			if (n)
				ret[n++] = '/';
			memcpy(ret + n, path, len);
			n += len;
		}
		ret[n] = '\0';
		path += len;
		while (*path == '/')
			path++;
	}
	return 0;
}

int layer_new(struct index *x, uint32_t number, struct layer_tree *ret_layer, struct sw_error *err)
{
	uint32_t root = index_add_root(x, err);

	if (!root)
		return -err->code;
	*ret_layer = (struct layer_tree){.root = root, .number = number};
	return 0;
}

void layer_release(struct layer_tree *l)
{
	free(l->pending);
	*l = (struct layer_tree){0};
}

/* The directory of a clean path, made where it is missing; name is what follows it. */
static int parent_of(struct index *x, struct layer_tree *l, char *path, uint32_t *ret_dir,
		     const char **ret_name, struct sw_error *err)
{
	char *slash = strrchr(path, '/');
	int rc = 0;

	*ret_dir = l->root;
	*ret_name = path;
	if (slash) {
		*slash = '\0';
		rc = index_resolve(x, l->root, path, RESOLVE_CREATE, ret_dir);
		if (rc == 0 && !index_is_dir(x, *ret_dir))
			rc = -ENOTDIR;
		*ret_name = slash + 1;
	}
	if (rc < 0)
		return sw_error_set(err, -rc, "no directory to put it into: %s",
				    rc == -E2BIG ? "too many files" : strerror(-rc));
	return 0;
}

static int whiteout(struct index *x, uint32_t dir, const char *name, struct sw_error *err)
{
	size_t len;
	uint32_t n;

	if (!strcmp(name, WHITEOUT_OPAQUE)) {
		index_node(x, dir)->flags |= NODE_OPAQUE;
		return 0;
	}
	if (!strncmp(name, WHITEOUT_META, strlen(WHITEOUT_META))) /* AUFS's own files */
		return 0;
	name += strlen(WHITEOUT);
	len = strlen(name);
	if (len == 0 || !strcmp(name, ".") || !strcmp(name, ".."))
		return sw_error_set(err, EBADMSG, "a whiteout of no name");
	n = index_lookup(x, dir, name, len);
	if (!n)
		n = index_add(x, dir, name, len, err);
	if (!n)
		return -err->code;
	index_node(x, n)->flags |= NODE_HIDES;
	return 0;
}

static uint32_t mode_of(const struct tar_entry *e)
{
	switch (e->type) {
	case 'f':
		return S_IFREG | e->mode;
	case 'd':
		return S_IFDIR | e->mode;
	case 'l':
		return S_IFLNK | 0777;
	case 'c':
		return S_IFCHR | e->mode;
	case 'b':
		return S_IFBLK | e->mode;
	default:
		return S_IFIFO | e->mode;
	}
}

/* The object that an entry describes; 0 with err. */
static uint32_t object_of(struct index *x, const struct layer_tree *l, struct tar_entry *e,
			  struct sw_error *err)
{
	struct object o = {.mode = mode_of(e),
			   .uid = e->uid,
			   .gid = e->gid,
			   .size = e->size,
			   .data = e->data,
			   .mtime = e->mtime,
			   .layer = l->number,
			   .major = e->major,
			   .minor = e->minor};
	struct extra extra = {.xattrs = e->xattrs,
			      .n_xattrs = e->n_xattrs,
			      .parts = e->parts,
			      .n_parts = e->n_parts};
	uint32_t n;

	if (e->type == 'l') {
		o.size = strlen(e->link);
		if (o.size >= SW_LIMIT_PATH) {
			sw_error_set(err, ENAMETOOLONG, "a link longer than %d bytes",
				     SW_LIMIT_PATH);
			return 0;
		}
		o.link = index_add_text(x, e->link, o.size, err);
		if (!o.link)
			return 0;
	}
	n = index_add_object(x, &o, err);
	if (!n || (!e->n_xattrs && !e->sparse))
		return n;
	if (e->sparse && !e->n_parts) { /* a file of nothing but a hole still needs its mark */
		extra.parts = calloc(1, sizeof(*extra.parts));
		extra.n_parts = extra.parts != NULL;
	}
	e->xattrs = NULL;
	e->parts = NULL;
	e->n_xattrs = e->n_parts = 0;
	return index_set_extra(x, n, &extra, err) < 0 ? 0 : n;
}

/* Puts object under name, in place of what this layer had there before; the last entry wins. */
static uint32_t place(struct index *x, uint32_t dir, const char *name, uint32_t object,
		      struct sw_error *err)
{
	size_t len = strlen(name);
	uint32_t n = index_lookup(x, dir, name, len);
	bool is_dir = S_ISDIR(index_object(x, object)->mode);

	if (n && index_node(x, n)->object && !(is_dir && index_is_dir(x, n))) {
		uint32_t hides = index_node(x, n)->flags & NODE_HIDES;

		index_unlink(x, n);
		n = index_add(x, dir, name, len, err);
		if (n)
			index_node(x, n)->flags = hides;
	} else if (!n) {
		n = index_add(x, dir, name, len, err);
	}
	if (!n)
		return 0;
	index_node(x, n)->object = object;
	index_node(x, n)->flags &= ~(uint32_t)NODE_IMPLIED;
	return n;
}

/* A file that stands for one of a lower layer until the layers are merged; link says which. */
static bool is_placeholder(const struct object *o)
{
	return S_ISREG(o->mode) && o->link;
}

static uint32_t add_placeholder(struct index *x, const struct layer_tree *l, const char *target,
				struct sw_error *err)
{
	struct object o = {.mode = S_IFREG, .layer = l->number};

	o.link = index_add_text(x, target, strlen(target), err);
	return o.link ? index_add_object(x, &o, err) : 0;
}

static int add_hard_link(struct index *x, struct layer_tree *l, uint32_t dir, const char *name,
			 const char *link, struct sw_error *err)
{
	char target[SW_LIMIT_PATH];
	uint32_t to = 0, object, n;
	int rc = layer_clean_path(link, target, err);

	if (rc < 0)
		return sw_error_context(err, "hard link to %.200s", link);
	rc = index_resolve(x, l->root, target, RESOLVE_NOFOLLOW, &to);
	if (rc == 0 && index_is_dir(x, to))
		return sw_error_set(err, EBADMSG, "a hard link to a directory, %.200s", link);
	if (rc == 0 && index_lookup(x, dir, name, strlen(name)) == to)
		return 0; /* to itself */
	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		return sw_error_set(err, -rc, "hard link to %.200s: %s", link, strerror(-rc));
	object = rc == 0 ? index_node(x, to)->object : add_placeholder(x, l, target, err);
	n = object ? place(x, dir, name, object, err) : 0;
	if (!n)
		return -err->code;
	if (!is_placeholder(index_object(x, object)))
		return 0;
	rc = index_charge(x, sizeof(struct pending), err);
	if (rc < 0)
		return rc;
	if (SW_GROW(l->pending, l->n_pending, l->cap_pending) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	l->pending[l->n_pending++] = (struct pending){n, index_object(x, object)->link};
	return 0;
}

static int add_root(struct index *x, struct layer_tree *l, struct tar_entry *e,
		    struct sw_error *err)
{
	uint32_t object;

	if (e->type != 'd')
		return sw_error_set(err, EBADMSG, "the root is no directory");
	object = object_of(x, l, e, err);
	if (!object)
		return -err->code;
	index_node(x, l->root)->object = object;
	index_node(x, l->root)->flags &= ~(uint32_t)NODE_IMPLIED;
	return 0;
}

static int add(struct index *x, struct layer_tree *l, struct tar_entry *e, uint32_t *ret_object,
	       struct sw_error *err)
{
	char path[SW_LIMIT_PATH];
	const char *name;
	uint32_t dir, object;
	int rc = layer_clean_path(e->name, path, err);

	if (rc < 0)
		return rc;
	if (!strchr("fdlcbph", e->type))
		return sw_error_set(err, ENOTSUP, "a tar entry of unknown type 0x%02x",
				    (unsigned char)e->type);
	if (!*path)
		return add_root(x, l, e, err);
	rc = parent_of(x, l, path, &dir, &name, err);
	if (rc < 0)
		return rc;
	if (!strncmp(name, WHITEOUT, strlen(WHITEOUT)))
		return whiteout(x, dir, name, err);
	if (e->type == 'h')
		return add_hard_link(x, l, dir, name, e->link, err);
	object = object_of(x, l, e, err);
	if (!object || !place(x, dir, name, object, err))
		return -err->code;
	*ret_object = e->type == 'f' ? object : 0;
	return 0;
}

int layer_add(struct index *x, struct layer_tree *l, struct tar_entry *e, uint32_t *ret_object,
	      struct sw_error *err)
{
	struct sw_error own = {0};
	uint32_t object = 0;
	int rc = add(x, l, e, &object, &own);

	if (rc < 0)
		return sw_error_set(err, own.code, "%.200s%s: %s", e->name,
				    strlen(e->name) > 200 ? "..." : "", own.text);
	*ret_object = object;
	return 0;
}
