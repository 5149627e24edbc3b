/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canary: once an epoch a program of ours, in a control group of its own, opens a file for
 * writing and executes itself. Its records go the way of every container's: the same programs,
 * ring, decoder and ledger. When they do not come back, neither may others have: a hole.
 *
 * It is started while the monitor still has all its privileges, and asked through a pipe from then
 * on, so that it needs none later. It proves the hooks on exec and on open, and the way from there;
 * what each of the other hooks sees it does not prove.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "service/internal.h"

#define ALL_CLASSES ((1u << _SW_CLASS_MAX) - 1)
#define ANSWER_MS 1000
#define ANSWER_MAX_MS 5000
#define DRAIN_MS 10 /* the ring is read while it is waited for */
#define START_MS 5000
#define SETTLE_TRIES 50 /* of a millisecond */
#define BEGIN_TRIES 3
#define SEND_TRIES 5 /* each with the ring just emptied */
#define SW_PROBLEM_MAX 512
#define SW_CANARY_FDS 3 /* what the program finds from 3 on: see canary/image.c */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

extern const unsigned char sw_canary_image[], sw_canary_image_end[];

struct canary {
	char group[SW_LIMIT_PATH]; /* "": none */
	uint64_t cgroup_id;
	uint32_t slot; /* 0: none */
	pid_t pid;     /* 0: it does not run */
	int wire;      /* our end: a byte asks, a byte answers */
	int image, target;
	bool never;	   /* it could not be started: nothing is expected of it */
	uint32_t expected; /* 1 << SW_CLASS_*: told of by hooks that are attached */
	uint32_t returned; /* of them, since sent_ns */
	int64_t sent_ns;   /* boot clock; 0: not sent */
	bool answered;
	unsigned int sent;	      /* times in this epoch */
	struct sw_ledger before;      /* its ledger when it was sent */
	char problem[SW_PROBLEM_MAX]; /* why there is none, or why it did not come back */
};

static void canary_end(struct monitor *m, struct canary *c)
{
	sw_cleanup_fd(&c->wire);
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	if (c->slot)
		sw_loader_release(m->loader, c->slot);
	if (c->group[0])
		sw_cgroup_clean();
	c->pid = 0;
	c->slot = 0;
	c->group[0] = '\0';
	c->sent_ns = 0;
}

/*
 * An empty file that may be executed, of ours alone: in memory, or, where that is not allowed
 * (vm.memfd_noexec), without a name beside the evidence.
 */
static int file_new(const char *name, const char *dir)
{
	struct stat st;
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) || !(st.st_mode & 0100)))
		sw_cleanup_fd(&fd);
	return fd >= 0 ? fd : open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0700);
}

/* Read-only: what is open for writing cannot be executed. */
static int image_new(const char *dir)
{
	size_t size = (size_t)(sw_canary_image_end - sw_canary_image);
	char path[64];
	_cleanup_fd_ int fd = file_new("stigwatch-canary", dir);

	if (fd < 0 || write(fd, sw_canary_image, size) != (ssize_t)size)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Not empty: opening an empty file for writing may be told as cutting it. */
static int target_new(const char *dir)
{
	_cleanup_fd_ int fd = file_new("stigwatch-canary-target", dir);

	return fd < 0 || write(fd, "", 1) != 1 ? -1 : TAKE_FD(fd);
}

static int files_make(struct monitor *m, struct canary *c, struct sw_error *err)
{
	if (c->image < 0)
		c->image = image_new(m->opts->evidence_dir);
	if (c->target < 0)
		c->target = target_new(m->opts->evidence_dir);
	if (c->image < 0 || c->target < 0)
		return sw_error_set(err, errno, "make its files: %s", strerror(errno));
	return 0;
}

/* In the child: into the group first, so that its first program is an entry. Signal-safe. */
static void child(const int fds[static SW_CANARY_FDS], const char *procs)
{
	char *argv[] = {(char *)"stigwatch-canary", NULL}, *none[] = {NULL};
	int group = open(procs, O_WRONLY | O_CLOEXEC), high[SW_CANARY_FDS];

	if (group < 0 || write(group, "0", 1) != 1)
		_exit(1);
	setsid(); /* what the terminal sends is for the monitor */
	for (int i = 0; i < SW_CANARY_FDS; i++) {
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3 + SW_CANARY_FDS);
		if (high[i] < 0)
			_exit(1);
	}
	for (int i = 0; i < SW_CANARY_FDS; i++)
		if (dup2(high[i], 3 + i) < 0)
			_exit(1);
	execveat(3 + SW_CANARY_FDS - 1, "", argv, none, AT_EMPTY_PATH);
	_exit(1);
}

