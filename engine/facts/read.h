/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one regular file of the target as a whole. Follows links inside the root, as the checks'
 * authors expect. */
#pragma once

#include <sys/stat.h>

#include "facts/facts.h"
#include "stigwatch/limits.h"

/*
 * 1: read, ret_text NUL-terminated (heap), ret_len without that NUL. 0: there is no regular file
 * (links that lead nowhere, FIFOs, devices): OVAL's text and hash tests pass over them. Negative:
 * -EFBIG, -EACCES, -EIO, -ENOMEM.
 */
int sw_read_text(struct sw_target *t, const char *path, char **ret_text, size_t *ret_len,
		 struct stat *ret_st);
/* The same as far as opening goes: 1 and a descriptor, 0, or negative. */
int sw_open_regular(struct sw_target *t, const char *path, int *ret_fd, struct stat *ret_st);
/* sw_read_text for gatherers: notes problems and what a NUL byte hides. 1: text is there; 0: not,
 * or a problem was noted; -ENOMEM. */
int sw_gather_text(struct sw_gather *g, const char *path, char **ret_text);
/* Where a path leads in the end, inside the root: 0, or negative errno (-ELOOP, -ENOENT). */
int sw_canonical_path(struct sw_target *t, const char *path, char ret[static SW_LIMIT_PATH]);
