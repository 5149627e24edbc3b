/* SPDX-License-Identifier: Apache-2.0 */
/* Opens an image: from a reference to its manifest, configuration and layers. Parses nothing
 * itself. */
#include "stigwatch/image.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include "stigwatch/digest.h"
#include "stigwatch/limits.h"
#include "target/image/choose.h"
#include "target/image/image.h"
#include "target/image/manifest.h"
#include "target/image/store.h"

SW_DEFINE_CLEANUP(struct sw_target *, target, sw_target_free)

/* One opening. */
struct opening {
	struct store *store;
	struct image *image;
	const struct platform *platform; /* NULL: not asked for */
	struct platform machine;
	char *path;	    /* of archive or directory */
	const char *name;   /* tag or whole reference asked for, or NULL */
	const char *digest; /* asked for, or NULL */
	struct image_config config;
	char *config_text;
	char *image_ref; /* as the image is called inside, or NULL */
	char config_digest[DIGEST_TEXT], manifest_digest[DIGEST_TEXT];
	uint64_t repeated; /* bytes of layers that came before */
};

static void release(struct opening *o)
{
	store_free(o->store);
	image_free(o->image);
	image_config_release(&o->config);
	free(o->path);
	free(o->config_text);
	free(o->image_ref);
}

/* ---- references ---- */

/* PATH[:NAME|@DIGEST]: the longest beginning that exists is the path. */
static int split(struct opening *o, const char *ref, struct sw_error *err)
{
	struct stat st;
	size_t at;

	o->path = strdup(ref);
	if (!o->path)
		return sw_error_set(err, ENOMEM, "out of memory");
	if (!*ref)
		return sw_error_set(err, EINVAL, "the path is missing");
	for (at = strlen(ref); stat(o->path, &st) < 0;) {
		while (at && ref[at] != ':' && ref[at] != '@')
			at--;
		if (!at)
			return sw_error_set(err, ENOENT, "%s: %s", ref, strerror(ENOENT));
		o->path[at--] = '\0';
	}
	at = strlen(o->path);
	if (ref[at] == ':')
		o->name = ref + at + 1;
	if (ref[at] == '@')
		o->digest = ref + at + 1;
	if (o->digest && !digest_is_valid(o->digest))
		return sw_error_set(err, EINVAL, "\"%.100s\" is no sha256 digest", o->digest);
	if (o->name && !*o->name)
		return sw_error_set(err, EINVAL, "the tag is missing");
	return 0;
}

static const char *go_arch(const char *machine)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"},
		{"i386", "386"},     {"armv7l", "arm"},	   {"armv6l", "arm"},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(names); i++)
		if (!strcmp(machine, names[i][0]))
			return names[i][1];
	return machine; /* ppc64le, s390x, riscv64 are called the same */
}

/* OS/ARCH[/VARIANT], split in place. */
static int parse_platform(char *text, struct platform *ret, struct sw_error *err)
{
	char *arch = strchr(text, '/'), *variant = arch ? strchr(arch + 1, '/') : NULL;

	if (arch)
		*arch++ = '\0';
	if (variant)
		*variant++ = '\0';
	if (!arch || !*text || !*arch || (variant && (!*variant || strchr(variant, '/'))))
		return sw_error_set(err, EINVAL, "a platform is OS/ARCH or OS/ARCH/VARIANT");
	*ret = (struct platform){text, arch, variant};
	return 0;
}

/* ---- documents ---- */

static int check_digest(const char *data, size_t len, const char *wanted, char *ret,
			struct sw_error *err)
{
	strcpy(ret, "sha256:");
	if (sw_sha256_hex(data, len, ret + 7) < 0)
		return sw_error_set(err, EIO, "cannot compute a digest");
	if (wanted && strcmp(ret, wanted))
		return sw_error_set(err, EBADMSG, "its digest is %s: damaged, or another one", ret);
	return 0;
}

