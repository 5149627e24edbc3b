/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the decoder share: one record's bytes, and how its parts are taken out. Nobody
 * else includes it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_event;
struct sw_object;
struct sw_string;
struct sw_wire_object;
struct sw_wire_str;

struct record {
	const uint8_t *data;
	size_t size, fixed; /* fixed: the part before the strings */
};

/* Where a string lies in the record, or NULL: none, or (then *ok is false) outside the record. */
const char *record_string_at(const struct record *r, const struct sw_wire_str *w, bool *ok);
/* false: the record is not well-formed; then the output may be half filled in. */
bool record_string(const struct record *r, const struct sw_wire_str *w, struct sw_string *ret);
bool record_object(const struct record *r, const struct sw_wire_object *w, struct sw_object *ret);
bool record_args(const struct record *r, const struct sw_wire_str *w, struct sw_event *ret);

/* The body of a record that is neither exec, file, namespace, entry nor container: decode_system.c
 */
bool record_system(const struct record *r, struct sw_event *ret);
