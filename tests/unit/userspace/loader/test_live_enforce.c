/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enforcement on this kernel: with every rule enforced, the deeds of live_deeds.h are refused or
 * killed as the back end can, and are on record as prevented; what is innocent, and what somebody
 * outside does, is not disturbed. Without enforcement nothing is prevented.
 */
#include "unit/userspace/loader/live.h"
#include "unit/userspace/loader/live_deeds.h"

#define ALL ((1u << _SW_VIOLATION_MAX) - 1)

static bool by_lsm(void)
{
	return shared.features.lsm_classes != 0;
}

static enum fate fate_of(const struct deed *d)
{
	return by_lsm() ? d->lsm : d->tracepoint;
}

static bool prevented(enum fate f)
{
	return f == REFUSED || f == KILLED;
}

static int enforcing_setup(void **state)
{
	enforced = ALL;
	may_be_prevented = true;
	/* not all, each program takes its time; what a process gives up must be known when it gains
	 */
	syscalls = 1u << SW_CLASS_FILE | 1u << SW_CLASS_CODE | 1u << SW_CLASS_PRIVILEGE;
	int rc = group_setup(state);

	if (shared.loader)
		assert_int_equal(refusable, by_lsm() ? ALL : 0);
	return rc;
}

static void put(const char *name, const char *content)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

