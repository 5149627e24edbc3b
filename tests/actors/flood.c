/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: many of one kind of event, as fast as one process can make them. Each deed does one thing
 * N times and undoes it where it can. It executes nothing but what it is told to.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

#define PAGE 4096

static int open_or_fail(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0755);

	if (fd < 0)
		cannot(path);
	return fd;
}

static void must(long rc, const char *what)
{
	if (rc < 0)
		cannot(what);
}

/* an execve that the kernel refuses */
static void failed_exec(long i, char **argv)
{
	char *none[] = {NULL};

	(void)i;
	if (execve(argv[0], none, none) == 0 || errno != ENOENT)
		cannot(argv[0]);
}

static void open_write(long i, char **argv)
{
	(void)i;
	close(open_or_fail(argv[0], O_WRONLY));
}

/* the same bytes again: each store dirties the inode */
static void content(long i, char **argv)
{
	static int fd = -1;
	static char byte;

	if (i == 0) {
		fd = open_or_fail(argv[0], O_RDWR);
		must(pread(fd, &byte, 1, 0), "pread");
	}
	must(pwrite(fd, &byte, 1, 0), "pwrite");
	if (i % 16 == 15)
		must(futimens(fd, NULL), "futimens");
}

static void chmods(long i, char **argv)
{
	must(chmod(argv[0], i % 2 ? 0755 : 0750), argv[0]);
}

/* an even number of times leaves the name as it was */
static void renames(long i, char **argv)
{
	must(rename(argv[i % 2], argv[1 - i % 2]), argv[i % 2]);
}

static void unshares(long i, char **argv)
{
	(void)i, (void)argv;
	must(unshare(CLONE_NEWUTS), "unshare");
}

static void propagation(long i, char **argv)
{
	(void)i;
	must(mount(NULL, argv[0], NULL, MS_PRIVATE, NULL), argv[0]);
}

static void seteuids(long i, char **argv)
{
	(void)argv;
	must(seteuid(i % 2 ? 0 : 1000), "seteuid");
}

/* into its own memory: the call is the same */
static void vm_write(long i, char **argv)
{
	static char to[16];
	char from[16] = "written";
	const struct iovec local = {from, sizeof(from)}, remote = {to, sizeof(to)};

	(void)i, (void)argv;
	must(process_vm_writev(getpid(), &local, 1, &remote, 1, 0), "process_vm_writev");
}

static void uring(long i, char **argv)
{
	struct io_uring_params p = {0};
	long fd = syscall(SYS_io_uring_setup, 1, &p);

	(void)i, (void)argv;
	/* rings are taken down later, and their memory is counted until then */
	for (int n = 0; fd < 0 && errno == ENOMEM && n < 1000; n++) {
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		fd = syscall(SYS_io_uring_setup, 1, &p);
	}
	must(fd, "io_uring_setup");
	close((int)fd);
}

/* a command that is asked for and refused */
static void bpf(long i, char **argv)
{
	(void)i, (void)argv;
	if (syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0) >= 0)
		cannot("bpf was not refused");
}

static void connects(long i, char **argv)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	static int fd = -1;

	(void)argv;
	if (i == 0)
		must(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	must(connect(fd, (const struct sockaddr *)&to, sizeof(to)), "connect");
}

static void maps(long i, char **argv)
{
	static int fd = -1;
	void *p;

	if (i == 0)
		fd = open_or_fail(argv[0], O_RDONLY);
	p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED || munmap(p, PAGE) < 0)
		cannot("mmap");
}

/* a process that makes 32-bit calls: ftruncate (93) of a file of its own, which changes nothing */
static void call32(long i, char **argv)
{
#ifdef __x86_64__
	static int fd = -1;
	pid_t pid;

	if (i == 0)
		fd = open_or_fail(argv[0], O_CREAT | O_WRONLY);
	pid = fork();
	must(pid, "fork");
	if (pid == 0) {
		long ret = 0;

		for (int n = 0; n < 10 && ret >= 0; n++)
			__asm__ volatile("int $0x80"
					 : "=a"(ret)
					 : "a"(93), "b"(fd), "c"(0)
					 : "memory", "r8", "r9", "r10", "r11");
		_exit((int)ret < 0);
	}
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		cannot("int 0x80");
#else
	(void)i, (void)argv;
	errno = ENOSYS;
	cannot("32-bit calls");
#endif
}

static const struct {
	const char *name;
	int n_args;
	void (*once)(long i, char **argv);
} kinds[] = {
	{"failed-exec", 1, failed_exec},
	{"open-write", 1, open_write},
	{"content", 1, content},
	{"chmod", 1, chmods},
	{"rename", 2, renames},
	{"unshare", 0, unshares},
	{"propagation", 1, propagation},
	{"seteuid", 0, seteuids},
	{"vm-write", 0, vm_write},
	{"uring", 0, uring},
	{"bpf", 0, bpf},
	{"connect", 0, connects},
	{"map", 1, maps},
	{"call32", 1, call32},
};

/* flood KIND N [ARG...] */
int main(int argc, char **argv)
{
	for (size_t k = 0; argc > 2 && k < N_OF(kinds); k++) {
		struct timespec from, to;
		long n = number_of(argv[2]);

		if (strcmp(argv[1], kinds[k].name) || argc - 3 < kinds[k].n_args)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (long i = 0; i < n; i++)
			kinds[k].once(i, argv + 3);
		clock_gettime(CLOCK_MONOTONIC, &to);
		tell("flood", "\"kind\":\"%s\",\"n\":%ld,\"ms\":%ld", argv[1], n,
		     (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
		return 0;
	}
	for (size_t k = 0; k < N_OF(kinds); k++)
		fprintf(stderr, "usage: flood %s N (%d more)\n", kinds[k].name, kinds[k].n_args);
	return 100;
}
