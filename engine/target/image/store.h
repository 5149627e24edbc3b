/* SPDX-License-Identifier: Apache-2.0 */
/* Where an image's documents and layers lie: members of an archive, or files below a directory. */
#pragma once

#include <stdbool.h>

#include "target/image/stream.h"

struct store;

/* An archive that is itself packed is unpacked to an unlinked file first. */
int store_open_archive(const char *path, struct store **ret_store, struct sw_error *err);
int store_open_dir(const char *path, struct store **ret_store, struct sw_error *err);
void store_free(struct store *s);
/* Regular files only; links are followed inside the store. ret_owned: ret_extent->fd is to be
 * closed. */
int store_find(struct store *s, const char *name, struct extent *ret_extent, bool *ret_owned,
	       struct sw_error *err);
/* A whole document, NUL-terminated. -ENOENT: there is none; -EFBIG: larger than max. */
int store_read(struct store *s, const char *name, size_t max, char **ret_data, size_t *ret_len,
	       struct sw_error *err);
/* Hands over the archive's descriptor, which extents borrow; -1 for a directory. */
int store_take_fd(struct store *s);
