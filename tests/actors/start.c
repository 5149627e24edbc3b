/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: more ways to start a program than exec.c has. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

extern char **environ;

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

/* hardlink PATH NAME [ARG...]: another name of the same inode, executed */
static int act_hardlink(int argc, char **argv)
{
	(void)argc;
	if (link(argv[0], argv[1]) < 0)
		cannot(argv[1]);
	tell("hardlink", "\"path\":\"%s\",\"to\":\"%s\"", argv[1], argv[0]);
	execve(argv[1], argv + 1, environ);
	cannot(argv[1]);
}

/* rename PATH NAME [ARG...]: moved, then executed under the new name */
static int act_rename(int argc, char **argv)
{
	(void)argc;
	if (rename(argv[0], argv[1]) < 0)
		cannot(argv[1]);
	tell("rename", "\"path\":\"%s\",\"from\":\"%s\"", argv[1], argv[0]);
	execve(argv[1], argv + 1, environ);
	cannot(argv[1]);
}

/* tmpfile PROGRAM DIR [ARG...]: a file that never had a name, executed through its descriptor */
static int act_tmpfile(int argc, char **argv)
{
	char path[64], buf[65536];
	int in = open(argv[0], O_RDONLY | O_CLOEXEC);
	int out = open(argv[1], O_TMPFILE | O_RDWR | O_CLOEXEC, 0755);
	ssize_t n;

	(void)argc;
	if (in < 0 || out < 0)
		cannot(argv[1]);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			cannot("write");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", out);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	close(out);
	tell("tmpfile", "\"of\":\"%s\"", argv[0]);
	fexecve(fd, argv + 1, environ);
	cannot("fexecve");
}

/* script INTERPRETER PATH: a script made now, executed */
static int act_script(int argc, char **argv)
{
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	(void)argc;
	if (fd < 0)
		cannot(argv[1]);
	dprintf(fd, "#!%s\n", argv[0]);
	close(fd);
	tell("script", "\"path\":\"%s\",\"interpreter\":\"%s\"", argv[1], argv[0]);
	execve(argv[1], argv + 1, environ);
	cannot(argv[1]);
}

/* check PATH: asks whether it could be executed (AT_EXECVE_CHECK): no execution */
static int act_check(int argc, char **argv)
{
	long rc = syscall(SYS_execveat, AT_FDCWD, argv[0], argv, environ, AT_EXECVE_CHECK);

	(void)argc;
	tell("check", "\"path\":\"%s\",\"answer\":%ld", argv[0], rc);
	return 0;
}

static char **thread_argv;

static void *thread_run(void *arg)
{
	(void)arg;
	execve(thread_argv[0], thread_argv, environ);
	cannot(thread_argv[0]);
}

/* thread PATH [ARG...]: executed by a thread that is not the leader */
static int act_thread(int argc, char **argv)
{
	pthread_t t;

	(void)argc;
	thread_argv = argv;
	tell("thread", "\"path\":\"%s\"", argv[0]);
	if (pthread_create(&t, NULL, thread_run, NULL) != 0)
		cannot("pthread_create");
	pthread_join(t, NULL);
	return 1;
}

/* preload LIBRARY NAME PROGRAM [ARG...]: a copy of a library under a new name, preloaded */
static int act_preload(int argc, char **argv)
{
	char variable[4096], buf[65536];
	char *env[] = {variable, NULL};
	int in = open(argv[0], O_RDONLY | O_CLOEXEC);
	int out = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n;

	(void)argc;
	if (in < 0 || out < 0)
		cannot(argv[1]);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			cannot("write");
	close(out);
	snprintf(variable, sizeof(variable), "LD_PRELOAD=%s", argv[1]);
	tell("preload", "\"library\":\"%s\",\"path\":\"%s\"", argv[1], argv[2]);
	execve(argv[2], argv + 2, env);
	cannot(argv[2]);
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"hardlink", 2, "PATH NAME [ARG...]", act_hardlink},
		{"rename", 2, "PATH NAME [ARG...]", act_rename},
		{"tmpfile", 2, "PROGRAM DIR [ARG...]", act_tmpfile},
		{"script", 2, "INTERPRETER PATH", act_script},
		{"check", 1, "PATH", act_check},
		{"thread", 1, "PATH [ARG...]", act_thread},
		{"preload", 3, "LIBRARY NAME PROGRAM [ARG...]", act_preload},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
