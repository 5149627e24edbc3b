/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: makes namespaces, enters others, changes its root. It does nothing inside them. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"

static int flags_of(const char *names)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {
		{"mnt", CLONE_NEWNS},	     {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC},
		{"pid", CLONE_NEWPID},	     {"net", CLONE_NEWNET}, {"user", CLONE_NEWUSER},
		{"cgroup", CLONE_NEWCGROUP},
	};
	char copy[128], *save = NULL;
	int flags = 0;

	snprintf(copy, sizeof(copy), "%s", names);
	for (char *s = strtok_r(copy, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		int before = flags;

		for (size_t i = 0; i < N_OF(kinds); i++)
			flags |= strcmp(kinds[i].name, s) ? 0 : kinds[i].flag;
		if (flags == before) {
			errno = EINVAL;
			cannot(s);
		}
	}
	return flags;
}

static int act_unshare(int argc, char **argv)
{
	(void)argc;
	if (unshare(flags_of(argv[0])) < 0)
		cannot("unshare");
	tell("unshare", "\"kinds\":\"%s\",\"pid\":%d", argv[0], getpid());
	return 0;
}

static int child_main(void *arg)
{
	(void)arg;
	return 0;
}

static int act_clone(int argc, char **argv)
{
	const size_t size = 65536;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	(void)argc;
	if (stack == MAP_FAILED)
		cannot("mmap");
	pid = clone(child_main, stack + size, flags_of(argv[0]) | SIGCHLD, NULL);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		cannot("clone");
	tell("clone", "\"kinds\":\"%s\",\"pid\":%d", argv[0], getpid());
	return 0;
}

/* setns FILE: enters a namespace that exists, e.g. /proc/1/ns/uts in a container that shares the
 * host's pids */
static int act_setns(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	if (fd < 0 || setns(fd, 0) < 0)
		cannot(argv[0]);
	tell("setns", "\"path\":\"%s\",\"pid\":%d", argv[0], getpid());
	return 0;
}

static int act_chroot(int argc, char **argv)
{
	(void)argc;
	if (chroot(argv[0]) < 0)
		cannot(argv[0]);
	tell("chroot", "\"path\":\"%s\",\"pid\":%d", argv[0], getpid());
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"unshare", 1, "KINDS (mnt,uts,ipc,pid,net,user,cgroup)", act_unshare},
		{"clone", 1, "KINDS", act_clone},
		{"setns", 1, "FILE", act_setns},
		{"chroot", 1, "DIR", act_chroot},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
