/* SPDX-License-Identifier: Apache-2.0 */
/* File selection: candidates from fixed names or from walks, filtered by the query's entities.
 * Opens no file. */
#include <ctype.h>

#include "facts/find.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

enum direction {
	DIRECTION_NONE,
	DIRECTION_DOWN,
	DIRECTION_UP,
};

struct find {
	struct sw_gather *g;
	sw_found_fn fn;
	void *ctx;
	const struct sw_query_entity *filename, *filepath;
	const struct sw_query_entity *where; /* filepath or path */
	struct sw_query_entity anchored;     /* what where points to when its pattern had no "^" */
	char *pattern;			     /* of anchored, owned */
	enum direction direction;
	bool enter_dirs, enter_links, local, one_fs;
	long max_depth;	  /* -1: no limit; 0: the directory's own files */
	int stop;	  /* what fn returned to end it */
	const char *base; /* directory being searched */
};

static void read_behaviors(struct find *f)
{
	const struct sw_query *q = f->g->query;
	const char *recurse = sw_query_behavior(q, "recurse", "symlinks and directories");
	const char *direction = sw_query_behavior(q, "recurse_direction", "none");
	const char *fs = sw_query_behavior(q, "recurse_file_system", "all");

	f->enter_dirs = strcmp(recurse, "symlinks") != 0;
	f->enter_links = !strcmp(recurse, "symlinks and directories") || !f->enter_dirs;
	f->direction = !strcmp(direction, "down") ? DIRECTION_DOWN
		       : !strcmp(direction, "up") ? DIRECTION_UP
						  : DIRECTION_NONE;
	f->local = !strcmp(fs, "local");
	f->one_fs = !strcmp(fs, "defined");
	f->max_depth = strtol(sw_query_behavior(q, "max_depth", "-1"), NULL, 10);
	if (f->max_depth < 0 || f->max_depth > SW_LIMIT_WALK_DEPTH)
		f->max_depth = -1;
}

static int report(struct find *f, const struct sw_found *found)
{
	int rc = f->fn(f->ctx, found);

	if (rc < 0)
		f->stop = rc;
	return rc;
}

static int report_dir(struct find *f, const char *path, const struct stat *st)
{
	return report(f, &(struct sw_found){.filepath = path, .path = path, .st = st});
}

/* Splits "/a/b" into "/a" and "b" in place of a copy. */
static int report_file(struct find *f, const char *filepath, const struct stat *st)
{
	char dir[SW_LIMIT_PATH];
	const char *slash = strrchr(filepath, '/');
	size_t n;

	if (!slash || strlen(filepath) >= sizeof(dir))
		return 0;
	n = slash == filepath ? 1 : (size_t)(slash - filepath);
	memcpy(dir, filepath, n);
	dir[n] = '\0';
	return report(f,
		      &(struct sw_found){
			      .filepath = filepath, .path = dir, .filename = slash + 1, .st = st});
}

static bool name_matches(struct find *f, const char *name)
{
	enum sw_oval_result r = sw_query_match(f->g, f->filename, name);

	if (r == SW_OVAL_ERROR)
		sw_gather_problem(f->g, SW_OVAL_FLAG_ERROR, "%s/%s: cannot compare the file name",
				  f->base, name);
	return r == SW_OVAL_TRUE;
}

static int walk_down_entry(void *ctx, const struct sw_walk_entry *e)
{
	struct find *f = ctx;
	bool link_to_dir = S_ISDIR(e->target_mode) && !e->loop;
	bool dir = S_ISDIR(e->st->st_mode) || link_to_dir;
	int rc = 0;

	f->g->examined = true;
	if (f->filename->nil) {
		if (dir && (f->max_depth < 0 || (long)e->depth <= f->max_depth))
			rc = report_dir(f, e->path, e->st);
	} else if (!S_ISDIR(e->st->st_mode) && name_matches(f, e->name)) {
		rc = report_file(f, e->path, e->st);
	}
	if (rc < 0)
		return rc;
	if (f->direction != DIRECTION_DOWN || (!f->enter_dirs && S_ISDIR(e->st->st_mode)))
		return SW_WALK_PRUNE;
	return 0;
}

