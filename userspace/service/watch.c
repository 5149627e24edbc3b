/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watched container from birth to end: pending until its baseline is prepared, then live, then
 * ended with a closing sweep. Its identity is its cgroup; names come late and change nothing.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "event/text.h"
#include "service/internal.h"

#define OVERLAYFS_MAGIC 0x794c7630

struct watch *watch_find(struct monitor *m, uint32_t slot, uint64_t cgroup_id)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->slot == slot && m->watches[i]->cgroup_id == cgroup_id)
			return m->watches[i];
	return NULL;
}

static void queue_drop(struct monitor *m, struct watch *w)
{
	m->n_queued -= w->n_queue;
	for (size_t i = 0; i < w->n_queue; i++)
		free(w->queue[i]);
	free(w->queue);
	w->queue = NULL;
	w->n_queue = w->cap_queue = 0;
}

void watch_free(struct monitor *m, struct watch *w)
{
	if (!w)
		return;
	queue_drop(m, w);
	free(w->taints);
	names_free(w->names);
	doubt_release(w);
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
	watch_free(m, w);
}

/* A watch with its id and its preparation, not yet in the list. */
static struct watch *watch_new(struct monitor *m, uint32_t slot, const char *id, const char *image)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w || SW_GROW(m->watches, m->n_watches, m->cap_watches) < 0) {
		free(w);
		return NULL;
	}
	w->slot = slot;
	w->root_fd = -1;
	sw_clock_now(NULL, &w->from);
	w->mark = sw_loader_slot_mark(m->loader, slot);
	w->id = strdup(id);
	w->prep = preparer_want(m->preparer, id, image);
	if (!w->mark || !w->id || !w->prep) {
		watch_free(m, w);
		return NULL;
	}
	return w;
}

/* The clock pair of a moment on the boot clock. */
static void set_from(struct watch *w, uint64_t boot_ns)
{
	w->from.wall_ns -= w->from.boot_ns - (int64_t)boot_ns;
	w->from.boot_ns = (int64_t)boot_ns;
}

int watch_add(struct monitor *m, uint32_t slot, const struct sw_event *born, const char *id,
	      struct watch **ret_watch)
{
	struct watch *w = watch_new(m, slot, id, NULL);

	if (!w)
		return -ENOMEM;
	if (born) {
		w->cgroup_id = born->cgroup_id;
		w->hierarchy_id = born->hierarchy_id;
		w->from_start = true;
		set_from(w, born->boot_ns);
	}
	m->watches[m->n_watches++] = w;
	if (ret_watch)
		*ret_watch = w;
	return 0;
}

int watch_restore(struct monitor *m, uint32_t slot, const struct sw_slot_info *info,
		  const struct past_life *life)
{
	struct watch *w =
		watch_new(m, slot, life ? life->id : info->id, life ? life->image_digest : NULL);

	if (!w)
		return -ENOMEM;
	w->cgroup_id = info->cgroup_id;
	w->hierarchy_id = info->hierarchy_id;
	w->gone = info->gone;
	w->from_start = info->from_start;
	set_from(w, info->born_ns);
	if (life) {
		w->past = life;
		w->recorded = true;
		w->swept = life->swept;
		w->from_start = life->from_start;
		w->from = (struct sw_clock){.wall_ns = life->from_wall_ns,
					    .boot_ns = life->from_boot_ns};
	}
	m->watches[m->n_watches++] = w;
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
	sw_loader_name(m->loader, slot, id);
	if (pid > 0)
		watch_hold_root(w, pid);
	return 0;
}

/* What the runtime mounted as the container's root: false when that is not to be seen from here. */
static bool mounted_root(const struct watch *w, struct stat *ret_st)
{
	const struct sw_container *c = w->prep ? w->prep->info : NULL;
	struct statfs fs;

	return c && c->merged_dir && statfs(c->merged_dir, &fs) == 0 &&
	       fs.f_type == OVERLAYFS_MAGIC && stat(c->merged_dir, ret_st) == 0;
}

