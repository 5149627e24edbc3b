/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of loader/ share, and the two numbers the collector needs. Not for anybody else.
 */
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi/config_abi.h"
#include "loader/loader.h"
#include "stigwatch/digest.h"

struct stigwatch_bpf;
struct btf;

enum sw_hook_use {
	SW_HOOK_COMMON,	    /* always used */
	SW_HOOK_TRACEPOINT, /* used for its class unless the LSM back end serves that */
	SW_HOOK_LSM,	    /* serves its class, if all required ones of the class are available */
	SW_HOOK_CALLS,	    /* carries SW_HOOK_TRACEPOINT ones: used with them */
	SW_HOOK_DENY, /* refuses, while a rule that it serves is enforced: see sw_features_enforce
		       */
};

/* One attach point of one program: the table in hooks.c. */
struct sw_hook_def {
	const char *name;      /* "tp_btf/X", "sys_exit/CALL", "iter/task", "lsm/X", "fexit/X",
				  "deny/X": a second program on lsm/X */
	const char *program;   /* function in the BPF object */
	enum sw_family family; /* of a system call: the program is gone over to, not attached */
	int nr;		       /* its number, or SW_NO_CALL */
	uint64_t cookie;       /* what it does: SW_CALL */
	const char *phrase, *misses;
	enum sw_event_class cls;
	enum sw_hook_use use;
	bool required;
	bool base;	   /* all classes rest on it */
	bool narrow;	   /* only 32-bit calls come by it: for where they can be made */
	uint32_t confirms; /* SW_CFG_CONFIRMS: operations whose outcome it sees */
	uint32_t denies;   /* 1 << SW_VIOLATION_*: what it refuses when that is enforced */
	bool syscall; /* attached only when its class is asked for: such a hook taxes every call of
			 the host */
};
extern const struct sw_hook_def sw_hook_defs[];
extern const size_t sw_n_hook_defs;

#define SW_SYS_EXIT "sw_sys_exit"
#define SW_CALL32 "sw_exit_call32"
#define SW_NO_CALL (-1) /* this architecture has no such call */

/* A system call in the table of the program on sys_exit, not a hook of its own? */
static inline bool sw_hook_is_call(const struct sw_hook_def *def)
{
	return def->family != SW_FAMILY_NONE;
}
/* That program? */
static inline bool sw_hook_is_carrier(const struct sw_hook_def *def)
{
	return !strcmp(def->program, SW_SYS_EXIT);
}
/* Available, used, and of a class that is asked for? */
bool sw_hook_wanted(const struct sw_loader_options *o, const struct sw_hook_def *def,
		    const struct sw_hook *h);

/* Detaches what the trials left. */
void sw_features_end_trials(struct sw_features *f);

/* Is any system call? */
bool sw_calls_wanted(const struct sw_loader_options *o, const struct sw_features *f);

/* Can a 64-bit program make 32-bit system calls here? True when that is not known. */
bool sw_calls32_possible(void);
/* Notes the 32-bit calls that may be events in a table of SW_CALLS entries. */
void sw_calls32_fill(struct sw_call *calls);

#define SW_STREAMS 4 /* nesting levels of the sensors on one CPU: SW_SCRATCH_LEVELS */
#define MAP_FD(l, name) bpf_map__fd((l)->skel->maps.name)

/*
 * Tables of userspace alone, pinned beside those of the sensors: arrays that are mapped. Their
 * layout is checked by the size of an element and by this number.
 */
#define SW_MARKS_VERSION 2u
struct sw_marks_head {
	uint32_t version;
	uint32_t abi;
	uint32_t complete; /* set last: everything is pinned */
	uint32_t n_links;
	char instance[SW_INSTANCE_LEN + 7];
	char object_sha256[72];
	struct sw_mark mark;
	/* options that hold as long as the programs run */
	uint32_t ring_bytes;
	uint32_t max_containers;
	uint32_t syscall_classes;
	uint32_t back_end; /* enum sw_back_end */
};

struct sw_marks {
	int head_fd, slots_fd, seq_fd;
	struct sw_marks_head *head;
	struct sw_slot_mark *slots; /* by slot */
	uint64_t *seq;		    /* next of (cpu * SW_STREAMS + stream) */
	size_t n_slots, n_seq;
};

struct sw_attachment {
	int link;
	int program; /* for its counters: only root may open one by its id */
	uint32_t link_id;
	const char *hook; /* static, from the table */
	uint32_t program_id;
};

struct sw_loader {
	struct stigwatch_bpf *skel;
	struct sw_attachment *attached;
	size_t n_attached;
	int sweep; /* link of the task iterator, or -1; owned by attached */
	int n_cpus;
	uint32_t n_slots; /* including slot 0 */
	uint32_t max_baseline_entries;
	struct sw_cfg cfg;     /* as set up at load */
	struct sw_cfg *shared; /* the sensors' own copy, mapped */
	struct sw_share *shares;
	struct sw_slot *
		slots; /* the sensors' table, mapped: single fields are stored, never whole slots */
	size_t slots_bytes;
	struct sw_marks marks;
	bool pinned; /* what is attached outlives us */
	char object_sha256[SW_SHA256_HEX];
};

static inline void sw_loader_freep(struct sw_loader **l)
{
	sw_loader_free(*l);
}

/* A loader with nothing in it; its parts. */
struct sw_loader *sw_loader_new(void);
int sw_loader_share(struct sw_loader *l, struct sw_error *err);
/* Sets the limits of the ring's shares; true when they were others. */
bool sw_shares_divide(struct sw_loader *l);
/* 0 when it cannot be asked. */
uint32_t sw_link_id(int link);
/* Describes an attached program in a hook's row. */
void sw_hook_describe(int prog, struct sw_hook *h);
/* Rows of system calls: available when the program on sys_exit is. */
void sw_calls_follow(struct sw_features *f);
/* Writes the tables of system calls and freezes them. */
int sw_calls_fill(struct sw_loader *l, const struct sw_loader_options *o,
		  const struct sw_features *f, struct sw_error *err);
/* Which of them are attached, by what the tables hold. */
void sw_calls_describe(struct sw_loader *l, struct sw_features *f);

int sw_marks_create(struct sw_loader *l, struct sw_error *err);
/* From pinned descriptors, which it takes; -ESTALE when they are of another layout. */
int sw_marks_adopt(struct sw_marks *m, int head, int slots, int seq, struct sw_error *err);
void sw_marks_release(struct sw_marks *m);

int sw_loader_ring_fd(struct sw_loader *l);
/* Bytes that are in the ring now. */
uint64_t sw_loader_ring_pending(struct sw_loader *l);
/* Makes the sensors look at every task: contexts for members, and what pid 1 stands on. */
int sw_loader_sweep(struct sw_loader *l);

/*
 * Closes descriptors (negative ones are skipped) at the same time: detaching a program waits for a
 * grace period of 50 to 100 ms, which thirty at once share.
 */
void sw_close_all(const int *fds, size_t n);

/* Sets sw_cfg's hierarchies from the mounts of this host. */
void sw_cgroup_config(struct sw_cfg *cfg);
