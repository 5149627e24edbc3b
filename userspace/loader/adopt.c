/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins a loaded set of programs, and takes one over: every table and link is checked before
 * anything of it is used. What does not fit is refused whole, never read in part.
 */
#include "loader/pins.h"

#include "abi/event_abi.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

#include "stigwatch.skel.h"

/* ---- pinning ---- */

static int pin_all(struct sw_loader *l, struct sw_pins *p)
{
	struct bpf_map *map;
	int rc = 0;

	bpf_object__for_each_map(map, l->skel->obj) if (!rc && bpf_map__fd(map) >= 0) rc =
		sw_pins_put(p, SW_PIN_MAP, bpf_map__name(map), bpf_map__fd(map));
	if (!rc)
		rc = sw_pins_put(p, SW_PIN_MARKS, "head", l->marks.head_fd);
	if (!rc)
		rc = sw_pins_put(p, SW_PIN_MARKS, "slots", l->marks.slots_fd);
	if (!rc)
		rc = sw_pins_put(p, SW_PIN_MARKS, "seq", l->marks.seq_fd);
	for (size_t i = 0; !rc && i < l->n_attached; i++)
		rc = sw_pins_put(p, SW_PIN_LINK, l->attached[i].hook, l->attached[i].link);
	return rc;
}

int sw_loader_pin(struct sw_loader *l, struct sw_pins *p, struct sw_error *err)
{
	int rc = pin_all(l, p);

	if (rc) {
		sw_error_set(err, -rc, "pin in %s: %s", p->dir, strerror(-rc));
		sw_pins_remove(p, NULL);
		return rc;
	}
	l->marks.head->n_links = (uint32_t)l->n_attached;
	__atomic_store_n(&l->marks.head->complete, 1, __ATOMIC_RELEASE);
	l->pinned = true;
	return 0;
}

/* ---- adopting ---- */

static int marks_adopt(struct sw_loader *l, const struct sw_pins *p, struct sw_error *err)
{
	int rc = sw_marks_adopt(&l->marks, sw_pins_get(p, SW_PIN_MARKS, "head"),
				sw_pins_get(p, SW_PIN_MARKS, "slots"),
				sw_pins_get(p, SW_PIN_MARKS, "seq"), err);

	if (rc)
		return rc;
	const struct sw_marks_head *h = l->marks.head;

	if (!h->complete)
		return sw_error_set(err, ESTALE, "it was never completed");
	if (h->abi != SW_ABI_VERSION)
		return sw_error_set(err, ESTALE, "its records are of ABI %u, ours of %u", h->abi,
				    SW_ABI_VERSION);
	return 0;
}

/* A pinned table takes the place of one of the unloaded object. */
static int map_adopt(const struct sw_pins *p, struct bpf_map *map, struct sw_error *err)
{
	const char *name = bpf_map__name(map);
	_cleanup_fd_ int fd = sw_pins_get(p, SW_PIN_MAP, name);
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);

	if (fd < 0)
		return sw_error_set(err, ESTALE, "its table %s is gone: %s", name, strerror(-fd));
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return sw_error_set(err, errno, "%s: %s", name, strerror(errno));
	if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
	    info.value_size != bpf_map__value_size(map))
		return sw_error_set(err, ESTALE, "its table %s is of another layout", name);
	int rc = bpf_map__reuse_fd(map, fd);

	return rc ? sw_error_set(err, -rc, "%s: %s", name, strerror(-rc)) : 0;
}

static int maps_adopt(struct sw_loader *l, const struct sw_pins *p, struct sw_error *err)
{
	struct bpf_map *map;

	l->skel = stigwatch_bpf__open();
	if (!l->skel)
		return sw_error_set(err, errno, "read the sensors: %s", strerror(errno));
	bpf_object__for_each_map(map, l->skel->obj)
	{
		int rc = map_adopt(p, map, err);

		if (rc)
			return rc;
	}
	l->n_slots = bpf_map__max_entries(l->skel->maps.sw_slots);
	l->max_baseline_entries = bpf_map__max_entries(l->skel->maps.sw_inodes);
	if (l->n_slots != l->marks.n_slots || l->marks.n_seq != (size_t)l->n_cpus * SW_STREAMS)
		return sw_error_set(err, ESTALE, "its tables do not fit together");
	return 0;
}

/* The program behind a link; negative errno. */
static int link_program(int link)
{
	struct bpf_link_info info = {};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(link, &info, &len))
		return -errno;
	int prog = bpf_prog_get_fd_by_id(info.prog_id);

	return prog < 0 ? -errno : prog;
}

static int link_adopt(struct sw_loader *l, const struct sw_pins *p, struct sw_hook *h,
		      struct sw_error *err)
{
	struct sw_attachment a = {.hook = h->name, .program = -1};

	a.link = sw_pins_get(p, SW_PIN_LINK, h->name);
	h->attached = h->available = a.link >= 0;
	if (a.link < 0) {
		h->error = a.link;
		h->stage = "attach";
		return 0;
	}
	a.program = link_program(a.link);
	if (a.program < 0) {
		close(a.link);
		return sw_error_set(err, -a.program, "%s: %s", h->name, strerror(-a.program));
	}
	sw_hook_describe(a.program, h);
	a.program_id = h->program_id;
	a.link_id = sw_link_id(a.link);
	l->attached[l->n_attached++] = a;
	if (!strcmp(h->name, "iter/task"))
		l->sweep = a.link;
	return 0;
}

static int links_adopt(struct sw_loader *l, const struct sw_pins *p, struct sw_features *f,
		       struct sw_error *err)
{
	for (size_t i = 0; i < f->n_hooks; i++) {
		int rc =
			sw_hook_is_call(&sw_hook_defs[i]) ? 0 : link_adopt(l, p, &f->hooks[i], err);

		if (rc)
			return rc;
	}
	sw_calls_describe(l, f);
	if (l->n_attached != l->marks.head->n_links)
		return sw_error_set(err, ESTALE, "%zu of its %u programs are attached",
				    l->n_attached, l->marks.head->n_links);
	return 0;
}

int sw_loader_adopt(struct sw_pins *p, struct sw_features *features, bool *ret_same,
		    struct sw_loader **ret_loader, struct sw_error *err)
{
	_cleanup_(sw_loader_freep) struct sw_loader *l = sw_loader_new();
	int rc = l ? marks_adopt(l, p, err) : sw_error_set(err, ENOMEM, "out of memory");

	if (!rc)
		rc = maps_adopt(l, p, err);
	if (!rc)
		rc = sw_loader_share(l, err);
	if (!rc && l->shared->abi != SW_ABI_VERSION)
		rc = sw_error_set(err, ESTALE, "its tables are of ABI %u, ours of %u",
				  l->shared->abi, SW_ABI_VERSION);
	if (!rc)
		rc = links_adopt(l, p, features, err);
	if (!rc)
		rc = sw_features_choose(features, SW_BACK_END_AUTO, err);
	if (rc)
		return rc;
	l->cfg = *l->shared;
	l->pinned = true;
	*ret_same = !strcmp(l->marks.head->object_sha256, l->object_sha256);
	*ret_loader = TAKE(l);
	return 0;
}
