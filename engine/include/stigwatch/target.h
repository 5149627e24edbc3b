/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A target: what a check reads. Read, never started, never modified.
 *
 * Every path is resolved inside the target's root (openat2 RESOLVE_IN_ROOT), so that an image's
 * absolute or climbing symlink never reaches the host. The target's environment is the image's
 * configured one (Config.Env), not a process's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct sw_error;
struct sw_target;

enum sw_target_kind {
	SW_TARGET_DIR,
	SW_TARGET_IMAGE,
	SW_TARGET_CONTAINER,
	SW_TARGET_PID,
	SW_TARGET_HOST,
	_SW_TARGET_KIND_MAX,
};
const char *sw_target_kind_str(enum sw_target_kind kind);

/* Opens a directory as the root. path is only used here and in messages. */
int sw_target_open_dir(const char *path, enum sw_target_kind kind, struct sw_target **ret_target,
		       struct sw_error *err);
/* Takes ownership of rootfd (an O_PATH or directory descriptor), also on failure. */
int sw_target_open_fd(int rootfd, enum sw_target_kind kind, struct sw_target **ret_target,
		      struct sw_error *err);
void sw_target_free(struct sw_target *t);
static inline void sw_target_freep(struct sw_target **t)
{
	sw_target_free(*t);
}

/* The name that results carry (container or image name, directory path). Copies. */
int sw_target_set_name(struct sw_target *t, const char *name);
const char *sw_target_name(const struct sw_target *t);
enum sw_target_kind sw_target_kind(const struct sw_target *t);

/*
 * The configured environment. "Known" but empty differs from unknown: without any call the
 * environment is unknown and environmentvariable58 objects behave as oscap does without
 * OSCAP_CONTAINER_VARS.
 */
int sw_target_set_env_known(struct sw_target *t);
int sw_target_add_env(struct sw_target *t, const char *name, const char *value);
/* Forgets it: unknown again. */
void sw_target_clear_env(struct sw_target *t);

/* Identity that every output carries ("image.digest", "image.ref", "container.id", "address"...).
 * Copies. */
int sw_target_add_identity(struct sw_target *t, const char *key, const char *value);
/* Iterates: returns false past the end. */
bool sw_target_identity_at(const struct sw_target *t, size_t i, const char **ret_key,
			   const char **ret_value);

/*
 * A path that file objects pass over, with all below it, as if it was not there. Every output tells
 * of it, as identity "ignored.path": what was not looked at must not look clean.
 */
int sw_target_ignore(struct sw_target *t, const char *path);
bool sw_target_ignores(const struct sw_target *t, const char *path);

/* One object of a walk. path is absolute inside the target ("/usr/bin/ls"), valid during the call
 * only. */
struct sw_walk_entry {
	const char *path;
	const struct stat *st;	 /* lstat */
	const char *link_target; /* of a symlink, in walks that want it; else NULL */
	int dirfd;		 /* of the containing directory; -1 in an image, or when not open */
	const char *name;	 /* in dirfd; open with O_NOFOLLOW */
	mode_t target_mode;	 /* walks that follow: of what a link leads to, else 0 */
	bool loop;		 /* of a link: it leads to a directory above it, not entered */
	unsigned depth;		 /* 1: directly below the walk's start */
	struct sw_target *target;
};
/* Return 0 to go on, SW_WALK_PRUNE not to enter this directory, negative errno to stop. */
#define SW_WALK_PRUNE 1
typedef int (*sw_walk_fn)(void *ctx, const struct sw_walk_entry *entry);

/*
 * Walks the whole tree in lexical order, parents first, without leaving the root's file system
 * (one_fs), never following links. Depth and path length are limited (limits.h); past a limit:
 * -ELOOP / -ENAMETOOLONG.
 */
int sw_target_walk(struct sw_target *t, bool one_fs, sw_walk_fn fn, void *ctx,
		   struct sw_error *err);