/* blobs/sha256/HEX */
static void blob_path(const char *digest, char ret[static 96])
{
	snprintf(ret, 96, "blobs/sha256/%.64s", digest + 7);
}

/* A document by its digest. */
static int read_blob(struct opening *o, const char *digest, char *ret_digest, char **ret_data,
		     size_t *ret_len, struct sw_error *err)
{
	_cleanup_free_ char *data = NULL;
	char path[96];
	int rc;

	blob_path(digest, path);
	rc = store_read(o->store, path, SW_LIMIT_IMAGE_MANIFEST, &data, ret_len, err);
	if (rc < 0)
		return rc;
	rc = check_digest(data, *ret_len, digest, ret_digest, err);
	if (rc < 0)
		return sw_error_context(err, "%s", path);
	*ret_data = TAKE(data);
	return 0;
}

static int read_config(struct opening *o, const char *name, const char *digest,
		       struct sw_error *err)
{
	size_t len;
	int rc = store_read(o->store, name, SW_LIMIT_IMAGE_MANIFEST, &o->config_text, &len, err);

	if (rc < 0)
		return rc;
	rc = check_digest(o->config_text, len, digest, o->config_digest, err);
	if (rc == 0)
		rc = image_config_parse(o->config_text, len, &o->config, err);
	return rc < 0 ? sw_error_context(err, "%.200s", name) : 0;
}

static int set_ref(struct opening *o, const char *name, struct sw_error *err)
{
	if (!name || o->image_ref)
		return 0;
	o->image_ref = strdup(name);
	return o->image_ref ? 0 : sw_error_set(err, ENOMEM, "out of memory");
}

/* ---- layers ---- */

/* The same packed bytes again and again would cost without the archive's being large. */
static int note_repeated(struct opening *o, const struct extent *e, bool seen, struct sw_error *err)
{
	if (!seen)
		return 0;
	o->repeated += e->len;
	return o->repeated > SW_LIMIT_IMAGE_REPEATED
		       ? sw_error_set(err, EFBIG, "layers repeated for more than %llu MiB",
				      SW_LIMIT_IMAGE_REPEATED >> 20)
		       : 0;
}

static int add_layer(struct opening *o, const char *name, const struct layer_digests *digests,
		     bool seen, struct sw_error *err)
{
	struct extent e;
	bool owned;
	int rc = store_find(o->store, name, &e, &owned, err);

	if (rc < 0)
		return rc;
	rc = note_repeated(o, &e, seen, err);
	if (rc < 0 && owned)
		close(e.fd);
	if (rc == 0)
		rc = image_add_layer(o->image, &e, owned, digests, err);
	return rc < 0 ? sw_error_context(err, "layer %.200s", name) : 0;
}

static int check_count(const struct opening *o, size_t n, struct sw_error *err)
{
	if (o->config.diff_ids.n == n)
		return 0;
	return sw_error_set(err, EBADMSG, "%zu layers, but the configuration names %zu", n,
			    o->config.diff_ids.n);
}

/* ---- docker save ---- */

/* Where the name of a configuration says its digest: blobs/sha256/HEX, or HEX.json as before. */
static const char *digest_in_name(const char *name, char ret[static DIGEST_TEXT])
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	size_t len = strspn(base, "0123456789abcdef");

	if (len != 64 || (base[len] && strcmp(base + len, ".json")))
		return NULL;
	snprintf(ret, DIGEST_TEXT, "sha256:%.64s", base);
	return ret;
}

static bool layer_seen(const struct docker_image *image, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(image->layers.items[k], image->layers.items[i]))
			return true;
	return false;
}

static int open_docker_image(struct opening *o, const struct docker_image *image,
			     struct sw_error *err)
{
	char text[DIGEST_TEXT];
	int rc = read_config(o, image->config, digest_in_name(image->config, text), err);

