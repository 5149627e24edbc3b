/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a directory of a live target holds: its names, and what the kernel said of each. Several
 * walks over the same tree may share them (sw_target_remember): the kernel is then asked once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* A directory, and the mount it is seen through: through another, ".." and what is mounted below
 * differ. */
struct place {
	dev_t dev;
	ino_t ino;
	uint64_t mount; /* 0: this kernel does not tell, and nothing is remembered */
};

struct listed {
	struct stat st; /* lstat */
	uint64_t mount;
	struct place to; /* what a link leads to inside the root */
	mode_t to_mode;	 /* 0: nothing, or not asked */
	bool known, followed;
	bool gone; /* listed, but not there when it was looked at */
};

struct listing {
	struct place place;
	size_t n;
	const char **names;  /* sorted */
	char *text;	     /* that names point into */
	struct listed *kept; /* of each name; NULL: nobody remembers */
	struct listing *next;
};

/* Lists the directory that fd (O_PATH or not) is; -E2BIG above max entries. */
int listing_read(int fd, const struct place *place, size_t max, struct listing **ret_listing);
void listing_free(struct listing *l);

/* statx of name in dirfd, or of dirfd itself ("") ; follows no link. */
int place_stat(int dirfd, const char *name, struct stat *ret_st, uint64_t *ret_mount);
static inline struct place place_of(const struct stat *st, uint64_t mount)
{
	return (struct place){st->st_dev, st->st_ino, mount};
}

/* The listings of one target. */
struct memory;
struct memory *memory_new(void);
void memory_free(struct memory *m);
/* NULL: none. m may be NULL. */
struct listing *memory_find(const struct memory *m, const struct place *place);
/* True: the listing is the memory's now, and gets room for what is learned of its entries. False:
 * it stays the caller's (the memory is full, or there is none). */
bool memory_keep(struct memory *m, struct listing *l);
