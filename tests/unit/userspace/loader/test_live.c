/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensors on this kernel: a cgroup of our own is watched, actors do deeds in it, and what comes
 * out of the ring and the ledger is compared with what they did. Skips without privileges or
 * without a v2 hierarchy.
 */
#include "unit/userspace/loader/live.h"

#include <linux/capability.h>

/* ---- tests ---- */

static void test_hooks(void **state)
{
	struct live *l = ready(state);
	const char *hook = NULL;

	assert_true(shared.features.btf);
	for (size_t i = 0; i < shared.features.n_hooks; i++) {
		const struct sw_hook *h = &shared.features.hooks[i];

		assert_int_equal(h->available, h->error == 0);
		assert_int_equal(h->available && h->used, h->attached);
		assert_int_equal(h->attached, h->program_id != 0);
		assert_int_equal(strlen(h->tag), h->attached ? 16 : 0);
		assert_true(h->phrase && h->name);
	}
	assert_true(sw_loader_intact(l->loader, &hook));
}

static uint64_t own_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &head, data), 0);
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static void test_exec(void **state)
{
	struct live *l = ready(state);
	char file[PATH_MAX], *argv[] = {"one", "two words", NULL}, *ash[] = {"-ash", NULL},
			     *list[] = {"ls", NULL};
	const struct sw_event *e;
	struct timespec now;
	pid_t pid;

	snprintf(file, sizeof(file), "%s/shell", dir);
	pid = enter(argv, file);
	snprintf(file, sizeof(file), "%s/box", dir);
	enter(list, file);
	enter(ash, file);
	snprintf(file, sizeof(file), "%s/apk", dir);
	enter(list, file);
	drain(l);
	submitted(l);
	assert_int_equal(count(l, SW_EVENT_ENTRY), 4);
	assert_int_equal(count(l, SW_EVENT_EXEC), 4);
	assert_int_equal(l->n, 8);

	e = nth(l, SW_EVENT_ENTRY, 0);
	assert_int_equal(e->entry_ordinal, 1);
	assert_int_equal(e->violations, 0);
	assert_int_equal(nth(l, SW_EVENT_ENTRY, 1)->violations, 1u << SW_VIOLATION_ENTRY);
	assert_int_equal(nth(l, SW_EVENT_ENTRY, 3)->entry_ordinal, 4);

	e = nth(l, SW_EVENT_EXEC, 0);
	snprintf(file, sizeof(file), "%s/shell", dir);
	clock_gettime(CLOCK_BOOTTIME, &now);
	assert_int_equal(e->cls, SW_CLASS_EXEC);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_SHELL);
	assert_false(e->undecided);
	assert_int_equal(e->actor.tgid, pid);
	assert_int_equal(e->actor.tid, pid);
	assert_int_equal(e->actor.parent_tgid, getpid());
	assert_in_range(e->actor.start_ns, e->actor.parent_start_ns, e->boot_ns);
	assert_in_range(e->boot_ns, e->actor.start_ns,
			(uint64_t)now.tv_sec * 1000000000u + now.tv_nsec);
	assert_int_equal(e->actor.uid, 0);
	assert_int_equal(e->actor.euid, 0);
	assert_int_equal(e->actor.cap_effective, own_capabilities());
	assert_int_equal(e->actor.entry, 1);
	assert_string_equal(e->actor.comm, "shell");
	whole_object(&e->object, file, SW_OBJ_SHELL | SW_OBJ_EXECUTABLE, true);
	assert_string_equal(e->filename.s, file);
	assert_int_equal(e->filename.trust, SW_TRUST_COPIED);
	assert_string_equal(e->interp.s, file);
	assert_string_equal(e->applet, "");
	assert_false(e->secure_exec || e->args_truncated);
	assert_int_equal(e->args_len, 14);
	assert_memory_equal(e->args, "one\0two words", 14);

	e = nth(l, SW_EVENT_EXEC, 1);
	assert_string_equal(e->applet, "ls");
	assert_int_equal(e->violations, 0);
	e = nth(l, SW_EVENT_EXEC, 2);
	assert_string_equal(e->applet, "ash");
	assert_int_equal(e->violations, 1u << SW_VIOLATION_SHELL);
	e = nth(l, SW_EVENT_EXEC, 3); /* not in the baseline, and named like a package manager */
	assert_int_equal(e->violations, 1u << SW_VIOLATION_DRIFT | 1u << SW_VIOLATION_PKG_EXEC);
	assert_false(e->object.in_baseline_map);
}

