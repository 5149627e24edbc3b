/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a daemon's JSON answers into containers and events; pure: asks and opens nothing. */
#include "containers/private.h"

#include <arpa/inet.h>

#include "stigwatch/json.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

SW_DEFINE_CLEANUP(struct json_object *, json, sw_json_free)
#define _cleanup_json_ _cleanup_(sw_cleanup_json)
#define _cleanup_strlist_ _cleanup_(sw_strlist_release)

#define HEX "0123456789abcdef"
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

#define MIN_API_MINOR 24 /* 1.24: Docker 1.12, the first with everything asked for here */
#define MAX_API_MINOR 44 /* 1.44: what newer daemons still speak; later ones drop GraphDriver */

static int copy(char **slot, const char *s, struct sw_error *err)
{
	*slot = s ? strdup(s) : NULL;
	return s && !*slot ? sw_error_set(err, ENOMEM, "out of memory") : 0;
}

/* A string made of these characters only, or absent. */
static int get_word(struct json_object *o, const char *key, const char *chars, char **slot,
		    struct sw_error *err)
{
	const char *s;
	int rc = sw_json_string(o, key, 256, &s, err);

	if (rc < 0)
		return rc;
	if (s && s[strspn(s, chars)])
		return sw_error_set(err, EBADMSG, "\"%s\" holds a character that it must not", key);
	return copy(slot, s && *s ? s : NULL, err);
}

/* An image reference or digest, as people write them: no blanks, no control characters, ASCII. */
static bool is_reference(const char *s)
{
	for (; *s; s++) {
		if (*s <= ' ' || *s > '~')
			return false;
	}
	return true;
}

static int check_id(const char *id, struct sw_error *err)
{
	if (!id || strlen(id) != 64 || strspn(id, HEX) != 64)
		return sw_error_set(err, EBADMSG, "\"Id\" is not 64 hex digits");
	return 0;
}

/* "sha256:HEX"; podman leaves the algorithm out. */
static int get_digest(struct json_object *o, const char *key, char **slot, struct sw_error *err)
{
	const char *s, *hex;
	int rc = sw_json_string(o, key, 256, &s, err);

	if (rc < 0)
		return rc;
	if (!s || !*s)
		return 0;
	hex = strncmp(s, "sha256:", 7) == 0 ? s + 7 : s;
	if (strlen(hex) != 64 || strspn(hex, HEX) != 64)
		return sw_error_set(err, EBADMSG, "\"%s\" is not a SHA-256 digest", key);
	if (asprintf(slot, "sha256:%s", hex) < 0) {
		*slot = NULL;
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

static int get_reference(struct json_object *o, const char *key, char **slot, struct sw_error *err)
{
	const char *s;
	int rc = sw_json_string(o, key, 1024, &s, err);

	if (rc < 0)
		return rc;
	if (s && !is_reference(s))
		return sw_error_set(err, EBADMSG, "\"%s\" is no image reference", key);
	return copy(slot, s, err);
}

/* Only NAME=VALUE: the daemon removes a NAME alone when it makes the process, and so do we. */
static int get_env(struct json_object *config, struct sw_strlist *list, struct sw_error *err)
{
	struct json_object *env = NULL;
	int rc = config ? sw_json_array(config, "Env", &env, err) : 0;

	for (size_t i = 0; rc == 0 && i < sw_json_count(env); i++) {
		const char *s;

		rc = sw_json_as_string(sw_json_at(env, i), "Env", SW_LIMIT_DOCKER_BYTES, &s, err);
		if (rc == 0 && strchr(s, '=') > s && sw_strlist_add(list, s, strlen(s)) < 0)
			rc = sw_error_set(err, ENOMEM, "out of memory");
	}
	return rc;
}

static int add_label(void *ctx, const char *key, struct json_object *value, struct sw_error *err)
{
	_cleanup_free_ char *label = NULL;
	const char *s;
	int rc = sw_json_as_string(value, "Labels", SW_LIMIT_DOCKER_BYTES, &s, err);

	if (rc < 0)
		return rc;
	if (asprintf(&label, "%s=%s", key, s) < 0 || sw_strlist_add(ctx, label, strlen(label)) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	return 0;
}

static int get_labels(struct json_object *config, struct sw_strlist *list, struct sw_error *err)
{
	struct json_object *labels;
	int rc = sw_json_object(config, "Labels", &labels, err);

	return rc < 0 ? rc : sw_json_members(labels, add_label, list, err);
}

static int add_address(struct sw_strlist *list, struct json_object *o, const char *key,
		       struct sw_error *err)
{
	const char *s;
	char raw[16];
	int rc = sw_json_string(o, key, 64, &s, err);

	if (rc < 0 || !s || !*s)
		return rc;
	if (inet_pton(AF_INET, s, raw) != 1 && inet_pton(AF_INET6, s, raw) != 1)
		return sw_error_set(err, EBADMSG, "\"%s\" is no IP address", key);
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i], s) == 0)
			return 0;
	}
	if (sw_strlist_add(list, s, strlen(s)) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	return 0;
}

