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
struct sw_pins;
struct sw_inode_class;

/* ---- features: found by trial load and attach, never by version ---- */

/* Where decisions of the kernel are observed. */
enum sw_back_end {
	SW_BACK_END_AUTO, /* for each class of events: security hooks when the kernel gives them */
	SW_BACK_END_LSM,  /* security hooks or nothing */
	SW_BACK_END_TRACEPOINT,
	_SW_BACK_END_MAX,
};
const char *sw_back_end_str(enum sw_back_end b);
int sw_back_end_parse(const char *s, enum sw_back_end *ret_back_end);

struct sw_hook {
	const char *name;   /* "tp_btf/sched_process_exec" */
	const char *phrase; /* what it lets us see, for a person */
	const char *misses; /* what it does not see, or NULL */
	enum sw_event_class cls;
	bool used;	   /* the back end that was chosen wants it */
	bool base;	   /* all classes rest on it, not its own alone */
	uint32_t denies;   /* 1 << SW_VIOLATION_* that it refuses; 0: it observes */
	bool required;	   /* it is used, and without it the class has a hole */
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
	bool calls32;	      /* 64-bit programs can make 32-bit system calls */
	const char *back_end; /* "lsm" when it serves any class, else "tracepoint" */
	uint32_t lsm_classes; /* 1 << SW_CLASS_* that it serves */
	/*
	 * Links of the trials that are still attached: a function of the kernel that loses its last
	 * program costs a grace period of all tasks, one after the other. So those end when the
	 * programs that are used have been attached (sw_loader_load), or with the features.
	 */
	int *trials;
	size_t n_trials;
};

/* Tries every hook. Needs CAP_BPF and CAP_PERFMON; -EPERM with a clear text otherwise, -ENOENT
 * without BTF. */
int sw_features_probe(struct sw_features *ret_features, struct sw_error *err);
void sw_features_release(struct sw_features *f);
/*
 * Decides which of the available hooks are used. sw_features_probe and sw_loader_adopt have done it
 * for AUTO. -ENOTSUP, naming the hook, when LSM is asked for and cannot serve a class.
 */
int sw_features_choose(struct sw_features *f, enum sw_back_end b, struct sw_error *err);

/*
 * Decides which hooks that refuse are used, besides: those that serve these violations (1 <<
 * SW_VIOLATION_*), where security hooks are used at all. Gives what they can refuse here, of some
 * ways at least. After sw_features_choose, which uses none.
 */
uint32_t sw_features_enforce(struct sw_features *f, uint32_t violations);

/* ---- loading ---- */

struct sw_loader_options {
	uint32_t ring_bytes;	       /* power of two, multiple of the page size; 0: 8 MiB */
	uint32_t max_containers;       /* 0: 1024 */
	uint32_t max_baseline_entries; /* 0: 262144 */
	uint32_t enforce; /* 1 << SW_VIOLATION_* that are prevented where the kernel decides them */
	bool watch_new;	  /* register new container-like cgroups as pending by themselves */
	enum sw_back_end back_end; /* that was asked for: the hooks are chosen in the features */
	uint32_t syscall_classes;  /* 1 << SW_CLASS_*: which classes may have hooks on system calls,
				      the first of which taxes every call of the host */
};

/* Fills in the table of hooks without trying any: for programs that are attached already. */
int sw_features_list(struct sw_features *ret_features, struct sw_error *err);
/* Loads and attaches everything that is available. Fills in the attached part of features. */
int sw_loader_load(const struct sw_loader_options *opts, struct sw_features *features,
		   struct sw_loader **ret_loader, struct sw_error *err);
/* Detaches, unless pinned, and frees. */
void sw_loader_free(struct sw_loader *l);
/* A program of the image that started and of which there was no event. */
struct sw_quiet_exec {
	uint32_t slot;
	uint64_t ino; /* of the program */
	uint32_t parent_tgid;
	uint64_t parent_start_ns;
	uint64_t boot_ns; /* when it started */
	char comm[17];
};
/* Is the process that has this number now the actor of this start of a program, and runs it still?
 */
bool sw_loader_still_runs(struct sw_loader *l, const struct sw_event *exec);
/* The last one of a process; false when there was none, or it is forgotten. */
bool sw_loader_quiet_exec(struct sw_loader *l, uint32_t tgid, uint64_t start_ns,
			  struct sw_quiet_exec *ret_exec);

/* ---- guard: called each epoch ---- */

/* True if every attached link is still there (self-check, each epoch); else false and the hook's
 * name. */
