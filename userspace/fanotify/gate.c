/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: reads what is opened for execution. The reader only moves descriptors and watches the
 * time, so that nothing it waits for can keep an exec waiting; the worker reads files.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <time.h>

#include "fanotify/private.h"
#include "stigwatch/digest.h"
#include "stigwatch/error.h"

#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x200 /* 5.19: the mark does not keep the inode in memory */
#endif

#define JOBS_MAX 64	/* descriptors held at once */
#define OPENED_MAX 4096 /* records that wait to be taken */
#define READ_EVENTS                                                                                \
	16 /* at once: a record whose descriptor finds no room is denied by the kernel */
#define HASH_MAX (256ull << 20)

enum job_state { JOB_FREE, JOB_WAITS, JOB_READ };

struct job {
	enum job_state state;
	int fd;
	int32_t pid;
	uint64_t order;
	int64_t boot_ns;
	bool answered;
};

struct root {
	uint64_t dev;
	uint64_t mount; /* one of its mounts instead, by number; 0: the file system itself */
	uint64_t owner; /* dev of the root that it belongs to */
	sw_fan_judge_fn judge;
	void *ctx;
};

struct sw_fan_gate {
	int fd;	 /* the group */
	int ear; /* eventfd: stop */
	bool permission;
	int64_t bound_ns;
	pthread_t reader, worker;
	bool reads, works; /* threads that were started */
	pthread_mutex_t lock;
	pthread_cond_t wake;  /* the worker: a job came, or stop */
	pthread_cond_t done;  /* a job was done */
	pthread_mutex_t busy; /* held while a callback runs */
	bool stop;
	struct job jobs[JOBS_MAX];
	uint64_t order;
	struct root *roots;
	size_t n_roots, cap_roots;
	struct sw_fan_opened *opened;
	size_t n_opened, cap_opened;
	struct sw_fan_gate_stats stats;
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* ---- answers ---- */

/* Under the lock: a job is answered once, by whoever is first. */
static void answer(struct sw_fan_gate *g, struct job *j, bool refuse)
{
	struct fanotify_response r = {.fd = j->fd, .response = refuse ? FAN_DENY : FAN_ALLOW};

	if (g->permission && !j->answered && write(g->fd, &r, sizeof(r)) < 0)
		g->stats.lost++;
	j->answered = true;
}

static int64_t expire(struct sw_fan_gate *g)
{
	int64_t next = INT64_MAX, now = now_ns();

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &g->jobs[i];
		int64_t end = j->boot_ns + g->bound_ns;

		if (j->state == JOB_FREE || j->answered)
			continue;
		if (end <= now) {
			g->stats.late++;
			answer(g, j, false);
		} else if (end < next) {
			next = end;
		}
	}
	return next;
}

/* ---- the reader ---- */

static void on_event(void *ctx, const struct sw_fan_record *r)
{
	struct sw_fan_gate *g = ctx;
	struct job now = {.state = JOB_WAITS, .fd = r->fd, .pid = r->pid}, *free_job = NULL;

	if (r->mask & FAN_Q_OVERFLOW) {
		g->stats.lost++;
		return;
	}
	if (r->fd < 0)
		return;
	g->stats.opened++;
	for (size_t i = 0; i < JOBS_MAX && !free_job; i++)
		if (g->jobs[i].state == JOB_FREE)
			free_job = &g->jobs[i];
	now.boot_ns = now_ns();
	now.order = ++g->order;
	now.answered = !g->permission;
	if (!free_job) {
		answer(g, &now, false);
		close(now.fd);
		g->stats.lost++;
		return;
	}
	*free_job = now;
	pthread_cond_signal(&g->wake);
}

