/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins: the directory in which links and tables outlive the process, and its lock. Knows names and
 * files; what they mean is in adopt.c.
 */
#include "loader/pins.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

#define BPF_FS "/sys/fs/bpf"
#define OPEN_TRIES 8

static bool on_bpf_fs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

/* Where init mounted none, as systemd, bpftool and iproute2 do it. */
static void bpf_fs_mount(const char *dir)
{
	if (strncmp(dir, BPF_FS "/", strlen(BPF_FS "/")) == 0 && !on_bpf_fs(BPF_FS))
		(void)mount("bpf", BPF_FS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700");
}

static int dir_open(const char *dir, bool create, struct sw_error *err)
{
	if (create) {
		bpf_fs_mount(dir);
		if (mkdir(dir, 0700) && errno != EEXIST)
			return sw_error_set(err, errno, "make %s: %s", dir, strerror(errno));
	}
	_cleanup_fd_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return sw_error_set(err, errno, "%s: %s", dir, strerror(errno));
	/* in a BPF file system that all may write to, somebody else may have made it first */
	if (fstat(fd, &st) || st.st_uid != geteuid() || st.st_mode & 022)
		return sw_error_set(err, EPERM, "%s is not ours alone", dir);
	if (fstatfs(fd, &fs) == 0 && fs.f_type == BPF_FS_MAGIC)
		return TAKE_FD(fd);
	if (create)
		rmdir(dir);
	return sw_error_set(err, ENOTSUP, "%s is not in a BPF file system (mount -t bpf)", dir);
}

/* Is the directory at this name still the one that is open? */
static bool same_dir(const char *dir, int fd)
{
	struct stat by_name, by_fd;

	return lstat(dir, &by_name) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

int sw_pins_open(const char *dir, bool create, struct sw_pins **ret_pins, struct sw_error *err)
{
	for (int i = 0; i < OPEN_TRIES; i++) {
		_cleanup_fd_ int fd = dir_open(dir, create, err);

		if (fd < 0)
			return fd;
		if (flock(fd, LOCK_EX | LOCK_NB))
			return sw_error_set(
				err, errno == EWOULDBLOCK ? EBUSY : errno, "%s: %s", dir,
				errno == EWOULDBLOCK ? "another monitor owns it" : strerror(errno));
		if (!same_dir(dir, fd)) /* its owner removed it while we waited */
			continue;
		struct sw_pins *p = calloc(1, sizeof(*p));
		if (p)
			p->dir = strdup(dir);
		if (!p || !p->dir) {
			free(p);
			return sw_error_set(err, ENOMEM, "out of memory");
		}
		p->fd = TAKE_FD(fd);
		*ret_pins = p;
		return 0;
	}
	return sw_error_set(err, EBUSY, "%s comes and goes", dir);
}

void sw_pins_free(struct sw_pins *p)
{
	if (!p)
		return;
	close(p->fd);
	free(p->dir);
	free(p);
}

void sw_pins_path(const struct sw_pins *p, const char *kind, const char *name,
		  char ret_path[static SW_PIN_PATH])
{
	int at = snprintf(ret_path, SW_PIN_PATH, "/proc/self/fd/%d/%s_", p->fd, kind);

	snprintf(ret_path + at, SW_PIN_PATH - (size_t)at, "%s", name);
	/* a BPF file system takes no dots, and a slash is none of ours */
	for (char *c = ret_path + at; *c; c++)
		if (*c == '/' || *c == '.')
			*c = '_';
}

int sw_pins_get(const struct sw_pins *p, const char *kind, const char *name)
{
	char path[SW_PIN_PATH];

	sw_pins_path(p, kind, name, path);
	int fd = bpf_obj_get(path);

	return fd < 0 ? -errno : fd;
}

int sw_pins_put(const struct sw_pins *p, const char *kind, const char *name, int fd)
{
	char path[SW_PIN_PATH];

	sw_pins_path(p, kind, name, path);
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

/* Calls fn for each name; the directory must not be read while it changes, so names come first. */
static int names_read(const struct sw_pins *p, char (**ret_names)[NAME_MAX + 1], size_t *ret_n)
{
	int fd = openat(p->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char(*names)[NAME_MAX + 1] = NULL;
	size_t n = 0, cap = 0;
	struct dirent *e;
	int rc = 0;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	while (rc == 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		rc = SW_GROW(names, n, cap);
		if (rc == 0)
			snprintf(names[n++], sizeof(*names), "%s", e->d_name);
	}
	closedir(d);
	*ret_names = names;
	*ret_n = n;
	return rc;
}

bool sw_pins_empty(const struct sw_pins *p)
{
	char(*names)[NAME_MAX + 1] = NULL;
	size_t n = 0;
	int rc = names_read(p, &names, &n);

	free(names);
	return rc == 0 && n == 0;
}

/*
 * The last reference to a link to a tracepoint waits for a grace period: they are taken out first
 * and given up all at once.
 */
int sw_pins_remove(struct sw_pins *p, struct sw_error *err)
{
	char(*names)[NAME_MAX + 1] = NULL;
	char path[64 + NAME_MAX];
	size_t n = 0;
	int rc = names_read(p, &names, &n);
	_cleanup_free_ int *fds = calloc(n ? n : 1, sizeof(*fds));

	for (size_t i = 0; rc == 0 && i < n; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", p->fd, names[i]);
		if (fds)
			fds[i] = bpf_obj_get(path);
		if (unlinkat(p->fd, names[i], 0) && errno != ENOENT)
			rc = -errno;
	}
	if (fds)
		sw_close_all(fds, n);
	free(names);
	if (rc == 0 && rmdir(p->dir) && errno != ENOENT)
		rc = -errno;
	return rc ? sw_error_set(err, -rc, "remove %s: %s", p->dir, strerror(-rc)) : 0;
}