	if (rc == 0)
		rc = check_count(o, image->layers.n, err);
	if (rc == 0 && image->tags.n)
		rc = set_ref(o, image->tags.items[0], err);
	for (size_t i = 0; rc == 0 && i < image->layers.n; i++) {
		const struct layer_digests d = {.unpacked = o->config.diff_ids.items[i]};

		rc = add_layer(o, image->layers.items[i], &d, layer_seen(image, i), err);
	}
	return rc;
}

static int open_docker(struct opening *o, struct sw_error *err)
{
	struct docker_images images = {0};
	const struct docker_image *image;
	_cleanup_free_ char *data = NULL;
	size_t len;
	int rc;

	if (o->digest)
		return sw_error_set(err, EINVAL, "a docker archive is named by REPO:TAG");
	rc = store_read(o->store, "manifest.json", SW_LIMIT_IMAGE_MANIFEST, &data, &len, err);
	if (rc == 0)
		rc = docker_images_parse(data, len, &images, err);
	if (rc == 0)
		rc = choose_docker_image(&images, o->name, &image, err);
	if (rc == 0 && o->name)
		rc = set_ref(o, o->name, err);
	if (rc == 0)
		rc = open_docker_image(o, image, err);
	docker_images_release(&images);
	return rc;
}

/* ---- OCI ---- */

static bool descriptor_seen(const struct manifest *m, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(m->items[k].digest, m->items[i].digest))
			return true;
	return false;
}

static int open_manifest(struct opening *o, const struct manifest *m, struct sw_error *err)
{
	char path[96];
	int rc;

	blob_path(m->config.digest, path);
	rc = read_config(o, path, m->config.digest, err);
	if (rc == 0)
		rc = check_count(o, m->n, err);
	for (size_t i = 0; rc == 0 && i < m->n; i++) {
		const struct layer_digests d = {m->items[i].digest, o->config.diff_ids.items[i]};

		blob_path(m->items[i].digest, path);
		rc = add_layer(o, path, &d, descriptor_seen(m, i), err);
	}
	return rc;
}

/* From index to index to the manifest that is meant. */
static int follow(struct opening *o, struct manifest *m, struct sw_error *err)
{
	const char *name = o->name;

	for (int depth = 0; m->is_index; depth++) {
		const struct descriptor *d = NULL;
		_cleanup_free_ char *data = NULL;
		struct manifest next;
		size_t len;
		int rc;

		if (depth == SW_LIMIT_IMAGE_NESTING)
			return sw_error_set(err, ELOOP, "more than %d indexes inside each other",
					    SW_LIMIT_IMAGE_NESTING);
		rc = choose_descriptor(m, name, o->platform, &o->machine, &d, err);
		if (rc == 0)
			rc = set_ref(o, d->image_name ? d->image_name : d->ref_name, err);
		if (rc == 0)
			rc = read_blob(o, d->digest, o->manifest_digest, &data, &len, err);
		if (rc == 0)
			rc = manifest_parse(data, len, &next, err);
		if (rc < 0)
			return rc;
		manifest_release(m);
		*m = next;
		name = NULL;
	}
	return 0;
}

static int open_oci(struct opening *o, struct sw_error *err)
{
	struct manifest m = {0};
	_cleanup_free_ char *data = NULL;
	size_t len;
	int rc;

	if (o->digest)
		rc = read_blob(o, o->digest, o->manifest_digest, &data, &len, err);
	else
		rc = store_read(o->store, "index.json", SW_LIMIT_IMAGE_MANIFEST, &data, &len, err);
	if (rc == 0)
		rc = manifest_parse(data, len, &m, err);
	if (rc == 0 && !o->digest && !m.is_index)
		rc = sw_error_set(err, EBADMSG, "index.json is no index");
	if (rc == 0)
		rc = follow(o, &m, err);
	if (rc == 0)
		rc = open_manifest(o, &m, err);
	manifest_release(&m);
	return rc;
}

/* ---- the target ---- */