static int walk(struct find *f, const char *path, sw_walk_fn fn, const struct sw_walk_options *opts)
{
	struct sw_error err = {0};
	int rc = sw_target_walk_path(f->g->target, path, opts, fn, f, &err);

	if (f->stop)
		return f->stop;
	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		sw_gather_problem(f->g, SW_OVAL_FLAG_ERROR, "%s", err.text);
	return 0;
}

/* A file name that is given needs no listing of its directory. */
static int fixed_names(struct find *f, const char *dir)
{
	const struct sw_query_entity *e = f->filename;
	size_t n = strlen(dir);

	for (size_t i = 0; i < e->n_values; i++) {
		char path[SW_LIMIT_PATH];
		struct stat st;
		int rc;

		if (!*e->values[i] || strchr(e->values[i], '/') ||
		    n + strlen(e->values[i]) + 2 > sizeof(path))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/",
			 e->values[i]);
		rc = sw_target_stat(f->g->target, path, false, &st);
		if (rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP) {
			sw_gather_absent(f->g, path);
			continue;
		}
		if (rc < 0) {
			sw_gather_problem(f->g, SW_OVAL_FLAG_ERROR, "%s: %s", path, strerror(-rc));
			continue;
		}
		f->g->examined = true;
		if (S_ISDIR(st.st_mode) || !name_matches(f, e->values[i]))
			continue;
		rc = report_file(f, path, &st);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int list_one(struct find *f, const char *dir)
{
	const struct sw_walk_options opts = {.max_depth = 1};

	if (f->filename->operation == SW_OVAL_EQUALS)
		return fixed_names(f, dir);
	return walk(f, dir, walk_down_entry, &opts);
}

static int report_itself(struct find *f, const char *dir)
{
	struct stat st;
	int rc = sw_target_stat(f->g->target, dir, false, &st);

	f->g->examined = true;
	return rc < 0 ? 0 : report_dir(f, dir, &st);
}

static void trim_slashes(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
}

static int search_up(struct find *f, const char *dir)
{
	char path[SW_LIMIT_PATH];

	snprintf(path, sizeof(path), "%s", dir);
	trim_slashes(path);
	for (long depth = 0; f->max_depth < 0 || depth <= f->max_depth; depth++) {
		char *slash = strrchr(path, '/');
		int rc;

		f->base = path;
		rc = f->filename->nil ? report_itself(f, path) : list_one(f, path);
		if (rc < 0)
			return rc;
		if (!slash || !slash[1])
			return 0;
		slash[slash == path] = '\0';
		trim_slashes(path);
	}
	return 0;
}

/* One directory that the path entity selects. */
static int search(struct find *f, const char *dir)
{
	const struct sw_walk_options opts = {
		.local = f->local,
		.one_fs = f->one_fs,
		.follow = f->enter_links,
		.max_depth = f->max_depth < 0 ? -1 : (int)f->max_depth + 1,
	};
	int rc;

	f->base = dir;
	if (f->direction == DIRECTION_UP)
		return search_up(f, dir);
	if (f->direction == DIRECTION_NONE)
		return f->filename->nil ? report_itself(f, dir) : list_one(f, dir);
	if (f->filename->nil) {
		rc = report_itself(f, dir);
		if (rc < 0)
			return rc;
	}
	return walk(f, dir, walk_down_entry, &opts);
}

/* A path that is named: looked at, not searched for. */
static int candidate(struct find *f, const char *path)
{
	struct stat st, followed;
	bool dir;
	int rc;

	if (sw_query_match(f->g, f->where, path) != SW_OVAL_TRUE)
		return 0;
	rc = sw_target_stat(f->g->target, path, false, &st);
	if (rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP) {
		sw_gather_absent(f->g, path);
		return 0;
	}
	if (rc < 0) {
		sw_gather_problem(f->g, SW_OVAL_FLAG_ERROR, "%s: %s", path, strerror(-rc));
		return 0;
	}
	dir = sw_target_stat(f->g->target, path, true, &followed) == 0 && S_ISDIR(followed.st_mode);
	if (f->filepath) {
		f->g->examined = true;
		return dir ? 0 : report_file(f, path, &st);
	}
	return dir ? search(f, path) : 0;
}

/* Any other operation on the path: walk, and test each path. Links to directories are entered. */
static int walk_pattern_entry(void *ctx, const struct sw_walk_entry *e)
{
	struct find *f = ctx;
	bool dir = S_ISDIR(e->st->st_mode) || S_ISDIR(e->target_mode);
	enum sw_oval_result r;
	int rc;

	if (e->loop || dir == (f->filepath != NULL))
		return 0;
	r = sw_query_match(f->g, f->where, e->path);
	if (r == SW_OVAL_ERROR)
		sw_gather_problem(f->g, SW_OVAL_FLAG_ERROR, "%s: cannot compare the path", e->path);
	if (r != SW_OVAL_TRUE)
		return 0;
	f->g->examined = true;
	rc = f->filepath ? report_file(f, e->path, e->st) : search(f, e->path);
	return rc < 0 ? rc : 0;
}

/*
 * The directory below which everything that a pattern can match lies: its literal start, up to the
 * last slash, with escapes removed. "/" unless the pattern is anchored text, or when it has
 * alternatives at the top.
 */
static void literal_prefix(const char *pattern, char ret[static SW_LIMIT_PATH])
{
	size_t n = 0;
	const char *p = pattern;

	strcpy(ret, "/");
	if (*p == '^')
		p++;
	if (*p != '/' || strchr(p, '|'))
		return;
	for (; *p && n + 1 < SW_LIMIT_PATH; p++) {
		if (*p == '\\') { /* an escaped letter or digit is a class, not itself */
			if (!p[1] || isalnum((unsigned char)p[1]))
				break;
			p++;
		} else if (strchr("^$.[]()*+?{}", *p)) {
			break;
		}
		ret[n++] = *p;
	}
	if (!*p) { /* all literal: what begins so but goes on is not searched (as OpenSCAP does) */
		ret[n] = '\0';
		return;
	}
	if (n && strchr("*?{", *p)) /* the last character may be absent */
		n--;
	while (n > 1 && ret[n - 1] != '/')
		n--;
	if (n > 1)
		n--;
	ret[n ? n : 1] = '\0';
}

static int pattern_search(struct find *f)
{
	const struct sw_query_entity *e = f->where;
	const struct sw_walk_options opts = {
		.local = f->local, .one_fs = f->one_fs, .follow = true, .max_depth = -1};
	char prefix[SW_LIMIT_PATH] = "/";
	int rc;

	if (e->operation == SW_OVAL_PATTERN_MATCH && e->n_values == 1) {
		/* anchored even if it does not say so (as OpenSCAP does) */
		if (e->values[0][0] != '^') {
			if (asprintf(&f->pattern, "^%s", e->values[0]) < 0)
				return -ENOMEM;
			f->anchored = *e;
			f->anchored.values = (const char *const *)&f->pattern;
			f->where = &f->anchored;
		}
		literal_prefix(e->values[0], prefix);
	}
	rc = candidate(f, prefix);
	return rc < 0 ? rc : walk(f, prefix, walk_pattern_entry, &opts);
}

/* What the caller told to leave out is left out at the end, wherever it was found. */
struct regard {
	struct sw_gather *g;
	sw_found_fn fn;
	void *ctx;
};

static int unless_ignored(void *ctx, const struct sw_found *found)
{
	const struct regard *r = ctx;

	return sw_target_ignores(r->g->target, found->filepath) ? 0 : r->fn(r->ctx, found);
}

int sw_find_files(struct sw_gather *g, sw_found_fn fn, void *ctx)
{
	struct regard regard = {g, fn, ctx};
	struct find f = {
		.g = g,
		.fn = unless_ignored,
		.ctx = &regard,
		.filename = sw_query_entity(g->query, "filename"),
		.filepath = sw_query_entity(g->query, "filepath"),
	};
	const struct sw_query_entity *e;

	e = f.where = f.filepath ? f.filepath : sw_query_entity(g->query, "path");
	if (!e || (!f.filepath && !f.filename)) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR,
				  "object without filepath, or path and filename");
		return 0;
	}
	read_behaviors(&f);
	if (e->operation != SW_OVAL_EQUALS) {
		int rc = pattern_search(&f);

		free(f.pattern);
		return rc;
	}
	for (size_t i = 0; i < e->n_values; i++) {
		int rc = candidate(&f, e->values[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}
