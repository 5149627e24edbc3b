/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a live view with the baseline and tells each difference; judges none of them. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "baseline/bind.h"

#include "event/event.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/target.h"

static const char *const kind_names[] = {
	[SW_DRIFT_CONTENT] = "content", [SW_DRIFT_MODE] = "mode",
	[SW_DRIFT_OWNER] = "owner",	[SW_DRIFT_CAPS] = "caps",
	[SW_DRIFT_TYPE] = "type",	[SW_DRIFT_REMOVED] = "removed",
	[SW_DRIFT_ADDED] = "added",	[SW_DRIFT_TOUCHED] = "touched",
};
_Static_assert(SW_ARRAY_LEN(kind_names) == _SW_DRIFT_MAX, "a name for each kind");

const char *sw_drift_kind_str(enum sw_drift_kind k)
{
	return (unsigned)k < _SW_DRIFT_MAX ? kind_names[k] : "unknown";
}

struct compare {
	const struct sw_baseline *b;
	const struct sw_binding *binding; /* NULL: none */
	struct sw_target *t;
	uint32_t classes;
	bool hash;
	struct sw_status root;
	sw_drift_fn fn;
	void *ctx;
	size_t compared;
	size_t told;
	struct sw_error err; /* of a callback that stopped the walk, too */
};

__attribute__((format(printf, 4, 5))) static int tell(struct compare *x, enum sw_drift_kind kind,
						      const struct sw_baseline_entry *e,
						      const char *fmt, ...)
{
	char detail[512];
	struct sw_drift d = {
		.kind = kind, .path = e->path, .entry = e, .detail = detail, .classes = e->classes};
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	x->told++;
	rc = x->fn(x->ctx, &d);
	return rc < 0 ? rc : 0;
}

/* Only when nothing else differs, and only where the image's own object would be. */
static int compare_touch(struct compare *x, const struct sw_baseline_entry *e,
			 const struct sw_status *s)
{
	const struct sw_bound *bound = sw_binding_lookup(x->binding, s->ino);
	struct sw_drift d = {
		.kind = SW_DRIFT_TOUCHED,
		.path = e->path,
		.entry = e,
		.detail = bound ? "its change time is another one" : "another inode has its place",
		.classes = e->classes,
		.ctime_ns = s->ctime_ns,
		.times_set = !bound || bound->status.mtime_ns != s->mtime_ns,
	};
	int rc;

	/* a directory's times change with every name in it */
	if (e->type == 'd' && !(e->classes & SW_OBJ_PKGDB))
		return 0;
	if (s->mnt_id != x->root.mnt_id || (bound && bound->status.ctime_ns == s->ctime_ns))
		return 0;
	rc = x->fn(x->ctx, &d);
	return rc < 0 ? rc : 0;
}

/* Unchanged since it was bound: no need to read it. */
static bool is_as_bound(const struct compare *x, const struct sw_baseline_entry *e,
			const struct sw_status *s)
{
	const struct sw_bound *bound = x->binding ? sw_binding_lookup(x->binding, s->ino) : NULL;

	return bound && strcmp(bound->entry->sha256, e->sha256) == 0 &&
	       bound->status.size == s->size && bound->status.mode == s->mode &&
	       bound->status.mtime_ns == s->mtime_ns && bound->status.ctime_ns == s->ctime_ns;
}

