/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the live tests share: a cgroup of our own that is watched, a tree with a baseline, actors
 * that are sent in, and what came out of the ring and the ledger.
 */
#pragma once

#pragma GCC diagnostic ignored "-Wunused-function" /* not each test needs each */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "collector/collector.h"
#include "loader/loader.h"
#include "stigwatch/error.h"

#include "unit/userspace/loader/live_actors.h"
#include "unit/userspace/loader/live_fields.h"

#define MAX_EVENTS 400

static char self[PATH_MAX], dir[] = "/var/tmp/sw-live-XXXXXX", group[PATH_MAX];

struct live {
	struct sw_features features;
	struct sw_loader *loader;
	struct sw_collector *collector;
	uint32_t slot; /* ... of which everything is kept; 0: of any */
	uint64_t cgroup_id;
	struct sw_event *events;
	size_t n;
};

/* Runs argv in the watched cgroup, from outside: an entry. Returns its pid, when it is over. */
static pid_t enter(char *const argv[], const char *file)
{
	char procs[PATH_MAX + 16];
	pid_t pid = fork();
	int status;

	if (!pid) {
		snprintf(procs, sizeof(procs), "%s/cgroup.procs", group);
		int fd = open(procs, O_WRONLY | O_CLOEXEC);

		say("cgroup.procs", fd);
		say("move", (int)write(fd, "0", 1));
		execv(file, argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return pid;
}

static pid_t enter_actor(const char *name, const char *arg)
{
	char *argv[] = {"live", "--actor", (char *)name, (char *)arg, NULL};

	return enter(argv, self);
}

/* ---- the watching side ---- */

static int keep(void *ctx, const struct sw_event *event)
{
	struct live *l = ctx;

	if ((!l->slot || event->slot == l->slot) && l->n < MAX_EVENTS)
		l->events[l->n++] = *event;
	return 0;
}

static void drain(struct live *l)
{
	size_t before = l->n;

	assert_true(sw_collector_drain(l->collector) >= 0);
	for (size_t i = before; l->slot && i < l->n; i++)
		whole_event(&l->events[i], l->slot, l->cgroup_id);
}

static uint64_t submitted(struct live *l)
{
	struct sw_ledger g;
	uint64_t sum = 0;

	assert_int_equal(sw_loader_ledger(l->loader, l->slot, &g), 0);
	for (int c = 0; c < _SW_CLASS_MAX; c++) {
		const struct sw_ledger_class *k = &g.cls[c];

		assert_int_equal(k->seen, k->filtered + k->aggregated + k->submitted +
						  k->reserve_failed + k->internal_error);
		assert_int_equal(sw_collector_received(l->collector, l->slot, c), k->submitted);
		sum += k->submitted;
	}
	return sum;
}

/* The i-th event of a type, or fails. */
static const struct sw_event *nth(struct live *l, enum sw_event_type type, size_t i)
{
	for (size_t k = 0; k < l->n; k++)
		if (l->events[k].type == type && i-- == 0)
			return &l->events[k];
	fail_msg("no such event: type %d", type);
	return NULL;
}

static size_t count(const struct live *l, enum sw_event_type type)
{
	size_t n = 0;

	for (size_t k = 0; k < l->n; k++)
		n += l->events[k].type == type;
	return n;
}

static const struct sw_event *file_event(struct live *l, enum sw_file_op op, const char *tail)
{
	for (size_t k = 0; k < l->n; k++) {
		const struct sw_event *e = &l->events[k];
		const char *s = e->path_form ? e->name.s : e->object.path.s;
		size_t len = strlen(s), want = strlen(tail);

		if (e->type == SW_EVENT_FILE && e->file_op == op && len >= want &&
		    !strcmp(s + len - want, tail))
			return e;
	}
	fail_msg("no event: %s %s", sw_file_op_str(op), tail);
	return NULL;
}

static const struct sw_event *nth_content(struct live *l, size_t i)
{
	for (size_t k = 0; k < l->n; k++)
		if (l->events[k].type == SW_EVENT_FILE && l->events[k].file_op == SW_FILE_CONTENT &&
		    i-- == 0)
			return &l->events[k];
	fail_msg("no such change of content");
	return NULL;
}

static struct sw_inode_class classed(const char *name, uint32_t bits)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(stat(path, &st), 0);
	return (struct sw_inode_class){.ino = st.st_ino, .class_bits = bits};
}

static uint64_t ino_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void copy(const char *from, const char *name, mode_t mode)
{
	char path[PATH_MAX], buf[65536];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, (size_t)n), n);
	fchmod(out, mode);
	close(in);
	close(out);
}

