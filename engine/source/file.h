/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, bounded: what source/ and the reader of results share. */
#pragma once

#include <stddef.h>

struct sw_error;

/* A file below dirfd that no link leads out of. A descriptor, or negative errno. */
int sw_file_open_beneath(int dirfd, const char *name);
/* Everything from fd's offset on, NUL-terminated; -EFBIG above limit. name is for messages. */
int sw_file_read(int fd, const char *name, size_t limit, char **ret_data, size_t *ret_len,
		 struct sw_error *err);