static int compare_content(struct compare *x, const struct sw_baseline_entry *e,
			   const struct sw_status *s)
{
	_cleanup_fd_ int fd = -1;
	char digest[SW_SHA256_HEX];
	int rc;

	if (!x->hash && !x->binding && s->size == e->size)
		return 0;
	if (!x->hash && is_as_bound(x, e, s))
		return 0;
	fd = sw_target_open(x->t, e->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	rc = fd < 0 ? fd : sw_sha256_fd(fd, SW_LIMIT_FILE_BYTES, digest);
	if (rc == -ENOENT || rc == -ENOTDIR || rc == -ESTALE || rc == -ELOOP || rc == -ENXIO)
		return tell(x, SW_DRIFT_REMOVED, e, "vanished while it was compared");
	if (rc < 0)
		return sw_error_set(&x->err, -rc, "%s: %s", e->path, strerror(-rc));
	if (strcmp(digest, e->sha256) == 0)
		return 0;
	return tell(x, SW_DRIFT_CONTENT, e, "sha256 %s -> %s", e->sha256, digest);
}

static int compare_caps(struct compare *x, const struct sw_baseline_entry *e, int fd)
{
	_cleanup_free_ char *caps = NULL;
	int rc = sw_content_caps(fd, &caps);

	if (rc < 0)
		return sw_error_set(&x->err, -rc, "%s: capabilities: %s", e->path, strerror(-rc));
	if (strcmp(caps ?: "", e->caps ?: "") == 0)
		return 0;
	return tell(x, SW_DRIFT_CAPS, e, "%s -> %s", e->caps ?: "none", caps ?: "none");
}

static int compare_link(struct compare *x, const struct sw_baseline_entry *e, int fd)
{
	char target[SW_LIMIT_PATH];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return sw_error_set(&x->err, errno, "%s: %s", e->path, strerror(errno));
	target[n] = '\0';
	if (strcmp(target, e->link) == 0)
		return 0;
	return tell(x, SW_DRIFT_CONTENT, e, "link %.200s -> %.200s", e->link, target);
}

static int compare_object(struct compare *x, const struct sw_baseline_entry *e, int fd,
			  const struct sw_status *s)
{
	char type = sw_type_char(s->mode);
	size_t told = x->told;
	int rc = 0;

	if (type != e->type)
		return tell(x, SW_DRIFT_TYPE, e, "%c -> %c", e->type, type);
	if (type != 'l' && (s->mode & 07777) != e->mode)
		rc = tell(x, SW_DRIFT_MODE, e, "%04o -> %04o", e->mode, s->mode & 07777);
	if (rc == 0 && (s->uid != e->uid || s->gid != e->gid))
		rc = tell(x, SW_DRIFT_OWNER, e, "%" PRIu32 ":%" PRIu32 " -> %" PRIu32 ":%" PRIu32,
			  e->uid, e->gid, s->uid, s->gid);
	if (rc == 0 && type == 'f')
		rc = compare_caps(x, e, fd);
	if (rc == 0 && type == 'f')
		rc = compare_content(x, e, s);
	if (rc == 0 && type == 'l')
		rc = compare_link(x, e, fd);
	if (rc == 0 && x->binding && x->told == told)
		rc = compare_touch(x, e, s);
	return rc;
}

/* Whether the nearest directory that is still there lies on another mount. */
static bool is_hidden(struct compare *x, const char *path)
{
	char dir[SW_LIMIT_PATH];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	while ((slash = strrchr(dir, '/')) && slash > dir) {
		struct sw_status s;
		_cleanup_fd_ int fd = -1;

		*slash = '\0';
		fd = sw_status_open(x->t, dir, &s);
		if (fd >= 0)
			return s.mnt_id != x->root.mnt_id;
	}
	return false;
}

static int compare_entry(struct compare *x, const struct sw_baseline_entry *e)
{
	struct sw_status s;
	_cleanup_fd_ int fd = sw_status_open(x->t, e->path, &s);
	bool missing = fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP, hidden;

	if (fd < 0 && !missing)
		return sw_error_set(&x->err, -fd, "%s: %s", e->path, strerror(-fd));
	/* /etc/hosts and the like: the runtime mounts its own over the image's; data below a volume
	 * is hidden */
	hidden = missing ? is_hidden(x, e->path) : s.mnt_id != x->root.mnt_id;
	if (hidden && !(e->classes & SW_OBJ_CODE))
		return 0;
	x->compared++;
	if (missing)
		return tell(x, SW_DRIFT_REMOVED, e, hidden ? "hidden by a mount" : "gone");
	return compare_object(x, e, fd, &s);
}

/* ---- what the baseline does not hold ---- */

static int tell_added(struct compare *x, const struct sw_walk_entry *w, const struct sw_content *c)
{
	const struct sw_baseline_entry *same = sw_baseline_by_digest(x->b, c->sha256);
	uint32_t classes = sw_classify_file(w->path, w->st->st_mode, c);
	char detail[512];
	struct sw_drift d = {.kind = SW_DRIFT_ADDED, .path = w->path, .detail = detail};
	int rc;

	if (same && c->size)
		classes |= same->classes & SW_OBJ_CODE;
	if (!(classes & SW_OBJ_CODE))
		return 0;
	d.classes = classes & ~(uint32_t)SW_OBJ_DATA;
	snprintf(detail, sizeof(detail), "%04o sha256 %s%s%.200s", w->st->st_mode & 07777,
		 c->sha256, same && c->size ? ", the content of " : "",
		 same && c->size ? same->path : "");
	rc = x->fn(x->ctx, &d);
	return rc < 0 ? rc : 0;
}

/* Code has an executable bit or is ELF; only then is it worth reading whole. */
static bool may_be_code(int fd, uint32_t mode)
{
	char magic[4];

	return mode & 0111 || (pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
			       !memcmp(magic, "\177ELF", 4));
}

static int visit(void *ctx, const struct sw_walk_entry *w)
{
	struct compare *x = ctx;
	_cleanup_fd_ int fd = -1;
	struct sw_content content;
	struct sw_status s;
	int rc;

	if (sw_path_is_virtual(w->path))
		return SW_WALK_PRUNE;
	if (!S_ISREG(w->st->st_mode) || sw_baseline_find(x->b, w->path))
		return 0;
	if (sw_status_at(w->dirfd, w->name, &s) == 0 && s.mnt_id != x->root.mnt_id)
		return 0;
	fd = sw_target_open_entry(w);
	if (fd == -ENOENT || fd == -ESTALE || fd == -ENXIO || fd == -ELOOP)
		return 0;
	if (fd >= 0 && !may_be_code(fd, w->st->st_mode))
		return 0;
	rc = fd < 0 ? fd : sw_content_read(fd, &content);
	if (rc < 0)
		return sw_error_set(&x->err, -rc, "%s: %s", w->path, strerror(-rc));
	return tell_added(x, w, &content);
}

/* ---- the doors ---- */

static int run(struct compare *x, bool look_for_added, size_t *ret_compared, struct sw_error *err)
{
	_cleanup_fd_ int root = sw_status_open(x->t, "/", &x->root);
	int rc = root < 0 ? root : 0;

	for (size_t i = 0; rc == 0 && i < x->b->n; i++) {
		const struct sw_baseline_entry *e = &x->b->entries[i];

		if (sw_path_is_virtual(e->path) || (x->classes && !(e->classes & x->classes)))
			continue;
		rc = compare_entry(x, e);
	}
	if (rc == 0 && look_for_added)
		rc = sw_target_walk(x->t, true, visit, x, &x->err);
	if (rc == 0)
		*ret_compared = x->compared;
	if (rc < 0)
		return sw_error_set(err, -rc, "compare %s with its baseline: %s",
				    sw_target_name(x->t),
				    x->err.code ? x->err.text : strerror(-rc));
	return rc;
}

int sw_baseline_compare(const struct sw_baseline *b, struct sw_target *t, uint32_t classes,
			bool hash, bool look_for_added, sw_drift_fn fn, void *ctx,
			size_t *ret_compared, struct sw_error *err)
{
	struct compare x = {.b = b, .t = t, .classes = classes, .hash = hash, .fn = fn, .ctx = ctx};

	return run(&x, look_for_added, ret_compared, err);
}

int sw_binding_compare(const struct sw_binding *binding, struct sw_target *t, uint32_t classes,
		       bool look_for_added, sw_drift_fn fn, void *ctx, size_t *ret_compared,
		       struct sw_error *err)
{
	struct compare x = {.b = binding->baseline,
			    .binding = binding,
			    .t = t,
			    .classes = classes,
			    .fn = fn,
			    .ctx = ctx};

	return run(&x, look_for_added, ret_compared, err);
}

int sw_binding_compare_one(const struct sw_binding *binding, struct sw_target *t,
			   const struct sw_baseline_entry *e, sw_drift_fn fn, void *ctx)
{
	struct compare x = {
		.b = binding->baseline, .binding = binding, .t = t, .fn = fn, .ctx = ctx};
	_cleanup_fd_ int root = sw_status_open(t, "/", &x.root);

	return root < 0 ? root : compare_entry(&x, e);
}
