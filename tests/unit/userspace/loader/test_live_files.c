/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and their names on this kernel: each operation by what it was done to, as security hooks
 * tell it and as the exits of system calls do.
 */
#include "unit/userspace/loader/live.h"

#include <linux/capability.h>
#include <sys/mount.h>

/* Do security hooks serve? Else the test is skipped. */
static bool by_hooks(void)
{
	if (lsm(SW_CLASS_FILE))
		return true;
	print_message("skipped: only security hooks see that\n");
	skip();
	return false;
}

/* The event of an operation on dir/from, to dir/to unless that is NULL, as security hooks tell it.
 */
static const struct sw_event *event_on(struct live *l, enum sw_file_op op, const char *from,
				       const char *to)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, from);
	for (size_t k = 0; k < l->n; k++) {
		const struct sw_event *e = &l->events[k];

		if (e->type != SW_EVENT_FILE || e->file_op != op || strcmp(e->object.path.s, path))
			continue;
		assert_false(e->path_form || e->attempt || e->failed);
		assert_int_equal(e->object.path.trust, SW_TRUST_KERNEL);
		assert_int_equal(e->dir.trust, SW_TRUST_NONE);
		assert_int_equal(e->name.trust, SW_TRUST_NONE);
		if (to) {
			snprintf(path, sizeof(path), "%s/%s", dir, to);
			assert_string_equal(e->name2.s, path);
			assert_int_equal(e->name2.trust, SW_TRUST_KERNEL);
			assert_int_equal(e->dir2.trust, SW_TRUST_NONE);
		}
		return e;
	}
	fail_msg("no event: %s %s", sw_file_op_str(op), path);
	return NULL;
}

/* The names and modes of actor_files, as security hooks tell them. */
static void files_by_object(struct live *l)
{
	const struct sw_event *e = event_on(l, SW_FILE_RENAME, "fresh", "db/moved");
	char path[PATH_MAX];

	assert_int_equal(e->violations, 1u << SW_VIOLATION_PKG_DB); /* into its directory */
	assert_false(e->undecided);
	snprintf(path, sizeof(path), "%s/db/moved", dir);
	assert_int_equal(e->object.ino, ino_of(path));
	e = file_event(l, SW_FILE_SYMLINK, "/soft");
	assert_true(e->path_form && e->undecided);
	assert_int_equal(e->name.trust, SW_TRUST_KERNEL);
	assert_string_equal(e->name2.s, "plain");
	assert_int_equal(e->name2.trust, SW_TRUST_COPIED);
	e = event_on(l, SW_FILE_LINK, "plain", "link");
	assert_int_equal(e->violations, 0);
	e = event_on(l, SW_FILE_CHMOD, "plain", NULL);
	assert_int_equal(e->new_mode, 04755);
	snprintf(path, sizeof(path), "%s/plain", dir);
	assert_int_equal(e->object.ino, ino_of(path));
	for (size_t k = 0; k < l->n; k++) /* a name of something without a class: filtered */
		assert_int_not_equal(l->events[k].file_op, SW_FILE_UNLINK);
}

/* The same as the exit of the system calls tells it. */
static void files_by_name(struct live *l)
{
	const struct sw_event *e = file_event(l, SW_FILE_RENAME, "fresh");

	assert_true(e->path_form && e->undecided);
	assert_string_equal(e->dir.s, dir);
	assert_int_equal(e->dir.trust, SW_TRUST_KERNEL);
	assert_int_equal(e->name.trust, SW_TRUST_USER);
	assert_string_equal(e->dir2.s, dir);
	assert_string_equal(e->name2.s, "db/moved");
	e = file_event(l, SW_FILE_SYMLINK, "soft");
	assert_string_equal(e->name2.s, "plain");
	e = file_event(l, SW_FILE_LINK, "/plain");
	assert_int_equal(e->dir.trust, SW_TRUST_NONE);
	e = file_event(l, SW_FILE_CHMOD, "plain");
	assert_true(e->path_form);
	assert_int_equal(e->new_mode, 04755);
	file_event(l, SW_FILE_UNLINK, "/link");
}

