/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of evidence/: the canonical form, the record line, and the segments of a chain
 * (FORMAT.md). */
#pragma once

#include "evidence/evidence.h"
#include "stigwatch/strbuf.h"

#define SW_CHAIN_VERSION 1
#define SW_CHAIN_HEX 64
#define SW_CHAIN_GENESIS "0000000000000000000000000000000000000000000000000000000000000000"
#define SW_CHAIN_NAME_MAX 32
#define SW_CHAIN_TYPE_MAX 64
#define SW_CHAIN_SEGMENTS_MAX 999999u

/* Appends the canonical form of o; depth is the nesting above it. -EILSEQ, -EINVAL, -ELOOP,
 * -ENOMEM. */
int sw_canonical_add(struct sw_strbuf *sb, struct json_object *o, unsigned depth);
/* Appends s as a canonical JSON string; -EILSEQ when it is not UTF-8. */
int sw_canonical_add_string(struct sw_strbuf *sb, const char *s, size_t len);

/*
 * Replaces sb's content by the record's line with its newline; the record's own hash is ignored,
 * the computed one is in the line, and its offset in ret_hash_at.
 */
int sw_chain_format(const struct sw_record *record, const char *prev, struct sw_strbuf *sb,
		    size_t *ret_hash_at);

/* A type name: lower case letters, digits and hyphens. */
bool sw_chain_type_valid(const char *type);
void sw_chain_segment_name(unsigned number, char ret_name[static SW_CHAIN_NAME_MAX]);
/* Opens a segment that must be a regular file; a symlink is refused. */
int sw_chain_segment_open(int dir_fd, unsigned number, int flags, int *ret_fd);

/* What reading a chain found out; and where it ends, for the writer to continue. */
struct sw_chain {
	struct sw_verify_report report;
	unsigned segment;    /* number of the last one, 0 when none */
	uint64_t good_bytes; /* of the last segment */
};
/* sw_evidence_read on an open directory. ret_chain is filled in either way. */
int sw_chain_read(int dir_fd, sw_record_fn fn, void *ctx, struct sw_chain *ret_chain,
		  struct sw_error *err);
