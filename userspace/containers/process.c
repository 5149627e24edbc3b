/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the root directory of a process, sure that it still is the process that was meant. */
#include "containers/private.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "stigwatch/error.h"

#define PROC_FILE_MAX                                                                              \
	(1u << 20) /* bytes read of one /proc file; a host with 5,000 mounts stays below */

/* Reads a file of the pinned /proc/PID; "" when it cannot be read. */
static char *read_proc(int dirfd, const char *name)
{
	_cleanup_fd_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = malloc(PROC_FILE_MAX + 1);
	size_t len = 0;
	ssize_t n;

	if (!text)
		return NULL;
	while (fd >= 0 && len < PROC_FILE_MAX &&
	       (n = read(fd, text + len, PROC_FILE_MAX - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return TAKE(text);
}

/* The line of mountinfo whose mount point is "/" names its upper layer (unless that has odd
 * characters). */
static bool root_has_upper(char *mountinfo, const char *upper)
{
	char *save = NULL;

	for (char *line = strtok_r(mountinfo, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char point[8] = "";
		const char *at;
		size_t len = strlen(upper);

		if (sscanf(line, "%*d %*d %*s %*s %7s", point) != 1 || strcmp(point, "/") != 0)
			continue;
		at = strstr(line, "upperdir=");
		if (at && strncmp(at + 9, upper, len) == 0 && (at[9 + len] == ',' || !at[9 + len]))
			return true;
	}
	return false;
}

/*
 * A pid alone can be another process by now. The daemon's cgroup path holds the container's id
 * whatever the driver
 * ("docker/ID", "docker-ID.scope", "libpod-ID.scope"); without cgroups of its own, the root's upper
 * layer tells.
 */
static int check_identity(int procfd, const char *id, const char *upper_dir)
{
	_cleanup_free_ char *cgroup = read_proc(procfd, "cgroup"), *mounts = NULL;

	if (!cgroup)
		return -ENOMEM;
	if (strstr(cgroup, id))
		return 0;
	mounts = upper_dir ? read_proc(procfd, "mountinfo") : NULL;
	if (mounts && root_has_upper(mounts, upper_dir))
		return 0;
	return -ESRCH;
}

int sw_process_root(int pid, const char *id, const char *upper_dir, struct sw_error *err)
{
	_cleanup_fd_ int procfd = -1, fd = -1;
	char path[32];

	/* one descriptor of /proc/PID serves all: a pid that is used again answers ESRCH through it
	 */
	snprintf(path, sizeof(path), "/proc/%d", pid);
	procfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (procfd < 0)
		return sw_error_set(err, ESRCH, "no process %d", pid);
	fd = openat(procfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sw_error_set(err, errno, "root of process %d: %s%s", pid, strerror(errno),
				    geteuid() != 0 ? ": run as root" : "");
	if (id && check_identity(procfd, id, upper_dir) < 0)
		return sw_error_set(err, ESRCH, "process %d is not (or no longer) container %.12s",
				    pid, id);
	return TAKE_FD(fd);
}
