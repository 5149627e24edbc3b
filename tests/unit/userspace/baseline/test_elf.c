/* SPDX-License-Identifier: Apache-2.0 */
/* baseline/elf: kinds, and files that lie about themselves. */
#include "tree.h"

#include <sys/mman.h>

static struct sw_elf read_bytes(const void *data, size_t len)
{
	struct sw_elf elf;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	sw_elf_read(fd, &elf);
	close(fd);
	return elf;
}

static void test_kinds(void **state)
{
	static const struct {
		struct tree_elf elf;
		enum sw_elf_kind kind;
	} cases[] = {
		{{.type = ET_EXEC}, SW_ELF_EXECUTABLE},
		{{.type = ET_DYN, .interp = "/lib/ld.so"}, SW_ELF_EXECUTABLE},
		{{.type = ET_DYN, .pie = true}, SW_ELF_EXECUTABLE},
		{{.type = ET_DYN, .soname = true}, SW_ELF_LIBRARY},
		{{.type = ET_DYN}, SW_ELF_LIBRARY},
		{{.type = ET_DYN, .interp = "/lib/ld.so", .soname = true}, SW_ELF_BOTH},
		{{.type = ET_REL}, SW_ELF_OTHER},
		{{.type = ET_CORE}, SW_ELF_OTHER},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		unsigned char bytes[1024];
		size_t len = tree_elf_bytes(&cases[i].elf, bytes, sizeof(bytes));
		struct sw_elf elf = read_bytes(bytes, len);

		assert_int_equal(elf.kind, cases[i].kind);
		assert_string_equal(elf.interp, cases[i].elf.interp ?: "");
	}
}

static void test_own_program(void **state)
{
	struct sw_elf elf;
	int fd = open("/proc/self/exe", O_RDONLY);

	assert_true(fd >= 0);
	sw_elf_read(fd, &elf);
	close(fd);
	assert_int_equal(elf.kind, SW_ELF_EXECUTABLE);
	assert_non_null(strstr(elf.interp, "/ld"));
}

/* Every cut and every changed byte must end without a crash or a hang; the sanitizers watch. */
static void test_broken(void **state)
{
	const struct tree_elf want = {ET_DYN, "/lib/ld.so", true, true, NULL};
	unsigned char bytes[1024];
	size_t len = tree_elf_bytes(&want, bytes, sizeof(bytes));

	for (size_t i = 0; i < len; i++) {
		struct sw_elf elf = read_bytes(bytes, i);
		unsigned char old = bytes[i];

		if (i < sizeof(Elf64_Ehdr))
			assert_int_equal(elf.kind, SW_ELF_NONE);
		bytes[i] = 0xff;
		read_bytes(bytes, len);
		bytes[i] = old;
	}
	memset(bytes + offsetof(Elf64_Ehdr, e_phoff), 0xff, 8);
	assert_int_equal(read_bytes(bytes, len).kind,
			 SW_ELF_LIBRARY); /* nothing readable says more */
}

static void test_not_elf(void **state)
{
	assert_int_equal(read_bytes("", 0).kind, SW_ELF_NONE);
	assert_int_equal(read_bytes("#!/bin/sh\n", 10).kind, SW_ELF_NONE);
	assert_int_equal(read_bytes("\177ELF", 4).kind, SW_ELF_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_own_program),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_not_elf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
