/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines in the kernel's tables: classes by inode, and the names that a rule may care for. */
#include "loader/private.h"

#include "abi/event_abi.h"
#include "stigwatch/error.h"

#include "stigwatch.skel.h"

_Static_assert(SW_KNOWN_LEAF == SW_NAME_LEAF && SW_KNOWN_DIR == SW_NAME_DIR, "bits of a name");
_Static_assert(offsetof(struct sw_inode_key, baseline_id) == 8 &&
		       offsetof(struct sw_name_key, baseline_id) == 8 &&
		       sizeof(struct sw_inode_key) == sizeof(struct sw_name_key),
	       "both keys have the baseline's number at the same place");

typedef bool (*drop_fn)(struct sw_loader *l, uint32_t baseline_id, uint32_t arg);

static void entries_drop(struct sw_loader *l, int map, drop_fn drop, uint32_t arg)
{
	struct sw_inode_key key, next;
	bool have = bpf_map_get_next_key(map, NULL, &key) == 0;

	while (have) {
		/* the successor first: a deleted key has none, and the walk would begin again */
		have = bpf_map_get_next_key(map, &key, &next) == 0;
		if (drop(l, key.baseline_id, arg))
			bpf_map_delete_elem(map, &key);
		key = next;
	}
}

static void baselines_drop(struct sw_loader *l, drop_fn drop, uint32_t arg)
{
	entries_drop(l, MAP_FD(l, sw_names), drop, arg);
	entries_drop(l, MAP_FD(l, sw_inodes), drop, arg);
}

static bool is_id(struct sw_loader *l, uint32_t baseline_id, uint32_t arg)
{
	return baseline_id == arg;
}

static bool is_unbound(struct sw_loader *l, uint32_t baseline_id, uint32_t arg)
{
	for (uint32_t i = 1; i < l->n_slots; i++)
		if (l->slots[i].state != SW_SLOT_FREE && l->slots[i].baseline_id == baseline_id)
			return false;
	return true;
}

void sw_loader_drop_baseline(struct sw_loader *l, uint32_t baseline_id)
{
	baselines_drop(l, is_id, baseline_id);
}

void sw_loader_prune_baselines(struct sw_loader *l)
{
	baselines_drop(l, is_unbound, 0);
}

/* ---- classes ---- */

int sw_loader_load_baseline(struct sw_loader *l, uint32_t baseline_id,
			    const struct sw_inode_class *classes, size_t n, struct sw_error *err)
{
	if (!baseline_id)
		return sw_error_set(err, EINVAL, "baseline id 0 means none");
	sw_loader_drop_baseline(l, baseline_id);
	for (size_t i = 0; i < n; i++) {
		struct sw_inode_key key = {.ino = classes[i].ino, .baseline_id = baseline_id};
		uint32_t bits = classes[i].class_bits, old;

		/* hard links: one inode, several names, each with its class */
		if (!bpf_map_lookup_elem(MAP_FD(l, sw_inodes), &key, &old))
			bits |= old;
		if (!bpf_map_update_elem(MAP_FD(l, sw_inodes), &key, &bits, BPF_ANY))
			continue;
		int rc = -errno;

		sw_loader_drop_baseline(l, baseline_id);
		if (rc == -E2BIG)
			return sw_error_set(err, E2BIG,
					    "the kernel's table holds %u baseline entries: too few",
					    l->max_baseline_entries);
		return sw_error_set(err, -rc, "load the baseline: %s", strerror(-rc));
	}
	return 0;
}

static size_t baseline_count(struct sw_loader *l, uint32_t baseline_id)
{
	struct sw_inode_key key, next;
	bool have = bpf_map_get_next_key(MAP_FD(l, sw_inodes), NULL, &key) == 0;
	size_t n = 0;

	for (; have; key = next) {
		n += key.baseline_id == baseline_id;
		have = bpf_map_get_next_key(MAP_FD(l, sw_inodes), &key, &next) == 0;
	}
	return n;
}

bool sw_loader_has_baseline(struct sw_loader *l, uint32_t baseline_id,
			    const struct sw_inode_class *classes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!sw_loader_has_class(l, baseline_id, &classes[i]))
			return false;
	return baseline_count(l, baseline_id) == n;
}

bool sw_loader_has_class(struct sw_loader *l, uint32_t baseline_id, const struct sw_inode_class *c)
{
	struct sw_inode_key key = {.ino = c->ino, .baseline_id = baseline_id};
	uint32_t bits;

	return !bpf_map_lookup_elem(MAP_FD(l, sw_inodes), &key, &bits) && bits == c->class_bits;
}

/* ---- names ---- */

uint64_t sw_name_hash(const char *name, size_t len)
{
	uint64_t h = SW_NAME_SEED;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * SW_NAME_PRIME;
	return h;
}

static int name_put(struct sw_loader *l, uint32_t baseline_id, uint64_t hash, uint32_t value)
{
	struct sw_name_key key = {.hash = hash, .baseline_id = baseline_id};

	return bpf_map_update_elem(MAP_FD(l, sw_names), &key, &value, BPF_ANY) ? -errno : 0;
}

int sw_loader_load_names(struct sw_loader *l, uint32_t baseline_id,
			 const struct sw_known_name *names, size_t n, struct sw_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = name_put(l, baseline_id, names[i].hash, names[i].bits);
	if (!rc)
		rc = name_put(l, baseline_id, SW_NAME_SEED, (uint32_t)n);
	if (!rc)
		return 0;
	entries_drop(l, MAP_FD(l, sw_names), is_id, baseline_id);
	return sw_error_set(err, -rc, "load the names of the baseline: %s", strerror(-rc));
}

bool sw_loader_has_name(struct sw_loader *l, uint32_t baseline_id, const struct sw_known_name *n)
{
	struct sw_name_key key = {.hash = n->hash, .baseline_id = baseline_id};
	uint32_t bits;

	return !bpf_map_lookup_elem(MAP_FD(l, sw_names), &key, &bits) && bits == n->bits;
}

bool sw_loader_names_whole(struct sw_loader *l, uint32_t baseline_id)
{
	struct sw_name_key key = {.hash = SW_NAME_SEED, .baseline_id = baseline_id};
	uint32_t n;

	return baseline_id && !bpf_map_lookup_elem(MAP_FD(l, sw_names), &key, &n);
}
