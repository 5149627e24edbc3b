/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event: something that happened in a watched container, as the kernel saw it, decoded from the
 * wire.
 *
 * The decoder in collector/ is the only producer; everybody else reads. Strings are NUL-terminated
 * but otherwise hostile: any byte but NUL. Each carries where it came from (trust) and whether it
 * was cut.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum sw_event_type {
	SW_EVENT_EXEC,	    /* a new image runs (sched_process_exec) */
	SW_EVENT_FILE,	    /* a file object was opened for write, changed, named, removed */
	SW_EVENT_NAMESPACE, /* a task made or entered a namespace, or changed its root */
	SW_EVENT_ENTRY,	    /* a task from outside entered the container (first: its entrypoint) */
	SW_EVENT_CONTAINER_NEW,	 /* a cgroup that may be a container appeared (slot is pending) */
	SW_EVENT_CONTAINER_GONE, /* its cgroup was removed */
	SW_EVENT_EXEC_FAILED,	 /* an exec that the kernel refused: names only */
	SW_EVENT_CODE,		 /* a file or memory became executable in a running process */
	SW_EVENT_MOUNT,		 /* the mount table was changed, or a part of one made */
	SW_EVENT_PRIVILEGE,	 /* a task's identity or capabilities changed */
	SW_EVENT_INJECTION,	 /* a task reached into another process */
	SW_EVENT_URING,		 /* io_uring was set up or used in a way that hooks may not see */
	SW_EVENT_KERNEL,	 /* the kernel itself was to be changed */
	SW_EVENT_NETWORK,	 /* a socket listens or was connected */
	SW_EVENT_COMPAT,	 /* 32-bit system calls, which some hooks do not see */
	_SW_EVENT_TYPE_MAX,
};

/* The ledger's classes: which sensor counts. */
enum sw_event_class {
	SW_CLASS_EXEC,
	SW_CLASS_FILE,
	SW_CLASS_NAMESPACE,
	SW_CLASS_LIFE, /* entry, container new and gone */
	SW_CLASS_CODE,
	SW_CLASS_MOUNT,
	SW_CLASS_PRIVILEGE,
	SW_CLASS_INJECTION,
	SW_CLASS_URING,
	SW_CLASS_KERNEL,
	SW_CLASS_NETWORK,
	SW_CLASS_COMPAT,
	_SW_CLASS_MAX,
};

/*
 * Violations that the kernel can classify by itself, counted before the ring is asked for room. Bit
 * numbers of sw_event.violations and indexes of the ledger's counters.
 */
enum sw_violation {
	SW_VIOLATION_SHELL,	/* exec of a shell (by inode class or multi-call applet) */
	SW_VIOLATION_PKG_EXEC,	/* exec of a package manager */
	SW_VIOLATION_PKG_DB,	/* package database opened for write, changed, or a name made in its
				   directory */
	SW_VIOLATION_IMMUTABLE, /* baseline executable or library: content or metadata changed */
	SW_VIOLATION_DRIFT,	/* exec, or executable mapping, of an object that the baseline does
				   not hold */
	SW_VIOLATION_NAMESPACE, /* namespace made or entered, root changed, after the entry was
				   complete */
	SW_VIOLATION_ENTRY,	/* an entry that is not the container's first */
	SW_VIOLATION_MOUNT,	/* mount table changed after the entry was complete */
	SW_VIOLATION_PRIVILEGE, /* capabilities or root's identity gained after the entry */
	SW_VIOLATION_INJECTION, /* memory, registers or descriptors of another process taken over */
	SW_VIOLATION_KERNEL,	/* module, program or image given to the kernel */
	_SW_VIOLATION_MAX,
};

enum sw_trust {
	SW_TRUST_NONE,	 /* there is no string */
	SW_TRUST_KERNEL, /* resolved by the kernel: walked from the object itself */
	SW_TRUST_COPIED, /* the kernel's own copy of a string: not racy, but a label only */
	SW_TRUST_USER,	 /* read from user memory: can be raced */
	_SW_TRUST_MAX,
};

#define SW_EVENT_PATH_MAX 1024
#define SW_EVENT_ARGS_MAX 512

struct sw_string {
	enum sw_trust trust;
	bool truncated;
	uint16_t len;
	char s[SW_EVENT_PATH_MAX];
};

/* A process is (tgid, start time on the boot clock), never a bare pid. */
struct sw_process {
	uint32_t tgid, tid;	       /* in the host's pid namespace */
	uint64_t start_ns;	       /* CLOCK_BOOTTIME, of the thread group's leader */
	uint32_t parent_tgid;	       /* real parent */
	uint64_t parent_start_ns;      /* its start */
	uint32_t uid, euid, gid, egid; /* in the initial user namespace */
	uint64_t cap_effective;
	uint32_t entry; /* which entry its lineage came in by: 1 is the entrypoint, 0 unknown (older
			   than the watch) */
	char comm[16];
};

