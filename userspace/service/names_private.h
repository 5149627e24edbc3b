/* SPDX-License-Identifier: Apache-2.0 */
/* What names.c, names_told.c and names_mark.c share. Nobody else includes it. */
#pragma once

#include "fanotify/fanotify.h"
#include "service/internal.h"

enum kind {
	KIND_NAME,
	KIND_META,
	KIND_CONTENT,
	KIND_BELOW, /* something below this directory: on overlay it is copied up with it */
	KIND_FAN,   /* fanotify told of its attributes or content, and it was judged by that */
	_KIND_MAX,
};

struct told {
	uint64_t key; /* hash of the path; 0: free */
	int64_t boot_ns[_KIND_MAX];
};

struct held {
	char *path;
	uint32_t what;
	int64_t boot_ns;
	int32_t pid;
	char who[96];
};

struct names {
	struct sw_fan_names *fan; /* NULL: not marked */
	int64_t marked_boot_ns;	  /* since when */
	bool refused;
	struct told *told; /* open addressing, a power of two, at most half full */
	size_t n_told, slots;
	struct held *held;
	size_t n_held, cap_held;
	uint64_t dropped, dropped_reported;
	struct sw_fan_stats reported;
};

/* The watch's names, made when they are first asked for; NULL: no memory. */
struct names *names_of(struct watch *w);
/* names_told.c: what was told of, by path in the baseline; and that of what is above it */
void names_remember(struct watch *w, const char *path, enum kind kind, int64_t boot_ns);
/* When it was told of last (boot time); 0: never. */
int64_t names_told_at(const struct names *n, const char *path, enum kind kind);
