/* SPDX-License-Identifier: Apache-2.0 */
/* Which image of several is meant; pure. Nothing is guessed: two that fit are an error. */
#pragma once

#include "target/image/manifest.h"

struct platform {
	const char *os, *arch, *variant; /* variant NULL: any */
};

/* The one descriptor of an index. name: a tag or whole reference, NULL: the only one there is.
 * platform NULL: this machine's, where there is more than one. */
int choose_descriptor(const struct manifest *index, const char *name,
		      const struct platform *platform, const struct platform *machine,
		      const struct descriptor **ret, struct sw_error *err);
int choose_docker_image(const struct docker_images *images, const char *name,
			const struct docker_image **ret, struct sw_error *err);
