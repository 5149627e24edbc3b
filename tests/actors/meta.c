/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: rarer ways to change a file or its name than file.c has. It never executes. */
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "actor.h"

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

static int open_as(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		cannot(path);
	return fd;
}

static int done(const char *deed, const char *path)
{
	tell(deed, "\"path\":\"%s\"", path);
	return 0;
}

static void must(long rc, const char *what)
{
	if (rc < 0)
		cannot(what);
}

static int act_ftruncate(int argc, char **argv)
{
	(void)argc;
	must(ftruncate(open_as(argv[0], O_RDWR), 100), "ftruncate");
	return done("ftruncate", argv[0]);
}

static int act_fallocate(int argc, char **argv)
{
	(void)argc;
	must(fallocate(open_as(argv[0], O_RDWR), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		       4096),
	     "fallocate");
	return done("fallocate", argv[0]);
}

/* a store through a shared mapping; twice, the second to a page that is dirty already */
static int act_store(int argc, char **argv)
{
	volatile char *p =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, open_as(argv[0], O_RDWR), 0);

	(void)argc;
	if (p == MAP_FAILED)
		cannot("mmap");
	p[100] ^= 1;
	p[101] ^= 1;
	return done("store", argv[0]);
}

static int act_direct(int argc, char **argv)
{
	int fd = open_as(argv[0], O_WRONLY | O_DIRECT);
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argc;
	must(pwrite(fd, p, 4096, 0), "pwrite");
	return done("direct", argv[0]);
}

static int act_copy_range(int argc, char **argv)
{
	loff_t in = 0, out = 0;

	(void)argc;
	must(syscall(SYS_copy_file_range, open_as(argv[0], O_RDONLY), &in,
		     open_as(argv[1], O_WRONLY), &out, 4096, 0),
	     "copy_file_range");
	return done("copy_range", argv[1]);
}

static int act_sendfile(int argc, char **argv)
{
	(void)argc;
	must(sendfile(open_as(argv[1], O_WRONLY), open_as(argv[0], O_RDONLY), NULL, 4096),
	     "sendfile");
	return done("sendfile", argv[1]);
}

static int act_splice(int argc, char **argv)
{
	int p[2];

	(void)argc;
	must(pipe2(p, O_CLOEXEC), "pipe");
	must(write(p[1], "spliced", 7), "write");
	must(splice(p[0], NULL, open_as(argv[0], O_WRONLY), NULL, 7, 0), "splice");
	return done("splice", argv[0]);
}

