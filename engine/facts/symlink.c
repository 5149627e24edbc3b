/* SPDX-License-Identifier: Apache-2.0 */
/* unix-def:symlink: where a link leads in the end, inside the root. */
#include <sys/stat.h>

#include "facts/read.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

/* A path while it is resolved: done is final, todo comes behind it. */
struct resolve {
	struct sw_target *t;
	char done[SW_LIMIT_PATH], todo[SW_LIMIT_PATH];
	unsigned links;
};

static void drop_component(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Puts a link's target in front of what is still to do. */
static int follow(struct resolve *r)
{
	char link[SW_LIMIT_PATH], next[SW_LIMIT_PATH];
	ssize_t n = sw_target_readlink(r->t, r->done, link, sizeof(link) - 1);

	if (n < 0)
		return (int)n;
	if (++r->links > SW_LIMIT_SYMLINKS)
		return -ELOOP;
	link[n] = '\0';
	if ((size_t)n + strlen(r->todo) + 2 > sizeof(next))
		return -ENAMETOOLONG;
	strcpy(next, link);
	strcat(next, "/");
	strcat(next, r->todo);
	strcpy(r->todo, next);
	if (*link == '/')
		*r->done = '\0';
	else
		drop_component(r->done);
	return 0;
}

static int step(struct resolve *r)
{
	char *name = r->todo + strspn(r->todo, "/");
	size_t n = strcspn(name, "/"), len = strlen(r->done);
	struct stat st;
	int rc;

	if (n == 2 && !strncmp(name, "..", 2)) {
		drop_component(r->done);
	} else if (n && !(n == 1 && *name == '.')) {
		if (len + n + 2 > sizeof(r->done))
			return -ENAMETOOLONG;
		r->done[len] = '/';
		memcpy(r->done + len + 1, name, n);
		r->done[len + 1 + n] = '\0';
	}
	memmove(r->todo, name + n, strlen(name + n) + 1);
	if (!*r->done)
		return 0;
	rc = sw_target_stat(r->t, r->done, false, &st);
	if (rc < 0)
		return rc;
	return S_ISLNK(st.st_mode) ? follow(r) : 0;
}

int sw_canonical_path(struct sw_target *t, const char *path, char ret[static SW_LIMIT_PATH])
{
	struct resolve r = {.t = t};

	if (strlen(path) >= sizeof(r.todo))
		return -ENAMETOOLONG;
	strcpy(r.todo, path);
	while (*r.todo) {
		int rc = step(&r);

		if (rc < 0)
			return rc;
	}
	strcpy(ret, *r.done ? r.done : "/");
	return 0;
}

static int look_at(struct sw_gather *g, const char *path)
{
	char end[SW_LIMIT_PATH];
	const struct sw_oval_pair pairs[] = {{"filepath", path}, {"canonical_path", end}};
	const struct sw_oval_pairs list = {path, pairs, SW_ARRAY_LEN(pairs)};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);
	struct stat st;
	int rc = sw_target_stat(g->target, path, false, &st);

	if (rc == -ENOENT || rc == -ENOTDIR) {
		sw_gather_absent(g, path);
		return 0;
	}
	g->examined = true;
	if (rc == 0 && !S_ISLNK(st.st_mode))
		return 0;
	if (rc == 0)
		rc = sw_canonical_path(g->target, path, end);
	if (rc < 0) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "%s: %s", path,
				  rc == -ELOOP ? "the link leads back to itself" : strerror(-rc));
		return 0;
	}
	return g->emit(g->ctx, &item);
}

static int gather_symlink(struct sw_gather *g)
{
	const struct sw_query_entity *e = sw_query_entity(g->query, "filepath");

	if (!e || e->operation != SW_OVAL_EQUALS) { /* the schema allows no other operation */
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without a filepath that is given");
		return 0;
	}
	for (size_t i = 0; i < e->n_values; i++) {
		int rc = look_at(g, e->values[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

const struct sw_gatherer sw_gatherer_symlink = {
	.family = "unix",
	.type = "symlink",
	.gather = gather_symlink,
};
