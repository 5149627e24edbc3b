/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does any rule care for these names? A record of names whose every component is unknown to the
 * baseline would be judged to be of no interest, since what is judged is found by its last
 * component (links are not followed there, or are known themselves), or by a directory that holds a
 * package database. So it need not be sent. When a name cannot be looked at whole, it matters.
 */
#pragma once

#include "lib/path.h"

#define SW_KNOWN_LOOK 256 /* bytes of a name that are looked at */

enum name_form {
	NAME_USED, /* as a system call gave it, or a dentry has it */
	NAME_DIR,  /* a walked path, of a directory that names are in */
};

struct name_look {
	struct sw_scratch *s;
	u64 hash;
	u32 off, baseline, form, matters;
};

static __always_inline void component_end(struct name_look *n, char c)
{
	struct sw_name_key key = {.hash = n->hash, .baseline_id = n->baseline};
	bool leaf = n->form == NAME_USED && !c;
	u32 *bits;

	if (n->hash == SW_NAME_SEED) { /* nothing between two slashes, or after the last one */
		n->matters |= leaf;
		return;
	}
	bits = bpf_map_lookup_elem(&sw_names, &key);
	if (bits && *bits & (leaf ? SW_NAME_LEAF : SW_NAME_DIR))
		n->matters = 1;
	n->hash = SW_NAME_SEED;
}

static long name_look_step(u32 i, struct name_look *n)
{
	u8 c = *(u8 *)tail(n->s, n->off + i);

	if (c && (c != '/' || n->form != NAME_USED)) {
		n->hash = (n->hash ^ c) * SW_NAME_PRIME;
		return 0;
	}
	component_end(n, c);
	return n->matters != 0;
}

SW_FN int name_matters(struct sw_scratch *s, const struct sw_wire_str *str, u32 baseline, u32 form)
{
	struct name_look n = {
		.s = s,
		.hash = opaque(s, SW_NAME_SEED),
		.off = str->off,
		.baseline = baseline,
		.form = opaque(s, form),
		.matters = opaque(s, 0),
	};

	if (str->trust == SW_WIRE_T_NONE)
		return 0;
	if (str->flags & SW_STR_TRUNCATED || str->len > SW_KNOWN_LOOK ||
	    (form == NAME_DIR && !(str->flags & SW_STR_ROOTED)))
		return 1;
	bpf_loop(str->len & (2 * SW_KNOWN_LOOK - 1), name_look_step, &n, 0);
	return n.matters;
}

/* Are all names of the container's baseline known? */
static __always_inline bool names_known(const struct sw_slot *slot)
{
	return slot->flags & SW_SLOT_F_NAMES && slot->baseline_id;
}

static __always_inline bool has_second_name(u32 op)
{
	return op == SW_WIRE_RENAME || op == SW_WIRE_EXCHANGE || op == SW_WIRE_LINK;
}

/* ---- the directory ---- */

static __always_inline void dir_begin(struct sw_quiet_dir *d, struct task_struct *task,
				      const struct sw_slot *slot)
{
	*d = (struct sw_quiet_dir){
		.root_dentry = (u64)task->fs->root.dentry,
		.root_mnt = (u64)task->fs->root.mnt,
		.baseline_id = slot->baseline_id,
		.places = slot->places,
	};
}

static __always_inline bool same_dir(const struct sw_quiet_dir *a, const struct sw_quiet_dir *b)
{
	return a->dentry == b->dentry && a->mnt == b->mnt && a->ino == b->ino &&
	       a->root_dentry == b->root_dentry && a->root_mnt == b->root_mnt &&
	       a->baseline_id == b->baseline_id && a->places == b->places;
}

/*
 * Does no rule care for names in this directory? Walking to the root for each would be half of the
 * price of a call, so a task's last one is remembered. It cannot come to lie in a known one by a
 * move that is not told of: the new name of what is moved, and those above it, are looked at. What
 * is told of voids all memories (places_moved).
 */
SW_FN int dir_quiet(struct sw_scratch *s, const struct sw_quiet_dir *now)
{
	struct sw_wire_file *r = (struct sw_wire_file *)s->saved.data;
	struct path at = {.mnt = (void *)now->mnt, .dentry = (void *)now->dentry};
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_quiet_dir *last =
		bpf_task_storage_get(&sw_quiet_dirs, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (last && same_dir(now, last))
		return 1;
	path_append(s, &r->dir, &at, task, sizeof(*r));
	if (name_matters(s, &r->dir, now->baseline_id, NAME_DIR))
		return 0;
	if (last) /* without room for it the walk is made each time */
		*last = *now;
	return 1;
}

static __always_inline void places_moved(u32 slot)
{
	struct sw_slot *sl = slot_get(slot);

	if (sl)
		__sync_fetch_and_add(&sl->places, 1);
}
