/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The tables that userspace and the sensors share: keys and values of maps, and the configuration.
 * Visible to bpf/, loader/ and the decoder in collector/ only. Fixed width, padding written out; it
 * evolves by appending.
 */
#pragma once

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <linux/types.h>
#include <stddef.h>
#endif

#define SW_ABI_VERSION 5u

#define SW_CFG_WATCH_NEW (1u << 0)
/* The outcome of a file operation that a security hook decides on is seen, too. */
#define SW_CFG_CONFIRMS(op) (1u << (8 + (op)))

/*
 * What counts as the host: the root and mount namespace of pid 1 (filled in by the sweep: pid 1 may
 * be out of reach for ptrace-like reads from userspace) and of the monitor.
 */
enum { SW_HOST_INIT, SW_HOST_SELF, SW_HOSTS };
struct sw_host {
	__u64 root_ino;
	__u32 root_dev; /* kernel encoding */
	__u32 mnt_inum; /* 0: not known */
};

/* The one entry of map sw_config. */
struct sw_cfg {
	__u32 abi;
	__u32 flags;	 /* SW_CFG_* */
	__u32 table_gen; /* raised when a cgroup with tasks in it is registered: cached "no member"
			    is void */
	__u32 max_slot;	 /* last usable index of sw_slots */
	__u32 new_hierarchy; /* hierarchy whose new cgroups are looked at */
	__u32 use_v2;	     /* registered cgroups may be in the v2 hierarchy ... */
	__u32 use_v1_memory; /* ... in v1 memory ... */
	__u32 use_v1_pids;   /* ... in v1 pids */
	__u64 ring_bytes;
	struct sw_host host[SW_HOSTS];
	__u32 enforce; /* violations (1 << SW_WIRE_V_*) that are prevented, where that can be done
			*/
	__u32 pad;
};
_Static_assert(sizeof(struct sw_cfg) == 80, "sw_cfg");

/*
 * The ring is one, so that records keep their order, and is divided by count: a flood in one share
 * finds its share full, not the ring.
 */
enum sw_share_kind {
	SW_SHARE_VIOLATION, /* and the life of containers */
	SW_SHARE_EXEC,
	SW_SHARE_FILE,
	SW_SHARE_REST,
	SW_SHARES,
};
/* Index of sw_shares: one cache line for each side. */
struct sw_share {
	__u64 produced; /* bytes of the ring, by the sensors */
	__u64 limit;	/* of what may be produced and not yet consumed */
	__u64 pad[6];
	__u64 consumed; /* by userspace */
	__u64 pad2[7];
};
_Static_assert(sizeof(struct sw_share) == 128, "sw_share");

enum sw_slot_state { SW_SLOT_FREE, SW_SLOT_PENDING, SW_SLOT_WATCHED };
#define SW_SLOT_F_HOST_ROOTED                                                                      \
	(1u << 0) /* it has no root of its own: an entry is complete at its first exec */
#define SW_SLOT_F_LATE (1u << 1) /* registered while tasks may have run in it */
#define SW_SLOT_F_GONE (1u << 2) /* its cgroup was removed */
#define SW_SLOT_F_OWN_ROOT                                                                         \
	(1u << 3)		   /* the sweep found a task in it that is not on the host's root */
#define SW_SLOT_F_BORN (1u << 4)   /* registered inside cgroup_mkdir: before its first task */
#define SW_SLOT_F_CANARY (1u << 5) /* the monitor's own, for its canary: no container */
#define SW_SLOT_F_SWEPT (1u << 6)  /* who was there when it was registered has a context */
#define SW_SLOT_F_NAMES (1u << 7)  /* sw_names holds all that its baseline has */

#define SW_SLOT_ID 72 /* 64 digits and NUL, in whole words */

/* Index: slot, from 1. */
struct sw_slot {
	__u64 cgroup_id;
	__u32 hierarchy_id;
	__u32 state; /* enum sw_slot_state; set last */
	__u32 flags; /* SW_SLOT_F_* */
	__u32 baseline_id;
	__u32 root_dev;	     /* kernel encoding (major << 20 | minor), 0 unknown */
	__u32 entries;	     /* entries completed so far */
	__u32 left;	     /* members that were moved out of the cgroup (they stay members) */
	__u32 places;	     /* raised when a member may have made a directory lie elsewhere */
	__u64 mnt_id;	     /* mount namespace it lives in, by its unique number; 0 unknown */
	__u64 born_ns;	     /* boot clock, of the registration */
	char id[SW_SLOT_ID]; /* what evidence calls it: outlives the process that was told */
};
_Static_assert(sizeof(struct sw_slot) == 128, "sw_slot");

struct sw_cgroup_key {
	__u64 cgroup_id;
	__u32 hierarchy_id;
	__u32 pad;
};

struct sw_inode_key {
	__u64 ino;
	__u32 baseline_id;
	__u32 pad;
};

/*
 * Names that a rule may care for, whatever directory they are used in, by the hash of one component
 * of a path: FNV-1a of 64 bits. Two names of one hash only cost a record. The empty name's entry
 * holds how many there are, and is put in last.
 */
struct sw_name_key {
	__u64 hash;
	__u32 baseline_id;
	__u32 pad;
};
#define SW_NAME_SEED 0xcbf29ce484222325ull
#define SW_NAME_PRIME 0x100000001b3ull
#define SW_NAME_LEAF (1u << 0) /* of an object that counts, or with one below it, or of a link */
#define SW_NAME_DIR (1u << 1)  /* of a directory in which any name counts, or of a link */

#define SW_APPLET_LEN 32
struct sw_applet_key {
	char name[SW_APPLET_LEN];
};