bool sw_loader_intact(struct sw_loader *l, const char **ret_hook);
/* Runs of our programs that the kernel skipped, because one interrupted another. */
uint64_t sw_loader_missed(struct sw_loader *l);
/*
 * Puts back one pin that is gone or leads elsewhere. 0: all are there; 1: this one was put back;
 * negative errno: it could not be.
 */
int sw_loader_mend_pin(struct sw_loader *l, struct sw_pins *p, char *ret_name, size_t size);
/* Puts back the configuration and the ring's shares; true when they had been changed. */
bool sw_loader_mend_config(struct sw_loader *l);
/* Does the slot still stand for this watched cgroup and this baseline? */
bool sw_loader_slot_intact(struct sw_loader *l, uint32_t slot, uint64_t cgroup_id,
			   uint32_t baseline_id);

/* ---- pins: programs and tables that outlive the process ---- */

#define SW_PINS_DIR "/sys/fs/bpf/stigwatch"
#define SW_INSTANCE_LEN 33 /* 128 bits in hex, and NUL */

/*
 * A directory of a BPF file system, held by an exclusive lock: one process at a time owns what is
 * pinned there.
 */
struct sw_pins;
/*
 * Makes and locks the directory; mounts the BPF file system when DIR is in /sys/fs/bpf and nothing
 * is mounted there. -EBUSY when another process holds it, -ENOTSUP when it is on another file
 * system. With create false, -ENOENT when there is none.
 */
int sw_pins_open(const char *dir, bool create, struct sw_pins **ret_pins, struct sw_error *err);
bool sw_pins_empty(const struct sw_pins *p);
/* Removes what is pinned, and the directory: what nobody else holds is detached. */
int sw_pins_remove(struct sw_pins *p, struct sw_error *err);
/* Gives up the lock; what is pinned stays. NULL is fine. */
void sw_pins_free(struct sw_pins *p);

/* Pins all links and tables under an instance's name; on failure nothing is pinned. */
int sw_loader_pin(struct sw_loader *l, struct sw_pins *p, struct sw_error *err);
/*
 * Takes over what is pinned, without loading anything; features get the attached part. ret_same:
 * the programs are those that this build would load. -ESTALE, with the reason, when it is
 * incomplete or its tables are of another layout (ABI): nothing there can be read.
 */
int sw_loader_adopt(struct sw_pins *p, struct sw_features *features, bool *ret_same,
		    struct sw_loader **ret_loader, struct sw_error *err);
/*
 * Were the programs loaded with these options, as far as they cannot be changed while they run?
 * -ESTALE, saying which are others.
 */
int sw_loader_check_options(const struct sw_loader *l, const struct sw_features *features,
			    const struct sw_loader_options *opts, struct sw_error *err);
/* The options that may change while programs run. */
void sw_loader_set_watch_new(struct sw_loader *l, bool watch_new);
void sw_loader_set_enforce(struct sw_loader *l, uint32_t violations);
/* Name of this load of the programs: new with each sw_loader_load, kept by sw_loader_adopt. */
const char *sw_loader_instance(const struct sw_loader *l);
/* SHA-256 of the BPF object that the programs come from, hex. */
const char *sw_loader_object_sha256(const struct sw_loader *l);

/* ---- marks: how far the reader has come, in memory that outlives it ---- */

#define SW_MARK_RULES 32

/* Of one slot. Written by the monitor alone; zero when the slot is taken. */
struct sw_slot_mark {
	uint64_t received[_SW_CLASS_MAX];	 /* by the collector */
	uint64_t judged[_SW_CLASS_MAX];		 /* to the end: evidence is written */
	uint64_t delivered[_SW_VIOLATION_MAX];	 /* violations that came with a record */
	uint64_t synthesized[_SW_VIOLATION_MAX]; /* told from the ledger's count */
	uint64_t lost_reported[_SW_CLASS_MAX];
	uint64_t recorded[SW_MARK_RULES], repeated[SW_MARK_RULES]; /* by rule, of this epoch */
};
struct sw_slot_mark *sw_loader_slot_mark(struct sw_loader *l, uint32_t slot);

/* Of the whole. */
struct sw_mark {
	uint64_t epoch;
	uint64_t inserts_reported;
	/*
	 * Last record of the chain at the last epoch, and its hash: two places in turn, so that
	 * whoever writes may be killed at any moment and a whole pair is left. Read and written by
	 * sw_mark_sealed and sw_mark_seal only.
	 */
	uint64_t seals; /* how many were written: the last one is in place seals % 2 */
	struct {
		uint64_t seq;
		char head[72];
	} sealed[2];
};
void sw_mark_seal(struct sw_mark *mark, uint64_t seq, const char *head);
/* The record's number, 0 when none was sealed; head is in the mark, or "". */
uint64_t sw_mark_sealed(const struct sw_mark *mark, const char **ret_head);
struct sw_mark *sw_loader_mark(struct sw_loader *l);

