/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the parts of an image by name; opens nothing outside its archive or directory and nothing
 * but regular files. */
#include "target/image/store.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "stigwatch/limits.h"
#include "target/image/image.h"
#include "target/image/tar.h"

#define MEMBER_LINKS 8 /* docker save wrote a link for a layer that is there twice */

SW_DEFINE_CLEANUP(struct store *, store, store_free)
SW_DEFINE_CLEANUP(struct stream *, stream, stream_free)
SW_DEFINE_CLEANUP(struct tar *, tar, tar_free)

struct member {
	char *name, *link; /* link: where it leads, NULL for a file */
	uint64_t offset, len;
	size_t number; /* of a name twice, the later one counts */
};

struct store {
	int fd;	   /* the archive, or -1 */
	int dirfd; /* or the directory */
	struct member *items;
	size_t n, cap;
};

void store_free(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].name);
		free(s->items[i].link);
	}
	free(s->items);
	if (s->fd >= 0)
		close(s->fd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s);
}

int store_take_fd(struct store *s)
{
	return TAKE_FD(s->fd);
}

static int open_regular(const char *path, uint64_t *ret_len, struct sw_error *err)
{
	_cleanup_fd_ int fd = -1, pathfd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (pathfd < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	fd = target_reopen(pathfd, O_RDONLY);
	if (fd < 0)
		return sw_error_set(err, -fd, "%s: %s", path,
				    fd == -ENXIO ? "not a file" : strerror(-fd));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return sw_error_set(err, EISDIR, "%s: not a file", path);
	*ret_len = (uint64_t)st.st_size;
	return TAKE_FD(fd);
}

/* ---- archives ---- */

/* Replaces a packed archive by its unpacked form on disk. */
static int unpack_whole(int *fd, uint64_t *len, struct stream *s, struct sw_error *err)
{
	_cleanup_fd_ int out = image_temporary();
	_cleanup_free_ char *buf = malloc(1 << 16);
	uint64_t total = 0;
	size_t n = 1;
	int rc = out < 0 ? out : buf ? 0 : -ENOMEM;

	while (rc == 0 && n) {
		rc = stream_read(s, buf, 1 << 16, &n, err);
		if (rc < 0)
			return rc;
		total += n;
		rc = total > SW_LIMIT_IMAGE_SPOOL ? -EFBIG : image_write(out, buf, n);
	}
	if (rc < 0)
		return sw_error_set(err, -rc, "cannot be unpacked to disk: %s", strerror(-rc));
	close(*fd);
	*fd = TAKE_FD(out);
	*len = total;
	return 0;
}

/* The path that a link in member name means. */
static int link_path(const char *name, const struct tar_entry *e, char *ret, struct sw_error *err)
{
	char joined[2 * SW_LIMIT_PATH];
	const char *slash = strrchr(name, '/');
	int dir = e->type == 'l' && slash && *e->link != '/' ? (int)(slash - name) + 1 : 0;
	int n = snprintf(joined, sizeof(joined), "%.*s%s", dir, name, e->link);

	if (n < 0 || (size_t)n >= sizeof(joined))
		return sw_error_set(err, ENAMETOOLONG, "%.200s: its link is too long", name);
	return layer_clean_path(joined, ret, err);
}

static int add_member(struct store *s, const struct tar_entry *e, struct sw_error *err)
{
	char name[SW_LIMIT_PATH], link[SW_LIMIT_PATH];
	bool is_link = e->type == 'l' || e->type == 'h';
	struct member m = {.offset = e->data, .len = e->stored, .number = s->n};
	int rc = layer_clean_path(e->name, name, err);

	if (rc == 0 && is_link)
		rc = link_path(name, e, link, err);
	if (rc < 0)
		return sw_error_context(err, "%.200s", e->name);
	if (!is_link && (e->type != 'f' || e->sparse)) /* directories; nothing else is looked for */
		return 0;
	if (s->n >= SW_LIMIT_IMAGE_MEMBERS)
		return sw_error_set(err, E2BIG, "more than %d files in the archive",
				    SW_LIMIT_IMAGE_MEMBERS);
	m.name = strdup(name);
	m.link = is_link ? strdup(link) : NULL;
	if (!m.name || (is_link && !m.link) || SW_GROW(s->items, s->n, s->cap) < 0) {
		free(m.name);
		free(m.link);
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	s->items[s->n++] = m;
	return 0;
}

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	return by_name ? by_name : (x->number > y->number) - (x->number < y->number);
}

static int list_members(struct store *s, uint64_t len, struct sw_error *err)
{
	_cleanup_(sw_cleanup_stream) struct stream *stream = NULL;
	_cleanup_(sw_cleanup_tar) struct tar *tar = NULL;
	struct budget budget = {0};
	struct extent e = {.fd = s->fd, .len = len};
	struct tar_entry *entry;
	int rc = stream_open(&e, false, &budget, &stream, err);

	if (rc == 0 && stream_is_packed(stream)) {
		rc = unpack_whole(&s->fd, &e.len, stream, err);
		stream_free(TAKE(stream));
		e.fd = s->fd;
		if (rc == 0)
			rc = stream_open(&e, false, NULL, &stream, err);
		if (rc == 0 && stream_is_packed(stream))
			rc = sw_error_set(err, EBADMSG, "packed twice");
	}
	if (rc == 0)
		rc = tar_new(stream, NULL, &tar, err);
	while (rc == 0 && (rc = tar_next(tar, &entry, err)) > 0)
		rc = add_member(s, entry, err);
	if (rc == 0 && s->n)
		qsort(s->items, s->n, sizeof(*s->items), compare_members);
	return rc;
}

static struct store *new_store(void)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s)
		s->fd = s->dirfd = -1;
	return s;
}

