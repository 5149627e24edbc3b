/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's start, loop and stop. What happens to one container is in watch.c. */
#include <ctype.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "service/internal.h"

#define DRAIN_NS 10000000ull   /* the kernel wakes nobody for ordinary records */
#define EPOCH_NS 5000000000ull /* default */

enum { FD_SIGNAL, FD_DRAIN, FD_EPOCH, FD_RING, FD_PREPARED, FD_DOCKER, _FD_MAX };

struct loop {
	int fds[3]; /* signal, drain and epoch: ours to close */
	sigset_t old_mask;
	bool masked;
};

/* The container's id in a cgroup's name: 64 lower-case hex digits ("docker-ID.scope", "ID",
 * "libpod-ID"). */
static bool id_in_name(const char *name, char ret_id[static 65])
{
	size_t run = 0;

	for (size_t i = 0;; i++) {
		bool hex = isdigit((unsigned char)name[i]) || (name[i] >= 'a' && name[i] <= 'f');

		if (hex && ++run == 64) {
			memcpy(ret_id, name + i - 63, 64);
			ret_id[64] = '\0';
			return true;
		}
		if (!hex)
			run = 0;
		if (!name[i])
			return false;
	}
}

static int on_event(void *ctx, const struct sw_event *ev)
{
	struct monitor *m = ctx;
	struct watch *w = watch_find(m, ev->slot, ev->slot_gen);
	char id[65];

	if (canary_event(m, ev))
		return 0;
	if (ev->type == SW_EVENT_CONTAINER_NEW && !w) {
		bool named = id_in_name(ev->cgroup_name, id);

		if (!named || watch_add(m, ev->slot, ev, id, &w) < 0)
			sw_loader_release(m->loader, ev->slot);
		else
			event_done(m, w, ev);
		if (named && !w)
			record_hole(m, NULL, ~0u, (int64_t)ev->boot_ns, "no room to watch %s", id);
		if (w && prep_is_done(m->preparer, w->prep))
			watch_prepared(m, w);
		return 0;
	}
	if (w)
		watch_event(m, w, ev);
	return 0;
}

static void on_docker(void *ctx, const struct sw_docker_event *ev)
{
	struct monitor *m = ctx;

	/* asked for as soon as it exists, so that its baseline is there before its first
	 * instruction */
	if (ev->kind == SW_DOCKER_CREATE) {
		preparer_want(m->preparer, ev->container_id, NULL);
	} else if (ev->kind == SW_DOCKER_DESTROY) {
		struct prep *prep = preparer_find(m->preparer, ev->container_id);

		if (prep)
			prep_drop_unused(m, prep);
	}
}

static bool needs_docker(const struct sw_monitor_options *o)
{
	for (size_t i = 0; i < o->n_selectors; i++)
		if (o->selectors[i].kind != SW_SELECT_PID &&
		    o->selectors[i].kind != SW_SELECT_CGROUP)
			return true;
	return false;
}

/* One that has ended since it was listed is no error: there is nothing of it left to watch. */
static int watch_running(struct monitor *m, const struct sw_container *c, struct sw_error *err)
{
	int rc = watch_existing(m, c->id, c->pid, NULL, err);

	return rc == -ENOENT || rc == -ESRCH ? 0 : rc;
}

static int watch_running_containers(struct monitor *m, struct sw_error *err)
{
	struct sw_container **list = NULL;
	size_t n = 0;
	int rc = sw_docker_list(m->docker, &list, &n, err);

	for (size_t i = 0; i < n; i++) {
		bool wanted = false;

		for (size_t k = 0; k < m->opts->n_selectors; k++)
			wanted |= sw_selector_matches(&m->opts->selectors[k], list[i]);
		if (wanted && rc == 0) {
			if (list[i]->pid > 0)
				rc = watch_running(m, list[i], err);
			else
				preparer_want(m->preparer, list[i]->id, NULL);
		}
		sw_container_free(list[i]);
	}
	free(list);
	return rc;
}

