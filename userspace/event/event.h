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
	_SW_EVENT_TYPE_MAX,
};

/* The ledger's classes: which sensor counts. */
enum sw_event_class {
	SW_CLASS_EXEC,
	SW_CLASS_FILE,
	SW_CLASS_NAMESPACE,
	SW_CLASS_LIFE, /* entry, container new and gone */
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
	SW_VIOLATION_DRIFT,	/* exec of an object that the baseline does not hold */
	SW_VIOLATION_NAMESPACE, /* namespace made or entered, root changed, after the entry was
				   complete */
	SW_VIOLATION_ENTRY,	/* an entry that is not the container's first */
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
	struct sw_process actor;

	/* EXEC, FILE */
	struct sw_object object;
	/* EXEC */
	struct sw_string filename; /* as asked for; kernel copy */
	struct sw_string interp;   /* differs from filename for a script; kernel copy */
	uint16_t args_len;	   /* argv joined by NUL, as found in the new image's memory */
	bool args_truncated;
	char args[SW_EVENT_ARGS_MAX];
	char applet[32];  /* of a multi-call binary, as the kernel worked it out; "" otherwise */
	bool secure_exec; /* set-id or file capabilities gained */
	/* FILE */
	enum sw_file_op file_op;
	uint32_t open_flags;  /* O_* of an open */
	uint32_t new_mode;    /* of chmod, create */
	struct sw_string dir; /* directory that name is relative to (kernel); trust NONE for
				 absolute names */
	struct sw_string
		name; /* path forms: user memory. fd forms: trust NONE, object.path is the label */
	struct sw_string dir2, name2; /* target of rename, link */
	bool path_form;		      /* no object: only dir and name */
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
};