/* An object is its inode; path is a label. */
struct sw_object {
	uint64_t ino;
	uint32_t dev; /* of the super block: as st_dev encodes it (makedev) */
	uint32_t generation;
	uint64_t real_ino; /* overlay: the upper inode once copied up, else 0 */
	uint32_t real_dev;
	uint32_t mode; /* S_IFMT and permissions */
	uint32_t nlink;
	uint32_t uid, gid;
	uint64_t size;
	uint64_t fs_magic;
	bool overlay_upper;   /* it has an upper inode */
	bool overlay_data;    /* and its data is in the upper layer (metacopy respected) */
	bool on_root;	      /* lies on the super block that is the container's root */
	bool memfd;	      /* anonymous memory file */
	bool deleted;	      /* link count 0, or dentry unhashed */
	uint32_t class_bits;  /* SW_OBJ_* the kernel found in the baseline map; 0 when absent or not
				 loaded */
	bool in_baseline_map; /* the kernel found its inode there */
	struct sw_string path;
};

/* Classes of baseline objects, shared with the kernel's map. */
#define SW_OBJ_SHELL (1u << 0)
#define SW_OBJ_PACKAGE_MANAGER (1u << 1)
#define SW_OBJ_LOADER (1u << 2)	     /* ld.so */
#define SW_OBJ_INTERPRETER (1u << 3) /* python, perl, ... */
#define SW_OBJ_LIBRARY (1u << 4)
#define SW_OBJ_EXECUTABLE (1u << 5)
#define SW_OBJ_MULTICALL (1u << 6) /* busybox, toybox: the applet decides */
#define SW_OBJ_PKGDB (1u << 7)	   /* a package database file, or (directory) one that holds it */
#define SW_OBJ_DATA (1u << 8)	   /* any other file of the baseline */

enum sw_file_op {
	SW_FILE_OPEN_WRITE, /* tainted: it may change */
	SW_FILE_TRUNCATE,   /* changed */
	SW_FILE_CONTENT,    /* changed: the inode was dirtied */
	SW_FILE_CREATE,	    /* new name and new inode, by open */
	SW_FILE_RENAME,	    /* path -> path2 */
	SW_FILE_LINK,
	SW_FILE_SYMLINK,
	SW_FILE_UNLINK,
	SW_FILE_CHMOD,
	SW_FILE_CHOWN,
	SW_FILE_EXCHANGE, /* two names change places */
	SW_FILE_MKNOD,
	SW_FILE_MKDIR,
	SW_FILE_RMDIR,
	SW_FILE_XATTR,
	SW_FILE_FILECAPS,    /* file capabilities */
	SW_FILE_INODE_FLAGS, /* chattr */
	SW_FILE_ALLOCATE,    /* changed: fallocate */
	SW_FILE_CLONE_RANGE, /* changed: reflink or copy by the kernel */
	_SW_FILE_OP_MAX,
};
const char *sw_file_op_str(enum sw_file_op op); /* "open-write", "truncate", ... */

enum sw_ns_op {
	SW_NS_CLONE,   /* new task in new namespaces: flags of the clone */
	SW_NS_UNSHARE, /* the task's namespaces changed to ones created after its entry, or by
			  unshare */
	SW_NS_SETNS,   /* it entered namespaces that exist already */
	SW_NS_ROOT,    /* chroot or pivot_root: its root changed */
	_SW_NS_OP_MAX,
};
const char *sw_ns_op_str(enum sw_ns_op op);

enum sw_code_op {
	SW_CODE_MAP,	 /* mmap with PROT_EXEC: a library, or a program that a loader loads */
	SW_CODE_PROTECT, /* mprotect to executable */
	SW_CODE_PRELOAD, /* exec with LD_PRELOAD or LD_AUDIT in its environment */
	SW_CODE_SCRIPT,	 /* exec of a script: the object is the script, not its interpreter */
	_SW_CODE_OP_MAX,
};
const char *sw_code_op_str(enum sw_code_op op);

enum sw_mount_op {
	SW_MOUNT_NEW,
	SW_MOUNT_BIND,
	SW_MOUNT_REMOUNT,
	SW_MOUNT_MOVE,
	SW_MOUNT_PROPAGATION,
	SW_MOUNT_UMOUNT,
	SW_MOUNT_PIVOT,
	SW_MOUNT_FSOPEN,  /* new API, nothing mounted yet: a context, ... */
	SW_MOUNT_FSMOUNT, /* ... a detached mount of it, ... */
	SW_MOUNT_TREE,	  /* ... a detached copy of a tree */
	SW_MOUNT_ATTACH,  /* move_mount */
	SW_MOUNT_SETATTR,
	SW_MOUNT_RECONFIGURE, /* the file system itself: fsconfig */
	_SW_MOUNT_OP_MAX,
};
const char *sw_mount_op_str(enum sw_mount_op op);