static int watch_given(struct monitor *m, struct sw_error *err)
{
	for (size_t i = 0; i < m->opts->n_selectors; i++) {
		const struct sw_selector *s = &m->opts->selectors[i];
		_cleanup_free_ char *id = NULL;
		int rc = 0;

		if (s->kind == SW_SELECT_PID && asprintf(&id, "pid:%s", s->value) > 0)
			rc = watch_existing(m, id, atoi(s->value), NULL, err);
		else if (s->kind == SW_SELECT_CGROUP && asprintf(&id, "cgroup:%s", s->value) > 0)
			rc = watch_existing(m, id, 0, s->value, err);
		if (rc < 0)
			return rc;
	}
	return m->docker ? watch_running_containers(m, err) : 0;
}

/* A new session, or the one of the programs that were found in the kernel. */
static void begin_session(struct monitor *m)
{
	if (m->adopted) {
		m->epoch_boot_ns = m->past.last_boot_ns;
		record_resume(m);
		resume_watches(m);
		return;
	}
	record_start(m);
	if (m->gap)
		record_hole(m, NULL, ~0u, m->epoch_boot_ns,
			    "what was watched before this cannot be continued: %s", m->gap);
}

/* Whom to ask, by what is watched for. */
static int choose_sources(struct monitor *m, struct sw_error *err)
{
	m->call_classes = call_classes(m);
	m->fanotify = !m->opts->no_fanotify && m->call_classes;
	if (m->opts->judged && m->opts->enforce & ~m->opts->judged)
		return sw_error_set(err, EINVAL,
				    "a rule that is not watched for cannot be enforced");
	if (m->opts->exec_permission && !m->fanotify)
		return sw_error_set(
			err, EINVAL,
			"waiting for permission to execute is fanotify's, which is not used");
	return 0;
}

static int start(struct monitor *m, struct sw_error *err)
{
	int rc = sw_rules_content(&m->content, err);

	if (rc == 0)
		rc = sw_result_from_benchmark(m->content, &m->rules, err);
	if (rc == 0)
		rc = choose_sources(m, err);
	if (rc == 0 && m->opts->baseline_path)
		rc = sw_baseline_load(m->opts->baseline_path, &m->baseline, err);
	if (rc == 0 && needs_docker(m->opts)) {
		rc = sw_docker_connect(m->opts->docker_socket, &m->docker, err);
		/* the stream first, the list second: nothing is created in between */
		if (rc == 0)
			rc = sw_docker_events_open(m->docker, err);
	}
	if (rc == 0)
		rc = sw_evidence_open(m->opts->evidence_dir, sw_clock_now, NULL, &m->evidence, err);
	if (rc == 0)
		rc = kernel_start(m, err);
	if (rc == 0)
		rc = sw_collector_new(m->loader, on_event, m, &m->collector, err);
	if (rc == 0 && !m->replace)
		canary_start(m);
	if (rc == 0 && !m->replace)
		rc = privilege_drop(m, err);
	if (rc == 0)
		rc = preparer_new(m, &m->preparer, err);
	if (rc < 0)
		return rc;
	m->procs = proc_cache_new();
	if (!m->procs)
		return sw_error_set(err, ENOMEM, "out of memory");
	if (m->fanotify)
		m->opened = opened_new(m);
	if (m->opts->exec_permission && !m->opened)
		return sw_error_set(err, ENOTSUP, "programs cannot be made to wait for permission");

	struct sw_clock now;

	sw_clock_now(NULL, &now);
	m->epoch_boot_ns = now.boot_ns;
	begin_session(m);
	canary_send(m);
	return m->replace ? 0 : watch_given(m, err);
}

static int timer_fd(uint64_t every_ns, bool once)
{
	struct itimerspec its = {
		.it_value = {(time_t)(every_ns / 1000000000), (long)(every_ns % 1000000000)}};
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (!once)
		its.it_interval = its.it_value;
	if (fd >= 0)
		timerfd_settime(fd, 0, &its, NULL);
	return fd;
}

static int loop_open(struct loop *l, uint64_t epoch_ns, struct sw_error *err)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	if (pthread_sigmask(SIG_BLOCK, &mask, &l->old_mask) != 0)
		return sw_error_set(err, EINVAL, "cannot block signals");
	l->masked = true;
	l->fds[FD_SIGNAL] = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	l->fds[FD_DRAIN] = timer_fd(DRAIN_NS, false);
	l->fds[FD_EPOCH] = timer_fd(epoch_ns, false);
	for (int i = 0; i < 3; i++)
		if (l->fds[i] < 0)
			return sw_error_set(err, errno, "cannot make timers: %s", strerror(errno));
	return 0;
}

