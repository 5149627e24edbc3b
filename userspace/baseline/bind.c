/* SPDX-License-Identifier: Apache-2.0 */
/* Ties baseline entries to the inodes of one view; never looks at content. */
#include "baseline/bind.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "stigwatch/error.h"
#include "stigwatch/target.h"

void sw_binding_free(struct sw_binding *x)
{
	if (!x)
		return;
	free(x->items);
	free(x);
}
SW_DEFINE_CLEANUP(struct sw_binding *, binding, sw_binding_free)

/* Hard links: the entry that says most comes first. */
static int compare_items(const void *a, const void *b)
{
	const struct sw_bound *x = a, *y = b;
	int more = __builtin_popcount(y->entry->classes) - __builtin_popcount(x->entry->classes);

	if (x->status.ino != y->status.ino)
		return x->status.ino < y->status.ino ? -1 : 1;
	return more ? more : (x->entry > y->entry) - (x->entry < y->entry);
}

static bool same_device(const struct sw_status *a, const struct sw_status *b)
{
	return a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
}

/* 1: bind it, 0: leave it out. */
static int look(struct sw_target *t, const struct sw_baseline_entry *e,
		const struct sw_status *root, struct sw_status *ret_status, struct sw_error *err)
{
	_cleanup_fd_ int fd = sw_status_open(t, e->path, ret_status);
	const struct sw_status *s = ret_status;

	if (fd < 0) /* removed, or hidden: drift's business */
		return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -EACCES ? 0 : fd;
	if (s->mnt_id != root->mnt_id || (!root->mnt_id && !same_device(s, root)))
		return 0;
	if (!same_device(s, root))
		return sw_error_set(
			err, EXDEV,
			"%s: the layers lie on several file systems, inode numbers do not "
			"identify objects",
			e->path);
	return sw_type_char(s->mode) == e->type && s->uid == e->uid && s->gid == e->gid &&
	       (e->type == 'l' || (s->mode & 07777) == e->mode) &&
	       (e->type != 'f' || s->size == e->size);
}

static int bind_all(const struct sw_baseline *b, struct sw_target *t, struct sw_binding *x,
		    struct sw_error *err)
{
	struct sw_status root;
	_cleanup_fd_ int fd = sw_status_open(t, "/", &root);

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < b->n; i++) {
		struct sw_bound *bound = &x->items[x->n];
		int rc;

		if (sw_path_is_virtual(b->entries[i].path))
			continue;
		rc = look(t, &b->entries[i], &root, &bound->status, err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			x->items[x->n++].entry = &b->entries[i];
	}
	return 0;
}

int sw_baseline_bind(const struct sw_baseline *b, struct sw_target *t,
		     struct sw_binding **ret_binding, struct sw_error *err)
{
	_cleanup_(sw_cleanup_binding) struct sw_binding *x = calloc(1, sizeof(*x));
	struct sw_error own = {0};
	size_t unique = 0;
	int rc;

	if (!x || !(x->items = calloc(b->n + 1, sizeof(*x->items))))
		return sw_error_set(err, ENOMEM, "bind baseline: out of memory");
	x->baseline = b;
	rc = bind_all(b, t, x, &own);
	if (rc < 0)
		return sw_error_set(err, -rc, "bind baseline to %s: %s", sw_target_name(t),
				    own.code ? own.text : strerror(-rc));
	if (x->n == 0)
		return sw_error_set(err, ENODATA, "bind baseline to %s: nothing of it is there",
				    sw_target_name(t));
	qsort(x->items, x->n, sizeof(*x->items), compare_items);
	for (size_t i = 0; i < x->n; i++) {
		if (i == 0 || x->items[i].status.ino != x->items[unique - 1].status.ino)
			x->items[unique++] = x->items[i];
	}
	x->n = unique;
	*ret_binding = TAKE(x);
	return 0;
}

const struct sw_bound *sw_binding_lookup(const struct sw_binding *x, uint64_t ino)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->items[mid].status.ino < ino)
			low = mid + 1;
		else
			high = mid;
	}
	return low < x->n && x->items[low].status.ino == ino ? &x->items[low] : NULL;
}

const struct sw_baseline_entry *sw_binding_find(const struct sw_binding *x, uint64_t ino)
{
	const struct sw_bound *bound = sw_binding_lookup(x, ino);

	return bound ? bound->entry : NULL;
}

size_t sw_binding_count(const struct sw_binding *x)
{
	return x->n;
}

bool sw_binding_at(const struct sw_binding *x, size_t i, uint64_t *ret_ino,
		   const struct sw_baseline_entry **ret_entry)
{
	if (i >= x->n)
		return false;
	*ret_ino = x->items[i].status.ino;
	*ret_entry = x->items[i].entry;
	return true;
}

bool sw_binding_untouched(const struct sw_binding *x, const struct stat *st)
{
	const struct sw_bound *bound = sw_binding_lookup(x, st->st_ino);
	const struct sw_status *s = bound ? &bound->status : NULL;

	return s && S_ISREG(st->st_mode) && s->mode == st->st_mode &&
	       s->size == (uint64_t)st->st_size &&
	       s->mtime_ns == st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec &&
	       s->ctime_ns == st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}
