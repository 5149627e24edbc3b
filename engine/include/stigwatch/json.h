/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict reading of JSON: size, depth and number of containers limited, every field typed.
 *
 * Getters borrow from the document. A field that is absent or null gives 0 and NULL (or the
 * default); a field of another type is -EBADMSG and an error that names it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct json_object;
struct sw_error;

/* what names the document in errors. Text after the value is an error, too. */
int sw_json_parse(const char *data, size_t len, const char *what, struct json_object **ret_doc,
		  struct sw_error *err);
void sw_json_free(struct json_object *doc);

/* NULL when absent; -EBADMSG when it is not an object (array). */
int sw_json_object(struct json_object *o, const char *key, struct json_object **ret,
		   struct sw_error *err);
int sw_json_array(struct json_object *o, const char *key, struct json_object **ret,
		  struct sw_error *err);
/* NULL when absent. At most max bytes; NUL bytes are refused. */
int sw_json_string(struct json_object *o, const char *key, size_t max, const char **ret,
		   struct sw_error *err);
/* From 0 to max; 0 when absent. */
int sw_json_int(struct json_object *o, const char *key, int64_t max, int64_t *ret,
		struct sw_error *err);

int sw_json_is_object(const struct json_object *o);
int sw_json_is_array(const struct json_object *o);
size_t sw_json_count(const struct json_object *array);
struct json_object *sw_json_at(const struct json_object *array, size_t i);
/* An element as a string of at most max bytes; what names it in errors. */
int sw_json_as_string(struct json_object *o, const char *what, size_t max, const char **ret,
		      struct sw_error *err);

/* Calls fn for each member of an object until it returns other than 0, and returns that. */
typedef int (*sw_json_member_fn)(void *ctx, const char *key, struct json_object *value,
				 struct sw_error *err);
int sw_json_members(struct json_object *o, sw_json_member_fn fn, void *ctx, struct sw_error *err);