static void loop_close(struct loop *l)
{
	for (int i = 0; i < 3; i++)
		if (l->fds[i] >= 0)
			close(l->fds[i]);
	if (l->masked)
		pthread_sigmask(SIG_SETMASK, &l->old_mask, NULL);
}

static void swallow(int fd)
{
	char buf[512];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

/* Who ended us; left pending the signal would kill once the mask is restored. */
static void read_signal(struct monitor *m, int fd)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		m->signal = (int)si.ssi_signo;
		m->signal_pid = (int)si.ssi_pid;
		m->signal_uid = si.ssi_uid;
	}
}

static void end_gone(struct monitor *m)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->gone && m->watches[i]->state == WATCH_LIVE)
			watch_end(m, m->watches[i], "its control group was removed");
}

static void finish_prepared(struct monitor *m)
{
	struct prep *prep;

	preparer_ack(m->preparer);
	for (size_t i = 0; i < m->n_watches;) {
		struct watch *w = m->watches[i];
		size_t before = m->n_watches;

		if (w->state == WATCH_PREPARING && prep_is_done(m->preparer, w->prep))
			watch_prepared(m, w);
		i += m->n_watches == before; /* one that was not wanted left its place to another */
	}
	while ((prep = preparer_forgotten(m->preparer)))
		prep_drop_unused(m, prep);
}

static void read_docker(struct monitor *m)
{
	struct sw_error err = {0};

	if (sw_docker_events_read(m->docker, on_docker, m, &err) < 0) {
		m->docker_lost = true;
		progress(m, "the container daemon's event stream ended: %s", err.text);
	}
}

static bool all_ended(const struct monitor *m)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->state != WATCH_ENDED)
			return false;
	return m->n_selected > 0;
}

/* Said once everything that ran before is prepared and swept: from here on nothing is late. */
static void announce(struct monitor *m)
{
	if (preparer_busy(m->preparer))
		return;
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->state == WATCH_PREPARING)
			return;
	m->announced = true;
	malloc_trim(0); /* loading takes many times what is kept of it */
	progress(m, "ready: watching, evidence in %s", m->opts->evidence_dir);
}

/* fanotify first: what it told of, the sensors' ring holds or will hold in a moment. */
static void drain(struct monitor *m)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->state == WATCH_LIVE)
			names_read(m, m->watches[i]);
	sw_collector_drain(m->collector);
	for (size_t i = 0; i < m->n_watches; i++)
		names_settle(m, m->watches[i], false);
	opened_settle(m, NULL);
}

static void turn(struct monitor *m, const struct loop *l, struct pollfd *p)
{
	if (p[FD_SIGNAL].revents) {
		read_signal(m, l->fds[FD_SIGNAL]);
		m->stop = true;
	}
	if (p[FD_DRAIN].revents || p[FD_RING].revents) {
		swallow(l->fds[FD_DRAIN]);
		if (!resume_holds(m)) {
			drain(m);
			end_gone(m);
			watch_drop_ended(m);
		}
	}
	if (p[FD_DOCKER].revents && !m->docker_lost)
		read_docker(m);
	if (p[FD_PREPARED].revents)
		finish_prepared(m);
	if (p[FD_EPOCH].revents && !resume_holds(m)) {
		swallow(l->fds[FD_EPOCH]);
		epoch_close(m, false);
	}
	if (!m->announced)
		announce(m);
	if (m->opts->until_exit && all_ended(m))
		m->stop = true;
}

static int run_loop(struct monitor *m, const struct loop *l, struct sw_error *err)
{
	struct sw_clock now;
	int64_t end = 0;

	sw_clock_now(NULL, &now);
	if (m->opts->for_ns)
		end = now.boot_ns + (int64_t)m->opts->for_ns;
	while (!m->stop) {
		struct pollfd p[_FD_MAX] = {
			[FD_SIGNAL] = {l->fds[FD_SIGNAL], POLLIN, 0},
			[FD_DRAIN] = {l->fds[FD_DRAIN], POLLIN, 0},
			[FD_EPOCH] = {l->fds[FD_EPOCH], POLLIN, 0},
			[FD_RING] = {sw_collector_fd(m->collector), POLLIN, 0},
			[FD_PREPARED] = {preparer_fd(m->preparer), POLLIN, 0},
			[FD_DOCKER] = {m->docker && !m->docker_lost ? sw_docker_events_fd(m->docker)
								    : -1,
				       POLLIN, 0},
		};

		if (poll(p, _FD_MAX, -1) < 0 && errno != EINTR)
			return sw_error_set(err, errno, "poll: %s", strerror(errno));
		turn(m, l, p);
		sw_clock_now(NULL, &now);
		if (end && now.boot_ns >= end)
			m->stop = true;
	}
	return 0;
}

