/* SPDX-License-Identifier: Apache-2.0 */
/* Names that no rule cares for on this kernel: decided there, and none that counts is among them.
 */
#include "unit/userspace/loader/live.h"
#include "unit/userspace/loader/live_actors.h"

/* What is done, by which names; matters: the kernel must tell of it. */
static const struct {
	enum sw_file_op op;
	const char *from, *to;
	bool matters;
} uses[] = {
	{SW_FILE_MKDIR, "made", NULL, false},
	{SW_FILE_RENAME, "made", "moved", false},
	{SW_FILE_SYMLINK, "soft", "code", false}, /* a name of its own; what it says is no name */
	{SW_FILE_RENAME, "soft", "moved/soft", false},
	{SW_FILE_MKNOD, "moved/pipe", NULL, false},
	{SW_FILE_LINK, "moved/pipe", "pipe", false},
	{SW_FILE_CHMOD, "moved/../pipe", NULL, false},
	{SW_FILE_CHOWN, "pipe", NULL, false},
	{SW_FILE_UNLINK, "pipe", NULL, false},
	{SW_FILE_UNLINK, "./moved//pipe", NULL, false},
	{SW_FILE_MKDIR, "slash/", NULL, true}, /* which name is last is not looked into further */
	{SW_FILE_RMDIR, "slash", NULL, false},
	{SW_FILE_MKDIR, "db/made", NULL, true}, /* in a directory where any name counts */
	{SW_FILE_MKDIR, "db/made/deep", NULL, true},
	{SW_FILE_RENAME, "db/made/deep", "deep", true},
	{SW_FILE_RENAME, "deep", "db/../deeper", true},
	{SW_FILE_RENAME, "deeper", "db/./deeper", true},
	{SW_FILE_LINK, "code", "other", true},
	{SW_FILE_RENAME, "other", "moved/other", false},
	{SW_FILE_RENAME, "moved/other", "box", true}, /* takes the place of one that counts */
	{SW_FILE_EXCHANGE, "shell", "moved", true},
	{SW_FILE_CHMOD, "moved", NULL, true}, /* that is the shell now */
	{SW_FILE_UNLINK, "code", NULL, true},
	{SW_FILE_RENAME, "db", "away", true},
};
#define N_USES (sizeof(uses) / sizeof(uses[0]))

static int use(enum sw_file_op op, const char *from, const char *to)
{
	switch (op) {
	case SW_FILE_MKDIR:
		return mkdir(from, 0755);
	case SW_FILE_RMDIR:
		return rmdir(from);
	case SW_FILE_RENAME:
		return rename(from, to);
	case SW_FILE_EXCHANGE:
		return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 2);
	case SW_FILE_SYMLINK:
		return symlink(to, from);
	case SW_FILE_MKNOD:
		return mknod(from, S_IFIFO | 0600, 0);
	case SW_FILE_LINK:
		return link(from, to);
	case SW_FILE_CHMOD:
		return chmod(from, 0755);
	case SW_FILE_CHOWN:
		return chown(from, 0, 0);
	default:
		return unlink(from);
	}
}

static void deed_uses(const char *d)
{
	say("chdir", chdir(d));
	for (size_t i = 0; i < N_USES; i++)
		say(uses[i].from, use(uses[i].op, uses[i].from, uses[i].to));
}

static struct sw_known_name known(const char *name, uint32_t bits)
{
	return (struct sw_known_name){.hash = sw_name_hash(name, strlen(name)), .bits = bits};
}

/* Security hooks have the object and its real name, the exits of calls what was written. */
static bool told(size_t i, bool by_object)
{
	if (by_object && (!strcmp(uses[i].from, "slash/") || !strcmp(uses[i].from, "deep")))
		return false;
	if (by_object && !strcmp(uses[i].from, "other")) /* the code, by another name */
		return true;
	if (!by_object && !strcmp(uses[i].from, "moved") && uses[i].op == SW_FILE_CHMOD)
		return false;
	return uses[i].matters;
}

