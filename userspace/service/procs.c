/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who started whom: a bounded cache of processes by (tgid, start time), filled from exec events,
 * and the kernel's table of those that started without one. A label for people, and for the judge
 * of memory: an interpreter is never without an event.
 */
#include <fcntl.h>

#include "event/text.h"
#include "service/internal.h"

#define CACHE_SIZE 8192 /* a power of two; an older process in the same place is forgotten */
#define ANCESTRY_MAX 8

struct known_process {
	uint32_t tgid;
	uint64_t start_ns;
	uint32_t parent_tgid;
	uint64_t parent_start_ns;
	char comm[17];
	char sha256[SW_SHA256_HEX];
	char *path;
};

struct process_id {
	uint32_t tgid;
	uint64_t start_ns;
};

struct proc_cache {
	struct known_process at[CACHE_SIZE];
};

struct proc_cache *proc_cache_new(void)
{
	return calloc(1, sizeof(struct proc_cache));
}

void proc_cache_free(struct proc_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CACHE_SIZE; i++)
		free(c->at[i].path);
	free(c);
}

static struct known_process *place(struct proc_cache *c, uint32_t tgid, uint64_t start_ns)
{
	uint64_t h = (tgid * 0x9e3779b97f4a7c15ull) ^ start_ns;

	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9ull;
	return &c->at[(h >> 32) & (CACHE_SIZE - 1)];
}

static struct known_process *lookup(struct proc_cache *c, uint32_t tgid, uint64_t start_ns)
{
	struct known_process *k = place(c, tgid, start_ns);

	return k->tgid == tgid && k->start_ns == start_ns ? k : NULL;
}

void proc_cache_exec(struct proc_cache *c, const struct sw_event *ev, const char *path,
		     const char *sha256)
{
	struct known_process *k = place(c, ev->actor.tgid, ev->actor.start_ns);

	free(k->path);
	k->path = strdup(path);
	k->tgid = ev->actor.tgid;
	k->start_ns = ev->actor.start_ns;
	k->parent_tgid = ev->actor.parent_tgid;
	k->parent_start_ns = ev->actor.parent_start_ns;
	snprintf(k->comm, sizeof(k->comm), "%.16s", ev->actor.comm);
	snprintf(k->sha256, sizeof(k->sha256), "%s", sha256);
}

/* What is known of a process as it was when the event happened. */
struct process_view {
	uint32_t parent_tgid;
	uint64_t parent_start_ns;
	const char *path, *sha256; /* of the cache or the baseline; NULL: not known */
	char comm[17];
};

/* A program of the image: its path is the baseline's. */
static bool view_quiet(struct monitor *m, const struct watch *w, const struct sw_quiet_exec *q,
		       struct process_view *ret_view)
{
	const struct sw_baseline_entry *e = NULL;

	if (q->slot == w->slot && w->prep && w->prep->binding)
		e = sw_binding_find(w->prep->binding, q->ino);
	*ret_view = (struct process_view){
		.parent_tgid = q->parent_tgid,
		.parent_start_ns = q->parent_start_ns,
		.path = e ? e->path : NULL,
		.sha256 = e ? e->sha256 : NULL,
	};
	memcpy(ret_view->comm, q->comm, sizeof(ret_view->comm));
	return true;
}

static bool view_process(struct monitor *m, const struct watch *w, const struct sw_event *ev,
			 const struct process_id *id, struct process_view *ret_view)
{
	const struct known_process *k = lookup(m->procs, id->tgid, id->start_ns);
	struct sw_quiet_exec q;

	if (!k)
		return sw_loader_quiet_exec(m->loader, id->tgid, id->start_ns, &q) &&
		       q.boot_ns <= ev->boot_ns && view_quiet(m, w, &q, ret_view);
	*ret_view = (struct process_view){
		.parent_tgid = k->parent_tgid,
		.parent_start_ns = k->parent_start_ns,
		.path = k->path,
		.sha256 = k->sha256,
	};
	memcpy(ret_view->comm, k->comm, sizeof(ret_view->comm));
	return true;
}

const char *proc_path(struct monitor *m, const struct watch *w, const struct sw_event *ev,
		      const char **ret_sha256)
{
	struct process_id id = {ev->actor.tgid, ev->actor.start_ns};
	struct process_view v;
	bool known = view_process(m, w, ev, &id, &v);

	if (ret_sha256)
		*ret_sha256 = known ? v.sha256 : NULL;
	return known ? v.path : NULL;
}

static struct json_object *process_json(uint32_t tgid, uint64_t start_ns, const char *comm,
					const char *path)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "pid", json_object_new_int64(tgid));
	json_object_object_add(o, "start_boot_ns", json_u64(start_ns));
	if (comm)
		json_object_object_add(o, "comm", sw_text_json(comm, strlen(comm)));
	if (path)
		json_object_object_add(o, "path", sw_text_json(path, strlen(path)));
	return o;
}

static uint64_t ticks_of(uint64_t boot_ns)
{
	return boot_ns / (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

/*
 * The process's directory in proc, or -1. Its number may be another's by now: the start time is in
 * the 22nd field of stat, in ticks, and what is opened below the directory stays the process's.
 */
int proc_open(uint32_t tgid, uint64_t start_ns)
{
	char text[1024];

	snprintf(text, sizeof(text), "/proc/%u", tgid);
	_cleanup_fd_ int dir = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int fd = dir < 0 ? -1 : openat(dir, "stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	unsigned long long ticks;
	const char *rest;

	if (n <= 0)
		return -1;
	text[n] = '\0';
	rest = strrchr(text, ')'); /* comm may hold anything */
	if (!rest || sscanf(rest + 1,
			    " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			    "%*s %*s %llu",
			    &ticks) != 1)
		return -1;
	return ticks == ticks_of(start_ns) ? TAKE_FD(dir) : -1;
}

/*
 * A parent that never executed under the watch (the runtime's shim): its comm from /proc, if it
 * still lives. alive_ns: a time at which it did: nobody else had its number before, so that only a
 * start within the same tick tells nothing.
 */
static bool comm_of(const struct process_id *id, uint64_t alive_ns, char ret_comm[static 17])
{
	bool sure = ticks_of(id->start_ns) != ticks_of(alive_ns);
	_cleanup_fd_ int dir = sure ? proc_open(id->tgid, id->start_ns) : -1;
	_cleanup_fd_ int fd = dir < 0 ? -1 : openat(dir, "comm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = read(fd, ret_comm, 16);

	if (n <= 0)
		return false;
	ret_comm[n] = '\0';
	ret_comm[strcspn(ret_comm, "\n")] = '\0';
	return true;
}

struct json_object *proc_ancestry(struct monitor *m, const struct watch *w,
				  const struct sw_event *ev)
{
	struct json_object *list = json_object_new_array();
	struct process_id id = {ev->actor.parent_tgid, ev->actor.parent_start_ns};
	uint64_t alive = ev->actor.start_ns;

	for (int i = 0; i < ANCESTRY_MAX && id.tgid; i++) {
		struct process_view v;
		char comm[17];

		if (!view_process(m, w, ev, &id, &v)) {
			bool known = comm_of(&id, alive, comm);

			json_object_array_add(list, process_json(id.tgid, id.start_ns,
								 known ? comm : NULL, NULL));
			break;
		}
		json_object_array_add(list, process_json(id.tgid, id.start_ns, v.comm, v.path));
		alive = id.start_ns;
		id = (struct process_id){v.parent_tgid, v.parent_start_ns};
	}
	return list;
}
