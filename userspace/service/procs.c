/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who started whom: a bounded cache of processes by (tgid, start time), filled from exec events. A
 * label for people; no verdict rests on it.
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

const char *proc_cache_sha256(struct proc_cache *c, const struct sw_process *actor)
{
	const struct known_process *k = lookup(c, actor->tgid, actor->start_ns);

	return k ? k->sha256 : NULL;
}

const char *proc_cache_path(struct proc_cache *c, const struct sw_process *actor)
{
	const struct known_process *k = lookup(c, actor->tgid, actor->start_ns);

	return k ? k->path : NULL;
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

/* A parent that never executed under the watch (the runtime's shim): its comm from /proc, if it
 * still lives. */
static bool comm_of(uint32_t tgid, char ret_comm[static 17])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/comm", tgid);
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = read(fd, ret_comm, 16);

	if (n <= 0)
		return false;
	ret_comm[n] = '\0';
	ret_comm[strcspn(ret_comm, "\n")] = '\0';
	return true;
}

struct json_object *proc_cache_ancestry(struct proc_cache *c, const struct sw_process *actor)
{
	struct json_object *list = json_object_new_array();
	uint32_t tgid = actor->parent_tgid;
	uint64_t start = actor->parent_start_ns;

	for (int i = 0; i < ANCESTRY_MAX && tgid; i++) {
		const struct known_process *k = lookup(c, tgid, start);
		char comm[17];

		if (!k) {
			json_object_array_add(
				list,
				process_json(tgid, start, comm_of(tgid, comm) ? comm : NULL, NULL));
			break;
		}
		json_object_array_add(list, process_json(tgid, start, k->comm, k->path));
		tgid = k->parent_tgid;
		start = k->parent_start_ns;
	}
	return list;
}
