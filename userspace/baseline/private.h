/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of baseline/ share and nobody else includes (tests and fuzz targets excepted). */
#pragma once

#include <stdio.h>

#include "baseline/baseline.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"
#include "stigwatch/strbuf.h"

struct sw_target_file;
struct sw_walk_entry;

struct sw_pair {
	char *key, *value;
};

struct sw_baseline {
	struct sw_baseline_entry *entries; /* sorted by path, byte by byte; paths are unique */
	size_t n, cap;
	uint32_t *by_digest; /* regular files sorted by digest, then by path */
	size_t n_by_digest;
	struct sw_pair *identity; /* sorted by key; keys are unique */
	size_t n_identity, cap_identity;
	char digest[SW_SHA256_HEX];
};
SW_DEFINE_CLEANUP(struct sw_baseline *, baseline, sw_baseline_free)
#define _cleanup_baseline_ _cleanup_(sw_cleanup_baseline)

/* ---- baseline.c ---- */

void sw_baseline_entry_release(struct sw_baseline_entry *e);
/* Takes what e owns, also on failure. */
int sw_baseline_add(struct sw_baseline *b, struct sw_baseline_entry *e);
/* A key that is there already keeps its first value. */
int sw_baseline_add_identity(struct sw_baseline *b, const char *key, const char *value);
/* Sorts entries and makes the digest index. -EEXIST when a path is there twice. */
int sw_baseline_index(struct sw_baseline *b);
/* SHA-256 of the canonical lines. */
int sw_baseline_seal(struct sw_baseline *b);
const struct sw_baseline_entry *sw_baseline_find(const struct sw_baseline *b, const char *path);

/* ---- format.c: the canonical form; pure ---- */

void sw_baseline_format_entry(struct sw_strbuf *sb, const struct sw_baseline_entry *e);
void sw_baseline_format_header(struct sw_strbuf *sb, const struct sw_baseline *b);
/* Reads one line without its newline. A line that its own value would not be written as is an
 * error. */
int sw_baseline_parse_entry(const char *line, size_t len, struct sw_baseline_entry *ret_entry,
			    struct sw_error *err);
/* Fills identity and digest of an empty baseline. */
int sw_baseline_parse_header(const char *line, size_t len, struct sw_baseline *b,
			     uint64_t *ret_entries, struct sw_error *err);
/* Reads a whole baseline; name is for messages. */
int sw_baseline_read(FILE *f, const char *name, struct sw_baseline **ret_baseline,
		     struct sw_error *err);

/* ---- elf.c ---- */

enum sw_elf_kind {
	SW_ELF_NONE,	   /* not ELF, or broken */
	SW_ELF_EXECUTABLE, /* ET_EXEC, or ET_DYN with an interpreter or the PIE flag */
	SW_ELF_LIBRARY,	   /* ET_DYN without both */
	SW_ELF_BOTH,	   /* a library that can be started: interpreter and SONAME (libc.so.6) */
	SW_ELF_OTHER,	   /* relocatable, core */
};
struct sw_elf {
	enum sw_elf_kind kind;
	char interp[256]; /* PT_INTERP, or "" */
};
/* Reads by offset; the position of fd does not move. */
void sw_elf_read(int fd, struct sw_elf *ret_elf);
void sw_elf_read_file(const struct sw_target_file *file, struct sw_elf *ret_elf);

/* ---- content.c: one pass over one file ---- */

struct sw_content {
	char sha256[SW_SHA256_HEX];
	uint64_t size;
	bool script;	/* starts with "#!" */
	bool multicall; /* busybox, toybox */
	struct sw_elf elf;
};
/* Reads fd from its start to its end. Negative errno of read. */
int sw_content_read(int fd, struct sw_content *ret_content);
int sw_content_read_file(const struct sw_target_file *file, struct sw_content *ret_content);
/* security.capability in hex, or NULL when there is none. */
int sw_content_caps(int fd, char **ret_caps);
int sw_content_entry_caps(const struct sw_walk_entry *entry, char **ret_caps);

/* ---- classify.c ---- */

/* Class of a regular file from its own path, mode and content. */
uint32_t sw_classify_file(const char *path, uint32_t mode, const struct sw_content *c);
/* What needs the whole: symlinks named like shells, PT_INTERP, equal content. Indexes before it. */
void sw_classify_finish(struct sw_baseline *b, char *const *interps, size_t n_interps);

#define SW_OBJ_BY_NAME (SW_OBJ_SHELL | SW_OBJ_PACKAGE_MANAGER | SW_OBJ_INTERPRETER | SW_OBJ_LOADER)
#define SW_OBJ_CODE (SW_OBJ_BY_NAME | SW_OBJ_LIBRARY | SW_OBJ_EXECUTABLE | SW_OBJ_MULTICALL)

/* ---- status.c: one look at one object ---- */

struct sw_status {
	uint64_t ino, size, mnt_id; /* mnt_id 0: the kernel does not tell */
	uint32_t mode;		    /* with S_IFMT */
	uint32_t uid, gid;
	uint32_t dev_major, dev_minor;
	int64_t mtime_ns, ctime_ns;
};
int sw_status_fd(int fd, struct sw_status *ret_status);
int sw_status_at(int dirfd, const char *name, struct sw_status *ret_status);
/* Opens path itself (no link followed at the end) with O_PATH and looks. Returns the descriptor or
 * negative errno. */
int sw_status_open(struct sw_target *t, const char *path, struct sw_status *ret_status);
char sw_type_char(uint32_t mode);
/* "/proc", "/sys", "/dev" and what is below them. */
bool sw_path_is_virtual(const char *path);
