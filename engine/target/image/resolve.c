/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a path through an image's tree; opens nothing and never leaves the root. */
#include "target/image/index.h"

#include <limits.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

/* What is still to go, after links were put in place of their names. */
struct way {
	const char *rest;
	char bufs[2][2 * SW_LIMIT_PATH];
	int which; /* the buffer rest lies in; -1: the caller's path */
	int links;
	unsigned steps;
};

static int follow(const struct index *x, struct way *w, uint32_t link)
{
	const char *text = index_text(x, index_object_of(x, link)->link);
	int other = w->which == 0;
	int n;

	if (++w->links > SW_LIMIT_SYMLINKS)
		return -ELOOP;
	if (!*text)
		return -ENOENT;
	n = snprintf(w->bufs[other], sizeof(w->bufs[other]), "%s%s%s", text, *w->rest ? "/" : "",
		     w->rest);
	if (n < 0 || (size_t)n >= sizeof(w->bufs[other]))
		return -ENAMETOOLONG;
	w->rest = w->bufs[other];
	w->which = other;
	return *text == '/';
}

/* Links to long paths through more links cost what no real image's do. */
static int step(struct index *x, struct way *w)
{
	if (++w->steps > SW_LIMIT_IMAGE_PATH_STEPS)
		return -ELOOP;
	return __atomic_add_fetch(&x->steps, 1, __ATOMIC_RELAXED) > SW_LIMIT_IMAGE_STEPS ? -EMLINK
											 : 0;
}

/* The next name of the way: its length, 0 at the end. */
static size_t next_name(struct way *w, const char **ret_name)
{
	size_t len;

	while (*w->rest == '/')
		w->rest++;
	len = strcspn(w->rest, "/");
	*ret_name = w->rest;
	w->rest += len;
	return len;
}

static uint32_t enter(struct index *x, uint32_t dir, const char *name, size_t len, bool create,
		      int *ret_rc)
{
	uint32_t n = index_lookup(x, dir, name, len);
	struct sw_error err = {0};

	*ret_rc = -ENOENT;
	if (n && index_node(x, n)->object)
		return n;
	if (!create)
		return 0;
	if (n) { /* nothing but a whiteout: the directory takes its place and hides the same */
		struct object o = {.mode = S_IFDIR | 0755};

		index_node(x, n)->object = index_add_object(x, &o, &err);
		index_node(x, n)->flags |= NODE_IMPLIED;
		n = index_node(x, n)->object ? n : 0;
	} else {
		n = index_add_implied(x, dir, name, len, &err);
	}
	*ret_rc = -err.code;
	return n;
}

int index_resolve(struct index *x, uint32_t root, const char *path, unsigned flags,
		  uint32_t *ret_node)
{
	struct way w = {.rest = path, .which = -1};
	uint32_t at = root;
	const char *name;
	size_t len;

	if (strlen(path) >= SW_LIMIT_PATH)
		return -ENAMETOOLONG;
	while ((len = next_name(&w, &name))) {
		bool last = !*w.rest;
		uint32_t n;
		int rc = index_is_dir(x, at) ? step(x, &w) : -ENOTDIR;

		if (rc < 0)
			return rc;
		if (len == 1 && name[0] == '.')
			continue;
		if (len == 2 && name[0] == '.' && name[1] == '.') {
			at = at == root ? root : index_node(x, at)->parent;
			continue;
		}
		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		n = enter(x, at, name, len, flags & RESOLVE_CREATE, &rc);
		if (!n)
			return rc;
		if (!index_is_link(x, n) || (last && (flags & RESOLVE_NOFOLLOW))) {
			at = n;
			continue;
		}
		rc = follow(x, &w, n);
		if (rc < 0)
			return rc;
		if (rc > 0)
			at = root;
	}
	if (*path && w.rest[-1] == '/' && !index_is_dir(x, at))
		return -ENOTDIR;
	*ret_node = at;
	return 0;
}
