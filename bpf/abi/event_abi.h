/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The wire format of one record in the ring buffer. Visible to bpf/, loader/ and the decoder in
 * collector/ only.
 *
 * A record is a fixed part, which begins with struct sw_wire_head and is as long as its type says,
 * and a tail with the strings, found by struct sw_wire_str. Fixed width, padding written out, same
 * byte order as the machine.
 *
 * Sequence: each (cpu, stream) pair numbers the records that entered the ring, from 0 without gaps.
 * A record for which the ring had no room takes no number (the next one gets it) and is counted in
 * the ledger as reserve_failed. So a gap means that userspace misread or skipped a record, never
 * that the kernel lost one. stream is the nesting level of the program on its CPU: 0 unless a
 * sensor interrupted another.
 */
#pragma once

#include "abi/config_abi.h"

enum sw_wire_type {
	SW_WIRE_EXEC,
	SW_WIRE_FILE,
	SW_WIRE_NAMESPACE,
	SW_WIRE_ENTRY,
	SW_WIRE_CONTAINER_NEW,
	SW_WIRE_CONTAINER_GONE,
	SW_WIRE_TYPES,
};
enum sw_wire_class { SW_WIRE_CLS_EXEC, SW_WIRE_CLS_FILE, SW_WIRE_CLS_NS, SW_WIRE_CLS_LIFE };
enum sw_wire_violation {
	SW_WIRE_V_SHELL,
	SW_WIRE_V_PKG_EXEC,
	SW_WIRE_V_PKG_DB,
	SW_WIRE_V_IMMUTABLE,
	SW_WIRE_V_DRIFT,
	SW_WIRE_V_NAMESPACE,
	SW_WIRE_V_ENTRY,
};
enum sw_wire_trust { SW_WIRE_T_NONE, SW_WIRE_T_KERNEL, SW_WIRE_T_COPIED, SW_WIRE_T_USER };
enum sw_wire_file_op {
	SW_WIRE_OPEN_WRITE,
	SW_WIRE_TRUNCATE,
	SW_WIRE_CONTENT,
	SW_WIRE_CREATE,
	SW_WIRE_RENAME,
	SW_WIRE_LINK,
	SW_WIRE_SYMLINK,
	SW_WIRE_UNLINK,
	SW_WIRE_CHMOD,
	SW_WIRE_CHOWN,
	SW_WIRE_FILE_OPS,
};
enum sw_wire_ns_op {
	SW_WIRE_NS_CLONE,
	SW_WIRE_NS_UNSHARE,
	SW_WIRE_NS_SETNS,
	SW_WIRE_NS_ROOT,
	SW_WIRE_NS_OPS
};

/* Classes of baseline objects: the same bits as SW_OBJ_*. */
#define SW_CB_SHELL (1u << 0)
#define SW_CB_PACKAGE_MANAGER (1u << 1)
#define SW_CB_LOADER (1u << 2)
#define SW_CB_INTERPRETER (1u << 3)
#define SW_CB_LIBRARY (1u << 4)
#define SW_CB_EXECUTABLE (1u << 5)
#define SW_CB_MULTICALL (1u << 6)
#define SW_CB_PKGDB (1u << 7)
#define SW_CB_DATA (1u << 8)
/* what must not change: everything that runs */
#define SW_CB_CODE                                                                                 \
	(SW_CB_SHELL | SW_CB_PACKAGE_MANAGER | SW_CB_LOADER | SW_CB_INTERPRETER | SW_CB_LIBRARY |  \
	 SW_CB_EXECUTABLE | SW_CB_MULTICALL)

#define SW_WIRE_UNDECIDED (1u << 0)
#define SW_WIRE_SECUREEXEC (1u << 1)
#define SW_WIRE_PATH_FORM (1u << 2)

#define SW_STR_TRUNCATED (1u << 0)
/* components leaf first, each ended by NUL, as the dentry walk met them; the reader turns them
 * round */
#define SW_STR_LEAF_FIRST (1u << 1)
#define SW_STR_ROOTED (1u << 2) /* the walk ended at a root: the path begins with '/' */

