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
	SW_WIRE_EXEC_FAILED,
	SW_WIRE_CODE,
	SW_WIRE_MOUNT,
	SW_WIRE_PRIVILEGE,
	SW_WIRE_INJECTION,
	SW_WIRE_URING,
	SW_WIRE_KERNEL,
	SW_WIRE_NETWORK,
	SW_WIRE_COMPAT,
	SW_WIRE_TYPES,
};
enum sw_wire_class {
	SW_WIRE_CLS_EXEC,
	SW_WIRE_CLS_FILE,
	SW_WIRE_CLS_NS,
	SW_WIRE_CLS_LIFE,
	SW_WIRE_CLS_CODE,
	SW_WIRE_CLS_MOUNT,
	SW_WIRE_CLS_PRIVILEGE,
	SW_WIRE_CLS_INJECTION,
	SW_WIRE_CLS_URING,
	SW_WIRE_CLS_KERNEL,
	SW_WIRE_CLS_NETWORK,
	SW_WIRE_CLS_COMPAT,
};
enum sw_wire_violation {
	SW_WIRE_V_SHELL,
	SW_WIRE_V_PKG_EXEC,
	SW_WIRE_V_PKG_DB,
	SW_WIRE_V_IMMUTABLE,
	SW_WIRE_V_DRIFT,
	SW_WIRE_V_NAMESPACE,
	SW_WIRE_V_ENTRY,
	SW_WIRE_V_MOUNT,
	SW_WIRE_V_PRIVILEGE,
	SW_WIRE_V_INJECTION,
	SW_WIRE_V_KERNEL,
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
	SW_WIRE_EXCHANGE, /* renameat2 with RENAME_EXCHANGE: both names go on */
	SW_WIRE_MKNOD,	  /* new_mode: with the type */
	SW_WIRE_MKDIR,
	SW_WIRE_RMDIR,
	SW_WIRE_XATTR,	     /* attr; detail: 0 set, 1 removed */
	SW_WIRE_FILECAPS,    /* the attribute security.capability; detail as above */
	SW_WIRE_INODE_FLAGS, /* chattr; detail: FS_*_FL as set */
	SW_WIRE_ALLOCATE,    /* fallocate; detail: FALLOC_FL_* */
	SW_WIRE_CLONE_RANGE, /* reflink or in-kernel copy into the object */
	SW_WIRE_FILE_OPS,
};
enum sw_wire_code_op {
	SW_WIRE_CODE_MAP,     /* mmap with PROT_EXEC */
	SW_WIRE_CODE_PROTECT, /* mprotect to executable */
	SW_WIRE_CODE_PRELOAD, /* exec with LD_PRELOAD or LD_AUDIT: name is NAME=value */
	SW_WIRE_CODE_SCRIPT,  /* exec of a script: obj is the script, where a hook shows it */
	SW_WIRE_CODE_OPS,
};
enum sw_wire_mount_op {
	SW_WIRE_MOUNT_NEW, /* mount(2) of a file system */
	SW_WIRE_MOUNT_BIND,
	SW_WIRE_MOUNT_REMOUNT,
	SW_WIRE_MOUNT_MOVE,
	SW_WIRE_MOUNT_PROPAGATION,
	SW_WIRE_MOUNT_UMOUNT,
	SW_WIRE_MOUNT_PIVOT,   /* pivot_root */
	SW_WIRE_MOUNT_FSOPEN,  /* new API: a context, nothing mounted yet */
	SW_WIRE_MOUNT_FSMOUNT, /* a detached mount */
	SW_WIRE_MOUNT_TREE,    /* open_tree with OPEN_TREE_CLONE: a detached bind */
	SW_WIRE_MOUNT_ATTACH,  /* move_mount */
	SW_WIRE_MOUNT_SETATTR,
	SW_WIRE_MOUNT_RECONFIGURE, /* fsconfig: the file system itself, wherever it is mounted */
	SW_WIRE_MOUNT_OPS,
};
enum sw_wire_privilege_op {
	SW_WIRE_PRIV_SETID, /* set*uid, set*gid, setgroups */
	SW_WIRE_PRIV_CAPSET,
	SW_WIRE_PRIV_EXEC,   /* set-id bit or file capabilities of what was executed */
	SW_WIRE_PRIV_USERNS, /* a user namespace of its own, with all capabilities in it */
	SW_WIRE_PRIV_OTHER,  /* found changed later: by a call that no hook saw */
	SW_WIRE_PRIV_OPS,
};
enum sw_wire_injection_op {
	SW_WIRE_INJ_PTRACE,
	SW_WIRE_INJ_VM_WRITE, /* process_vm_writev */
	SW_WIRE_INJ_MEM_OPEN, /* /proc/PID/mem opened for write */
	SW_WIRE_INJ_GETFD,    /* pidfd_getfd */
	SW_WIRE_INJ_OPS,
};
enum sw_wire_uring_op {
	SW_WIRE_URING_CREATE,
	SW_WIRE_URING_SUBMIT, /* the first request of its opcode in this process */
	SW_WIRE_URING_OPS,
};
enum sw_wire_kernel_op {
	SW_WIRE_KERN_MODULE_LOAD,
	SW_WIRE_KERN_MODULE_UNLOAD,
	SW_WIRE_KERN_BPF, /* command: that of bpf(2) */
	SW_WIRE_KERN_KEXEC,
	SW_WIRE_KERN_CONTROL, /* a file of proc/sys, sysfs, cgroup, binfmt_misc, tracefs, debugfs
				 opened for write; or memory itself, as a device */
	SW_WIRE_KERN_DEVICE,  /* a disk opened for write; arg: its number */
	SW_WIRE_KERN_OPS,
};
enum sw_wire_network_op { SW_WIRE_NET_LISTEN, SW_WIRE_NET_CONNECT, SW_WIRE_NET_OPS };
enum sw_wire_compat_op {
	SW_WIRE_COMPAT_IMAGE, /* a 32-bit program was executed */
	SW_WIRE_COMPAT_CALL,  /* a 32-bit system call by a 64-bit program (int 0x80) */
	SW_WIRE_COMPAT_OPS,
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

/* What a record of len bytes takes of the ring: its header, in whole words. */
#define SW_RING_BYTES(len) (((len) + 8 + 7) & ~7u)

#define SW_WIRE_UNDECIDED (1u << 0)
#define SW_WIRE_SECUREEXEC (1u << 1)
#define SW_WIRE_PATH_FORM (1u << 2)
/* What became of it. None of the three: it was done. */
#define SW_WIRE_ATTEMPT (1u << 3)     /* seen at the decision: whether it was done is not known */
#define SW_WIRE_FAILED (1u << 4)      /* the kernel refused: head.result */
#define SW_WIRE_PREVENTED (1u << 5)   /* refused by us */
#define SW_WIRE_VIA_URING (1u << 6)   /* asked for through io_uring */
#define SW_WIRE_COMPAT_TASK (1u << 7) /* by a 32-bit task */

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
	__u16 cpu;
	__u16 share; /* enum sw_share_kind: whose room in the ring it takes */
	__u64 seq;
	__u64 slot_gen;
	__u64 boot_ns;
	__u32 slot;
	__u32 violations;
	__u32 flags;  /* SW_WIRE_* */
	__s32 result; /* negative errno when it failed, else 0 */
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
	__u32 op, open_flags, new_mode;
	__u32 detail; /* by op: see enum sw_wire_file_op */
	struct sw_wire_str dir, name;
	struct sw_wire_str dir2, name2; /* target of a rename; XATTR: name2 is the attribute */
};

