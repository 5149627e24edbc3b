/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the files that path, filename, filepath and behaviors of a query select (OVAL 5.11,
 * FileBehaviors; where the text is silent, as OpenSCAP does: tests/unit/engine/facts/test_find.c).
 */
#pragma once

#include <sys/stat.h>

#include "facts/facts.h"

struct sw_found {
	const char *filepath;  /* whole path inside the target */
	const char *path;      /* directory */
	const char *filename;  /* NULL: the directory itself is what was found */
	const struct stat *st; /* lstat of filepath */
};
typedef int (*sw_found_fn)(void *ctx, const struct sw_found *found);

/* Calls fn for each; returns 0 or what fn returned. Problems go to g. */
int sw_find_files(struct sw_gather *g, sw_found_fn fn, void *ctx);
