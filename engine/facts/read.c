/* SPDX-License-Identifier: Apache-2.0 */
/* Whole-file reading with a limit, for gatherers of content. */
#include <fcntl.h>

#include "facts/read.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"

int sw_open_regular(struct sw_target *t, const char *path, int *ret_fd, struct stat *ret_st)
{
	_cleanup_fd_ int fd = sw_target_open(t, path, O_RDONLY);

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP || fd == -ENXIO || fd == -EISDIR)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, ret_st) < 0)
		return -errno;
	if (!S_ISREG(ret_st->st_mode))
		return 0;
	*ret_fd = TAKE_FD(fd);
	return 1;
}

int sw_read_text(struct sw_target *t, const char *path, char **ret_text, size_t *ret_len,
		 struct stat *ret_st)
{
	_cleanup_fd_ int fd = -1;
	_cleanup_free_ char *buf = NULL;
	size_t len = 0, cap = 0;
	int rc = sw_open_regular(t, path, &fd, ret_st);

	if (rc <= 0)
		return rc;
	if (ret_st->st_size > SW_LIMIT_TEXT_BYTES)
		return -EFBIG;
	for (;;) {
		ssize_t n;

		if (cap - len < 2) { /* sizes lie: /proc says 0, live files grow */
			size_t want = cap ? cap * 2 : (size_t)ret_st->st_size + 4096;
			char *bigger = realloc(buf, want);

			if (!bigger)
				return -ENOMEM;
			buf = bigger;
			cap = want;
		}
		n = read(fd, buf + len, cap - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > SW_LIMIT_TEXT_BYTES)
			return -EFBIG;
	}
	buf[len] = '\0';
	*ret_text = TAKE(buf);
	*ret_len = len;
	return 1;
}

int sw_gather_text(struct sw_gather *g, const char *path, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len;
	int rc = sw_read_text(g->target, path, &text, &len, &st);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "%s: %s", path, strerror(-rc));
		return 0;
	}
	if (rc) {
		g->examined = true;
		g->truncated |= strlen(text) < len;
		*ret_text = TAKE(text);
	}
	return rc;
}
