/* SPDX-License-Identifier: Apache-2.0 */
/* No path of a target leads out of its root, and opening never waits. */
#include "unit/engine/root.h"

static int read_all(struct root *r, const char *path, char *buf, size_t size)
{
	int fd = sw_target_open(r->t, path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, buf, size - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
	return (int)n;
}

static void test_links_stay_inside(void **state)
{
	struct root *r = *state;
	char buf[64], outside[128];
	FILE *f;

	root_puts(r, "/etc/hostname", "inside\n");
	root_link(r, "/abs", "/etc/hostname");
	root_link(r, "/climb", "../../../../../../../../etc/hostname");
	root_link(r, "/absdir", "/etc");
	root_link(r, "/etc/up", "../../../..");
	assert_int_equal(read_all(r, "/abs", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "inside\n");
	assert_int_equal(read_all(r, "/climb", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "inside\n");
	assert_int_equal(read_all(r, "absdir/up/etc/../etc/hostname", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "inside\n");
	assert_int_equal(read_all(r, "/../../../../etc/hostname", buf, sizeof(buf)), 7);

	/* a file that is really there, outside */
	snprintf(outside, sizeof(outside), "%s.out", r->dir);
	f = fopen(outside, "w");
	assert_non_null(f);
	fputs("outside\n", f);
	fclose(f);
	root_link(r, "/out", outside);
	assert_int_equal(read_all(r, "/out", buf, sizeof(buf)), -ENOENT);
	unlink(outside);
}

static void test_proc_links_are_refused(void **state)
{
	struct sw_target *host;
	int fd;

	assert_int_equal(sw_target_open_dir("/", SW_TARGET_HOST, &host, NULL), 0);
	fd = sw_target_open(host, "/proc/self/root/etc", O_RDONLY | O_DIRECTORY);
	assert_int_equal(fd, -ELOOP);
	sw_target_free(host);
}

static void test_loops_and_absence(void **state)
{
	struct root *r = *state;
	char buf[64], longer[5000];
	struct stat st;

	root_link(r, "/a", "b");
	root_link(r, "/b", "a");
	root_puts(r, "/file", "x");
	assert_int_equal(read_all(r, "/a", buf, sizeof(buf)), -ELOOP);
	assert_int_equal(read_all(r, "/none", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(read_all(r, "/file/x", buf, sizeof(buf)), -ENOTDIR);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(sw_target_stat(r->t, longer, true, &st), -ENAMETOOLONG);
	assert_int_equal(sw_target_stat(r->t, "/a", false, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(sw_target_stat(r->t, "/a", true, &st), -ELOOP);
	assert_int_equal(sw_target_stat(r->t, "/", true, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(sw_target_stat(r->t, "", true, &st), 0);
}

/* A FIFO without a writer would block for ever; the test's own time limit catches it. */
static void test_fifos_and_sockets_are_not_opened(void **state)
{
	struct root *r = *state;
	char buf[64];
	struct stat st;

	alarm(10);
	root_fifo(r, "/fifo");
	root_link(r, "/link", "fifo");
	assert_int_equal(read_all(r, "/fifo", buf, sizeof(buf)), -ENXIO);
	assert_int_equal(read_all(r, "/link", buf, sizeof(buf)), -ENXIO);
	assert_int_equal(sw_target_stat(r->t, "/fifo", true, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	alarm(0);
}

static void test_nothing_is_opened_for_writing(void **state)
{
	struct root *r = *state;
	struct stat st;

	root_puts(r, "/file", "x");
	assert_int_equal(sw_target_open(r->t, "/file", O_RDWR), -EINVAL);
	assert_int_equal(sw_target_open(r->t, "/file", O_WRONLY | O_TRUNC), -EINVAL);
	assert_int_equal(sw_target_open(r->t, "/new", O_RDONLY | O_CREAT), -EINVAL);
	assert_int_equal(sw_target_stat(r->t, "/new", false, &st), -ENOENT);
	assert_int_equal(sw_target_stat(r->t, "/file", false, &st), 0);
	assert_int_equal(st.st_size, 1);
}

static void test_descriptors_do_not_leak_into_children(void **state)
{
	struct root *r = *state;
	int fd;

	root_puts(r, "/file", "x");
	fd = sw_target_open(r->t, "/file", O_RDONLY);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	fd = sw_target_open(r->t, "/", O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void test_acl(void **state)
{
	struct root *r = *state;

	root_puts(r, "/file", "x");
	root_link(r, "/link", "file");
	assert_in_range(sw_target_has_acl(r->t, "/file") + EOPNOTSUPP, 0,
			EOPNOTSUPP); /* 0 or -EOPNOTSUPP */
	assert_true(sw_target_has_acl(r->t, "/none") == -ENOENT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_links_stay_inside),
		T(test_proc_links_are_refused),
		T(test_loops_and_absence),
		T(test_fifos_and_sockets_are_not_opened),
		T(test_nothing_is_opened_for_writing),
		T(test_descriptors_do_not_leak_into_children),
		T(test_acl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