static void tree_make(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/db", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	copy("/bin/true", "shell", 0755);
	copy("/bin/true", "quiet", 0755);
	copy("/bin/true", "code", 0755);
	copy("/bin/true", "box", 0755);
	copy("/bin/true", "apk", 0755);
	copy("/etc/passwd", "db/installed", 0644);
}

/* What the programs here load: a library that the baseline holds is no event. */
static void libraries_add(struct sw_inode_class *classes, size_t *n, size_t max)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 100], perms[5], path[PATH_MAX];

	assert_non_null(f);
	while (*n < max && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %4s %*s %*s %*s %s", perms, path) == 2 && perms[2] == 'x' &&
		    path[0] == '/')
			classes[(*n)++] = (struct sw_inode_class){.ino = ino_of(path),
								  .class_bits = SW_OBJ_LIBRARY};
	fclose(f);
}

/* An interpreter's start is told of, an ordinary program's is not (test_ordinary). */
#define TOLD (SW_OBJ_EXECUTABLE | SW_OBJ_INTERPRETER)

static void baseline_bind(struct live *l)
{
	struct sw_inode_class classes[64] = {
		classed("shell", SW_OBJ_SHELL | SW_OBJ_EXECUTABLE),
		classed("quiet", TOLD),
		classed("code", SW_OBJ_EXECUTABLE),
		classed("box", SW_OBJ_EXECUTABLE | SW_OBJ_MULTICALL),
		classed("db", SW_OBJ_PKGDB),
		classed("db/installed", SW_OBJ_PKGDB),
		{.ino = ino_of(self), .class_bits = TOLD},
	};

	size_t n = 7;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/setid", dir); /* some tests have one more program */
	if (!access(path, F_OK))
		classes[n++] = classed("setid", SW_OBJ_EXECUTABLE);
	libraries_add(classes, &n, 64);
	assert_int_equal(sw_loader_load_baseline(l->loader, 1, classes, n, NULL), 0);
	assert_int_equal(sw_loader_bind_baseline(l->loader, l->slot, 1), 0);
	assert_int_equal(sw_loader_set_applet(l->loader, "ash", SW_OBJ_SHELL), 0);
	assert_int_equal(sw_loader_set_applet(l->loader, "apk", SW_OBJ_PACKAGE_MANAGER), 0);
}

static int remove_tree(const char *d)
{
	char cmd[PATH_MAX + 16];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", d);
	return system(cmd);
}

/* Loading takes a second: one load serves all tests but the one that needs a ring of its own. */
static struct live shared;
static uint32_t syscalls = ~0u;	  /* 1 << SW_CLASS_*: with hooks on system calls */
static uint32_t enforced;	  /* 1 << SW_VIOLATION_*: of the one load */
static uint32_t refusable;	  /* of these, what its programs can refuse */
static enum sw_back_end back_end; /* STIGWATCH_BACK_END */
/*
 * In a guest loading takes a minute: with STIGWATCH_LIVE_PINS=DIR it is pinned there, and serves
 * the programs that run one after the other, until one has STIGWATCH_LIVE_LAST.
 */
static struct sw_pins *pins;

static int load(struct live *l, uint32_t ring, uint32_t syscall_classes)
{
	struct sw_loader_options o = {.ring_bytes = ring,
				      .max_containers = 8,
				      .syscall_classes = syscall_classes,
				      .back_end = back_end,
				      .enforce = enforced};
	bool pinned = l == &shared && pins, adopt = pinned && !sw_pins_empty(pins), same;
	struct sw_error err = {};
	int rc;

	if (!adopt)
		rc = sw_loader_load(&o, &shared.features, &l->loader, &err);
	else if (!(rc = sw_loader_adopt(pins, &shared.features, &same, &l->loader, &err)))
		rc = same ? sw_loader_check_options(l->loader, &shared.features, &o, &err)
			  : sw_error_set(&err, ESTALE, "pinned by another build");
	if (!rc && pinned && !adopt)
		rc = sw_loader_pin(l->loader, pins, &err);
	if (rc)
		fail_msg("%s", err.text);
	return sw_collector_new(l->loader, keep, l, &l->collector, &err);
}