static void text(const char *name, const char *content)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

/* A script by its object where a hook shows it; sched_process_exec only has its name. */
static void test_script(void **state)
{
	struct live *l = ready(state);
	const struct sw_event *e;
	char path[PATH_MAX], line[PATH_MAX + 8];
	bool seen = false;

	snprintf(line, sizeof(line), "#!%s/quiet\n", dir);
	text("script", line);
	text("refused", "#!/nonexistent/interpreter\n");
	enter_actor("script", dir);
	drain(l);
	submitted(l);
	e = nth(l, SW_EVENT_EXEC, 1);
	assert_string_equal(e->filename.s, "script");
	assert_string_not_equal(e->interp.s, e->filename.s);
	for (size_t i = 0; i < shared.features.n_hooks; i++)
		seen |= !strcmp(shared.features.hooks[i].name, "lsm/bprm_check_security") &&
			shared.features.hooks[i].used && shared.features.hooks[i].available;
	assert_int_equal(count(l, SW_EVENT_CODE), seen);
	if (!seen)
		return;
	e = nth(l, SW_EVENT_CODE, 0);
	snprintf(path, sizeof(path), "%s/script", dir);
	assert_int_equal(e->cls, SW_CLASS_CODE);
	assert_int_equal(e->code.op, SW_CODE_SCRIPT);
	assert_string_equal(e->object.path.s, path);
	assert_int_equal(e->object.path.trust, SW_TRUST_KERNEL);
	assert_int_equal(e->object.ino, ino_of(path));
	assert_false(e->object.in_baseline_map || e->attempt || e->failed || e->undecided);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_DRIFT);
	assert_int_equal(e->actor.entry, 1);
	assert_int_equal(e->actor.tgid, nth(l, SW_EVENT_EXEC, 1)->actor.tgid);
}

/* Of the image's own, unchanged and of no class that matters: counted, and known to who asks. */
static void test_ordinary(void **state)
{
	struct live *l = ready(state);
	char path[PATH_MAX], *argv[] = {"code", NULL};
	struct sw_quiet_exec q;
	struct sw_ledger g;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/code", dir);
	pid = enter(argv, path);
	drain(l);
	submitted(l);
	assert_int_equal(count(l, SW_EVENT_EXEC), 0);
	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	assert_int_equal(g.cls[SW_CLASS_EXEC].seen, 1);
	assert_int_equal(g.cls[SW_CLASS_EXEC].filtered, 1);
	const struct sw_process *a = &nth(l, SW_EVENT_ENTRY, 0)->actor;
	assert_int_equal(a->tgid, pid);
	assert_true(sw_loader_quiet_exec(l->loader, a->tgid, a->start_ns, &q));
	assert_int_equal(q.slot, l->slot);
	assert_int_equal(q.ino, ino_of(path));
	assert_int_equal(q.parent_tgid, a->parent_tgid);
	assert_int_equal(q.parent_start_ns, a->parent_start_ns);
	assert_true(q.boot_ns >= a->start_ns);
	assert_string_equal(q.comm, "code");
	assert_false(sw_loader_quiet_exec(l->loader, a->tgid, a->start_ns + 1, &q));

	/* what became of a process of which there was a record, and what was written to, is told */
	enter_actor("become", path);
	enter_actor("append", path);
	enter(argv, path);
	drain(l);
	assert_int_equal(count(l, SW_EVENT_EXEC), 4);
	assert_int_equal(nth(l, SW_EVENT_EXEC, 1)->object.ino, ino_of(path));
	assert_int_equal(nth(l, SW_EVENT_EXEC, 1)->violations, 0);
	assert_int_equal(nth(l, SW_EVENT_EXEC, 3)->object.ino, ino_of(path));
	/* by the kernel, when the page that was written to was clean; else its digest decides */
	assert_true(nth(l, SW_EVENT_EXEC, 3)->undecided ||
		    nth(l, SW_EVENT_EXEC, 3)->violations == 1u << SW_VIOLATION_DRIFT);
}

static void test_memfd(void **state)
{
	struct live *l = ready(state);
	const struct sw_event *e;

	enter_actor("memfd", "/bin/true");
	drain(l);
	e = nth(l, SW_EVENT_EXEC, 1);
	assert_true(e->object.memfd);
	assert_true(e->object.deleted);
	assert_false(e->object.on_root);
	assert_string_equal(e->object.path.s, "memfd:payload");
	assert_int_equal(e->violations, 1u << SW_VIOLATION_DRIFT);
}

