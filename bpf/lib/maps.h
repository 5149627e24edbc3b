/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All maps. Included by every sensor; each object carries the same definitions, __weak, and the
 * linker makes one of them. The sizes here are placeholders: the loader sets them from its options.
 */
#pragma once

#include "abi/event_abi.h"

#include <bpf/bpf_helpers.h>

/* a function of its own in the object, verified once per caller but compiled once; not every sensor
 * uses each */
#define SW_FN static __noinline __attribute__((unused))

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} sw_ring SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SW_SHARES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct sw_share);
} sw_shares SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct sw_cfg);
} sw_config SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1025);
	__uint(map_flags,
	       BPF_F_MMAPABLE); /* userspace sets single fields while the sensors set others */
	__type(key, __u32);
	__type(value, struct sw_slot);
} sw_slots SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1025);
	__type(key, struct sw_cgroup_key);
	__type(value, __u32);
} sw_cgroups SEC(".maps") __weak;

/* mount namespace of a container with a root of its own -> its slot: finds who joins it without its
 * cgroup */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1025);
	__type(key, __u64);
	__type(value, __u32);
} sw_mounts SEC(".maps") __weak;

/* namespace and root of a task as last reported */
struct sw_task_ns {
	u32 inum[8]; /* in the order of SW_NS_BIT_*: mnt uts ipc pid net user cgroup time */
	u64 root_mnt, root_dentry;
};

/* identity and capabilities of a task as last reported */
struct sw_task_creds {
	u64 effective, permitted;
	u32 ids[SW_WIRE_IDS];
	u32 user_ns;
	u32 pad;
};

/*
 * The directory that a task last used a name in, when no rule cares for names there: neither it nor
 * one above it is known (sw_names). As long as it is this one, and nothing was moved.
 */
struct sw_quiet_dir {
	u64 dentry, mnt, ino, root_dentry, root_mnt;
	u32 baseline_id, places;
};

/* Beside sw_tasks, whose elements must stay below 256 bytes: of larger ones the kernel keeps fewer
 * at hand, and a burst of forks finds none. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sw_quiet_dir);
} sw_quiet_dirs SEC(".maps") __weak;

enum { SW_PHASE_NONE, SW_PHASE_ENTERING, SW_PHASE_IN };

struct sw_task {
	struct sw_task_head head;
	u64 slot_gen;
	u64 cset; /* css_set the answer was worked out for; only compared */
	u32 slot; /* 0: no member */
	u32 table_gen;
	u32 entry;
	u32 phase;
	struct sw_task_ns ns;
	struct sw_task_creds creds;
	u64 uring_ops; /* opcodes of io_uring that were reported, 1 << opcode */
	u32 compat;    /* classes whose 32-bit calls were reported, 1 << SW_WIRE_CLS_* */
	u32 told; /* there was a record of a program that its process started: of the next, too */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sw_task);
} sw_tasks SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sw_inode_key);
	__type(value, __u32);
} sw_inodes SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sw_name_key);
	__type(value, __u32);
} sw_names SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sw_real_key);
	__type(value, struct sw_real_value);
} sw_reals SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SW_EXECS_MAX);
	__type(key, struct sw_exec_key);
	__type(value, struct sw_exec_value);
} sw_execs SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct sw_applet_key);
	__type(value, __u32);
} sw_applets SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1025 * SW_ABI_CLASSES);
	__type(key, __u32);
	__type(value, struct sw_ledger_entry);
} sw_ledger SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1025);
	__type(key, __u32);
	__type(value, struct sw_violation_entry);
} sw_violations SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1025 * SW_ABI_VIOLATIONS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sw_first_key);
	__type(value, struct sw_saved);
} sw_first SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SW_FAILED_MAX);
	__type(key, __u32);
	__type(value, __u64);
} sw_failed SEC(".maps") __weak;

/* both are frozen once they are filled: not even their owner can blind the sensors by them */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SW_CALLS);
	__type(key, __u32);
	__type(value, struct sw_call);
} sw_calls SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, SW_FAMILIES);
	__type(key, __u32);
	__type(value, __u32);
} sw_exits SEC(".maps") __weak;

/* time of the last forced wakeup */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sw_woken SEC(".maps") __weak;

/*
 * Where records are built: the stack is 512 bytes. One per CPU and nesting level; busy keeps a
 * program that interrupts another (or, on kernels with preemptible tracepoints, preempts it) off
 * the level in use. The slack behind the record lets the verifier accept writes at `offset &
 * SW_TAIL_MASK` without a second bound.
 */
#define SW_SCRATCH_LEVELS 4
#define SW_TAIL_MASK 4095u
struct sw_scratch {
	u32 busy;
	u32 level;
	u64 seq;
	u64 zero; /* always: see opaque */
	struct sw_saved saved;
	u8 slack[SW_TAIL_MASK + 1 + SW_WIRE_PATH_MAX - SW_WIRE_REC_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SW_SCRATCH_LEVELS);
	__type(key, __u32);
	__type(value, struct sw_scratch);
} sw_scratches SEC(".maps") __weak;

/*
 * A value of which the verifier knows nothing. Before 6.7 it looks at the body of a bpf_loop once,
 * with what the context holds at the beginning: a branch that is not taken then counts as dead, and
 * is cut out. So what a step decides by, and changes, begins as one of these. (Commit ab5cfac139ab
 * of 6.7 ended that.)
 */
static __always_inline u64 opaque(const struct sw_scratch *s, u64 v)
{
	return v + *(volatile const u64 *)&s->zero;
}

static __always_inline struct sw_cfg *cfg_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&sw_config, &zero);
}

static __always_inline struct sw_slot *slot_get(u32 slot)
{
	return bpf_map_lookup_elem(&sw_slots, &slot);
}

static __always_inline void failed_count(u32 kind)
{
	u64 *n = bpf_map_lookup_elem(&sw_failed, &kind);

	if (n)
		__sync_fetch_and_add(n, 1);
}
