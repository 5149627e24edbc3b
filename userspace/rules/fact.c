/* SPDX-License-Identifier: Apache-2.0 */
/* Facts in memory and in evidence. Decides nothing: the engine judges. */
#include "rules/rules.h"

#include <json-c/json.h>

#include "event/text.h"

static const char *const state_names[] = {
	[SW_STATE_MATCH] = "match",
	[SW_STATE_MODIFIED] = "modified",
	[SW_STATE_ABSENT] = "absent",
	[SW_STATE_UNVERIFIED] = "unverified",
};
_Static_assert(SW_ARRAY_LEN(state_names) == _SW_STATE_MAX, "a name for each state");

const char *sw_baseline_state_str(enum sw_baseline_state s)
{
	return (unsigned int)s < _SW_STATE_MAX ? state_names[s] : "?";
}

static const char *const effect_names[] = {
	[SW_EFFECT_UNCHANGED] = "unchanged", [SW_EFFECT_TAINTED] = "tainted",
	[SW_EFFECT_CHANGED] = "changed",     [SW_EFFECT_REPLACED] = "replaced",
	[SW_EFFECT_REMOVED] = "removed",     [SW_EFFECT_RENAMED] = "renamed",
	[SW_EFFECT_CREATED] = "created",     [SW_EFFECT_METADATA] = "metadata",
	[SW_EFFECT_COVERED] = "covered",
};
_Static_assert(SW_ARRAY_LEN(effect_names) == _SW_EFFECT_MAX, "a name for each effect");

const char *sw_effect_str(enum sw_effect e)
{
	return (unsigned int)e < _SW_EFFECT_MAX ? effect_names[e] : "?";
}

static const struct {
	uint32_t bit;
	const char *name;
} object_classes[] = {
	{SW_OBJ_SHELL, "shell"},	 {SW_OBJ_PACKAGE_MANAGER, "package-manager"},
	{SW_OBJ_LOADER, "loader"},	 {SW_OBJ_INTERPRETER, "interpreter"},
	{SW_OBJ_LIBRARY, "library"},	 {SW_OBJ_EXECUTABLE, "executable"},
	{SW_OBJ_MULTICALL, "multicall"}, {SW_OBJ_PKGDB, "package-database"},
	{SW_OBJ_DATA, "data"},
};

void sw_fact_begin(struct sw_fact_buf *f, const char *type)
{
	f->fact.type = type;
	f->fact.entities = f->entities;
	f->fact.n_entities = 0;
	f->used = 0;
	f->left_out = 0;
}

void sw_fact_add_bytes(struct sw_fact_buf *f, const char *name, const char *value, size_t len)
{
	if (f->fact.n_entities == SW_FACT_ENTITIES || f->used + len + 1 > SW_FACT_BYTES) {
		f->left_out++;
		return;
	}
	char *copy = f->bytes + f->used;

	memcpy(copy, value, len);
	copy[len] = '\0';
	f->used += len + 1;
	f->entities[f->fact.n_entities++] = (struct sw_fact_entity){name, copy};
}

void sw_fact_add(struct sw_fact_buf *f, const char *name, const char *value)
{
	if (value)
		sw_fact_add_bytes(f, name, value, strlen(value));
}

void sw_fact_addf(struct sw_fact_buf *f, const char *name, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sw_fact_add(f, name, text);
}

void sw_fact_add_classes(struct sw_fact_buf *f, uint32_t class_bits)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(object_classes); i++)
		if (class_bits & object_classes[i].bit)
			sw_fact_add(f, "class", object_classes[i].name);
}

const char *sw_fact_get(const struct sw_fact_buf *f, const char *name)
{
	for (size_t i = 0; i < f->fact.n_entities; i++)
		if (strcmp(f->entities[i].name, name) == 0)
			return f->entities[i].value;
	return NULL;
}

struct json_object *sw_fact_to_json(const struct sw_fact *f)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	if (!o || !list) {
		json_object_put(o);
		json_object_put(list);
		return NULL;
	}
	json_object_object_add(o, "type", json_object_new_string(f->type));
	for (size_t i = 0; i < f->n_entities; i++) {
		struct json_object *pair = json_object_new_array();

		json_object_array_add(pair, json_object_new_string(f->entities[i].name));
		json_object_array_add(
			pair, sw_text_json(f->entities[i].value, strlen(f->entities[i].value)));
		json_object_array_add(list, pair);
	}
	json_object_object_add(o, "entities", list);
	return o;
}

