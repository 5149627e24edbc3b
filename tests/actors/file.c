/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: the ways to change files and their names, and innocent and hostile amounts of it. It never
 * executes. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor.h"

static void put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);

	if (fd < 0)
		cannot(path);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		cannot("write");
	close(fd);
}

static int act_overwrite(int argc, char **argv)
{
	(void)argc;
	put(argv[0], O_TRUNC, "not what the image held\n");
	tell("overwrite", "\"path\":\"%s\"", argv[0]);
	return 0;
}

static int act_append(int argc, char **argv)
{
	(void)argc;
	put(argv[0], O_APPEND, "one more line\n");
	tell("append", "\"path\":\"%s\"", argv[0]);
	return 0;
}

static int act_create(int argc, char **argv)
{
	(void)argc;
	put(argv[0], O_CREAT | O_EXCL, "new\n");
	tell("create", "\"path\":\"%s\"", argv[0]);
	return 0;
}

/* open for writing and close again: the content stays as it was */
static int act_touch(int argc, char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CLOEXEC);

	(void)argc;
	if (fd < 0)
		cannot(argv[0]);
	close(fd);
	tell("touch", "\"path\":\"%s\"", argv[0]);
	return 0;
}

static int act_truncate(int argc, char **argv)
{
	(void)argc;
	if (truncate(argv[0], number_of(argv[1])) < 0)
		cannot(argv[0]);
	tell("truncate", "\"path\":\"%s\"", argv[0]);
	return 0;
}

static int act_rename_over(int argc, char **argv)
{
	char tmp[4096];

	(void)argc;
	snprintf(tmp, sizeof(tmp), "%s.new", argv[0]);
	put(tmp, O_CREAT | O_EXCL, "not what the image held\n");
	if (chmod(tmp, 0755) < 0 || rename(tmp, argv[0]) < 0)
		cannot(argv[0]);
	tell("rename_over", "\"path\":\"%s\",\"from\":\"%s\"", argv[0], tmp);
	return 0;
}

static int act_rename(int argc, char **argv)
{
	(void)argc;
	if (rename(argv[0], argv[1]) < 0)
		cannot(argv[0]);
	tell("rename", "\"path\":\"%s\",\"to\":\"%s\"", argv[0], argv[1]);
	return 0;
}

static int act_chmod(int argc, char **argv)
{
	mode_t mode = (mode_t)strtoul(argv[0], NULL, 8);

	(void)argc;
	if (chmod(argv[1], mode) < 0)
		cannot(argv[1]);
	tell("chmod", "\"path\":\"%s\",\"mode\":\"%04o\"", argv[1], mode);
	return 0;
}

static int act_chown(int argc, char **argv)
{
	(void)argc;
	if (chown(argv[1], (uid_t)number_of(argv[0]), (gid_t)-1) < 0)
		cannot(argv[1]);
	tell("chown", "\"path\":\"%s\",\"uid\":%s", argv[1], argv[0]);
	return 0;
}

static int act_unlink(int argc, char **argv)
{
	(void)argc;
	if (unlink(argv[0]) < 0)
		cannot(argv[0]);
	tell("unlink", "\"path\":\"%s\"", argv[0]);
	return 0;
}

/* writes N DIR: N times open, write, close of files in DIR (64 names) */
static int act_writes(int argc, char **argv)
{
	long n = number_of(argv[0]);
	char path[4096];

	(void)argc;
	for (long i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/w%ld", argv[1], i % 64);
		put(path, O_CREAT, "some data of a service\n");
	}
	tell("writes", "\"dir\":\"%s\",\"n\":%ld", argv[1], n);
	return 0;
}

/* flood N DIR: N times an executable file is made, closed and removed: events that no filter may
 * drop unseen */
static int act_flood(int argc, char **argv)
{
	long n = number_of(argv[0]);
	char path[4096];

	(void)argc;
	snprintf(path, sizeof(path), "%s/flood.%d", argv[1], getpid());
	for (long i = 0; i < n; i++) {
		int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);

		if (fd < 0 || close(fd) < 0 || unlink(path) < 0)
			cannot(path);
	}
	tell("flood", "\"dir\":\"%s\",\"n\":%ld", argv[1], n);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"overwrite", 1, "PATH", act_overwrite},
		{"append", 1, "PATH", act_append},
		{"create", 1, "PATH", act_create},
		{"touch", 1, "PATH", act_touch},
		{"truncate", 2, "PATH SIZE", act_truncate},
		{"rename-over", 1, "PATH", act_rename_over},
		{"rename", 2, "PATH TO", act_rename},
		{"chmod", 2, "MODE PATH", act_chmod},
		{"chown", 2, "UID PATH", act_chown},
		{"unlink", 1, "PATH", act_unlink},
		{"writes", 2, "N DIR", act_writes},
		{"flood", 2, "N DIR", act_flood},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
