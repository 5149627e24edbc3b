/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing NUL-terminated byte string. Zero-initialise to use. Once an allocation failed it stays
 * in the failed state: later calls do nothing and sw_strbuf_steal returns NULL, so callers check
 * once, at the end.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct sw_strbuf {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

void sw_strbuf_add(struct sw_strbuf *sb, const void *data, size_t len);
void sw_strbuf_adds(struct sw_strbuf *sb, const char *s);
void sw_strbuf_addc(struct sw_strbuf *sb, char c);
void sw_strbuf_addf(struct sw_strbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Adds s with the five XML specials escaped and bytes XML 1.0 forbids (or invalid UTF-8) as \xHH.
 */
void sw_strbuf_add_xml(struct sw_strbuf *sb, const char *s, size_t len);
/* The content ("" when empty); NULL if any allocation failed. */
const char *sw_strbuf_str(const struct sw_strbuf *sb);
/* Hands the string to the caller and resets; NULL if any allocation failed. */
char *sw_strbuf_steal(struct sw_strbuf *sb);
void sw_strbuf_release(struct sw_strbuf *sb);

#define _cleanup_strbuf_ __attribute__((cleanup(sw_strbuf_release)))
