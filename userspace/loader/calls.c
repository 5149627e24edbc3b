/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls behind the one program on sys_exit: the table of which are looked at, and the
 * programs that it goes over to. Attaches nothing.
 */
#include <unistd.h>

#include "loader/private.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

#include "stigwatch.skel.h"

bool sw_hook_wanted(const struct sw_loader_options *o, const struct sw_hook_def *def,
		    const struct sw_hook *h)
{
	return h->available && h->used && (!def->syscall || o->syscall_classes & 1u << def->cls);
}

bool sw_calls_wanted(const struct sw_loader_options *o, const struct sw_features *f)
{
	bool any = false;

	for (size_t i = 0; i < sw_n_hook_defs; i++)
		any |= sw_hook_is_call(&sw_hook_defs[i]) &&
		       sw_hook_wanted(o, &sw_hook_defs[i], &f->hooks[i]);
	return any;
}

/* The row of the program on sys_exit itself. */
static struct sw_hook *carrier_of(struct sw_features *f)
{
	for (size_t i = 0; i < sw_n_hook_defs; i++)
		if (sw_hook_is_carrier(&sw_hook_defs[i]))
			return &f->hooks[i];
	return NULL;
}

void sw_calls_follow(struct sw_features *f)
{
	const struct sw_hook *carrier = carrier_of(f);

	for (size_t i = 0; carrier && i < f->n_hooks; i++) {
		struct sw_hook *h = &f->hooks[i];
		bool exists = sw_hook_defs[i].nr != SW_NO_CALL;

		if (!sw_hook_is_call(&sw_hook_defs[i]))
			continue;
		h->error = exists ? carrier->error : -ENOSYS;
		h->available = !h->error;
		h->stage = h->available ? NULL : exists ? carrier->stage : "load";
	}
}

static int program_enter(struct sw_loader *l, uint32_t family, const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(l->skel->obj, name);
	int fd = p ? bpf_program__fd(p) : -ENOENT;

	if (fd < 0)
		return fd;
	return bpf_map_update_elem(MAP_FD(l, sw_exits), &family, &fd, BPF_ANY) ? -errno : 0;
}

/* The programs first: what the table names is there. */
static int tables_fill(struct sw_loader *l, const struct sw_loader_options *o,
		       const struct sw_features *f)
{
	static const struct sw_call none;
	struct sw_call calls[SW_CALLS] = {};
	bool calls32 = f->calls32 && sw_calls_wanted(o, f);
	int rc = calls32 ? program_enter(l, SW_FAMILY_CALL32, SW_CALL32) : 0;
	uint32_t entered = 0; /* 1 << SW_FAMILY_* */

	for (size_t i = 0; !rc && i < sw_n_hook_defs; i++) {
		const struct sw_hook_def *def = &sw_hook_defs[i];

		if (!sw_hook_is_call(def) || !sw_hook_wanted(o, def, &f->hooks[i]))
			continue;
		if (!(entered & 1u << def->family))
			rc = program_enter(l, (uint32_t)def->family, def->program);
		entered |= 1u << def->family;
		calls[def->nr].family = (uint32_t)def->family;
		calls[def->nr].cookie = def->cookie;
	}
	if (calls32)
		sw_calls32_fill(calls);
	for (uint32_t nr = 0; !rc && nr < SW_CALLS; nr++)
		if (memcmp(&calls[nr], &none, sizeof(none)) != 0 &&
		    bpf_map_update_elem(MAP_FD(l, sw_calls), &nr, &calls[nr], BPF_ANY))
			rc = -errno;
	return rc;
}

int sw_calls_fill(struct sw_loader *l, const struct sw_loader_options *o,
		  const struct sw_features *f, struct sw_error *err)
{
	int rc = tables_fill(l, o, f);

	if (!rc && (bpf_map_freeze(MAP_FD(l, sw_calls)) || bpf_map_freeze(MAP_FD(l, sw_exits))))
		rc = -errno;
	return rc ? sw_error_set(err, -rc, "the table of system calls: %s", strerror(-rc)) : 0;
}

/* Is the call in the table as this row wants it? */
static bool in_table(struct sw_loader *l, const struct sw_hook_def *def)
{
	struct sw_call call;

	return !bpf_map_lookup_elem(MAP_FD(l, sw_calls), &def->nr, &call) &&
	       call.family == (uint32_t)def->family && call.cookie == def->cookie;
}

void sw_calls_describe(struct sw_loader *l, struct sw_features *f)
{
	const struct sw_hook *carrier = carrier_of(f);

	for (size_t i = 0; carrier && i < sw_n_hook_defs; i++) {
		const struct sw_hook_def *def = &sw_hook_defs[i];
		struct sw_hook *h = &f->hooks[i];
		uint32_t family = (uint32_t)def->family, id;

		if (!sw_hook_is_call(def) || def->nr == SW_NO_CALL)
			continue;
		h->available = carrier->available;
		h->attached = carrier->attached && in_table(l, def) &&
			      !bpf_map_lookup_elem(MAP_FD(l, sw_exits), &family, &id);
		if (!h->attached)
			continue;
		_cleanup_fd_ int program = bpf_prog_get_fd_by_id(id);
		if (program >= 0)
			sw_hook_describe(program, h);
	}
}
