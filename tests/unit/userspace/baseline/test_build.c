/* SPDX-License-Identifier: Apache-2.0 */
/* baseline/build and classify: what a walk makes of a root. */
#include "tree.h"

#include <sys/xattr.h>

static void test_entries(void **state)
{
	const struct sw_baseline_entry *e;
	struct sw_baseline *b;

	tree_text("/etc/passwd", 0640, "root:x:0:0\n");
	tree_link("passwd", "/etc/link");
	assert_int_equal(mkfifo(tree_path("/etc/fifo"), 0600), 0);
	b = tree_baseline();
	assert_int_equal(sw_baseline_count(b), 5);
	assert_string_equal(sw_baseline_at(b, 0)->path, "/");
	assert_null(sw_baseline_at(b, 5));
	e = sw_baseline_find(b, "/etc/passwd");
	assert_int_equal(e->type, 'f');
	assert_int_equal(e->mode, 0640);
	assert_int_equal(e->size, 11);
	assert_int_equal(e->uid, geteuid());
	assert_string_equal(e->sha256,
			    "7cf1f940025c27c78e5e4a707519f0e06178702e6dc16722f3d48e13f5e60d9e");
	assert_int_equal(e->classes, SW_OBJ_DATA);
	assert_ptr_equal(sw_baseline_by_digest(b, e->sha256), e);
	assert_null(sw_baseline_by_digest(b, "00"));
	e = sw_baseline_find(b, "/etc/link");
	assert_int_equal(e->type, 'l');
	assert_string_equal(e->link, "passwd");
	assert_int_equal(e->classes, 0);
	assert_int_equal(sw_baseline_find(b, "/etc/fifo")->type, 'p');
	assert_string_equal(sw_baseline_identity(b, "target"), tree_root);
	assert_null(sw_baseline_identity(b, "image.digest"));
	sw_baseline_free(b);
}

static void test_digest_is_of_content_only(void **state)
{
	struct sw_baseline *a, *b;

	tree_text("/a", 0644, "one");
	a = tree_baseline();
	b = tree_baseline();
	assert_string_equal(sw_baseline_digest(a), sw_baseline_digest(b));
	assert_int_equal(strlen(sw_baseline_digest(a)), 64);
	sw_baseline_free(b);
	tree_text("/a", 0644, "two");
	b = tree_baseline();
	assert_string_not_equal(sw_baseline_digest(a), sw_baseline_digest(b));
	sw_baseline_free(a);
	sw_baseline_free(b);
}

static void test_classes_by_name_and_content(void **state)
{
	struct sw_baseline *b;

	tree_elf("/bin/bash", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "bash"});
	tree_elf("/opt/nginx", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "bash"});
	tree_elf("/opt/web", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "web"});
	tree_elf("/bin/weird", 0755, (struct tree_elf){ET_EXEC, NULL, false, false, "weird"});
	tree_link("weird", "/bin/sh");
	tree_text("/usr/bin/dnf-3", 0755, "#!/usr/bin/python3\n");
	tree_text("/usr/share/completions/apk", 0644, "complete apk\n");
	tree_file("/etc/empty-sh", 0755, "", 0);
	tree_text("/etc/apt", 0644, "");
	b = tree_baseline();
	assert_int_equal(tree_class(b, "/bin/bash"), SW_OBJ_SHELL | SW_OBJ_EXECUTABLE);
	assert_int_equal(tree_class(b, "/opt/nginx"), SW_OBJ_SHELL | SW_OBJ_EXECUTABLE);
	assert_int_equal(tree_class(b, "/opt/web"), SW_OBJ_EXECUTABLE);
	assert_int_equal(tree_class(b, "/bin/weird"), SW_OBJ_SHELL | SW_OBJ_EXECUTABLE);
	assert_int_equal(tree_class(b, "/bin/sh"), 0);
	assert_int_equal(tree_class(b, "/usr/bin/dnf-3"),
			 SW_OBJ_PACKAGE_MANAGER | SW_OBJ_EXECUTABLE);
	assert_int_equal(tree_class(b, "/usr/share/completions/apk"), SW_OBJ_DATA);
	assert_int_equal(tree_class(b, "/etc/empty-sh"), SW_OBJ_DATA);
	assert_int_equal(tree_class(b, "/etc/apt"), SW_OBJ_DATA);
	sw_baseline_free(b);
}

/* The marker may lie across two blocks of the reader: the applet binary is as large as the real
 * one. */
