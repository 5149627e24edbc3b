/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolves paths inside a target's root and opens them. The only place that turns a target's path
 * into a descriptor: nothing here may block on, or wake, a FIFO or a device, or change an access
 * time where that is allowed.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"
#include "stigwatch/target.h"
#include "target/internal.h"

#define OPEN_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC)
#define OPEN_RETRIES                                                                               \
	32 /* RESOLVE_IN_ROOT gives EAGAIN when a rename or mount races with a ".."                \
	    */

static int resolve(int rootfd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	if (strlen(path) >= SW_LIMIT_PATH)
		return -ENAMETOOLONG;
	while (*path == '/')
		path++;
	for (int i = 0; i < OPEN_RETRIES; i++) {
		fd = syscall(SYS_openat2, rootfd, *path ? path : ".", &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd >= 0 ? (int)fd : -errno;
}

/* Without O_NOATIME when we do not own the file: the kernel then says EPERM. */
static int open_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = open(path, flags | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

static bool same_object(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       (a->st_mode & S_IFMT) == (b->st_mode & S_IFMT);
}

/*
 * Opens for reading what pathfd (O_PATH) names. A FIFO without a writer blocks and some devices act
 * on open, so only regular files and directories are opened; the object, not the name, is reopened.
 */
int target_reopen(int pathfd, int flags)
{
	char proc[64];
	_cleanup_fd_ int fd = -1;
	struct stat st, again;

	if (fstat(pathfd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -ENXIO;
	if (S_ISDIR(st.st_mode)) {
		fd = openat(pathfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	} else {
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", pathfd);
		fd = open_path(proc, (flags & ~O_NOFOLLOW) | O_NONBLOCK);
		if (fd < 0)
			return fd;
	}
	if (fstat(fd, &again) < 0)
		return -errno;
	if (!same_object(&st, &again))
		return -ESTALE;
	return TAKE_FD(fd);
}

int sw_target_open(struct sw_target *t, const char *path, int flags)
{
	_cleanup_fd_ int fd = -1;

	if (flags & ~OPEN_FLAGS) /* reading only: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, ... */
		return -EINVAL;
	if (t->ops)
		return t->ops->open(t, path, flags);
	if (flags & (O_PATH | O_DIRECTORY))
		return resolve(t->rootfd, path, flags & ~O_NOATIME);
	fd = resolve(t->rootfd, path, O_PATH | (flags & O_NOFOLLOW));
	if (fd < 0)
		return fd;
	return target_reopen(fd, flags & ~(O_NOATIME | O_NOFOLLOW));
}

int sw_target_stat(struct sw_target *t, const char *path, bool follow, struct stat *ret_st)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (t->ops)
		return t->ops->stat(t, path, follow, ret_st);
	fd = resolve(t->rootfd, path, O_PATH | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_st = st;
	return 0;
}

/* The object that a walk in a directory reports. */
static int locate(const struct sw_walk_entry *entry)
{
	int fd;

	if (entry->dirfd < 0)
		return resolve(entry->target->rootfd, entry->path, O_PATH | O_NOFOLLOW);
	fd = openat(entry->dirfd, entry->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sw_target_open_entry(const struct sw_walk_entry *entry)
{
	_cleanup_fd_ int fd = -1;

	if (entry->target && entry->target->ops)
		return entry->target->ops->open_entry(entry);
	fd = locate(entry);
	if (fd < 0)
		return fd;
	return target_reopen(fd, O_RDONLY);
}

uint64_t sw_target_entry_order(const struct sw_walk_entry *entry)
{
	return entry->target && entry->target->ops ? entry->target->ops->order(entry) : 0;
}

int sw_target_file_open(const struct sw_walk_entry *entry, struct sw_target_file *ret_file)
{
	int fd;

	if (entry->target && entry->target->ops)
		return entry->target->ops->file_open(entry, ret_file);
	fd = sw_target_open_entry(entry);
	if (fd < 0)
		return fd;
	*ret_file = (struct sw_target_file){.fd = fd};
	return 0;
}

ssize_t sw_target_file_read(const struct sw_target_file *file, void *buf, size_t size,
			    uint64_t offset)
{
	size_t done = 0;

	if (file->fd < 0 && !file->target)
		return -EBADF;
	if (file->fd < 0)
		return file->target->ops->file_read(file, buf, size, offset);
	while (done < size) {
		ssize_t n =
			pread(file->fd, (char *)buf + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

void sw_target_file_close(struct sw_target_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

bool sw_target_is_remote(int fd)
{
	/* File systems whose content lives elsewhere: OVAL's recurse_file_system="local" leaves
	 * them out. */
	static const unsigned long remote[] = {
		NFS_SUPER_MAGIC,    SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
		AFS_SUPER_MAGIC,    AFS_FS_MAGIC,     CODA_SUPER_MAGIC, NCP_SUPER_MAGIC,
		AUTOFS_SUPER_MAGIC, CEPH_SUPER_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < SW_ARRAY_LEN(remote); i++)
		if ((unsigned long)fs.f_type == remote[i])
			return true;
	return false;
}

ssize_t sw_target_readlink(struct sw_target *t, const char *path, char *buf, size_t size)
{
	_cleanup_fd_ int fd = -1;
	ssize_t n;

	if (t->ops)
		return t->ops->readlink(t, path, buf, size);
	fd = resolve(t->rootfd, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", buf, size);
	if (n < 0) /* ENOENT: the descriptor is none of a link */
		return errno == ENOENT ? -EINVAL : -errno;
	return n;
}

/* Attributes are refused on O_PATH itself; the magic link leads to the object, a link included. */
static ssize_t fd_getxattr(int fd, const char *name, void *buf, size_t size)
{
	char proc[64];
	ssize_t n;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = getxattr(proc, name, buf, size);
	return n < 0 ? -errno : n;
}

ssize_t sw_target_getxattr(struct sw_target *t, const char *path, const char *name, void *buf,
			   size_t size)
{
	_cleanup_fd_ int fd = -1;

	if (t->ops)
		return t->ops->getxattr(t, path, name, buf, size);
	fd = resolve(t->rootfd, path, O_PATH | O_NOFOLLOW);
	return fd < 0 ? fd : fd_getxattr(fd, name, buf, size);
}

ssize_t sw_target_entry_getxattr(const struct sw_walk_entry *entry, const char *name, void *buf,
				 size_t size)
{
	_cleanup_fd_ int fd = -1;

	if (entry->target && entry->target->ops)
		return entry->target->ops->getxattr(entry->target, entry->path, name, buf, size);
	fd = locate(entry);
	return fd < 0 ? fd : fd_getxattr(fd, name, buf, size);
}

ssize_t sw_target_listxattr(struct sw_target *t, const char *path, char *buf, size_t size)
{
	_cleanup_fd_ int fd = -1;
	char proc[64];
	ssize_t n;

	if (t->ops)
		return t->ops->listxattr(t, path, buf, size);
	fd = resolve(t->rootfd, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = listxattr(proc, buf, size);
	return n < 0 ? -errno : n;
}

int sw_target_has_acl(struct sw_target *t, const char *path)
{
	ssize_t n = sw_target_getxattr(t, path, "system.posix_acl_access", NULL, 0);

	if (n > 0)
		return 1;
	if (n == 0 || n == -ENODATA)
		return 0;
	return n == -ENOENT || n == -ENOTDIR || n == -ELOOP || n == -ENAMETOOLONG ? (int)n
										  : -EOPNOTSUPP;
}
