/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence: an append-only chain of canonical JSON lines, each sealed with the hash of the one
 * before. FORMAT.md beside this file is the specification.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct sw_error;
struct sw_evidence; /* a writer */

/* Clock pair and host facts that go into records; a NULL clock function means the system's. */
struct sw_clock {
	int64_t wall_ns; /* CLOCK_REALTIME */
	int64_t boot_ns; /* CLOCK_BOOTTIME */
};
typedef void (*sw_clock_fn)(void *ctx, struct sw_clock *ret_clock);

/*
 * Opens DIR for appending (creates it, takes an exclusive lock; -EBUSY when another monitor writes
 * there). An existing chain is verified to its end first; a torn last line from a crash is cut off
 * and recorded as a "recovered" record.
 */
int sw_evidence_open(const char *dir, sw_clock_fn clock, void *clock_ctx,
		     struct sw_evidence **ret_evidence, struct sw_error *err);
/*
 * Appends one record of a type ("start", "container", "event", "epoch", ...). body becomes the
 * record's "body" and is not consumed. One write(2) per record: a crash leaves at most a torn tail.
 * -ENOSPC etc. leave the chain whole; the next record that fits says how many were dropped
 * ("dropped": n), which readers treat as a hole. So does every other record that was refused:
 * -EILSEQ (a string or key is not UTF-8: use sw_text_json), -EINVAL (a floating point number, a
 * bad type name), -EMSGSIZE (a line over 1 MiB), -ELOOP (nested too deep).
 */
int sw_evidence_append(struct sw_evidence *e, const char *type, struct json_object *body,
		       struct sw_error *err);
/* Makes everything appended so far durable (fdatasync). */
int sw_evidence_sync(struct sw_evidence *e, struct sw_error *err);
/* Hash of the last record, hex, and its number. */
const char *sw_evidence_head(const struct sw_evidence *e, uint64_t *ret_seq);
/* Records a loss that no later record has told yet (type "lost"), syncs, unlocks, frees. NULL is
 * fine. */
void sw_evidence_close(struct sw_evidence *e);

/*
 * Bytes of the UTF-8 character at data[0], 0 when it is not valid there (RFC 3629: no overlong
 * forms, no surrogates). ret_codepoint may be NULL.
 */
size_t sw_utf8_char(const char *data, size_t len, uint32_t *ret_codepoint);

/* ---- reading ---- */

struct sw_record {
	uint64_t seq; /* from 1, contiguous */
	const char *type;
	const char *hash; /* hex, of this record */
	int64_t wall_ns, boot_ns;
	const char *boot_id;
	uint64_t dropped;	  /* records lost just before this one */
	struct json_object *body; /* borrowed */
};
/* Non-zero return stops the reading and is returned. */
typedef int (*sw_record_fn)(void *ctx, const struct sw_record *record);

struct sw_verify_report {
	uint64_t records;    /* sealed and good */
	uint64_t bad_record; /* number of the first bad one, 0 when none */
	char bad_file[256];
	uint64_t bad_line;
	char reason[256];    /* of the bad one */
	uint64_t torn_bytes; /* unsealed bytes at the very end (crash), not an error */
	char head[65];	     /* hash of the last good record, 64 zeros when none */
};
/*
 * Reads and verifies in order; fn (may be NULL) gets each good record. Returns 0 when the whole
 * chain is good, -EBADMSG when a record is bad (report says which), -ENODATA for a directory
 * without any record, others for I/O. The report is filled in either way, and may be NULL.
 */
int sw_evidence_read(const char *dir, sw_record_fn fn, void *ctx,
		     struct sw_verify_report *ret_report, struct sw_error *err);