static void test_files(void **state)
{
	struct live *l = ready(state);
	const uint32_t immutable = 1u << SW_VIOLATION_IMMUTABLE, db = 1u << SW_VIOLATION_PKG_DB;
	const struct sw_event *e;
	struct sw_ledger g;
	char path[PATH_MAX];

	enter_actor("files", dir);
	drain(l);
	submitted(l);
	e = file_event(l, SW_FILE_OPEN_WRITE, "/code");
	assert_int_equal(e->violations, 0);
	assert_int_equal(e->object.class_bits, SW_OBJ_EXECUTABLE);
	assert_int_equal(e->open_flags & O_ACCMODE, O_WRONLY);
	assert_int_equal(e->actor.entry, 1);
	assert_false(e->path_form);
	/* a write sets the time before it dirties a page: touched, undecided; then changed */
	e = nth_content(l, 0);
	assert_true(e->undecided && !e->violations);
	e = nth_content(l, 1);
	assert_int_equal(e->violations, immutable);
	assert_int_equal(e->object.ino, file_event(l, SW_FILE_OPEN_WRITE, "/code")->object.ino);
	assert_int_equal(e->actor.entry, 1);
	assert_int_equal(file_event(l, SW_FILE_CHMOD, "/code")->violations, immutable);
	assert_int_equal(file_event(l, SW_FILE_CHMOD, "/code")->new_mode, 0700);
	assert_int_equal(file_event(l, SW_FILE_TRUNCATE, "/code")->violations, immutable);
	e = file_event(l, SW_FILE_OPEN_WRITE,
		       "/db/installed"); /* nothing was written: as it is now */
	snprintf(path, sizeof(path), "%s/db/installed", dir);
	whole_object(&e->object, path, SW_OBJ_PKGDB, true);
	assert_int_equal(e->new_mode | e->file_detail, 0);
	assert_int_equal(e->dir.trust | e->name.trust | e->dir2.trust | e->name2.trust,
			 SW_TRUST_NONE);
	assert_false(e->path_form || e->attempt);
	e = file_event(l, SW_FILE_CREATE, "/fresh");
	assert_int_equal(e->violations, 0);
	assert_int_equal(e->new_mode, 0755);
	assert_int_equal(file_event(l, SW_FILE_OPEN_WRITE, "/db/installed")->violations, db);
	assert_int_equal(file_event(l, SW_FILE_CREATE, "/db/new")->violations, db);
	if (lsm(SW_CLASS_FILE))
		files_by_object(l);
	else
		files_by_name(l);
	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	assert_int_equal(g.violations[SW_VIOLATION_IMMUTABLE], 3);
	assert_int_equal(g.violations[SW_VIOLATION_PKG_DB], lsm(SW_CLASS_FILE) ? 3 : 2);
	assert_true(g.cls[SW_CLASS_FILE].filtered >= 1);
	for (size_t k = 0; k < l->n; k++)
		if (l->events[k].file_op == SW_FILE_OPEN_WRITE ||
		    l->events[k].file_op == SW_FILE_CREATE)
			assert_null(strstr(l->events[k].object.path.s, "/plain"));
}

/* Each decision that a security hook kept is in the ledger's sum, also one that came to nothing. */
static void test_given_up(void **state)
{
	struct live *l = ready(state);
	const struct sw_ledger_class *files;
	struct sw_ledger g;

	if (!by_hooks())
		return;
	enter_actor("given-up", dir);
	drain(l);
	submitted(l);
	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	files = &g.cls[SW_CLASS_FILE];
	assert_int_equal(file_event(l, SW_FILE_CREATE, "/late")->new_mode, 0755);
	assert_int_equal(files->submitted, 1);
	assert_int_equal(files->filtered, 2); /* the node; the flags, left at the task's end */
	assert_int_equal(files->seen, 3);
}

