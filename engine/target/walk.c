/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a tree inside a target's root in lexical order, by directory descriptors and lstat. Never
 * opens anything but directories; what is found is judged by the caller.
 */
#include <fcntl.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/target.h"
#include "target/internal.h"
#include "target/listing.h"

#define WALK_OPEN_FRAMES                                                                           \
	64 /* deeper frames' descriptors are closed and reopened, so a deep tree needs few */

struct frame {
	int fd; /* -1: not open, see frame_open */
	struct listing *list;
	bool own; /* list is not the target's memory's */
	size_t next;
	size_t path_len; /* of this directory in walk.path */
};

struct walk {
	struct sw_target *t;
	const struct sw_walk_options *opts;
	sw_walk_fn fn;
	void *ctx;
	struct sw_error *err;
	struct frame *frames;
	size_t n_frames, cap_frames;
	size_t entries;
	dev_t root_dev;
	int fn_rc; /* what the callback stopped the walk with */
	char link[SW_LIMIT_PATH];
	char path[SW_LIMIT_PATH];
};

static void frame_release(struct frame *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->own)
		listing_free(f->list);
}

static void walk_release(struct walk *w)
{
	while (w->n_frames)
		frame_release(&w->frames[--w->n_frames]);
	free(w->frames);
}

/* What happens to live trees: an entry or directory goes away between being listed and being looked
 * at. */
static bool vanished(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR || rc == -ESRCH || rc == -ELOOP;
}

static bool loops(const struct walk *w, const struct place *place)
{
	for (size_t i = 0; i < w->n_frames; i++) {
		const struct place *p = &w->frames[i].list->place;

		if (p->dev == place->dev && p->ino == place->ino)
			return true;
	}
	return false;
}

/* Opens the directory that the path names, and makes sure that it is still the one that was listed.
 */
static int frame_open(struct walk *w, struct frame *f)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (f->fd >= 0)
		return 0;
	fd = sw_target_open(w->t, w->path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != f->list->place.dev || st.st_ino != f->list->place.ino)
		return -ESTALE;
	f->fd = TAKE_FD(fd);
	return 0;
}

/* Whether a directory on another device than the one above it may be entered. */
static int may_enter(struct walk *w, int fd, const struct place *place)
{
	_cleanup_fd_ int own = -1;

	if (w->n_frames && w->opts->one_fs && place->dev != w->root_dev)
		return 0;
	if (!w->opts->local ||
	    (w->n_frames && place->dev == w->frames[w->n_frames - 1].list->place.dev))
		return 1;
	if (fd < 0) {
		own = sw_target_open(w->t, w->path, O_RDONLY | O_DIRECTORY);
		if (own < 0)
			return own;
	}
	return !sw_target_is_remote(fd < 0 ? own : fd);
}

/* The directory's listing: the memory's, or one that is read now. */
static int frame_list(struct walk *w, struct frame *f, const struct place *place)
{
	int rc;

	f->list = memory_find(w->t->memory, place);
	if (f->list)
		return 0;
	rc = listing_read(f->fd, place, SW_LIMIT_WALK_ENTRIES, &f->list);
	if (rc == -E2BIG)
		return sw_error_set(w->err, E2BIG, "%s: too many entries", w->path);
	if (rc < 0)
		return rc;
	f->own = !memory_keep(w->t->memory, f->list);
	return 0;
}

/* Pushes a directory. Takes dirfd, also on failure; -1 when its listing is remembered. Returns 1
 * when it was pushed, 0 when it is left out. */
