/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows the layers of an image as one read-only tree, mounted nowhere that anybody sees; never
 * writes to a layer, not even an access time.
 */
#include "containers/private.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "stigwatch/error.h"
#include "stigwatch/strbuf.h"

/* sys/mount.h and linux/mount.h cannot be included together before glibc 2.37 */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
#define CLASSIC_RDONLY 0x1
#define CLASSIC_NOSUID 0x2
#define CLASSIC_NODEV 0x4
#define CLASSIC_NOEXEC 0x8
#define CLASSIC_NOATIME 0x400
#define CLASSIC_REC 0x4000
#define CLASSIC_PRIVATE (1 << 18)

#define VIEW_ATTRS                                                                                 \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |            \
	 MOUNT_ATTR_NOATIME)

struct fds {
	int *items;
	size_t n;
};

static void fds_release(struct fds *fds)
{
	for (size_t i = 0; i < fds->n; i++)
		close(fds->items[i]);
	free(fds->items);
}
#define _cleanup_fds_ _cleanup_(fds_release)

/* Layers are handed to the kernel as /proc/self/fd/N: short, and free of the ':' and ',' that
 * options give a meaning. */
static int open_layers(char *const *dirs, size_t n, struct fds *fds, struct sw_error *err)
{
	fds->items = calloc(n, sizeof(*fds->items));
	if (!fds->items)
		return sw_error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		int fd = open(dirs[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return sw_error_set(err, errno, "layer %s: %s", dirs[i],
					    errno == EACCES ? "no permission: run as root"
							    : strerror(errno));
		fds->items[fds->n++] = fd;
	}
	return 0;
}

/* One layer needs no overlay: a private, read-only clone of its mount, or the directory where that
 * is refused. */
static int open_single(const char *dir, struct sw_error *err)
{
	struct mount_attr attr = {.attr_set = VIEW_ATTRS, .attr_clr = MOUNT_ATTR__ATIME};
	_cleanup_fd_ int fd = -1;
	_cleanup_fds_ struct fds one = {0};
	char *const dirs[] = {(char *)dir};
	int rc = open_layers(dirs, 1, &one, err);

	if (rc < 0)
		return rc;
	fd = (int)syscall(SYS_open_tree, one.items[0], "",
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | 0x1000 /* AT_EMPTY_PATH */);
	if (fd >= 0 && syscall(SYS_mount_setattr, fd, "", 0x1000, &attr, sizeof(attr)) == 0)
		return TAKE_FD(fd);
	fd = TAKE_FD(one.items[0]);
	one.n = 0;
	return TAKE_FD(fd);
}

/* Linux 6.8 on: a detached mount, one "lowerdir+" a layer. */
static int mount_detached(char *const *dirs, size_t n)
{
	_cleanup_fds_ struct fds layers = {0};
	_cleanup_fd_ int fs = -1;
	int fd;

	if (open_layers(dirs, n, &layers, NULL) < 0)
		return -ENOENT;
	fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", layers.items[i]);
		if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir+", path, 0) < 0)
			return -errno;
	}
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, VIEW_ATTRS);
	return fd < 0 ? -errno : fd;
}

/* ---- older kernels: a thread with a mount namespace of its own ---- */

struct job {
	char *const *dirs;
	size_t n;
	int fd; /* the answer: descriptor or negative errno */
	struct sw_error err;
};

static int mount_private(struct job *job)
{
	/* any directory that exists everywhere; nothing is looked up below it afterwards */
	static const char *const points[] = {"/tmp", "/run", "/mnt", "/var", "/etc"};
	_cleanup_fds_ struct fds layers = {0};
	_cleanup_strbuf_ struct sw_strbuf options = {0};
	int rc, fd;

	if (unshare(CLONE_NEWNS) < 0)
		return sw_error_set(&job->err, errno, "mount namespace: %s", strerror(errno));
	if (mount("none", "/", NULL, CLASSIC_REC | CLASSIC_PRIVATE, NULL) < 0)
		return sw_error_set(&job->err, errno, "private mounts: %s", strerror(errno));
	/* opened here: overlayfs takes layers of its own mount namespace only */
	rc = open_layers(job->dirs, job->n, &layers, &job->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < job->n; i++)
		sw_strbuf_addf(&options, "%s/proc/self/fd/%d",
			       i ? ":" : "lowerdir=", layers.items[i]);
	if (!sw_strbuf_str(&options))
		return sw_error_set(&job->err, ENOMEM, "out of memory");
	if (options.len >= 4095) /* the kernel copies one page of options */
		return sw_error_set(&job->err, E2BIG, "%zu layers: more than this kernel can show",
				    job->n);
	for (size_t i = 0; i < SW_ARRAY_LEN(points); i++) {
		if (mount("overlay", points[i], "overlay",
			  CLASSIC_RDONLY | CLASSIC_NOSUID | CLASSIC_NODEV | CLASSIC_NOEXEC |
				  CLASSIC_NOATIME,
			  sw_strbuf_str(&options)) < 0) {
			if (errno == ENOENT || errno == ENOTDIR)
				continue;
			return sw_error_set(&job->err, errno, "overlay: %s", strerror(errno));
		}
		fd = open(points[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? sw_error_set(&job->err, errno, "overlay: %s", strerror(errno)) : fd;
	}
	return sw_error_set(&job->err, ENOENT, "overlay: no directory to mount it on");
}

static void *thread_main(void *ctx)
{
	struct job *job = ctx;

	job->fd = mount_private(job);
	return NULL;
}

int sw_layers_open(char *const *dirs, size_t n, struct sw_error *err)
{
	struct job job = {.dirs = dirs, .n = n};
	pthread_t thread;
	int rc, fd;

	if (n == 0)
		return sw_error_set(err, ENOTSUP, "no layer directories are known");
	if (n == 1)
		return open_single(dirs[0], err);
	fd = mount_detached(dirs, n);
	if (fd >= 0)
		return fd;
	/* the thread's namespace, and with it the mount, goes when the thread ends: the descriptor
	 * alone keeps it */
	rc = pthread_create(&thread, NULL, thread_main, &job);
	if (rc != 0)
		return sw_error_set(err, rc, "thread: %s", strerror(rc));
	pthread_join(thread, NULL);
	if (job.fd == -EPERM)
		return sw_error_set(err, EPERM, "%s: showing image layers needs CAP_SYS_ADMIN",
				    job.err.text);
	if (job.fd < 0)
		return sw_error_set(err, -job.fd, "%s", job.err.text);
	return job.fd;
}
