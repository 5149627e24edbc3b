/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of target/ share and nobody else sees. */
#pragma once

#include <sys/types.h>

#include "stigwatch/target.h"

/* Whom a walk tells, and what ended it. */
struct walk_callback {
	sw_walk_fn fn;
	void *ctx;
	int rc; /* what fn stopped the walk with */
};

/* What a target that is no directory does in its own way. */
struct target_ops {
	int (*open)(struct sw_target *t, const char *path, int flags);
	int (*open_entry)(const struct sw_walk_entry *entry);
	int (*file_open)(const struct sw_walk_entry *entry, struct sw_target_file *ret_file);
	ssize_t (*file_read)(const struct sw_target_file *file, void *buf, size_t size,
			     uint64_t offset);
	uint64_t (*order)(const struct sw_walk_entry *entry);
	int (*stat)(struct sw_target *t, const char *path, bool follow, struct stat *ret_st);
	ssize_t (*readlink)(struct sw_target *t, const char *path, char *buf, size_t size);
	ssize_t (*getxattr)(struct sw_target *t, const char *path, const char *name, void *buf,
			    size_t size);
	ssize_t (*listxattr)(struct sw_target *t, const char *path, char *buf, size_t size);
	int (*walk)(struct sw_target *t, const char *path, const struct sw_walk_options *opts,
		    struct walk_callback *cb, struct sw_error *err);
	void (*free)(void *impl);
};

struct target_pair {
	char *key;
	char *value;
};

struct target_pairs {
	struct target_pair *items;
	size_t n, cap;
};

struct sw_target {
	int rootfd;		      /* O_PATH; -1 with ops */
	const struct target_ops *ops; /* NULL: the directory rootfd */
	void *impl;		      /* of ops, owned */
	struct memory *memory;	      /* of walks; NULL: nothing is remembered */
	enum sw_target_kind kind;
	char *name;
	bool env_known;
	struct target_pairs env;
	struct target_pairs identity;
	struct target_pairs ignored; /* paths as keys */
};

/* Takes impl, also on failure. */
int target_new(const struct target_ops *ops, void *impl, enum sw_target_kind kind,
	       struct sw_target **ret_target, struct sw_error *err);
/* Opens for reading what pathfd (O_PATH) names: regular files and directories only. */
int target_reopen(int pathfd, int flags);