static int push(struct walk *w, int dirfd, const struct place *place)
{
	_cleanup_fd_ int fd = dirfd;
	struct frame f = {.fd = -1, .path_len = strlen(w->path)};
	int rc;

	if (loops(w, place))
		return 0;
	rc = may_enter(w, fd, place);
	if (rc <= 0)
		return rc;
	if (w->n_frames >= SW_LIMIT_WALK_DEPTH)
		return sw_error_set(w->err, ELOOP,
				    "%.200s...: more than %d directories below each other", w->path,
				    SW_LIMIT_WALK_DEPTH);
	if (SW_GROW(w->frames, w->n_frames, w->cap_frames) < 0)
		return -ENOMEM;
	if (!w->n_frames)
		w->root_dev = place->dev;
	f.fd = TAKE_FD(fd);
	rc = frame_list(w, &f, place);
	if (rc < 0) {
		frame_release(&f);
		return rc;
	}
	w->frames[w->n_frames++] = f;
	if (w->n_frames > WALK_OPEN_FRAMES) {
		struct frame *old = &w->frames[w->n_frames - 1 - WALK_OPEN_FRAMES];

		if (old->fd >= 0)
			close(old->fd);
		old->fd = -1;
	}
	return 1;
}

static int push_open(struct walk *w, int dirfd)
{
	_cleanup_fd_ int fd = dirfd;
	struct place place;
	struct stat st;
	int rc = place_stat(fd, "", &st, &place.mount);

	if (rc < 0)
		return rc;
	place = place_of(&st, place.mount);
	return push(w, TAKE_FD(fd), &place);
}

/* Enters the directory that an entry is or, for a link, leads to inside the root. */
static int enter(struct walk *w, const struct frame *f, const char *name, const struct listed *e)
{
	bool link = S_ISLNK(e->st.st_mode);
	struct place place = link ? e->to : place_of(&e->st, e->mount);
	int fd;

	if (memory_find(w->t->memory, &place))
		return push(w, -1, &place);
	if (link || f->fd < 0) {
		fd = sw_target_open(w->t, w->path,
				    O_RDONLY | O_DIRECTORY | (link ? 0 : O_NOFOLLOW));
		return fd < 0 ? fd : push_open(w, fd);
	}
	fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : push_open(w, fd);
}

/* Asks the kernel about an entry, unless it has been asked. path is the directory's. */
static int look(struct walk *w, struct frame *f, const char *name, struct listed *e)
{
	int rc;

	if (e->gone)
		return -ENOENT;
	if (e->known)
		return 0;
	rc = frame_open(w, f);
	if (rc < 0)
		return rc;
	rc = place_stat(f->fd, name, &e->st, &e->mount);
	e->known = rc == 0;
	e->gone = rc == -ENOENT;
	return rc;
}

/* The same about what a link leads to. path is the link's. */
static void follow(struct walk *w, struct listed *e)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	uint64_t mount;

	if (e->followed)
		return;
	e->followed = true;
	fd = sw_target_open(w->t, w->path, O_PATH);
	if (fd < 0 || place_stat(fd, "", &st, &mount) < 0)
		return;
	e->to = place_of(&st, mount);
	e->to_mode = st.st_mode;
}

static int read_link(struct walk *w, struct frame *f, const char *name)
{
	ssize_t n = frame_open(w, f);

	if (n == 0)
		n = readlinkat(f->fd, name, w->link, sizeof(w->link) - 1);
	if (n < 0)
		return f->fd < 0 ? (int)n : -errno;
	w->link[n] = '\0';
	return 0;
}

/* Reports one entry; 1: it is a directory to enter. */
static int report(struct walk *w, const struct frame *f, const char *name, const struct listed *e)
{
	bool link = S_ISLNK(e->st.st_mode), dir = S_ISDIR(e->st.st_mode);
	struct sw_walk_entry entry = {
		.path = w->path,
		.st = &e->st,
		.link_target = link && w->opts->links ? w->link : NULL,
		.dirfd = f->fd,
		.name = name,
		.depth = (unsigned)w->n_frames,
		.target = w->t,
	};
	int rc;

	if (link && w->opts->follow) {
		entry.target_mode = e->to_mode;
		dir = S_ISDIR(e->to_mode);
		entry.loop = dir && loops(w, &e->to);
	}
	rc = w->fn(w->ctx, &entry);
	if (rc < 0)
		return w->fn_rc = rc;
	return dir && !entry.loop && rc != SW_WALK_PRUNE &&
	       (w->opts->max_depth < 0 || entry.depth < (unsigned)w->opts->max_depth);
}

