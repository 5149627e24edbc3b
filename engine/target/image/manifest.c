/* SPDX-License-Identifier: Apache-2.0 */
/* Parses image documents into what opening one needs; every field checked, nothing fetched. */
#include "target/image/manifest.h"

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/json.h"
#include "stigwatch/limits.h"

#define TEXT_MAX 4096 /* bytes of a name in these documents */

SW_DEFINE_CLEANUP(struct json_object *, json, sw_json_free)
#define _cleanup_json_ _cleanup_(sw_cleanup_json)

bool digest_is_valid(const char *s)
{
	return s && !strncmp(s, "sha256:", 7) && strlen(s) == SHA256_TEXT &&
	       strspn(s + 7, "0123456789abcdef") == 64;
}

static void strings_release(struct strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i]);
	free(s->items);
}

static int strings_add(struct strings *s, const char *text, struct sw_error *err)
{
	char *copy = strdup(text);

	if (!copy || SW_GROW(s->items, s->n, s->cap) < 0) {
		free(copy);
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	s->items[s->n++] = copy;
	return 0;
}

/* A copy of a member, NULL when it is absent. */
static int get_text(struct json_object *o, const char *key, char **ret, struct sw_error *err)
{
	const char *s = NULL;
	int rc = o ? sw_json_string(o, key, TEXT_MAX, &s, err) : 0;

	if (rc < 0 || !s)
		return rc;
	free(*ret);
	*ret = strdup(s);
	return *ret ? 0 : sw_error_set(err, ENOMEM, "out of memory");
}

/* All strings of an array of at most max; absent is empty. */
static int get_strings(struct json_object *o, const char *key, size_t max, size_t max_bytes,
		       struct strings *ret)
{
	struct json_object *array = NULL;
	struct sw_error err = {0};
	int rc = sw_json_array(o, key, &array, &err);
	size_t n = rc == 0 ? sw_json_count(array) : 0;

	if (n > max)
		return -E2BIG;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const char *s;

		rc = sw_json_as_string(sw_json_at(array, i), key, max_bytes, &s, &err);
		if (rc == 0)
			rc = strings_add(ret, s, &err);
	}
	return rc;
}

static int get_list(struct json_object *o, const char *key, size_t max, struct strings *ret,
		    struct sw_error *err)
{
	int rc = get_strings(o, key, max, SW_LIMIT_IMAGE_MANIFEST, ret);

	if (rc == -E2BIG)
		return sw_error_set(err, E2BIG, "more than %zu \"%s\"", max, key);
	if (rc < 0)
		return sw_error_set(err, -rc, "\"%s\" is no list of texts", key);
	return 0;
}

/* ---- descriptors ---- */

static void descriptor_release(struct descriptor *d)
{
	free(d->digest);
	free(d->media_type);
	free(d->os);
	free(d->arch);
	free(d->variant);
	free(d->ref_name);
	free(d->image_name);
}

static int get_annotations(struct json_object *o, struct descriptor *d, struct sw_error *err)
{
	_cleanup_free_ char *attached = NULL;
	struct json_object *a = NULL;
	int rc = sw_json_object(o, "annotations", &a, err);

	if (rc == 0)
		rc = get_text(a, "org.opencontainers.image.ref.name", &d->ref_name, err);
	if (rc == 0)
		rc = get_text(a, "io.containerd.image.name", &d->image_name, err);
	if (rc == 0)
		rc = get_text(a, "vnd.docker.reference.type", &attached, err);
	d->extra |= attached != NULL;
	return rc;
}

static int get_platform(struct json_object *o, struct descriptor *d, struct sw_error *err)
{
	struct json_object *p = NULL;
	int rc = sw_json_object(o, "platform", &p, err);

	if (rc == 0)
		rc = get_text(p, "os", &d->os, err);
	if (rc == 0)
		rc = get_text(p, "architecture", &d->arch, err);
	if (rc == 0)
		rc = get_text(p, "variant", &d->variant, err);
	d->extra |= d->os && !strcmp(d->os, "unknown");
	return rc;
}

static int get_descriptor(struct json_object *o, struct descriptor *d, struct sw_error *err)
{
	_cleanup_free_ char *artifact = NULL;
	int64_t size;
	int rc = get_text(o, "digest", &d->digest, err);

	if (rc == 0 && !digest_is_valid(d->digest))
		rc = sw_error_set(err, EBADMSG, "\"%.80s\" is no sha256 digest",
				  d->digest ? d->digest : "");
	if (rc == 0)
		rc = sw_json_int(o, "size", INT64_MAX, &size, err);
	if (rc == 0)
		rc = get_text(o, "mediaType", &d->media_type, err);
	if (rc == 0)
		rc = get_text(o, "artifactType", &artifact, err);
	if (rc == 0)
		rc = get_annotations(o, d, err);
	if (rc == 0)
		rc = get_platform(o, d, err);
	if (rc < 0)
		return rc;
	d->size = (uint64_t)size;
	d->extra |= artifact && *artifact;
	return 0;
}

static int get_descriptors(struct json_object *array, size_t max, struct manifest *m,
			   struct sw_error *err)
{
	size_t n = sw_json_count(array);

	if (n > max)
		return sw_error_set(err, E2BIG, "more than %zu %s", max,
				    m->is_index ? "images" : "layers");
	for (size_t i = 0; i < n; i++) {
		struct descriptor d = {0};
		int rc = get_descriptor(sw_json_at(array, i), &d, err);

		if (rc == 0 && SW_GROW(m->items, m->n, m->cap) < 0)
			rc = sw_error_set(err, ENOMEM, "out of memory");
		if (rc < 0) {
			descriptor_release(&d);
			return rc;
		}
		m->items[m->n++] = d;
	}
	return 0;
}