enum sw_privilege_op {
	SW_PRIVILEGE_SETID,
	SW_PRIVILEGE_CAPSET,
	SW_PRIVILEGE_EXEC,   /* set-id bit or file capabilities */
	SW_PRIVILEGE_USERNS, /* all capabilities in a user namespace of its own */
	SW_PRIVILEGE_OTHER,  /* found changed, by a call that no hook saw */
	_SW_PRIVILEGE_OP_MAX,
};
const char *sw_privilege_op_str(enum sw_privilege_op op);

enum sw_injection_op {
	SW_INJECTION_PTRACE,
	SW_INJECTION_VM_WRITE, /* process_vm_writev */
	SW_INJECTION_MEM_OPEN, /* /proc/PID/mem opened for write */
	SW_INJECTION_GETFD,    /* pidfd_getfd */
	_SW_INJECTION_OP_MAX,
};
const char *sw_injection_op_str(enum sw_injection_op op);

enum sw_uring_op {
	SW_URING_CREATE,
	SW_URING_SUBMIT, /* first request of its opcode in a process */
	_SW_URING_OP_MAX,
};
const char *sw_uring_op_str(enum sw_uring_op op);
/* "openat", "renameat", ...: IORING_OP_*; "opcode-N" for one that is not known, in ret. */
const char *sw_uring_opcode_str(uint32_t opcode, char *ret, unsigned int size);

enum sw_kernel_op {
	SW_KERNEL_MODULE_LOAD,
	SW_KERNEL_MODULE_UNLOAD,
	SW_KERNEL_BPF,
	SW_KERNEL_KEXEC,
	SW_KERNEL_CONTROL, /* a control file (sysctl, sysfs, cgroup, binfmt_misc, tracing) opened
			      for write */
	SW_KERNEL_DEVICE,  /* a disk opened for write; arg: its number, as the kernel has it */
	_SW_KERNEL_OP_MAX,
};
const char *sw_kernel_op_str(enum sw_kernel_op op);

enum sw_network_op { SW_NETWORK_LISTEN, SW_NETWORK_CONNECT, _SW_NETWORK_OP_MAX };
const char *sw_network_op_str(enum sw_network_op op);

enum sw_compat_op {
	SW_COMPAT_IMAGE, /* a 32-bit program was executed */
	SW_COMPAT_CALL,	 /* a 32-bit system call by a 64-bit program */
	_SW_COMPAT_OP_MAX,
};
const char *sw_compat_op_str(enum sw_compat_op op);

/* Order of sw_privilege.old_ids and new_ids. */
enum {
	SW_ID_UID,
	SW_ID_EUID,
	SW_ID_SUID,
	SW_ID_FSUID,
	SW_ID_GID,
	SW_ID_EGID,
	SW_ID_SGID,
	SW_ID_FSGID,
	SW_IDS
};

struct sw_code {
	enum sw_code_op op;
	uint32_t prot, map_flags; /* PROT_*, MAP_* */
	uint64_t addr, len;
	bool anonymous; /* no file behind it: no object */
	bool written;	/* private pages exist: it may differ from its file */
	bool writable;	/* it is, or was until now */
};

struct sw_mount {
	enum sw_mount_op op;
	uint64_t flags; /* MS_*, MNT_*, MOUNT_ATTR_*: as asked for */
	char fs_type[32];
};

struct sw_privilege {
	enum sw_privilege_op op;
	uint32_t old_ids[SW_IDS], new_ids[SW_IDS]; /* in the initial user namespace */
	uint64_t effective_old, effective_new, permitted_old, permitted_new;
	uint32_t user_ns; /* inode number */
};

struct sw_injection {
	enum sw_injection_op op;
	uint32_t request; /* PTRACE_*; of GETFD: the descriptor */
	uint64_t addr, len;
	uint32_t target_tgid, target_tid;
	uint64_t target_start_ns;
	uint32_t target_slot; /* 0: outside of every watched container */
	char target_comm[16];
};

struct sw_uring {
	enum sw_uring_op op;
	uint32_t opcode, setup_flags, entries;
};

struct sw_kernel {
	enum sw_kernel_op op;
	uint32_t command; /* BPF_* */
	uint64_t arg;
};

struct sw_network {
	enum sw_network_op op;
	uint32_t family, type, protocol;
	uint16_t local_port, remote_port;
	uint8_t local[16], remote[16]; /* IPv4: the first four bytes */
};

