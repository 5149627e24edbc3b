/* SPDX-License-Identifier: Apache-2.0 */
/* The door of base/: what every other engine folder may use. Knows no domain and no third-party
 * library. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/strbuf.h"

/*
 * Bytes of the UTF-8 character at s (1..4), or 0 when it is malformed, overlong, a surrogate, above
 * U+10FFFF or cut off by len. ret_cp may be NULL.
 */
size_t sw_utf8_decode(const char *s, size_t len, uint32_t *ret_cp);
/* How many bytes from s on are printable ASCII, blanks or line ends: most text, and valid in any of
 * our outputs. */
size_t sw_ascii_run(const char *s, size_t len);
/* The whole of s is well-formed UTF-8. NUL bytes are allowed. */
bool sw_utf8_valid(const char *s, size_t len);
/* The largest n <= max at which s can be cut without splitting a character. */
size_t sw_utf8_cut(const char *s, size_t len, size_t max);
/* A character XML 1.0 can carry (section 2.2). */
bool sw_xml_char_ok(uint32_t cp);
/* Adds s as UTF-8 that XML 1.0 can carry; other bytes become \xHH. No escaping of specials. */
void sw_strbuf_add_text(struct sw_strbuf *sb, const char *s, size_t len);
/* Adds s as a JSON string with its quotes (RFC 8259); invalid UTF-8 becomes \xHH as text; NULL:
 * null. */
void sw_strbuf_add_json(struct sw_strbuf *sb, const char *s);

/* Heap copy of s with white space runs collapsed to one space and trimmed; NULL on failure. */
char *sw_str_collapse(const char *s);
/* strdup that maps NULL to NULL: 0 or -ENOMEM; frees what was in *slot. */
int sw_str_replace(char **slot, const char *s);
/* seconds since the epoch as "2024-05-06T07:08:09Z" (xs:dateTime, UTC). */
#define SW_TIME_LEN 32
void sw_time_str(int64_t seconds, char ret_text[SW_TIME_LEN]);