static void test_multicall(void **state)
{
	size_t size = 200 << 10;
	struct tree_elf want = {ET_EXEC, NULL, false, false, NULL};
	unsigned char *bytes = calloc(1, size);
	struct sw_baseline *b;

	tree_elf_bytes(&want, bytes, 1024);
	memcpy(bytes + (64 << 10) - 4, "BusyBox v1.36.1", 15);
	tree_file("/bin/box", 0755, bytes, size);
	assert_int_equal(link(tree_path("/bin/box"), tree_path("/bin/sh")), 0);
	assert_int_equal(link(tree_path("/bin/box"), tree_path("/bin/ls")), 0);
	memcpy(bytes, "text", 4);
	tree_file("/usr/share/doc/box", 0644, bytes, size);
	b = tree_baseline();
	assert_int_equal(tree_class(b, "/bin/box"), SW_OBJ_EXECUTABLE | SW_OBJ_MULTICALL);
	assert_int_equal(tree_class(b, "/bin/sh"), SW_OBJ_EXECUTABLE | SW_OBJ_MULTICALL);
	assert_int_equal(tree_class(b, "/bin/ls"), SW_OBJ_EXECUTABLE | SW_OBJ_MULTICALL);
	assert_int_equal(tree_class(b, "/usr/share/doc/box"), SW_OBJ_DATA);
	sw_baseline_free(b);
	free(bytes);
}

static void test_libraries_and_loaders(void **state)
{
	struct sw_baseline *b;

	tree_elf("/lib/libc.so.6", 0644, (struct tree_elf){ET_DYN, NULL, true, false, "c"});
	tree_elf("/lib/plugin.bin", 0644, (struct tree_elf){ET_DYN, NULL, false, false, "p"});
	tree_elf("/lib/ld-linux-x86-64.so.2", 0755,
		 (struct tree_elf){ET_DYN, NULL, true, false, "ld"});
	tree_elf("/opt/my-loader", 0755, (struct tree_elf){ET_DYN, NULL, true, false, "my"});
	tree_elf("/bin/odd", 0644,
		 (struct tree_elf){ET_DYN, "/opt/../opt/my-loader", false, true, "odd"});
	tree_text("/lib/libm.so", 0644, "/* GNU ld script */\n");
	b = tree_baseline();
	assert_int_equal(tree_class(b, "/lib/libc.so.6"), SW_OBJ_LIBRARY);
	assert_int_equal(tree_class(b, "/lib/plugin.bin"), SW_OBJ_LIBRARY);
	assert_int_equal(tree_class(b, "/lib/ld-linux-x86-64.so.2"),
			 SW_OBJ_LOADER | SW_OBJ_LIBRARY | SW_OBJ_EXECUTABLE);
	assert_int_equal(tree_class(b, "/opt/my-loader"),
			 SW_OBJ_LOADER | SW_OBJ_LIBRARY | SW_OBJ_EXECUTABLE);
	assert_int_equal(tree_class(b, "/bin/odd"), SW_OBJ_EXECUTABLE); /* the loader starts it */
	assert_int_equal(tree_class(b, "/lib/libm.so"), SW_OBJ_DATA);
	sw_baseline_free(b);
}

static void test_package_databases(void **state)
{
	struct sw_baseline *b;

	tree_text("/lib/apk/db/installed", 0644, "P:musl\n");
	tree_text("/var/lib/dpkg/info/a.postinst", 0755, "#!/bin/sh\n");
	b = tree_baseline();
	assert_int_equal(tree_class(b, "/lib/apk/db"), SW_OBJ_PKGDB);
	assert_int_equal(tree_class(b, "/lib/apk/db/installed"), SW_OBJ_PKGDB);
	assert_int_equal(tree_class(b, "/lib/apk"), 0);
	assert_int_equal(tree_class(b, "/var/lib/dpkg/info/a.postinst"),
			 SW_OBJ_PKGDB | SW_OBJ_EXECUTABLE);
	sw_baseline_free(b);
}

static void test_capabilities(void **state)
{
	static const unsigned char cap[20] = {1, 0, 0, 2, 0, 0x20};
	struct sw_baseline *b;

	tree_text("/bin/ping", 0755, "x");
	if (setxattr(tree_path("/bin/ping"), "security.capability", cap, sizeof(cap), 0) < 0)
		skip();
	b = tree_baseline();
	assert_string_equal(sw_baseline_find(b, "/bin/ping")->caps,
			    "0100000200200000000000000000000000000000");
	sw_baseline_free(b);
}

static void test_empty_target(void **state)
{
	struct sw_target *t = tree_target();
	struct sw_baseline *b = NULL;
	struct sw_error err = {0};

	assert_int_equal(sw_baseline_build(t, &b, &err), -ENODATA);
	assert_null(b);
	assert_non_null(strstr(err.text, "holds no files"));
	sw_target_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_entries),
		TREE_TEST(test_digest_is_of_content_only),
		TREE_TEST(test_classes_by_name_and_content),
		TREE_TEST(test_multicall),
		TREE_TEST(test_libraries_and_loaders),
		TREE_TEST(test_package_databases),
		TREE_TEST(test_capabilities),
		TREE_TEST(test_empty_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