/* What can be had here; what was pinned is known to work. */
static int features(struct sw_error *err)
{
	const char *where = getenv("STIGWATCH_LIVE_PINS");

	if (where && sw_pins_open(where, true, &pins, err))
		fail_msg("%s", err->text);
	if (pins && !sw_pins_empty(pins))
		return sw_features_list(&shared.features, err);
	int rc = sw_features_probe(&shared.features, err);
	if (rc)
		return rc;
	if (sw_features_choose(&shared.features, back_end, err))
		fail_msg("%s", err->text);
	refusable = sw_features_enforce(&shared.features, enforced);
	return 0;
}

static int group_setup(void **state)
{
	const char *root = access("/sys/fs/cgroup/unified/cgroup.procs", W_OK)
				   ? "/sys/fs/cgroup"
				   : "/sys/fs/cgroup/unified";
	const char *wanted = getenv("STIGWATCH_BACK_END");
	struct sw_error err = {};

	if (wanted)
		assert_int_equal(sw_back_end_parse(wanted, &back_end), 0);
	snprintf(group, sizeof(group), "%s/sw-live-%d", root, getpid());
	if (geteuid() || mkdir(group, 0755) || rmdir(group) || features(&err)) {
		print_message("skipped: needs root, BPF and a writable cgroup v2: %s\n", err.text);
		return 0;
	}
	shared.events = calloc(MAX_EVENTS, sizeof(*shared.events));
	return load(&shared, 1 << 20, syscalls);
}

static int group_teardown(void **state)
{
	sw_collector_free(shared.collector);
	if (pins && getenv("STIGWATCH_LIVE_LAST"))
		assert_int_equal(sw_pins_remove(pins, NULL), 0);
	sw_pins_free(pins);
	sw_loader_free(shared.loader);
	sw_features_release(&shared.features);
	free(shared.events);
	return 0;
}

static void watch(struct live *l)
{
	uint32_t hier;

	assert_int_equal(mkdir(group, 0755), 0);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	tree_make();
	l->n = 0;
	assert_int_equal(sw_cgroup_of_path(group, &l->cgroup_id, &hier, NULL), 0);
	assert_int_equal(sw_loader_watch_cgroup(l->loader, l->cgroup_id, hier, &l->slot, NULL), 0);
	baseline_bind(l);
}

static int setup(void **state)
{
	*state = &shared;
	if (shared.loader)
		watch(&shared);
	return 0;
}

static int teardown(void **state)
{
	struct live *l = *state;
	struct sw_collector_stats st;

	if (!l->loader)
		return 0;
	sw_collector_stats(l->collector, &st);
	assert_int_equal(st.sequence_gaps, 0);
	assert_int_equal(st.misread, 0);
	uint64_t failed;
	assert_int_equal(sw_loader_failed_inserts(l->loader, &failed), 0);
	assert_int_equal(failed, 0);
	sw_loader_release(l->loader, l->slot);
	drain(l);
	remove_tree(dir);
	return rmdir(group);
}

/* A ring of one page. */
static int setup_tiny(void **state)
{
	struct live *l = calloc(1, sizeof(*l));

	*state = l;
	if (!shared.loader)
		return 0;
	l->events = calloc(MAX_EVENTS, sizeof(*l->events));
	assert_int_equal(load(l, 4096, 0), 0);
	watch(l);
	return 0;
}

static int teardown_tiny(void **state)
{
	struct live *l = *state;
	int rc = teardown(state);

	sw_collector_free(l->collector);
	sw_loader_free(l->loader);
	free(l->events);
	free(l);
	return rc;
}

struct live_deed {
	const char *name;
	void (*run)(const char *d);
};

/* In an actor's process: the deed that it was started for. False when there is none of that name.
 */
static inline bool live_deed_run(const struct live_deed *deeds, size_t n, int argc, char **argv)
{
	for (size_t i = 0; argc == 4 && i < n; i++)
		if (!strcmp(argv[2], deeds[i].name)) {
			deeds[i].run(argv[3]);
			return true;
		}
	return false;
}

/* Does the LSM back end serve this class here? */
static inline bool lsm(enum sw_event_class cls)
{
	return shared.features.lsm_classes & 1u << cls;
}

/* An actor does its deed in the watched group; what was told of it is read. */
static inline void act(struct live *l, const char *deed)
{
	enter_actor(deed, dir);
	drain(l);
	submitted(l);
}

static struct live *ready(void **state)
{
	struct live *l = *state;

	if (!l->loader)
		skip();
	return l;
}