static int add_env(const struct opening *o, struct sw_target *t)
{
	int rc = sw_target_set_env_known(t);

	for (size_t i = 0; rc == 0 && i < o->config.env.n; i++) {
		const char *s = o->config.env.items[i], *equals = strchr(s, '=');
		_cleanup_free_ char *name = NULL;

		if (!equals || equals == s)
			continue;
		name = strndup(s, (size_t)(equals - s));
		rc = name ? sw_target_add_env(t, name, equals + 1) : -ENOMEM;
	}
	return rc;
}

static int describe(struct opening *o, struct sw_target *t)
{
	const struct image_config *c = &o->config;
	char platform[160] = "";
	const struct {
		const char *key, *value;
	} facts[] = {
		{"image.ref", o->image_ref ? o->image_ref : ""},
		{"image.digest", o->config_digest},
		{"image.manifest", o->manifest_digest},
		{"image.platform", platform},
	};
	int rc = sw_target_set_name(t, o->image_ref ? o->image_ref : o->path);

	if (c->os && c->arch)
		snprintf(platform, sizeof(platform), "%.50s/%.50s%s%.50s", c->os, c->arch,
			 c->variant ? "/" : "", c->variant ? c->variant : "");
	for (size_t i = 0; rc == 0 && i < SW_ARRAY_LEN(facts); i++)
		if (*facts[i].value)
			rc = sw_target_add_identity(t, facts[i].key, facts[i].value);
	return rc < 0 ? rc : add_env(o, t);
}

static int load(struct opening *o, enum sw_image_layout layout, struct sw_error *err)
{
	int rc;

	o->image = image_new();
	if (!o->image)
		return sw_error_set(err, ENOMEM, "out of memory");
	o->image->index = index_new(err);
	if (!o->image->index)
		return -err->code;
	rc = layout == SW_IMAGE_OCI_DIR ? store_open_dir(o->path, &o->store, err)
					: store_open_archive(o->path, &o->store, err);
	if (rc < 0)
		return rc;
	rc = layout == SW_IMAGE_DOCKER_ARCHIVE ? open_docker(o, err) : open_oci(o, err);
	if (rc == 0)
		rc = index_finish(o->image->index, err);
	return rc < 0 ? sw_error_context(err, "%s", o->path) : 0;
}

static int make_target(struct opening *o, struct sw_target **ret_target, struct sw_error *err)
{
	_cleanup_(sw_cleanup_target) struct sw_target *t = NULL;
	int rc;

	o->image->archive = store_take_fd(o->store);
	o->image->config = TAKE(o->config_text);
	rc = target_new(&image_ops, TAKE(o->image), SW_TARGET_IMAGE, &t, err);
	if (rc < 0)
		return rc;
	rc = describe(o, t);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s", strerror(-rc));
	*ret_target = TAKE(t);
	return 0;
}

int sw_target_open_image(enum sw_image_layout layout, const char *ref,
			 const struct sw_image_options *opts, struct sw_target **ret_target,
			 struct sw_error *err)
{
	_cleanup_(release) struct opening o = {0};
	_cleanup_free_ char *text = opts && opts->platform ? strdup(opts->platform) : NULL;
	struct sw_error own = {0};
	struct platform platform;
	struct utsname uts;
	int rc = 0;

	uname(&uts);
	o.machine = (struct platform){"linux", go_arch(uts.machine), NULL};
	if (text) {
		rc = parse_platform(text, &platform, &own);
		o.platform = &platform;
	}
	if (rc == 0)
		rc = split(&o, ref, &own);
	if (rc == 0)
		rc = load(&o, layout, &own);
	if (rc == 0)
		rc = make_target(&o, ret_target, &own);
	return rc < 0 ? sw_error_set(err, own.code, "%s", own.text) : 0;
}

const char *sw_target_image_config(const struct sw_target *t)
{
	return t->ops == &image_ops ? ((const struct image *)t->impl)->config : NULL;
}
