/* SPDX-License-Identifier: Apache-2.0 */
/* The deeds of test_live.c: each runs in the watched cgroup and dies when one cannot be done. */
#pragma once

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- actors: run as `test_live --actor NAME ARG`, inside the watched cgroup ---- */

static void say(const char *what, int rc)
{
	if (rc < 0) {
		perror(what);
		_exit(1);
	}
}

static void actor_files(const char *d)
{
	char a[PATH_MAX], b[PATH_MAX];
	int fd;

	say("chdir", chdir(d));
	fd = open("code", O_WRONLY);
	say("open code", fd);
	say("write", (int)write(fd, "x", 1));
	say("fchmod", fchmod(fd, 0700));
	say("ftruncate", ftruncate(fd, 5000));
	close(fd);
	fd = open("plain", O_WRONLY | O_CREAT, 0644); /* no class, no execute bit: filtered */
	say("open plain", fd);
	close(fd);
	fd = open("fresh", O_WRONLY | O_CREAT, 0755);
	say("open fresh", fd);
	close(fd);
	fd = open("db/installed", O_WRONLY);
	say("open db", fd);
	close(fd);
	fd = open("db/new", O_WRONLY | O_CREAT, 0644);
	say("open db/new", fd);
	close(fd);
	fd = open("code", O_RDONLY); /* nothing */
	close(fd);
	say("rename", rename("fresh", "db/moved"));
	snprintf(a, sizeof(a), "%s/plain", d);
	snprintf(b, sizeof(b), "%s/link", d);
	say("symlink", symlink("plain", "soft"));
	say("link", link(a, b));
	say("chmod", chmod("plain", 04755));
	say("unlink", unlink(b));
}

/* Renames by a 32-bit call of this 64-bit program: names below 4 GiB, int 0x80, rename is 38. */
static int rename32(const char *from, const char *to)
{
	long rc = -ENOSYS;
#ifdef __x86_64__
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		return -ENOMEM;
	strcpy(low, from);
	strcpy(low + 2048, to);
	asm volatile("int $0x80"
		     : "=a"(rc)
		     : "a"(38), "b"(low), "c"(low + 2048)
		     : "memory", "r8", "r9", "r10", "r11");
	rc = (int)rc;
#endif
	return (int)rc;
}

/* What only security hooks see whole: victims, refusals, and calls of another width. */
static void actor_names(const char *d)
{
	say("chdir", chdir(d));
	if (rename("db", "db/below") != -1) /* refused by the work itself: nothing happened */
		_exit(1);
	if (rmdir("db") != -1)
		_exit(1);
	say("fresh", open("fresh", O_WRONLY | O_CREAT, 0755));
	say("rename over code", rename("fresh", "code"));
	say("unlink code", unlink("box"));
	say("mkdir", mkdir("made", 0750));
	say("mknod", mknod("pipe", S_IFIFO | 0600, 0));
	say("rmdir", rmdir("made"));
	say("exchange",
	    (int)syscall(SYS_renameat2, AT_FDCWD, "quiet", AT_FDCWD, "shell", 2 /* EXCHANGE */));
	say("setxattr", setxattr("shell", "user.note", "x", 1, 0));
	say("removexattr", removexattr("shell", "user.note"));
	say("fallocate", fallocate(open("shell", O_RDWR), 1 /* KEEP_SIZE */, 0, 4096));
	if (rename32("apk", "apk32") && rename("apk", "apk32"))
		_exit(1);
}

/* Decisions that come to nothing: the node of an open that creates, flags that cannot be read. */
static void actor_given_up(const char *d)
{
	int fd;

	say("chdir", chdir(d));
	fd = open("late", O_WRONLY | O_CREAT, 0755);
	say("open late", fd);
	if (syscall(SYS_ioctl, fd, 0x40086602 /* FS_IOC_SETFLAGS */, NULL) != -1)
		_exit(1);
}

static void actor_overlay(const char *d)
{
	say("chdir", chdir(d));
	say("chmod", chmod("tool", 0711));
	say("setxattr", setxattr("tool", "user.note", "x", 1, 0));
}

/* A script whose interpreter is missing, then one that starts. */
static void actor_script(const char *d)
{
	char *argv[] = {"script", NULL};

	say("chdir", chdir(d));
	if (execv("refused", argv) != -1)
		_exit(1);
	say("execv", execv("script", argv));
}

static int child_exit(void *arg)
{
	return 0;
}

static void actor_namespaces(const char *d)
{
	static char stack[65536] __attribute__((aligned(16)));
	int pid, fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	say("open ns", fd);
	say("unshare", unshare(CLONE_NEWUTS));
	say("setns", setns(fd, CLONE_NEWUTS));
	pid = clone(child_exit, stack + sizeof(stack), CLONE_NEWIPC | SIGCHLD, NULL);
	say("clone", pid);
	waitpid(pid, NULL, 0);
	pid = fork(); /* no flags: nothing */
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	say("chroot", chroot(d));
	say("chroot again", chroot("/")); /* the same root: nothing */
}

static void actor_memfd(const char *program)
{
	char *argv[] = {"mem", NULL}, buf[65536];
	int in = open(program, O_RDONLY | O_CLOEXEC), fd = memfd_create("payload", MFD_CLOEXEC);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		say("write", (int)write(fd, buf, (size_t)n));
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	say("execveat", -1);
}

/* n executions of true, then one of the shell class: the violation in the flood. */
static void actor_flood(const char *d)
{
	char prog[PATH_MAX], *quiet[] = {"code", "true", NULL}, *shell[] = {"shell", NULL};

	for (int i = 0; i <= 400; i++) {
		pid_t pid = fork();

		if (!pid) {
			snprintf(prog, sizeof(prog), "%s/%s", d, i == 400 ? "shell" : "quiet");
			execv(prog, i == 400 ? shell : quiet);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
	}
}

static void actor_append(const char *file)
{
	int fd = open(file, O_WRONLY | O_APPEND);

	say("open", fd);
	say("write", (int)write(fd, "x", 1));
	close(fd);
}

static int actor(const char *name, const char *arg)
{
	char *argv[] = {"code", NULL};

	if (!strcmp(name, "files"))
		actor_files(arg);
	else if (!strcmp(name, "names"))
		actor_names(arg);
	else if (!strcmp(name, "given-up"))
		actor_given_up(arg);
	else if (!strcmp(name, "overlay"))
		actor_overlay(arg);
	else if (!strcmp(name, "script"))
		actor_script(arg);
	else if (!strcmp(name, "namespaces"))
		actor_namespaces(arg);
	else if (!strcmp(name, "memfd"))
		actor_memfd(arg);
	else if (!strcmp(name, "flood"))
		actor_flood(arg);
	else if (!strcmp(name, "append"))
		actor_append(arg);
	else if (!strcmp(name, "become"))
		say("execv", execv(arg, argv));
	return 0;
}

/* Of some disk of the machine, as a number; nothing is written to it. 0: there is none. */
static inline dev_t some_disk(void)
{
	unsigned int major = 0, minor = 0;
	char path[PATH_MAX];
	struct dirent *e;
	DIR *all = opendir("/sys/block");
	bool loop = false;

	while (all && !loop && (e = readdir(all))) {
		loop = !strncmp(e->d_name, "loop", 4); /* nothing is behind it */
		if (e->d_name[0] == '.' || (major && !loop))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/dev", e->d_name);
		FILE *f = fopen(path, "re");
		if (!f || fscanf(f, "%u:%u", &major, &minor) != 2)
			major = 0;
		if (f)
			fclose(f);
	}
	if (all)
		closedir(all);
	return makedev(major, minor);
}
