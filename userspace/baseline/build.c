/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a baseline by one walk of a target; reads every file once and writes nothing. */
#include <fcntl.h>
#include <sys/stat.h>

#include "baseline/private.h"

#include "event/event.h"
#include "stigwatch/error.h"
#include "stigwatch/target.h"

/* An entry whose content is read after the walk. */
struct later {
	uint64_t order;
	size_t entry;
};

struct build {
	struct sw_baseline *b;
	struct later *later;
	size_t n_later, cap_later;
	uint64_t root_mnt;
	char **interps; /* what executables name as their loader, each once */
	size_t n_interps, cap_interps;
	struct sw_error *err;
};

static int add_interp(struct build *x, const char *interp)
{
	char *copy;

	if (interp[0] != '/')
		return 0;
	for (size_t i = 0; i < x->n_interps; i++) {
		if (strcmp(x->interps[i], interp) == 0)
			return 0;
	}
	if (x->n_interps >=
	    64) /* an image has one or two; a hostile one need not cost a search each */
		return 0;
	copy = strdup(interp);
	if (!copy || SW_GROW(x->interps, x->n_interps, x->cap_interps) < 0) {
		free(copy);
		return -ENOMEM;
	}
	x->interps[x->n_interps++] = copy;
	return 0;
}

static bool gone(int rc)
{
	return rc == -ENOENT || rc == -ESTALE || rc == -ENXIO || rc == -ELOOP;
}

static int set_content(struct build *x, struct sw_baseline_entry *e, const struct sw_content *c)
{
	e->size = c->size;
	memcpy(e->sha256, c->sha256, sizeof(e->sha256));
	e->classes = sw_classify_file(e->path, e->mode, c);
	return c->elf.interp[0] ? add_interp(x, c->elf.interp) : 0;
}

static int read_later(struct build *x, uint64_t order)
{
	if (SW_GROW(x->later, x->n_later, x->cap_later) < 0)
		return -ENOMEM;
	x->later[x->n_later++] = (struct later){order, x->b->n};
	return 0;
}

/* Returns 1 when the file vanished meanwhile (a live target). */
static int fill_file(struct build *x, const struct sw_walk_entry *w, struct sw_baseline_entry *e)
{
	_cleanup_(sw_target_file_close) struct sw_target_file file = {.fd = -1};
	uint64_t order = sw_target_entry_order(w);
	struct sw_content content;
	int rc = sw_content_entry_caps(w, &e->caps);

	if (rc == 0 && order)
		return read_later(x, order);
	if (rc == 0)
		rc = sw_target_file_open(w, &file);
	if (rc == 0)
		rc = sw_content_read_file(&file, &content);
	if (rc < 0)
		return gone(rc) ? 1 : rc;
	return set_content(x, e, &content);
}

static int fill(struct build *x, const struct sw_walk_entry *w, struct sw_baseline_entry *e)
{
	*e = (struct sw_baseline_entry){
		.path = strdup(w->path),
		.type = sw_type_char(w->st->st_mode),
		.mode = w->st->st_mode & 07777,
		.uid = w->st->st_uid,
		.gid = w->st->st_gid,
	};
	if (!e->path)
		return -ENOMEM;
	if (e->type == 'f')
		return fill_file(x, w, e);
	if (e->type == 'd')
		e->classes = sw_class_by_path(e->path);
	if (e->type == 'l') {
		e->link = strdup(w->link_target ?: "");
		return e->link ? 0 : -ENOMEM;
	}
	return 0;
}

static int visit(void *ctx, const struct sw_walk_entry *w)
{
	struct build *x = ctx;
	struct sw_baseline_entry e = {0};
	struct sw_status st;
	int rc;

	/* what a mount covers is not of the image; in a view of layers there are no mounts */
	if (w->dirfd >= 0 && sw_status_at(w->dirfd, w->name, &st) == 0 && st.mnt_id != x->root_mnt)
		return SW_WALK_PRUNE;
	rc = fill(x, w, &e);
	if (rc == 0)
		rc = sw_baseline_add(x->b, &e);
	sw_baseline_entry_release(&e);
	if (rc < 0)
		return sw_error_set(x->err, -rc, "%s: %s", w->path, strerror(-rc));
	return 0;
}

