/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what a path means inside the baseline, as the kernel would inside that root; asks no file
 * system. */
#include "baseline/private.h"

#include "stigwatch/limits.h"

struct resolver {
	const struct sw_baseline *b;
	char done[SW_LIMIT_PATH];     /* resolved so far: "" is the root */
	char rest[2 * SW_LIMIT_PATH]; /* still to do */
	size_t done_len;
	int links;
	bool follow;
};

static const struct sw_baseline_entry *root_entry(const struct resolver *r)
{
	return sw_baseline_find(r->b, r->done_len ? r->done : "/");
}

static void up(struct resolver *r)
{
	while (r->done_len && r->done[--r->done_len] != '/')
		;
	r->done[r->done_len] = '\0';
}

/* Puts a link's target in front of what is left. */
static bool splice(struct resolver *r, const char *target, const char *left)
{
	char rest[sizeof(r->rest)];
	int n = snprintf(rest, sizeof(rest), "%s%s%s", target, *left ? "/" : "", left);

	if (++r->links > SW_LIMIT_SYMLINKS || n < 0 || (size_t)n >= sizeof(rest) || !*target)
		return false;
	memcpy(r->rest, rest, (size_t)n + 1);
	if (*target == '/') {
		r->done_len = 0;
		r->done[0] = '\0';
	}
	return true;
}

/* Resolves one component (len bytes at r->rest). Returns false when the path leads nowhere. */
static bool step(struct resolver *r, size_t len)
{
	const struct sw_baseline_entry *e;
	const char *left = r->rest + len;
	bool last, slash = *left == '/';

	left += strspn(left, "/");
	last = !*left;
	if (r->done_len + len + 2 > sizeof(r->done))
		return false;
	r->done[r->done_len++] = '/';
	memcpy(r->done + r->done_len, r->rest, len);
	r->done_len += len;
	r->done[r->done_len] = '\0';
	e = sw_baseline_find(r->b, r->done);
	if (!e)
		return false;
	if (e->type == 'l' && (!last || r->follow || slash)) {
		up(r);
		return splice(r, e->link, left);
	}
	if (e->type != 'd' && (!last || slash))
		return false;
	memmove(r->rest, left, strlen(left) + 1);
	return true;
}

const struct sw_baseline_entry *sw_baseline_resolve(const struct sw_baseline *b, const char *path,
						    bool follow)
{
	struct resolver r; /* most of it is never touched: clearing it cost more than the rest */

	if (strlen(path) >= SW_LIMIT_PATH)
		return NULL;
	r.b = b;
	r.follow = follow;
	r.links = 0;
	r.done_len = 0;
	r.done[0] = '\0';
	strcpy(r.rest, path);
	for (;;) {
		size_t skip = strspn(r.rest, "/"), len;

		memmove(r.rest, r.rest + skip, strlen(r.rest + skip) + 1);
		len = strcspn(r.rest, "/");
		if (len == 0)
			return root_entry(&r);
		if ((len == 1 && r.rest[0] == '.') || (len == 2 && memcmp(r.rest, "..", 2) == 0)) {
			if (len == 2)
				up(&r);
			memmove(r.rest, r.rest + len, strlen(r.rest + len) + 1);
		} else if (!step(&r, len)) {
			return NULL;
		}
	}
}