static void *read_thread(void *arg)
{
	struct sw_fan_gate *g = arg;
	uint8_t buffer[READ_EVENTS * sizeof(struct fanotify_event_metadata)]
		__attribute__((aligned(8)));

	pthread_mutex_lock(&g->lock);
	while (!g->stop) {
		struct pollfd p[] = {{g->fd, POLLIN, 0}, {g->ear, POLLIN, 0}};
		int64_t next = g->permission ? expire(g) : INT64_MAX;
		int timeout = next == INT64_MAX ? -1 : (int)((next - now_ns()) / 1000000 + 1);
		ssize_t n;

		pthread_mutex_unlock(&g->lock);
		poll(p, 2, timeout < 0 && next != INT64_MAX ? 0 : timeout);
		pthread_mutex_lock(&g->lock);
		/* under the lock: for whoever looks, a record is in the queue or is a job */
		n = p[0].revents ? read(g->fd, buffer, sizeof(buffer)) : 0;
		if (n > 0 && sw_fan_decode(buffer, (size_t)n, on_event, g) < 0)
			g->stats.lost++;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			g->stats.lost++;
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

/* ---- the worker ---- */

/* Number of the mount that a descriptor was opened by; 0: not known. */
static uint64_t mount_of(int fd)
{
	struct statx x;

	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) == 0 && x.stx_mask & STATX_MNT_ID
		       ? x.stx_mnt_id
		       : 0;
}

/* Under busy. The root it lies on, or that whose mount it was opened by. */
static const struct root *root_of(const struct sw_fan_gate *g, uint64_t dev, uint64_t mount)
{
	for (size_t i = 0; i < g->n_roots; i++)
		if (!g->roots[i].mount && g->roots[i].dev == dev)
			return &g->roots[i];
	for (size_t i = 0; mount && i < g->n_roots; i++)
		if (g->roots[i].mount == mount)
			return &g->roots[i];
	return NULL;
}

/* Until it is written to: the kernel takes such a mark away with the first write. */
static void ask_no_more(struct sw_fan_gate *g, int fd)
{
	uint64_t mask = g->permission ? FAN_OPEN_EXEC_PERM : FAN_OPEN_EXEC;

	pthread_mutex_lock(&g->lock); /* the group's descriptor may go away */
	if (fanotify_mark(g->fd, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_EVICTABLE, mask,
			  fd, NULL) < 0 &&
	    errno == EINVAL)
		fanotify_mark(g->fd, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, mask, fd, NULL);
	pthread_mutex_unlock(&g->lock);
}

static void label(int fd, char *ret, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size - 1);
	ret[n < 0 ? 0 : n] = '\0';
}

static enum sw_fan_word ask(struct sw_fan_gate *g, const struct job *j, const struct stat *st,
			    struct sw_fan_opened *o, const char *sha256)
{
	const struct sw_fan_asked asked = {
		.pid = j->pid, .st = st, .path = o->path, .sha256 = sha256};
	const struct root *r;
	enum sw_fan_word word = SW_FAN_TELL;

	pthread_mutex_lock(&g->busy);
	r = root_of(g, st->st_dev, mount_of(j->fd));
	if (r)
		word = r->judge(r->ctx, &asked);
	o->root = r ? r->owner : 0;
	pthread_mutex_unlock(&g->busy);
	return word;
}

/* Refused before it is read any further: a file that takes long to read is not let go for that. */
static void refuse(struct sw_fan_gate *g, struct job *j, struct sw_fan_opened *o)
{
	if (!g->permission)
		return;
	pthread_mutex_lock(&g->lock);
	o->prevented = !j->answered;
	g->stats.prevented += o->prevented;
	answer(g, j, true);
	pthread_mutex_unlock(&g->lock);
}

/* True: worth telling. The lock is not held: files may be slow. */
static bool look(struct sw_fan_gate *g, struct job *j, struct sw_fan_opened *ret_opened)
{
	struct sw_fan_opened *o = ret_opened;
	enum sw_fan_word word;
	struct stat st;

	if (fstat(j->fd, &st) < 0)
		return false;
	*o = (struct sw_fan_opened){
		.pid = j->pid, .dev = st.st_dev, .ino = st.st_ino, .boot_ns = j->boot_ns};
	label(j->fd, o->path, sizeof(o->path));
	word = ask(g, j, &st, o, NULL);
	if (word == SW_FAN_IGNORE)
		ask_no_more(g, j->fd);
	if (word == SW_FAN_IGNORE || word == SW_FAN_ALLOW)
		return false;
	if (word == SW_FAN_REFUSE)
		refuse(g, j, o);
	/* on other mounts nothing can be the image's: that it ran from there says enough */
	if ((o->root == o->dev || g->permission) && sw_sha256_fd(j->fd, HASH_MAX, o->sha256) < 0)
		o->sha256[0] = '\0';
	if (word == SW_FAN_TELL && g->permission && ask(g, j, &st, o, o->sha256) == SW_FAN_REFUSE)
		refuse(g, j, o);
	return true;
}

