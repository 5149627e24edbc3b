/* SPDX-License-Identifier: Apache-2.0 */
/* What the evidence tests share: a temporary directory, a fixed clock, files read and written
 * whole. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "evidence/evidence.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/strbuf.h"

#define SEGMENT1 "evidence-000001.jsonl"
#define SEGMENT2 "evidence-000002.jsonl"

struct dir {
	char path[64];
};

static inline int dir_setup(void **state)
{
	struct dir *d = calloc(1, sizeof(*d));

	snprintf(d->path, sizeof(d->path), "/tmp/sw-evidence-XXXXXX");
	if (!mkdtemp(d->path))
		return -1;
	*state = d;
	return 0;
}

static inline void dir_empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static inline int dir_teardown(void **state)
{
	struct dir *d = *state;

	dir_empty(d->path);
	rmdir(d->path);
	free(d);
	return 0;
}

static inline void fixed_clock(void *ctx, struct sw_clock *ret_clock)
{
	int64_t *tick = ctx;

	*tick += 1000;
	*ret_clock = (struct sw_clock){.wall_ns = 1700000000000000000 + *tick, .boot_ns = *tick};
}

static inline void append_number(struct sw_evidence *e, int i)
{
	struct json_object *body = json_object_new_object();
	struct sw_error err = {};

	json_object_object_add(body, "number", json_object_new_int(i));
	json_object_object_add(body, "argv", json_object_new_string("sh -c \"x\"\n"));
	assert_int_equal(sw_evidence_append(e, "event", body, &err), 0);
	json_object_put(body);
}

/* A chain of n records, written and closed. */
static inline void make_chain(const char *dir, int n)
{
	struct sw_evidence *e = NULL;
	struct sw_error err = {};
	int64_t tick = 0;

	assert_int_equal(sw_evidence_open(dir, fixed_clock, &tick, &e, &err), 0);
	for (int i = 1; i <= n; i++)
		append_number(e, i);
	sw_evidence_close(e);
}

static inline char *read_file(const char *dir, const char *name, size_t *ret_len)
{
	char path[256];
	struct stat st;
	char *data;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	data[st.st_size] = '\0';
	close(fd);
	*ret_len = (size_t)st.st_size;
	return data;
}

static inline void write_file(const char *dir, const char *name, const char *data, size_t len)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}
