/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sweeps: live state compared with the baseline, at the start of a late watch, when files may have
 * changed, and at the end. What they find becomes facts of origin "sweep", judged like any other.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "event/text.h"
#include "service/internal.h"

#define PROCESSES_MAX 65536
#define CTIME_SLACK_NS 20000000ll /* change times lag behind the clock by up to a tick */

struct sweep {
	struct monitor *m;
	struct watch *w;
	uint64_t drift;
	uint64_t compared;
	uint64_t processes;
	uint64_t unread;
	uint64_t touched; /* objects that nobody told of */
	enum other_ways ways;
	char first_touched[256];
	const char *failed;
	uint64_t differing; /* objects that are not as they were bound, whoever told of it */
};

static const enum sw_effect effects[_SW_DRIFT_MAX] = {
	[SW_DRIFT_CONTENT] = SW_EFFECT_CHANGED, [SW_DRIFT_MODE] = SW_EFFECT_METADATA,
	[SW_DRIFT_OWNER] = SW_EFFECT_METADATA,	[SW_DRIFT_CAPS] = SW_EFFECT_METADATA,
	[SW_DRIFT_TYPE] = SW_EFFECT_REPLACED,	[SW_DRIFT_REMOVED] = SW_EFFECT_REMOVED,
	[SW_DRIFT_ADDED] = SW_EFFECT_CREATED,
};

/*
 * As the kernel counted them: also for an earlier process. Security hooks see what is done whatever
 * way it comes.
 */
static enum other_ways other_ways(struct monitor *m, const struct watch *w)
{
	const struct sw_ledger_class *compat, *uring;
	struct sw_ledger l;
	bool seen = false;

	if (m->features.lsm_classes & 1u << SW_CLASS_FILE)
		return WAYS_NONE;
	if (sw_loader_ledger(m->loader, w->slot, &l) < 0)
		return WAYS_USED;
	compat = &l.cls[SW_CLASS_COMPAT];
	uring = &l.cls[SW_CLASS_URING];
	if (compat->seen > compat->filtered || uring->seen > uring->filtered)
		return WAYS_USED;
	for (size_t i = 0; i < m->features.n_hooks; i++)
		seen |= m->features.hooks[i].attached &&
			!strcmp(m->features.hooks[i].name, "tp_btf/sys_exit");
	return seen ? WAYS_UNUSED : WAYS_UNSEEN;
}

/*
 * Something was done to an object and undone, and no sensor told of it: 32-bit system calls,
 * io_uring, another link's name. A container that is older than its watch may have done it before.
 */
static void found_touched(struct sweep *s, const struct sw_drift *d)
{
	const struct watch *w = s->w;

	if (names_known(w, d->entry, s->ways) ||
	    (!w->first_start && d->ctime_ns < w->from.wall_ns - CTIME_SLACK_NS))
		return;
	if (s->touched++ == 0)
		snprintf(s->first_touched, sizeof(s->first_touched), "%s: %s", d->path, d->detail);
}

static int found_drift(void *ctx, const struct sw_drift *d)
{
	struct sweep *s = ctx;
	struct sw_fact_buf fact;

	s->differing++;
	if (d->kind == SW_DRIFT_TOUCHED) {
		found_touched(s, d);
		return 0;
	}
	s->drift++;
	sw_fact_begin(&fact, "file");
	sw_fact_add(&fact, "path", d->path);
	sw_fact_add_classes(&fact, d->classes);
	sw_fact_add(&fact, "operation", sw_drift_kind_str(d->kind));
	sw_fact_add(&fact, "effect", sw_effect_str(effects[d->kind]));
	sw_fact_add(&fact, "detail", d->detail);
	sw_fact_add(&fact, "origin", "sweep");
	judge_fact(s->m, s->w, &fact.fact, NULL);
	return 0;
}

static void compare_files(struct sweep *s, bool hash)
{
	struct sw_target *t;
	struct sw_error err = {0};
	const uint32_t classes = SW_CLASSES_CODE | SW_OBJ_PKGDB;
	size_t compared = 0;
	int rc;
	static _Thread_local char why[sizeof(err.text)];

	if (watch_open_root(s->m, s->w, &t, &err) < 0) {
		snprintf(why, sizeof(why), "%s", err.text);
		s->failed = why;
		return;
	}
	/* at the end only what changed since the binding is hashed again; at the start, everything
	 */
	rc = hash ? sw_baseline_compare(s->w->prep->baseline, t, classes, true, false, found_drift,
					s, &compared, &err)
		  : sw_binding_compare(s->w->prep->binding, t, classes, false, found_drift, s,
				       &compared, &err);
	if (rc < 0) {
		snprintf(why, sizeof(why), "%s", err.text);
		s->failed = why;
	}
	s->compared = compared;
	sw_target_free(t);
}