/* Stopped in good order: with keep, the programs go on watching for the next process. */
static void finish(struct monitor *m, bool keep)
{
	struct json_object *o = json_object_new_object();

	/* what is still being prepared is waited for: its events are evidence, too */
	while (true) {
		bool waiting = false;

		if (!resume_holds(m))
			sw_collector_drain(m->collector);
		finish_prepared(m);
		for (size_t i = 0; i < m->n_watches; i++)
			waiting |= m->watches[i]->state == WATCH_PREPARING;
		if (!waiting)
			break;
		struct pollfd p = {preparer_fd(m->preparer), POLLIN, 0};

		poll(&p, 1, 1000);
	}
	m->hold_until = 0;
	drain(m);
	for (size_t i = 0; i < m->n_watches; i++)
		names_settle(m, m->watches[i], true);
	for (size_t i = 0; keep && i < m->n_watches; i++)
		opened_stop(m, m->watches[i]);
	end_gone(m);
	for (size_t i = 0; !keep && i < m->n_watches; i++)
		watch_end(m, m->watches[i],
			  m->replace ? "its programs are replaced" : "the monitor was stopped");
	epoch_close(m, !keep);
	json_object_object_add(o, "clean", json_object_new_boolean(true));
	if (m->signal) {
		json_object_object_add(o, "signal", json_object_new_int(m->signal));
		json_object_object_add(o, "signal_pid", json_object_new_int(m->signal_pid));
		json_object_object_add(o, "signal_uid", json_object_new_int64(m->signal_uid));
	}
	record_append(m, keep ? "pause" : "stop", o);
	sw_evidence_sync(m->evidence, NULL);
}

static void release(struct monitor *m, bool keep)
{
	opened_free(m->opened); /* its threads look at what the others own */
	canary_stop(m);
	for (size_t i = 0; i < m->n_watches; i++)
		watch_free(m, m->watches[i]);
	free(m->watches);
	sw_collector_free(m->collector);
	kernel_stop(m, keep);
	past_release(&m->past);
	preparer_free(m->preparer);
	proc_cache_free(m->procs);
	sw_evidence_close(m->evidence);
	sw_docker_free(m->docker);
	sw_features_release(&m->features);
	free(m->gap);
	free(m->replace);
	sw_baseline_free(m->baseline);
	sw_result_free(m->rules);
	sw_content_free(m->content);
}

/*
 * Programs that still run, of another build or with other options: what they saw is read out and
 * judged, then they go.
 * Their successors begin a session of their own, and what lies between is a hole in it.
 */
static int replace_programs(struct monitor *m, struct sw_error *err)
{
	struct monitor next = {.opts = m->opts};

	finish(m, false);
	next.gap = TAKE(m->replace);
	release(m, false);
	*m = next;
	return start(m, err);
}

int sw_monitor_run(const struct sw_monitor_options *opts, struct sw_error *err)
{
	struct sw_monitor_options o = *opts;
	struct loop l = {.fds = {-1, -1, -1}};
	struct monitor m = {.opts = &o};
	bool keep;
	int rc;

	if (!o.epoch_ns)
		o.epoch_ns = EPOCH_NS;
	rc = loop_open(&l, o.epoch_ns, err);
	if (rc == 0)
		rc = start(&m, err);
	if (rc == 0 && m.replace)
		rc = replace_programs(&m, err);
	keep = m.adopted; /* what was found stays when there was nothing for us to do with it */
	if (rc == 0) {
		rc = run_loop(&m, &l, err);
		keep = o.keep && m.pins;
		finish(&m, keep);
	}
	if (rc == 0 && m.evidence_failed)
		rc = sw_error_set(err, EIO, "evidence in %s is not complete", o.evidence_dir);
	release(&m, keep);
	loop_close(&l);
	return rc;
}