static struct job *oldest(struct sw_fan_gate *g)
{
	struct job *best = NULL;

	for (size_t i = 0; i < JOBS_MAX; i++)
		if (g->jobs[i].state == JOB_WAITS && (!best || g->jobs[i].order < best->order))
			best = &g->jobs[i];
	return best;
}

static void *work_thread(void *arg)
{
	struct sw_fan_gate *g = arg;
	struct sw_fan_opened o;

	pthread_mutex_lock(&g->lock);
	while (!g->stop) {
		struct job *j = oldest(g);
		bool tell;

		if (!j) {
			pthread_cond_wait(&g->wake, &g->lock);
			continue;
		}
		j->state = JOB_READ;
		pthread_mutex_unlock(&g->lock);
		tell = look(g, j, &o);
		pthread_mutex_lock(&g->lock);
		o.before_exec = g->permission && !j->answered;
		if (tell && g->n_opened < OPENED_MAX &&
		    SW_GROW(g->opened, g->n_opened, g->cap_opened) == 0)
			g->opened[g->n_opened++] = o;
		else if (tell)
			g->stats.lost++;
		else
			g->stats.untouched++;
		answer(g, j, false);
		close(j->fd);
		j->state = JOB_FREE;
		pthread_cond_broadcast(&g->done);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

/* ---- the door ---- */

int sw_fan_gate_new(bool permission, uint32_t bound_ms, struct sw_fan_gate **ret_gate,
		    struct sw_error *err)
{
	struct sw_fan_gate *g = calloc(1, sizeof(*g));
	int rc;

	if (!g)
		return sw_error_set(err, ENOMEM, "out of memory");
	pthread_mutex_init(&g->lock, NULL);
	pthread_mutex_init(&g->busy, NULL);
	pthread_cond_init(&g->wake, NULL);
	pthread_cond_init(&g->done, NULL);
	g->permission = permission;
	g->bound_ns = bound_ms * 1000000ll;
	g->ear = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g->fd = fanotify_init((permission ? FAN_CLASS_CONTENT : FAN_CLASS_NOTIF) | FAN_CLOEXEC |
				      FAN_NONBLOCK | FAN_UNLIMITED_MARKS,
			      O_RDONLY | O_CLOEXEC | O_LARGEFILE);
	if (g->fd < 0 || g->ear < 0) {
		rc = sw_error_set(err, errno, "fanotify_init: %s", strerror(errno));
		sw_fan_gate_free(g);
		return rc;
	}
	rc = pthread_create(&g->reader, NULL, read_thread, g);
	g->reads = rc == 0;
	if (rc == 0)
		rc = pthread_create(&g->worker, NULL, work_thread, g);
	g->works = g->reads && rc == 0;
	if (rc != 0) {
		sw_fan_gate_free(g);
		return sw_error_set(err, rc, "cannot start a thread: %s", strerror(rc));
	}
	*ret_gate = g;
	return 0;
}

/* Before the worker is waited for: a file that hangs it shall hang nobody else. */
static void let_go(struct sw_fan_gate *g)
{
	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (g->jobs[i].state != JOB_FREE)
			answer(g, &g->jobs[i], false);
	if (g->fd >= 0)
		close(TAKE_FD(g->fd)); /* the kernel allows whatever still waits */
	pthread_mutex_unlock(&g->lock);
}

void sw_fan_gate_free(struct sw_fan_gate *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_cond_signal(&g->wake);
	pthread_mutex_unlock(&g->lock);
	if (g->ear >= 0)
		eventfd_write(g->ear, 1);
	if (g->reads)
		pthread_join(g->reader, NULL);
	let_go(g);
	if (g->works)
		pthread_join(g->worker, NULL);
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (g->jobs[i].state != JOB_FREE)
			close(g->jobs[i].fd);
	if (g->ear >= 0)
		close(g->ear);
	free(g->roots);
	free(g->opened);
	pthread_mutex_destroy(&g->lock);
	pthread_mutex_destroy(&g->busy);
	pthread_cond_destroy(&g->wake);
	pthread_cond_destroy(&g->done);
	free(g);
}

static int mark(struct sw_fan_gate *g, int fd, unsigned int what)
{
	uint64_t mask = g->permission ? FAN_OPEN_EXEC_PERM : FAN_OPEN_EXEC;

	return fanotify_mark(g->fd, FAN_MARK_ADD | what, mask, fd, NULL) < 0 ? -errno : 0;
}

static int root_add(struct sw_fan_gate *g, const struct root *r)
{
	int rc;

	pthread_mutex_lock(&g->busy);
	rc = SW_GROW(g->roots, g->n_roots, g->cap_roots);
	if (rc == 0)
		g->roots[g->n_roots++] = *r;
	pthread_mutex_unlock(&g->busy);
	return rc;
}

int sw_fan_gate_add(struct sw_fan_gate *g, int rootfd, sw_fan_judge_fn judge, void *ctx)
{
	struct stat st;
	int rc = fstat(rootfd, &st) < 0 ? -errno : 0;

	if (rc < 0)
		return rc;
	rc = root_add(g, &(struct root){
				 .dev = st.st_dev, .owner = st.st_dev, .judge = judge, .ctx = ctx});
	if (rc == 0)
		rc = mark(g, rootfd, FAN_MARK_FILESYSTEM);
	if (rc < 0)
		sw_fan_gate_remove(g, st.st_dev);
	return rc;
}

int sw_fan_gate_add_mount(struct sw_fan_gate *g, int dirfd, uint64_t root)
{
	struct root r = {.mount = mount_of(dirfd), .owner = root};

	pthread_mutex_lock(&g->busy);
	for (size_t i = 0; i < g->n_roots; i++)
		if (!g->roots[i].mount && g->roots[i].dev == root) {
			r.judge = g->roots[i].judge;
			r.ctx = g->roots[i].ctx;
		}
	pthread_mutex_unlock(&g->busy);
	if (r.mount && r.judge && root_add(g, &r) < 0)
		return -ENOMEM;
	return mark(g, dirfd, FAN_MARK_MOUNT);
}

/* The marks go with the file system and the mounts, which the container's end takes away. */
void sw_fan_gate_remove(struct sw_fan_gate *g, uint64_t root)
{
	size_t kept = 0;

	pthread_mutex_lock(&g->busy);
	for (size_t i = 0; i < g->n_roots; i++)
		if (g->roots[i].owner != root)
			g->roots[kept++] = g->roots[i];
	g->n_roots = kept;
	pthread_mutex_unlock(&g->busy);
}

void sw_fan_gate_take(struct sw_fan_gate *g, sw_fan_opened_fn fn, void *ctx)
{
	struct sw_fan_opened *all;
	size_t n;

	pthread_mutex_lock(&g->lock);
	all = TAKE(g->opened);
	n = g->n_opened;
	g->n_opened = g->cap_opened = 0;
	pthread_mutex_unlock(&g->lock);
	for (size_t i = 0; i < n; i++)
		fn(ctx, &all[i]);
	free(all);
}

static bool is_idle(struct sw_fan_gate *g)
{
	struct pollfd p = {g->fd, POLLIN, 0};

	for (size_t i = 0; i < JOBS_MAX; i++)
		if (g->jobs[i].state != JOB_FREE)
			return false;
	return poll(&p, 1, 0) == 0;
}

bool sw_fan_gate_flush(struct sw_fan_gate *g, uint32_t most_ms)
{
	int64_t end = now_ns() + most_ms * 1000000ll;
	bool idle;

	pthread_mutex_lock(&g->lock);
	while (!(idle = is_idle(g)) && now_ns() < end) {
		struct timespec t;

		/* what is in the kernel's queue only becomes a job: looked at again soon */
		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += 2000000;
		t.tv_sec += t.tv_nsec / 1000000000;
		t.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&g->done, &g->lock, &t);
	}
	pthread_mutex_unlock(&g->lock);
	return idle;
}

void sw_fan_gate_stats(struct sw_fan_gate *g, struct sw_fan_gate_stats *ret_stats)
{
	pthread_mutex_lock(&g->lock);
	*ret_stats = g->stats;
	pthread_mutex_unlock(&g->lock);
}
