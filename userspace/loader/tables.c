/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's tables from this side: containers, baselines, the ledger. Loads and attaches
 * nothing. */
#include "loader/private.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "abi/event_abi.h"
#include "collector/decode.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

#include "stigwatch.skel.h"

_Static_assert(SW_SLOT_ID_MAX == SW_SLOT_ID, "the id of a slot");

/* ---- containers ---- */

/* A slot in use, or NULL. */
static struct sw_slot *slot_used(struct sw_loader *l, uint32_t slot)
{
	if (!slot || slot >= l->n_slots)
		return NULL;
	return __atomic_load_n(&l->slots[slot].state, __ATOMIC_ACQUIRE) == SW_SLOT_FREE
		       ? NULL
		       : &l->slots[slot];
}

/* Tasks' cached answers are void from here on; then each task in a registered cgroup gets its
 * context. */
int sw_loader_sweep(struct sw_loader *l)
{
	char byte[64];
	ssize_t n;

	__atomic_add_fetch(&l->shared->table_gen, 1, __ATOMIC_RELEASE);
	if (l->sweep < 0) /* no task iterator on this kernel: contexts are made at each task's first
			  event */
		return 0;
	_cleanup_fd_ int iter = bpf_iter_create(l->sweep);
	if (iter < 0)
		return -errno;
	do
		n = read(iter, byte, sizeof(byte));
	while (n > 0 || (n < 0 && errno == EAGAIN));
	return n < 0 ? -errno : 0;
}

