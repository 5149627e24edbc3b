/* SPDX-License-Identifier: Apache-2.0 */
/* baseline/compare and bind: each kind of drift, and nothing where nothing drifted. */
#include "tree.h"

#include <sys/xattr.h>

struct found {
	enum sw_drift_kind kind;
	char path[64], detail[256];
	uint32_t classes;
	bool times_set;
};
static struct found found[16];
static size_t n_found, n_compared;

static int note(void *ctx, const struct sw_drift *d)
{
	assert_true(n_found < SW_ARRAY_LEN(found));
	found[n_found].kind = d->kind;
	found[n_found].classes = d->classes;
	found[n_found].times_set = d->times_set;
	assert_int_equal(d->kind == SW_DRIFT_ADDED, d->entry == NULL);
	snprintf(found[n_found].path, sizeof(found[0].path), "%s", d->path);
	snprintf(found[n_found++].detail, sizeof(found[0].detail), "%s", d->detail);
	return 0;
}

static struct sw_baseline *b;
static struct sw_target *t;
static struct sw_binding *x;

static int setup(void **state)
{
	if (tree_setup(state) < 0)
		return -1;
	tree_elf("/bin/app", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "app"});
	tree_elf("/bin/bash", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "bash"});
	tree_elf("/lib/libx.so.1", 0644, (struct tree_elf){ET_DYN, NULL, true, false, "x"});
	tree_text("/etc/conf", 0644, "conf\n");
	tree_link("app", "/bin/link");
	b = tree_baseline();
	t = tree_target();
	n_found = 0;
	return sw_baseline_bind(b, t, &x, NULL);
}

static int teardown(void **state)
{
	sw_binding_free(x);
	sw_target_free(t);
	sw_baseline_free(b);
	return tree_teardown(state);
}

static void compare(uint32_t classes, bool added)
{
	struct sw_error err = {0};

	n_found = 0;
	if (sw_baseline_compare(b, t, classes, true, added, note, NULL, &n_compared, &err) < 0)
		fail_msg("%s", err.text);
}

/* The one drift there is, seen by the full comparison and by that against the binding alike. */
static void expect(enum sw_drift_kind kind, const char *path, const char *detail)
{
	struct sw_error err = {0};

	for (int incremental = 0; incremental < 2; incremental++) {
		n_found = 0;
		if (incremental &&
		    sw_binding_compare(x, t, 0, true, note, NULL, &n_compared, &err) < 0)
			fail_msg("%s", err.text);
		if (!incremental)
			compare(0, true);
		if (n_found != 1)
			fail_msg("%zu drifts, first %s %s", n_found, found[0].path,
				 found[0].detail);
		assert_int_equal(found[0].kind, kind);
		assert_string_equal(found[0].path, path);
		if (!strstr(found[0].detail, detail))
			fail_msg("detail: %s", found[0].detail);
	}
}

static void test_nothing(void **state)
{
	compare(0, true);
	assert_int_equal(n_found, 0);
	assert_int_equal(n_compared, sw_baseline_count(b));
	compare(SW_OBJ_LIBRARY, false);
	assert_int_equal(n_compared, 1);
	assert_int_equal(sw_binding_compare(x, t, 0, true, note, NULL, &n_compared, NULL), 0);
	assert_int_equal(n_found, 0);
	assert_int_equal(n_compared, sw_baseline_count(b));
}

static void test_content_of_the_same_size(void **state)
{
	tree_text("/etc/conf", 0644, "fnoc\n");
	expect(SW_DRIFT_CONTENT, "/etc/conf", "sha256 ");
}

static void test_content_with_old_times(void **state)
{
	struct timespec times[2];
	struct stat st;

	/* whoever sets mtime back cannot set ctime back */
	assert_int_equal(stat(tree_path("/bin/app"), &st), 0);
	tree_elf("/bin/app", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "ppa"});
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, tree_path("/bin/app"), times, 0), 0);
	expect(SW_DRIFT_CONTENT, "/bin/app", " -> ");
}

static void test_mode(void **state)
{
	assert_int_equal(chmod(tree_path("/bin/app"), 04755), 0);
	expect(SW_DRIFT_MODE, "/bin/app", "0755 -> 4755");
	assert_int_equal(found[0].classes, SW_OBJ_EXECUTABLE);
}

