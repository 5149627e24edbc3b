/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a pax header and the maps of sparse files; pure. */
#pragma once

#include "target/image/tar.h"

/* What pax records say; strings are owned. */
struct pax {
	char *path, *link;
	bool has_size, has_uid, has_gid, has_mtime, has_realsize;
	uint64_t size, uid, gid, realsize;
	int64_t mtime;
	int sparse_major, sparse_minor; /* -1: not said */
	char *sparse_name;
	struct tar_part *parts; /* formats 0.0 and 0.1 */
	size_t n_parts, cap_parts;
	bool half; /* an offset whose length is still to come */
	struct tar_xattr *xattrs;
	size_t n_xattrs, cap_xattrs;
};
#define PAX_INIT                                                                                   \
	{                                                                                          \
		.sparse_major = -1, .sparse_minor = -1                                             \
	}

void pax_release(struct pax *p);
/* Adds the records of one header to p; later ones win. */
int pax_parse(struct pax *p, const char *data, size_t len, struct sw_error *err);
void tar_xattrs_free(struct tar_xattr *items, size_t n);
/* Decimal digits only. */
bool tar_decimal(const char *s, size_t len, uint64_t *ret);
int tar_part_add(struct tar_part **parts, size_t *n, size_t *cap, struct tar_part part,
		 struct sw_error *err);
/* In order, without overlap, inside size, and with all of the stored bytes. */
int tar_parts_check(const struct tar_entry *e, struct sw_error *err);