struct sw_compat {
	enum sw_compat_op op;
	uint32_t nr;	  /* in the 32-bit table */
	uint32_t classes; /* 1 << SW_CLASS_*: of which it may be an event; IMAGE: 0 when its calls
			     are not seen */
};

/* Kinds of namespaces, one bit each, in CLONE_NEW* terms. String: "mnt,pid,net". */
#define SW_NS_BIT_MNT (1u << 0)
#define SW_NS_BIT_UTS (1u << 1)
#define SW_NS_BIT_IPC (1u << 2)
#define SW_NS_BIT_PID (1u << 3)
#define SW_NS_BIT_NET (1u << 4)
#define SW_NS_BIT_USER (1u << 5)
#define SW_NS_BIT_CGROUP (1u << 6)
#define SW_NS_BIT_TIME (1u << 7)
/* Writes "mnt,pid" into ret (size at least 40). */
void sw_ns_bits_str(uint32_t bits, char *ret, unsigned int size);

struct sw_event {
	enum sw_event_type type;
	enum sw_event_class cls;
	uint32_t slot;	   /* container slot in the kernel's table */
	uint64_t slot_gen; /* cgroup id that the slot stood for when the event happened */
	uint64_t boot_ns;  /* CLOCK_BOOTTIME */
	uint32_t cpu;
	uint64_t seq;	     /* per CPU, contiguous over submitted records */
	uint32_t violations; /* 1 << SW_VIOLATION_*: what the kernel classified and counted */
	bool undecided; /* the kernel could not classify (no baseline loaded, path form, copied-up
			   file) */
	bool recovered; /* not from the ring: the ledger's saved first violation of its kind */
	/* none of the three: it was done */
	bool attempt;	/* seen at the decision: whether it was done is not known */
	bool failed;	/* the kernel refused it: result */
	bool prevented; /* refused by us */
	bool via_uring;
	bool compat;	/* by a 32-bit task */
	int32_t result; /* negative errno */
	struct sw_process actor;

	/* EXEC, FILE, CODE (unless anonymous), MOUNT (dev 0: not known) */
	struct sw_object object;
	/* EXEC */
	struct sw_string filename; /* as asked for; kernel copy */
	struct sw_string interp;   /* differs from filename for a script; kernel copy */
	uint16_t args_len; /* also CODE: argv joined by NUL, as found in the image's memory */
	bool args_truncated;
	char args[SW_EVENT_ARGS_MAX];
	char applet[32];  /* of a multi-call binary, as the kernel worked it out; "" otherwise */
	bool secure_exec; /* set-id or file capabilities gained */
	/* FILE */
	enum sw_file_op file_op;
	uint32_t open_flags;  /* O_* of an open */
	uint32_t new_mode;    /* of chmod, create */
	uint32_t file_detail; /* XATTR, FILECAPS: 1 removed; INODE_FLAGS: FS_*_FL; ALLOCATE:
				 FALLOC_* */
	struct sw_string dir; /* directory that name is relative to (kernel); trust NONE for
				 absolute names */
	struct sw_string
		name; /* path forms: user memory. fd forms: trust NONE, object.path is the label */
	struct sw_string dir2, name2; /* target of rename, link; XATTR: name2 is the attribute */
	bool path_form;		      /* no object: only dir and name */
	/*
	 * dir and name are also the program of an EXEC_FAILED, the target of a MOUNT (dir2 and
	 * name2 its source), the variable of a PRELOAD, and the name in a URING, KERNEL or
	 * (AF_UNIX) NETWORK event.
	 */
	/* NAMESPACE */
	enum sw_ns_op ns_op;
	uint32_t ns_bits;	/* SW_NS_BIT_* */
	uint32_t ns_child_tgid; /* of a clone */
	/* ENTRY */
	uint32_t entry_ordinal; /* 1: the entrypoint */
	/* CONTAINER_NEW, CONTAINER_GONE */
	uint64_t cgroup_id;
	uint32_t hierarchy_id;
	char cgroup_name[128]; /* last component */
	/* the types of these names */
	union {
		struct sw_code code;
		struct sw_mount mount;
		struct sw_privilege privilege;
		struct sw_injection injection;
		struct sw_uring uring;
		struct sw_kernel kernel;
		struct sw_network network;
		struct sw_compat compat_use;
	};
};

/* All but the bytes of paths, which are most of an event and end where their length says: clearing
 * and copying them was a third of what an event costs. */
void sw_event_clear(struct sw_event *e);
/* pack.c: a copy that takes the room which its paths need, to be freed; NULL: no memory. */
void *sw_event_pack(const struct sw_event *e);
void sw_event_unpack(const void *packed, struct sw_event *ret_event);