/* Beside the tree of the other tests. The baseline is bound again with what is new in it. */
static void tree_add(struct live *l)
{
	char path[PATH_MAX], line[PATH_MAX + 8];

	snprintf(line, sizeof(line), "#!%s/quiet\n", dir);
	put("script", line);
	put("plain", "x");
	put("plain2", "x");
	copy("/bin/true", "setid", 04755);
	snprintf(path, sizeof(path), "%s/mnt", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(mount("none", path, "tmpfs", 0, NULL), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	baseline_bind(l);
}

static int teardown_tree(void **state)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/mnt", dir);
	umount2(path, MNT_DETACH); /* not there in each test */
	return teardown(state);
}

/* How the i-th deed ended. */
static int ending_of(size_t i)
{
	char path[PATH_MAX];
	size_t k;
	int ending, found = -1;

	snprintf(path, sizeof(path), "%s/results", dir);
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	while (fscanf(f, "%zu %d", &k, &ending) == 2)
		if (k == i)
			found = ending;
	fclose(f);
	return found;
}

static void deeds_do(struct live *l, char *which)
{
	char *argv[] = {"live", "--deeds", dir, which, NULL};

	enter(argv, self);
	drain(l);
	submitted(l);
}

static size_t prevented_of(const struct live *l, uint32_t violations)
{
	size_t n = 0;

	for (size_t k = 0; k < l->n; k++)
		n += l->events[k].prevented && l->events[k].violations == violations;
	return n;
}

/* Every record that says prevented, by the violations it names, against the table. */
static void check_records(struct live *l)
{
	size_t records = 0, all = 0;

	for (size_t i = 0; i < N_DEEDS; i++) {
		size_t wanted = 0;

		if (!prevented(fate_of(&deeds[i])))
			continue;
		all++;
		for (size_t k = 0; k < N_DEEDS; k++)
			wanted += prevented(fate_of(&deeds[k])) &&
				  deeds[k].violations == deeds[i].violations;
		if (prevented_of(l, deeds[i].violations) != wanted)
			fail_msg("%s: %zu records of its violations say prevented, not %zu",
				 deeds[i].name, prevented_of(l, deeds[i].violations), wanted);
	}
	for (size_t k = 0; k < l->n; k++)
		records += l->events[k].prevented;
	/* an exec that would gain privilege is a record of the gain and, when it was killed, one of
	 * the exec */
	assert_int_equal(records, all + (by_lsm() ? 0 : 1));
}

static void test_prevented(void **state)
{
	struct live *l = ready(state);
	char which[N_DEEDS + 1] = {}, path[PATH_MAX];
	struct stat before, after;

	tree_add(l);
	snprintf(path, sizeof(path), "%s/code", dir);
	assert_int_equal(stat(path, &before), 0);
	for (size_t i = 0; i < N_DEEDS; i++)
		which[i] = fate_of(&deeds[i]) == LEFT_OUT ? '0' : '1';
	deeds_do(l, which);
	for (size_t i = 0; i < N_DEEDS; i++) {
		enum fate f = fate_of(&deeds[i]);
		int wanted = f == REFUSED ? EPERM : f == KILLED ? 1000 + SIGKILL : 0;

		if (f != LEFT_OUT && ending_of(i) != wanted)
			fail_msg("%s: %d, not %d", deeds[i].name, ending_of(i), wanted);
	}
	check_records(l);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	snprintf(path, sizeof(path), "%s/db/installed", dir);
	assert_int_equal(access(path, F_OK), 0);
}

/* The record of each kind, every field that matters. */
static void test_records(void **state)
{
	struct live *l = ready(state);
	char which[N_DEEDS + 1] = {}, path[PATH_MAX];
	const struct sw_event *e;
	struct sw_ledger g;

	tree_add(l);
	memset(which, '0', N_DEEDS);
	for (size_t i = 0; i < N_DEEDS; i++)
		if (deeds[i].act == exec_shell || (by_lsm() && deeds[i].act == open_code) ||
		    (by_lsm() && deeds[i].act == rename_over))
			which[i] = '1';
	deeds_do(l, which);
	snprintf(path, sizeof(path), "%s/shell", dir);
	e = nth(l, SW_EVENT_EXEC, 1);
	assert_true(e->prevented && !e->failed && !e->attempt && !e->undecided);
	assert_string_equal(e->object.path.s, path);
	assert_int_equal(e->object.ino, ino_of(path));
	assert_int_equal(e->actor.entry, 1);
	assert_string_equal(e->filename.s, "shell");
	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	assert_int_equal(g.violations[SW_VIOLATION_SHELL], 1);
	assert_int_equal(g.violations[SW_VIOLATION_IMMUTABLE], by_lsm() ? 2 : 0);
	if (by_lsm()) {
		e = file_event(l, SW_FILE_OPEN_WRITE, "/code");
		assert_true(e->prevented && e->object.in_baseline_map);
		assert_int_equal(e->open_flags & O_ACCMODE, O_WRONLY);
		e = file_event(l, SW_FILE_RENAME, "/plain2");
		snprintf(path, sizeof(path), "%s/code", dir);
		assert_true(e->prevented);
		assert_string_equal(e->name2.s, path);
	}
}

/* An entry from outside that is not the first: its program does not run. */
static void test_entry(void **state)
{
	struct live *l = ready(state);
	char file[PATH_MAX], procs[PATH_MAX + 16], *argv[] = {"quiet", NULL};
	const struct sw_event *e;
	int status;

	snprintf(file, sizeof(file), "%s/quiet", dir);
	enter(argv, file);
	pid_t pid = fork();
	if (!pid) {
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", group);
		int fd = open(procs, O_WRONLY | O_CLOEXEC);

		say("move", (int)write(fd, "0", 1));
		execv(file, argv);
		_exit(errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (by_lsm())
		assert_int_equal(WEXITSTATUS(status), EPERM);
	else
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	drain(l);
	assert_int_equal(count(l, SW_EVENT_ENTRY), 2);
	assert_false(nth(l, SW_EVENT_ENTRY, 0)->prevented);
	e = nth(l, SW_EVENT_ENTRY, 1);
	assert_true(e->prevented);
	assert_int_equal(e->entry_ordinal, 2);
	assert_int_equal(e->violations, V(ENTRY));
	assert_int_equal(e->actor.tgid, pid);
}

/* Runs /static of the tree in a control group, on a root of its own: how it ended. */
static int enter_root(const char *cgroup)
{
	char procs[PATH_MAX + 16], *argv[] = {"true", NULL};
	pid_t pid = fork();
	int status;

	if (!pid) {
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup);
		int fd = open(procs, O_WRONLY | O_CLOEXEC);

		say("move", (int)write(fd, "0", 1));
		say("unshare", unshare(CLONE_NEWNS));
		say("chroot", chroot(dir));
		execv("/static", argv);
		_exit(errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A container that was just made is registered whosever it is: until it is wanted, it is left
 * alone. */
static void test_not_wanted_yet(void **state)
{
	struct live *l = ready(state);
	struct sw_slot_info info;
	char cgroup[PATH_MAX + 65];
	struct sw_ledger g;
	uint32_t slot = 0;
	struct stat st;

	copy("/bin/busybox", "static", 0755);
	snprintf(cgroup, sizeof(cgroup), "%.*s/%064x", (int)(strrchr(group, '/') - group), group,
		 getpid());
	sw_loader_set_watch_new(l->loader, true);
	assert_int_equal(mkdir(cgroup, 0755), 0);
	sw_loader_set_watch_new(l->loader, false);
	assert_int_equal(stat(cgroup, &st), 0);
	for (uint32_t i = 1; i < sw_loader_slots(l->loader); i++)
		if (sw_loader_slot(l->loader, i, &info) && info.cgroup_id == st.st_ino)
			slot = i;
	assert_true(slot);
	assert_int_equal(enter_root(cgroup), 0);
	assert_int_equal(enter_root(cgroup), 0); /* an entry from outside */
	assert_int_equal(sw_loader_accept(l->loader, slot), 0);
	assert_int_equal(enter_root(cgroup), by_lsm() ? EPERM : 1000 + SIGKILL);
	assert_int_equal(sw_loader_ledger(l->loader, slot, &g), 0);
	assert_int_equal(g.violations[SW_VIOLATION_ENTRY], 2);
	assert_int_equal(rmdir(cgroup), 0);
	sw_loader_release(l->loader, slot);
}

/* Others are nobody's business, whatever they do with the same files. */
static void test_others(void **state)
{
	struct live *l = ready(state);
	char cmd[PATH_MAX * 4];

	snprintf(cmd, sizeof(cmd),
		 "%s/shell && %s/apk && echo >> %s/db/installed && chmod 0700 %s/code && "
		 "unshare -u true",
		 dir, dir, dir, dir);
	assert_int_equal(system(cmd), 0);
	drain(l);
	for (size_t k = 0; k < l->n; k++)
		assert_false(l->events[k].prevented);
}

/* The programs are attached still, and let everything pass. */
static void test_off(void **state)
{
	struct live *l = ready(state);
	char which[N_DEEDS + 1] = {};

	tree_add(l);
	sw_loader_set_enforce(l->loader, 0);
	for (size_t i = 0; i < N_DEEDS; i++) /* those that this machine gets over */
		which[i] = deeds[i].tracepoint == LEFT_OUT ? '0' : '1';
	deeds_do(l, which);
	sw_loader_set_enforce(l->loader, ALL);
	for (size_t i = 0; i < N_DEEDS; i++)
		if (which[i] == '1' && ending_of(i) != 0)
			fail_msg("%s: %d, though nothing is enforced", deeds[i].name, ending_of(i));
	for (size_t k = 0; k < l->n; k++)
		assert_false(l->events[k].prevented);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_prevented, setup, teardown_tree),
		cmocka_unit_test_setup_teardown(test_records, setup, teardown_tree),
		cmocka_unit_test_setup_teardown(test_entry, setup, teardown_tree),
		cmocka_unit_test_setup_teardown(test_not_wanted_yet, setup, teardown_tree),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown_tree),
		cmocka_unit_test_setup_teardown(test_off, setup, teardown_tree),
	};

	if (argc == 4 && !strcmp(argv[1], "--deeds"))
		return do_deeds(argv[2], argv[3]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, enforcing_setup, group_teardown);
}
