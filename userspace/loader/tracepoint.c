/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic tracepoints without a mounted tracefs: minimal hosts and containers do not mount it, and
 * mounting it for ourselves would change the host. Opens perf events; loads nothing.
 */
#include "loader/private.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "stigwatch/cleanup.h"

#ifndef FSOPEN_CLOEXEC
#define FSOPEN_CLOEXEC 1
#define FSMOUNT_CLOEXEC 1
#define FSCONFIG_CMD_CREATE 6
#endif

/* A detached mount: gone with the descriptor, in nobody's mount table. */
static int tracefs_detached(void)
{
	_cleanup_fd_ int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	int mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);

	return mnt < 0 ? -errno : mnt;
}

int sw_tracefs_open(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < SW_ARRAY_LEN(places); i++) {
		_cleanup_fd_ int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && faccessat(fd, "events/syscalls", F_OK, 0) == 0)
			return TAKE_FD(fd);
	}
	return tracefs_detached();
}

static int tracepoint_id(int tracefs, const char *category_name)
{
	char path[256], text[32];
	ssize_t n;

	if (snprintf(path, sizeof(path), "events/%s/id", category_name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	_cleanup_fd_ int fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n ? -errno : -EIO;
	text[n] = '\0';
	return atoi(text);
}

int sw_tracepoint_open(int tracefs, const char *category_name)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int id = tracefs < 0 ? tracefs : tracepoint_id(tracefs, category_name), fd;

	if (id < 0)
		return id;
	attr.config = (uint64_t)id;
	/* a program hangs on the tracepoint itself, so one event on one CPU serves all of them */
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct closer {
	pthread_t thread;
	bool running;
	int fd;
};

static void *closer_run(void *arg)
{
	close(((struct closer *)arg)->fd);
	return NULL;
}

void sw_close_all(const int *fds, size_t n)
{
	_cleanup_free_ struct closer *c = calloc(n ? n : 1, sizeof(*c));

	for (size_t i = 0; i < n; i++) {
		if (fds[i] < 0)
			continue;
		if (c) {
			c[i].fd = fds[i];
			c[i].running = !pthread_create(&c[i].thread, NULL, closer_run, &c[i]);
		}
		if (!c || !c[i].running)
			close(fds[i]);
	}
	for (size_t i = 0; c && i < n; i++)
		if (c[i].running)
			pthread_join(c[i].thread, NULL);
}
