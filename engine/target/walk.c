/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a tree inside a target's root in lexical order, by directory descriptors and lstat. Never
 * opens anything but directories; what is found is judged by the caller.
 */
#include <dirent.h>
#include <fcntl.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/strbuf.h"
#include "stigwatch/target.h"
#include "target/internal.h"

#define WALK_OPEN_FRAMES                                                                           \
	64 /* deeper frames' descriptors are closed and reopened, so a deep tree needs few */

struct frame {
	int fd; /* -1: given back, see frame_reopen */
	dev_t dev;
	ino_t ino;
	char *names; /* NUL-separated */
	const char **sorted;
	size_t n, next;
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
	char path[SW_LIMIT_PATH];
};

static void frame_release(struct frame *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->names);
	free(f->sorted);
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

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* All names of one directory, sorted. Memory is that of one path's directories, not of the tree. */
static int frame_list(struct frame *f, size_t max)
{
	__attribute__((cleanup(close_dir))) DIR *d = NULL;
	_cleanup_strbuf_ struct sw_strbuf names = {0};
	_cleanup_fd_ int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *de;
	const char *p;

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	TAKE_FD(fd);
	for (errno = 0; (de = readdir(d)); errno = 0) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (++f->n > max)
			return -E2BIG;
		sw_strbuf_add(&names, de->d_name, strlen(de->d_name) + 1);
	}
	if (errno)
		return -errno;
	f->sorted = calloc(f->n + 1, sizeof(*f->sorted));
	if (f->n)
		f->names = sw_strbuf_steal(&names);
	if (!f->sorted || (f->n && !f->names))
		return -ENOMEM;
	p = f->names;
	for (size_t i = 0; i < f->n; i++, p += strlen(p) + 1)
		f->sorted[i] = p;
	qsort(f->sorted, f->n, sizeof(*f->sorted), compare_names);
	return 0;
}

static bool loops(const struct walk *w, const struct stat *st)
{
	for (size_t i = 0; i < w->n_frames; i++)
		if (w->frames[i].dev == st->st_dev && w->frames[i].ino == st->st_ino)
			return true;
	return false;
}

/* Pushes an open directory. Takes fd, also on failure. Returns 1 when it was pushed, 0 when it is
 * left out. */
static int push(struct walk *w, int dirfd)
{
	_cleanup_fd_ int fd = dirfd;
	struct frame f = {.fd = -1, .path_len = strlen(w->path)};
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (w->n_frames && ((w->opts->one_fs && st.st_dev != w->root_dev) || loops(w, &st)))
		return 0;
	if (w->opts->local && (!w->n_frames || st.st_dev != w->frames[w->n_frames - 1].dev) &&
	    sw_target_is_remote(fd))
		return 0;
	if (w->n_frames >= SW_LIMIT_WALK_DEPTH)
		return sw_error_set(w->err, ELOOP,
				    "%.200s...: more than %d directories below each other", w->path,
				    SW_LIMIT_WALK_DEPTH);
	if (SW_GROW(w->frames, w->n_frames, w->cap_frames) < 0)
		return -ENOMEM;
	if (!w->n_frames)
		w->root_dev = st.st_dev;
	f.fd = TAKE_FD(fd);
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	rc = frame_list(&f, SW_LIMIT_WALK_ENTRIES);
	if (rc < 0) {
		frame_release(&f);
		return rc == -E2BIG ? sw_error_set(w->err, E2BIG, "%s: too many entries", w->path)
				    : rc;
	}
	w->frames[w->n_frames++] = f;
	if (w->n_frames > WALK_OPEN_FRAMES) {
		struct frame *old = &w->frames[w->n_frames - 1 - WALK_OPEN_FRAMES];

		close(old->fd);
		old->fd = -1;
	}
	return 1;
}

static int frame_reopen(struct walk *w, struct frame *f)
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
	if (st.st_dev != f->dev || st.st_ino != f->ino)
		return -ESTALE;
	f->fd = TAKE_FD(fd);
	return 0;
}

/* Opens the directory an entry is or, for a link, leads to inside the root. */
static int open_child(struct walk *w, const struct frame *f, const char *name, bool link)
{
	int fd;

	if (link)
		return sw_target_open(w->t, w->path, O_RDONLY | O_DIRECTORY);
	fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

/* Reports one entry; returns ENTER or ENTER_LINK for a directory to enter, else 0. */
#define ENTER 1
#define ENTER_LINK 2
static int visit(struct walk *w, struct frame *f, const char *name)
{
	struct sw_walk_entry e = {.path = w->path, .dirfd = f->fd, .name = name, .target = w->t};
	char link[SW_LIMIT_PATH];
	struct stat st, target_st;
	bool dir;
	int rc;

	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	e.st = &st;
	e.depth = (unsigned)w->n_frames;
	dir = S_ISDIR(st.st_mode);
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlinkat(f->fd, name, link, sizeof(link) - 1);

		if (n < 0)
			return -errno;
		link[n] = '\0';
		e.link_target = link;
		if (w->opts->follow && sw_target_stat(w->t, w->path, true, &target_st) == 0) {
			e.target_st = &target_st;
			e.loop = S_ISDIR(target_st.st_mode) && loops(w, &target_st);
			dir = S_ISDIR(target_st.st_mode) && !e.loop;
		}
	}
	rc = w->fn(w->ctx, &e);
	if (rc < 0)
		return w->fn_rc = rc;
	if (!dir || rc == SW_WALK_PRUNE ||
	    (w->opts->max_depth >= 0 && e.depth >= (unsigned)w->opts->max_depth))
		return 0;
	return e.target_st ? ENTER_LINK : ENTER;
}

/* Handles the next entry of the top frame. */
static int step(struct walk *w)
{
	struct frame *f = &w->frames[w->n_frames - 1];
	const char *name = f->sorted[f->next++];
	bool slash = f->path_len > 0 && w->path[f->path_len - 1] != '/';
	int rc, fd;

	if (++w->entries > SW_LIMIT_WALK_ENTRIES)
		return sw_error_set(w->err, E2BIG, "more than %u entries", SW_LIMIT_WALK_ENTRIES);
	if (f->path_len + slash + strlen(name) + 1 > sizeof(w->path))
		return sw_error_set(w->err, ENAMETOOLONG, "%.200s...: path longer than %d bytes",
				    w->path, SW_LIMIT_PATH);
	snprintf(w->path + f->path_len, sizeof(w->path) - f->path_len, "%s%s", slash ? "/" : "",
		 name);
	rc = visit(w, f, name);
	if (rc <= 0)
		return rc;
	fd = open_child(w, f, name, rc == ENTER_LINK);
	return fd < 0 ? fd : push(w, fd);
}

static int run(struct walk *w)
{
	int rc;

	while (w->n_frames) {
		struct frame *f = &w->frames[w->n_frames - 1];

		w->path[f->path_len] = '\0';
		if (f->next == f->n) {
			frame_release(f);
			w->n_frames--;
			continue;
		}
		rc = frame_reopen(w, f);
		if (vanished(rc)) {
			f->next = f->n;
			continue;
		}
		if (rc == 0)
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
	rc = push(&w, fd);
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
	const struct sw_walk_options opts = {.one_fs = one_fs, .max_depth = -1};

	return sw_target_walk_path(t, "/", &opts, fn, ctx, err);
}