/* Takes a free slot, as the sensors do: from the table's end, they begin at its start. */
static int slot_take(struct sw_loader *l, uint32_t *ret_slot)
{
	for (uint32_t i = l->n_slots - 1; i > 0; i--) {
		uint32_t expected = SW_SLOT_FREE;

		if (__atomic_compare_exchange_n(&l->slots[i].state, &expected, SW_SLOT_PENDING,
						false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			*ret_slot = i;
			return 0;
		}
	}
	return -ENOSPC;
}

static void slot_clear_counts(struct sw_loader *l, uint32_t slot)
{
	_cleanup_free_ void *zeros = calloc((size_t)l->n_cpus, sizeof(struct sw_violation_entry));

	if (!zeros)
		return;
	for (uint32_t i = 0; i < SW_ABI_CLASSES; i++) {
		uint32_t idx = slot * SW_ABI_CLASSES + i;

		bpf_map_update_elem(MAP_FD(l, sw_ledger), &idx, zeros, BPF_ANY);
	}
	bpf_map_update_elem(MAP_FD(l, sw_violations), &slot, zeros, BPF_ANY);
	l->marks.slots[slot] = (struct sw_slot_mark){};
	for (uint32_t i = 0; i < SW_ABI_VIOLATIONS; i++) {
		struct sw_first_key key = {.slot = slot, .kind = i};

		bpf_map_delete_elem(MAP_FD(l, sw_first), &key);
	}
}

static uint64_t boot_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A slot of its own for a cgroup that has none; the key is set last. */
static int slot_register(struct sw_loader *l, const struct sw_cgroup_key *key, uint32_t flags,
			 uint32_t *ret_slot, struct sw_error *err)
{
	struct sw_slot *s;
	uint32_t slot;

	if (slot_take(l, &slot))
		return sw_error_set(err, ENOSPC,
				    "no room for another container: the table holds %u",
				    l->n_slots - 1);
	s = &l->slots[slot];
	s->cgroup_id = key->cgroup_id;
	s->hierarchy_id = key->hierarchy_id;
	s->flags = flags;
	s->born_ns = boot_now();
	__atomic_store_n(&s->state, SW_SLOT_WATCHED, __ATOMIC_RELEASE);
	if (bpf_map_update_elem(MAP_FD(l, sw_cgroups), key, &slot, BPF_NOEXIST)) {
		int rc = -errno;

		sw_loader_release(l, slot);
		return sw_error_set(err, -rc, "register cgroup %llu: %s",
				    (unsigned long long)key->cgroup_id, strerror(-rc));
	}
	*ret_slot = slot;
	return 0;
}

int sw_loader_watch_cgroup(struct sw_loader *l, uint64_t cgroup_id, uint32_t hierarchy_id,
			   uint32_t *ret_slot, struct sw_error *err)
{
	struct sw_cgroup_key key = {.cgroup_id = cgroup_id, .hierarchy_id = hierarchy_id};
	struct sw_slot *s;
	uint32_t slot;
	int rc = 0;

	if (!bpf_map_lookup_elem(MAP_FD(l, sw_cgroups), &key, &slot)) {
		rc = sw_loader_accept(l, slot);
		if (!rc)
			*ret_slot = slot;
		return rc;
	}
	rc = slot_register(l, &key, 0, &slot, err);
	if (rc)
		return rc;
	s = &l->slots[slot];
	rc = sw_loader_sweep(l);
	if (rc) {
		sw_loader_release(l, slot);
		return sw_error_set(err, -rc, "register cgroup %llu: %s",
				    (unsigned long long)cgroup_id, strerror(-rc));
	}
	/* the sweep found nobody with a root of its own: its entries are complete at their first
	 * exec */
	if (!(__atomic_load_n(&s->flags, __ATOMIC_ACQUIRE) & SW_SLOT_F_OWN_ROOT))
		__atomic_or_fetch(&s->flags, SW_SLOT_F_HOST_ROOTED, __ATOMIC_RELEASE);
	if (l->sweep >= 0)
		__atomic_or_fetch(&s->flags, SW_SLOT_F_SWEPT, __ATOMIC_RELEASE);
	*ret_slot = slot;
	return 0;
}

int sw_loader_watch_canary(struct sw_loader *l, uint64_t cgroup_id, uint32_t hierarchy_id,
			   uint32_t *ret_slot, struct sw_error *err)
{
	struct sw_cgroup_key key = {.cgroup_id = cgroup_id, .hierarchy_id = hierarchy_id};

	return slot_register(l, &key, SW_SLOT_F_CANARY | SW_SLOT_F_HOST_ROOTED, ret_slot, err);
}

void sw_loader_release_canaries(struct sw_loader *l)
{
	for (uint32_t i = 1; i < l->n_slots; i++)
		if (l->slots[i].flags & SW_SLOT_F_CANARY)
			sw_loader_release(l, i);
}

int sw_loader_accept(struct sw_loader *l, uint32_t slot)
{
	struct sw_slot *s = slot_used(l, slot);

	if (!s)
		return -ENOENT;
	__atomic_store_n(&s->state, SW_SLOT_WATCHED, __ATOMIC_RELEASE);
	return 0;
}

/* Inodes remembered for a container that is no longer watched. */
static void reals_drop(struct sw_loader *l, uint32_t slot)
{
	struct sw_real_key key, next;
	bool have = bpf_map_get_next_key(MAP_FD(l, sw_reals), NULL, &key) == 0;

	while (have) {
		struct sw_real_value v;

		/* the successor first: a deleted key has none, and the walk would begin again */
		have = bpf_map_get_next_key(MAP_FD(l, sw_reals), &key, &next) == 0;
		if (!bpf_map_lookup_elem(MAP_FD(l, sw_reals), &key, &v) && v.slot == slot)
			bpf_map_delete_elem(MAP_FD(l, sw_reals), &key);
		key = next;
	}
}

int sw_loader_release(struct sw_loader *l, uint32_t slot)
{
	struct sw_slot *s = slot_used(l, slot);
	struct sw_cgroup_key key = {};

	if (!s)
		return -ENOENT;
	key.cgroup_id = s->cgroup_id;
	key.hierarchy_id = s->hierarchy_id;
	bpf_map_delete_elem(MAP_FD(l, sw_cgroups), &key);
	bpf_map_delete_elem(MAP_FD(l, sw_mounts), &s->mnt_id);
	/* no context matches generation 0: nothing counts here from now on, and the slot is not yet
	 * free */
	__atomic_store_n(&s->cgroup_id, 0, __ATOMIC_RELEASE);
	reals_drop(l, slot);
	slot_clear_counts(l, slot);
	s->flags = s->baseline_id = s->root_dev = s->entries = s->left = 0;
	s->mnt_id = s->born_ns = 0;
	memset(s->id, 0, sizeof(s->id));
	__atomic_store_n(&s->state, SW_SLOT_FREE, __ATOMIC_RELEASE);
	return 0;
}

bool sw_loader_slot(struct sw_loader *l, uint32_t slot, struct sw_slot_info *ret_info)
{
	const struct sw_slot *s = slot_used(l, slot);

	uint32_t flags = s ? __atomic_load_n(&s->flags, __ATOMIC_ACQUIRE) : 0;

	if (!s || flags & SW_SLOT_F_CANARY)
		return false;

	*ret_info = (struct sw_slot_info){
		.cgroup_id = s->cgroup_id,
		.hierarchy_id = s->hierarchy_id,
		.baseline_id = s->baseline_id,
		.born_ns = s->born_ns,
		.from_start = flags & SW_SLOT_F_BORN,
		.gone = flags & SW_SLOT_F_GONE,
	};
	snprintf(ret_info->id, sizeof(ret_info->id), "%.*s", (int)sizeof(s->id) - 1, s->id);
	return true;
}

void sw_loader_name(struct sw_loader *l, uint32_t slot, const char *id)
{
	struct sw_slot *s = slot_used(l, slot);

	if (s)
		snprintf(s->id, sizeof(s->id), "%s", id);
}

struct sw_slot_mark *sw_loader_slot_mark(struct sw_loader *l, uint32_t slot)
{
	return slot < l->marks.n_slots ? &l->marks.slots[slot] : NULL;
}

struct sw_mark *sw_loader_mark(struct sw_loader *l)
{
	return &l->marks.head->mark;
}

int sw_loader_root_dev(struct sw_loader *l, uint32_t slot, uint32_t *ret_dev)
{
	struct sw_slot *s = slot_used(l, slot);

	if (!s)
		return -ENOENT;
	*ret_dev = s->root_dev ? sw_dev_decode(s->root_dev) : 0;
	return 0;
}

int sw_loader_bind_baseline(struct sw_loader *l, uint32_t slot, uint32_t baseline_id)
{
	struct sw_slot *s = slot_used(l, slot);

	if (!s)
		return -ENOENT;
	__atomic_and_fetch(&s->flags, ~SW_SLOT_F_NAMES, __ATOMIC_RELEASE);
	__atomic_store_n(&s->baseline_id, baseline_id, __ATOMIC_RELEASE);
	if (sw_loader_names_whole(l, baseline_id))
		__atomic_or_fetch(&s->flags, SW_SLOT_F_NAMES, __ATOMIC_RELEASE);
	return 0;
}

/* ---- files that are written to ---- */

int sw_loader_written(struct sw_loader *l, uint32_t slot, sw_written_fn fn, void *ctx)
{
	struct sw_real_key key, next;
	bool have = bpf_map_get_next_key(MAP_FD(l, sw_reals), NULL, &key) == 0;
	struct sw_real_value v;
	int rc = 0;

	for (; have && !rc; key = next) {
		if (!bpf_map_lookup_elem(MAP_FD(l, sw_reals), &key, &v) && v.slot == slot &&
		    v.slot_gen == l->slots[slot].cgroup_id)
			rc = fn(ctx, v.ino, sw_dev_decode(key.dev), key.ino);
		have = bpf_map_get_next_key(MAP_FD(l, sw_reals), &key, &next) == 0;
	}
	return rc;
}

int sw_loader_rearm(struct sw_loader *l, uint32_t real_dev, uint64_t real_ino)
{
	struct sw_real_key key = {.ino = real_ino, .dev = sw_dev_encode(real_dev)};
	struct sw_real_value v;

	if (bpf_map_lookup_elem(MAP_FD(l, sw_reals), &key, &v))
		return -errno;
	v.flags = 0;
	return bpf_map_update_elem(MAP_FD(l, sw_reals), &key, &v, BPF_EXIST) ? -errno : 0;
}

int sw_loader_set_applet(struct sw_loader *l, const char *name, uint32_t class_bits)
{
	struct sw_applet_key key = {};

	if (!*name || strlen(name) >= sizeof(key.name))
		return -EINVAL;
	strcpy(key.name, name);
	return bpf_map_update_elem(MAP_FD(l, sw_applets), &key, &class_bits, BPF_ANY) ? -errno : 0;
}

/* ---- ledger ---- */

static int ledger_class(struct sw_loader *l, uint32_t idx, struct sw_ledger_class *ret)
{
	_cleanup_free_ struct sw_ledger_entry *cpu = calloc((size_t)l->n_cpus, sizeof(*cpu));

	if (!cpu)
		return -ENOMEM;
	if (bpf_map_lookup_elem(MAP_FD(l, sw_ledger), &idx, cpu))
		return -errno;
	for (int i = 0; i < l->n_cpus; i++) {
		ret->seen += cpu[i].seen;
		ret->filtered += cpu[i].filtered;
		ret->aggregated += cpu[i].aggregated;
		ret->submitted += cpu[i].submitted;
		ret->reserve_failed += cpu[i].reserve_failed;
		ret->internal_error += cpu[i].internal_error;
	}
	return 0;
}

int sw_loader_ledger(struct sw_loader *l, uint32_t slot, struct sw_ledger *ret_ledger)
{
	struct sw_ledger sum = {};

	if (slot >= l->n_slots)
		return -EINVAL;
	_cleanup_free_ struct sw_violation_entry *cpu = calloc((size_t)l->n_cpus, sizeof(*cpu));
	if (!cpu)
		return -ENOMEM;
	for (uint32_t i = 0; i < _SW_CLASS_MAX; i++) {
		int rc = ledger_class(l, slot * SW_ABI_CLASSES + i, &sum.cls[i]);

		if (rc)
			return rc;
	}
	if (bpf_map_lookup_elem(MAP_FD(l, sw_violations), &slot, cpu))
		return -errno;
	for (int i = 0; i < l->n_cpus; i++) {
		for (size_t v = 0; v < _SW_VIOLATION_MAX; v++)
			sum.violations[v] += cpu[i].count[v];
		sum.undecided_lost += cpu[i].undecided_lost;
	}
	*ret_ledger = sum;
	return 0;
}

int sw_loader_first_violation(struct sw_loader *l, uint32_t slot, enum sw_violation kind,
			      struct sw_event *ret_event)
{
	struct sw_first_key key = {.slot = slot, .kind = kind};
	_cleanup_free_ struct sw_saved *saved = malloc(sizeof(*saved));
	uint8_t stream;
	int rc;

	if (!saved)
		return -ENOMEM;
	if (bpf_map_lookup_elem(MAP_FD(l, sw_first), &key, saved))
		return -errno;
	if (saved->len > sizeof(saved->data))
		return -EPROTO;
	rc = sw_event_decode(saved->data, saved->len, ret_event, &stream);
	if (!rc)
		ret_event->recovered = true;
	return rc;
}

int sw_loader_failed_inserts(struct sw_loader *l, uint64_t *ret_count)
{
	uint64_t sum = 0, n;

	for (uint32_t i = 0; i < SW_FAILED_MAX; i++) {
		if (bpf_map_lookup_elem(MAP_FD(l, sw_failed), &i, &n))
			return -errno;
		sum += n;
	}
	*ret_count = sum;
	return 0;
}

bool sw_loader_still_runs(struct sw_loader *l, const struct sw_event *exec)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, exec->actor.tgid, 0);
	uint32_t size = bpf_map__value_size(l->skel->maps.sw_tasks);
	_cleanup_free_ struct sw_task_head *head = malloc(size);

	return pidfd >= 0 && head && !bpf_map_lookup_elem(MAP_FD(l, sw_tasks), &pidfd, head) &&
	       head->start_ns == exec->actor.start_ns && head->exec_ns &&
	       head->exec_ns <= exec->boot_ns;
}

bool sw_loader_quiet_exec(struct sw_loader *l, uint32_t tgid, uint64_t start_ns,
			  struct sw_quiet_exec *ret_exec)
{
	struct sw_exec_key key = {.tgid = tgid, .start_ns = start_ns};
	struct sw_exec_value v;

	if (bpf_map_lookup_elem(MAP_FD(l, sw_execs), &key, &v))
		return false;
	*ret_exec = (struct sw_quiet_exec){
		.slot = v.slot,
		.ino = v.ino,
		.parent_tgid = v.parent_tgid,
		.parent_start_ns = v.parent_start_ns,
		.boot_ns = v.boot_ns,
	};
	memcpy(ret_exec->comm, v.comm, sizeof(v.comm));
	return true;
}
