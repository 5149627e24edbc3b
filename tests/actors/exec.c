/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: the ways to execute something. It never changes a file that it did not make itself. */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

extern char **environ;

static void copy_into(const char *from, int to)
{
	struct stat st;
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0)
		cannot(from);
	for (off_t done = 0; done < st.st_size && n > 0; done += n)
		n = sendfile(to, fd, NULL, st.st_size - done);
	if (n < 0)
		cannot("sendfile");
	close(fd);
}

static int copy_of_self(const char *path)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0700);

	if (fd < 0)
		cannot(path);
	copy_into("/proc/self/exe", fd);
	if (fchmod(fd, 0755) < 0)
		cannot("fchmod");
	close(fd);
	return 0;
}

/* exec PATH [ARGV0 ARG...]: execve of the path as given */
static int act_exec(int argc, char **argv)
{
	char *alone[] = {argv[0], NULL};

	tell("exec", "\"path\":\"%s\",\"pid\":%d", argv[0], getpid());
	execve(argv[0], argc > 1 ? argv + 1 : alone, environ);
	cannot(argv[0]);
}

/* memfd FILE [ARG...]: the file's bytes in anonymous memory, executed there */
static int act_memfd(int argc, char **argv)
{
	int fd = memfd_create("actor", MFD_CLOEXEC);

	(void)argc;
	if (fd < 0)
		cannot("memfd_create");
	copy_into(argv[0], fd);
	tell("memfd", "\"of\":\"%s\",\"pid\":%d", argv[0], getpid());
	fexecve(fd, argv, environ);
	cannot("fexecve");
}

/* fresh DEST [ARG...]: a new executable file, executed */
static int act_fresh(int argc, char **argv)
{
	(void)argc;
	copy_of_self(argv[0]);
	tell("fresh", "\"path\":\"%s\",\"pid\":%d", argv[0], getpid());
	execve(argv[0], argv, environ);
	cannot(argv[0]);
}

/* script DEST PROGRAM [ARG...]: a new file of which #! says that PROGRAM interprets it, executed */
static int act_script(int argc, char **argv)
{
	char line[300];
	int fd = open(argv[0], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	int n = snprintf(line, sizeof(line), "#!%.250s\n", argv[1]);

	(void)argc;
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		cannot(argv[0]);
	close(fd);
	tell("script", "\"path\":\"%s\",\"by\":\"%s\",\"pid\":%d", argv[0], argv[1], getpid());
	argv[1] = argv[0];
	execve(argv[0], argv + 1, environ);
	cannot(argv[0]);
}

/* copy FROM DEST [ARG...]: a copy of an existing program under another name, executed */
static int act_copy(int argc, char **argv)
{
	int fd = open(argv[1], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);

	(void)argc;
	if (fd < 0)
		cannot(argv[1]);
	copy_into(argv[0], fd);
	close(fd);
	tell("copy", "\"from\":\"%s\",\"path\":\"%s\",\"pid\":%d", argv[0], argv[1], getpid());
	execve(argv[1], argv + 1, environ);
	cannot(argv[1]);
}

/* deleted DEST [ARG...]: a new file, unlinked before it is executed through its descriptor */
static int act_deleted(int argc, char **argv)
{
	int fd;

	(void)argc;
	copy_of_self(argv[0]);
	fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || unlink(argv[0]) < 0)
		cannot(argv[0]);
	tell("deleted", "\"path\":\"%s\",\"pid\":%d", argv[0], getpid());
	fexecve(fd, argv, environ);
	cannot("fexecve");
}

/* link PATH NAME [ARG...]: a symlink made now, executed */
static int act_link(int argc, char **argv)
{
	(void)argc;
	if (symlink(argv[0], argv[1]) < 0)
		cannot(argv[1]);
	tell("link", "\"path\":\"%s\",\"to\":\"%s\",\"pid\":%d", argv[1], argv[0], getpid());
	execve(argv[1], argv + 1, environ);
	cannot(argv[1]);
}

/* spawn N PATH [ARG...]: executes it N times, one after the other */
static int act_spawn(int argc, char **argv)
{
	long n = number_of(argv[0]), bad = 0;

	(void)argc;
	for (long i = 0; i < n; i++) {
		pid_t pid;
		int status;

		errno = posix_spawn(&pid, argv[1], NULL, NULL, argv + 1, environ);
		if (errno || waitpid(pid, &status, 0) != pid)
			cannot(argv[1]);
		bad += status != 0;
	}
	tell("spawn", "\"path\":\"%s\",\"n\":%ld,\"failed\":%ld", argv[1], n, bad);
	return bad != 0;
}

static volatile sig_atomic_t told_to_end;

static void on_end(int signal)
{
	told_to_end = signal;
}

/*
 * numbers MS FILE: executes FILE with -c, "exit 0" and 1, 2, 3, ... every so many milliseconds,
 * until it gets SIGTERM; tells each number, and between which times
 */
static int act_numbers(int argc, char **argv)
{
	const struct sigaction end = {.sa_handler = on_end};
	const long ms = number_of(argv[0]);
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
	char number[24], *shell[] = {argv[1], "-c", "exit 0", number, NULL};
	struct timespec from, now;
	pid_t pid;

	(void)argc;
	sigaction(SIGTERM, &end, NULL);
	for (long n = 1; !told_to_end; n++) {
		snprintf(number, sizeof(number), "%ld", n);
		clock_gettime(CLOCK_BOOTTIME, &from);
		errno = posix_spawn(&pid, argv[1], NULL, NULL, shell, environ);
		if (errno)
			cannot(argv[1]);
		while (waitpid(pid, NULL, 0) != pid)
			if (errno != EINTR)
				cannot("waitpid");
		clock_gettime(CLOCK_BOOTTIME, &now);
		tell("number", "\"n\":%ld,\"from_boot_ns\":%lld,\"boot_ns\":%lld", n,
		     from.tv_sec * 1000000000ll + from.tv_nsec,
		     now.tv_sec * 1000000000ll + now.tv_nsec);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* nothing: what a copy does that only had to be executed */
static int act_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	tell("nothing", "\"pid\":%d", getpid());
	return 0;
}

/* wait FILE: ends when the file exists */
static int act_wait(int argc, char **argv)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};

	(void)argc;
	while (access(argv[0], F_OK) < 0)
		nanosleep(&moment, NULL);
	return 0;
}

/* pause MARK: makes the file MARK, then waits to be killed */
static int act_pause(int argc, char **argv)
{
	int fd = open(argv[0], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	(void)argc;
	if (fd < 0)
		cannot(argv[0]);
	close(fd);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"exec", 1, "PATH [ARGV0 ARG...]", act_exec},
		{"memfd", 1, "FILE [ARG...]", act_memfd},
		{"fresh", 1, "DEST [ARG...]", act_fresh},
		{"script", 2, "DEST PROGRAM [ARG...]", act_script},
		{"copy", 2, "FROM DEST [ARG...]", act_copy},
		{"deleted", 1, "DEST [ARG...]", act_deleted},
		{"link", 2, "PATH NAME [ARG...]", act_link},
		{"spawn", 2, "N PATH [ARG...]", act_spawn},
		{"numbers", 2, "MS FILE", act_numbers},
		{"nothing", 0, "", act_nothing},
		{"wait", 1, "FILE", act_wait},
		{"pause", 1, "MARK", act_pause},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
