/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: runs a program with its output thrown away, and prints what the kernel accounted for it.
 * Small, so that the peak is the program's own: a child begins with its parent's.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

static double seconds(struct timespec t)
{
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

static void run(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2)
		cannot("usage: measure PROGRAM [ARGUMENT]...");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = fork();
	if (pid == 0)
		run(argv + 1);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		cannot("run");
	clock_gettime(CLOCK_MONOTONIC, &end);
	tell("measure", "\"seconds\":%.6f,\"cpu\":%.6f,\"peak_kib\":%ld,\"status\":%d",
	     seconds(end) - seconds(begin), cpu(&usage), usage.ru_maxrss,
	     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
