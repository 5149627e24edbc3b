/* SPDX-License-Identifier: Apache-2.0 */
/* Is what we attached, pinned and wrote still there? Puts back what can be put back; tells nobody.
 */
#include "loader/pins.h"

#include "stigwatch/cleanup.h"

#include "stigwatch.skel.h"

uint32_t sw_link_id(int link)
{
	struct bpf_link_info info = {};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(link, &info, &size) ? 0 : info.id;
}

bool sw_loader_intact(struct sw_loader *l, const char **ret_hook)
{
	for (size_t i = 0; i < l->n_attached; i++) {
		struct bpf_link_info info = {};
		uint32_t size = sizeof(info);

		if (bpf_obj_get_info_by_fd(l->attached[i].link, &info, &size) ||
		    info.prog_id != l->attached[i].program_id) {
			*ret_hook = l->attached[i].hook;
			return false;
		}
	}
	return true;
}

/* A program that serves several hooks is counted once. */
static bool counted(const struct sw_loader *l, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (l->attached[k].program_id == l->attached[i].program_id)
			return true;
	return false;
}

uint64_t sw_loader_missed(struct sw_loader *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->n_attached; i++) {
		struct bpf_prog_info info = {};
		uint32_t size = sizeof(info);

		if (!counted(l, i) && !bpf_obj_get_info_by_fd(l->attached[i].program, &info, &size))
			sum += info.recursion_misses;
	}
	return sum;
}

static int pin_again(const struct sw_pins *p, const char *kind, const char *name, int fd)
{
	char path[SW_PIN_PATH];

	sw_pins_path(p, kind, name, path);
	if (unlink(path) && errno != ENOENT)
		return -errno;
	int rc = sw_pins_put(p, kind, name, fd);

	return rc ? rc : 1;
}

static int mend_link(struct sw_loader *l, const struct sw_pins *p, size_t i)
{
	_cleanup_fd_ int fd = sw_pins_get(p, SW_PIN_LINK, l->attached[i].hook);

	if (fd >= 0 && sw_link_id(fd) == l->attached[i].link_id)
		return 0;
	return pin_again(p, SW_PIN_LINK, l->attached[i].hook, l->attached[i].link);
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

static int mend_map(const struct sw_pins *p, const char *kind, const char *name, int ours)
{
	_cleanup_fd_ int fd = sw_pins_get(p, kind, name);

	return fd >= 0 && map_id(fd) == map_id(ours) ? 0 : pin_again(p, kind, name, ours);
}

int sw_loader_mend_pin(struct sw_loader *l, struct sw_pins *p, char *ret_name, size_t size)
{
	const struct {
		const char *name;
		int fd;
	} marks[] = {
		{"head", l->marks.head_fd}, {"slots", l->marks.slots_fd}, {"seq", l->marks.seq_fd}};
	struct bpf_map *map;
	int rc = 0;

	for (size_t i = 0; !rc && i < l->n_attached; i++) {
		rc = mend_link(l, p, i);
		snprintf(ret_name, size, "%s", l->attached[i].hook);
	}
	for (size_t i = 0; !rc && i < SW_ARRAY_LEN(marks); i++) {
		rc = mend_map(p, SW_PIN_MARKS, marks[i].name, marks[i].fd);
		snprintf(ret_name, size, "marks %s", marks[i].name);
	}
	bpf_object__for_each_map(map, l->skel->obj)
	{
		if (rc || bpf_map__fd(map) < 0)
			continue;
		rc = mend_map(p, SW_PIN_MAP, bpf_map__name(map), bpf_map__fd(map));
		snprintf(ret_name, size, "%s", bpf_map__name(map));
	}
	return rc;
}

/* table_gen is raised by every sweep, and what pid 1 stands on is found by the sensors. */
bool sw_loader_mend_config(struct sw_loader *l)
{
	struct sw_cfg now = *l->shared, want = l->cfg;
	bool changed = false;

	want.table_gen = now.table_gen;
	want.host[SW_HOST_INIT] = now.host[SW_HOST_INIT];
	if (memcmp(&now, &want, sizeof(now)) != 0) {
		want.table_gen = now.table_gen + 1;
		*l->shared = want;
		changed = true;
	}
	return sw_shares_divide(l) || changed;
}

bool sw_loader_slot_intact(struct sw_loader *l, uint32_t slot, uint64_t cgroup_id,
			   uint32_t baseline_id)
{
	const struct sw_slot *s = &l->slots[slot];
	struct sw_cgroup_key key = {.cgroup_id = cgroup_id, .hierarchy_id = s->hierarchy_id};
	uint32_t found;

	return s->state == SW_SLOT_WATCHED && s->cgroup_id == cgroup_id &&
	       s->baseline_id == baseline_id &&
	       (!(s->flags & SW_SLOT_F_NAMES) || sw_loader_names_whole(l, baseline_id)) &&
	       !bpf_map_lookup_elem(MAP_FD(l, sw_cgroups), &key, &found) && found == slot;
}