/* Security hooks: victims, outcomes, and calls that tracepoints do not see. */
static void test_names(void **state)
{
	struct live *l = ready(state);
	const uint32_t immutable = 1u << SW_VIOLATION_IMMUTABLE;
	const struct sw_event *e;
	char to[PATH_MAX];

	if (!by_hooks())
		return;
	enter_actor("names", dir);
	drain(l);
	submitted(l);
	e = event_on(l, SW_FILE_RENAME, "fresh", "code");
	assert_int_equal(e->violations, immutable); /* what was there is gone */
	assert_false(e->object.class_bits);
	e = event_on(l, SW_FILE_UNLINK, "box", NULL);
	assert_int_equal(e->violations, immutable);
	assert_int_equal(e->object.class_bits, SW_OBJ_EXECUTABLE | SW_OBJ_MULTICALL);
	assert_true(e->object.in_baseline_map && e->object.nlink == 1);
	e = event_on(l, SW_FILE_EXCHANGE, "quiet", "shell");
	assert_int_equal(e->violations, immutable);
	e = file_event(l, SW_FILE_MKDIR, "/made");
	assert_true(e->path_form && e->undecided);
	assert_int_equal(e->name.trust, SW_TRUST_KERNEL);
	assert_int_equal(e->new_mode & 07777, 0750);
	e = file_event(l, SW_FILE_RMDIR, "/made");
	assert_true(!e->path_form && S_ISDIR(e->object.mode));
	e = file_event(l, SW_FILE_MKNOD, "/pipe");
	assert_int_equal(e->new_mode & S_IFMT, S_IFIFO);
	e = file_event(l, SW_FILE_XATTR, "/shell");
	assert_string_equal(e->name2.s, "user.note");
	assert_int_equal(e->name2.trust, SW_TRUST_COPIED);
	assert_int_equal(e->violations, immutable);
	assert_int_equal(e->file_detail, 0);
	e = file_event(l, SW_FILE_ALLOCATE, "/shell");
	assert_int_equal(e->violations, immutable);
	assert_int_equal(e->file_detail, 1);
	e = event_on(l, SW_FILE_RENAME, "apk", "apk32");
	snprintf(to, sizeof(to), "%s/apk32", dir);
	assert_int_equal(e->object.ino, ino_of(to));
	/* what was refused by the work itself is no event */
	size_t renames = 0, removed = 0;
	for (size_t k = 0; k < l->n; k++) {
		renames += l->events[k].file_op == SW_FILE_RENAME;
		removed += l->events[k].file_op == SW_FILE_RMDIR;
		assert_false(l->events[k].attempt);
	}
	assert_int_equal(renames, 2);
	assert_int_equal(removed, 1);
}

/*
 * An overlay copies a file up before it changes it, and sets attributes of the upper file on the
 * way: neither hides the change that was asked for.
 */
static void test_overlay(void **state)
{
	static const char *const parts[] = {"lower", "upper", "work", "merged"};
	struct live *l = ready(state);
	char path[PATH_MAX], options[4 * PATH_MAX];
	const struct sw_event *e;

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, parts[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	copy("/bin/true", "lower/tool", 0755);
	snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
		 dir, dir, dir);
	if (mount("overlay", path, "overlay", 0, options)) {
		print_message("skipped: no overlay on this file system: %s\n", strerror(errno));
		skip();
	}
	enter_actor("overlay", path);
	assert_int_equal(umount(path), 0);
	drain(l);
	submitted(l);
	e = file_event(l, SW_FILE_CHMOD, "tool");
	assert_int_equal(e->new_mode, 0711);
	e = file_event(l, SW_FILE_XATTR, "tool");
	assert_string_equal(e->name2.s, "user.note");
	if (!lsm(SW_CLASS_FILE))
		return;
	e = event_on(l, SW_FILE_CHMOD, "merged/tool", NULL);
	assert_int_equal(e->object.fs_magic, OVERLAY_MAGIC);
	assert_true(e->object.real_ino != 0);
}