/* The inode that really holds the bytes of a baseline object somebody opened for write. */
struct sw_real_key {
	__u64 ino;
	__u32 dev; /* kernel encoding */
	__u32 pad;
};
#define SW_REAL_F_CHANGED (1u << 0) /* its content was changed: reported and counted */
#define SW_REAL_F_TOUCHED (1u << 1) /* it was dirtied without pages: reported once */
struct sw_real_value {
	__u64 slot_gen;
	__u64 ino; /* as the container sees it */
	__u32 dev;
	__u32 slot;
	__u32 class_bits;
	__u32 flags; /* SW_REAL_F_* */
};

/* Index: slot * SW_ABI_CLASSES + class, per CPU. seen = the sum of the others. */
#define SW_ABI_CLASSES 12
struct sw_ledger_entry {
	__u64 seen, filtered, aggregated, submitted, reserve_failed, internal_error;
};

/* Index: slot, per CPU. */
#define SW_ABI_VIOLATIONS 11
struct sw_violation_entry {
	__u64 count[SW_ABI_VIOLATIONS];
	__u64 undecided_lost;
};

struct sw_first_key {
	__u32 slot;
	__u32 kind; /* bit number of the violation */
};

/* Where the value of sw_tasks begins: of which process it is. The rest is the sensors' own. */
struct sw_task_head {
	__u64 start_ns; /* of the thread group, boot clock */
	__u64 exec_ns;	/* when its program started, a little before the record's time; 0: not seen
			 */
};

/*
 * Programs of the image that started as they should, of which there is no record: who they were,
 * for whoever asks about an ancestor. The oldest are forgotten.
 */
#define SW_EXECS_MAX 8192u
struct sw_exec_key {
	__u64 start_ns; /* of the thread group, boot clock */
	__u32 tgid;
	__u32 pad;
};
struct sw_exec_value {
	__u64 ino; /* of the program */
	__u64 parent_start_ns;
	__u64 boot_ns; /* when it started */
	__u32 parent_tgid;
	__u32 slot;
	char comm[16];
};
_Static_assert(sizeof(struct sw_exec_value) == 48, "sw_exec_value");

/*
 * One function serves many system calls: a call's cookie says what it does and which of its
 * arguments (0 to 4, or SW_ARG_NONE) is what.
 */
#define SW_ARG_NONE 15u
#define SW_CALL(op, dir, name, dir2, name2, value)                                                 \
	((__u64)(op) | (__u64)(dir) << 8 | (__u64)(name) << 12 | (__u64)(dir2) << 16 |             \
	 (__u64)(name2) << 20 | (__u64)(value) << 24)
#define SW_CALL_OP(cookie) ((__u32)(cookie)&255)
#define SW_CALL_DIR(cookie) ((__u32)((cookie) >> 8) & 15) /* also: the descriptor */
#define SW_CALL_NAME(cookie) ((__u32)((cookie) >> 12) & 15)
#define SW_CALL_DIR2(cookie) ((__u32)((cookie) >> 16) & 15)
#define SW_CALL_NAME2(cookie) ((__u32)((cookie) >> 20) & 15) /* also: the attribute */
#define SW_CALL_VALUE(cookie) ((__u32)((cookie) >> 24) & 15)

/* Who looks at a system call, program sw_exit_X of the sensors: index of sw_exits. */
enum sw_family {
	SW_FAMILY_NONE,
	SW_FAMILY_OPEN,
	SW_FAMILY_FD,
	SW_FAMILY_IOCTL,
	SW_FAMILY_PATH,
	SW_FAMILY_EXEC,
	SW_FAMILY_NAMESPACE,
	SW_FAMILY_CREDS,
	SW_FAMILY_MMAP,
	SW_FAMILY_MPROTECT,
	SW_FAMILY_SHMAT,
	SW_FAMILY_MOUNT,
	SW_FAMILY_MOUNTS,
	SW_FAMILY_PTRACE,
	SW_FAMILY_VM_WRITE,
	SW_FAMILY_GETFD,
	SW_FAMILY_KERNEL,
	SW_FAMILY_NETWORK,
	SW_FAMILY_CALL32, /* 32-bit calls, of any number */
	SW_FAMILIES,
};

/* When a 32-bit call is an event of its classes. */
enum sw_test32 {
	SW_TEST32_ALWAYS,
	SW_TEST32_OPENED, /* by what it opened */
	SW_TEST32_PROT,	  /* when its third argument has PROT_EXEC */
	SW_TEST32_IPC,	  /* when its first is SHMAT */
	SW_TEST32_SHM,	  /* when its third has SHM_EXEC */
};
/* In place of a class: its state diffs are all that is to be done. */
#define SW_CALL32_STATE (1u << 31)

/*
 * Index of sw_calls: the number of a system call, in the 64-bit table (cookie, family) and in the
 * 32-bit one (the rest), which have nothing to do with each other.
 */
#define SW_CALLS 512u
struct sw_call {
	__u64 cookie;	 /* SW_CALL */
	__u32 family;	 /* SW_FAMILY_*; NONE: of no interest */
	__u32 classes32; /* 1 << SW_WIRE_CLS_*, or SW_CALL32_STATE; 0: of no interest */
	__u32 test32;	 /* SW_TEST32_* */
	__u32 pad;
};
_Static_assert(sizeof(struct sw_call) == 24, "sw_call");

/* Inserts that a map refused. Index of sw_failed. */
enum sw_failed_kind {
	SW_FAILED_TASK,
	SW_FAILED_REAL,
	SW_FAILED_SLOT,
	SW_FAILED_FIRST,
	SW_FAILED_SCRATCH,
	SW_FAILED_MAX,
};
