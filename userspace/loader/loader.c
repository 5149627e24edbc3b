/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the sensors, attaches what the kernel allows, and tells whether it is still attached. Edits
 * no table. */
#include "loader/private.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "abi/event_abi.h"
#include "collector/decode.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"
#include "stigwatch/error.h"

#include "stigwatch.skel.h"

#define DEFAULT_RING (8u << 20)
#define DEFAULT_CONTAINERS 1024u
#define DEFAULT_BASELINE 262144u
#define MAX_CONTAINERS 65535u

/* What libbpf says while it loads: kept, its last lines go into the error. libbpf's callback takes
 * no context. */
static _Thread_local char load_log[1200];

static int log_keep(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char line[2048];
	int n = vsnprintf(line, sizeof(line), fmt, args);
	size_t len = n < 0 ? 0 : strlen(line), have = strlen(load_log);

	if (level == LIBBPF_DEBUG || !len)
		return 0;
	if (len >= sizeof(load_log)) {
		memmove(line, line + len - sizeof(load_log) + 1, sizeof(load_log));
		len = sizeof(load_log) - 1;
	}
	if (have + len >= sizeof(load_log)) {
		size_t cut = have + len + 1 - sizeof(load_log);

		memmove(load_log, load_log + cut, have - cut + 1);
		have -= cut;
	}
	memcpy(load_log + have, line, len + 1);
	return n;
}

