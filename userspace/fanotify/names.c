/* SPDX-License-Identifier: Apache-2.0 */
/* A group of marks on directories, and the way from a record's file handle back to a directory. */
#include <fcntl.h>
#include <sys/fanotify.h>

#include "fanotify/private.h"
#include "stigwatch/error.h"

#ifndef AT_HANDLE_FID
#define AT_HANDLE_FID 0x200 /* 6.5: a handle that identifies and need not be opened */
#endif

#define BUFFER 65536
#define READS_MAX                                                                                  \
	64 /* more than a full queue; whoever fills it while it is read waits for the next */

struct marked {
	uint8_t handle[sizeof(uint32_t) + SW_FAN_HANDLE_MAX]; /* type, bytes */
	size_t len;
	char *path;
};

struct sw_fan_names {
	int fd;
	struct marked *dirs;
	size_t n, cap;
	uint32_t *
		table; /* index + 1 into dirs; open addressing, a power of two, at most half full */
	size_t slots;
	struct sw_fan_stats stats;
	uint8_t *buffer;
	sw_fan_change_fn fn; /* of the read that runs */
	void *ctx;
};

static size_t hash(const uint8_t *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return (size_t)(h ^ h >> 32);
}

static struct marked *find(const struct sw_fan_names *n, const uint8_t *handle, size_t len)
{
	if (!n->slots)
		return NULL;
	for (size_t i = hash(handle, len);; i++) {
		uint32_t at = n->table[i & (n->slots - 1)];

		if (!at)
			return NULL;
		if (n->dirs[at - 1].len == len && !memcmp(n->dirs[at - 1].handle, handle, len))
			return &n->dirs[at - 1];
	}
}

static void place(struct sw_fan_names *n, size_t index)
{
	size_t i = hash(n->dirs[index].handle, n->dirs[index].len);

	while (n->table[i & (n->slots - 1)])
		i++;
	n->table[i & (n->slots - 1)] = (uint32_t)index + 1;
}

static int grow_table(struct sw_fan_names *n)
{
	size_t slots = n->slots ? n->slots * 2 : 256;
	uint32_t *table;

	if (2 * (n->n + 1) <= n->slots)
		return 0;
	table = calloc(slots, sizeof(*table));
	if (!table)
		return -ENOMEM;
	free(n->table);
	n->table = table;
	n->slots = slots;
	for (size_t i = 0; i < n->n; i++)
		place(n, i);
	return 0;
}

int sw_fan_names_new(struct sw_fan_names **ret_names, struct sw_error *err)
{
	struct sw_fan_names *n = calloc(1, sizeof(*n));

	if (!n)
		return sw_error_set(err, ENOMEM, "out of memory");
	n->buffer = malloc(BUFFER);
	n->fd = fanotify_init(SW_FAN_NAMES_INIT, O_RDONLY | O_CLOEXEC);
	if (n->fd < 0 || !n->buffer) {
		int code = n->buffer ? errno : ENOMEM;

		sw_fan_names_free(n);
		return sw_error_set(err, code, "fanotify_init: %s%s", strerror(code),
				    code == EMFILE ? " (fs.fanotify.max_user_groups)" : "");
	}
	*ret_names = n;
	return 0;
}

void sw_fan_names_free(struct sw_fan_names *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	for (size_t i = 0; i < n->n; i++)
		free(n->dirs[i].path);
	free(n->dirs);
	free(n->table);
	free(n->buffer);
	free(n);
}

/* The handle as fanotify will report it. */
static int handle_of(int dirfd, struct marked *ret_dir)
{
	union {
		struct file_handle h;
		uint8_t bytes[sizeof(struct file_handle) + SW_FAN_HANDLE_MAX];
	} u = {.h.handle_bytes = SW_FAN_HANDLE_MAX};
	int mount;

	if (name_to_handle_at(dirfd, "", &u.h, &mount, AT_EMPTY_PATH | AT_HANDLE_FID) < 0) {
		if (errno != EINVAL)
			return -errno;
		u.h.handle_bytes = SW_FAN_HANDLE_MAX;
		if (name_to_handle_at(dirfd, "", &u.h, &mount, AT_EMPTY_PATH) < 0)
			return -errno;
	}
	memcpy(ret_dir->handle, &u.h.handle_type, sizeof(uint32_t));
	memcpy(ret_dir->handle + sizeof(uint32_t), u.h.f_handle, u.h.handle_bytes);
	ret_dir->len = sizeof(uint32_t) + u.h.handle_bytes;
	return 0;
}

int sw_fan_names_mark(struct sw_fan_names *n, int dirfd, const char *path)
{
	struct marked dir = {0};
	int rc = handle_of(dirfd, &dir);

	if (rc < 0)
		return rc;
	if (find(n, dir.handle, dir.len))
		return 0;
	if (grow_table(n) < 0 || SW_GROW(n->dirs, n->n, n->cap) < 0)
		return -ENOMEM;
	dir.path = strdup(path);
	if (!dir.path)
		return -ENOMEM;
	if (fanotify_mark(n->fd, FAN_MARK_ADD | FAN_MARK_ONLYDIR, SW_FAN_NAMES_MASK, dirfd, NULL) <
	    0) {
		rc = -errno;
		free(dir.path);
		return rc;
	}
	n->dirs[n->n] = dir;
	place(n, n->n++);
	n->stats.marks = n->n;
	return 0;
}

static const struct {
	uint64_t mask;
	uint32_t what;
} meanings[] = {
	{FAN_CREATE, SW_FAN_CREATED},	  {FAN_DELETE, SW_FAN_DELETED},
	{FAN_MOVED_FROM, SW_FAN_AWAY},	  {FAN_MOVED_TO, SW_FAN_HERE},
	{FAN_ATTRIB, SW_FAN_META},	  {FAN_MODIFY, SW_FAN_CONTENT},
	{FAN_CLOSE_WRITE, SW_FAN_CLOSED},
};

static void on_record(void *ctx, const struct sw_fan_record *r)
{
	struct sw_fan_names *n = ctx;
	const struct marked *dir;
	struct sw_fan_change c = {.pid = r->pid};

	if (r->mask & FAN_Q_OVERFLOW) {
		n->stats.overflows++;
		return;
	}
	dir = r->handle ? find(n, r->handle, r->handle_len) : NULL;
	for (size_t i = 0; i < SW_ARRAY_LEN(meanings); i++)
		if (r->mask & meanings[i].mask)
			c.what |= meanings[i].what;
	if (!dir || !c.what) {
		/* a directory in a marked one tells of its own attributes by its own handle */
		n->stats.unknown += !(r->mask & FAN_ONDIR) || !r->handle;
		return;
	}
	c.dir = dir->path;
	c.name = r->name && strcmp(r->name, ".") ? r->name : NULL;
	n->fn(n->ctx, &c);
}

int sw_fan_names_read(struct sw_fan_names *n, sw_fan_change_fn fn, void *ctx)
{
	n->fn = fn;
	n->ctx = ctx;
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t len = read(n->fd, n->buffer, BUFFER);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return len == 0 || errno == EAGAIN ? 0 : -errno;
		if (sw_fan_decode(n->buffer, (size_t)len, on_record, n) < 0)
			n->stats.unknown++;
	}
	return 0;
}

void sw_fan_names_stats(const struct sw_fan_names *n, struct sw_fan_stats *ret_stats)
{
	*ret_stats = n->stats;
}