void manifest_release(struct manifest *m)
{
	for (size_t i = 0; i < m->n; i++)
		descriptor_release(&m->items[i]);
	free(m->items);
	descriptor_release(&m->config);
	*m = (struct manifest){0};
}

static int get_manifest(struct json_object *doc, struct manifest *m, struct sw_error *err)
{
	struct json_object *manifests = NULL, *layers = NULL, *config = NULL;
	int rc = sw_json_array(doc, "manifests", &manifests, err);

	if (rc == 0)
		rc = sw_json_array(doc, "layers", &layers, err);
	if (rc == 0)
		rc = sw_json_object(doc, "config", &config, err);
	if (rc < 0)
		return rc;
	if (manifests && (layers || config)) /* two readers would see two images */
		return sw_error_set(err, EBADMSG, "both an index and a manifest");
	m->is_index = manifests != NULL;
	if (manifests)
		return get_descriptors(manifests, SW_LIMIT_IMAGE_CHOICES, m, err);
	if (!layers || !config)
		return sw_error_set(err, EBADMSG, "neither an index nor a manifest");
	rc = get_descriptor(config, &m->config, err);
	return rc < 0 ? rc : get_descriptors(layers, SW_LIMIT_LAYERS, m, err);
}

int manifest_parse(const char *json, size_t len, struct manifest *ret, struct sw_error *err)
{
	_cleanup_json_ struct json_object *doc = NULL;
	struct manifest m = {0};
	int rc = sw_json_parse(json, len, "manifest", &doc, err);

	if (rc == 0)
		rc = get_manifest(doc, &m, err);
	if (rc < 0) {
		manifest_release(&m);
		return rc;
	}
	*ret = m;
	return 0;
}

/* ---- docker save ---- */

void docker_images_release(struct docker_images *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].config);
		strings_release(&d->items[i].tags);
		strings_release(&d->items[i].layers);
	}
	free(d->items);
	*d = (struct docker_images){0};
}

static int get_docker_images(struct json_object *doc, struct docker_images *d, struct sw_error *err)
{
	size_t n = sw_json_is_array(doc) ? sw_json_count(doc) : 0;

	if (n == 0 || n > SW_LIMIT_IMAGE_CHOICES)
		return sw_error_set(err, n ? E2BIG : EBADMSG, "no list of 1 to %u images",
				    SW_LIMIT_IMAGE_CHOICES);
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = sw_json_at(doc, i);
		struct docker_image *image;
		int rc;

		if (SW_GROW(d->items, d->n, d->cap) < 0)
			return sw_error_set(err, ENOMEM, "out of memory");
		image = &d->items[d->n++];
		*image = (struct docker_image){0};
		rc = get_text(o, "Config", &image->config, err);
		if (rc == 0 && !image->config)
			rc = sw_error_set(err, EBADMSG, "an image without \"Config\"");
		if (rc == 0)
			rc = get_list(o, "RepoTags", SW_LIMIT_IMAGE_CHOICES, &image->tags, err);
		if (rc == 0)
			rc = get_list(o, "Layers", SW_LIMIT_LAYERS, &image->layers, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int docker_images_parse(const char *json, size_t len, struct docker_images *ret,
			struct sw_error *err)
{
	_cleanup_json_ struct json_object *doc = NULL;
	struct docker_images d = {0};
	int rc = sw_json_parse(json, len, "manifest.json", &doc, err);

	if (rc == 0)
		rc = get_docker_images(doc, &d, err);
	if (rc < 0) {
		docker_images_release(&d);
		return rc;
	}
	*ret = d;
	return 0;
}

/* ---- configurations ---- */

void image_config_release(struct image_config *c)
{
	free(c->os);
	free(c->arch);
	free(c->variant);
	strings_release(&c->env);
	strings_release(&c->diff_ids);
	*c = (struct image_config){0};
}

static int get_config(struct json_object *doc, struct image_config *c, struct sw_error *err)
{
	struct json_object *config = NULL, *rootfs = NULL;
	int rc = sw_json_object(doc, "config", &config, err);

	if (rc == 0)
		rc = sw_json_object(doc, "rootfs", &rootfs, err);
	if (rc == 0)
		rc = get_text(doc, "os", &c->os, err);
	if (rc == 0)
		rc = get_text(doc, "architecture", &c->arch, err);
	if (rc == 0)
		rc = get_text(doc, "variant", &c->variant, err);
	if (rc == 0 && config)
		rc = get_list(config, "Env", SW_LIMIT_ENV, &c->env, err);
	if (rc == 0 && !rootfs)
		rc = sw_error_set(err, EBADMSG, "no \"rootfs\": not the configuration of an image");
	if (rc == 0)
		rc = get_list(rootfs, "diff_ids", SW_LIMIT_LAYERS, &c->diff_ids, err);
	for (size_t i = 0; rc == 0 && i < c->diff_ids.n; i++)
		if (!digest_is_valid(c->diff_ids.items[i]))
			rc = sw_error_set(err, EBADMSG, "\"%.80s\" is no sha256 digest",
					  c->diff_ids.items[i]);
	return rc;
}

int image_config_parse(const char *json, size_t len, struct image_config *ret, struct sw_error *err)
{
	_cleanup_json_ struct json_object *doc = NULL;
	struct image_config c = {0};
	int rc = sw_json_parse(json, len, "configuration", &doc, err);

	if (rc == 0)
		rc = get_config(doc, &c, err);
	if (rc < 0) {
		image_config_release(&c);
		return rc;
	}
	*ret = c;
	return 0;
}
