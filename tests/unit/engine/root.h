/* SPDX-License-Identifier: Apache-2.0 */
/* A root directory made for one test and removed after it. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stigwatch/target.h"
#include "unit/engine/unit.h"

struct root {
	char dir[64];
	char buf[8192];
	struct sw_target *t;
};

static const char *root_path(struct root *r, const char *path)
{
	snprintf(r->buf, sizeof(r->buf), "%s%s", r->dir, path);
	return r->buf;
}

static void root_mkdir(struct root *r, const char *path)
{
	root_path(r, path);
	for (char *p = r->buf + strlen(r->dir) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(r->buf, 0755);
			*p = '/';
		}
	if (mkdir(r->buf, 0755) < 0)
		assert_int_equal(errno, EEXIST);
}

static void root_put(struct root *r, const char *path, const void *data, size_t len)
{
	char dir[4096];
	FILE *f;

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	if (*dir)
		root_mkdir(r, dir);
	f = fopen(root_path(r, path), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void root_puts(struct root *r, const char *path, const char *text)
{
	root_put(r, path, text, strlen(text));
}

static void root_link(struct root *r, const char *path, const char *to)
{
	assert_int_equal(symlink(to, root_path(r, path)), 0);
}

static void root_fifo(struct root *r, const char *path)
{
	assert_int_equal(mkfifo(root_path(r, path), 0666), 0);
}

static int root_setup(void **state)
{
	struct root *r = calloc(1, sizeof(*r));

	umask(022);
	strcpy(r->dir, "/tmp/stigwatch-root-XXXXXX");
	if (!mkdtemp(r->dir) || sw_target_open_dir(r->dir, SW_TARGET_DIR, &r->t, NULL) < 0)
		return -1;
	*state = r;
	return 0;
}

static int root_teardown(void **state)
{
	struct root *r = *state;

	sw_target_free(r->t);
	snprintf(r->buf, sizeof(r->buf), "rm -rf -- %s", r->dir);
	assert_int_equal(system(r->buf), 0); /* rm takes trees deeper than a path can say */
	free(r);
	return 0;
}

/* Keeps the compiler quiet about helpers a test does not use. */
static inline void root_unused(void)
{
	(void)root_puts;
	(void)root_link;
	(void)root_fifo;
	(void)root_setup;
	(void)root_teardown;
}
