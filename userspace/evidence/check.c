/* SPDX-License-Identifier: Apache-2.0 */
/* Judges one line of a chain, and what a crash leaves behind the last one; opens no files. */
#include "evidence/check.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

int sw_check_init(struct sw_check *c)
{
	*c = (struct sw_check){.head = SW_CHAIN_GENESIS};
	/* json-c counts scalars as a level; the canonical form then enforces the exact depth */
	c->tokener = json_tokener_new_ex(SW_LIMIT_JSON_DEPTH + 2);
	if (!c->tokener)
		return -ENOMEM;
	json_tokener_set_flags(c->tokener, JSON_TOKENER_STRICT);
	return 0;
}

void sw_check_release(struct sw_check *c)
{
	json_object_put(TAKE(c->parsed));
	if (c->tokener)
		json_tokener_free(TAKE(c->tokener));
	sw_strbuf_release(&c->line);
}

static bool is_utf8(const char *s, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = sw_utf8_char(s + at, len - at, NULL);

		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

static bool get(struct json_object *o, const char *key, enum json_type type,
		struct json_object **ret_value)
{
	return json_object_object_get_ex(o, key, ret_value) &&
	       json_object_is_type(*ret_value, type);
}

static bool get_string(struct json_object *o, const char *key, const char **ret_string)
{
	struct json_object *v;

	if (!get(o, key, json_type_string, &v))
		return false;
	*ret_string = json_object_get_string(v);
	return true;
}

static bool get_i64(struct json_object *o, const char *key, int64_t *ret_value)
{
	struct json_object *v;

	if (!get(o, key, json_type_int, &v))
		return false;
	*ret_value = json_object_get_int64(v);
	return true;
}

static bool get_count(struct json_object *o, const char *key, uint64_t *ret_value)
{
	struct json_object *v;

	if (!get(o, key, json_type_int, &v))
		return false;
	*ret_value = json_object_get_uint64(v); /* 0 when negative */
	return *ret_value > 0;
}

static bool get_hash(struct json_object *o, const char *key, const char **ret_hash)
{
	return get_string(o, key, ret_hash) &&
	       strspn(*ret_hash, "0123456789abcdef") == SW_CHAIN_HEX &&
	       (*ret_hash)[SW_CHAIN_HEX] == '\0';
}

/* The members of a record, in the order of FORMAT.md; anything more would not survive the canonical
 * form. */
static const char *read_members(struct json_object *o, struct sw_record *r, const char **ret_prev)
{
	int64_t version;

	if (!json_object_is_type(o, json_type_object))
		return "not a JSON object";
	if (!get_i64(o, "v", &version))
		return "no version";
	if (version != SW_CHAIN_VERSION)
		return "unknown version";
	if (!get(o, "body", json_type_object, &r->body))
		return "no body";
	if (!get_string(o, "boot_id", &r->boot_id) || !get_i64(o, "boot_ns", &r->boot_ns) ||
	    !get_i64(o, "wall_ns", &r->wall_ns))
		return "no boot id or clock pair";
	if (json_object_object_get_ex(o, "dropped", NULL) && !get_count(o, "dropped", &r->dropped))
		return "dropped is not a count";
	if (!get_string(o, "type", &r->type) || !sw_chain_type_valid(r->type))
		return "no valid type";
	if (!get_count(o, "seq", &r->seq))
		return "no sequence number";
	if (!get_hash(o, "hash", &r->hash) || !get_hash(o, "prev", ret_prev))
		return "no valid hash or prev";
	return NULL;
}

static const char *compare_chain(const struct sw_check *c, const struct sw_record *r,
				 const char *prev, const char *hash)
{
	if (memcmp(hash, r->hash, SW_CHAIN_HEX) != 0)
		return "wrong hash: the record was altered";
	if (r->seq != c->seq + 1)
		return "wrong sequence number: records were removed, added or reordered";
	if (strcmp(prev, c->head) != 0)
		return "wrong prev: the record does not follow the one before it";
	return NULL;
}

/* c->line is the record formatted anew: the line must be the canonical one, but for the value of
 * its hash. */
static bool is_canonical(const struct sw_check *c, size_t hash_at, const char *line, size_t len)
{
	size_t after = hash_at + SW_CHAIN_HEX;

	return c->line.len == len + 1 && memcmp(line, c->line.data, hash_at) == 0 &&
	       memcmp(line + after, c->line.data + after, len - after) == 0;
}

int sw_check_line(struct sw_check *c, const char *line, size_t len, struct sw_record *ret_record,
		  const char **ret_reason)
{
	struct sw_record r = {};
	const char *prev = NULL;
	size_t hash_at = 0;
	int rc;

	json_object_put(TAKE(c->parsed));
	if (!is_utf8(line, len)) {
		*ret_reason = "not UTF-8";
		return -EBADMSG;
	}
	json_tokener_reset(c->tokener);
	c->parsed = json_tokener_parse_ex(c->tokener, line, (int)len);
	if (json_tokener_get_error(c->tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(c->tokener) != len) {
		*ret_reason = "bad JSON";
		return -EBADMSG;
	}
	*ret_reason = read_members(c->parsed, &r, &prev);
	if (*ret_reason)
		return -EBADMSG;
	rc = sw_chain_format(&r, prev, &c->line, &hash_at);
	if (rc == -ENOMEM)
		return rc;
	*ret_reason = rc < 0 || !is_canonical(c, hash_at, line, len)
			      ? "not in canonical form"
			      : compare_chain(c, &r, prev, c->line.data + hash_at);
	if (*ret_reason)
		return -EBADMSG;
	c->seq = r.seq;
	memcpy(c->head, r.hash, sizeof(c->head));
	*ret_record = r;
	return 0;
}

static void feed_text(struct sw_tail *t, char ch)
{
	if (t->complete || (t->text_bytes == 0 && ch != '{') || ch == '\n') {
		t->bad = true;
		return;
	}
	t->text_bytes++;
	if (t->in_string) {
		if (t->escaped)
			t->escaped = false;
		else if (ch == '\\')
			t->escaped = true;
		else if (ch == '"')
			t->in_string = false;
	} else if (ch == '"') {
		t->in_string = true;
	} else if (ch == '{' || ch == '[') {
		t->depth++;
	} else if (ch == '}' || ch == ']') {
		t->depth--;
		t->complete = t->depth == 0;
	}
}

void sw_tail_feed(struct sw_tail *t, const char *data, size_t len)
{
	t->bytes += len;
	for (size_t i = 0; i < len && !t->bad; i++) {
		if (t->nul) {
			t->bad = data[i] != '\0';
		} else if (data[i] == '\0') {
			/* a whole record has only a newline to come: a NUL there is a changed byte
			 */
			t->nul = true;
			t->bad = t->complete;
		} else {
			feed_text(t, data[i]);
		}
	}
}

const char *sw_tail_reason(const struct sw_tail *t)
{
	if (t->text_bytes >= SW_LIMIT_EVIDENCE_LINE)
		return "line too long";
	if (t->bad)
		return "bytes after the last record are not the beginning of one";
	return NULL;
}