/* ---- attributes ---- */

static void deed_attributes(const char *d)
{
	struct vfs_cap_data caps = {
		.magic_etc = VFS_CAP_REVISION_2,
		.data = {{.permitted = 1u << CAP_KILL}},
	};
	int flags, from, to;

	say("chdir", chdir(d));
	to = open("code", O_RDWR | O_CLOEXEC);
	from = open("quiet", O_RDONLY | O_CLOEXEC);
	say("open", to < 0 || from < 0 ? -1 : 0);
	say("fchown", fchown(to, 0, 0));
	say("chown", chown("code", 0, 0));
	say("fsetxattr", fsetxattr(to, "security.capability", &caps, sizeof(caps), 0));
	say("removexattr", removexattr("code", "security.capability"));
	say("copy_file_range", (int)copy_file_range(from, NULL, to, NULL, 512, 0));
	if (!ioctl(to, FS_IOC_GETFLAGS, &flags)) {
		flags |= FS_NODUMP_FL;
		say("flags", ioctl(to, FS_IOC_SETFLAGS, &flags));
	}
}

/* The event of an operation on dir/code, by the descriptor or with the object at hand. */
static const struct sw_event *on_code(struct live *l, enum sw_file_op op)
{
	const struct sw_event *e = file_event(l, op, "/code");

	assert_false(e->path_form || e->attempt || e->failed || e->undecided);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_IMMUTABLE);
	assert_int_equal(e->object.class_bits, SW_OBJ_EXECUTABLE);
	assert_int_equal(e->object.path.trust, SW_TRUST_KERNEL);
	assert_int_equal(e->new_mode | e->open_flags, 0);
	assert_int_equal(e->dir.trust | e->name.trust | e->dir2.trust, SW_TRUST_NONE);
	return e;
}

/* The same by name, which the exit of the call has not the object of. */
static const struct sw_event *on_name(struct live *l, enum sw_file_op op)
{
	for (size_t k = 0; k < l->n; k++) {
		const struct sw_event *e = &l->events[k];

		if (e->type != SW_EVENT_FILE || e->file_op != op || !e->path_form)
			continue;
		assert_true(e->undecided);
		assert_int_equal(e->violations | e->new_mode | e->open_flags, 0);
		assert_int_equal(e->object.ino, 0);
		assert_string_equal(e->dir.s, dir);
		assert_int_equal(e->dir.trust, SW_TRUST_KERNEL);
		assert_string_equal(e->name.s, "code");
		assert_int_equal(e->name.trust, SW_TRUST_USER);
		assert_int_equal(e->dir2.trust, SW_TRUST_NONE);
		return e;
	}
	fail_msg("no such event by name: %s", sw_file_op_str(op));
	return NULL;
}

static size_t of_operation(const struct live *l, enum sw_file_op op)
{
	size_t n = 0;

	for (size_t k = 0; k < l->n; k++)
		n += l->events[k].type == SW_EVENT_FILE && l->events[k].file_op == op;
	return n;
}