static int act_exchange(int argc, char **argv)
{
	(void)argc;
	close(open(argv[1], O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	must(syscall(SYS_renameat2, AT_FDCWD, argv[0], AT_FDCWD, argv[1], RENAME_EXCHANGE),
	     "renameat2");
	return done("exchange", argv[0]);
}

/* a nameless file that gets its name afterwards */
static int act_linkat(int argc, char **argv)
{
	char path[64];
	int fd = open(argv[0], O_TMPFILE | O_WRONLY | O_CLOEXEC, 0755);

	(void)argc;
	if (fd < 0)
		cannot(argv[0]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must(linkat(AT_FDCWD, path, AT_FDCWD, argv[1], AT_SYMLINK_FOLLOW), "linkat");
	return done("linkat", argv[1]);
}

/* a symbolic link is replaced by another */
static int act_relink(int argc, char **argv)
{
	(void)argc;
	must(unlink(argv[0]), argv[0]);
	must(symlink(argv[1], argv[0]), argv[0]);
	return done("relink", argv[0]);
}

static int act_mknod(int argc, char **argv)
{
	(void)argc;
	must(unlink(argv[0]), argv[0]);
	must(mknod(argv[0], S_IFIFO | 0755, 0), argv[0]);
	return done("mknod", argv[0]);
}

static int act_fchmod(int argc, char **argv)
{
	(void)argc;
	must(fchmod(open_as(argv[0], O_RDONLY), 04755), "fchmod");
	return done("fchmod", argv[0]);
}

/* fchmodat2 on a descriptor, without a name (6.6 and later) */
static int act_fchmodat2(int argc, char **argv)
{
	(void)argc;
	must(syscall(452, open_as(argv[0], O_PATH), "", 0777, AT_EMPTY_PATH), "fchmodat2");
	return done("fchmodat2", argv[0]);
}

/* openat2-cut PATH: cut by an open that is for reading, whose flags are in user memory */
static int act_openat2_cut(int argc, char **argv)
{
	struct open_how how = {.flags = O_RDONLY | O_TRUNC | O_CLOEXEC};

	(void)argc;
	must(syscall(SYS_openat2, AT_FDCWD, argv[0], &how, sizeof(how)), "openat2");
	return done("openat2_cut", argv[0]);
}

static int act_openat2_read(int argc, char **argv)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};

	(void)argc;
	must(syscall(SYS_openat2, AT_FDCWD, argv[0], &how, sizeof(how)), "openat2");
	return done("openat2_read", argv[0]);
}

static int act_setxattr(int argc, char **argv)
{
	(void)argc;
	must(setxattr(argv[0], "security.note", "x", 1, 0), "setxattr");
	return done("setxattr", argv[0]);
}

/* cap_net_raw, version 2 of the attribute */
static const unsigned char caps[20] = {1, 0, 0, 2, 0, 0x20};

static int act_filecaps(int argc, char **argv)
{
	(void)argc;
	must(setxattr(argv[0], "security.capability", caps, sizeof(caps), 0), "setxattr");
	return done("filecaps", argv[0]);
}

static int act_fsetxattr(int argc, char **argv)
{
	(void)argc;
	must(fsetxattr(open_as(argv[0], O_RDONLY), "security.capability", caps, sizeof(caps), 0),
	     "fsetxattr");
	return done("fsetxattr", argv[0]);
}

/* the flag "no dump": the owner may set it */
static int act_chattr(int argc, char **argv)
{
	int fd = open_as(argv[0], O_RDONLY), flags = 0;

	(void)argc;
	must(ioctl(fd, FS_IOC_GETFLAGS, &flags), "FS_IOC_GETFLAGS");
	flags |= FS_NODUMP_FL;
	must(ioctl(fd, FS_IOC_SETFLAGS, &flags), "FS_IOC_SETFLAGS");
	return done("chattr", argv[0]);
}

/* a name of more than 512 bytes, which no record holds whole: DIR/././.../NAME */
static int act_long_name(int argc, char **argv)
{
	char path[2048];
	size_t at = (size_t)snprintf(path, sizeof(path), "%s", argv[0]);

	(void)argc;
	while (at < 1200)
		at += (size_t)snprintf(path + at, sizeof(path) - at, "/.");
	snprintf(path + at, sizeof(path) - at, "/%s", argv[1]);
	must(chmod(path, 0700), "chmod");
	must(chmod(path, 0755), "chmod");
	return done("long_name", argv[1]);
}

static char raced[64];
static volatile int racing = 1;

static void *race_run(void *other)
{
	while (racing) {
		memcpy(raced + 9, other, 4);
		memcpy(raced + 9, "tool", 4);
	}
	return NULL;
}

/* renames there and back, while another thread changes the name in memory; path: /usr/bin/tool */
static int act_race(int argc, char **argv)
{
	pthread_t t;
	long n = 0;

	(void)argc;
	strcpy(raced, "/usr/bin/tool");
	if (pthread_create(&t, NULL, race_run, "none") != 0)
		cannot("pthread_create");
	for (int i = 0; i < 2000 && n < 250; i++)
		if (rename(raced, argv[0]) == 0) {
			must(rename(argv[0], "/usr/bin/tool"), argv[0]);
			n++;
		}
	racing = 0;
	pthread_join(t, NULL);
	if (!n)
		cannot("rename");
	tell("race", "\"path\":\"/usr/bin/tool\",\"n\":%ld", n);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"ftruncate", 1, "PATH", act_ftruncate},
		{"fallocate", 1, "PATH", act_fallocate},
		{"store", 1, "PATH", act_store},
		{"direct", 1, "PATH", act_direct},
		{"copy-range", 2, "FROM PATH", act_copy_range},
		{"sendfile", 2, "FROM PATH", act_sendfile},
		{"splice", 1, "PATH", act_splice},
		{"exchange", 2, "PATH OTHER", act_exchange},
		{"linkat", 2, "DIR PATH", act_linkat},
		{"relink", 2, "LINK TO", act_relink},
		{"mknod", 1, "PATH", act_mknod},
		{"fchmod", 1, "PATH", act_fchmod},
		{"fchmodat2", 1, "PATH", act_fchmodat2},
		{"openat2-cut", 1, "PATH", act_openat2_cut},
		{"openat2-read", 1, "PATH", act_openat2_read},
		{"setxattr", 1, "PATH", act_setxattr},
		{"filecaps", 1, "PATH", act_filecaps},
		{"fsetxattr", 1, "PATH", act_fsetxattr},
		{"chattr", 1, "PATH", act_chattr},
		{"long-name", 2, "DIR NAME", act_long_name},
		{"race", 1, "OTHER", act_race},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
