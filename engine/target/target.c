/* SPDX-License-Identifier: Apache-2.0 */
/* The target handle: its root, name, environment and identity. Resolves no paths (open.c) and walks
 * nothing (walk.c). */
#include <fcntl.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/target.h"
#include "target/internal.h"
#include "target/listing.h"

static const char *const kind_names[] = {
	[SW_TARGET_DIR] = "dir", [SW_TARGET_IMAGE] = "image", [SW_TARGET_CONTAINER] = "container",
	[SW_TARGET_PID] = "pid", [SW_TARGET_HOST] = "host",
};
_Static_assert(SW_ARRAY_LEN(kind_names) == _SW_TARGET_KIND_MAX, "a name for each kind");

SW_DEFINE_CLEANUP(struct sw_target *, target, sw_target_free)
#define _cleanup_target_ _cleanup_(sw_cleanup_target)

const char *sw_target_kind_str(enum sw_target_kind kind)
{
	return (unsigned)kind < _SW_TARGET_KIND_MAX ? kind_names[kind] : "unknown";
}

static void pairs_release(struct target_pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].key);
		free(p->items[i].value);
	}
	free(p->items);
}

static int pairs_add(struct target_pairs *p, const char *key, const char *value)
{
	_cleanup_free_ char *k = NULL, *v = NULL;

	if (!key || !value)
		return -EINVAL;
	k = strdup(key);
	v = strdup(value);
	if (!k || !v || SW_GROW(p->items, p->n, p->cap) < 0)
		return -ENOMEM;
	p->items[p->n++] = (struct target_pair){.key = TAKE(k), .value = TAKE(v)};
	return 0;
}

static bool pairs_at(const struct target_pairs *p, size_t i, const char **ret_key,
		     const char **ret_value)
{
	if (i >= p->n)
		return false;
	*ret_key = p->items[i].key;
	*ret_value = p->items[i].value;
	return true;
}

int sw_target_open_fd(int rootfd, enum sw_target_kind kind, struct sw_target **ret_target,
		      struct sw_error *err)
{
	_cleanup_fd_ int fd = rootfd;
	_cleanup_target_ struct sw_target *t = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return sw_error_set(err, EBADF, "target root is not an open descriptor");
	if (!S_ISDIR(st.st_mode))
		return sw_error_set(err, ENOTDIR, "target root is not a directory");
	t = calloc(1, sizeof(*t));
	if (!t)
		return sw_error_set(err, ENOMEM, "out of memory");
	t->rootfd = TAKE_FD(fd);
	t->kind = kind;
	*ret_target = TAKE(t);
	return 0;
}

int target_new(const struct target_ops *ops, void *impl, enum sw_target_kind kind,
	       struct sw_target **ret_target, struct sw_error *err)
{
	struct sw_target *t = calloc(1, sizeof(*t));

	if (!t) {
		ops->free(impl);
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	t->rootfd = -1;
	t->ops = ops;
	t->impl = impl;
	t->kind = kind;
	*ret_target = t;
	return 0;
}

int sw_target_open_dir(const char *path, enum sw_target_kind kind, struct sw_target **ret_target,
		       struct sw_error *err)
{
	_cleanup_target_ struct sw_target *t = NULL;
	int fd, rc;

	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	rc = sw_target_open_fd(fd, kind, &t, err);
	if (rc < 0)
		return sw_error_context(err, "%s", path);
	rc = sw_target_set_name(t, path);
	if (rc < 0)
		return sw_error_set(err, -rc, "out of memory");
	*ret_target = TAKE(t);
	return 0;
}

void sw_target_free(struct sw_target *t)
{
	if (!t)
		return;
	if (t->rootfd >= 0)
		close(t->rootfd);
	if (t->ops)
		t->ops->free(t->impl);
	memory_free(t->memory);
	free(t->name);
	pairs_release(&t->env);
	pairs_release(&t->identity);
	pairs_release(&t->ignored);
	free(t);
}

int sw_target_remember(struct sw_target *t)
{
	if (!t->memory && !t->ops) /* an image has an index already */
		t->memory = memory_new();
	return t->memory || t->ops ? 0 : -ENOMEM;
}

void sw_target_forget(struct sw_target *t)
{
	memory_free(TAKE(t->memory));
}

int sw_target_set_name(struct sw_target *t, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(t->name);
	t->name = copy;
	return 0;
}

const char *sw_target_name(const struct sw_target *t)
{
	return t->name ? t->name : sw_target_kind_str(t->kind);
}

enum sw_target_kind sw_target_kind(const struct sw_target *t)
{
	return t->kind;
}

int sw_target_set_env_known(struct sw_target *t)
{
	t->env_known = true;
	return 0;
}

int sw_target_add_env(struct sw_target *t, const char *name, const char *value)
{
	if (t->env.n >= SW_LIMIT_ENV)
		return -E2BIG;
	t->env_known = true;
	return pairs_add(&t->env, name, value);
}

void sw_target_clear_env(struct sw_target *t)
{
	pairs_release(&t->env);
	t->env = (struct target_pairs){0};
	t->env_known = false;
}

bool sw_target_env_known(const struct sw_target *t)
{
	return t->env_known;
}

bool sw_target_env_at(const struct sw_target *t, size_t i, const char **ret_name,
		      const char **ret_value)
{
	return pairs_at(&t->env, i, ret_name, ret_value);
}

int sw_target_add_identity(struct sw_target *t, const char *key, const char *value)
{
	return pairs_add(&t->identity, key, value);
}

int sw_target_ignore(struct sw_target *t, const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	size_t len = strlen(path);
	int rc;

	if (!copy)
		return -ENOMEM;
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	rc = pairs_add(&t->ignored, copy, "");
	return rc < 0 ? rc : sw_target_add_identity(t, "ignored.path", copy);
}

bool sw_target_ignores(const struct sw_target *t, const char *path)
{
	for (size_t i = 0; i < t->ignored.n; i++) {
		const char *prefix = t->ignored.items[i].key;
		size_t len = strlen(prefix);

		if (!strncmp(path, prefix, len) &&
		    (!path[len] || path[len] == '/' || prefix[len - 1] == '/'))
			return true;
	}
	return false;
}

bool sw_target_identity_at(const struct sw_target *t, size_t i, const char **ret_key,
			   const char **ret_value)
{
	return pairs_at(&t->identity, i, ret_key, ret_value);
}