static int by_order(const void *a, const void *b)
{
	const struct later *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* In the order of their layers: each is unpacked once, whatever the names are. */
static int read_the_rest(struct build *x, struct sw_target *t)
{
	struct sw_content content;
	int rc = 0;

	if (x->n_later)
		qsort(x->later, x->n_later, sizeof(*x->later), by_order);
	for (size_t i = 0; rc == 0 && i < x->n_later; i++) {
		struct sw_baseline_entry *e = &x->b->entries[x->later[i].entry];

		if (i == 0 || x->later[i].order != x->later[i - 1].order) {
			_cleanup_fd_ int fd = sw_target_open(t, e->path, O_RDONLY | O_NOFOLLOW);

			rc = fd < 0 ? fd : sw_content_read(fd, &content);
		}
		if (rc == 0)
			rc = set_content(x, e, &content);
		if (rc < 0)
			return sw_error_set(x->err, -rc, "%s: %s", e->path, strerror(-rc));
	}
	return rc;
}

static int add_root(struct build *x, struct sw_target *t)
{
	struct sw_baseline_entry e = {.type = 'd'};
	struct sw_status status;
	struct stat st;
	_cleanup_fd_ int fd = sw_status_open(t, "/", &status);
	int rc = sw_target_stat(t, "/", false, &st);

	if (fd < 0 && fd != -EOPNOTSUPP) /* an image has no descriptors, and no mounts */
		return fd;
	if (rc < 0)
		return rc;
	x->root_mnt = fd < 0 ? 0 : status.mnt_id;
	e.mode = st.st_mode & 07777;
	e.uid = st.st_uid;
	e.gid = st.st_gid;
	e.path = strdup("/");
	rc = e.path ? sw_baseline_add(x->b, &e) : -ENOMEM;
	return rc;
}

/* The baseline is an image's: addresses and ids of one container do not belong in it. */
static int add_identity(struct build *x, struct sw_target *t)
{
	const char *key, *value;
	int rc = sw_baseline_add_identity(x->b, "target", sw_target_name(t));

	for (size_t i = 0; rc == 0 && sw_target_identity_at(t, i, &key, &value); i++) {
		if (strncmp(key, "image.", 6) == 0)
			rc = sw_baseline_add_identity(x->b, key, value);
	}
	return rc;
}

static int finish(struct build *x, struct sw_target *t)
{
	int rc = add_identity(x, t);

	if (rc == 0)
		rc = sw_baseline_index(x->b);
	if (rc == 0) {
		sw_classify_finish(x->b, x->interps, x->n_interps);
		rc = sw_baseline_seal(x->b);
	}
	if (rc < 0)
		return sw_error_set(x->err, -rc, "%s", strerror(-rc));
	if (x->b->n <= 1)
		return sw_error_set(x->err, ENODATA, "the target holds no files");
	return 0;
}

int sw_baseline_build(struct sw_target *t, struct sw_baseline **ret_baseline, struct sw_error *err)
{
	_cleanup_baseline_ struct sw_baseline *b = calloc(1, sizeof(*b));
	struct sw_error own = {0};
	struct build x = {.b = b, .err = &own};
	int rc = b ? add_root(&x, t) : -ENOMEM;

	if (rc < 0)
		sw_error_set(&own, -rc, "%s", strerror(-rc));
	if (rc == 0)
		rc = sw_target_walk(t, true, visit, &x, &own);
	if (rc == 0)
		rc = read_the_rest(&x, t);
	if (rc == 0)
		rc = finish(&x, t);
	for (size_t i = 0; i < x.n_interps; i++)
		free(x.interps[i]);
	free(x.interps);
	free(x.later);
	if (rc < 0)
		return sw_error_set(err, own.code ?: -rc, "baseline of %s: %s", sw_target_name(t),
				    own.text);
	*ret_baseline = TAKE(b);
	return 0;
}
