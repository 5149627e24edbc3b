/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes on where an earlier process ended: its containers from the kernel's table, their beginnings
 * from the evidence, what was opened for writing from the kernel's memory. Invents nothing: what is
 * in none of them is a hole.
 */
#include "event/text.h"
#include "service/internal.h"

#define ALL_CLASSES ((1u << _SW_CLASS_MAX) - 1)
#define HOLD_NS 10000000000 /* longer than any baseline but a large image's */

static bool slot_of_life(struct monitor *m, const struct past_life *l)
{
	struct sw_slot_info info;

	return sw_loader_slot(m->loader, l->slot, &info) && info.cgroup_id == l->cgroup_id;
}

/* It was watched and is in nobody's table: somebody took it out. */
static void report_missing(struct monitor *m, const struct past_life *l)
{
	struct watch gone = {.id = l->id};
	struct json_object *o = json_object_new_object();
	struct sw_clock now;

	sw_clock_now(NULL, &now);
	record_hole(m, &gone, ALL_CLASSES, m->past.last_boot_ns,
		    "its place in the kernel's table is gone");
	json_object_object_add(o, "container", sw_text_json(l->id, strlen(l->id)));
	json_object_object_add(o, "cgroup_id", json_u64(l->cgroup_id));
	json_object_object_add(o, "ended", json_object_new_boolean(false));
	json_object_object_add(o, "to_boot_ns", json_object_new_int64(now.boot_ns));
	json_object_object_add(o, "reason", json_object_new_string("its place was gone"));
	record_append(m, "end", o);
}

static void restore_slot(struct monitor *m, uint32_t slot, const struct sw_slot_info *info)
{
	const struct past_life *life = past_life(&m->past, slot, info->cgroup_id);

	if (info->baseline_id > m->last_kernel_baseline)
		m->last_kernel_baseline = info->baseline_id;
	/* ended, not wanted, or never named: the earlier process was
	 * about to give it back */
	if (!info->cgroup_id || (life && life->closed) || (!life && !info->id[0]) ||
	    watch_restore(m, slot, info, life) < 0)
		sw_loader_release(m->loader, slot);
}

void resume_watches(struct monitor *m)
{
	struct sw_slot_info info;
	struct sw_clock now;

	for (uint32_t slot = 1; slot < sw_loader_slots(m->loader); slot++)
		if (sw_loader_slot(m->loader, slot, &info))
			restore_slot(m, slot, &info);
	for (size_t i = 0; i < m->past.n_lives; i++)
		if (!m->past.lives[i].closed && !slot_of_life(m, &m->past.lives[i]))
			report_missing(m, &m->past.lives[i]);
	sw_loader_prune_baselines(m->loader);
	sw_clock_now(NULL, &now);
	m->hold_until = now.boot_ns + HOLD_NS;
	progress(m, "resumed: %zu containers, without a gap since the last statement",
		 m->n_watches);
}

/*
 * What is in the ring survives a second kill, what is queued here does not: so the ring is read
 * when there is a baseline to judge by, unless it fills up.
 */
bool resume_holds(struct monitor *m)
{
	struct sw_clock now;

	if (!m->hold_until)
		return false;
	sw_clock_now(NULL, &now);
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->state == WATCH_PREPARING && now.boot_ns < m->hold_until &&
		    !sw_loader_ring_half_full(m->loader))
			return true;
	m->hold_until = 0;
	return false;
}

struct taints {
	struct monitor *m;
	struct watch *w;
	size_t unknown;
};

static int on_written(void *ctx, uint64_t ino, uint32_t real_dev, uint64_t real_ino)
{
	struct taints *t = ctx;
	const struct sw_baseline_entry *e =
		t->w->prep->binding ? sw_binding_find(t->w->prep->binding, ino) : NULL;

	t->unknown += !t->w->prep->binding;
	if (e) {
		names_opened(t->w, e);
		taint_add(t->m, t->w, e, real_dev, real_ino);
	}
	return 0;
}

void resume_taints(struct monitor *m, struct watch *w)
{
	struct taints t = {.m = m, .w = w};

	sw_loader_written(m->loader, w->slot, on_written, &t);
	if (t.unknown)
		record_hole(m, w, 1u << SW_CLASS_FILE, m->past.last_boot_ns,
			    "%zu files were opened for writing and cannot be compared: %s",
			    t.unknown, w->prep->problem ? w->prep->problem : "no baseline");
}
