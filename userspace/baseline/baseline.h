/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The baseline: the manifest of an image. Made by one walk of a target, stored as JSON lines
 * (FORMAT in userspace/baseline/README.md), looked up by path and by inode.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct sw_error;
struct sw_target;
struct sw_baseline;

struct sw_baseline_entry {
	char *path;    /* absolute inside the target */
	char type;     /* 'f' 'd' 'l' 'b' 'c' 'p' 's' */
	uint32_t mode; /* permission bits, set-id and sticky: 07777 */
	uint32_t uid, gid;
	uint64_t size;	  /* of files */
	char sha256[65];  /* of regular files, else "" */
	char *link;	  /* target of a symlink, else NULL */
	char *caps;	  /* security.capability, hex, or NULL */
	uint32_t classes; /* SW_OBJ_* (event/event.h) */
};

/*
 * Walks and hashes. Classes come from content and well-known names: a shell by name and by being
 * the same content as one; busybox/toybox by content marker; ELF type (executable, shared object,
 * PT_INTERP named loader); scripts by "#!"; package managers and package databases by well-known
 * paths (apk, dpkg, rpm, pacman...).
 */
int sw_baseline_build(struct sw_target *t, struct sw_baseline **ret_baseline, struct sw_error *err);
int sw_baseline_load(const char *path, struct sw_baseline **ret_baseline, struct sw_error *err);
int sw_baseline_save(const struct sw_baseline *b, const char *path, struct sw_error *err);
void sw_baseline_free(struct sw_baseline *b);

/* SHA-256 of the canonical form, hex: what evidence names. */
const char *sw_baseline_digest(const struct sw_baseline *b);
size_t sw_baseline_count(const struct sw_baseline *b);
const struct sw_baseline_entry *sw_baseline_at(const struct sw_baseline *b, size_t i);
/* Identity facts of the target it was made from ("image.digest" ...), or NULL. */
const char *sw_baseline_identity(const struct sw_baseline *b, const char *key);

/*
 * Finds the entry that a path means, following the baseline's own symlinks in directories (and in
 * the last component if follow). path need not be normalised; it is resolved inside the root. NULL
 * when the baseline holds no such object.
 */
const struct sw_baseline_entry *sw_baseline_resolve(const struct sw_baseline *b, const char *path,
						    bool follow);
/* By content. NULL when no regular file has this digest. */
const struct sw_baseline_entry *sw_baseline_by_digest(const struct sw_baseline *b,
						      const char *sha256);

/*
 * Inodes: which inode each entry has in a view of the image (overlay numbers equal those of the
 * lower layer when all layers share one file system; sw_baseline_bind checks that, -EXDEV
 * otherwise). After it, lookups by inode work.
 *
 * Bind the image's view (SW_VIEW_IMAGE) where there is one: that is the container's beginning. In a
 * live view an object whose type, size, mode or owner differs from the baseline is left out, but
 * one whose content alone was changed is bound: compare with hash finds it. The baseline must
 * outlive the binding.
 */
struct sw_binding; /* baseline entries by inode, for one root */
int sw_baseline_bind(const struct sw_baseline *b, struct sw_target *t,
		     struct sw_binding **ret_binding, struct sw_error *err);
void sw_binding_free(struct sw_binding *x);
const struct sw_baseline_entry *sw_binding_find(const struct sw_binding *x, uint64_t ino);
/* The inode of a file, with the very times that the binding saw: nobody touched it since. */
bool sw_binding_untouched(const struct sw_binding *x, const struct stat *st);
size_t sw_binding_count(const struct sw_binding *x);
bool sw_binding_at(const struct sw_binding *x, size_t i, uint64_t *ret_ino,
		   const struct sw_baseline_entry **ret_entry);

/* ---- drift: live state that differs ---- */

enum sw_drift_kind {
	SW_DRIFT_CONTENT, /* same path, other digest */
	SW_DRIFT_MODE,
	SW_DRIFT_OWNER,
	SW_DRIFT_CAPS,
	SW_DRIFT_TYPE,
	SW_DRIFT_REMOVED,
	SW_DRIFT_ADDED, /* an executable object that the baseline does not hold */
	/*
	 * Equal in everything that is compared, but another inode or another change time than the
	 * binding saw: something was done to it and undone. No change time can be set back, and on
	 * overlay nobody can undo a copy-up. Told by sw_binding_compare only.
	 */
	SW_DRIFT_TOUCHED,
	_SW_DRIFT_MAX,
};
const char *sw_drift_kind_str(enum sw_drift_kind k);
struct sw_drift {
	enum sw_drift_kind kind;
	const char *path;
	const struct sw_baseline_entry *entry; /* NULL for ADDED */
	const char *detail;		       /* "0755 -> 0777", digests, ... */
	uint32_t classes;		       /* of the entry, or of the added object */
	int64_t ctime_ns;		       /* TOUCHED: wall time of the last touch */
	bool times_set;			       /* TOUCHED: its mtime is another one, too */
};
typedef int (*sw_drift_fn)(void *ctx, const struct sw_drift *drift);
/*
 * Compares every baseline object of the given classes (SW_OBJ_*; 0: all) with the target, and, for
 * ADDED, walks the root file system for executables that the baseline does not hold. hash: re-hash
 * every regular file; else content is judged by size alone (sw_binding_compare does better).
 * Nothing below /proc, /sys and /dev is compared, and data files hidden by a mount are not; code
 * hidden by a mount is drift. Returns the number of objects compared. fn returning non-zero stops
 * it with that.
 */
int sw_baseline_compare(const struct sw_baseline *b, struct sw_target *t, uint32_t classes,
			bool hash, bool look_for_added, sw_drift_fn fn, void *ctx,
			size_t *ret_compared, struct sw_error *err);

/* Class by name alone, for objects outside the baseline: "sh" -> SHELL, "apk" -> PACKAGE_MANAGER,
 * else 0. */
uint32_t sw_class_by_name(const char *basename);
/* Iterates the name table (for the kernel's applet map); false past the end. */
bool sw_class_name_at(size_t i, const char **ret_name, uint32_t *ret_class);
/* Iterates the directories of package databases; NULL past the end. */
const char *sw_database_at(size_t i);
/* SW_OBJ_PKGDB when the absolute, normalised path is a package database or lies in one, whether or
 * not it exists. */
uint32_t sw_class_by_path(const char *path);
/* "shell", "package-manager", ... of one SW_OBJ_* bit; NULL for others. */
const char *sw_class_str(uint32_t bit);

/*
 * sw_baseline_compare, but a regular file is hashed again only when inode, size, mode, mtime or
 * ctime differ from what the binding saw (which it took on trust when it was made). The target is
 * the one that was bound.
 */
int sw_binding_compare(const struct sw_binding *x, struct sw_target *t, uint32_t classes,
		       bool look_for_added, sw_drift_fn fn, void *ctx, size_t *ret_compared,
		       struct sw_error *err);
/* The same for one object; each difference is told. */
int sw_binding_compare_one(const struct sw_binding *x, struct sw_target *t,
			   const struct sw_baseline_entry *e, sw_drift_fn fn, void *ctx);
