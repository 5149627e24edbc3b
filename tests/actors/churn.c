/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor, on the host: what a container runtime is in the kernel's eyes. It makes control groups
 * that are named by an id, puts processes with namespaces and a root of their own into them,
 * executes a program there, and removes them. Nothing of it is known to any daemon.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID)

extern char **environ;

static void must(long rc, const char *what)
{
	if (rc < 0)
		cannot(what);
}

static pid_t fork_with(int flags)
{
	pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	must(pid, "clone");
	return pid;
}

static void join_cgroup(int dir)
{
	int fd = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "0", 1) != 1)
		cannot("cgroup.procs");
	close(fd);
}

static int await(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		cannot("waitpid");
	return status;
}

/* An id of 64 digits that no other container has. */
static void id_of(long i, char ret_id[static 65])
{
	snprintf(ret_id, 65, "%016lx%016lx%032lx", (long)getpid(), i, i * 2654435761l);
}

/* containers N PARENT ROOT PROGRAM [ARG...]: N containers below the control group PARENT, one after
 * the other */
static int act_containers(int argc, char **argv)
{
	long n = number_of(argv[0]), bad = 0;
	char path[4096], id[65];

	(void)argc;
	for (long i = 0; i < n; i++) {
		id_of(i, id);
		snprintf(path, sizeof(path), "%s/%s", argv[1], id);
		must(mkdir(path, 0755), path);
		int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		pid_t pid = fork_with(NAMESPACES);

		if (pid == 0) {
			join_cgroup(dir);
			/* so that the mount namespace is not only a copy */
			must(mount(argv[2], argv[2], NULL, MS_BIND, NULL), "mount");
			must(chroot(argv[2]), argv[2]);
			must(chdir("/"), "chdir");
			execve(argv[3], argv + 3, environ);
			cannot(argv[3]);
		}
		close(dir);
		bad += await(pid) != 0;
		must(rmdir(path), path);
	}
	tell("containers", "\"n\":%ld,\"failed\":%ld,\"pid\":%d", n, bad, getpid());
	return bad != 0;
}

static int open_ns(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd, path);
	return fd;
}

/* enter N PID CGROUP PROGRAM [ARG...]: N processes enter a container from outside, one after the
 * other, as docker exec does it */
static int act_enter(int argc, char **argv)
{
	long n = number_of(argv[0]), bad = 0;
	pid_t target = (pid_t)number_of(argv[1]);
	int root = open_ns(target, "root"), mnt = open_ns(target, "ns/mnt");
	int dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)argc;
	must(dir, argv[2]);
	for (long i = 0; i < n; i++) {
		pid_t pid = fork_with(0);

		if (pid == 0) {
			join_cgroup(dir);
			must(setns(mnt, CLONE_NEWNS), "setns");
			must(fchdir(root), "fchdir");
			must(chroot("."), "chroot");
			execve(argv[3], argv + 3, environ);
			cannot(argv[3]);
		}
		bad += await(pid) != 0;
	}
	tell("enter", "\"n\":%ld,\"failed\":%ld", n, bad);
	return bad != 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"containers", 4, "N PARENT ROOT PROGRAM [ARG...]", act_containers},
		{"enter", 4, "N PID CGROUP PROGRAM [ARG...]", act_enter},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
