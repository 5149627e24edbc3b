/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: order, links, depth, limits and what it does when its callback says stop. */
#include <sys/resource.h>

#include "unit/engine/root.h"

struct log {
	struct sw_strbuf text;
	size_t n, max_path;
	const char *prune, *stop;
	bool stats;
};

static int note(void *ctx, const struct sw_walk_entry *e)
{
	struct log *l = ctx;
	struct stat st;

	l->n++;
	if (strlen(e->path) > l->max_path)
		l->max_path = strlen(e->path);
	if (l->stats) {
		assert_int_equal(fstatat(e->dirfd, e->name, &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(st.st_ino, e->st->st_ino);
	}
	if (l->n < 100) {
		sw_strbuf_addf(&l->text, "%s", e->path);
		if (e->link_target)
			sw_strbuf_addf(&l->text, ">%s", e->link_target);
		sw_strbuf_addc(&l->text, ' ');
	}
	if (l->stop && !strcmp(l->stop, e->path))
		return -ECANCELED;
	return l->prune && !strcmp(l->prune, e->path) ? SW_WALK_PRUNE : 0;
}

static void test_order_and_links(void **state)
{
	struct root *r = *state;
	struct log l = {.stats = true};

	root_puts(r, "/b/z", "");
	root_puts(r, "/b/a", "");
	root_puts(r, "/a.txt", "");
	root_puts(r, "/a/q", "");
	root_link(r, "/c", "b");
	root_link(r, "/b/loop", "..");
	root_fifo(r, "/fifo");
	assert_int_equal(sw_target_walk(r->t, true, note, &l, NULL), 0);
	assert_string_equal(sw_strbuf_str(&l.text),
			    "/a /a/q /a.txt /b /b/a /b/loop>.. /b/z /c>b /fifo ");
	sw_strbuf_release(&l.text);
}

static void test_following(void **state)
{
	struct root *r = *state;
	const struct sw_walk_options follow = {.links = true, .follow = true, .max_depth = -1};
	const struct sw_walk_options shallow = {.links = true, .follow = true, .max_depth = 1};
	struct log l = {0};

	root_puts(r, "/top/d/f", "");
	root_link(r, "/top/abs", "/top/d");
	root_link(r, "/top/climb", "../../../../top/d");
	root_link(r, "/top/d/up", "..");
	root_link(r, "/top/self", "self");
	root_link(r, "/top/to", "d/f");
	root_link(r, "/top/gone", "nowhere");
	assert_int_equal(sw_target_walk_path(r->t, "/top", &follow, note, &l, NULL), 0);
	assert_string_equal(
		sw_strbuf_str(&l.text),
		"/top/abs>/top/d /top/abs/f /top/abs/up>.. /top/climb>../../../../top/d "
		"/top/climb/f /top/climb/up>.. /top/d /top/d/f /top/d/up>.. "
		"/top/gone>nowhere /top/self>self /top/to>d/f ");
	sw_strbuf_release(&l.text);
	l = (struct log){0};
	assert_int_equal(sw_target_walk_path(r->t, "/top/abs/", &shallow, note, &l, NULL), 0);
	assert_string_equal(sw_strbuf_str(&l.text), "/top/abs/f /top/abs/up>.. ");
	sw_strbuf_release(&l.text);
	assert_int_equal(sw_target_walk_path(r->t, "/none", &follow, note, &l, NULL), -ENOENT);
	assert_int_equal(sw_target_walk_path(r->t, "/top/d/f", &follow, note, &l, NULL), -ENOTDIR);
}

static void test_remembers_until_told(void **state)
{
	struct root *r = *state;
	const struct sw_walk_options follow = {.links = true, .follow = true, .max_depth = -1};
	struct log l = {0};

	root_puts(r, "/a/x", "1");
	root_puts(r, "/b/y", "");
	root_link(r, "/l", "a");
	assert_int_equal(sw_target_remember(r->t), 0);
	assert_int_equal(sw_target_walk_path(r->t, "/a", &follow, note, &l, NULL), 0);
	root_puts(r, "/a/z", "");
	/* a was listed, b was not */
	assert_int_equal(sw_target_walk(r->t, true, note, &l, NULL), 0);
	root_puts(r, "/b/z", "");
	assert_int_equal(sw_target_walk_path(r->t, "/", &follow, note, &l, NULL), 0);
	sw_target_forget(r->t);
	assert_int_equal(sw_target_walk_path(r->t, "/l", &follow, note, &l, NULL), 0);
	assert_string_equal(sw_strbuf_str(&l.text), "/a/x "
						    "/a /a/x /b /b/y /l>a "
						    "/a /a/x /b /b/y /l>a /l/x "
						    "/l/x /l/z ");
	sw_strbuf_release(&l.text);
}

static int open_and_read(void *ctx, const struct sw_walk_entry *e)
{
	size_t *n = ctx;
	char byte;

	if (S_ISREG(e->st->st_mode)) {
		_cleanup_fd_ int fd = sw_target_open_entry(e);

		assert_true(fd >= 0);
		assert_int_equal(read(fd, &byte, 1), 1);
		assert_int_equal(sw_target_entry_getxattr(e, "user.none", NULL, 0), -ENODATA);
		++*n;
	}
	return 0;
}

/* Where the walk has no descriptor, entries open all the same; and what is gone is left out. */
static void test_remembered_entries_open(void **state)
{
	struct root *r = *state;
	size_t n = 0;
	struct log l = {0};

	root_puts(r, "/d/x", "1");
	root_puts(r, "/d/e/y", "2");
	assert_int_equal(sw_target_remember(r->t), 0);
	assert_int_equal(sw_target_walk(r->t, true, note, &l, NULL), 0);
	assert_int_equal(sw_target_walk(r->t, true, open_and_read, &n, NULL), 0);
	assert_int_equal(n, 2);
	sw_strbuf_release(&l.text);
}

static void test_prune_and_stop(void **state)
{
	struct root *r = *state;
	struct log l = {.prune = "/a", .stop = "/c"};
	struct sw_error err = {0};

	root_puts(r, "/a/x", "");
	root_puts(r, "/b/x", "");
	root_puts(r, "/c/x", "");
	assert_int_equal(sw_target_walk(r->t, true, note, &l, &err), -ECANCELED);
	assert_string_equal(sw_strbuf_str(&l.text), "/a /b /b/x /c ");
	assert_int_equal(err.code, ECANCELED);
	sw_strbuf_release(&l.text);
}

/* chdir by steps: the tree becomes deeper than a path can say. */
static void make_deep(struct root *r, int depth, const char *name)
{
	int fd = open(r->dir, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < depth; i++) {
		int next;

		assert_int_equal(mkdirat(fd, name, 0755), 0);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
}

static void test_deep_tree_needs_few_descriptors(void **state)
{
	struct root *r = *state;
	struct rlimit old, few = {0};
	struct log l = {0};
	struct sw_error err = {0};
	int rc;

	make_deep(r, 1000, "d");
	root_puts(r, "/e", "");
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = 128;
	setrlimit(RLIMIT_NOFILE, &few);
	rc = sw_target_walk(r->t, true, note, &l, &err);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
	assert_int_equal(l.n, 1001);
	assert_int_equal(l.max_path, 2000);
	sw_strbuf_release(&l.text);
}

static void test_limits_are_errors(void **state)
{
	struct root *r = *state;
	struct log l = {0};
	struct sw_error err = {0};

	make_deep(r, 1100, "d");
	assert_int_equal(sw_target_walk(r->t, true, note, &l, &err), -ELOOP);
	assert_non_null(strstr(err.text, "1024"));
	sw_strbuf_release(&l.text);
}

static void test_long_path_is_an_error(void **state)
{
	struct root *r = *state;
	struct log l = {0};
	struct sw_error err = {0};

	make_deep(r, 50,
		  "a-name-that-is-rather-long-so-that-fifty-of-them-are-more-than-a-path-can-hold-"
		  "in-its-bytes");
	assert_int_equal(sw_target_walk(r->t, true, note, &l, &err), -ENAMETOOLONG);
	assert_int_equal(err.code, ENAMETOOLONG);
	sw_strbuf_release(&l.text);
}

static void test_entries_open_safely(void **state)
{
	struct root *r = *state;
	struct stat st;
	struct sw_walk_entry e = {.st = &st};
	int fd;

	root_puts(r, "/file", "hello");
	root_link(r, "/link", "file");
	root_fifo(r, "/fifo");
	e.dirfd = open(r->dir, O_RDONLY | O_DIRECTORY);
	e.name = "file";
	fd = sw_target_open_entry(&e);
	assert_true(fd >= 0);
	close(fd);
	e.name = "link";
	assert_int_equal(sw_target_open_entry(&e), -ELOOP);
	e.name = "fifo";
	assert_int_equal(sw_target_open_entry(&e), -ENXIO);
	close(e.dirfd);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_order_and_links),      T(test_following),
		T(test_remembers_until_told), T(test_remembered_entries_open),
		T(test_prune_and_stop),	      T(test_deep_tree_needs_few_descriptors),
		T(test_limits_are_errors),    T(test_long_path_is_an_error),
		T(test_entries_open_safely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