static void test_owner(void **state)
{
	if (chown(tree_path("/etc/conf"), 12, 34) < 0)
		skip();
	expect(SW_DRIFT_OWNER, "/etc/conf", "0:0 -> 12:34");
}

static void test_caps(void **state)
{
	static const unsigned char cap[20] = {1, 0, 0, 2, 0, 0x20};

	if (setxattr(tree_path("/bin/app"), "security.capability", cap, sizeof(cap), 0) < 0)
		skip();
	expect(SW_DRIFT_CAPS, "/bin/app", "none -> 01000002");
}

static void test_type(void **state)
{
	assert_int_equal(unlink(tree_path("/etc/conf")), 0);
	tree_link("/etc/passwd", "/etc/conf");
	expect(SW_DRIFT_TYPE, "/etc/conf", "f -> l");
}

static void test_removed(void **state)
{
	assert_int_equal(unlink(tree_path("/bin/bash")), 0);
	expect(SW_DRIFT_REMOVED, "/bin/bash", "gone");
	assert_int_equal(found[0].classes, SW_OBJ_SHELL | SW_OBJ_EXECUTABLE);
}

static void test_link(void **state)
{
	assert_int_equal(unlink(tree_path("/bin/link")), 0);
	tree_link("bash", "/bin/link");
	expect(SW_DRIFT_CONTENT, "/bin/link", "link app -> bash");
}

static void test_added(void **state)
{
	tree_text("/tmp/data", 0644, "no code\n");
	tree_text("/tmp/run", 0755, "#!/bin/sh\n");
	expect(SW_DRIFT_ADDED, "/tmp/run", "0755 sha256 ");
	assert_int_equal(found[0].classes, SW_OBJ_EXECUTABLE);
}

static void test_added_copy_of_a_shell(void **state)
{
	tree_elf("/tmp/nginx", 0600, (struct tree_elf){ET_EXEC, NULL, false, false, "bash"});
	expect(SW_DRIFT_ADDED, "/tmp/nginx", "the content of /bin/bash");
	assert_int_equal(found[0].classes, SW_OBJ_SHELL | SW_OBJ_EXECUTABLE);
}

static void test_directory_replaced(void **state)
{
	size_t removed = 0;

	tree_remove("/lib");
	tree_link("bin", "/lib");
	compare(0, false);
	for (size_t i = 0; i < n_found; i++)
		removed += found[i].kind == SW_DRIFT_REMOVED &&
			   strcmp(found[i].path, "/lib/libx.so.1") == 0;
	assert_int_equal(removed, 1);
	assert_int_equal(n_found, 2);
	assert_int_equal(found[0].kind, SW_DRIFT_TYPE);
	assert_string_equal(found[0].path, "/lib");
}

static void test_virtual_is_left_out(void **state)
{
	tree_text("/dev/shm-tool", 0755, "#!/bin/sh\n");
	tree_text("/proc/x", 0755, "#!/bin/sh\n");
	compare(0, true);
	assert_int_equal(n_found, 0);
}

static int stop(void *ctx, const struct sw_drift *d)
{
	return -ECANCELED;
}

static void test_callback_stops(void **state)
{
	assert_int_equal(unlink(tree_path("/bin/bash")), 0);
	assert_int_equal(sw_baseline_compare(b, t, 0, true, true, stop, NULL, &n_compared, NULL),
			 -ECANCELED);
}

/* ---- bind ---- */

static void test_binding(void **state)
{
	const struct sw_baseline_entry *e;
	struct stat st;
	uint64_t ino, last = 0;

	assert_int_equal(stat(tree_path("/bin/app"), &st), 0);
	assert_string_equal(sw_binding_find(x, st.st_ino)->path, "/bin/app");
	assert_null(sw_binding_find(x, 0));
	assert_null(sw_binding_find(x, UINT64_MAX));
	assert_int_equal(sw_binding_count(x), sw_baseline_count(b));
	for (size_t i = 0; i < sw_binding_count(x); i++) {
		assert_true(sw_binding_at(x, i, &ino, &e));
		assert_true(ino > last);
		last = ino;
	}
	assert_false(sw_binding_at(x, sw_binding_count(x), &ino, &e));
}

