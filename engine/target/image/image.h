/* SPDX-License-Identifier: Apache-2.0 */
/* An opened image: its tree and where the contents are. Shared by the files of image/. */
#pragma once

#include <pthread.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/target.h"
#include "target/image/index.h"
#include "target/image/stream.h"
#include "target/internal.h"

/* A layer whose content is read when it is asked for. */
struct layer_source {
	struct extent e;
	bool owns_fd, packed;
	struct stream *cursor; /* of a packed layer; NULL until needed */
	unsigned rewinds;
	int spool; /* the unpacked layer, -1 until needed */
};

struct image {
	struct index *index;
	struct layer_source *layers;
	size_t n_layers, cap_layers;
	char *config; /* JSON */
	int archive;  /* -1: the layers are files of their own */
	struct budget budget;
	uint64_t kept, spooled, entries;
	pthread_mutex_t lock; /* cursors and spools */
};

struct image *image_new(void);
void image_free(struct image *img);

/* ---- content.c ---- */

/* An unlinked file on disk, or negative errno. */
int image_temporary(void);
/* Writes all of it. */
int image_write(int fd, const void *data, size_t len);
/* A readable descriptor with the content of a regular file, at its beginning. */
int image_open_object(struct image *img, const struct object *o);
/* Whether image_read_object costs no more than reading: not for sparse files, and not for those
 * that would be unpacked again. */
bool image_reads_in_place(const struct image *img, const struct object *o);
/* Size bytes from offset on, fewer at the end; negative errno. */
ssize_t image_read_object(struct image *img, const struct object *o, void *buf, size_t size,
			  uint64_t offset);

/* ---- vfs.c, walk.c ---- */

extern const struct target_ops image_ops;
void image_fill_stat(const struct image *img, uint32_t node, struct stat *ret_st);
int image_walk(struct sw_target *t, const char *path, const struct sw_walk_options *opts,
	       struct walk_callback *cb, struct sw_error *err);

/* ---- load.c ---- */

/* What a layer must be; NULL: unknown. */
struct layer_digests {
	const char *packed, *unpacked; /* "sha256:..." */
};
/* Reads a layer once, checks its digests and lays it over the others. Takes e->fd if owns_fd, also
 * on failure. */
int image_add_layer(struct image *img, const struct extent *e, bool owns_fd,
		    const struct layer_digests *digests, struct sw_error *err);