static void record_sweep(struct sweep *s, const char *phase)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "container", sw_text_json(s->w->id, strlen(s->w->id)));
	json_object_object_add(o, "phase", json_object_new_string(phase));
	json_object_object_add(o, "complete", json_object_new_boolean(!s->failed && !s->unread));
	json_object_object_add(o, "compared", json_u64(s->compared));
	json_object_object_add(o, "processes", json_u64(s->processes));
	json_object_object_add(o, "drift", json_u64(s->drift));
	json_object_object_add(o, "unread", json_u64(s->unread));
	/* every object is the inode that it was, with its change time: nobody did anything to it */
	if (strcmp(phase, "close") == 0)
		json_object_object_add(
			o, "untouched",
			json_object_new_boolean(!s->failed && !s->unread && !s->differing));
	if (s->failed)
		json_object_object_add(o, "reason", sw_text_json(s->failed, strlen(s->failed)));
	record_append(s->m, "sweep", o);
}

/* argv[0] decides the applet of a multi-call binary, as busybox itself decides it. */
static uint32_t applet_class(const char *cmdline, size_t len)
{
	for (int i = 0; i < 2; i++) {
		const char *end = memchr(cmdline, '\0', len);
		const char *slash = strrchr(cmdline, '/');
		const char *name = slash ? slash + 1 : cmdline;

		name += name[0] == '-';
		if (strncmp(name, "busybox", 7) != 0 && strncmp(name, "toybox", 6) != 0)
			return sw_class_by_name(name);
		if (!end || end + 1 >= cmdline + len)
			return 0;
		len -= (size_t)(end + 1 - cmdline);
		cmdline = end + 1;
	}
	return 0;
}

static size_t read_cmdline(int pid, char *ret, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, ret, size - 1);

	if (n < 0)
		n = 0;
	ret[n] = '\0';
	return (size_t)n;
}

/* Does it lie on the file system that is the container's root, and is it still linked? */
static bool on_root(const struct watch *w, int fd, struct stat *ret_st)
{
	struct stat root;

	return fstat(fd, ret_st) == 0 && w->root_fd >= 0 && fstat(w->root_fd, &root) == 0 &&
	       ret_st->st_dev == root.st_dev && ret_st->st_nlink > 0;
}

static void sweep_process(struct sweep *s, int pid)
{
	char path[64], label[SW_LIMIT_PATH], cmdline[SW_EVENT_ARGS_MAX], hex[SW_SHA256_HEX] = "";
	const struct sw_baseline *b = s->w->prep->baseline;
	const struct sw_baseline_entry *e, *same;
	enum sw_baseline_state state;
	struct sw_fact_buf fact;
	struct stat st;
	uint32_t bits;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = readlink(path, label, sizeof(label) - 1);

	if (fd < 0 || n < 0) {
		/* gone meanwhile is fine, its exec is an event of the watch; unreadable is not */
		if (errno != ENOENT && errno != ESRCH)
			s->unread++;
		return;
	}
	label[n] = '\0';
	s->processes++;
	if (sw_sha256_fd(fd, 0, hex) < 0) {
		s->unread++;
		return;
	}
	size_t len = read_cmdline(pid, cmdline, sizeof(cmdline));
	const char *slash = strrchr(label, '/');

	/* the image's own object is known by its inode; a copy of one is not the image's */
	e = on_root(s->w, fd, &st) ? sw_binding_find(s->w->prep->binding, st.st_ino) : NULL;
	state = !e ? SW_STATE_ABSENT : strcmp(e->sha256, hex) ? SW_STATE_MODIFIED : SW_STATE_MATCH;
	same = sw_baseline_by_digest(b, hex);
	bits = (e ? e->classes : 0) | (same ? same->classes : 0);
	if (!bits)
		bits = sw_class_by_name(slash ? slash + 1 : label);
	bits &= ~(uint32_t)SW_OBJ_DATA;
	if (bits & SW_OBJ_MULTICALL)
		bits = (bits & ~(uint32_t)(SW_OBJ_SHELL | SW_OBJ_PACKAGE_MANAGER)) |
		       applet_class(cmdline, len);
	sw_fact_begin(&fact, "exec");
	sw_fact_add(&fact, "path", label);
	sw_fact_add_classes(&fact, bits);
	sw_fact_add(&fact, "baseline", sw_baseline_state_str(state));
	sw_fact_add(&fact, "sha256", hex);
	sw_fact_add(&fact, "argv", cmdline);
	sw_fact_addf(&fact, "pid", "%d", pid);
	sw_fact_add(&fact, "origin", "sweep");
	judge_fact(s->m, s->w, &fact.fact, NULL);
}