static void test_replaced_object_is_not_bound(void **state)
{
	struct sw_binding *again;
	struct stat st;

	assert_int_equal(unlink(tree_path("/bin/app")), 0);
	tree_elf("/bin/app", 0777, (struct tree_elf){ET_EXEC, NULL, false, false, "evil"});
	assert_int_equal(stat(tree_path("/bin/app"), &st), 0);
	assert_int_equal(sw_baseline_bind(b, t, &again, NULL), 0);
	assert_null(sw_binding_find(again, st.st_ino));
	sw_binding_free(again);
}

static void test_hard_links_share_an_inode(void **state)
{
	struct sw_baseline *linked;
	struct sw_binding *again;
	struct stat st;

	assert_int_equal(link(tree_path("/bin/app"), tree_path("/bin/app2")), 0);
	linked = tree_baseline();
	assert_int_equal(sw_baseline_bind(linked, t, &again, NULL), 0);
	assert_int_equal(sw_binding_count(again), sw_baseline_count(linked) - 1);
	assert_int_equal(stat(tree_path("/bin/app2"), &st), 0);
	assert_string_equal(sw_binding_find(again, st.st_ino)->path, "/bin/app");
	sw_binding_free(again);
	sw_baseline_free(linked);
}

/* Done and undone: no difference is left but the change time, which nobody can set back. */
static void expect_touched(const char *path, const char *detail, bool times_set)
{
	n_found = 0;
	assert_int_equal(sw_binding_compare(x, t, 0, true, note, NULL, &n_compared, NULL), 0);
	assert_int_equal(n_found, 1);
	assert_int_equal(found[0].kind, SW_DRIFT_TOUCHED);
	assert_string_equal(found[0].path, path);
	assert_string_equal(found[0].detail, detail);
	assert_int_equal(found[0].times_set, times_set);
	n_found = 0;
	assert_int_equal(
		sw_binding_compare_one(x, t, sw_baseline_resolve(b, path, false), note, NULL), 0);
	assert_int_equal(n_found, 1);
	assert_int_equal(found[0].kind, SW_DRIFT_TOUCHED);
	compare(0, true); /* against the baseline alone nothing differs */
	assert_int_equal(n_found, 0);
}

static void test_touched_by_chmod(void **state)
{
	assert_int_equal(chmod(tree_path("/bin/app"), 0777), 0);
	assert_int_equal(chmod(tree_path("/bin/app"), 0755), 0);
	expect_touched("/bin/app", "its change time is another one", false);
}

static void test_touched_by_rename(void **state)
{
	assert_int_equal(rename(tree_path("/bin/app"), tree_path("/bin/other")), 0);
	assert_int_equal(rename(tree_path("/bin/other"), tree_path("/bin/app")), 0);
	expect_touched("/bin/app", "its change time is another one", false);
}

static void test_touched_by_times(void **state)
{
	assert_int_equal(utimensat(AT_FDCWD, tree_path("/lib/libx.so.1"), NULL, 0), 0);
	expect_touched("/lib/libx.so.1", "its change time is another one", true);
}

static void test_touched_by_an_equal_file(void **state)
{
	/* made before the other goes, so that it cannot get the same inode number */
	tree_elf("/bin/new", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "app"});
	assert_int_equal(rename(tree_path("/bin/new"), tree_path("/bin/app")), 0);
	expect_touched("/bin/app", "another inode has its place", true);
}

static void test_names_in_a_directory_touch_nothing(void **state)
{
	tree_text("/etc/new", 0644, "new\n");
	tree_remove("/etc/new");
	n_found = 0;
	assert_int_equal(sw_binding_compare(x, t, 0, true, note, NULL, &n_compared, NULL), 0);
	assert_int_equal(n_found, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_touched_by_chmod),
		T(test_touched_by_rename),
		T(test_touched_by_times),
		T(test_touched_by_an_equal_file),
		T(test_names_in_a_directory_touch_nothing),
		T(test_nothing),
		T(test_content_of_the_same_size),
		T(test_content_with_old_times),
		T(test_mode),
		T(test_owner),
		T(test_caps),
		T(test_type),
		T(test_removed),
		T(test_link),
		T(test_added),
		T(test_added_copy_of_a_shell),
		T(test_directory_replaced),
		T(test_virtual_is_left_out),
		T(test_callback_stops),
		T(test_binding),
		T(test_replaced_object_is_not_bound),
		T(test_hard_links_share_an_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
