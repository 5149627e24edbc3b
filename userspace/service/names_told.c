/* SPDX-License-Identifier: Apache-2.0 */
/* What has been told of each object, by sensors or by fanotify: a table of paths. Judges nothing.
 */
#include "service/names_private.h"

static uint64_t key_of(const char *path)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *path; path++)
		h = (h ^ (uint8_t)*path) * 0x100000001b3ull;
	return h ? h : 1;
}

static struct told *find(const struct names *n, uint64_t key)
{
	size_t i = key;

	while (n->told[i & (n->slots - 1)].key && n->told[i & (n->slots - 1)].key != key)
		i++;
	return &n->told[i & (n->slots - 1)];
}

static int grow(struct names *n)
{
	struct names bigger = {.slots = n->slots ? n->slots * 2 : 64};

	if (2 * (n->n_told + 1) <= n->slots)
		return 0;
	bigger.told = calloc(bigger.slots, sizeof(*bigger.told));
	if (!bigger.told)
		return -ENOMEM;
	for (size_t i = 0; i < n->slots; i++)
		if (n->told[i].key)
			*find(&bigger, n->told[i].key) = n->told[i];
	free(n->told);
	n->told = bigger.told;
	n->slots = bigger.slots;
	return 0;
}

struct names *names_of(struct watch *w)
{
	if (!w->names)
		w->names = calloc(1, sizeof(*w->names));
	return w->names;
}

static void remember_one(struct names *n, const char *path, enum kind kind, int64_t boot_ns)
{
	struct told *t;

	if (grow(n) < 0)
		return; /* then a change is judged twice, or is a hole: never excused */
	t = find(n, key_of(path));
	n->n_told += !t->key;
	t->key = key_of(path);
	t->boot_ns[kind] = boot_ns;
}

void names_remember(struct watch *w, const char *path, enum kind kind, int64_t boot_ns)
{
	struct names *n = names_of(w);
	char dir[SW_LIMIT_PATH];
	char *slash;

	if (!n)
		return;
	remember_one(n, path, kind, boot_ns);
	snprintf(dir, sizeof(dir), "%s", path);
	while ((slash = strrchr(dir, '/')) && slash > dir) {
		*slash = '\0';
		remember_one(n, dir, KIND_BELOW, boot_ns);
	}
}

int64_t names_told_at(const struct names *n, const char *path, enum kind kind)
{
	return n && n->slots ? find(n, key_of(path))->boot_ns[kind] : 0;
}

/* The baseline's own name of an object, or of a name in one of its directories. */
static bool canonical(const struct sw_baseline *b, const struct object_view *v, char *ret,
		      size_t size)
{
	char dir[sizeof(v->path)];
	const struct sw_baseline_entry *d;
	char *slash;

	if (v->entry)
		return snprintf(ret, size, "%s", v->entry->path) < (int)size;
	snprintf(dir, sizeof(dir), "%s", v->path);
	slash = strrchr(dir, '/');
	if (!slash)
		return false;
	*slash = '\0';
	d = sw_baseline_resolve(b, dir[0] ? dir : "/", true);
	return d && snprintf(ret, size, "%s/%s", strcmp(d->path, "/") ? d->path : "", slash + 1) <
			    (int)size;
}

static enum kind kind_of(const struct sw_event *ev, int side)
{
	switch (ev->file_op) {
	case SW_FILE_OPEN_WRITE:
	case SW_FILE_TRUNCATE:
	case SW_FILE_CONTENT:
	case SW_FILE_ALLOCATE:
	case SW_FILE_CLONE_RANGE:
	case SW_FILE_XATTR: /* nothing that is compared tells of these: the touch is theirs */
	case SW_FILE_FILECAPS:
	case SW_FILE_INODE_FLAGS:
		return KIND_CONTENT;
	case SW_FILE_LINK: /* its source only gets another link count */
		return side ? KIND_NAME : KIND_META;
	case SW_FILE_CREATE:
	case SW_FILE_RENAME:
	case SW_FILE_SYMLINK:
	case SW_FILE_UNLINK:
	case SW_FILE_EXCHANGE:
	case SW_FILE_MKNOD:
	case SW_FILE_MKDIR:
	case SW_FILE_RMDIR:
		return KIND_NAME;
	default:
		return KIND_META;
	}
}

void names_told(struct watch *w, const struct sw_event *ev, int side,
		const struct object_view *view)
{
	char path[SW_LIMIT_PATH];
	enum kind kind = kind_of(ev, side);

	/* without a baseline the kernel's table may still know the object, but no name of it */
	if (!w->prep->baseline || !canonical(w->prep->baseline, view, path, sizeof(path)))
		return;
	names_remember(w, path, kind, (int64_t)ev->boot_ns);
}

void names_opened(struct watch *w, const struct sw_baseline_entry *e)
{
	names_remember(w, e->path, KIND_CONTENT, 1); /* some time before now */
}

bool names_known(const struct watch *w, const struct sw_baseline_entry *e, enum other_ways ways)
{
	const struct names *n = w->names;

	if (names_told_at(n, e->path, KIND_FAN) || names_told_at(n, e->path, KIND_NAME) ||
	    names_told_at(n, e->path, KIND_BELOW))
		return true;
	/* what a sensor saw says nothing of what else was done by a way that it does not see */
	if (ways == WAYS_USED)
		return false;
	/* opening for writing copies an object up; to set the mode that it has, or to make another
	 * link, is rare enough to be asked about, unless somebody would have told of the rest */
	return names_told_at(n, e->path, KIND_CONTENT) ||
	       ((ways == WAYS_NONE || (ways == WAYS_UNUSED && n && n->fan)) &&
		names_told_at(n, e->path, KIND_META));
}
