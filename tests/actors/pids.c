/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: several processes that have the same number, one after the other, in its pid namespace and
 * in the one above. It needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN there. What they execute is
 * their deed, not its.
 */
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

extern char **environ;

static pid_t clone_as(pid_t inner, pid_t outer)
{
	pid_t tids[] = {inner, outer};
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = (uintptr_t)tids, .set_tid_size = N_OF(tids)};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		cannot("clone3");
	return pid;
}

static long long boot_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void execute(char **argv)
{
	execve(argv[0], argv, environ);
	cannot(argv[0]);
}

/* By a child of its own: the process with the number executes nothing. */
static void execute_below(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		execute(argv);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		cannot("fork");
	_exit(WEXITSTATUS(status));
}

/* One process with the number; @bg: it is not waited for; @below: its child does it. */
static void step(int n, pid_t inner, pid_t outer, char **argv)
{
	long long from = boot_ns();
	int status = 0, background = !strcmp(argv[0], "@bg"), below = !strcmp(argv[0], "@below");
	pid_t pid = clone_as(inner, outer);

	if (pid == 0 && below)
		execute_below(argv + 1);
	if (pid == 0)
		execute(argv + background);
	if (!background && waitpid(pid, &status, 0) != pid)
		cannot("waitpid");
	if (status)
		cannot(argv[below]);
	tell("step", "\"n\":%d,\"from_boot_ns\":%lld,\"boot_ns\":%lld", n, from, boot_ns());
}

/* pids INNER OUTER PROGRAM [ARG...] [++ PROGRAM [ARG...]]... */
int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: pids INNER OUTER [@bg|@below] PROGRAM [ARG...] [++ ...]\n");
		return 100;
	}
	for (int first = 3, n = 0; first < argc; n++) {
		int end = first;

		while (end < argc && strcmp(argv[end], "++") != 0)
			end++;
		argv[end] = NULL;
		step(n, (pid_t)number_of(argv[1]), (pid_t)number_of(argv[2]), argv + first);
		first = end + 1;
	}
	return 0;
}
