/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: brings code into its own process without executing a program. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <stdint.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor.h"

#define SIZE 4096

static int open_or_fail(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		cannot(path);
	return fd;
}

static void *map(int prot, int flags, int fd)
{
	void *p = mmap(NULL, SIZE, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		cannot("mmap");
	return p;
}

/* map PATH: a file mapped executable, as dlopen does it */
static int act_map(int argc, char **argv)
{
	(void)argc;
	map(PROT_READ | PROT_EXEC, MAP_PRIVATE, open_or_fail(argv[0]));
	tell("map", "\"path\":\"%s\"", argv[0]);
	return 0;
}

/* copy FROM TO: a copy of a library, mapped executable */
static int act_copy(int argc, char **argv)
{
	char buf[65536];
	int in = open_or_fail(argv[0]);
	int out = open(argv[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n;

	(void)argc;
	if (out < 0)
		cannot(argv[1]);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			cannot("write");
	map(PROT_READ | PROT_EXEC, MAP_PRIVATE, open_or_fail(argv[1]));
	tell("copy", "\"path\":\"%s\",\"from\":\"%s\"", argv[1], argv[0]);
	return 0;
}

/* later PATH: mapped to read, made executable afterwards */
static int act_later(int argc, char **argv)
{
	void *p = map(PROT_READ, MAP_PRIVATE, open_or_fail(argv[0]));

	(void)argc;
	if (mprotect(p, SIZE, PROT_READ | PROT_EXEC) < 0)
		cannot("mprotect");
	tell("later", "\"path\":\"%s\"", argv[0]);
	return 0;
}

/* personality PATH: mapped to read only, which the personality makes executable */
static int act_personality(int argc, char **argv)
{
	(void)argc;
	if (personality(READ_IMPLIES_EXEC) < 0)
		cannot("personality");
	map(PROT_READ, MAP_PRIVATE, open_or_fail(argv[0]));
	tell("personality", "\"path\":\"%s\"", argv[0]);
	return 0;
}

/* memfd: a library that is only in memory, mapped executable */
static int act_memfd(int argc, char **argv)
{
	int fd = memfd_create("library", MFD_CLOEXEC);

	(void)argc, (void)argv;
	if (fd < 0 || ftruncate(fd, SIZE) < 0)
		cannot("memfd_create");
	map(PROT_READ | PROT_EXEC, MAP_PRIVATE, fd);
	tell("memfd", "\"size\":%d", SIZE);
	return 0;
}

/* A return instruction, so that the deed is complete: the memory is executed. */
static void run_written(unsigned char *p)
{
#if defined(__x86_64__)
	p[0] = 0xc3;
#else
	memcpy(p, "\xc0\x03\x5f\xd6", 4);
	__builtin___clear_cache((char *)p, (char *)p + 4);
#endif
}

static int written_then(int prot, const char *deed)
{
	unsigned char *p = map(PROT_READ | PROT_WRITE | prot, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	run_written(p);
	if (!prot && mprotect(p, SIZE, PROT_READ | PROT_EXEC) < 0)
		cannot("mprotect");
	((void (*)(void))(uintptr_t)p)();
	tell(deed, "\"size\":%d", SIZE);
	return 0;
}

/* rwx: memory that is writable and executable at once */
static int act_rwx(int argc, char **argv)
{
	(void)argc, (void)argv;
	return written_then(PROT_EXEC, "rwx");
}

/* wx: memory that is written, then executable */
static int act_wx(int argc, char **argv)
{
	(void)argc, (void)argv;
	return written_then(0, "wx");
}

/* patch PATH: a private copy of a mapped file's page, changed and made executable */
static int act_patch(int argc, char **argv)
{
	unsigned char *p = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, open_or_fail(argv[0]));

	(void)argc;
	run_written(p);
	if (mprotect(p, SIZE, PROT_READ | PROT_EXEC) < 0)
		cannot("mprotect");
	tell("patch", "\"path\":\"%s\"", argv[0]);
	return 0;
}

/* shm: System V memory attached executable */
static int act_shm(int argc, char **argv)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);

	(void)argc, (void)argv;
	if (id < 0 || shmat(id, NULL, SHM_EXEC) == (void *)-1)
		cannot("shmat");
	shmctl(id, IPC_RMID, NULL);
	tell("shm", "\"size\":%d", SIZE);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"map", 1, "PATH", act_map},	 {"copy", 2, "FROM TO", act_copy},
		{"later", 1, "PATH", act_later}, {"personality", 1, "PATH", act_personality},
		{"memfd", 0, "", act_memfd},	 {"rwx", 0, "", act_rwx},
		{"wx", 0, "", act_wx},		 {"patch", 1, "PATH", act_patch},
		{"shm", 0, "", act_shm},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