/*
 * openat2 in the root; flags as open(2). Returns the descriptor or negative errno.
 *
 * An image has no descriptors of its own: of a regular file one gets a copy of its content, whose
 * fstat tells type and size but not owner, mode or times (sw_target_stat does); directories are
 * -EISDIR, O_PATH and O_DIRECTORY -EOPNOTSUPP. What must work for every target uses sw_target_stat,
 * _readlink, _getxattr, _listxattr and _walk.
 */
int sw_target_open(struct sw_target *t, const char *path, int flags);
/* fstatat in the root, following the final link or not. */
int sw_target_stat(struct sw_target *t, const char *path, bool follow, struct stat *ret_st);
/* As readlink(2), getxattr(2) and listxattr(2) of path in the root, following no final link: the
 * length, or negative errno (-EINVAL: no link; -ENODATA; -EOPNOTSUPP; -ERANGE). */
ssize_t sw_target_readlink(struct sw_target *t, const char *path, char *buf, size_t size);
ssize_t sw_target_getxattr(struct sw_target *t, const char *path, const char *name, void *buf,
			   size_t size);
ssize_t sw_target_listxattr(struct sw_target *t, const char *path, char *buf, size_t size);

/* ---- for the engine's own gatherers and for whoever hashes what a walk reports ---- */

/* The configured environment, in order. */
bool sw_target_env_known(const struct sw_target *t);
bool sw_target_env_at(const struct sw_target *t, size_t i, const char **ret_name,
		      const char **ret_value);

/* Opens a walked regular file (or directory) for reading. FIFOs, devices, sockets: -ENXIO, links:
 * -ELOOP. */
int sw_target_open_entry(const struct sw_walk_entry *entry);

/* A walked regular file to read by offset, without a copy of it where there need be none. */
struct sw_target_file {
	int fd; /* -1: object of target */
	struct sw_target *target;
	uint32_t object;
};
/* As sw_target_open_entry. */
int sw_target_file_open(const struct sw_walk_entry *entry, struct sw_target_file *ret_file);
/* As pread(2), but short only at the end; negative errno. */
ssize_t sw_target_file_read(const struct sw_target_file *file, void *buf, size_t size,
			    uint64_t offset);
void sw_target_file_close(struct sw_target_file *file);

/*
 * For who reads many files: those with a key are read with the least cost in the order of their
 * keys, after the walk; with the same key they are one object. 0: when the walk reports it is as
 * good a time as any.
 */
uint64_t sw_target_entry_order(const struct sw_walk_entry *entry);

/* As sw_target_getxattr, of a walked object. */
ssize_t sw_target_entry_getxattr(const struct sw_walk_entry *entry, const char *name, void *buf,
				 size_t size);

struct sw_walk_options {
	bool one_fs; /* do not enter directories on another device */
	bool local;  /* do not enter network file systems */
	bool links;  /* tell what links say */
	bool follow; /* enter directories behind symbolic links (inside the root); loops are cut */
	int max_depth; /* 1: only the directory's own entries; -1: no limit */
};
/*
 * The same walk below one directory (path may lead through links). The directory itself is not
 * reported. Returns -ENOENT/-ENOTDIR when path is no directory.
 */
int sw_target_walk_path(struct sw_target *t, const char *path, const struct sw_walk_options *opts,
			sw_walk_fn fn, void *ctx, struct sw_error *err);
/*
 * From now on a directory's entries are asked of the kernel once, whatever walks come: what a scan
 * sees of them is one moment's. Costs memory for each entry, up to SW_LIMIT_REMEMBERED. Only for
 * the time of one scan: what watches a target must see it change.
 */
int sw_target_remember(struct sw_target *t);
void sw_target_forget(struct sw_target *t);
/* Whether the file system an open descriptor is on lives on another machine. */
bool sw_target_is_remote(int fd);
/* 1: the object has a POSIX access ACL beyond its mode, 0: none, -EOPNOTSUPP: no such thing here.
 * Follows no final link. */
int sw_target_has_acl(struct sw_target *t, const char *path);
