/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images in archives and directories as targets: read in place, by any user, and believed in
 * nothing.
 *
 * Every digest that a manifest or configuration states is checked before a target is handed out.
 * The environment is the configuration's; the identity is image.ref (as named inside), image.digest
 * (of the configuration), image.manifest (of an OCI manifest) and image.platform.
 */
#pragma once

struct sw_error;
struct sw_target;

enum sw_image_layout {
	SW_IMAGE_DOCKER_ARCHIVE, /* docker save: PATH[:REPO:TAG] */
	SW_IMAGE_OCI_ARCHIVE,	 /* the same layout in a tar: PATH[:TAG|@DIGEST] */
	SW_IMAGE_OCI_DIR,	 /* a directory: PATH[:TAG|@DIGEST] */
	_SW_IMAGE_LAYOUT_MAX,
};

struct sw_image_options {
	/* OS/ARCH[/VARIANT] to choose where there are several; NULL: this machine's */
	const char *platform;
};

/* opts may be NULL. -ENOENT: no such image; -ENOTUNIQ: several, one must be named; -EBADMSG:
 * damaged or hostile; -E2BIG, -EFBIG: past a limit. */
int sw_target_open_image(enum sw_image_layout layout, const char *ref,
			 const struct sw_image_options *opts, struct sw_target **ret_target,
			 struct sw_error *err);
/* The image's configuration as it is, JSON; NULL when the target has none. */
const char *sw_target_image_config(const struct sw_target *t);