/* The engine's and our own names are static strings; a name from a file must live in the buffer. */
static int add_pair(struct sw_fact_buf *f, struct json_object *pair)
{
	struct json_object *name, *value;

	if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
		return -EBADMSG;
	name = json_object_array_get_idx(pair, 0);
	value = json_object_array_get_idx(pair, 1);
	if (!json_object_is_type(name, json_type_string) ||
	    !json_object_is_type(value, json_type_string))
		return -EBADMSG;

	size_t len = (size_t)json_object_get_string_len(name);

	if (f->used + len + 1 > SW_FACT_BYTES)
		return -EBADMSG;
	char *copy = f->bytes + f->used;

	memcpy(copy, json_object_get_string(name), len + 1);
	f->used += len + 1;
	sw_fact_add(f, copy, json_object_get_string(value));
	return f->left_out ? -EBADMSG : 0;
}

static const char *const fact_types[] = {
	"exec",	     "file",	  "namespace", "entry",	 "exec-failed", "code",	  "mount",
	"privilege", "injection", "uring",     "kernel", "network",	"compat",
};

int sw_fact_from_json(struct json_object *o, struct sw_fact_buf *ret_fact)
{
	struct json_object *type, *list;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "type", &type) ||
	    !json_object_object_get_ex(o, "entities", &list) ||
	    !json_object_is_type(type, json_type_string) ||
	    !json_object_is_type(list, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < SW_ARRAY_LEN(fact_types); i++) {
		if (strcmp(json_object_get_string(type), fact_types[i]) != 0)
			continue;
		sw_fact_begin(ret_fact, fact_types[i]);
		for (size_t k = 0; k < json_object_array_length(list); k++) {
			int rc = add_pair(ret_fact, json_object_array_get_idx(list, k));

			if (rc < 0)
				return rc;
		}
		return 0;
	}
	return -EBADMSG;
}

void sw_fact_from_ledger(enum sw_violation kind, uint64_t count, struct sw_fact_buf *ret_fact)
{
	struct sw_fact_buf *f = ret_fact;

	switch (kind) {
	case SW_VIOLATION_SHELL:
	case SW_VIOLATION_PKG_EXEC:
		sw_fact_begin(f, "exec");
		sw_fact_add_classes(f, kind == SW_VIOLATION_SHELL ? SW_OBJ_SHELL
								  : SW_OBJ_PACKAGE_MANAGER);
		break;
	case SW_VIOLATION_DRIFT:
		sw_fact_begin(f, "exec");
		sw_fact_add(f, "baseline", sw_baseline_state_str(SW_STATE_ABSENT));
		break;
	case SW_VIOLATION_PKG_DB:
	case SW_VIOLATION_IMMUTABLE:
		sw_fact_begin(f, "file");
		sw_fact_add_classes(f,
				    kind == SW_VIOLATION_PKG_DB ? SW_OBJ_PKGDB : SW_OBJ_EXECUTABLE);
		sw_fact_add(f, "effect", sw_effect_str(SW_EFFECT_CHANGED));
		break;
	case SW_VIOLATION_NAMESPACE:
		sw_fact_begin(f, "namespace");
		sw_fact_add(f, "operation", sw_ns_op_str(SW_NS_UNSHARE));
		break;
	case SW_VIOLATION_MOUNT:
		sw_fact_begin(f, "mount");
		sw_fact_add(f, "operation", "unknown");
		break;
	case SW_VIOLATION_PRIVILEGE:
		sw_fact_begin(f, "privilege");
		sw_fact_add(f, "gained", "unknown");
		break;
	case SW_VIOLATION_INJECTION:
		sw_fact_begin(f, "injection");
		sw_fact_add(f, "operation", "unknown");
		sw_fact_add(f, "outcome", "done");
		break;
	case SW_VIOLATION_KERNEL:
		sw_fact_begin(f, "kernel");
		sw_fact_add(f, "operation", "unknown");
		sw_fact_add(f, "outcome", "done");
		break;
	default:
		sw_fact_begin(f, "entry");
		sw_fact_add(f, "ordinal", "2");
		break;
	}
	sw_fact_add(f, "origin", "ledger");
	sw_fact_addf(f, "count", "%llu", (unsigned long long)count);
}