void watch_hold_root(struct watch *w, int pid)
{
	char path[64], cgroup[SW_LIMIT_PATH];
	struct stat mounted, st;
	uint32_t hierarchy_id;
	uint64_t cgroup_id;
	bool known = mounted_root(w, &mounted);

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	_cleanup_fd_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* asked after the opening: a pid that was given to somebody else meanwhile is in another
	 * cgroup */
	if (fd < 0 || w->root_fd >= 0 ||
	    sw_cgroup_of_pid(pid, &cgroup_id, &hierarchy_id, cgroup, sizeof(cgroup), NULL) < 0 ||
	    cgroup_id != w->cgroup_id)
		return;
	/* it may have changed its root since it entered: the layers are looked at, then */
	if (known &&
	    (fstat(fd, &st) < 0 || st.st_dev != mounted.st_dev || st.st_ino != mounted.st_ino))
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
	struct sw_slot_info slot = {0};
	struct sw_error err = {0};
	uint32_t id;

	sw_loader_slot(m->loader, w->slot, &slot);
	if (!p->baseline) {
		w->kernel_baseline = slot.baseline_id; /* what it decides is still right */
		return;
	}
	if (kernel_baseline_take(m, p, slot.baseline_id, &id, &err) < 0) {
		progress(m,
			 "%s: the kernel could not take the baseline, all its events are judged "
			 "here: %s",
			 name_of(w), err.text);
		return;
	}
	if (slot.baseline_id && slot.baseline_id != id)
		record_hole(m, w, ~0u, m->past.last_boot_ns,
			    "the baseline in the kernel is not the one that was loaded");
	if (slot.baseline_id != id)
		sw_loader_bind_baseline(m->loader, w->slot, id);
	w->kernel_baseline = id;
}

/* False: it is none of ours. */
static bool still_wanted(struct monitor *m, struct watch *w)
{
	if (w->prep->selected)
		return true;
	if (w->recorded) /* the daemon may have forgotten it; what it did counts all the same */
		return w->prep->problem != NULL;
	if (w->prep->problem) /* it may have been one that was asked for */
		progress(m, "%s is not watched: %s", w->id, w->prep->problem);
	return false;
}

/* What an earlier process had begun: its record is written, its baseline bound. */
static void go_on(struct monitor *m, struct watch *w)
{
	const char *was = w->past->baseline_digest;
	const char *is = w->prep->baseline ? sw_baseline_digest(w->prep->baseline) : NULL;

	progress(m, "watching %s, resumed%s", name_of(w), is ? "" : ", without a baseline");
	if (was && is && strcmp(was, is) != 0)
		record_hole(m, w, ~0u, m->past.last_boot_ns,
			    "it was watched with baseline %s, and "
			    "is with %s",
			    was, is);
	resume_taints(m, w);
	if (w->root_fd < 0 && w->prep->info && w->prep->info->pid > 0)
		watch_hold_root(w, w->prep->info->pid);
}

static void begin(struct monitor *m, struct watch *w)
{
	record_watch(m, w);
	w->recorded = true;
	progress(m, "watching %s %s%s", name_of(w),
		 w->from_start ? "from its first instruction" : "(it was already running)",
		 w->prep->baseline ? "" : ", without a baseline");
}

static void judge_queue(struct monitor *m, struct watch *w)
{
	uint64_t dropped = 0;

	for (size_t i = 0; i < w->n_queue; i++) {
		struct sw_event ev;

		sw_event_unpack(w->queue[i], &ev);
		judge_event(m, w, &ev);
	}
	queue_drop(m, w);
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		dropped += w->queue_dropped[i];
	if (dropped)
		record_hole(m, w, ~0u, w->from.boot_ns,
			    "%llu events came before the baseline was prepared and found no room",
			    (unsigned long long)dropped);
	/* told; until here the next process would find them missing */
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		w->mark->judged[i] += w->queue_dropped[i];
	memset(w->queue_dropped, 0, sizeof(w->queue_dropped));
}