/* ---- containers in the kernel's table ---- */

#define SW_SLOT_ID_MAX 72
struct sw_slot_info {
	uint64_t cgroup_id;
	uint32_t hierarchy_id;
	uint32_t baseline_id;	 /* 0: none is bound */
	char id[SW_SLOT_ID_MAX]; /* container id as the kernel read it, or as sw_loader_name set it;
				    cut when longer */
	uint64_t born_ns;	 /* of the registration, boot clock */
	bool from_start;	 /* registered before its first task */
	bool gone;		 /* its cgroup was removed */
};
uint32_t sw_loader_slots(struct sw_loader *l);
bool sw_loader_ring_half_full(struct sw_loader *l);
/* False when the slot is free. */
bool sw_loader_slot(struct sw_loader *l, uint32_t slot, struct sw_slot_info *ret_info);
void sw_loader_name(struct sw_loader *l, uint32_t slot, const char *id);

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
/*
 * Makes an empty group "stigwatch/canary-..." in the hierarchy whose new groups the sensors look
 * at. Clean removes all such groups that nobody is in, and, with CAP_DAC_OVERRIDE, "stigwatch".
 */
int sw_cgroup_make(char *ret_path, size_t size, uint64_t *ret_cgroup_id, uint32_t *ret_hierarchy_id,
		   struct sw_error *err);
void sw_cgroup_clean(void);
/*
 * Registers the canary's group, which is empty: its tasks are members from their first program on,
 * whatever root that has. Its slot is no container: sw_loader_slot does not know it.
 */
int sw_loader_watch_canary(struct sw_loader *l, uint64_t cgroup_id, uint32_t hierarchy_id,
			   uint32_t *ret_slot, struct sw_error *err);
/* Frees the slots that canaries have, also those of a process that is gone. */
void sw_loader_release_canaries(struct sw_loader *l);
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
bool sw_loader_has_class(struct sw_loader *l, uint32_t baseline_id, const struct sw_inode_class *c);
/* Does the kernel hold exactly these classes under that id? Each inode once, in any order. */
bool sw_loader_has_baseline(struct sw_loader *l, uint32_t baseline_id,
			    const struct sw_inode_class *classes, size_t n);
void sw_loader_drop_baseline(struct sw_loader *l, uint32_t baseline_id);
/*
 * Names of files and directories that a rule may care for. With them the kernel leaves out records
 * of calls whose names are all others; without, it sends them all.
 */
#define SW_KNOWN_LEAF (1u << 0) /* of an object that counts, of what it lies in, or of a link */
#define SW_KNOWN_DIR (1u << 1)	/* of a directory in which any name counts, or of a link */
struct sw_known_name {
	uint64_t hash; /* sw_name_hash of one component of a path */
	uint32_t bits; /* SW_KNOWN_* */
	uint32_t pad;  /* 0: a digest is taken of all */
};
uint64_t sw_name_hash(const char *name, size_t len);
/* Adds them to a baseline that is loaded: each hash once. On failure the kernel has none of it. */
int sw_loader_load_names(struct sw_loader *l, uint32_t baseline_id,
			 const struct sw_known_name *names, size_t n, struct sw_error *err);
/* Was it given all names of this baseline, so that it leaves out others? */
bool sw_loader_names_whole(struct sw_loader *l, uint32_t baseline_id);
bool sw_loader_has_name(struct sw_loader *l, uint32_t baseline_id, const struct sw_known_name *n);
/* Drops those that no container is bound to. */
void sw_loader_prune_baselines(struct sw_loader *l);
/* From now on the kernel classifies this container's events with that baseline. */
int sw_loader_bind_baseline(struct sw_loader *l, uint32_t slot, uint32_t baseline_id);
/*
 * The object whose bytes are in this inode (real_dev, real_ino of a FILE event; dev, ino when
 * real_ino is 0) was compared with its baseline again and found equal: its next change is reported
 * again. Until then the kernel reports an object's first change of content and counts the others as
 * aggregated. -ENOENT when the kernel does not follow it.
 */
int sw_loader_rearm(struct sw_loader *l, uint32_t real_dev, uint64_t real_ino);
/*
 * Files that somebody in this container opened for writing, as the kernel remembers them: the inode
 * as the container sees it, and the one that holds the bytes. A non-zero return of fn ends the
 * walk.
 */
typedef int (*sw_written_fn)(void *ctx, uint64_t ino, uint32_t real_dev, uint64_t real_ino);
int sw_loader_written(struct sw_loader *l, uint32_t slot, sw_written_fn fn, void *ctx);
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
