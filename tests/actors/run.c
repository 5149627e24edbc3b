/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: a container's first process that is no shell. Runs programs one after the other, "--"
 *between them: run PROGRAM ARG... -- @wait FILE -- @mark FILE -- @bg PROGRAM ARG... -- ...
 * @wait waits until a file exists, @mark makes one, @bg does not wait for the program's end (but
 *for its exec). It never does a deed itself. Ends with the first non-zero status.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

extern char **environ;

static int wait_for(const char *path)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};

	for (int i = 0; i < 60 * 100; i++) {
		if (access(path, F_OK) == 0)
			return 0;
		nanosleep(&moment, NULL);
	}
	errno = ETIMEDOUT;
	cannot(path);
}

static int mark(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0)
		cannot(path);
	close(fd);
	return 0;
}

static pid_t start(char **argv)
{
	int pipefd[2];
	char byte;
	pid_t pid;

	/* the write end closes by itself once the exec succeeded */
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		cannot("pipe");
	pid = fork();
	if (pid < 0)
		cannot("fork");
	if (pid == 0) {
		execve(argv[0], argv, environ);
		cannot(argv[0]);
	}
	close(pipefd[1]);
	if (read(pipefd[0], &byte, 1) < 0)
		cannot("read");
	close(pipefd[0]);
	return pid;
}

static int step(char **argv)
{
	int status;
	pid_t pid;

	if (!strcmp(argv[0], "@wait"))
		return argv[1] ? wait_for(argv[1]) : 100;
	if (!strcmp(argv[0], "@mark"))
		return argv[1] ? mark(argv[1]) : 100;
	if (!strcmp(argv[0], "@bg")) {
		start(argv + 1);
		return 0;
	}
	pid = start(argv);
	if (waitpid(pid, &status, 0) != pid)
		cannot("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	for (int first = 1; first < argc;) {
		int end = first, status;

		while (end < argc && strcmp(argv[end], "--") != 0)
			end++;
		argv[end] = NULL;
		status = end > first ? step(argv + first) : 0;
		if (status)
			return status;
		first = end + 1;
	}
	return 0;
}