/* One line: the error object holds no newlines. */
static const char *log_line(void)
{
	for (char *p = load_log; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return load_log;
}

static int options_check(const struct sw_loader_options *o, struct sw_loader *l,
			 struct sw_error *err)
{
	uint32_t ring = o->ring_bytes ?: DEFAULT_RING;
	uint32_t slots = o->max_containers ?: DEFAULT_CONTAINERS;
	long page = sysconf(_SC_PAGESIZE);

	if (ring & (ring - 1) || ring % (uint32_t)page)
		return sw_error_set(err, EINVAL,
				    "ring size %u is not a power of two of at least %ld bytes",
				    ring, page);
	if (slots > MAX_CONTAINERS)
		return sw_error_set(err, EINVAL, "%u containers: at most %u", slots,
				    MAX_CONTAINERS);
	l->n_slots = slots + 1;
	l->max_baseline_entries = o->max_baseline_entries ?: DEFAULT_BASELINE;
	l->cfg.abi = SW_ABI_VERSION;
	l->cfg.flags = o->watch_new ? SW_CFG_WATCH_NEW : 0;
	l->cfg.max_slot = slots;
	l->cfg.ring_bytes = ring;
	l->cfg.enforce = o->enforce;
	return 0;
}

static int maps_size(struct sw_loader *l)
{
	struct stigwatch_bpf *s = l->skel;
	int rc = bpf_map__set_max_entries(s->maps.sw_ring, (uint32_t)l->cfg.ring_bytes);

	if (!rc)
		rc = bpf_map__set_max_entries(s->maps.sw_slots, l->n_slots);
	if (!rc)
		rc = bpf_map__set_max_entries(s->maps.sw_cgroups, l->n_slots);
	if (!rc)
		rc = bpf_map__set_max_entries(s->maps.sw_mounts, l->n_slots);
	if (!rc)
		rc = bpf_map__set_max_entries(s->maps.sw_ledger, l->n_slots * SW_ABI_CLASSES);
	if (!rc)
		rc = bpf_map__set_max_entries(s->maps.sw_violations, l->n_slots);
	if (!rc)
		rc = bpf_map__set_max_entries(s->maps.sw_first, l->n_slots * SW_ABI_VIOLATIONS);
	if (!rc)
		rc = bpf_map__set_max_entries(s->maps.sw_inodes, l->max_baseline_entries);
	return rc;
}

static struct bpf_program *hook_program(struct sw_loader *l, const struct sw_hook_def *def)
{
	return bpf_object__find_program_by_name(l->skel->obj, def->program);
}

/*
 * All choices of what is loaded: available, and wanted. That on sys_exit, which taxes every call of
 * the host, when some call is; those that it goes over to belong to the rows of the calls.
 */
static bool program_wanted(const struct sw_loader_options *o, const struct sw_features *f, size_t i)
{
	if (!sw_hook_is_carrier(&sw_hook_defs[i]))
		return sw_hook_wanted(o, &sw_hook_defs[i], &f->hooks[i]);
	return sw_calls_wanted(o, f) && f->hooks[i].available;
}

static int skeleton_load(struct sw_loader *l, const struct sw_loader_options *o,
			 const struct sw_features *f, struct sw_error *err)
{
	libbpf_print_fn_t before = libbpf_set_print(log_keep);
	int rc = 0;

	load_log[0] = '\0';
	l->skel = stigwatch_bpf__open();
	if (!l->skel)
		rc = -errno;
	if (!rc)
		rc = maps_size(l);
	for (size_t i = 0; !rc && i < sw_n_hook_defs; i++)
		rc = bpf_program__set_autoload(hook_program(l, &sw_hook_defs[i]), false);
	for (size_t i = 0; !rc && i < sw_n_hook_defs; i++)
		if (program_wanted(o, f, i))
			rc = bpf_program__set_autoload(hook_program(l, &sw_hook_defs[i]), true);
	if (!rc)
		rc = bpf_program__set_autoload(l->skel->progs.sw_exit_call32,
					       f->calls32 && sw_calls_wanted(o, f));
	if (!rc)
		rc = stigwatch_bpf__load(l->skel);
	libbpf_set_print(before);
	if (rc)
		return sw_error_set(err, -rc, "load the sensors: %s: ...%s", strerror(-rc),
				    log_line());
	return 0;
}

/* Sixteenths of the ring; what is left over is for records that are being read. */
static const uint32_t share_parts[SW_SHARES] = {
	[SW_SHARE_VIOLATION] = 2,
	[SW_SHARE_EXEC] = 4,
	[SW_SHARE_FILE] = 8,
	[SW_SHARE_REST] = 2,
};

bool sw_shares_divide(struct sw_loader *l)
{
	uint64_t spare = l->cfg.ring_bytes / 16;
	uint64_t ring = l->cfg.ring_bytes - (spare < 8192 ? spare : 8192);

	bool changed = false;

	for (int i = 0; i < SW_SHARES; i++) {
		uint64_t limit = ring * share_parts[i] / 16;

		changed |= l->shares[i].limit != limit;
		l->shares[i].limit = limit;
	}
	return changed;
}

/* What "the host" is to us; the sensors fill in what it is to pid 1. */
static int config_write(struct sw_loader *l, struct sw_error *err)
{
	struct sw_host *self = &l->cfg.host[SW_HOST_SELF];
	struct stat ns, root;

	if (stat("/proc/self/ns/mnt", &ns) || stat("/", &root))
		return sw_error_set(err, errno, "/proc/self/ns/mnt: %s", strerror(errno));
	self->mnt_inum = (uint32_t)ns.st_ino;
	self->root_dev = sw_dev_encode(root.st_dev);
	self->root_ino = root.st_ino;
	l->cfg.table_gen = 1;
	sw_cgroup_config(&l->cfg);
	*l->shared = l->cfg;
	sw_shares_divide(l);
	return 0;
}

/* An array of the sensors as memory of ours; NULL and errno on failure. */
static void *map_share(struct bpf_map *map, size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return p == MAP_FAILED ? NULL : p;
}

int sw_loader_share(struct sw_loader *l, struct sw_error *err)
{
	l->slots_bytes = l->n_slots * sizeof(*l->slots);
	l->slots = map_share(l->skel->maps.sw_slots, l->slots_bytes);
	if (l->slots)
		l->shared = map_share(l->skel->maps.sw_config, sizeof(*l->shared));
	if (l->shared)
		l->shares = map_share(l->skel->maps.sw_shares, SW_SHARES * sizeof(*l->shares));
	if (!l->shares)
		return sw_error_set(err, errno, "map the sensors' tables: %s", strerror(errno));
	return 0;
}

/* Gives the link's descriptor; negative errno. */
static int hook_attach(struct sw_loader *l, const struct sw_hook_def *def)
{
	int prog = bpf_program__fd(hook_program(l, def));
	int link = strncmp(def->name, "iter/", strlen("iter/"))
			   ? bpf_raw_tracepoint_open(NULL, prog)
			   : bpf_link_create(prog, 0, BPF_TRACE_ITER, NULL);

	return link < 0 ? -errno : link;
}

void sw_hook_describe(int prog, struct sw_hook *h)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog, &info, &size))
		return;
	h->program_id = info.id;
	for (size_t i = 0; i < sizeof(info.tag); i++)
		snprintf(h->tag + 2 * i, 3, "%02x", info.tag[i]);
}