/* An exec that failed: names only. */
struct sw_wire_exec_failed {
	struct sw_wire_head h;
	struct sw_wire_str dir, name;
};

#define SW_WCODE_ANON (1u << 0)	    /* no file behind it: obj is empty */
#define SW_WCODE_WRITTEN (1u << 1)  /* private pages exist: may differ from the file */
#define SW_WCODE_WRITABLE (1u << 2) /* is, or was until this call, writable */
struct sw_wire_code {
	struct sw_wire_head h;
	struct sw_wire_object obj;
	__u64 addr, len;
	__u32 op, prot, map_flags;
	__u32 flags;		 /* SW_WCODE_* */
	struct sw_wire_str args; /* of the process: which applet a loader was told to run */
	struct sw_wire_str name; /* PRELOAD */
};

#define SW_WIRE_FSTYPE_LEN 32
struct sw_wire_mount {
	struct sw_wire_head h;
	struct sw_wire_object obj; /* what the target covers, or is, where the kernel gave it; else
				      empty */
	__u64 mount_flags;	   /* MS_*, MOUNT_ATTR_*, MNT_*: as asked for */
	__u32 op, pad;
	struct sw_wire_str dir, name;	 /* target */
	struct sw_wire_str dir2, source; /* source, or the old place */
	char fs_type[SW_WIRE_FSTYPE_LEN];
};

