/* SPDX-License-Identifier: Apache-2.0 */
/* containers/layers: several directories as one read-only tree. Needs CAP_SYS_ADMIN for more than
 * one layer. */
#include "fake.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static char dir[] = "/tmp/sw-layers-XXXXXX";

static const char *at(const char *path)
{
	static char full[4][256];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(full[turn], sizeof(full[turn]), "%s/%s", dir, path);
	return full[turn];
}

static void put(const char *path, const char *text)
{
	int fd = open(at(path), O_WRONLY | O_CREAT, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int setup(void **state)
{
	if (!mkdtemp(strcpy(dir, "/tmp/sw-layers-XXXXXX")))
		return -1;
	mkdir(at("top"), 0755);
	mkdir(at("low"), 0755);
	put("top/a", "top");
	put("low/a", "low");
	put("low/b", "low");
	put("low/gone", "low");
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static bool may_mount(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) == 0 ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_two_layers(void **state)
{
	char *dirs[] = {strdup(at("top")), strdup(at("low"))}, text[8] = "";
	struct sw_error err = {0};
	struct stat below, st;
	int fd, file;

	if (!may_mount() || (mknod(at("top/gone"), S_IFCHR, makedev(0, 0)) < 0 && errno == EPERM)) {
		free(dirs[0]);
		free(dirs[1]);
		skip();
	}
	fd = sw_layers_open(dirs, 2, &err);
	if (fd < 0)
		fail_msg("%s", err.text);
	file = openat(fd, "a", O_RDONLY);
	assert_int_equal(read(file, text, sizeof(text)), 3);
	assert_string_equal(text, "top");
	close(file);
	assert_int_equal(fstatat(fd, "b", &st, 0), 0);
	assert_int_equal(stat(at("low/b"), &below), 0);
	assert_int_equal(st.st_ino, below.st_ino); /* what the container sees, too */
	assert_int_equal(fstatat(fd, "gone", &st, 0), -1);
	assert_int_equal(openat(fd, "new", O_WRONLY | O_CREAT, 0644), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(openat(fd, "b", O_WRONLY), -1);
	close(fd);
	free(dirs[0]);
	free(dirs[1]);
}

static void test_one_layer(void **state)
{
	char *dirs[] = {(char *)at("low")};
	struct stat below, st;
	int fd = sw_layers_open(dirs, 1, NULL);

	assert_true(fd >= 0);
	assert_int_equal(fstatat(fd, "b", &st, 0), 0);
	assert_int_equal(stat(at("low/b"), &below), 0);
	assert_int_equal(st.st_ino, below.st_ino);
	if (may_mount()) {
		assert_int_equal(openat(fd, "b", O_WRONLY), -1);
		assert_int_equal(errno, EROFS);
	}
	close(fd);
}

static void test_missing(void **state)
{
	char *dirs[] = {(char *)"/nonexistent/a", (char *)"/nonexistent/b"};
	struct sw_error err = {0};

	assert_int_equal(sw_layers_open(dirs, 0, &err), -ENOTSUP);
	assert_int_equal(sw_layers_open(dirs, 1, &err), -ENOENT);
	assert_string_equal(err.text, "layer /nonexistent/a: No such file or directory");
	if (may_mount())
		assert_int_equal(sw_layers_open(dirs, 2, &err), -ENOENT);
	dirs[0] = (char *)at("low/b");
	assert_int_equal(sw_layers_open(dirs, 1, &err), -ENOTDIR);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_two_layers),
		T(test_one_layer),
		T(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
