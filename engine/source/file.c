/* SPDX-License-Identifier: Apache-2.0 */
/* Reads whole files of content, bounded. The one file of source/ that touches the system; never
 * writes. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "source/internal.h"

/* An href is hostile: it must stay below the benchmark's directory, and on real files. */
int sw_file_open_beneath(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dirfd, name, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int sw_file_read(int fd, const char *name, size_t limit, char **ret_data, size_t *ret_len,
		 struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	char buf[65536];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return sw_error_set(err, errno, "%s: %s", name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return sw_error_set(err, EISDIR, "%s: is a directory", name);
	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sw_error_set(err, errno, "%s: %s", name, strerror(errno));
		if (!n)
			break;
		if (sb.len + (size_t)n > limit)
			return sw_error_set(err, EFBIG, "%s: larger than %zu bytes", name, limit);
		sw_strbuf_add(&sb, buf, (size_t)n);
	}
	*ret_len = sb.len;
	*ret_data = sw_strbuf_steal(&sb);
	return *ret_data ? 0 : sw_error_set(err, ENOMEM, "%s: no memory", name);
}
