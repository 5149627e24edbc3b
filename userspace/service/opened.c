/* SPDX-License-Identifier: Apache-2.0 */
/* Records of fanotify's gate, and the execs that they belong to. */
#include "service/opened.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "fanotify/fanotify.h"
#include "service/internal.h"

#define BOUND_MS 1000	     /* an exec waits no longer than this */
#define HOLD_NS 300000000ll  /* until the exec's own record has come */
#define WAIT_NS 2000000000ll /* a digest that has not come by then does not come */
#define PAIR_NS 3000000000ll /* between an opening and its exec, the wait included */
#define RECORDS_MAX 8192
#define EXECS_MAX 8192
#define WAITING_MAX 256
#define OVERLAYFS_MAGIC 0x794c7630

struct executed {
	uint64_t cgroup_id; /* of its container; 0: no entry */
	uint32_t tgid;
	int64_t boot_ns;
	uint64_t dev, ino;
};

struct waiting {
	struct watch *w;
	struct sw_event *ev;
};

struct opened {
	struct sw_fan_gate *gate;
	bool permission;
	struct sw_fan_opened *records;
	size_t n_records, cap_records;
	struct executed *execs; /* a ring */
	size_t next_exec;
	struct waiting *waiting;
	size_t n_waiting, cap_waiting;
	uint64_t dropped;
	struct sw_fan_gate_stats reported;
};

struct opened *opened_new(struct monitor *m)
{
	struct opened *o = calloc(1, sizeof(*o));
	struct sw_error err = {0};

	if (o)
		o->execs = calloc(EXECS_MAX, sizeof(*o->execs));
	if (!o || !o->execs ||
	    sw_fan_gate_new(m->opts->exec_permission, BOUND_MS, &o->gate, &err) < 0) {
		progress(m, "fanotify cannot watch what is opened for execution: %s",
			 err.text[0] ? err.text : "out of memory");
		opened_free(o);
		return NULL;
	}
	o->permission = m->opts->exec_permission;
	return o;
}

void opened_free(struct opened *o)
{
	if (!o)
		return;
	sw_fan_gate_free(o->gate);
	for (size_t i = 0; i < o->n_waiting; i++)
		free(o->waiting[i].ev);
	free(o->waiting);
	free(o->records);
	free(o->execs);
	free(o);
}

/* ---- what is watched ---- */

void opened_start(struct monitor *m, struct watch *w, int rootfd)
{
	struct statfs fs;
	struct sw_clock now;
	struct stat st;
	int rc;

	/* a root on the host's file system would make every exec of the host ours */
	if (!m->opened || w->gate_dev || fstatfs(rootfd, &fs) < 0 || fs.f_type != OVERLAYFS_MAGIC ||
	    fstat(rootfd, &st) < 0)
		return;
	w->refusal = refusal_new(m, w, st.st_dev);
	rc = w->refusal ? sw_fan_gate_add(m->opened->gate, rootfd, refusal_judge, w->refusal)
			: -ENOMEM;
	if (rc < 0)
		refusal_free(TAKE(w->refusal));
	if (rc < 0)
		progress(m, "%s: fanotify cannot watch what is opened for execution: %s", w->id,
			 strerror(-rc));
	if (rc < 0)
		return;
	sw_clock_now(NULL, &now);
	w->gate_ns = now.boot_ns;
	w->gate_dev = st.st_dev;
}

/* Only what people mount: no exec comes from proc and the like. */
static bool is_plain(const char *mount_point)
{
	static const char *const roots[] = {"/proc", "/sys", "/dev"};

	for (size_t i = 0; i < SW_ARRAY_LEN(roots); i++)
		if (!strncmp(mount_point, roots[i], strlen(roots[i])))
			return false;
	return strcmp(mount_point, "/") != 0;
}