static void test_namespaces(void **state)
{
	struct live *l = ready(state);
	const struct sw_event *e;

	enter_actor("namespaces", dir);
	drain(l);
	submitted(l);
	assert_int_equal(count(l, SW_EVENT_NAMESPACE), 4);
	e = nth(l, SW_EVENT_NAMESPACE, 0);
	assert_int_equal(e->ns_op, SW_NS_UNSHARE);
	assert_int_equal(e->ns_bits, SW_NS_BIT_UTS);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_NAMESPACE);
	e = nth(l, SW_EVENT_NAMESPACE, 1);
	assert_int_equal(e->ns_op, SW_NS_SETNS);
	assert_int_equal(e->ns_bits, SW_NS_BIT_UTS);
	e = nth(l, SW_EVENT_NAMESPACE, 2);
	assert_int_equal(e->ns_op, SW_NS_CLONE);
	assert_int_equal(e->ns_bits, SW_NS_BIT_IPC);
	assert_true(e->ns_child_tgid > 1);
	e = nth(l, SW_EVENT_NAMESPACE, 3);
	assert_int_equal(e->ns_op, SW_NS_ROOT);
	assert_int_equal(e->ns_bits, 0);
}

/* What others do is nobody's event. */
static void test_outside(void **state)
{
	struct live *l = ready(state);
	char cmd[PATH_MAX * 2];

	snprintf(cmd, sizeof(cmd), "%s/shell; echo > %s/db/installed; unshare -u true", dir, dir);
	assert_int_equal(system(cmd), 0);
	drain(l);
	assert_int_equal(l->n, 0);
	assert_int_equal(submitted(l), 0);
}

/* A ring far too small: losses are counted, the violation is counted too, and its author is kept.
 */
static void test_overflow(void **state)
{
	struct live *l = ready(state);
	struct sw_ledger g;
	struct sw_event *first = calloc(1, sizeof(*first));

	enter_actor("flood", dir); /* nobody drains meanwhile */
	drain(l);
	submitted(l);
	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	assert_int_equal(g.cls[SW_CLASS_EXEC].seen, 402);
	assert_true(g.cls[SW_CLASS_EXEC].reserve_failed > 300);
	assert_int_equal(g.violations[SW_VIOLATION_SHELL], 1);
	assert_int_equal(g.violations[SW_VIOLATION_DRIFT], 0);
	assert_int_equal(sw_loader_first_violation(l->loader, l->slot, SW_VIOLATION_SHELL, first),
			 0);
	assert_true(first->recovered);
	assert_string_equal(first->actor.comm, "shell");
	assert_int_equal(sw_loader_first_violation(l->loader, l->slot, SW_VIOLATION_DRIFT, first),
			 -ENOENT);
	free(first);
}

/* A released slot stops counting, and can be taken again. */
static void test_release(void **state)
{
	struct live *l = ready(state);
	char file[PATH_MAX], *argv[] = {"x", NULL};
	uint64_t id;
	uint32_t hier, again, slot = l->slot;

	snprintf(file, sizeof(file), "%s/shell", dir);
	enter(argv, file);
	assert_int_equal(sw_loader_release(l->loader, slot), 0);
	assert_int_equal(sw_loader_release(l->loader, slot), -ENOENT);
	enter(argv, file);
	struct sw_ledger g;
	assert_int_equal(sw_loader_ledger(l->loader, slot, &g), 0);
	assert_int_equal(g.cls[SW_CLASS_EXEC].seen, 0);
	assert_int_equal(g.violations[SW_VIOLATION_SHELL], 0);
	assert_int_equal(sw_cgroup_of_path(group, &id, &hier, NULL), 0);
	assert_int_equal(sw_loader_watch_cgroup(l->loader, id, hier, &again, NULL), 0);
	assert_int_equal(again, slot);
}

/* Tasks that run already when their cgroup is registered: members of entry 0, whose changes are
 * seen. */
