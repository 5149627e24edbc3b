/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watched container from birth to end: pending until its baseline is prepared, then live, then
 * ended with a closing sweep. Its identity is its cgroup; names come late and change nothing.
 */
#include <fcntl.h>

#include "event/text.h"
#include "service/internal.h"

struct watch *watch_find(struct monitor *m, uint32_t slot, uint64_t cgroup_id)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->slot == slot && m->watches[i]->cgroup_id == cgroup_id)
			return m->watches[i];
	return NULL;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_queue; i++)
		free(w->queue[i]);
	free(w->queue);
	for (size_t i = 0; i < w->n_rules; i++)
		free(w->rules[i].rule_id);
	free(w->taints);
	if (w->root_fd >= 0)
		close(w->root_fd);
	sw_judge_free(w->judge);
	free(w->id);
	free(w);
}

static void watch_forget(struct monitor *m, struct watch *w)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i] == w)
			m->watches[i] = m->watches[--m->n_watches];
	sw_loader_release(m->loader, w->slot);
	sw_collector_forget(m->collector, w->slot);
	watch_free(w);
}

int watch_add(struct monitor *m, uint32_t slot, const struct sw_event *born, const char *id,
	      struct watch **ret_watch)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w || SW_GROW(m->watches, m->n_watches, m->cap_watches) < 0) {
		free(w);
		return -ENOMEM;
	}
	w->slot = slot;
	w->root_fd = -1;
	sw_clock_now(NULL, &w->from);
	if (born) {
		w->cgroup_id = born->cgroup_id;
		w->hierarchy_id = born->hierarchy_id;
		w->from_start = true;
		w->from.wall_ns -= w->from.boot_ns - (int64_t)born->boot_ns;
		w->from.boot_ns = (int64_t)born->boot_ns;
	}
	w->id = strdup(id);
	w->prep = preparer_want(m->preparer, id);
	if (!w->id || !w->prep || sw_judge_new(m->content, &w->judge, NULL) < 0) {
		watch_free(w);
		return -ENOMEM;
	}
	m->watches[m->n_watches++] = w;
	if (ret_watch)
		*ret_watch = w;
	return 0;
}

/* A cgroup that holds tasks already: everything before now was not watched. */
int watch_existing(struct monitor *m, const char *id, int pid, const char *cgroup_path,
		   struct sw_error *err)
{
	uint64_t cgroup_id;
	uint32_t hierarchy_id, slot;
	char path[SW_LIMIT_PATH] = "";
	struct watch *w;
	int rc;

	if (pid > 0)
		rc = sw_cgroup_of_pid(pid, &cgroup_id, &hierarchy_id, path, sizeof(path), err);
	else
		rc = sw_cgroup_of_path(cgroup_path, &cgroup_id, &hierarchy_id, err);
	if (rc < 0)
		return rc;
	if (pid > 0 && strcmp(path, "/") == 0)
		return sw_error_set(err, EINVAL,
				    "process %d is in the root control group: watching it "
				    "would watch the whole host",
				    pid);
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->cgroup_id == cgroup_id)
			return 0; /* it was born while we looked */
	rc = sw_loader_watch_cgroup(m->loader, cgroup_id, hierarchy_id, &slot, err);
	if (rc < 0)
		return rc;
	if (watch_add(m, slot, NULL, id, &w) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	w->cgroup_id = cgroup_id;
	w->hierarchy_id = hierarchy_id;
	if (pid > 0)
		watch_hold_root(w, pid);
	return 0;
}

void watch_hold_root(struct watch *w, int pid)
{
	char path[64], cgroup[SW_LIMIT_PATH];
	uint32_t hierarchy_id;
	uint64_t cgroup_id;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	_cleanup_fd_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* asked after the opening: a pid that was given to somebody else meanwhile is in another
	 * cgroup */
	if (fd < 0 || w->root_fd >= 0 ||
	    sw_cgroup_of_pid(pid, &cgroup_id, &hierarchy_id, cgroup, sizeof(cgroup), NULL) < 0 ||
	    cgroup_id != w->cgroup_id)
		return;
	w->root_pid = pid;
	w->root_fd = TAKE_FD(fd);
}

