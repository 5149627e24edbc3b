/* SPDX-License-Identifier: Apache-2.0 */
/* The one module that uses json-c: strict, limited reading; must not know what the documents mean.
 */
#include "stigwatch/json.h"

#include <json-c/json.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

/* Each "[]" becomes some hundred bytes of memory: more of them than any real document has is
 * refused before it is parsed. Counts those inside strings, too, in a broken document only. */
static bool too_many(const char *data, size_t len)
{
	size_t n = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '"')
			quoted = !quoted;
		else if (quoted && data[i] == '\\')
			i++;
		else if (!quoted && (data[i] == '[' || data[i] == '{'))
			n++;
	}
	return n > SW_LIMIT_JSON_CONTAINERS;
}

int sw_json_parse(const char *data, size_t len, const char *what, struct json_object **ret_doc,
		  struct sw_error *err)
{
	struct json_tokener *tok;
	struct json_object *doc;
	enum json_tokener_error rc;
	size_t end;

	if (len > SW_LIMIT_JSON_BYTES || len > INT32_MAX)
		return sw_error_set(err, EFBIG, "%s: larger than %u bytes", what,
				    SW_LIMIT_JSON_BYTES);
	if (too_many(data, len))
		return sw_error_set(err, E2BIG, "%s: more than %u objects and arrays", what,
				    SW_LIMIT_JSON_CONTAINERS);
	tok = json_tokener_new_ex(SW_LIMIT_JSON_DEPTH);
	if (!tok)
		return sw_error_set(err, ENOMEM, "%s: out of memory", what);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	doc = json_tokener_parse_ex(tok, data, (int)len);
	rc = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	if (rc == json_tokener_continue) { /* a bare number ends only with what follows it */
		doc = json_tokener_parse_ex(tok, "", 1);
		rc = json_tokener_get_error(tok);
		end = len;
	}
	json_tokener_free(tok);
	while (rc == json_tokener_success && end < len && strchr(" \t\r\n", data[end]) && data[end])
		end++;
	if (rc == json_tokener_success && end == len && doc) {
		*ret_doc = doc;
		return 0;
	}
	json_object_put(doc);
	if (rc == json_tokener_success && doc)
		return sw_error_set(err, EBADMSG, "%s: not JSON: text after the value at byte %zu",
				    what, end + 1);
	return sw_error_set(err, EBADMSG, "%s: not JSON: %s at byte %zu", what,
			    rc == json_tokener_success ? "null" : json_tokener_error_desc(rc),
			    end + 1);
}

void sw_json_free(struct json_object *doc)
{
	json_object_put(doc);
}

static int get(struct json_object *o, const char *key, enum json_type type,
	       struct json_object **ret, struct sw_error *err)
{
	struct json_object *v = NULL;

	if (!json_object_is_type(o, json_type_object))
		return sw_error_set(err, EBADMSG, "\"%s\" looked for in what is no JSON object",
				    key);
	if (json_object_object_get_ex(o, key, &v) && v && !json_object_is_type(v, type))
		return sw_error_set(err, EBADMSG, "\"%s\" is not of type %s", key,
				    json_type_to_name(type));
	*ret = v;
	return 0;
}

int sw_json_object(struct json_object *o, const char *key, struct json_object **ret,
		   struct sw_error *err)
{
	return get(o, key, json_type_object, ret, err);
}

int sw_json_array(struct json_object *o, const char *key, struct json_object **ret,
		  struct sw_error *err)
{
	return get(o, key, json_type_array, ret, err);
}

int sw_json_as_string(struct json_object *o, const char *what, size_t max, const char **ret,
		      struct sw_error *err)
{
	size_t len;

	if (!json_object_is_type(o, json_type_string))
		return sw_error_set(err, EBADMSG, "\"%s\" is not of type string", what);
	len = (size_t)json_object_get_string_len(o);
	if (len > max)
		return sw_error_set(err, EBADMSG, "\"%s\" is longer than %zu bytes", what, max);
	if (memchr(json_object_get_string(o), '\0', len))
		return sw_error_set(err, EBADMSG, "\"%s\" holds a NUL byte", what);
	*ret = json_object_get_string(o);
	return 0;
}

int sw_json_string(struct json_object *o, const char *key, size_t max, const char **ret,
		   struct sw_error *err)
{
	struct json_object *v;
	int rc = get(o, key, json_type_string, &v, err);

	if (rc < 0)
		return rc;
	if (v)
		return sw_json_as_string(v, key, max, ret, err);
	*ret = NULL;
	return 0;
}

int sw_json_int(struct json_object *o, const char *key, int64_t max, int64_t *ret,
		struct sw_error *err)
{
	struct json_object *v;
	int64_t n = 0;
	int rc = get(o, key, json_type_int, &v, err);

	if (rc < 0)
		return rc;
	if (v) {
		n = json_object_get_int64(v); /* saturates */
		if (n < 0 || n > max)
			return sw_error_set(err, EBADMSG, "\"%s\" is out of range", key);
	}
	*ret = n;
	return 0;
}

int sw_json_is_object(const struct json_object *o)
{
	return json_object_is_type(o, json_type_object);
}

int sw_json_is_array(const struct json_object *o)
{
	return json_object_is_type(o, json_type_array);
}

size_t sw_json_count(const struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

struct json_object *sw_json_at(const struct json_object *array, size_t i)
{
	return json_object_array_get_idx(array, i);
}

int sw_json_members(struct json_object *o, sw_json_member_fn fn, void *ctx, struct sw_error *err)
{
	struct json_object_iterator it, end;

	if (!o)
		return 0;
	it = json_object_iter_begin(o);
	end = json_object_iter_end(o);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		int rc = fn(ctx, json_object_iter_peek_name(&it), json_object_iter_peek_value(&it),
			    err);

		if (rc != 0)
			return rc;
	}
	return 0;
}
