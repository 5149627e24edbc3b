/* SPDX-License-Identifier: Apache-2.0 */
/* Puts together a target's configured environment; never looks at our own. */
#include "containers/private.h"

#include <fcntl.h>

#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/strbuf.h"

#define _cleanup_strlist_ _cleanup_(sw_strlist_release)

int sw_env_put(struct sw_strlist *list, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	size_t name;
	char *copy;

	if (!equals || equals == assignment)
		return -EINVAL;
	name = (size_t)(equals - assignment) + 1;
	for (size_t i = 0; i < list->n; i++) {
		if (strncmp(list->items[i], assignment, name) != 0)
			continue;
		copy = strdup(assignment);
		if (!copy)
			return -ENOMEM;
		free(list->items[i]);
		list->items[i] = copy;
		return 0;
	}
	if (list->n == SW_LIMIT_ENV)
		return -E2BIG;
	return sw_strlist_add(list, assignment, strlen(assignment));
}

static int read_file(const char *path, struct sw_strbuf *sb, struct sw_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char block[65536];
	ssize_t n;

	if (fd < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	while ((n = read(fd, block, sizeof(block))) > 0) {
		sw_strbuf_add(sb, block, (size_t)n);
		if (sb->len > SW_LIMIT_JSON_BYTES)
			return sw_error_set(err, EFBIG, "%s: larger than %u bytes", path,
					    SW_LIMIT_JSON_BYTES);
	}
	if (n < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	return sw_strbuf_str(sb) ? 0 : sw_error_set(err, ENOMEM, "%s: out of memory", path);
}

static int put_all(struct sw_strlist *list, char *const *items, size_t n, const char *what,
		   struct sw_error *err)
{
	for (size_t i = 0; i < n; i++) {
		int rc = sw_env_put(list, items[i]);

		if (rc == -EINVAL)
			return sw_error_set(err, EINVAL, "%s: \"%.100s\" is not NAME=VALUE", what,
					    items[i]);
		if (rc < 0)
			return sw_error_set(err, -rc, "%s: %s", what,
					    rc == -E2BIG ? "too many variables" : strerror(-rc));
	}
	return 0;
}

static int put_config(struct sw_strlist *list, const char *path, struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf text = {0};
	_cleanup_strlist_ struct sw_strlist env = {0};
	int rc = read_file(path, &text, err);

	if (rc == 0)
		rc = sw_image_config_parse(sw_strbuf_str(&text), text.len, path, &env, err);
	if (rc == 0)
		rc = put_all(list, env.items, env.n, path, err);
	return rc;
}

int sw_env_merge(const struct sw_container *base, const struct sw_target_options *opts,
		 struct sw_strlist *ret_env, struct sw_error *err)
{
	_cleanup_strlist_ struct sw_strlist list = {0};
	size_t n = 0;
	int rc = 0;

	if (base)
		rc = put_all(&list, base->env, base->n_env, base->name ?: "image", err);
	if (rc == 0 && opts && opts->image_config)
		rc = put_config(&list, opts->image_config, err);
	while (opts && opts->env && opts->env[n])
		n++;
	if (rc == 0 && n)
		rc = put_all(&list, opts->env, n, "environment", err);
	if (rc < 0)
		return rc;
	*ret_env = list;
	list = (struct sw_strlist){0};
	return 0;
}
