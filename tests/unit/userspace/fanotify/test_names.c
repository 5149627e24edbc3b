/* SPDX-License-Identifier: Apache-2.0 */
/* Marks on real directories: what the running kernel tells of each operation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "fanotify/fanotify.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

static char dir[] = "/tmp/sw-fan-XXXXXX";
static struct sw_fan_names *names;
static int dirfd_ = -1;

struct wanted {
	const char *name;
	uint32_t what, found;
};
static struct wanted *wanted;
static size_t n_wanted, n_other;

static int setup(void **state)
{
	struct sw_error err = {0};

	strcpy(dir, "/tmp/sw-fan-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sw_fan_names_new(&names, &err) < 0 && err.code != EPERM ? -1 : 0;
}

static int teardown(void **state)
{
	char command[64];

	sw_fan_names_free(TAKE(names));
	close(TAKE_FD(dirfd_));
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void on_change(void *ctx, const struct sw_fan_change *c)
{
	assert_string_equal(c->dir, "/the/dir");
	for (size_t i = 0; i < n_wanted; i++)
		if (c->name && !strcmp(c->name, wanted[i].name)) {
			wanted[i].found |= c->what;
			assert_int_equal(c->pid, getpid());
			return;
		}
	n_other++;
}

static void expect(struct wanted *list, size_t n)
{
	wanted = list;
	n_wanted = n;
	n_other = 0;
	assert_int_equal(sw_fan_names_read(names, on_change, NULL), 0);
	for (size_t i = 0; i < n; i++)
		if (list[i].found != list[i].what)
			fail_msg("%s: wanted %x, found %x", list[i].name, list[i].what,
				 list[i].found);
	assert_int_equal(n_other, 0);
}

static void put(const char *name)
{
	_cleanup_fd_ int fd = openat(dirfd_, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
}

static void test_operations(void **state)
{
	struct sw_fan_stats s;

	if (!names)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	put("old");
	put("moved");
	assert_int_equal(mkdirat(dirfd_, "sub", 0755), 0);
	assert_int_equal(sw_fan_names_mark(names, dirfd_, "/the/dir"), 0);
	/* marked twice is marked once */
	assert_int_equal(sw_fan_names_mark(names, dirfd_, "/the/dir"), 0);
	put("new");
	assert_int_equal(unlinkat(dirfd_, "old", 0), 0);
	assert_int_equal(renameat(dirfd_, "moved", dirfd_, "there"), 0);
	/* not told: a directory tells of itself only when it is marked; no unknown record either */
	assert_int_equal(fchmodat(dirfd_, "sub", 0700, 0), 0);
	assert_int_equal(symlinkat("x", dirfd_, "link"), 0);
	expect(
		(struct wanted[]){
			{"new", SW_FAN_CREATED | SW_FAN_CONTENT | SW_FAN_CLOSED, 0},
			{"old", SW_FAN_DELETED, 0},
			{"moved", SW_FAN_AWAY, 0},
			{"there", SW_FAN_HERE, 0},
			{"link", SW_FAN_CREATED, 0},
		},
		5);
	sw_fan_names_stats(names, &s);
	assert_int_equal(s.marks, 1);
	assert_int_equal(s.overflows, 0);
	assert_int_equal(s.unknown, 0);
}

/* Below a directory that is not marked nothing is told: that is what the marks cost nobody else. */
static void test_below_is_not_watched(void **state)
{
	if (!names)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	assert_int_equal(mkdirat(dirfd_, "sub", 0755), 0);
	assert_int_equal(sw_fan_names_mark(names, dirfd_, "/the/dir"), 0);
	put("sub/file");
	expect(NULL, 0);
}

static void drop(void *ctx, const struct sw_fan_change *c)
{
	++*(size_t *)ctx;
}

static void test_overflow_is_counted(void **state)
{
	struct sw_fan_stats s;
	size_t n = 0;
	char name[32];

	if (!names)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	assert_int_equal(sw_fan_names_mark(names, dirfd_, "/the/dir"), 0);
	/* fs.fanotify.max_queued_events is 16384 by default; each name is a record of its own */
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		assert_int_equal(symlinkat("x", dirfd_, name), 0);
	}
	assert_int_equal(sw_fan_names_read(names, drop, &n), 0);
	sw_fan_names_stats(names, &s);
	assert_true(n == 20000 || s.overflows > 0);
	assert_int_equal(s.unknown, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_operations),
		T(test_below_is_not_watched),
		T(test_overflow_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