static int add_network(void *ctx, const char *key, struct json_object *value, struct sw_error *err)
{
	int rc;

	if (!value)
		return 0;
	rc = add_address(ctx, value, "IPAddress", err);
	return rc < 0 ? rc : add_address(ctx, value, "GlobalIPv6Address", err);
}

static int get_addresses(struct json_object *doc, struct sw_strlist *list, struct sw_error *err)
{
	struct json_object *settings, *networks;
	int rc = sw_json_object(doc, "NetworkSettings", &settings, err);

	if (rc < 0 || !settings)
		return rc;
	rc = add_network(list, NULL, settings, err);
	if (rc == 0)
		rc = sw_json_object(settings, "Networks", &networks, err);
	return rc < 0 ? rc : sw_json_members(networks, add_network, list, err);
}

static int add_dir(struct sw_strlist *dirs, const char *s, size_t len, struct sw_error *err)
{
	if (*s != '/' || len >= SW_LIMIT_PATH)
		return sw_error_set(err, EBADMSG, "\"GraphDriver\" names a directory that is none");
	if (dirs->n == SW_LIMIT_LAYERS)
		return sw_error_set(err, E2BIG, "more than %u layers", SW_LIMIT_LAYERS);
	return sw_strlist_add(dirs, s, len) < 0 ? sw_error_set(err, ENOMEM, "out of memory") : 0;
}

static int get_dir(struct json_object *data, const char *key, char **ret_dir, struct sw_error *err)
{
	_cleanup_strlist_ struct sw_strlist one = {0};
	const char *dir = NULL;
	int rc = sw_json_string(data, key, SW_LIMIT_PATH, &dir, err);

	if (rc < 0 || !dir || !*dir)
		return rc;
	rc = add_dir(&one, dir, strlen(dir), err);
	if (rc == 0)
		*ret_dir = TAKE(one.items[0]);
	return rc;
}

/* Only drivers that lay directories over each other; the others give no layers to read. */
static int get_layers(struct json_object *doc, struct sw_strlist *ret_lower, struct sw_container *c,
		      struct sw_error *err)
{
	struct json_object *driver, *data = NULL;
	const char *name = NULL, *lower = NULL;
	int rc = sw_json_object(doc, "GraphDriver", &driver, err);

	if (rc == 0 && driver)
		rc = sw_json_string(driver, "Name", 64, &name, err);
	if (rc == 0 && name && strncmp(name, "overlay", 7) == 0)
		rc = sw_json_object(driver, "Data", &data, err);
	if (rc < 0 || !data)
		return rc;
	rc = sw_json_string(data, "LowerDir", SW_LIMIT_DOCKER_BYTES, &lower, err);
	if (rc == 0)
		rc = get_dir(data, "UpperDir", &c->upper_dir, err);
	if (rc == 0)
		rc = get_dir(data, "MergedDir", &c->merged_dir, err);
	while (rc == 0 && lower && *lower) {
		size_t len = strcspn(lower, ":");

		rc = add_dir(ret_lower, lower, len, err);
		lower += len + (lower[len] == ':');
	}
	return rc;
}

static void take(struct sw_strlist *list, char ***ret_items, size_t *ret_n)
{
	*ret_n = list->n;
	*ret_items = TAKE(list->items);
	list->n = list->cap = 0;
}

/* What containers and images have in common. */
static int get_config(struct json_object *doc, struct sw_container *c,
		      struct json_object **ret_config, struct sw_error *err)
{
	_cleanup_strlist_ struct sw_strlist env = {0}, labels = {0}, lower = {0};
	struct json_object *config = NULL;
	int rc = sw_json_object(doc, "Config", &config, err);

	if (rc == 0)
		rc = get_env(config, &env, err);
	if (rc == 0 && config)
		rc = get_labels(config, &labels, err);
	if (rc == 0)
		rc = get_layers(doc, &lower, c, err);
	if (rc < 0)
		return rc;
	take(&env, &c->env, &c->n_env);
	take(&labels, &c->labels, &c->n_labels);
	take(&lower, &c->lower_dirs, &c->n_lower_dirs);
	*ret_config = config;
	return 0;
}