static void hooks_attach(struct sw_loader *l, const struct sw_loader_options *o,
			 struct sw_features *f)
{
	for (size_t i = 0; i < sw_n_hook_defs; i++) {
		const struct sw_hook_def *def = &sw_hook_defs[i];
		struct sw_hook *h = &f->hooks[i];
		struct sw_attachment a = {.hook = def->name, .program = -1};

		h->attached = false;
		if (sw_hook_is_call(def) || !program_wanted(o, f, i))
			continue;
		a.link = hook_attach(l, def);
		if (a.link < 0) {
			h->available = false;
			h->error = a.link;
			h->stage = "attach";
			continue;
		}
		sw_hook_describe(bpf_program__fd(hook_program(l, def)), h);
		h->attached = true;
		l->cfg.flags |= def->confirms;
		__atomic_or_fetch(&l->shared->flags, def->confirms, __ATOMIC_RELEASE);
		a.program_id = h->program_id;
		a.program = fcntl(bpf_program__fd(hook_program(l, def)), F_DUPFD_CLOEXEC, 0);
		a.link_id = sw_link_id(a.link);
		if (!strcmp(def->name, "iter/task"))
			l->sweep = a.link;
		l->attached[l->n_attached++] = a;
	}
	sw_calls_describe(l, f);
}

/* 128 bits of chance, in hex. */
static void instance_name(char ret_name[static SW_INSTANCE_LEN])
{
	unsigned char bytes[(SW_INSTANCE_LEN - 1) / 2] = {};

	if (getrandom(bytes, sizeof(bytes), 0) < 0)
		bytes[0] = (unsigned char)getpid();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret_name + 2 * i, 3, "%02x", bytes[i]);
}

struct sw_loader *sw_loader_new(void)
{
	struct sw_loader *l = calloc(1, sizeof(*l));
	const void *elf;
	size_t size;

	if (!l)
		return NULL;
	l->sweep = -1;
	l->marks = (struct sw_marks){.head_fd = -1, .slots_fd = -1, .seq_fd = -1};
	l->n_cpus = libbpf_num_possible_cpus();
	l->attached = calloc(sw_n_hook_defs, sizeof(*l->attached));
	elf = stigwatch_bpf__elf_bytes(&size);
	if (!l->attached || sw_sha256_hex(elf, size, l->object_sha256)) {
		sw_loader_free(l);
		return NULL;
	}
	return l;
}

static void marks_begin(struct sw_loader *l, const struct sw_loader_options *o)
{
	struct sw_marks_head *h = l->marks.head;

	h->version = SW_MARKS_VERSION;
	h->abi = SW_ABI_VERSION;
	instance_name(h->instance);
	memcpy(h->object_sha256, l->object_sha256, sizeof(l->object_sha256));
	h->ring_bytes = (uint32_t)l->cfg.ring_bytes;
	h->max_containers = l->cfg.max_slot;
	h->syscall_classes = o->syscall_classes;
	h->back_end = o->back_end;
}

int sw_loader_check_options(const struct sw_loader *l, const struct sw_features *features,
			    const struct sw_loader_options *o, struct sw_error *err)
{
	const struct sw_marks_head *h = l->marks.head;
	uint32_t ring = o->ring_bytes ?: DEFAULT_RING;
	uint32_t slots = o->max_containers ?: DEFAULT_CONTAINERS;
	/* what auto has chosen, where that can be nothing else */
	bool tracepoint = o->back_end == SW_BACK_END_TRACEPOINT && !features->lsm_classes;

	if (h->ring_bytes != ring)
		return sw_error_set(err, ESTALE, "a ring of %u bytes, not %u", h->ring_bytes, ring);
	if (h->max_containers != slots)
		return sw_error_set(err, ESTALE, "room for %u containers, not %u",
				    h->max_containers, slots);
	if (h->back_end != o->back_end && !tracepoint)
		return sw_error_set(err, ESTALE, "back end %s, not %s",
				    sw_back_end_str(h->back_end), sw_back_end_str(o->back_end));
	if (h->syscall_classes != o->syscall_classes)
		return sw_error_set(err, ESTALE,
				    "hooks on system calls for other classes (%x, not %x)",
				    h->syscall_classes, o->syscall_classes);
	return 0;
}

