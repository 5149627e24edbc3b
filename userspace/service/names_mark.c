/* SPDX-License-Identifier: Apache-2.0 */
/* Which directories of a container fanotify watches, and how to reach them early enough. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "service/names_private.h"

#define OVERLAYFS_MAGIC 0x794c7630

static int open_root(const struct watch *w)
{
	const struct sw_container *c = w->prep->info;
	struct statfs fs;

	if (w->root_fd >= 0)
		return openat(w->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!c || !c->merged_dir)
		return -1;
	/* the runtime has mounted it before it made the cgroup; else it is an empty directory */
	_cleanup_fd_ int fd = open(c->merged_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != OVERLAYFS_MAGIC)
		return -1;
	return TAKE_FD(fd);
}

struct marking {
	struct sw_fan_names *fan;
	struct sw_target *root;
	dev_t dev;
	size_t failed;
	char last[SW_LIMIT_PATH]; /* the directory marked last: entries are sorted */
};

static int mark(struct marking *x, const char *path)
{
	_cleanup_fd_ int fd =
		sw_target_open(x->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	/* gone or hidden by a mount: the sweep's business */
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != x->dev)
		return 0;
	return sw_fan_names_mark(x->fan, fd, path);
}

/* The directory that holds it, and all above, whose renaming would take it along. */
static int mark_above(struct marking *x, const char *path)
{
	char dir[SW_LIMIT_PATH];
	char *slash;
	int rc;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash)
		return 0;
	slash[slash == dir ? 1 : 0] = '\0';
	if (!strcmp(dir, x->last))
		return 0;
	snprintf(x->last, sizeof(x->last), "%s", dir);
	rc = mark(x, dir);
	while (rc == 0 && strcmp(dir, "/") != 0) {
		slash = strrchr(dir, '/');
		slash[slash == dir ? 1 : 0] = '\0';
		rc = mark(x, dir);
	}
	return rc;
}

static int mark_all(struct marking *x, const struct sw_baseline *b)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sw_baseline_count(b); i++) {
		const struct sw_baseline_entry *e = sw_baseline_at(b, i);

		if (!(e->classes & (SW_CLASSES_CODE | SW_OBJ_PKGDB)))
			continue;
		rc = mark_above(x, e->path);
		if (rc == 0 && e->type == 'd')
			rc = mark(x, e->path);
	}
	return rc;
}

/* What was done before the marks were set is not lost: the closing sweep finds it touched. */
void names_start(struct monitor *m, struct watch *w)
{
	struct names *n = names_of(w);
	struct marking x = {0};
	struct sw_error err = {0};
	struct stat st;
	int rc, fd;

	if (!m->fanotify || !n || n->fan || n->refused || w->state != WATCH_LIVE ||
	    !w->prep->baseline)
		return;
	fd = open_root(w);
	if (fd < 0)
		return;
	x.dev = fstat(fd, &st) == 0 ? st.st_dev : 0;
	opened_start(m, w, fd);
	rc = sw_target_open_fd(fd, SW_TARGET_CONTAINER, &x.root, &err);
	if (rc == 0)
		rc = sw_fan_names_new(&x.fan, &err);
	if (rc == 0)
		rc = mark_all(&x, w->prep->baseline);
	sw_target_free(x.root);
	if (rc < 0) {
		n->refused = true;
		progress(m, "%s: fanotify cannot watch its names: %s", w->id,
			 err.text[0] ? err.text : strerror(-rc));
		sw_fan_names_free(x.fan);
		return;
	}
	n->fan = x.fan;
	struct sw_clock now;

	sw_clock_now(NULL, &now);
	n->marked_boot_ns = now.boot_ns;
}

bool names_marked_at(const struct watch *w, int64_t boot_ns)
{
	return w->names && w->names->fan && w->names->marked_boot_ns <= boot_ns;
}