int watch_open_root(struct monitor *m, struct watch *w, struct sw_target **ret_target,
		    struct sw_error *err)
{
	if (w->root_fd >= 0) {
		int fd = fcntl(w->root_fd, F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return sw_error_set(err, errno, "dup: %s", strerror(errno));
		return sw_target_open_fd(fd, SW_TARGET_CONTAINER, ret_target, err);
	}
	if (w->prep && w->prep->info) {
		struct sw_container now = *w->prep->info;

		now.pid = 0; /* nothing of it was seen running: its layers are all there is */
		now.status = (char *)"exited";
		return sw_container_open(&now, SW_VIEW_LIVE, ret_target, err);
	}
	return sw_error_set(err, ENOENT, "no process and no layers to look at");
}

static const char *name_of(const struct watch *w)
{
	return w->prep && w->prep->info && w->prep->info->name ? w->prep->info->name : w->id;
}

static void load_baseline(struct monitor *m, struct watch *w)
{
	struct prep *p = w->prep;
	struct sw_error err = {0};

	if (!p->baseline)
		return;
	if (sw_loader_load_baseline(m->loader, p->baseline_id, p->classes, p->n_classes, &err) <
		    0 ||
	    sw_loader_bind_baseline(m->loader, w->slot, p->baseline_id) < 0) {
		progress(m,
			 "%s: the kernel could not take the baseline, all its events are judged "
			 "here: %s",
			 name_of(w), err.text);
		return;
	}
	w->baseline_in_kernel = true;
}

void watch_prepared(struct monitor *m, struct watch *w)
{
	if (w->state != WATCH_PREPARING)
		return;
	if (!w->prep->selected) {
		if (w->prep->problem) /* it may have been one that was asked for */
			progress(m, "%s is not watched: %s", w->id, w->prep->problem);
		watch_forget(m, w);
		return;
	}
	m->n_selected++;
	sw_loader_accept(m->loader, w->slot);
	load_baseline(m, w);
	w->state = WATCH_LIVE;
	record_watch(m, w);
	progress(m, "watching %s %s%s", name_of(w),
		 w->from_start ? "from its first instruction" : "(it was already running)",
		 w->prep->baseline ? "" : ", without a baseline");
	if (w->prep->problem)
		progress(m, "%s: %s", name_of(w), w->prep->problem);
	if (!w->from_start)
		sweep_start(m, w);
	for (size_t i = 0; i < w->n_queue; i++) {
		judge_event(m, w, w->queue[i]);
		free(w->queue[i]);
	}
	if (w->queue_dropped)
		record_hole(m, w, ~0u, w->from.boot_ns,
			    "%llu events came before the baseline was prepared and found no room",
			    (unsigned long long)w->queue_dropped);
	w->n_queue = 0;
}

static void enqueue(struct watch *w, const struct sw_event *ev)
{
	struct sw_event *copy = NULL;

	if (w->n_queue < SW_QUEUE_MAX && SW_GROW(w->queue, w->n_queue, w->cap_queue) == 0)
		copy = malloc(sizeof(*copy));
	if (!copy) {
		w->queue_dropped++;
		return;
	}
	*copy = *ev;
	w->queue[w->n_queue++] = copy;
}

void watch_event(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	if (ev->type == SW_EVENT_CONTAINER_GONE) {
		w->gone = true; /* ended after the drain that this call is part of */
		return;
	}
	if (w->state == WATCH_PREPARING)
		enqueue(w, ev);
	else if (w->state == WATCH_LIVE)
		judge_event(m, w, ev);
}

void watch_end(struct monitor *m, struct watch *w, const char *reason)
{
	struct json_object *o;
	struct sw_clock now;

	if (w->state != WATCH_LIVE)
		return;
	ledger_check(m, w);
	sweep_close(m, w);
	sw_clock_now(NULL, &now);
	o = json_object_new_object();
	json_object_object_add(o, "container", sw_text_json(w->id, strlen(w->id)));
	json_object_object_add(o, "ended", json_object_new_boolean(w->gone));
	json_object_object_add(o, "to_boot_ns", json_object_new_int64(now.boot_ns));
	json_object_object_add(o, "reason", json_object_new_string(reason));
	json_object_object_add(o, "ledger", ledger_json(m, w));
	record_append(m, "end", o);
	progress(m, "%s: %s", name_of(w), reason);
	w->state = WATCH_ENDED;
	if (w->root_fd >= 0)
		close(TAKE_FD(w->root_fd)); /* the overlay stays mounted as long as it is held */
	if (w->gone) {
		sw_loader_release(m->loader, w->slot);
		sw_collector_forget(m->collector, w->slot);
	}
}
