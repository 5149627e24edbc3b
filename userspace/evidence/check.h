/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of evidence/: judges one line, and the bytes after the last newline, against FORMAT.md. */
#pragma once

#include <json-c/json.h>

#include "evidence/chain.h"

/* What the next line must follow on from; zero-initialise, then sw_check_init. */
struct sw_check {
	uint64_t seq;		     /* of the last good record */
	char head[SW_CHAIN_HEX + 1]; /* its hash */
	struct json_tokener *tokener;
	struct json_object *parsed; /* of the last line; the record's strings live here */
	struct sw_strbuf line;
};

int sw_check_init(struct sw_check *c);
void sw_check_release(struct sw_check *c);
/*
 * Judges a line (without its newline). 0 and the record, valid until the next call; -EBADMSG and a
 * constant reason when it is bad; -ENOMEM.
 */
int sw_check_line(struct sw_check *c, const char *line, size_t len, struct sw_record *ret_record,
		  const char **ret_reason);

/* Is what follows the last newline the beginning of a record, cut off by a crash? Zero-initialise,
 * feed in pieces. */
struct sw_tail {
	uint64_t bytes;
	uint64_t text_bytes; /* of them before the first NUL */
	unsigned depth;
	bool in_string, escaped;
	bool complete; /* the record is whole, only its newline is missing */
	bool nul; /* a file system that grew the file before it wrote the data leaves NUL bytes */
	bool bad;
};

void sw_tail_feed(struct sw_tail *t, const char *data, size_t len);
/* The reason why the tail is not the beginning of a record, NULL when it is. */
const char *sw_tail_reason(const struct sw_tail *t);