struct sw_wire_str {
	__u16 off; /* from the record's first byte */
	__u16 len; /* bytes there, the last one NUL (arguments: no NUL promised) */
	__u8 trust;
	__u8 flags; /* SW_STR_* */
	__u16 pad;
};

struct sw_wire_actor {
	__u64 start_ns, parent_start_ns, cap_effective;
	__u32 tgid, tid, parent_tgid, entry;
	__u32 uid, euid, gid, egid;
	char comm[16];
};

struct sw_wire_head {
	__u32 abi;  /* SW_ABI_VERSION */
	__u32 size; /* of the whole record */
	__u16 type;
	__u8 cls;
	__u8 stream;
	__u32 cpu;
	__u64 seq;
	__u64 slot_gen;
	__u64 boot_ns;
	__u32 slot;
	__u32 violations;
	__u32 flags; /* SW_WIRE_* */
	__u32 pad;
	struct sw_wire_actor actor;
};

#define SW_WOBJ_UPPER (1u << 0)
#define SW_WOBJ_UPPERDATA (1u << 1)
#define SW_WOBJ_ON_ROOT (1u << 2)
#define SW_WOBJ_MEMFD (1u << 3)
#define SW_WOBJ_DELETED (1u << 4)
#define SW_WOBJ_IN_BASELINE (1u << 5)
struct sw_wire_object {
	__u64 ino, real_ino, size, fs_magic;
	__u32 dev, real_dev; /* kernel encoding */
	__u32 generation, mode, nlink, uid, gid;
	__u32 class_bits;
	__u32 flags; /* SW_WOBJ_* */
	__u32 pad;
	struct sw_wire_str path;
};

struct sw_wire_exec {
	struct sw_wire_head h;
	struct sw_wire_object obj;
	struct sw_wire_str filename, interp, args;
	char applet[SW_APPLET_LEN];
};

struct sw_wire_file {
	struct sw_wire_head h;
	struct sw_wire_object obj;
	__u32 op, open_flags, new_mode, pad;
	struct sw_wire_str dir, name, dir2, name2;
};

struct sw_wire_ns {
	struct sw_wire_head h;
	__u32 op, bits, child_tgid, pad;
};

struct sw_wire_entry {
	struct sw_wire_head h;
	__u32 ordinal, root_dev;
};

struct sw_wire_container {
	struct sw_wire_head h;
	__u64 cgroup_id;
	__u32 hierarchy_id, pad;
	struct sw_wire_str name;
};

_Static_assert(sizeof(struct sw_wire_str) == 8, "sw_wire_str");
_Static_assert(sizeof(struct sw_wire_actor) == 72, "sw_wire_actor");
_Static_assert(sizeof(struct sw_wire_head) == 128, "sw_wire_head");
_Static_assert(__builtin_offsetof(struct sw_wire_head, actor) == 56, "sw_wire_head.actor");
_Static_assert(sizeof(struct sw_wire_object) == 80, "sw_wire_object");
_Static_assert(__builtin_offsetof(struct sw_wire_object, path) == 72, "sw_wire_object.path");
_Static_assert(sizeof(struct sw_wire_exec) == 264, "sw_wire_exec");
_Static_assert(sizeof(struct sw_wire_file) == 256, "sw_wire_file");
_Static_assert(sizeof(struct sw_wire_ns) == 144, "sw_wire_ns");
_Static_assert(sizeof(struct sw_wire_entry) == 136, "sw_wire_entry");
_Static_assert(sizeof(struct sw_wire_container) == 152, "sw_wire_container");

#define SW_WIRE_PATH_MAX 1024u /* of one walked path */
#define SW_WIRE_NAME_MAX                                                                           \
	512u /* of one copied string: filename, interpreter, name from user memory */
#define SW_WIRE_ARGS_MAX 512u
#define SW_WIRE_REC_MAX                                                                            \
	3840u /* largest record: a file record with two directories and two names                  \
	       */

/* Value of map sw_first: the record of the first violation of a kind, as it went, or would have
 * gone, to the ring. */
struct sw_saved {
	__u32 len;
	__u32 pad;
	__u8 data[SW_WIRE_REC_MAX];
};
