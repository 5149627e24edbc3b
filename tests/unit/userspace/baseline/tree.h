/* SPDX-License-Identifier: Apache-2.0 */
/* A small root directory for tests of baseline/: made in /tmp, removed at the end. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "baseline/private.h"
#include "event/event.h"
#include "stigwatch/error.h"
#include "stigwatch/target.h"

static char tree_root[64];

/* Removes a file or a whole directory of the tree. */
static inline void tree_remove(const char *path)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s%s", tree_root, path);
	assert_int_equal(system(command), 0);
}

static inline int tree_setup(void **state)
{
	strcpy(tree_root, "/tmp/sw-baseline-XXXXXX");
	if (!mkdtemp(tree_root) || chmod(tree_root, 0755) < 0)
		return -1;
	return 0;
}

static inline int tree_teardown(void **state)
{
	tree_remove("");
	return 0;
}

static inline const char *tree_path(const char *path)
{
	static char full[2][512];
	static int turn;

	turn ^= 1;
	snprintf(full[turn], sizeof(full[turn]), "%s%s", tree_root, path);
	return full[turn];
}

/* Makes the directories above, then the file. */
static inline void tree_file(const char *path, mode_t mode, const void *data, size_t len)
{
	char dirs[512];
	int fd;

	snprintf(dirs, sizeof(dirs), "%s", tree_path(path));
	for (char *p = dirs + strlen(tree_root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(dirs, 0755) < 0)
			assert_int_equal(errno, EEXIST);
	}
	fd = open(tree_path(path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline void tree_text(const char *path, mode_t mode, const char *text)
{
	tree_file(path, mode, text, strlen(text));
}

static inline void tree_link(const char *target, const char *path)
{
	assert_int_equal(symlink(target, tree_path(path)), 0);
}

/* A little ELF file: interp NULL for none; soname and pie as asked; salt makes the content unlike
 * others. */
struct tree_elf {
	uint16_t type;
	const char *interp;
	bool soname, pie;
	const char *salt;
};

static inline size_t tree_elf_bytes(const struct tree_elf *want, unsigned char *out, size_t size)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph[2];
		Elf64_Dyn dyn[3];
		char interp[64];
		char salt[64];
	} f = {0};
	int n = 0;

	memcpy(f.eh.e_ident, ELFMAG, SELFMAG);
	f.eh.e_ident[EI_CLASS] = ELFCLASS64;
	f.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	f.eh.e_type = want->type;
	f.eh.e_phoff = offsetof(typeof(f), ph);
	f.eh.e_phentsize = sizeof(Elf64_Phdr);
	if (want->interp) {
		f.ph[n++] = (Elf64_Phdr){.p_type = PT_INTERP,
					 .p_offset = offsetof(typeof(f), interp),
					 .p_filesz = strlen(want->interp) + 1};
		strcpy(f.interp, want->interp);
	}
	if (want->soname || want->pie) {
		int d = 0;

		f.ph[n++] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
					 .p_offset = offsetof(typeof(f), dyn),
					 .p_filesz = sizeof(f.dyn)};
		if (want->soname)
			f.dyn[d++].d_tag = DT_SONAME;
		if (want->pie)
			f.dyn[d++] = (Elf64_Dyn){.d_tag = DT_FLAGS_1, .d_un.d_val = DF_1_PIE};
	}
	f.eh.e_phnum = n;
	strcpy(f.salt, want->salt ?: "");
	assert_true(sizeof(f) <= size);
	memcpy(out, &f, sizeof(f));
	return sizeof(f);
}

static inline void tree_elf(const char *path, mode_t mode, struct tree_elf want)
{
	unsigned char bytes[1024];

	tree_file(path, mode, bytes, tree_elf_bytes(&want, bytes, sizeof(bytes)));
}

static inline struct sw_target *tree_target(void)
{
	struct sw_target *t = NULL;

	assert_int_equal(sw_target_open_dir(tree_root, SW_TARGET_DIR, &t, NULL), 0);
	return t;
}

static inline struct sw_baseline *tree_baseline(void)
{
	struct sw_target *t = tree_target();
	struct sw_baseline *b = NULL;
	struct sw_error err = {0};

	if (sw_baseline_build(t, &b, &err) < 0)
		fail_msg("%s", err.text);
	sw_target_free(t);
	return b;
}

static inline uint32_t tree_class(const struct sw_baseline *b, const char *path)
{
	const struct sw_baseline_entry *e = sw_baseline_find(b, path);

	if (!e)
		fail_msg("%s is not in the baseline", path);
	return e->classes;
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