void opened_mounts(struct monitor *m, struct watch *w)
{
	char line[2 * SW_LIMIT_PATH], point[SW_LIMIT_PATH];
	struct sw_target *t = NULL;
	struct sw_clock now;
	size_t n = 0;

	if (!m->opened || !w->gate_dev || watch_open_root(m, w, &t, NULL) < 0)
		return;
	snprintf(line, sizeof(line), "/proc/%d/mountinfo", w->root_pid);
	_cleanup_file_ FILE *f = fopen(line, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*d %*d %*s %*s %4095s", point) != 1 || !is_plain(point))
			continue;
		_cleanup_fd_ int fd = sw_target_open(t, point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		/* a file that is mounted by itself is no place for programs */
		if (fd >= 0 && sw_fan_gate_add_mount(m->opened->gate, fd, w->gate_dev) == 0)
			n++;
	}
	sw_target_free(t);
	sw_clock_now(NULL, &now);
	if (f) /* without any, they are watched since its root is */
		w->mounts_ns = n ? now.boot_ns : w->gate_ns;
}

void opened_stop(struct monitor *m, struct watch *w)
{
	if (!m->opened || !w->gate_dev)
		return;
	if (!sw_fan_gate_flush(m->opened->gate, BOUND_MS))
		record_hole(m, w, 1u << SW_CLASS_EXEC, w->from.boot_ns,
			    "not everything that was opened for execution could be read");
	opened_settle(m, w);
	sw_fan_gate_remove(m->opened->gate, w->gate_dev);
	refusal_free(TAKE(w->refusal));
	w->gate_dev = 0;
	w->gate_ns = 0;
}

/* ---- what was executed ---- */

void opened_executed(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	struct opened *o = m->opened;

	if (!o || !w->gate_dev)
		return;
	o->execs[o->next_exec++ % EXECS_MAX] = (struct executed){
		.cgroup_id = w->cgroup_id,
		.tgid = ev->actor.tgid,
		.boot_ns = (int64_t)ev->boot_ns,
		.dev = ev->object.dev,
		.ino = ev->object.ino,
	};
}

static bool wait_for(struct opened *o, struct watch *w, const struct sw_event *ev)
{
	struct sw_event *copy;

	if (o->n_waiting == WAITING_MAX || SW_GROW(o->waiting, o->n_waiting, o->cap_waiting) < 0)
		return false;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return false;
	*copy = *ev;
	o->waiting[o->n_waiting++] = (struct waiting){w, copy};
	return true;
}

bool opened_will_tell(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	return m->opened && m->opened->permission && w->gate_dev && !ev->object.memfd &&
	       wait_for(m->opened, w, ev);
}

/* Its opening was seen if there was one of anything but the image's untouched own. */
bool opened_watched(const struct watch *w, const struct sw_event *ev)
{
	return w->gate_ns && w->mounts_ns && w->gate_ns < (int64_t)ev->boot_ns &&
	       w->mounts_ns < (int64_t)ev->boot_ns;
}

/* ---- judging ---- */

static void judge_opened(struct monitor *m, struct watch *w, const struct sw_fan_opened *r)
{
	const struct sw_baseline *b = w->prep->baseline;
	const struct sw_baseline_entry *e =
		r->dev == w->gate_dev ? sw_binding_find(w->prep->binding, r->ino) : NULL;
	const struct sw_baseline_entry *same =
		r->sha256[0] ? sw_baseline_by_digest(b, r->sha256) : NULL;
	enum sw_baseline_state state = SW_STATE_ABSENT;
	const char *slash = strrchr(r->path, '/');
	struct sw_fact_buf fact;

	if (e && r->sha256[0])
		state = strcmp(e->sha256, r->sha256) ? SW_STATE_MODIFIED : SW_STATE_MATCH;
	if (e && !r->sha256[0])
		state = SW_STATE_UNVERIFIED;
	if (state == SW_STATE_MATCH && !r->prevented)
		return;
	if (state == SW_STATE_UNVERIFIED && !r->prevented) {
		record_hole(m, w, 1u << SW_CLASS_EXEC, r->boot_ns,
			    "%s was opened for execution and could not be read", r->path);
		return;
	}
	sw_fact_begin(&fact, "exec");
	sw_fact_add(&fact, "path", r->path);
	sw_fact_add_classes(&fact, ((e ? e->classes : 0) | (same ? same->classes : 0) |
				    sw_class_by_name(slash ? slash + 1 : r->path)) &
					   ~(uint32_t)SW_OBJ_DATA);
	sw_fact_add(&fact, "baseline", sw_baseline_state_str(state));
	sw_fact_add(&fact, "location", r->dev == w->gate_dev ? "image" : "mount");
	sw_fact_add(&fact, "sha256", r->sha256);
	sw_fact_addf(&fact, "pid", "%d", r->pid);
	if (r->prevented)
		sw_fact_add(&fact, "outcome", "prevented");
	sw_fact_add(&fact, "origin", "fanotify");
	judge_fact(m, w, &fact.fact, NULL);
}

static struct watch *watch_of(struct monitor *m, uint64_t cgroup_id)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->cgroup_id == cgroup_id && m->watches[i]->gate_dev)
			return m->watches[i];
	return NULL;
}

/* The exec that this opening belongs to. */
static const struct executed *exec_of(const struct opened *o, const struct sw_fan_opened *r)
{
	const struct executed *best = NULL;

	for (size_t i = 0; i < EXECS_MAX; i++) {
		const struct executed *x = &o->execs[i];

		if (!x->cgroup_id || (int32_t)x->tgid != r->pid ||
		    llabs(x->boot_ns - r->boot_ns) > PAIR_NS)
			continue;
		if (!best || llabs(x->boot_ns - r->boot_ns) < llabs(best->boot_ns - r->boot_ns))
			best = x;
	}
	return best;
}

