/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON documents of images (OCI image specification 1.1, docker save), pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_error;

#define SHA256_TEXT 71 /* "sha256:" and 64 digits */

struct strings {
	char **items;
	size_t n, cap;
};

/* What a document says of another one or of a layer. */
struct descriptor {
	char *digest; /* checked: "sha256:" and 64 lower-case digits */
	char *media_type, *os, *arch, *variant;
	char *ref_name;	  /* org.opencontainers.image.ref.name */
	char *image_name; /* io.containerd.image.name */
	uint64_t size;
	bool extra; /* an attestation or another thing that belongs to an image and is none */
};

/* An index with its manifests, or a manifest with its layers. */
struct manifest {
	bool is_index;
	struct descriptor config; /* of a manifest */
	struct descriptor *items;
	size_t n, cap;
};
int manifest_parse(const char *json, size_t len, struct manifest *ret, struct sw_error *err);
void manifest_release(struct manifest *m);

/* One image of docker save's manifest.json. */
struct docker_image {
	char *config;
	struct strings tags, layers;
};
struct docker_images {
	struct docker_image *items;
	size_t n, cap;
};
int docker_images_parse(const char *json, size_t len, struct docker_images *ret,
			struct sw_error *err);
void docker_images_release(struct docker_images *d);

struct image_config {
	char *os, *arch, *variant;
	struct strings env;	 /* NAME=VALUE */
	struct strings diff_ids; /* of the unpacked layers, from below; checked digests */
};
int image_config_parse(const char *json, size_t len, struct image_config *ret,
		       struct sw_error *err);
void image_config_release(struct image_config *c);

bool digest_is_valid(const char *s);