static void test_late(void **state)
{
	struct live *l = ready(state);
	char procs[PATH_MAX + 16], file[PATH_MAX], *argv[] = {"x", NULL};
	uint64_t id;
	uint32_t hier;
	int go[2], in[2];
	char c = 0;

	assert_int_equal(sw_loader_release(l->loader, l->slot), 0);
	assert_int_equal(pipe(go) | pipe(in), 0);
	snprintf(file, sizeof(file), "%s/quiet", dir);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", group);
	pid_t pid = fork();
	if (!pid) {
		int fd = open(procs, O_WRONLY);

		say("move", (int)write(fd, "0", 1));
		say("tell", (int)write(in[1], "r", 1));
		say("wait", (int)read(go[0], &c, 1));
		say("unshare", unshare(CLONE_NEWUTS));
		execv(file, argv);
		_exit(127);
	}
	assert_int_equal(read(in[0], &c, 1), 1);
	assert_int_equal(sw_cgroup_of_pid(pid, &id, &hier, procs, sizeof(procs), NULL), 0);
	assert_string_equal(strrchr(procs, '/'), strrchr(group, '/'));
	assert_int_equal(sw_loader_watch_cgroup(l->loader, id, hier, &l->slot, NULL), 0);
	assert_int_equal(sw_loader_bind_baseline(l->loader, l->slot, 1), 0);
	assert_int_equal(write(go[1], "g", 1), 1);
	waitpid(pid, NULL, 0);
	enter(argv, file);
	drain(l);
	assert_int_equal(nth(l, SW_EVENT_NAMESPACE, 0)->ns_bits, SW_NS_BIT_UTS);
	assert_int_equal(nth(l, SW_EVENT_EXEC, 0)->actor.entry, 0);
	assert_true(nth(l, SW_EVENT_EXEC, 0)->object.on_root);
	/* the entrypoint is over: whoever comes in now is not it */
	assert_int_equal(nth(l, SW_EVENT_ENTRY, 0)->entry_ordinal, 2);
	assert_int_equal(nth(l, SW_EVENT_ENTRY, 0)->violations, 1u << SW_VIOLATION_ENTRY);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(in[i]);
	}
}

/*
 * A container with a root and mount namespace of its own, and somebody who joins the namespace but
 * not the cgroup: an entry all the same.
 */
static void test_joined(void **state)
{
	struct live *l = ready(state);
	char path[PATH_MAX + 16], *nap[] = {"busybox", "sleep", "60", NULL},
				  *yes[] = {"busybox", "true", NULL};
	uint64_t id;
	uint32_t hier, dev;
	int ready_fd[2];
	struct stat st;
	char c;

	if (access("/bin/busybox", X_OK))
		skip();
	copy("/bin/busybox", "static", 0755);
	assert_int_equal(sw_loader_release(l->loader, l->slot), 0);
	assert_int_equal(pipe2(ready_fd, O_CLOEXEC), 0);
	pid_t inside = fork();
	if (!inside) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", group);
		int fd = open(path, O_WRONLY | O_CLOEXEC);

		say("move", (int)write(fd, "0", 1));
		say("unshare", unshare(CLONE_NEWNS));
		say("chroot", chroot(dir));
		execv("/static", nap);
		_exit(127);
	}
	close(ready_fd[1]);
	assert_int_equal(read(ready_fd[0], &c, 1), 0); /* closed by the exec */
	close(ready_fd[0]);
	assert_int_equal(sw_cgroup_of_path(group, &id, &hier, NULL), 0);
	assert_int_equal(sw_loader_watch_cgroup(l->loader, id, hier, &l->slot, NULL), 0);
	assert_int_equal(sw_loader_root_dev(l->loader, l->slot, &dev), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(dev, st.st_dev);
	pid_t joins = fork();
	if (!joins) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", inside);
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		say("open ns", fd);
		say("setns", setns(fd, CLONE_NEWNS));
		snprintf(path, sizeof(path), "%s/static", dir);
		execv(path, yes);
		_exit(127);
	}
	int status;
	waitpid(joins, &status, 0);
	assert_int_equal(status, 0);
	kill(inside, SIGKILL);
	waitpid(inside, NULL, 0);
	drain(l);
	assert_int_equal(count(l, SW_EVENT_ENTRY), 1);
	assert_int_equal(nth(l, SW_EVENT_ENTRY, 0)->entry_ordinal, 2);
	assert_int_equal(nth(l, SW_EVENT_ENTRY, 0)->violations, 1u << SW_VIOLATION_ENTRY);
	assert_int_equal(nth(l, SW_EVENT_EXEC, 0)->actor.tgid, joins);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hooks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exec, setup, teardown),
		cmocka_unit_test_setup_teardown(test_script, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ordinary, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memfd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_namespaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overflow, setup_tiny, teardown_tiny),
		cmocka_unit_test_setup_teardown(test_release, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_joined, setup, teardown),
	};

	if (argc == 4 && !strcmp(argv[1], "--actor"))
		return actor(argv[2], argv[3]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
