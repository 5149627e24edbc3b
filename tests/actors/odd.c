/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: deeds under names that are hard to carry: longer than any record, with line ends, control
 * characters, markup, and bytes that are no UTF-8. The same names are in the test's image
 * (tests/e2e/test_names.py).
 */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor.h"

#define NAME "a\nb\t\x1b[31m<&\"']]>\xff\xfe\xc3(\xed\xa0\x80\\x41"
#define PART_LEN 200

extern char **environ;

/* To a directory whose path is longer than PATH_MAX allows in one call. */
static void go_down(const char *top, long bytes, int make)
{
	char part[PART_LEN + 1];

	memset(part, 'd', PART_LEN);
	part[PART_LEN] = '\0';
	if (chdir(top) < 0)
		cannot(top);
	for (long at = 0; at < bytes; at += PART_LEN + 1) {
		if (make && mkdir(part, 0755) < 0 && errno != EEXIST)
			cannot("mkdir");
		if (chdir(part) < 0)
			cannot("chdir");
	}
}

static void copy_here(const char *from, const char *name)
{
	struct stat st;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
	ssize_t n = 1;

	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		cannot(from);
	for (off_t done = 0; done < st.st_size && n > 0; done += n)
		n = sendfile(out, in, NULL, (size_t)(st.st_size - done));
	if (n < 0)
		cannot("sendfile");
	close(in);
	close(out);
}

/* deep-exec DIR BYTES PROGRAM: a copy of it, far below DIR, executed by its name there */
static int act_deep_exec(int argc, char **argv)
{
	char *args[] = {"tool", NULL};

	(void)argc;
	go_down(argv[0], number_of(argv[1]), 1);
	copy_here(argv[2], "tool");
	tell("deep_exec", "\"bytes\":%s", argv[1]);
	execve("./tool", args, environ);
	cannot("./tool");
}

/* deep-run DIR BYTES: what is there already, executed */
static int act_deep_run(int argc, char **argv)
{
	char *args[] = {"tool", NULL};

	(void)argc;
	go_down(argv[0], number_of(argv[1]), 0);
	tell("deep_run", "\"bytes\":%s", argv[1]);
	execve("./tool", args, environ);
	cannot("./tool");
}

static int act_deep_unlink(int argc, char **argv)
{
	(void)argc;
	go_down(argv[0], number_of(argv[1]), 0);
	if (unlink("tool") < 0)
		cannot("tool");
	tell("deep_unlink", "\"bytes\":%s", argv[1]);
	return 0;
}

static int act_deep_write(int argc, char **argv)
{
	(void)argc;
	go_down(argv[0], number_of(argv[1]), 0);
	int fd = open("tool", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "changed", 7) != 7)
		cannot("tool");
	close(fd);
	tell("deep_write", "\"bytes\":%s", argv[1]);
	return 0;
}

/* odd-exec DIR PROGRAM: under an odd name, with odd arguments, more than a record holds, by a
 * process with an odd comm */
static int act_odd_exec(int argc, char **argv)
{
	static char big[100001];
	char *args[] = {"odd\n\xff", NAME, big, NULL};

	(void)argc;
	memset(big, 0xfe, sizeof(big) - 1);
	if (chdir(argv[0]) < 0)
		cannot(argv[0]);
	copy_here(argv[1], NAME);
	prctl(PR_SET_NAME, "<\n\xff\xfe&]]>\x01");
	tell("odd_exec", "\"dir\":\"%s\"", argv[0]);
	execve(NAME, args, environ);
	cannot("an odd name");
}

static int act_odd_unlink(int argc, char **argv)
{
	(void)argc;
	if (chdir(argv[0]) < 0 || unlink(NAME) < 0)
		cannot(argv[0]);
	tell("odd_unlink", "\"dir\":\"%s\"", argv[0]);
	return 0;
}

/* odd-comm: a violation whose record has no name but the process's own: a new namespace of names */
static int act_odd_comm(int argc, char **argv)
{
	(void)argc, (void)argv;
	prctl(PR_SET_NAME, "<\n\xff\xfe&]]>\x01");
	if (chroot("/tmp") < 0)
		cannot("chroot");
	tell("odd_comm", "\"pid\":%d", getpid());
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"deep-exec", 3, "DIR BYTES PROGRAM", act_deep_exec},
		{"deep-run", 2, "DIR BYTES", act_deep_run},
		{"deep-unlink", 2, "DIR BYTES", act_deep_unlink},
		{"deep-write", 2, "DIR BYTES", act_deep_write},
		{"odd-exec", 2, "DIR PROGRAM", act_odd_exec},
		{"odd-unlink", 1, "DIR", act_odd_unlink},
		{"odd-comm", 0, "", act_odd_comm},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
