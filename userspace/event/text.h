/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bytes as text: what JSON and terminals may see. */
#pragma once

#include <stddef.h>

struct json_object;
struct sw_strbuf;

/*
 * Adds s as valid UTF-8: a backslash as "\\", control characters and bytes that are not UTF-8 as
 * "\xHH". Lossless.
 */
void sw_text_add(struct sw_strbuf *sb, const char *s, size_t len);
/* A JSON string of it; NULL when there is no memory. */
struct json_object *sw_text_json(const char *s, size_t len);