void watch_prepared(struct monitor *m, struct watch *w)
{
	if (w->state != WATCH_PREPARING)
		return;
	if (!still_wanted(m, w) && !w->recorded) {
		struct prep *prep = w->prep;

		watch_forget(m, w);
		if (prep->problem) /* of one that the daemon does not know, no end is told either */
			prep_drop_unused(m, prep);
		return;
	}
	/* not before: of those that nobody asked for, many may be prepared at once */
	if (sw_judge_new(m->content, &w->judge, NULL) < 0) {
		record_hole(m, NULL, ~0u, w->from.boot_ns, "no room to judge what %s does", w->id);
		watch_forget(m, w);
		return;
	}
	m->n_selected++;
	sw_loader_accept(m->loader, w->slot);
	load_baseline(m, w);
	w->first_start = w->from_start && !w->past && !w->prep->started && w->prep->info &&
			 w->prep->info->status && !strcmp(w->prep->info->status, "created");
	w->prep->started = true;
	w->state = WATCH_LIVE;
	names_start(m, w);
	if (w->past)
		go_on(m, w);
	else
		begin(m, w);
	if (w->prep->problem)
		progress(m, "%s: %s", name_of(w), w->prep->problem);
	if (!w->from_start && !w->swept)
		sweep_start(m, w);
	judge_queue(m, w);
	if (!still_wanted(m, w))
		watch_end(m, w, "it is not selected any more");
}

static void enqueue(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	void *copy = NULL;

	if (w->n_queue < SW_QUEUE_MAX && m->n_queued < SW_QUEUED_MAX &&
	    SW_GROW(w->queue, w->n_queue, w->cap_queue) == 0)
		copy = sw_event_pack(ev);
	if (!copy) {
		w->queue_dropped[ev->cls]++;
		return;
	}
	w->queue[w->n_queue++] = copy;
	m->n_queued++;
}

void watch_event(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	if (ev->type == SW_EVENT_CONTAINER_GONE) {
		w->gone = true; /* ended after the drain that this call is part of */
		event_done(m, w, ev);
		return;
	}
	if (w->state == WATCH_PREPARING)
		enqueue(m, w, ev);
	else if (w->state == WATCH_LIVE)
		judge_event(m, w, ev);
}

void watch_end(struct monitor *m, struct watch *w, const char *reason)
{
	struct json_object *o;
	struct sw_clock now;
	size_t n_taints;

	if (w->state != WATCH_LIVE)
		return;
	names_read(m, w);
	ledger_check(m, w);
	names_settle(m, w, true);
	sweep_close(m, w);
	/* what was done meanwhile, if it still runs: the watch ends before it is read out */
	sw_clock_now(NULL, &now);
	n_taints = w->n_taints;
	names_read(m, w);
	ledger_check(m, w);
	names_settle(m, w, true);
	opened_stop(m, w);
	if (w->n_taints > n_taints)
		sweep_taints(m, w, true);
	o = json_object_new_object();
	json_object_object_add(o, "container", sw_text_json(w->id, strlen(w->id)));
	json_object_object_add(o, "cgroup_id", json_u64(w->cgroup_id));
	json_object_object_add(o, "ended", json_object_new_boolean(w->gone));
	json_object_object_add(o, "to_boot_ns", json_object_new_int64(now.boot_ns));
	json_object_object_add(o, "reason", json_object_new_string(reason));
	json_object_object_add(o, "ledger", ledger_json(m, w));
	record_append(m, "end", o);
	progress(m, "%s: %s", name_of(w), reason);
	w->state = WATCH_ENDED;
	if (w->root_fd >= 0)
		close(TAKE_FD(w->root_fd)); /* the overlay stays mounted as long as it is held */
	/* without a container nothing is left to see, and the next one needs the place */
	if (w->gone || !w->prep->selected)
		sw_loader_release(m->loader, w->slot);
	if (w->gone || !w->prep->selected)
		kernel_baseline_put(m, w->kernel_baseline);
}

/* A container may have been started again: then another watch shares its preparation. */
void prep_drop_unused(struct monitor *m, struct prep *prep)
{
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->prep == prep)
			return;
	preparer_drop(m->preparer, prep);
}

void watch_drop_ended(struct monitor *m)
{
	for (size_t i = 0; i < m->n_watches;) {
		struct watch *w = m->watches[i];

		if (w->state != WATCH_ENDED) {
			i++;
			continue;
		}
		m->watches[i] = m->watches[--m->n_watches];
		m->n_dropped++;
		prep_drop_unused(m, w->prep);
		watch_free(m, w);
	}
}