/* The names of the tree's baseline. */
static void names_load(struct live *l)
{
	const struct sw_known_name names[] = {
		known("shell", SW_KNOWN_LEAF),
		known("code", SW_KNOWN_LEAF),
		known("box", SW_KNOWN_LEAF),
		known("quiet", SW_KNOWN_LEAF),
		known("db", SW_KNOWN_LEAF | SW_KNOWN_DIR),
	};
	const size_t n = sizeof(names) / sizeof(names[0]);

	assert_false(sw_loader_names_whole(l->loader, 1));
	assert_int_equal(sw_loader_load_names(l->loader, 1, names, n, NULL), 0);
	assert_true(sw_loader_names_whole(l->loader, 1));
	for (size_t i = 0; i < n; i++)
		assert_true(sw_loader_has_name(l->loader, 1, &names[i]));
	assert_false(sw_loader_has_name(l->loader, 2, &names[0]));
	assert_int_equal(sw_loader_bind_baseline(l->loader, l->slot, 1), 0);
}

static void test_uses(void **state)
{
	struct live *l = ready(state);
	bool by_object = lsm(SW_CLASS_FILE);
	struct sw_ledger g;
	size_t wanted = 0, k = 0;

	names_load(l);
	act(l, "uses");
	for (size_t i = 0; i < N_USES; i++) {
		if (!told(i, by_object))
			continue;
		wanted++;
		while (k < l->n && l->events[k].type != SW_EVENT_FILE)
			k++;
		if (k == l->n || l->events[k].file_op != uses[i].op)
			fail_msg("%s of %s was not told", sw_file_op_str(uses[i].op), uses[i].from);
		k++;
	}
	assert_int_equal(count(l, SW_EVENT_FILE), wanted);
	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	assert_int_equal(g.cls[SW_CLASS_FILE].submitted, wanted);
	assert_true(g.cls[SW_CLASS_FILE].filtered >= N_USES - wanted);
}

/* A directory in which no name counted comes to lie where each does. */
static void deed_moves(const char *d)
{
	int made, db;

	say("chdir", chdir(d));
	say("mkdir", mkdir("made", 0755));
	db = open("db", O_PATH | O_CLOEXEC);
	made = open("made", O_PATH | O_CLOEXEC);
	say("open", made < 0 || db < 0 ? -1 : 0);
	say("chdir", chdir("made"));
	say("mkdir", mkdir("a", 0755));
	say("mkdir", mkdir("b", 0755)); /* by what is remembered of the directory */
	say("mkdirat", mkdirat(made, "c", 0755));
	say("mkdirat", mkdirat(db, "told-1", 0755));
	say("mkdirat", mkdirat(made, "d", 0755));
	say("rename", rename("../made", "../db/told-2"));
	say("mkdir", mkdir("told-3", 0755));
	say("mkdirat", mkdirat(made, "told-4", 0755));
	say("chdir", chdir(d));
	say("mkdir", mkdir("e", 0755));
	say("rename", rename("db/told-2", "f"));
	say("mkdirat", mkdirat(made, "g", 0755));
}

static void test_moves(void **state)
{
	const enum sw_file_op ops[] = {SW_FILE_MKDIR, SW_FILE_RENAME, SW_FILE_MKDIR, SW_FILE_MKDIR,
				       SW_FILE_RENAME};
	const size_t n = sizeof(ops) / sizeof(ops[0]);
	struct live *l = ready(state);
	struct sw_ledger g;

	names_load(l);
	act(l, "moves");
	assert_int_equal(count(l, SW_EVENT_FILE), n);
	for (size_t i = 0; i < n; i++) {
		const struct sw_event *e = nth(l, SW_EVENT_FILE, i);
		const char *name = e->path_form ? e->name.s : e->object.path.s;

		assert_int_equal(e->file_op, ops[i]);
		assert_non_null(strstr(i == 1 ? e->name2.s : name, "told-"));
	}
	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	assert_int_equal(g.cls[SW_CLASS_FILE].filtered, 7);
}

static const struct live_deed deeds[] = {{"uses", deed_uses}, {"moves", deed_moves}};

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_uses),
		TEST(test_moves),
#undef TEST
	};

	if (live_deed_run(deeds, sizeof(deeds) / sizeof(*deeds), argc, argv))
		return 0;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
