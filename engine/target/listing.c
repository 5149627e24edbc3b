/* SPDX-License-Identifier: Apache-2.0 */
/* Lists directories and remembers lists; decides nothing about walks. */
#include "target/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"
#include "stigwatch/strbuf.h"

#define BUCKETS 4096 /* directories of a large image: 20,000 */

struct memory {
	struct listing *buckets[BUCKETS];
	size_t used; /* bytes */
};

SW_DEFINE_CLEANUP(struct listing *, listing, listing_free)

static struct timespec to_timespec(const struct statx_timestamp *t)
{
	return (struct timespec){.tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec};
}

int place_stat(int dirfd, const char *name, struct stat *ret_st, uint64_t *ret_mount)
{
	struct statx x;

	if (statx(dirfd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_MNT_ID, &x) < 0)
		return -errno;
	*ret_st = (struct stat){
		.st_dev = makedev(x.stx_dev_major, x.stx_dev_minor),
		.st_ino = x.stx_ino,
		.st_mode = x.stx_mode,
		.st_nlink = x.stx_nlink,
		.st_uid = x.stx_uid,
		.st_gid = x.stx_gid,
		.st_rdev = makedev(x.stx_rdev_major, x.stx_rdev_minor),
		.st_size = (off_t)x.stx_size,
		.st_blksize = x.stx_blksize,
		.st_blocks = (blkcnt_t)x.stx_blocks,
		.st_atim = to_timespec(&x.stx_atime),
		.st_mtim = to_timespec(&x.stx_mtime),
		.st_ctim = to_timespec(&x.stx_ctime),
	};
	*ret_mount = x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0;
	return 0;
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

static int read_names(int dirfd, size_t max, struct sw_strbuf *names, size_t *ret_n)
{
	__attribute__((cleanup(close_dir))) DIR *d = NULL;
	_cleanup_fd_ int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *de;
	size_t n = 0;

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	TAKE_FD(fd);
	for (errno = 0; (de = readdir(d)); errno = 0) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		if (++n > max)
			return -E2BIG;
		sw_strbuf_add(names, de->d_name, strlen(de->d_name) + 1);
	}
	*ret_n = n;
	return -errno;
}

int listing_read(int fd, const struct place *place, size_t max, struct listing **ret_listing)
{
	_cleanup_(sw_cleanup_listing) struct listing *l = calloc(1, sizeof(*l));
	_cleanup_strbuf_ struct sw_strbuf text = {0};
	const char *p;
	int rc;

	if (!l)
		return -ENOMEM;
	l->place = *place;
	rc = read_names(fd, max, &text, &l->n);
	if (rc < 0)
		return rc;
	l->names = calloc(l->n + 1, sizeof(*l->names));
	l->text = sw_strbuf_steal(&text);
	if (!l->names || !l->text)
		return -ENOMEM;
	p = l->text;
	for (size_t i = 0; i < l->n; i++, p += strlen(p) + 1)
		l->names[i] = p;
	qsort(l->names, l->n, sizeof(*l->names), compare_names);
	*ret_listing = TAKE(l);
	return 0;
}

void listing_free(struct listing *l)
{
	if (!l)
		return;
	free(l->kept);
	free(l->names);
	free(l->text);
	free(l);
}

struct memory *memory_new(void)
{
	return calloc(1, sizeof(struct memory));
}

void memory_free(struct memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (m->buckets[i]) {
			struct listing *l = m->buckets[i];

			m->buckets[i] = l->next;
			listing_free(l);
		}
	free(m);
}

static size_t bucket(const struct place *p)
{
	return (size_t)(p->ino ^ (p->dev << 5) ^ (p->mount << 9)) % BUCKETS;
}

struct listing *memory_find(const struct memory *m, const struct place *place)
{
	struct listing *l = m && place->mount ? m->buckets[bucket(place)] : NULL;

	while (l && (l->place.ino != place->ino || l->place.dev != place->dev ||
		     l->place.mount != place->mount))
		l = l->next;
	return l;
}

bool memory_keep(struct memory *m, struct listing *l)
{
	size_t size = sizeof(*l) + l->n * (sizeof(*l->kept) + sizeof(*l->names) + 16);

	if (!m || !l->place.mount || size > SW_LIMIT_REMEMBERED - m->used)
		return false;
	l->kept = calloc(l->n + 1, sizeof(*l->kept));
	if (!l->kept)
		return false;
	m->used += size;
	l->next = m->buckets[bucket(&l->place)];
	m->buckets[bucket(&l->place)] = l;
	return true;
}
