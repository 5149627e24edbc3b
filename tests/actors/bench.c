/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: timed loops for the benchmark: prints nanoseconds per operation. It never judges them. */
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

extern char **environ;

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void once_null(const char *arg)
{
	(void)arg;
	syscall(SYS_getppid);
}

/* an open that changes nothing, and a stat before it */
static void once_open(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		cannot(path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || close(fd) < 0)
		cannot(path);
}

static void once_write(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, "0123456789abcdef", 16) != 16 || close(fd) < 0)
		cannot(path);
}

/* the life of a small file */
static void once_churn(const char *path)
{
	static const char page[4096];
	char name[256];
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page) || close(fd) < 0)
		cannot(path);
	snprintf(name, sizeof(name), "%s.renamed", path);
	if (rename(path, name) < 0 || unlink(name) < 0)
		cannot(name);
}

static void once_spawn(const char *path)
{
	char *argv[] = {(char *)path, NULL};
	pid_t pid;

	errno = posix_spawn(&pid, path, NULL, NULL, argv, environ);
	if (errno || waitpid(pid, NULL, 0) != pid)
		cannot(path);
}

/* bench LOOP N ARG, or lines of that on standard input with one answer line each */
static int measure(const char *loop, long n, const char *arg)
{
	static const struct {
		const char *name;
		void (*once)(const char *);
	} loops[] = {
		{"null", once_null},   {"open", once_open},   {"write", once_write},
		{"churn", once_churn}, {"spawn", once_spawn},
	};
	size_t i = 0;
	double t;

	while (i < N_OF(loops) && strcmp(loops[i].name, loop) != 0)
		i++;
	if (i == N_OF(loops) || n <= 0)
		return 100;
	t = now_ns();
	for (long done = 0; done < n; done++)
		loops[i].once(arg);
	tell(loop, "\"n\":%ld,\"ns\":%.1f", n, (now_ns() - t) / (double)n);
	return 0;
}

int main(int argc, char **argv)
{
	char line[256], loop[32], arg[128];
	long n;

	if (argc == 4)
		return measure(argv[1], number_of(argv[2]), argv[3]);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%31s %ld %127s", loop, &n, arg) != 3 || measure(loop, n, arg))
			return 100;
	}
	return 0;
}
