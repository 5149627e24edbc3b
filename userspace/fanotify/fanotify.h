/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanotify, the third source beside system calls and the dirty hook: what the file system itself
 * tells of names, attributes and content, whoever caused it and by whatever way: 32-bit system
 * calls, io_uring, a path that was swapped under the call, the host. libc only; it judges nothing.
 *
 * One group per container: a flood in one cannot overflow another's queue. What is watched is a set
 * of directories, chosen by the caller, by marks on their inodes: nobody else on the host pays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sw_error;

/* ---- features: found by trying ---- */

struct sw_fan_feature {
	const char *name;   /* "fanotify/names" */
	const char *phrase; /* what it lets us see */
	const char *misses;
	int error;	   /* 0: it works; else the negative errno of the refusal */
	const char *stage; /* "init", "mark": where it was refused, or NULL */
};
enum { SW_FAN_NAMES, SW_FAN_NAMES_OVERLAY, SW_FAN_EXEC, SW_FAN_EXEC_PERMISSION, _SW_FAN_FEATURES };
/* Needs CAP_SYS_ADMIN; a refusal is an answer, not an error. */
void sw_fan_probe(struct sw_fan_feature ret_features[static _SW_FAN_FEATURES]);

/* ---- records: the wire format, decoded; pure ---- */

struct sw_fan_record {
	uint64_t mask; /* FAN_* */
	int32_t pid;   /* thread group; 0: not in our pid namespace */
	int32_t fd;    /* of groups that report descriptors; -1 */
	/* the directory's file handle: handle_type (4 bytes), then its bytes; NULL when there is
	 * none
	 */
	const uint8_t *handle;
	size_t handle_len;
	const char *name; /* in that directory; "." is the directory itself; NULL */
};
typedef void (*sw_fan_record_fn)(void *ctx, const struct sw_fan_record *record);
/* -EBADMSG at the first record that is none; those before it were told. */
int sw_fan_decode(const void *buf, size_t len, sw_fan_record_fn fn, void *ctx);

/* ---- names: changes in marked directories ---- */

struct sw_fan_names;

enum sw_fan_what {
	SW_FAN_CREATED = 1u << 0,
	SW_FAN_DELETED = 1u << 1,
	SW_FAN_AWAY = 1u << 2, /* the name was moved away */
	SW_FAN_HERE = 1u << 3, /* something was moved to this name */
	SW_FAN_META = 1u << 4, /* mode, owner, times, extended attributes */
	SW_FAN_CONTENT = 1u << 5,
	SW_FAN_CLOSED = 1u << 6, /* a descriptor that could write was closed */
};

/* what is a set: the kernel merges equal records of one process until they are read. */
struct sw_fan_change {
	uint32_t what;	  /* SW_FAN_* */
	const char *dir;  /* as it was called when it was marked */
	const char *name; /* NULL: the directory itself */
	int32_t pid;
};

struct sw_fan_stats {
	size_t marks;
	uint64_t overflows; /* the kernel's queue was full: what came then is lost */
	uint64_t unknown;   /* records that could not be read or name no marked directory */
};

int sw_fan_names_new(struct sw_fan_names **ret_names, struct sw_error *err);
void sw_fan_names_free(struct sw_fan_names *n);
/* dirfd is not an O_PATH descriptor and may be closed afterwards. -EOPNOTSUPP, -ENODEV or -EXDEV:
 * this file system cannot be watched so. */
int sw_fan_names_mark(struct sw_fan_names *n, int dirfd, const char *path);
typedef void (*sw_fan_change_fn)(void *ctx, const struct sw_fan_change *change);
/* Reads what is there; never blocks. Negative errno of the read. */
int sw_fan_names_read(struct sw_fan_names *n, sw_fan_change_fn fn, void *ctx);
void sw_fan_names_stats(const struct sw_fan_names *n, struct sw_fan_stats *ret_stats);

/* ---- gate: what is opened for execution, scripts and loaders included ---- */

struct sw_fan_gate;
struct stat;

/* One object that was opened for execution and is not the image's untouched own. */
struct sw_fan_opened {
	int32_t pid;
	uint64_t dev, ino; /* st_dev, st_ino */
	char sha256[65];   /* "": not read */
	/* permission only: the digest was made while the exec waited, so it is what runs */
	bool before_exec;
	bool prevented; /* permission only: it was refused */
	uint64_t root;	/* st_dev of the container's root that it was opened under; 0: not known */
	int64_t boot_ns;
	char path[1024]; /* a label: as the mount shows it */
};

struct sw_fan_gate_stats {
	uint64_t opened;    /* records that came */
	uint64_t untouched; /* of these the image's own: not told, and not asked about again */
	uint64_t late;	    /* permission: allowed at the bound, before they were judged */
	uint64_t prevented; /* permission: refused */
	uint64_t lost;	    /* found no room, here or in the kernel's queue */
};

/* An object that is being opened for execution. */
struct sw_fan_asked {
	int32_t pid;
	const struct stat *st;
	const char *path;   /* a label */
	const char *sha256; /* NULL: not read yet; "": could not be read */
};
enum sw_fan_word {
	SW_FAN_TELL,   /* read it and tell of it */
	SW_FAN_ALLOW,  /* let it go, untold */
	SW_FAN_IGNORE, /* the same, and do not ask again until it is written to */
	SW_FAN_REFUSE, /* permission only: it is not executed; told of, too */
};
/*
 * What is to be done with an object. Asked once without its digest and, when the answer is TELL and
 * it was read, once more with it. Called in the gate's threads, never after sw_fan_gate_remove
 * returned.
 */
typedef enum sw_fan_word (*sw_fan_judge_fn)(void *ctx, const struct sw_fan_asked *asked);

/*
 * Two threads of its own: one reads and watches the time, one reads files. permission: each exec
 * waits until its object was read, at most bound_ms; whatever happens, it is let go then. A process
 * that dies lets everything go.
 */
int sw_fan_gate_new(bool permission, uint32_t bound_ms, struct sw_fan_gate **ret_gate,
		    struct sw_error *err);
void sw_fan_gate_free(struct sw_fan_gate *g);
/* Everything on the file system of rootfd, which is a container's root and no O_PATH descriptor. */
int sw_fan_gate_add(struct sw_fan_gate *g, int rootfd, sw_fan_judge_fn judge, void *ctx);
/*
 * Everything by one mount of a container, which is another file system than its root: root, the
 * st_dev of one that was added. Where the kernel does not number mounts (before 5.8) nothing there
 * is refused.
 */
int sw_fan_gate_add_mount(struct sw_fan_gate *g, int dirfd, uint64_t root);
/* root: its st_dev. The marks go with the file system and the mounts. */
void sw_fan_gate_remove(struct sw_fan_gate *g, uint64_t root);
typedef void (*sw_fan_opened_fn)(void *ctx, const struct sw_fan_opened *opened);
/* Hands over what has come since; in the caller's thread. */
void sw_fan_gate_take(struct sw_fan_gate *g, sw_fan_opened_fn fn, void *ctx);
/* Waits until everything that was opened before has been read, at most so long; false: not so. */
bool sw_fan_gate_flush(struct sw_fan_gate *g, uint32_t most_ms);
void sw_fan_gate_stats(struct sw_fan_gate *g, struct sw_fan_gate_stats *ret_stats);
