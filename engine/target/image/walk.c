/* SPDX-License-Identifier: Apache-2.0 */
/* Walks an image's tree with the order, limits and rules of a live one (target/walk.c). */
#include "stigwatch/limits.h"
#include "target/image/image.h"

struct frame {
	uint32_t dir, next;
	size_t path_len;
};

struct image_walk {
	struct sw_target *t;
	struct index *x;
	const struct sw_walk_options *opts;
	struct walk_callback *cb;
	struct sw_error *err;
	struct frame *frames;
	size_t n, cap;
	size_t entries;
	char path[SW_LIMIT_PATH];
};

static bool loops(const struct image_walk *w, uint32_t dir)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->frames[i].dir == dir)
			return true;
	return false;
}

static int push(struct image_walk *w, uint32_t dir)
{
	struct frame f = {.dir = dir, .path_len = strlen(w->path)};

	if (loops(w, dir))
		return 0;
	if (w->n >= SW_LIMIT_WALK_DEPTH)
		return sw_error_set(w->err, ELOOP,
				    "%.200s...: more than %d directories below each other", w->path,
				    SW_LIMIT_WALK_DEPTH);
	if (SW_GROW(w->frames, w->n, w->cap) < 0)
		return -ENOMEM;
	f.next = index_node(w->x, dir)->child;
	w->frames[w->n++] = f;
	return 0;
}

/* Reports the entry; the directory to enter, if any, goes to ret_dir. */
static int visit(struct image_walk *w, uint32_t node, uint32_t *ret_dir)
{
	const struct object *o = index_object_of(w->x, node);
	struct sw_walk_entry e = {.path = w->path,
				  .dirfd = -1,
				  .name = index_text(w->x, index_node(w->x, node)->name),
				  .depth = (unsigned)w->n,
				  .target = w->t};
	struct stat st;
	uint32_t dir = S_ISDIR(o->mode) ? node : 0, to;
	int rc;

	image_fill_stat(w->t->impl, node, &st);
	e.st = &st;
	if (S_ISLNK(o->mode)) {
		e.link_target = index_text(w->x, o->link);
		if (w->opts->follow && index_resolve(w->x, w->x->root, w->path, 0, &to) == 0) {
			e.target_mode = index_object_of(w->x, to)->mode;
			e.loop = S_ISDIR(e.target_mode) && loops(w, to);
			dir = S_ISDIR(e.target_mode) && !e.loop ? to : 0;
		}
	}
	rc = w->cb->fn(w->cb->ctx, &e);
	if (rc < 0)
		return w->cb->rc = rc;
	if (rc == SW_WALK_PRUNE ||
	    (w->opts->max_depth >= 0 && e.depth >= (unsigned)w->opts->max_depth))
		dir = 0;
	*ret_dir = dir;
	return 0;
}

static int step(struct image_walk *w)
{
	struct frame *f = &w->frames[w->n - 1];
	uint32_t node = f->next, dir;
	const char *name = index_text(w->x, index_node(w->x, node)->name);
	bool slash = f->path_len > 0 && w->path[f->path_len - 1] != '/';
	int rc;

	f->next = index_node(w->x, node)->next;
	if (++w->entries > SW_LIMIT_WALK_ENTRIES)
		return sw_error_set(w->err, E2BIG, "more than %u entries", SW_LIMIT_WALK_ENTRIES);
	if (f->path_len + slash + strlen(name) + 1 > sizeof(w->path))
		return sw_error_set(w->err, ENAMETOOLONG, "%.200s...: path longer than %d bytes",
				    w->path, SW_LIMIT_PATH);
	snprintf(w->path + f->path_len, sizeof(w->path) - f->path_len, "%s%s", slash ? "/" : "",
		 name);
	rc = visit(w, node, &dir);
	return rc < 0 || !dir ? rc : push(w, dir);
}

int image_walk(struct sw_target *t, const char *path, const struct sw_walk_options *opts,
	       struct walk_callback *cb, struct sw_error *err)
{
	struct image *img = t->impl;
	struct image_walk w = {.t = t, .x = img->index, .opts = opts, .cb = cb, .err = err};
	uint32_t start;
	int rc;

	strcpy(w.path, path);
	rc = index_resolve(w.x, w.x->root, path, 0, &start);
	if (rc == 0 && !index_is_dir(w.x, start))
		rc = -ENOTDIR;
	if (rc == 0)
		rc = push(&w, start);
	while (rc == 0 && w.n) {
		struct frame *f = &w.frames[w.n - 1];

		w.path[f->path_len] = '\0';
		if (f->next)
			rc = step(&w);
		else
			w.n--;
	}
	free(w.frames);
	if (rc < 0 && !err->code)
		sw_error_set(err, -rc, "%s: %s", w.path, cb->rc ? "walk stopped" : strerror(-rc));
	return rc;
}
