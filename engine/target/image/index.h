/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of an image: names and what they stand for, without any content.
 *
 * A node is a name in a directory; an object is what it names (hard links share one). Both are
 * known by number and never given back: memory is charged once and has one limit. Numbers start at
 * 1; 0 is "none".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "target/image/tar.h"

struct sw_error;

enum node_flags {
	NODE_HIDES = 1,	  /* whiteout: what lower layers have under this name is gone */
	NODE_OPAQUE = 2,  /* what lower layers have in this directory is gone */
	NODE_IMPLIED = 4, /* a directory that no entry describes */
};

struct node {
	uint32_t parent;
	uint32_t object; /* 0: nothing but a whiteout */
	uint32_t name;
	uint32_t child, next, prev;
	uint32_t chain; /* of the hash table */
	uint32_t flags;
};

/* What few objects have. */
struct extra {
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	struct tar_part *parts; /* of a sparse file, in order */
	size_t n_parts;
	unsigned char *kept; /* the stored bytes of a small file of a packed layer */
	struct extra *next;
};

struct object {
	uint32_t mode, uid, gid, nlink; /* mode with S_IFMT */
	uint64_t size, data;		/* data: where in the unpacked layer */
	int64_t mtime;
	uint32_t link; /* text of a symbolic link */
	uint32_t layer;
	uint32_t major, minor;
	struct extra *extra; /* NULL for most */
};

/* Equal items in blocks, so that none moves and growing copies nothing. */
struct pool {
	unsigned char **blocks;
	size_t n_blocks, cap_blocks;
	uint32_t n; /* items used, the one with number 0 included */
};

struct index {
	struct pool nodes, objects, text;
	size_t text_used; /* in the last block */
	uint32_t *heads;
	size_t n_heads; /* a power of two */
	uint64_t key[2];
	struct extra *extras;
	size_t used;	/* bytes */
	uint64_t steps; /* names looked up in all; atomic */
	uint32_t root;
};

struct index *index_new(struct sw_error *err);
void index_free(struct index *x);

struct node *index_node(const struct index *x, uint32_t n);
struct object *index_object(const struct index *x, uint32_t n);
const char *index_text(const struct index *x, uint32_t text);
static inline const struct object *index_object_of(const struct index *x, uint32_t node)
{
	return index_object(x, index_node(x, node)->object);
}
bool index_is_dir(const struct index *x, uint32_t node);
bool index_is_link(const struct index *x, uint32_t node);

/* Each gives a number, or 0 with err. */
uint32_t index_add_text(struct index *x, const char *s, size_t len, struct sw_error *err);
uint32_t index_add_object(struct index *x, const struct object *o, struct sw_error *err);
uint32_t index_add_root(struct index *x, struct sw_error *err);
uint32_t index_add(struct index *x, uint32_t parent, const char *name, size_t len,
		   struct sw_error *err);
/* A directory that nothing describes: 0755, root's. */
uint32_t index_add_implied(struct index *x, uint32_t parent, const char *name, size_t len,
			   struct sw_error *err);
/* Charges bytes to the index: -E2BIG past its limit. */
int index_charge(struct index *x, size_t bytes, struct sw_error *err);
/* Takes extra, also on failure. */
int index_set_extra(struct index *x, uint32_t object, const struct extra *extra,
		    struct sw_error *err);

/* 0: none. Whiteouts are found, too. */
uint32_t index_lookup(const struct index *x, uint32_t parent, const char *name, size_t len);
/* Takes a node, with all that is below, out of its directory. */
void index_unlink(struct index *x, uint32_t node);
/* Puts an unlinked node into another directory. */
void index_relink(struct index *x, uint32_t node, uint32_t parent);
/* Sorts every directory and counts links; whiteouts are gone after it. */
int index_finish(struct index *x, struct sw_error *err);

/* ---- resolve.c ---- */

enum resolve_flags {
	RESOLVE_NOFOLLOW = 1, /* the last link stands for itself */
	RESOLVE_CREATE = 2,   /* directories that are missing are made */
};
/*
 * As the kernel does with RESOLVE_IN_ROOT: absolute links and ".." never leave the root. Returns 0
 * or negative errno (-ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG, -E2BIG).
 */
int index_resolve(struct index *x, uint32_t root, const char *path, unsigned flags,
		  uint32_t *ret_node);

/* ---- layer.c ---- */

/* An entry's path without dots and double slashes; -EBADMSG when it climbs out. ret has room for
 * SW_LIMIT_PATH. */
int layer_clean_path(const char *path, char *ret, struct sw_error *err);

/* What one layer brings, before it is laid over the others. */
struct layer_tree {
	uint32_t root;
	uint32_t number;
	struct pending *pending; /* hard links to lower layers */
	size_t n_pending, cap_pending;
};
int layer_new(struct index *x, uint32_t number, struct layer_tree *ret_layer, struct sw_error *err);
void layer_release(struct layer_tree *l);
/* Adds one entry; ret_object is the regular file it made, or 0. Takes xattrs and parts from e. */
int layer_add(struct index *x, struct layer_tree *l, struct tar_entry *e, uint32_t *ret_object,
	      struct sw_error *err);

/* ---- merge.c ---- */

/* Lays the layer over the tree; nothing may be added to it afterwards. */
int layer_merge(struct index *x, struct layer_tree *l, struct sw_error *err);