int store_open_archive(const char *path, struct store **ret_store, struct sw_error *err)
{
	_cleanup_(sw_cleanup_store) struct store *s = new_store();
	uint64_t len = 0;
	int rc;

	if (!s)
		return sw_error_set(err, ENOMEM, "out of memory");
	s->fd = open_regular(path, &len, err);
	if (s->fd < 0)
		return s->fd;
	rc = list_members(s, len, err);
	if (rc < 0)
		return sw_error_context(err, "%s", path);
	*ret_store = TAKE(s);
	return 0;
}

static const struct member *find_member(const struct store *s, const char *name)
{
	size_t low = 0, high = s->n; /* the first one behind name */

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(s->items[mid].name, name) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low && !strcmp(s->items[low - 1].name, name) ? &s->items[low - 1] : NULL;
}

/* ---- directories ---- */

int store_open_dir(const char *path, struct store **ret_store, struct sw_error *err)
{
	_cleanup_(sw_cleanup_store) struct store *s = new_store();

	if (!s)
		return sw_error_set(err, ENOMEM, "out of memory");
	s->dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	*ret_store = TAKE(s);
	return 0;
}

static int open_beneath(const struct store *s, const char *name, uint64_t *ret_len)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	_cleanup_fd_ int pathfd = (int)syscall(SYS_openat2, s->dirfd, name, &how, sizeof(how));
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (pathfd < 0)
		return -errno;
	fd = target_reopen(pathfd, O_RDONLY);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EISDIR;
	*ret_len = (uint64_t)st.st_size;
	return TAKE_FD(fd);
}

/* ---- both ---- */

int store_find(struct store *s, const char *name, struct extent *ret_extent, bool *ret_owned,
	       struct sw_error *err)
{
	struct extent e = {0};
	const struct member *m;

	if (s->dirfd >= 0) {
		e.fd = open_beneath(s, name, &e.len);
		if (e.fd < 0)
			return sw_error_set(err, -e.fd, "%s: %s", name, strerror(-e.fd));
		*ret_extent = e;
		*ret_owned = true;
		return 0;
	}
	m = find_member(s, name);
	for (int i = 0; m && m->link && i < MEMBER_LINKS; i++)
		m = find_member(s, m->link);
	if (!m || m->link)
		return sw_error_set(err, m ? ELOOP : ENOENT, "%.200s: %s", name,
				    m ? "a loop of links" : "not in the archive");
	*ret_extent = (struct extent){.fd = s->fd, .offset = m->offset, .len = m->len};
	*ret_owned = false;
	return 0;
}

int store_read(struct store *s, const char *name, size_t max, char **ret_data, size_t *ret_len,
	       struct sw_error *err)
{
	_cleanup_free_ char *buf = NULL;
	struct extent e = {.fd = -1};
	bool owned = false;
	size_t done = 0;
	int rc = store_find(s, name, &e, &owned, err);

	if (rc < 0)
		return rc;
	if (e.len > max)
		rc = sw_error_set(err, EFBIG, "%.200s: larger than %zu bytes", name, max);
	else if (!(buf = malloc((size_t)e.len + 1)))
		rc = sw_error_set(err, ENOMEM, "out of memory");
	while (rc == 0 && done < e.len) {
		ssize_t n = pread(e.fd, buf + done, (size_t)e.len - done, (off_t)(e.offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			rc = sw_error_set(err, n ? errno : EBADMSG, "%.200s: %s", name,
					  n ? strerror(errno) : "cut off");
		else
			done += (size_t)n;
	}
	if (owned)
		close(e.fd);
	if (rc < 0)
		return rc;
	buf[done] = '\0';
	*ret_data = TAKE(buf);
	*ret_len = done;
	return 0;
}