static int spawn(struct canary *c, struct sw_error *err)
{
	char procs[SW_LIMIT_PATH + 16];
	int ends[2];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", c->group);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return sw_error_set(err, errno, "socketpair: %s", strerror(errno));
	_cleanup_fd_ int theirs = ends[1];
	c->wire = ends[0];
	c->pid = fork();
	if (!c->pid)
		child((int[]){theirs, c->target, c->image}, procs);
	if (c->pid < 0) {
		c->pid = 0;
		return sw_error_set(err, errno, "fork: %s", strerror(errno));
	}
	return 0;
}

/* Did it answer, in so many milliseconds? */
static bool answer_wait(struct canary *c, int ms)
{
	struct pollfd p = {c->wire, POLLIN, 0};
	char byte;

	return poll(&p, 1, ms) > 0 && read(c->wire, &byte, 1) == 1;
}

static int begin_once(struct monitor *m, struct canary *c, struct sw_error *err)
{
	uint32_t hierarchy;
	int rc = files_make(m, c, err);

	if (rc == 0)
		rc = sw_cgroup_make(c->group, sizeof(c->group), &c->cgroup_id, &hierarchy, err);
	if (rc < 0) {
		c->group[0] = '\0';
		return rc;
	}
	rc = sw_loader_watch_canary(m->loader, c->cgroup_id, hierarchy, &c->slot, err);
	if (rc == 0)
		rc = spawn(c, err);
	if (rc == 0 && !answer_wait(c, START_MS))
		rc = sw_error_set(err, EACCES, "its program does not start in %s", c->group);
	if (rc < 0)
		canary_end(m, c);
	return rc;
}

/* More than once: another monitor may have cleaned our group away before anybody was in it. */
static int begin(struct monitor *m, struct canary *c, struct sw_error *err)
{
	int rc = begin_once(m, c, err);

	for (int i = 1; i < BEGIN_TRIES && rc < 0; i++)
		rc = begin_once(m, c, err);
	return rc;
}

/* Classes whose required hooks are there: of the others nothing can come, and that is told. */
static uint32_t expected(const struct monitor *m)
{
	uint32_t classes = 1u << SW_CLASS_EXEC | 1u << SW_CLASS_FILE;

	for (size_t i = 0; i < m->features.n_hooks; i++) {
		const struct sw_hook *h = &m->features.hooks[i];

		if (h->required && !h->attached)
			classes &= ~(h->base ? ALL_CLASSES : 1u << h->cls);
	}
	return classes;
}

void canary_start(struct monitor *m)
{
	struct canary *c = m->opts->no_canary ? NULL : calloc(1, sizeof(*c));
	struct sw_error err = {0};

	sw_loader_release_canaries(m->loader); /* of a process that was killed */
	sw_cgroup_clean();
	if (!c)
		return;
	c->wire = c->image = c->target = -1;
	c->expected = expected(m);
	m->canary = c;
	if (begin(m, c, &err) < 0) {
		snprintf(c->problem, sizeof(c->problem), "%.500s", err.text);
		progress(m, "there is no canary: %s", c->problem);
		c->never = true;
	}
}

bool canary_event(struct monitor *m, const struct sw_event *ev)
{
	struct canary *c = m->canary;

	if (!c || !c->slot || ev->slot != c->slot || ev->slot_gen != c->cgroup_id)
		return false;
	if (!c->sent_ns || (int64_t)ev->boot_ns < c->sent_ns)
		return true;
	if (ev->type == SW_EVENT_EXEC)
		c->returned |= 1u << SW_CLASS_EXEC;
	if (ev->type == SW_EVENT_FILE && ev->file_op == SW_FILE_OPEN_WRITE)
		c->returned |= 1u << SW_CLASS_FILE;
	return true;
}

void canary_send(struct monitor *m)
{
	struct canary *c = m->canary;
	struct sw_clock now;

	if (!c || !c->pid)
		return;
	sw_clock_now(NULL, &now);
	if (sw_loader_ledger(m->loader, c->slot, &c->before) < 0)
		c->before = (struct sw_ledger){0};
	c->sent_ns = now.boot_ns;
	c->returned = 0;
	c->answered = false;
	c->sent++;
	/* a canary that has ended is found by its missing answer */
	(void)send(c->wire, "", 1, MSG_NOSIGNAL);
}

/* Classes of which the ledger counted no record more than when it was sent. */
static uint32_t uncounted(const struct canary *c, const struct sw_ledger *now)
{
	uint32_t classes = 0;

	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		if (now->cls[i].submitted <= c->before.cls[i].submitted)
			classes |= 1u << i;
	return classes & c->expected;
}

static bool was_killed(struct canary *c)
{
	if (c->pid && waitpid(c->pid, NULL, WNOHANG) == c->pid)
		c->pid = 0;
	return !c->pid;
}

