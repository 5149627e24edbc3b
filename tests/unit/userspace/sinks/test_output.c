/* SPDX-License-Identifier: Apache-2.0 */
/* sinks/output: a file appears whole under its name or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sinks/output.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

static char dir[] = "/tmp/sw-output-XXXXXX";
static char path[64];

static int setup(void **state)
{
	if (!mkdtemp(strcpy(dir, "/tmp/sw-output-XXXXXX")))
		return -1;
	snprintf(path, sizeof(path), "%s/out", dir);
	return 0;
}

static int count_files(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int teardown(void **state)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void read_back(const char *name, char *ret, size_t size)
{
	int fd = open(name, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, ret, size - 1);
	assert_true(n >= 0);
	ret[n] = '\0';
	close(fd);
}

static void write_text(const char *name, const char *text)
{
	struct sw_output *o;

	assert_int_equal(sw_output_open(name, &o, NULL), 0);
	assert_int_equal(sw_output_write(o, text, strlen(text)), 0);
	assert_int_equal(sw_output_commit(o, NULL), 0);
}

static void test_appears_at_commit(void **state)
{
	struct sw_output *o;
	char text[64];

	assert_int_equal(sw_output_open(path, &o, NULL), 0);
	assert_int_equal(sw_output_write(o, "one ", 4), 0);
	assert_int_equal(sw_output_write(o, "two", 3), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(sw_output_commit(o, NULL), 0);
	read_back(path, text, sizeof(text));
	assert_string_equal(text, "one two");
	assert_int_equal(count_files(), 1);
}

static void test_abort_keeps_the_old_file(void **state)
{
	struct sw_output *o;
	char text[64];

	write_text(path, "old");
	assert_int_equal(sw_output_open(path, &o, NULL), 0);
	assert_int_equal(sw_output_write(o, "new", 3), 0);
	sw_output_abort(o);
	sw_output_abort(NULL);
	read_back(path, text, sizeof(text));
	assert_string_equal(text, "old");
	assert_int_equal(count_files(), 1);
}

static void test_replaced_file_keeps_mode_and_link(void **state)
{
	char link[80], text[64];
	struct stat st;

	write_text(path, "old");
	assert_int_equal(chmod(path, 0600), 0);
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink("out", link), 0);
	write_text(link, "new");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	read_back(path, text, sizeof(text));
	assert_string_equal(text, "new");
}

static void test_empty_is_an_error(void **state)
{
	struct sw_error err = {0};
	struct sw_output *o;

	assert_int_equal(sw_output_open(path, &o, NULL), 0);
	assert_int_equal(sw_output_commit(o, &err), -ENODATA);
	assert_non_null(strstr(err.text, "nothing was written"));
	assert_int_equal(count_files(), 0);
}

static void test_full_device(void **state)
{
	struct sw_error err = {0};
	struct sw_output *o;
	struct stat st;

	assert_int_equal(sw_output_open("/dev/full", &o, NULL), 0);
	assert_int_equal(sw_output_write(o, "x", 1), -ENOSPC);
	assert_int_equal(sw_output_write(o, "y", 1), -ENOSPC);
	assert_int_equal(sw_output_commit(o, &err), -ENOSPC);
	assert_string_equal(err.text, "output /dev/full: No space left on device");
	assert_int_equal(stat("/dev/full", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

static void test_full_disk_leaves_nothing(void **state)
{
	int status;
	pid_t pid = fork();

	/* RLIMIT_FSIZE would send SIGXFSZ to the runner: hence a child of its own */
	if (pid == 0) {
		struct sw_output *o;
		char cmd[128], block[4096] = {0};
		int rc = 0;

		snprintf(cmd, sizeof(cmd), "mount -t tmpfs -o size=64k none %s 2>/dev/null", dir);
		if (system("true") != 0 || geteuid() != 0 || system(cmd) != 0)
			_exit(77);
		if (sw_output_open(path, &o, NULL) < 0)
			_exit(1);
		for (int i = 0; i < 64 && rc == 0; i++)
			rc = sw_output_write(o, block, sizeof(block));
		rc = rc == -ENOSPC && sw_output_commit(o, NULL) == -ENOSPC && count_files() == 0;
		snprintf(cmd, sizeof(cmd), "umount %s", dir);
		_exit(system(cmd) == 0 && rc ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_refused_names(void **state)
{
	struct sw_error err = {0};
	struct sw_output *o;
	char name[80];

	assert_int_equal(sw_output_open(dir, &o, &err), -EISDIR);
	assert_int_equal(sw_output_open("", &o, &err), -EINVAL);
	snprintf(name, sizeof(name), "%s/none/out", dir);
	assert_int_equal(sw_output_open(name, &o, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/none: No such file"));
	snprintf(name, sizeof(name), "%s/none/", dir);
	assert_int_equal(sw_output_open(name, &o, &err), -EISDIR);
	snprintf(name, sizeof(name), "%s/dangling", dir);
	assert_int_equal(symlink("nowhere", name), 0);
	assert_int_equal(sw_output_open(name, &o, &err), -ENOENT);
}

static void test_fifo_is_written_directly(void **state)
{
	char fifo[80], text[8] = {0};
	struct sw_output *o;
	struct stat st;
	int reader;

	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	reader = open(fifo, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	assert_int_equal(sw_output_open(fifo, &o, NULL), 0);
	assert_int_equal(sw_output_write(o, "hi", 2), 0);
	assert_int_equal(sw_output_commit(o, NULL), 0);
	assert_int_equal(read(reader, text, sizeof(text)), 2);
	assert_string_equal(text, "hi");
	assert_int_equal(stat(fifo, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(reader);
}

static void test_standard_output(void **state)
{
	struct sw_output *o;
	char text[16];
	int saved = dup(STDOUT_FILENO), fd = open(path, O_RDWR | O_CREAT, 0600);
	int rc;

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	rc = sw_output_open("-", &o, NULL);
	if (rc == 0)
		rc = sw_output_write(o, "line\n", 5);
	if (rc == 0)
		rc = sw_output_commit(o, NULL);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_int_equal(rc, 0);
	read_back(path, text, sizeof(text));
	assert_string_equal(text, "line\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_appears_at_commit),
		T(test_abort_keeps_the_old_file),
		T(test_replaced_file_keeps_mode_and_link),
		T(test_empty_is_an_error),
		T(test_full_device),
		T(test_full_disk_leaves_nothing),
		T(test_refused_names),
		T(test_fifo_is_written_directly),
		T(test_standard_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
