/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of containers/ share and nobody else includes (tests and fuzz targets excepted).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "containers/containers.h"
#include "stigwatch/cleanup.h"

#define SW_DOCKER_SOCKET "/var/run/docker.sock"
#define SW_PODMAN_SOCKET "/run/podman/podman.sock"

SW_DEFINE_CLEANUP(struct sw_container *, container, sw_container_free)
#define _cleanup_container_ _cleanup_(sw_cleanup_container)
SW_DEFINE_CLEANUP(struct sw_docker *, docker, sw_docker_free)
#define _cleanup_docker_ _cleanup_(sw_cleanup_docker)

struct sw_strlist {
	char **items;
	size_t n, cap;
};
int sw_strlist_add(struct sw_strlist *l, const char *s, size_t len);
void sw_strlist_release(struct sw_strlist *l);

/* ---- docker_parse.c: pure; daemon answers to containers ---- */

/* GET /containers/ID/json */
int sw_docker_parse_container(const char *json, size_t len, struct sw_container **ret_container,
			      struct sw_error *err);
/* GET /images/REF/json. ref becomes the name and image_ref. */
int sw_docker_parse_image(const char *json, size_t len, const char *ref,
			  struct sw_container **ret_image, struct sw_error *err);
/* GET /containers/json: the ids of those whose state is not "exited", "dead" or "removing". */
int sw_docker_parse_list(const char *json, size_t len, struct sw_strlist *ret_ids,
			 struct sw_error *err);
/* GET /version: the API version to speak, "1.41". */
int sw_docker_parse_version(const char *json, size_t len, char ret_version[static 16],
			    struct sw_error *err);
/* One line of GET /events. Returns 1 when fn was called, 0 when the event is of no interest. */
int sw_docker_parse_event(const char *json, size_t len, sw_docker_event_fn fn, void *ctx,
			  struct sw_error *err);
/* An OCI image config, or what docker inspect prints. ret_env: NAME=VALUE. */
int sw_image_config_parse(const char *json, size_t len, const char *what,
			  struct sw_strlist *ret_env, struct sw_error *err);
/* The "message" of a daemon's error answer, made printable; never NULL. free() it. */
char *sw_docker_parse_message(const char *json, size_t len);

/* ---- layers.c ---- */

/* A read-only view of directories laid over each other, top first. Returns a descriptor or negative
 * errno. */
int sw_layers_open(char *const *dirs, size_t n, struct sw_error *err);

/* ---- open.c ---- */

/* sw_container_open without the environment, which stays unknown. */
int sw_container_open_root(const struct sw_container *c, enum sw_view view,
			   struct sw_target **ret_target, struct sw_error *err);
/* Makes the environment known and adds NAME=VALUE each. -E2BIG: too many. */
int sw_target_add_env_list(struct sw_target *t, char *const *env, size_t n);

/* ---- env.c ---- */

/* Puts NAME=VALUE into list, in the place of an older value of the same name. -EINVAL when there is
 * no "=". */
int sw_env_put(struct sw_strlist *list, const char *assignment);
/* base, then the image configuration file (or NULL), then the given ones (or NULL): later ones win.
 */
int sw_env_merge(const struct sw_container *base, const struct sw_target_options *opts,
		 struct sw_strlist *ret_env, struct sw_error *err);

/* ---- process.c ---- */

/*
 * /proc/PID/root, pinned, after checking that the process belongs to container id (by cgroup path)
 * or has upper_dir as its root's upper layer; id NULL: no check. Returns a descriptor or negative
 * errno; -ESRCH when it is gone or another.
 */
int sw_process_root(int pid, const char *id, const char *upper_dir, struct sw_error *err);