static struct watch *watch_of_root(struct monitor *m, uint64_t dev)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->gate_dev && m->watches[i]->gate_dev == dev)
			return m->watches[i];
	return NULL;
}

/* Whose it is: the container of its exec, or that on whose root it lies. */
static bool belongs_to(const struct opened *o, const struct sw_fan_opened *r, const struct watch *w)
{
	const struct executed *x = exec_of(o, r);

	if (r->prevented)
		return r->root == w->gate_dev;
	return x ? x->cgroup_id == w->cgroup_id : r->dev == w->gate_dev;
}

static void judge_record(struct monitor *m, const struct sw_fan_opened *r)
{
	/* what was refused was not executed: an exec of the process that did it is another */
	const struct executed *x = r->prevented ? NULL : exec_of(m->opened, r);
	struct watch *w =
		x ? watch_of(m, x->cgroup_id) : watch_of_root(m, r->prevented ? r->root : r->dev);

	if (!w || w->state != WATCH_LIVE)
		return;
	if (r->prevented)
		judge_opened(m, w, r);
	else if (!x) /* it has no format that the kernel runs, or its exec is older than we remember
		      */
		record_hole(
			m, w, 1u << SW_CLASS_EXEC, r->boot_ns,
			"%s was opened for execution by process %d: whether it ran is not known",
			r->path, r->pid);
	else if (x->dev != r->dev || x->ino != r->ino)
		judge_opened(m, w, r);
}

/* Of its own content, read before it ran. */
static const struct sw_fan_opened *record_of(const struct opened *o, const struct sw_event *ev)
{
	for (size_t i = 0; i < o->n_records; i++) {
		const struct sw_fan_opened *r = &o->records[i];

		if (r->before_exec && !r->prevented && r->sha256[0] &&
		    r->pid == (int32_t)ev->actor.tgid && r->dev == ev->object.dev &&
		    r->ino == ev->object.ino)
			return r;
	}
	return NULL;
}

static void end_waiting(struct monitor *m, struct waiting *x, const struct sw_fan_opened *r)
{
	if (r)
		judge_opened(m, x->w, r);
	else
		record_hole(m, x->w, 1u << SW_CLASS_EXEC, (int64_t)x->ev->boot_ns,
			    "%s was executed and ended before it could be read, and it was not "
			    "read before: what it was is not known",
			    x->ev->object.path.s);
	free(x->ev);
}

static void settle_waiting(struct monitor *m, struct watch *all, int64_t now)
{
	struct opened *o = m->opened;
	size_t kept = 0;

	for (size_t i = 0; i < o->n_waiting; i++) {
		struct waiting x = o->waiting[i];
		const struct sw_fan_opened *r = record_of(o, x.ev);

		if (r || x.w == all || now - (int64_t)x.ev->boot_ns > WAIT_NS)
			end_waiting(m, &x, r);
		else
			o->waiting[kept++] = x;
	}
	o->n_waiting = kept;
}

static void on_opened(void *ctx, const struct sw_fan_opened *r)
{
	struct opened *o = ctx;

	if (o->n_records == RECORDS_MAX || SW_GROW(o->records, o->n_records, o->cap_records) < 0)
		o->dropped++;
	else
		o->records[o->n_records++] = *r;
}

static void report_losses(struct monitor *m)
{
	struct opened *o = m->opened;
	struct sw_fan_gate_stats s;

	sw_fan_gate_stats(o->gate, &s);
	s.lost += o->dropped;
	if (s.lost > o->reported.lost)
		record_hole(m, NULL, 1u << SW_CLASS_EXEC, m->epoch_boot_ns,
			    "%llu objects were opened for execution and found no room",
			    (unsigned long long)(s.lost - o->reported.lost));
	if (s.late > o->reported.late)
		record_hole(m, NULL, 1u << SW_CLASS_EXEC, m->epoch_boot_ns,
			    "%llu programs were let go after %d ms, before they were read",
			    (unsigned long long)(s.late - o->reported.late), BOUND_MS);
	o->reported = s;
}

void opened_settle(struct monitor *m, struct watch *all)
{
	struct opened *o = m->opened;
	struct sw_clock now;
	size_t kept = 0;

	if (!o)
		return;
	sw_clock_now(NULL, &now);
	sw_fan_gate_take(o->gate, on_opened, o);
	settle_waiting(m, all, now.boot_ns);
	for (size_t i = 0; i < o->n_records; i++) {
		bool old = o->records[i].prevented || now.boot_ns - o->records[i].boot_ns > HOLD_NS;

		if (old || (all && belongs_to(o, &o->records[i], all)))
			judge_record(m, &o->records[i]);
		else
			o->records[kept++] = o->records[i];
	}
	o->n_records = kept;
	report_losses(m);
}