/* Handles the next entry of the top frame. path is the directory's. */
static int step(struct walk *w)
{
	struct frame *f = &w->frames[w->n_frames - 1];
	size_t i = f->next++, n = f->path_len;
	const char *name = f->list->names[i];
	size_t len = strlen(name);
	struct listed own = {0}, *e = f->list->kept ? &f->list->kept[i] : &own;
	int rc;

	if (++w->entries > SW_LIMIT_WALK_ENTRIES)
		return sw_error_set(w->err, E2BIG, "more than %u entries", SW_LIMIT_WALK_ENTRIES);
	if (n + len + 2 > sizeof(w->path))
		return sw_error_set(w->err, ENAMETOOLONG, "%.200s...: path longer than %d bytes",
				    w->path, SW_LIMIT_PATH);
	rc = look(w, f, name, e);
	if (rc == 0 && S_ISLNK(e->st.st_mode) && w->opts->links)
		rc = read_link(w, f, name);
	if (rc < 0)
		return rc;
	if (n > 0 && w->path[n - 1] != '/')
		w->path[n++] = '/';
	memcpy(w->path + n, name, len + 1);
	if (S_ISLNK(e->st.st_mode) && w->opts->follow)
		follow(w, e);
	rc = report(w, f, name, e);
	return rc <= 0 ? rc : enter(w, f, name, e);
}

static int run(struct walk *w)
{
	while (w->n_frames) {
		struct frame *f = &w->frames[w->n_frames - 1];
		int rc;

		w->path[f->path_len] = '\0';
		if (f->next == f->list->n) {
			frame_release(f);
			w->n_frames--;
			continue;
		}
		rc = step(w);
		if (rc < 0 && (!vanished(rc) || w->fn_rc || w->err->code))
			return rc;
	}
	return 0;
}

static int walk_dir(struct sw_target *t, const char *path, const struct sw_walk_options *opts,
		    struct walk_callback *cb, struct sw_error *err)
{
	__attribute__((cleanup(walk_release))) struct walk w = {
		.t = t, .opts = opts, .fn = cb->fn, .ctx = cb->ctx, .err = err};
	int fd, rc;

	strcpy(w.path, path);
	fd = sw_target_open(t, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	rc = push_open(&w, fd);
	if (rc > 0)
		rc = run(&w);
	cb->rc = w.fn_rc;
	if (rc < 0 && !err->code)
		sw_error_set(err, -rc, "%s: %s", w.path, w.fn_rc ? "walk stopped" : strerror(-rc));
	return rc < 0 ? rc : 0;
}

int sw_target_walk_path(struct sw_target *t, const char *path, const struct sw_walk_options *opts,
			sw_walk_fn fn, void *ctx, struct sw_error *err)
{
	struct walk_callback cb = {.fn = fn, .ctx = ctx};
	struct sw_error own = {0};
	int rc;

	if (strlen(path) >= SW_LIMIT_PATH)
		return sw_error_set(err, ENAMETOOLONG, "path longer than %d bytes", SW_LIMIT_PATH);
	rc = (t->ops ? t->ops->walk : walk_dir)(t, path, opts, &cb, &own);
	if (rc >= 0)
		return 0;
	if (cb.rc && err && err->code) /* the callback says why itself */
		return rc;
	return own.code ? sw_error_set(err, own.code, "%s", own.text)
			: sw_error_set(err, -rc, "%s: %s", path, strerror(-rc));
}

int sw_target_walk(struct sw_target *t, bool one_fs, sw_walk_fn fn, void *ctx, struct sw_error *err)
{
	const struct sw_walk_options opts = {.one_fs = one_fs, .links = true, .max_depth = -1};

	return sw_target_walk_path(t, "/", &opts, fn, ctx, err);
}
