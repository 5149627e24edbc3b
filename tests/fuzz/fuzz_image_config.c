/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the JSON documents of images: indexes, manifests, docker save's list, configurations. */
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "target/image/choose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_manifest(const char *json, size_t len)
{
	const struct platform machine = {"linux", "amd64", NULL};
	const struct descriptor *d = NULL;
	struct sw_error err = {0};
	struct manifest m;

	if (manifest_parse(json, len, &m, &err) < 0) {
		if (!err.code)
			__builtin_trap();
		return;
	}
	for (size_t i = 0; i < m.n; i++)
		if (!digest_is_valid(m.items[i].digest))
			__builtin_trap();
	if (!m.is_index && (!digest_is_valid(m.config.digest) || m.n > SW_LIMIT_LAYERS))
		__builtin_trap();
	if (m.is_index && choose_descriptor(&m, NULL, NULL, &machine, &d, &err) == 0 &&
	    (!d || d->extra))
		__builtin_trap();
	(void)choose_descriptor(&m, "one", &machine, &machine, &d, &err);
	manifest_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *json = (const char *)data;
	const struct docker_image *chosen = NULL;
	struct docker_images images;
	struct image_config config;
	struct sw_error err = {0};

	try_manifest(json, size);
	if (docker_images_parse(json, size, &images, &err) == 0) {
		if (choose_docker_image(&images, NULL, &chosen, &err) == 0 && !chosen->config)
			__builtin_trap();
		docker_images_release(&images);
	}
	if (image_config_parse(json, size, &config, &err) == 0) {
		for (size_t i = 0; i < config.diff_ids.n; i++)
			if (!digest_is_valid(config.diff_ids.items[i]))
				__builtin_trap();
		image_config_release(&config);
	}
	return 0;
}
