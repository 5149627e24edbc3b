/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a container or an image as a target with its environment and identity; starts and changes
 * nothing. */
#include "containers/private.h"

#include "stigwatch/error.h"
#include "stigwatch/target.h"

SW_DEFINE_CLEANUP(struct sw_target *, target, sw_target_free)
#define _cleanup_target_ _cleanup_(sw_cleanup_target)

int sw_target_add_env_list(struct sw_target *t, char *const *env, size_t n)
{
	int rc = sw_target_set_env_known(t);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char *equals = strchr(env[i], '=');
		_cleanup_free_ char *name = NULL;

		if (!equals)
			continue;
		name = strndup(env[i], (size_t)(equals - env[i]));
		rc = name ? sw_target_add_env(t, name, equals + 1) : -ENOMEM;
	}
	return rc;
}

static int add_identity(struct sw_target *t, const struct sw_container *c)
{
	const struct {
		const char *key, *value;
	} facts[] = {
		{"image.ref", c->image_ref},
		{"image.digest", c->image_digest},
		{"image.manifest", c->manifest_digest},
		{"container.id", c->id},
		{"container.name", c->id ? c->name : NULL},
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < SW_ARRAY_LEN(facts); i++) {
		if (facts[i].value)
			rc = sw_target_add_identity(t, facts[i].key, facts[i].value);
	}
	for (size_t i = 0; rc == 0 && i < c->n_addresses; i++)
		rc = sw_target_add_identity(t, "address", c->addresses[i]);
	return rc;
}

/* A record made from a bare pid carries no daemon's id to compare with. */
static const char *checkable_id(const struct sw_container *c)
{
	return c->id && strlen(c->id) == 64 ? c->id : NULL;
}

static int open_stopped(const struct sw_container *c, enum sw_view view, struct sw_error *err)
{
	size_t n = c->n_lower_dirs, skip = view == SW_VIEW_LIVE && c->upper_dir ? 1 : 0;
	_cleanup_free_ char **dirs = NULL;

	if (n == 0)
		return sw_error_set(err, ENOTSUP,
				    "its storage driver has no layer directories to read%s",
				    c->pid > 0 ? "" : ", and it does not run");
	dirs = calloc(n + 1, sizeof(*dirs));
	if (!dirs)
		return sw_error_set(err, ENOMEM, "out of memory");
	if (skip)
		dirs[0] = c->upper_dir;
	memcpy(dirs + skip, c->lower_dirs, n * sizeof(*dirs));
	return sw_layers_open(dirs, n + skip, err);
}

int sw_container_open_root(const struct sw_container *c, enum sw_view view,
			   struct sw_target **ret_target, struct sw_error *err)
{
	enum sw_target_kind kind = !c->id	     ? SW_TARGET_IMAGE
				   : checkable_id(c) ? SW_TARGET_CONTAINER
						     : SW_TARGET_PID;
	const char *what = sw_target_kind_str(kind), *name = c->name ?: c->id ?: "unnamed";
	_cleanup_target_ struct sw_target *t = NULL;
	int fd, rc;

	fd = view == SW_VIEW_LIVE && c->pid > 0
		     ? sw_process_root(c->pid, checkable_id(c), c->upper_dir, err)
		     : open_stopped(c, view, err);
	rc = fd < 0 ? fd : sw_target_open_fd(fd, kind, &t, err);
	if (rc < 0) {
		if (kind != SW_TARGET_PID)
			sw_error_context(err, "%s %s", what, name);
		return rc;
	}
	rc = sw_target_set_name(t, name);
	if (rc == 0)
		rc = add_identity(t, c);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s %s: %s", what, name, strerror(-rc));
	*ret_target = TAKE(t);
	return 0;
}

int sw_container_open(const struct sw_container *c, enum sw_view view,
		      struct sw_target **ret_target, struct sw_error *err)
{
	_cleanup_target_ struct sw_target *t = NULL;
	int rc = sw_container_open_root(c, view, &t, err);

	if (rc < 0)
		return rc;
	/* a bare process has no configuration: its environment stays unknown */
	if (!c->id || checkable_id(c))
		rc = sw_target_add_env_list(t, c->env, c->n_env);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s: environment: %s", sw_target_name(t),
				    rc == -E2BIG ? "too many variables" : strerror(-rc));
	*ret_target = TAKE(t);
	return 0;
}