static int get_state(struct json_object *doc, struct sw_container *c, struct sw_error *err)
{
	struct json_object *state;
	int64_t pid = 0;
	int rc = sw_json_object(doc, "State", &state, err);

	if (rc == 0 && !state)
		rc = sw_error_set(err, EBADMSG, "\"State\" is missing");
	if (rc == 0)
		rc = get_word(state, "Status", ALNUM "_-", &c->status, err);
	if (rc == 0)
		rc = sw_json_int(state, "Pid", INT32_MAX, &pid, err);
	if (rc == 0)
		rc = get_word(state, "StartedAt", "0123456789TZ:.+-", &c->started_at, err);
	if (rc < 0)
		return rc;
	if (c->started_at && strncmp(c->started_at, "0001-", 5) == 0) { /* Go's zero time: never */
		free(c->started_at);
		c->started_at = NULL;
	}
	c->pid = (int)pid;
	return 0;
}

static int parse_object(const char *json, size_t len, const char *what,
			struct json_object **ret_doc, struct sw_error *err)
{
	_cleanup_json_ struct json_object *doc = NULL;
	int rc = sw_json_parse(json, len, what, &doc, err);

	if (rc < 0)
		return rc;
	if (!sw_json_is_object(doc))
		return sw_error_set(err, EBADMSG, "%s: not a JSON object", what);
	*ret_doc = TAKE(doc);
	return 0;
}

static int fill_container(struct json_object *doc, struct sw_container *c, struct sw_error *err)
{
	struct json_object *config = NULL;
	char *slashed = NULL;
	int rc = get_word(doc, "Id", HEX, &c->id, err);

	if (rc == 0)
		rc = check_id(c->id, err);
	if (rc == 0)
		rc = get_word(doc, "Name", ALNUM "_.-/", &slashed, err);
	if (rc == 0)
		rc = copy(&c->name, slashed ? slashed + (*slashed == '/') : c->id, err);
	free(slashed);
	if (rc == 0)
		rc = get_digest(doc, "Image", &c->image_digest, err);
	if (rc == 0)
		rc = get_state(doc, c, err);
	if (rc == 0)
		rc = get_config(doc, c, &config, err);
	if (rc == 0 && config)
		rc = get_reference(config, "Image", &c->image_ref, err);
	return rc;
}

int sw_docker_parse_container(const char *json, size_t len, struct sw_container **ret_container,
			      struct sw_error *err)
{
	_cleanup_container_ struct sw_container *c = calloc(1, sizeof(*c));
	_cleanup_json_ struct json_object *doc = NULL;
	_cleanup_strlist_ struct sw_strlist addresses = {0};
	int rc;

	if (!c)
		return sw_error_set(err, ENOMEM, "out of memory");
	rc = parse_object(json, len, "container", &doc, err);
	if (rc == 0)
		rc = fill_container(doc, c, err);
	if (rc == 0)
		rc = get_addresses(doc, &addresses, err);
	if (rc < 0)
		return rc;
	take(&addresses, &c->addresses, &c->n_addresses);
	*ret_container = TAKE(c);
	return 0;
}

/* An image has no upper layer of its own: what its GraphDriver calls so is its topmost one. */
static int upper_to_lower(struct sw_container *c, struct sw_error *err)
{
	char **dirs;

	if (!c->upper_dir)
		return 0;
	dirs = reallocarray(c->lower_dirs, c->n_lower_dirs + 1, sizeof(*dirs));
	if (!dirs)
		return sw_error_set(err, ENOMEM, "out of memory");
	memmove(dirs + 1, dirs, c->n_lower_dirs * sizeof(*dirs));
	dirs[0] = TAKE(c->upper_dir);
	c->lower_dirs = dirs;
	c->n_lower_dirs++;
	return 0;
}

static int get_manifest(struct json_object *doc, char **ret_manifest, struct sw_error *err)
{
	struct json_object *digests;
	const char *s;
	int rc = sw_json_array(doc, "RepoDigests", &digests, err);

	if (rc < 0 || sw_json_count(digests) == 0)
		return rc;
	rc = sw_json_as_string(sw_json_at(digests, 0), "RepoDigests", 1024, &s, err);
	if (rc < 0)
		return rc;
	if (!is_reference(s))
		return sw_error_set(err, EBADMSG, "\"RepoDigests\" holds no image reference");
	return copy(ret_manifest, s, err);
}

