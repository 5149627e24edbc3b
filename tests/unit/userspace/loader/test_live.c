/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensors on this kernel: a cgroup of our own is watched, actors do deeds in it, and what comes
 * out of the ring and the ledger is compared with what they did. Skips without privileges or
 * without a v2 hierarchy.
 */
#include "unit/userspace/loader/live.h"

#include <linux/capability.h>
#include <sys/mount.h>

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

/* Does the LSM back end serve this class here? */
static bool lsm(enum sw_event_class cls)
{
	return shared.features.lsm_classes & 1u << cls;
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

	if (!lsm(SW_CLASS_FILE))
		skip();
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

	if (!lsm(SW_CLASS_FILE))
		skip();
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
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlay, setup, teardown),
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