/* An epoch, since the guard takes no more for a monitor that was stopped; within bounds. */
static int answer_ms(const struct monitor *m)
{
	uint64_t epoch_ms = m->opts->epoch_ns / 1000000;

	if (epoch_ms < ANSWER_MS)
		return ANSWER_MS;
	return epoch_ms < ANSWER_MAX_MS ? (int)epoch_ms : ANSWER_MAX_MS;
}

/* Has it done its deeds, did the records of them come, and were they counted? What is missing. */
static uint32_t missing(struct monitor *m, struct canary *c, struct sw_ledger *ret_ledger)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int wait_ms = answer_ms(m);

	for (int ms = 0; !c->answered && ms < wait_ms; ms += DRAIN_MS) {
		c->answered = answer_wait(c, DRAIN_MS);
		sw_collector_drain(m->collector);
		if (!c->answered && was_killed(c))
			break;
	}
	sw_collector_drain(m->collector);
	/* what it did is in the ring, maybe behind a record that another CPU has not finished */
	for (int i = 0; c->answered && i < SETTLE_TRIES && c->expected & ~c->returned; i++) {
		nanosleep(&pause, NULL);
		sw_collector_drain(m->collector);
	}
	if (!c->answered || sw_loader_ledger(m->loader, c->slot, ret_ledger) < 0)
		return c->expected;
	return (c->expected & ~c->returned) | uncounted(c, ret_ledger);
}

/* Did all that is missing find the ring full? Then it may come the next time. */
static bool found_full(const struct canary *c, const struct sw_ledger *now, uint32_t classes)
{
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		if (classes & 1u << i &&
		    now->cls[i].reserve_failed <= c->before.cls[i].reserve_failed)
			return false;
	return c->answered;
}

static const char *reason_of(const struct canary *c, uint32_t classes, bool full)
{
	if (!c->answered)
		return "it was stopped, or starved";
	if (full)
		return "the ring was full each time";
	if (classes == (1u << SW_CLASS_EXEC | 1u << SW_CLASS_FILE))
		return "neither its exec nor its open for writing was told";
	return classes & 1u << SW_CLASS_EXEC ? "its exec was not told"
					     : "its open for writing was not told";
}

/* Every class rests on the hook that tells of an exec: it is the one that ends an entry. */
static void lost(struct monitor *m, struct canary *c, uint32_t classes)
{
	struct sw_error err = {0};

	record_hole(m, NULL, classes & 1u << SW_CLASS_EXEC ? ALL_CLASSES : classes,
		    m->epoch_boot_ns, "the canary did not come back: %s", c->problem);
	if (c->answered && c->pid)
		return;
	canary_end(m, c);
	if (begin(m, c, &err) < 0)
		snprintf(c->problem, sizeof(c->problem),
			 "it has ended, and another cannot be: %.400s", err.text);
}

void canary_check(struct monitor *m)
{
	struct canary *c = m->canary;
	struct sw_ledger now = {0};
	uint32_t classes;

	if (!c || c->never || (c->pid && !c->sent_ns))
		return;
	if (!c->pid) {
		lost(m, c, c->expected);
		return;
	}
	classes = missing(m, c, &now);
	while (classes && found_full(c, &now, classes) && c->sent < SEND_TRIES) {
		canary_send(m);
		classes = missing(m, c, &now);
	}
	if (!classes)
		return;
	snprintf(c->problem, sizeof(c->problem), "%s",
		 !c->pid ? "it was killed" : reason_of(c, classes, found_full(c, &now, classes)));
	lost(m, c, classes);
}

static struct json_object *classes_json(uint32_t classes)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		if (classes & 1u << i)
			json_object_array_add(list, json_object_new_string(sw_event_class_str(i)));
	return list;
}

struct json_object *canary_json(struct monitor *m)
{
	struct canary *c = m->canary;
	struct json_object *o;

	if (!c || c->never)
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "sent", json_object_new_int64(c->sent));
	json_object_object_add(o, "classes", classes_json(c->expected));
	json_object_object_add(o, "returned", classes_json(c->returned));
	c->sent = 0;
	c->returned = 0;
	c->sent_ns = 0;
	return o;
}

const char *canary_problem(const struct monitor *m)
{
	if (!m->canary)
		return m->replace ? "the programs are about to be replaced"
				  : "it was not asked for";
	return m->canary->never ? m->canary->problem : NULL;
}

void canary_stop(struct monitor *m)
{
	struct canary *c = TAKE(m->canary);

	if (!c)
		return;
	canary_end(m, c);
	sw_cleanup_fd(&c->image);
	sw_cleanup_fd(&c->target);
	free(c);
}