int sw_docker_parse_image(const char *json, size_t len, const char *ref,
			  struct sw_container **ret_image, struct sw_error *err)
{
	_cleanup_container_ struct sw_container *c = calloc(1, sizeof(*c));
	_cleanup_json_ struct json_object *doc = NULL;
	struct json_object *config;
	int rc;

	if (!c)
		return sw_error_set(err, ENOMEM, "out of memory");
	rc = parse_object(json, len, "image", &doc, err);
	if (rc == 0)
		rc = get_digest(doc, "Id", &c->image_digest, err);
	if (rc == 0 && !c->image_digest)
		rc = sw_error_set(err, EBADMSG, "\"Id\" is missing");
	if (rc == 0)
		rc = get_config(doc, c, &config, err);
	if (rc == 0)
		rc = get_manifest(doc, &c->manifest_digest, err);
	if (rc == 0)
		rc = upper_to_lower(c, err);
	if (rc == 0)
		rc = copy(&c->name, ref, err);
	if (rc == 0)
		rc = copy(&c->image_ref, ref, err);
	if (rc < 0)
		return rc;
	*ret_image = TAKE(c);
	return 0;
}

static int list_one(struct json_object *o, struct sw_strlist *ids, struct sw_error *err)
{
	const char *state;
	char *id = NULL;
	int rc = get_word(o, "Id", HEX, &id, err);

	if (rc == 0)
		rc = check_id(id, err);
	if (rc == 0)
		rc = sw_json_string(o, "State", 64, &state, err);
	if (rc == 0 &&
	    !(state && (strcmp(state, "exited") == 0 || strcmp(state, "dead") == 0 ||
			strcmp(state, "removing") == 0)) &&
	    sw_strlist_add(ids, id, strlen(id)) < 0)
		rc = sw_error_set(err, ENOMEM, "out of memory");
	free(id);
	return rc;
}

int sw_docker_parse_list(const char *json, size_t len, struct sw_strlist *ret_ids,
			 struct sw_error *err)
{
	_cleanup_json_ struct json_object *doc = NULL;
	_cleanup_strlist_ struct sw_strlist ids = {0};
	int rc = sw_json_parse(json, len, "container list", &doc, err);

	if (rc < 0)
		return rc;
	if (!sw_json_is_array(doc))
		return sw_error_set(err, EBADMSG, "container list: not a JSON array");
	if (sw_json_count(doc) > SW_LIMIT_CONTAINERS)
		return sw_error_set(err, E2BIG, "more than %u containers", SW_LIMIT_CONTAINERS);
	for (size_t i = 0; i < sw_json_count(doc); i++) {
		rc = list_one(sw_json_at(doc, i), &ids, err);
		if (rc < 0) {
			sw_error_context(err, "container list");
			return rc;
		}
	}
	*ret_ids = ids;
	ids = (struct sw_strlist){0};
	return 0;
}

static int get_minor(struct json_object *doc, const char *key, int absent, int *ret_minor,
		     struct sw_error *err)
{
	const char *s;
	int n = 0, rc = sw_json_string(doc, key, 16, &s, err);

	if (rc < 0)
		return rc;
	if (!s && absent >= 0) {
		*ret_minor = absent;
		return 0;
	}
	if (!s || sscanf(s, "1.%3d%n", ret_minor, &n) != 1 || s[n] || *ret_minor < 0)
		return sw_error_set(err, EBADMSG, "\"%s\" is not an API version 1.N", key);
	return 0;
}

int sw_docker_parse_version(const char *json, size_t len, char ret_version[static 16],
			    struct sw_error *err)
{
	_cleanup_json_ struct json_object *doc = NULL;
	int speaks, least, use;
	int rc = parse_object(json, len, "version", &doc, err);

	if (rc == 0)
		rc = get_minor(doc, "ApiVersion", -1, &speaks, err);
	if (rc == 0)
		rc = get_minor(doc, "MinAPIVersion", 0, &least, err);
	if (rc < 0)
		return rc;
	if (speaks < MIN_API_MINOR)
		return sw_error_set(err, ENOTSUP, "API version 1.%d is too old: 1.%d is needed",
				    speaks, MIN_API_MINOR);
	use = speaks < MAX_API_MINOR ? speaks : MAX_API_MINOR;
	snprintf(ret_version, 16, "1.%d", use > least ? use : least);
	return 0;
}
