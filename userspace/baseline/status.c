/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at one object of a target: statx, with the mount it lies on. */
#include "baseline/private.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "stigwatch/target.h"

static int64_t nanoseconds(struct statx_timestamp t)
{
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static int look(int dirfd, const char *name, struct sw_status *ret_status)
{
	struct statx x;

	if (statx(dirfd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_MNT_ID, &x) < 0)
		return -errno;
	*ret_status = (struct sw_status){
		.ino = x.stx_ino,
		.size = x.stx_size,
		.mnt_id = x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0,
		.mode = x.stx_mode,
		.uid = x.stx_uid,
		.gid = x.stx_gid,
		.dev_major = x.stx_dev_major,
		.dev_minor = x.stx_dev_minor,
		.mtime_ns = nanoseconds(x.stx_mtime),
		.ctime_ns = nanoseconds(x.stx_ctime),
	};
	return 0;
}

int sw_status_fd(int fd, struct sw_status *ret_status)
{
	return look(fd, "", ret_status);
}

int sw_status_at(int dirfd, const char *name, struct sw_status *ret_status)
{
	return look(dirfd, name, ret_status);
}

int sw_status_open(struct sw_target *t, const char *path, struct sw_status *ret_status)
{
	_cleanup_fd_ int fd = sw_target_open(t, path, O_PATH | O_NOFOLLOW);
	int rc = fd < 0 ? fd : look(fd, "", ret_status);

	return rc < 0 ? rc : TAKE_FD(fd);
}

char sw_type_char(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFBLK:
		return 'b';
	case S_IFCHR:
		return 'c';
	case S_IFIFO:
		return 'p';
	default:
		return 's';
	}
}

bool sw_path_is_virtual(const char *path)
{
	static const char *const roots[] = {"/proc", "/sys", "/dev"};

	for (size_t i = 0; i < SW_ARRAY_LEN(roots); i++) {
		size_t len = strlen(roots[i]);

		if (strncmp(path, roots[i], len) == 0 && (!path[len] || path[len] == '/'))
			return true;
	}
	return false;
}
