/* SPDX-License-Identifier: Apache-2.0 */
/* A part of a file as a sequence of unpacked bytes, with the digests of both forms and a budget. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

struct sw_error;
struct stream;

/* A part of an open file. */
struct extent {
	int fd; /* borrowed */
	uint64_t offset, len;
};

/* What one image may cost; shared by all its streams. */
struct budget {
	uint64_t packed, unpacked; /* bytes read from the archive, bytes that came of them */
};

/* More unpacked bytes than the packed ones so far allow: -EFBIG. */
int budget_spend(struct budget *b, uint64_t unpacked, struct sw_error *err);

/*
 * Plain, gzip and zstd are told apart by their first bytes. budget may be NULL. With digests, what
 * is skipped is read.
 */
int stream_open(const struct extent *e, bool digests, struct budget *budget,
		struct stream **ret_stream, struct sw_error *err);
void stream_free(struct stream *s);
bool stream_is_packed(const struct stream *s);
/* Bytes of the unpacked form behind us. */
uint64_t stream_position(const struct stream *s);
/* Reads size bytes, fewer only at the end. */
int stream_read(struct stream *s, void *buf, size_t size, size_t *ret_n, struct sw_error *err);
/* -EBADMSG when there are not that many. */
int stream_skip(struct stream *s, uint64_t n, struct sw_error *err);
/* Reads what is left; then both digests, "sha256:..." (equal for a plain stream). */
#define DIGEST_TEXT 160
int stream_finish(struct stream *s, char ret_packed[static DIGEST_TEXT],
		  char ret_unpacked[static DIGEST_TEXT], struct sw_error *err);
