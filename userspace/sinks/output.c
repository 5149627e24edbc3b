/* SPDX-License-Identifier: Apache-2.0 */
/* Makes output files appear whole or not at all; must not know what is written into them. */
#include "sinks/output.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

struct sw_output {
	char *path;   /* as the caller named it, for messages */
	char *final;  /* last component, symlinks followed */
	char tmp[48]; /* name of the temporary file in dirfd; "" when written directly */
	int dirfd;    /* directory of both; -1 when written directly */
	int fd;
	int failed;   /* the first write error, negative errno */
	bool written; /* at least one byte */
};

static void output_free(struct sw_output *o)
{
	if (!o)
		return;
	if (o->tmp[0])
		unlinkat(o->dirfd, o->tmp, 0);
	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		close(o->fd);
	if (o->dirfd >= 0)
		close(o->dirfd);
	free(o->path);
	free(o->final);
	free(o);
}
SW_DEFINE_CLEANUP(struct sw_output *, output, output_free)

/* Names that stand for a descriptor: what lies behind one may be a regular file that others hold
 * open. */
static bool is_descriptor_name(const char *path)
{
	static const char *const prefixes[] = {"/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/"};

	for (size_t i = 0; i < SW_ARRAY_LEN(prefixes); i++) {
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

static int open_direct(struct sw_output *o, struct sw_error *err)
{
	o->fd = open(o->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (o->fd < 0)
		return sw_error_set(err, errno, "output %s: %s", o->path, strerror(errno));
	return 0;
}

static int open_temporary(struct sw_output *o, const struct stat *old)
{
	for (int tries = 0; tries < 100; tries++) {
		uint64_t r;

		if (getrandom(&r, sizeof(r), 0) != sizeof(r))
			return -EIO;
		snprintf(o->tmp, sizeof(o->tmp), ".stigwatch-%016" PRIx64 ".tmp", r);
		o->fd = openat(o->dirfd, o->tmp,
			       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
		if (o->fd >= 0)
			break;
		o->tmp[0] = '\0';
		if (errno != EEXIST)
			return -errno;
	}
	if (o->fd < 0)
		return -EEXIST;
	/* a file that is replaced keeps its mode; where that is refused the umask's mode is good
	 * enough */
	if (old && fchmod(o->fd, old->st_mode & 0777) < 0 && errno != EPERM)
		return -errno;
	return 0;
}

/* Splits the path, symlinks in the last component followed, into a directory descriptor and a name.
 */
static int open_beside(struct sw_output *o, const struct stat *old, struct sw_error *err)
{
	_cleanup_free_ char *real = NULL;
	char *slash;
	int rc;

	real = old ? realpath(o->path, NULL) : strdup(o->path);
	if (!real)
		return sw_error_set(err, errno, "output %s: %s", o->path, strerror(errno));
	slash = strrchr(real, '/');
	o->final = strdup(slash ? slash + 1 : real);
	if (!o->final)
		return sw_error_set(err, ENOMEM, "output %s: out of memory", o->path);
	if (!*o->final)
		return sw_error_set(err, EISDIR, "output %s: is a directory", o->path);
	if (slash)
		slash[slash == real] = '\0';
	o->dirfd = open(slash ? real : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dirfd < 0)
		return sw_error_set(err, errno, "output %s: directory %s: %s", o->path,
				    slash ? real : ".", strerror(errno));
	rc = open_temporary(o, old);
	if (rc < 0)
		return sw_error_set(err, -rc, "output %s: %s", o->path, strerror(-rc));
	return 0;
}

static int open_named(struct sw_output *o, struct sw_error *err)
{
	struct stat st, lst;

	if (is_descriptor_name(o->path))
		return open_direct(o, err);
	if (stat(o->path, &st) < 0) {
		if (errno != ENOENT)
			return sw_error_set(err, errno, "output %s: %s", o->path, strerror(errno));
		if (lstat(o->path, &lst) == 0)
			return sw_error_set(err, ENOENT, "output %s: symbolic link to nowhere",
					    o->path);
		return open_beside(o, NULL, err);
	}
	if (S_ISDIR(st.st_mode))
		return sw_error_set(err, EISDIR, "output %s: is a directory", o->path);
	return S_ISREG(st.st_mode) ? open_beside(o, &st, err) : open_direct(o, err);
}

int sw_output_open(const char *path, struct sw_output **ret_output, struct sw_error *err)
{
	_cleanup_(sw_cleanup_output) struct sw_output *o = calloc(1, sizeof(*o));
	int rc;

	if (!o)
		return sw_error_set(err, ENOMEM, "output: out of memory");
	o->fd = o->dirfd = -1;
	if (!path || !*path)
		return sw_error_set(err, EINVAL, "output: empty file name");
	o->path = strdup(strcmp(path, "-") == 0 ? "standard output" : path);
	if (!o->path)
		return sw_error_set(err, ENOMEM, "output: out of memory");
	if (strcmp(path, "-") == 0) {
		o->fd = STDOUT_FILENO;
	} else {
		rc = open_named(o, err);
		if (rc < 0)
			return rc;
	}
	*ret_output = TAKE(o);
	return 0;
}

int sw_output_write(void *output, const void *data, size_t len)
{
	struct sw_output *o = output;
	const char *p = data;

	if (o->failed)
		return o->failed;
	while (len > 0) {
		ssize_t n = write(o->fd, p, len > SSIZE_MAX ? SSIZE_MAX : len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return o->failed = -errno;
		}
		o->written = true;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int commit(struct sw_output *o)
{
	int fd;

	if (o->failed)
		return o->failed;
	if (!o->written)
		return -ENODATA;
	/* a pipe, a terminal or /dev/null cannot be synced: nothing to keep there */
	if (fsync(o->fd) < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		return -errno;
	if (o->fd == STDOUT_FILENO)
		return 0;
	fd = TAKE_FD(o->fd);
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	if (!o->tmp[0])
		return 0;
	if (renameat(o->dirfd, o->tmp, o->dirfd, o->final) < 0)
		return -errno;
	o->tmp[0] = '\0';
	/* the name is there; a directory that cannot be synced (some network file systems) does not
	 * undo it */
	if (fsync(o->dirfd) < 0 && errno != EINVAL && errno != ENOTSUP)
		return -errno;
	return 0;
}

int sw_output_commit(struct sw_output *o, struct sw_error *err)
{
	int rc = commit(o);

	if (rc == -ENODATA)
		sw_error_set(err, ENODATA, "output %s: nothing was written to it", o->path);
	else if (rc < 0)
		sw_error_set(err, -rc, "output %s: %s", o->path, strerror(-rc));
	output_free(o);
	return rc;
}

void sw_output_abort(struct sw_output *o)
{
	output_free(o);
}