static void test_attributes(void **state)
{
	struct live *l = ready(state);
	bool by_object = lsm(SW_CLASS_FILE);
	const struct sw_event *e;
	char path[PATH_MAX];
	int flags, fd;

	act(l, "attributes");
	assert_int_equal(of_operation(l, SW_FILE_CHOWN), 2);
	e = on_code(l, SW_FILE_CHOWN);
	assert_int_equal(e->file_detail, 0);
	assert_int_equal(e->name2.trust, SW_TRUST_NONE);
	assert_int_equal(of_operation(l, SW_FILE_FILECAPS), 2);
	e = on_code(l, SW_FILE_FILECAPS);
	assert_int_equal(e->file_detail, 0);
	assert_string_equal(e->name2.s, "security.capability");
	assert_int_equal(e->name2.trust, by_object ? SW_TRUST_COPIED : SW_TRUST_USER);
	if (!by_object) {
		e = on_name(l, SW_FILE_CHOWN);
		assert_int_equal(e->name2.trust, SW_TRUST_NONE);
		e = on_name(l, SW_FILE_FILECAPS);
		assert_string_equal(e->name2.s, "security.capability");
		assert_int_equal(e->file_detail, 1); /* removed */
	}
	e = on_code(l, SW_FILE_CLONE_RANGE);
	assert_int_equal(e->file_detail, 0);
	assert_int_equal(e->name2.trust, SW_TRUST_NONE);
	snprintf(path, sizeof(path), "%s/code", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags)) {
		assert_int_equal(of_operation(l, SW_FILE_INODE_FLAGS), 0);
	} else {
		e = on_code(l, SW_FILE_INODE_FLAGS);
		assert_int_equal(e->name2.trust, SW_TRUST_NONE);
		/* a hook at the decision does not have them */
		assert_int_equal(e->file_detail, by_object ? 0 : (uint32_t)flags);
	}
	close(fd);
}

/* ---- a path that no record holds ---- */

#define DEEP 9
#define LONG_NAME 200

static void deed_deep(const char *d)
{
	char name[LONG_NAME + 1] = "";

	say("chdir", chdir(d));
	for (int i = 0; i < DEEP; i++) {
		memset(name, 'a' + i, LONG_NAME);
		say("mkdir", mkdir(name, 0755));
		say("chdir", chdir(name));
	}
	say("create", open("leaf", O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
}

/* It is cut, and says so; nothing else of the record suffers. */
static void test_deep(void **state)
{
	struct live *l = ready(state);
	char name[LONG_NAME + 1] = "";
	const struct sw_event *e;

	act(l, "deep");
	assert_int_equal(count(l, SW_EVENT_FILE), DEEP + 1);
	for (int i = 0; i < DEEP; i++) {
		e = &l->events[0];
		while (e->type != SW_EVENT_FILE || e->file_op != SW_FILE_MKDIR)
			e++;
		e += i;
		memset(name, 'a' + i, LONG_NAME);
		assert_int_equal(e->file_op, SW_FILE_MKDIR);
		assert_int_equal(e->new_mode & 07777, 0755);
		assert_non_null(strstr(e->name.s, name));
		/* a walked path is cut where the longest component would have no room in 1,024
		 * bytes */
		assert_int_equal(lsm(SW_CLASS_FILE) ? e->name.truncated : e->dir.truncated,
				 i > (lsm(SW_CLASS_FILE) ? 2 : 3));
		assert_true(e->dir.len <= 1024 && e->name.len <= 1024);
	}
	for (size_t k = 0; k < l->n; k++)
		if (l->events[k].file_op == SW_FILE_CREATE && l->events[k].type == SW_EVENT_FILE)
			e = &l->events[k];
	assert_int_equal(e->file_op, SW_FILE_CREATE);
	assert_true(e->object.path.truncated);
	assert_in_range(e->object.path.len, 4 * LONG_NAME, 1024);
	assert_string_equal(strrchr(e->object.path.s, '/'), "/leaf");
	assert_int_equal(e->new_mode, 0755);
}

/* ---- main ---- */

static const struct live_deed deeds[] = {{"attributes", deed_attributes}, {"deep", deed_deep}};

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_files),   TEST(test_names),	   TEST(test_given_up),
		TEST(test_overlay), TEST(test_attributes), TEST(test_deep),
#undef TEST
	};

	if (live_deed_run(deeds, sizeof(deeds) / sizeof(*deeds), argc, argv))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "--actor"))
		return actor(argv[2], argv[3]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