/* Every process whose cgroup, as the watch sees it, is this one or below it. */
static void sweep_processes(struct sweep *s)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	if (!d) {
		s->failed = "cannot list processes";
		return;
	}
	while ((e = readdir(d)) && s->processes < PROCESSES_MAX) {
		uint64_t id;
		uint32_t hierarchy;
		char *end, path[SW_LIMIT_PATH], top[SW_LIMIT_PATH];
		long pid = strtol(e->d_name, &end, 10);

		if (*end || pid <= 0 ||
		    sw_cgroup_of_pid((int)pid, &id, &hierarchy, path, sizeof(path), NULL) < 0)
			continue;
		if (id == s->w->cgroup_id) {
			sweep_process(s, (int)pid);
			continue;
		}
		/* a nested cgroup: its path begins with the container's */
		if (s->w->root_pid > 0 &&
		    sw_cgroup_of_pid(s->w->root_pid, &id, &hierarchy, top, sizeof(top), NULL) ==
			    0 &&
		    id == s->w->cgroup_id && strncmp(path, top, strlen(top)) == 0 &&
		    path[strlen(top)] == '/')
			sweep_process(s, (int)pid);
	}
	closedir(d);
}

void sweep_start(struct monitor *m, struct watch *w)
{
	struct sweep s = {.m = m, .w = w};

	if (!w->prep->baseline)
		return;
	sweep_processes(&s);
	compare_files(&s, true);
	record_sweep(&s, "start");
}

static bool rehash(struct sw_target *t, const struct sw_baseline_entry *e,
		   char ret_hex[static SW_SHA256_HEX])
{
	_cleanup_fd_ int fd =
		sw_target_open(t, e->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       sw_sha256_fd(fd, 0, ret_hex) == 0;
}

/*
 * The closing digest decides about files that were opened for writing. A taint stays until the end,
 * since the descriptor may still be open; only the closing sweep can clear it.
 */
void sweep_taints(struct monitor *m, struct watch *w, bool closing)
{
	struct sw_target *t = NULL;
	struct sw_error err = {0};

	if (w->n_taints == 0)
		return;
	if (watch_open_root(m, w, &t, &err) < 0 && !closing)
		return;
	for (size_t i = 0; i < w->n_taints; i++) {
		struct taint *x = &w->taints[i];
		char hex[SW_SHA256_HEX];

		if (x->settled)
			continue;
		if (t && rehash(t, x->entry, hex)) {
			struct sw_drift d = {
				.kind = SW_DRIFT_CONTENT,
				.path = x->entry->path,
				.entry = x->entry,
				.detail = hex,
				.classes = x->entry->classes,
			};
			struct sweep s = {.m = m, .w = w};

			if (strcmp(hex, x->entry->sha256) == 0) {
				/* unchanged so far: the kernel is to tell of the next change again
				 */
				sw_loader_rearm(m->loader, x->real_dev, x->real_ino);
				continue;
			}
			x->settled = true;
			found_drift(&s, &d);
		} else if (closing) {
			record_hole(m, w, 1u << SW_CLASS_FILE, w->from.boot_ns,
				    "%s was opened for writing and could not be compared at the "
				    "end%s%s",
				    x->entry->path, err.text[0] ? ": " : "", err.text);
		}
	}
	sw_target_free(t);
}

/* What the sensors do not tell of, the closing sweep would have found. */
static void hole_unswept(struct monitor *m, struct watch *w, const char *why)
{
	record_hole(m, w, 1u << SW_CLASS_FILE, w->from.boot_ns,
		    "the closing sweep could not compare the container's files: %s", why);
}

void sweep_close(struct monitor *m, struct watch *w)
{
	struct sweep s = {.m = m, .w = w};

	if (!w->prep || !w->prep->baseline) {
		/* never one: that is told of the whole life; lost with an earlier process: it is
		 * not */
		if (w->past && w->past->baseline_digest)
			hole_unswept(m, w,
				     w->prep && w->prep->problem ? w->prep->problem
								 : "no baseline");
		return;
	}
	sweep_taints(m, w, true);
	s.ways = other_ways(m, w);
	compare_files(&s, false);
	if (s.failed)
		hole_unswept(m, w, s.failed);
	if (s.touched)
		record_hole(m, w, 1u << SW_CLASS_FILE, w->from.boot_ns,
			    "%llu objects of the image were touched by a way that no sensor saw, "
			    "and are as they were (%s)",
			    (unsigned long long)s.touched, s.first_touched);
	record_sweep(&s, "close");
}