/* Order of ids: uid euid suid fsuid gid egid sgid fsgid. */
#define SW_WIRE_IDS 8
struct sw_wire_privilege {
	struct sw_wire_head h;
	__u64 effective_old, effective_new, permitted_old, permitted_new;
	__u32 old_ids[SW_WIRE_IDS], new_ids[SW_WIRE_IDS];
	__u32 op;
	__u32 user_ns; /* inode number of the new one */
};

struct sw_wire_injection {
	struct sw_wire_head h;
	__u64 addr, len, target_start_ns;
	__u32 op;
	__u32 request; /* PTRACE_*; GETFD: the descriptor */
	__u32 target_tgid, target_tid;
	__u32 target_slot; /* 0: outside of every watched container */
	__u32 pad;
	char target_comm[16];
};

struct sw_wire_uring {
	struct sw_wire_head h;
	__u32 op, opcode, setup_flags, entries;
	struct sw_wire_str name; /* as the kernel copied it, for opcodes that have one */
};

struct sw_wire_kernel {
	struct sw_wire_head h;
	__u64 arg;
	__u32 op, command;
	struct sw_wire_str name;
};

struct sw_wire_network {
	struct sw_wire_head h;
	__u32 op, family, type, protocol;
	__u16 local_port, remote_port; /* host byte order */
	__u32 pad;
	__u8 local[16], remote[16]; /* IPv4: the first four bytes */
	struct sw_wire_str name;    /* AF_UNIX */
};

struct sw_wire_compat {
	struct sw_wire_head h;
	__u32 op;
	__u32 nr;      /* number of the call, as the 32-bit table has it */
	__u32 classes; /* 1 << SW_WIRE_CLS_*: of which the call may be an event; IMAGE: not 0 when
			  its calls will be seen */
	__u32 pad;
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
_Static_assert(sizeof(struct sw_wire_exec_failed) == 144, "sw_wire_exec_failed");
_Static_assert(sizeof(struct sw_wire_code) == 256, "sw_wire_code");
_Static_assert(sizeof(struct sw_wire_mount) == 288, "sw_wire_mount");
_Static_assert(sizeof(struct sw_wire_privilege) == 232, "sw_wire_privilege");
_Static_assert(sizeof(struct sw_wire_injection) == 192, "sw_wire_injection");
_Static_assert(sizeof(struct sw_wire_uring) == 152, "sw_wire_uring");
_Static_assert(sizeof(struct sw_wire_kernel) == 152, "sw_wire_kernel");
_Static_assert(sizeof(struct sw_wire_network) == 192, "sw_wire_network");
_Static_assert(sizeof(struct sw_wire_compat) == 144, "sw_wire_compat");

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
