/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacks one gzip or zstd stream. Only libarchive's decompressors are used: its tar reader
 * rewrites names (to the locale's character set, and to Unicode's composed form), and a name that
 * differs is another file.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct sw_error;
struct sw_unpack;

/* Gives the next packed bytes, valid until the next call: their number, 0 at the end, or negative
 * errno. */
typedef ssize_t (*sw_unpack_fn)(void *ctx, const void **ret_data);

/* gzip or zstd by what the first bytes are; else NULL. Four bytes suffice. */
const char *sw_unpack_format(const void *head, size_t len);
/* format: what sw_unpack_format said. */
int sw_unpack_new(const char *format, sw_unpack_fn fn, void *ctx, struct sw_unpack **ret_unpack,
		  struct sw_error *err);
/* The next unpacked bytes: their number, 0 at the end, or negative errno with err. */
ssize_t sw_unpack_read(struct sw_unpack *u, void *buf, size_t size, struct sw_error *err);
void sw_unpack_free(struct sw_unpack *u);
