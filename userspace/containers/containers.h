/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers: what runs here, told by Docker's (or podman's) socket, or found from a pid or a
 * cgroup.
 *
 * Answers from a daemon are input like any other: size and depth limited, every field checked. Late
 * metadata never changes an identity: that is the cgroup.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_error;
struct sw_target;
struct sw_docker;

struct sw_container {
	char *id;	       /* 64 hex, or "pid-N", "cgroup-..." */
	char *name;	       /* without the slash */
	char *image_ref;       /* as asked for: "nginx:1.25" */
	char *image_digest;    /* the image's config digest "sha256:..." (Docker's image Id) */
	char *manifest_digest; /* RepoDigests[0] or NULL */
	char *status;	       /* "created", "running", "exited", ... */
	int pid;	       /* host pid of its init, 0 when not running */
	char *started_at;      /* RFC 3339, or NULL */
	char **env;	       /* NAME=VALUE: Config.Env */
	size_t n_env;
	char **labels; /* KEY=VALUE */
	size_t n_labels;
	char **addresses; /* IPv4 and IPv6 */
	size_t n_addresses;
	char *upper_dir;   /* overlay2, or NULL */
	char *merged_dir;  /* where its overlay is mounted while it runs, or NULL */
	char **lower_dirs; /* top first; includes Docker's own -init layer */
	size_t n_lower_dirs;
};
void sw_container_free(struct sw_container *c);

/* path: NULL for the default socket. -ENOENT/-ECONNREFUSED/-EACCES with one clear line. */
int sw_docker_connect(const char *path, struct sw_docker **ret_docker, struct sw_error *err);
void sw_docker_free(struct sw_docker *d);
/* By name or id (prefix). -ENOENT when there is none. */
int sw_docker_inspect(struct sw_docker *d, const char *ref, struct sw_container **ret_container,
		      struct sw_error *err);
/* Every container, running or created. */
int sw_docker_list(struct sw_docker *d, struct sw_container ***ret_containers, size_t *ret_n,
		   struct sw_error *err);
/* An image as a container that was never made: env, digests, lower_dirs set; pid 0, name = ref. */
int sw_docker_inspect_image(struct sw_docker *d, const char *ref, struct sw_container **ret_image,
			    struct sw_error *err);

enum sw_docker_event_kind {
	SW_DOCKER_CREATE,
	SW_DOCKER_START,
	SW_DOCKER_DIE,
	SW_DOCKER_DESTROY,
	SW_DOCKER_EXEC, /* exec_start; text is the command */
	_SW_DOCKER_EVENT_MAX,
};
struct sw_docker_event {
	enum sw_docker_event_kind kind;
	const char *container_id;
	const char *name;
	const char *image;
	const char *text;
	uint64_t time_ns; /* since the epoch */
};
typedef void (*sw_docker_event_fn)(void *ctx, const struct sw_docker_event *event);
/* Opens the event stream; afterwards poll sw_docker_events_fd and call sw_docker_events_read (never
 * blocks). */
int sw_docker_events_open(struct sw_docker *d, struct sw_error *err);
int sw_docker_events_fd(const struct sw_docker *d);
/* 0, or -EPIPE when the daemon closed the stream (a hole in metadata, not in coverage). */
int sw_docker_events_read(struct sw_docker *d, sw_docker_event_fn fn, void *ctx,
			  struct sw_error *err);

/* ---- selectors: container:NAME, --image REF, --label K=V, --all ---- */

struct sw_selector {
	enum sw_selector_kind {
		SW_SELECT_CONTAINER, /* name, or id prefix of at least 12 */
		SW_SELECT_IMAGE,     /* reference as given at creation, or image digest */
		SW_SELECT_LABEL,     /* KEY=VALUE or KEY */
		SW_SELECT_PID,
		SW_SELECT_CGROUP, /* a cgroup directory */
		SW_SELECT_ALL,
		_SW_SELECT_MAX,
	} kind;
	char *value;
};
bool sw_selector_matches(const struct sw_selector *s, const struct sw_container *c);

/* ---- targets ---- */

enum sw_view {
	SW_VIEW_LIVE,  /* /proc/PID/root when it runs, else its layers with the upper one */
	SW_VIEW_IMAGE, /* the image's layers only: the container's untouched beginning */
};
/* Opens a container (or an inspected image) as a target, with env and identity filled in. Never
 * starts it. */
int sw_container_open(const struct sw_container *c, enum sw_view view,
		      struct sw_target **ret_target, struct sw_error *err);
/*
 * Parses and opens [SCHEME:]REF (design section 6). Archives need no privilege (stigwatch/image.h).
 * container and docker need the daemon; docker
 * may be NULL for the default socket. image_config: an OCI/Docker image config JSON whose Env is
 * taken, or NULL. env: NAME=VALUE, or NULL.
 */
struct sw_target_options {
	const char *docker_socket;
	const char *image_config;
	char *const *env; /* NULL-terminated */
	const char
		*platform; /* OS/ARCH[/VARIANT] of an archive with several; NULL: this machine's */
};
int sw_target_open_ref(const char *ref, const struct sw_target_options *opts,
		       struct sw_target **ret_target,
		       struct sw_container **ret_container /* NULL if not one */,
		       struct sw_error *err);
