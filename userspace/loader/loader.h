/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader: puts the BPF programs into the kernel, tells what could be attached and why not, and
 * edits the kernel's tables (containers, baselines). The only user of libbpf's object API.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct sw_error;
struct sw_loader;

/* ---- features: found by trial load and attach, never by version ---- */

struct sw_hook {
	const char *name;   /* "tp_btf/sched_process_exec" */
	const char *phrase; /* what it lets us see, for a person */
	const char *misses; /* what it does not see, or NULL */
	enum sw_event_class cls;
	bool required;	   /* without it the class has a hole */
	bool available;	   /* trial load and attach worked */
	int error;	   /* negative errno of the refusal */
	const char *stage; /* "load" or "attach" when refused */
	/* filled in by sw_loader_load, for programs really attached: */
	bool attached;
	char program[64];
	char tag[17]; /* program tag, hex */
	uint32_t program_id;
};

struct sw_features {
	struct sw_hook *hooks;
	size_t n_hooks;
	char kernel_release[65];
	bool btf;
	const char *back_end; /* "tracepoint" */
};

/* Tries every hook. Needs CAP_BPF and CAP_PERFMON; -EPERM with a clear text otherwise, -ENOENT
 * without BTF. */
int sw_features_probe(struct sw_features *ret_features, struct sw_error *err);
void sw_features_release(struct sw_features *f);

/* ---- loading ---- */

struct sw_loader_options {
	uint32_t ring_bytes;	       /* power of two, multiple of the page size; 0: 8 MiB */
	uint32_t max_containers;       /* 0: 1024 */
	uint32_t max_baseline_entries; /* 0: 262144 */
	bool watch_new;	 /* register new container-like cgroups as pending by themselves */
	bool file_hooks; /* false: attach no syscall hook at all (no rule needs the file class) */
};

/* Loads and attaches everything that is available. Fills in the attached part of features. */
int sw_loader_load(const struct sw_loader_options *opts, struct sw_features *features,
		   struct sw_loader **ret_loader, struct sw_error *err);
/* Detaches and frees. */
void sw_loader_free(struct sw_loader *l);
/* True if every attached link is still there (self-check, each epoch); else false and the hook's
 * name. */
bool sw_loader_intact(struct sw_loader *l, const char **ret_hook);

/* ---- containers in the kernel's table ---- */

/*
 * Registers a cgroup that exists already (late: tasks run in it). Marks every task now inside as a
 * member with entry 0. Returns the slot.
 */
int sw_loader_watch_cgroup(struct sw_loader *l, uint64_t cgroup_id, uint32_t hierarchy_id,
			   uint32_t *ret_slot, struct sw_error *err);
/*
 * Resolves a task's cgroup as the watch sees it: the v2 cgroup unless the task is only contained in
 * a v1 hierarchy. cgroup_path_ret gets the path inside the hierarchy.
 */
int sw_cgroup_of_pid(int pid, uint64_t *ret_cgroup_id, uint32_t *ret_hierarchy_id,
		     char *cgroup_path_ret, size_t size, struct sw_error *err);
/* The same for a directory of a mounted cgroup file system. */
int sw_cgroup_of_path(const char *path, uint64_t *ret_cgroup_id, uint32_t *ret_hierarchy_id,
		      struct sw_error *err);
/* A pending container is wanted (its records stay) or not (its slot is freed, its records stop). */
int sw_loader_accept(struct sw_loader *l, uint32_t slot);
int sw_loader_release(struct sw_loader *l, uint32_t slot);
/* The device of the container's root once known (0 before), for matching objects with baseline
 * inodes. */
int sw_loader_root_dev(struct sw_loader *l, uint32_t slot, uint32_t *ret_dev);

/* ---- baselines in the kernel's map ---- */

struct sw_inode_class {
	uint64_t ino;
	uint32_t class_bits; /* SW_OBJ_* */
};
/* Loads (or replaces) the inode classes of one baseline under an id of the caller's choice (1..).
 */
int sw_loader_load_baseline(struct sw_loader *l, uint32_t baseline_id,
			    const struct sw_inode_class *classes, size_t n, struct sw_error *err);
int sw_loader_drop_baseline(struct sw_loader *l, uint32_t baseline_id);
/* From now on the kernel classifies this container's events with that baseline. */
int sw_loader_bind_baseline(struct sw_loader *l, uint32_t slot, uint32_t baseline_id);
/*
 * The object whose bytes are in this inode (real_dev, real_ino of a FILE event; dev, ino when
 * real_ino is 0) was compared with its baseline again and found equal: its next change is reported
 * again. Until then the kernel reports an object's first change of content and counts the others as
 * aggregated. -ENOENT when the kernel does not follow it.
 */
int sw_loader_rearm(struct sw_loader *l, uint32_t real_dev, uint64_t real_ino);
/* Names that make a multi-call binary's applet, or a file outside the baseline, a shell or a
 * package manager. */
int sw_loader_set_applet(struct sw_loader *l, const char *name, uint32_t class_bits);

/* ---- ledger ---- */

struct sw_ledger_class {
	uint64_t seen, filtered, aggregated, submitted, reserve_failed, internal_error;
};
struct sw_ledger {
	struct sw_ledger_class cls[_SW_CLASS_MAX];
	uint64_t violations[_SW_VIOLATION_MAX];
	uint64_t undecided_lost; /* events the kernel could not classify and the ring had no room
				    for */
};
/* Sums over CPUs for one slot. SW_SLOT_NONE: what belongs to no watched container. */
#define SW_SLOT_NONE 0
int sw_loader_ledger(struct sw_loader *l, uint32_t slot, struct sw_ledger *ret_ledger);
/* The first violation of a kind in this slot as saved in the kernel, independent of the ring;
 * -ENOENT when none. */
int sw_loader_first_violation(struct sw_loader *l, uint32_t slot, enum sw_violation kind,
			      struct sw_event *ret_event);
/* Maps that could not take an insert (task storage, inode map, slots): any non-zero value is a
 * hole. */
int sw_loader_failed_inserts(struct sw_loader *l, uint64_t *ret_count);
