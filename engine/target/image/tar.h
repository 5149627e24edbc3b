/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar stream, entry by entry: v7, ustar, star, pax and GNU, with long names, sparse files and
 * extended attributes. Names are bytes and stay what they are. Where formats contradict each other,
 * Go's archive/tar decides, since that is what container runtimes unpack layers with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget;
struct stream;
struct sw_error;
struct tar;

struct tar_xattr {
	char *name;
	unsigned char *value;
	size_t len;
};

/* A part of a sparse file that has data. */
struct tar_part {
	uint64_t offset, len;
};

struct tar_entry {
	char *name; /* as written, slashes and all */
	char *link; /* "" when there is none */
	char type;  /* f d l c b p, h: hard link, else what the header says */
	uint32_t mode, uid, gid, major, minor;
	int64_t mtime;
	uint64_t size;	 /* as a reader sees it */
	uint64_t stored; /* bytes in the stream */
	uint64_t data;	 /* where they begin */
	struct tar_xattr *xattrs;
	size_t n_xattrs, cap_xattrs;
	struct tar_part *parts; /* of a sparse file */
	size_t n_parts, cap_parts;
	bool sparse;
};

/* stream is borrowed; budget pays for the holes of sparse files and may be NULL. */
int tar_new(struct stream *stream, struct budget *budget, struct tar **ret_tar,
	    struct sw_error *err);
void tar_free(struct tar *t);
/* 1: an entry, valid until the next call; 0: the end. */
int tar_next(struct tar *t, struct tar_entry **ret_entry, struct sw_error *err);
/* The stored bytes of the current entry, from its beginning; once. */
int tar_read(struct tar *t, void *buf, size_t size, struct sw_error *err);
