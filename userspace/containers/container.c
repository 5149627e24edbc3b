/* SPDX-License-Identifier: Apache-2.0 */
/* The container record and the selectors that pick containers; asks nobody anything. */
#include "containers/private.h"

#include <ctype.h>

#include "stigwatch/error.h"

static void strings_free(char **items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(items[i]);
	free(items);
}

void sw_container_free(struct sw_container *c)
{
	if (!c)
		return;
	free(c->id);
	free(c->name);
	free(c->image_ref);
	free(c->image_digest);
	free(c->manifest_digest);
	free(c->status);
	free(c->started_at);
	strings_free(c->env, c->n_env);
	strings_free(c->labels, c->n_labels);
	strings_free(c->addresses, c->n_addresses);
	free(c->upper_dir);
	free(c->merged_dir);
	strings_free(c->lower_dirs, c->n_lower_dirs);
	free(c);
}

int sw_strlist_add(struct sw_strlist *l, const char *s, size_t len)
{
	char *copy = strndup(s, len);

	if (!copy || SW_GROW(l->items, l->n, l->cap) < 0) {
		free(copy);
		return -ENOMEM;
	}
	l->items[l->n++] = copy;
	return 0;
}

void sw_strlist_release(struct sw_strlist *l)
{
	strings_free(l->items, l->n);
	*l = (struct sw_strlist){0};
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* At least 12 hex digits that the id starts with: what "docker ps" prints. */
static bool is_id_prefix(const char *prefix, const char *id)
{
	size_t len = strlen(prefix);

	return id && len >= 12 && strspn(prefix, "0123456789abcdef") == len &&
	       strncmp(id, prefix, len) == 0;
}

/* "nginx" means "nginx:latest"; a digest or a port is no tag. */
static bool same_reference(const char *a, const char *b)
{
	const char *slash, *shorter, *longer;

	if (!a || !b || strcmp(a, b) == 0)
		return a && b;
	shorter = strlen(a) < strlen(b) ? a : b;
	longer = shorter == a ? b : a;
	slash = strrchr(shorter, '/');
	return !strpbrk(slash ? slash : shorter, ":@") &&
	       strncmp(longer, shorter, strlen(shorter)) == 0 &&
	       strcmp(longer + strlen(shorter), ":latest") == 0;
}

static bool image_matches(const char *value, const struct sw_container *c)
{
	const char *at = c->manifest_digest ? strchr(c->manifest_digest, '@') : NULL;

	return same_reference(value, c->image_ref) || same(value, c->image_digest) ||
	       same(value, c->manifest_digest) || (at && same(value, at + 1)) ||
	       (c->image_digest && strncmp(c->image_digest, "sha256:", 7) == 0 &&
		is_id_prefix(value, c->image_digest + 7));
}

static bool label_matches(const char *value, const struct sw_container *c)
{
	size_t len = strlen(value);
	bool whole = strchr(value, '=') != NULL;

	for (size_t i = 0; i < c->n_labels; i++) {
		if (whole ? same(c->labels[i], value)
			  : strncmp(c->labels[i], value, len) == 0 && c->labels[i][len] == '=')
			return true;
	}
	return false;
}

/* The last component names the container: "ID", "docker-ID.scope", "libpod-ID.scope",
 * "cri-containerd-ID.scope". */
static bool cgroup_matches(const char *value, const struct sw_container *c)
{
	size_t end = strlen(value), start, id_len;
	const char *at;

	if (!c->id)
		return false;
	if (strncmp(c->id, "cgroup-", 7) == 0 && same(c->id + 7, value))
		return true;
	while (end > 0 && value[end - 1] == '/')
		end--;
	for (start = end; start > 0 && value[start - 1] != '/'; start--)
		;
	id_len = strlen(c->id);
	at = memmem(value + start, end - start, c->id, id_len);
	return at && id_len >= 12 && (at == value + start || !isalnum((unsigned char)at[-1])) &&
	       !isalnum((unsigned char)at[id_len]);
}

bool sw_selector_matches(const struct sw_selector *s, const struct sw_container *c)
{
	char pid[16];

	if (s->kind == SW_SELECT_ALL)
		return true;
	if (!s->value)
		return false;
	switch (s->kind) {
	case SW_SELECT_CONTAINER:
		return same(s->value, c->name) || same(s->value, c->id) ||
		       is_id_prefix(s->value, c->id);
	case SW_SELECT_IMAGE:
		return image_matches(s->value, c);
	case SW_SELECT_LABEL:
		return label_matches(s->value, c);
	case SW_SELECT_PID:
		snprintf(pid, sizeof(pid), "%d", c->pid);
		return c->pid > 0 && same(s->value, pid);
	case SW_SELECT_CGROUP:
		return cgroup_matches(s->value, c);
	default:
		return false;
	}
}