int sw_loader_load(const struct sw_loader_options *opts, struct sw_features *features,
		   struct sw_loader **ret_loader, struct sw_error *err)
{
	_cleanup_(sw_loader_freep) struct sw_loader *l = sw_loader_new();
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int rc = l ? options_check(opts, l, err) : sw_error_set(err, ENOMEM, "out of memory");

	/* before 5.11 map memory counted against this; root without CAP_SYS_RESOURCE may not raise
	 * it */
	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (!rc)
		rc = skeleton_load(l, opts, features, err);
	if (!rc)
		rc = sw_marks_create(l, err);
	if (!rc)
		rc = sw_loader_share(l, err);
	if (!rc)
		rc = config_write(l, err);
	if (!rc)
		rc = sw_calls_fill(l, opts, features, err);
	if (rc)
		return rc;
	marks_begin(l, opts);
	hooks_attach(l, opts, features);
	sw_features_end_trials(features);
	rc = sw_loader_sweep(l);
	if (rc)
		return sw_error_set(err, -rc, "walk the tasks: %s", strerror(-rc));
	*ret_loader = TAKE(l);
	return 0;
}

const char *sw_loader_instance(const struct sw_loader *l)
{
	return l->marks.head->instance;
}

const char *sw_loader_object_sha256(const struct sw_loader *l)
{
	return l->object_sha256;
}

void sw_loader_set_enforce(struct sw_loader *l, uint32_t violations)
{
	l->cfg.enforce = violations;
	__atomic_store_n(&l->shared->enforce, violations, __ATOMIC_RELEASE);
}

void sw_loader_set_watch_new(struct sw_loader *l, bool watch_new)
{
	l->cfg.flags &= ~SW_CFG_WATCH_NEW;
	l->cfg.flags |= watch_new ? SW_CFG_WATCH_NEW : 0;
	if (watch_new)
		__atomic_or_fetch(&l->shared->flags, SW_CFG_WATCH_NEW, __ATOMIC_RELEASE);
	else
		__atomic_and_fetch(&l->shared->flags, ~SW_CFG_WATCH_NEW, __ATOMIC_RELEASE);
}

/* Each link keeps its program: all are given up at once. */
static void detach_all(struct sw_loader *l)
{
	_cleanup_free_ int *fds = calloc(2 * l->n_attached + 1, sizeof(*fds));

	for (size_t i = 0; fds && i < l->n_attached; i++) {
		fds[i] = l->attached[i].link;
		fds[l->n_attached + i] = l->attached[i].program;
	}
	if (fds)
		sw_close_all(fds, 2 * l->n_attached);
}

void sw_loader_free(struct sw_loader *l)
{
	if (!l)
		return;
	detach_all(l);
	if (l->slots)
		munmap(l->slots, l->slots_bytes);
	if (l->shared)
		munmap(l->shared, sizeof(*l->shared));
	if (l->shares)
		munmap(l->shares, SW_SHARES * sizeof(*l->shares));
	sw_marks_release(&l->marks);
	stigwatch_bpf__destroy(l->skel);
	free(l->attached);
	free(l);
}

int sw_loader_ring_fd(struct sw_loader *l)
{
	return bpf_map__fd(l->skel->maps.sw_ring);
}

/* Producer's and consumer's positions are the first words of the ring's first two pages. */
uint64_t sw_loader_ring_pending(struct sw_loader *l)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t *consumer =
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, sw_loader_ring_fd(l), 0);
	uint64_t *producer =
		mmap(NULL, page, PROT_READ, MAP_SHARED, sw_loader_ring_fd(l), (off_t)page);
	uint64_t pending = l->cfg.ring_bytes;

	if (consumer != MAP_FAILED && producer != MAP_FAILED)
		pending = __atomic_load_n(producer, __ATOMIC_ACQUIRE) -
			  __atomic_load_n(consumer, __ATOMIC_ACQUIRE);
	if (consumer != MAP_FAILED)
		munmap(consumer, page);
	if (producer != MAP_FAILED)
		munmap(producer, page);
	return pending;
}

bool sw_loader_ring_half_full(struct sw_loader *l)
{
	return sw_loader_ring_pending(l) > l->cfg.ring_bytes / 2;
}

uint32_t sw_loader_slots(struct sw_loader *l)
{
	return l->n_slots;
}
