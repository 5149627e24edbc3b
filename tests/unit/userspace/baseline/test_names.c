/* SPDX-License-Identifier: Apache-2.0 */
/* baseline/names: the well-known names as a table. */
#include "tree.h"

static const struct {
	const char *name;
	uint32_t class;
} names[] = {
	{"sh", SW_OBJ_SHELL},
	{"-sh", SW_OBJ_SHELL},
	{"bash", SW_OBJ_SHELL},
	{"bash5.2", SW_OBJ_SHELL},
	{"ksh93", SW_OBJ_SHELL},
	{"zsh-5.9", SW_OBJ_SHELL},
	{"apk", SW_OBJ_PACKAGE_MANAGER},
	{"apt-get", SW_OBJ_PACKAGE_MANAGER},
	{"dnf-3", SW_OBJ_PACKAGE_MANAGER},
	{"dnf5", SW_OBJ_PACKAGE_MANAGER},
	{"pip3.11", SW_OBJ_PACKAGE_MANAGER},
	{"npm", SW_OBJ_PACKAGE_MANAGER},
	{"python", SW_OBJ_INTERPRETER},
	{"python3.12", SW_OBJ_INTERPRETER},
	{"perl5.36.0", SW_OBJ_INTERPRETER},
	{"busybox", SW_OBJ_MULTICALL},
	{"busybox-sh", SW_OBJ_SHELL},
	{"toybox-x86_64", SW_OBJ_MULTICALL},
	{"nginx", 0},
	{"shred", 0},
	{"bashful", 0},
	{"rc", 0},
	{"", 0},
	{"-", 0},
	{"3.11", 0},
	{"SH", 0},
};

static void test_names(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(names); i++) {
		if (sw_class_by_name(names[i].name) != names[i].class)
			fail_msg("%s: %x", names[i].name, sw_class_by_name(names[i].name));
	}
}

static void test_table_agrees_with_lookup(void **state)
{
	const char *name;
	uint32_t class;
	size_t i;

	for (i = 0; sw_class_name_at(i, &name, &class); i++) {
		assert_int_equal(sw_class_by_name(name), class);
		assert_true(class && !(class & (class - 1)));
		assert_true(strlen(name) < 32); /* an applet in the kernel's map */
	}
	assert_true(i > 60);
	assert_false(sw_class_name_at(SIZE_MAX, &name, &class));
}

static void test_paths(void **state)
{
	assert_int_equal(sw_class_by_path("/lib/apk/db"), SW_OBJ_PKGDB);
	assert_int_equal(sw_class_by_path("/lib/apk/db/installed"), SW_OBJ_PKGDB);
	assert_int_equal(sw_class_by_path("/var/lib/dpkg/status"), SW_OBJ_PKGDB);
	assert_int_equal(sw_class_by_path("/var/lib/rpm/rpmdb.sqlite"), SW_OBJ_PKGDB);
	assert_int_equal(sw_class_by_path("/lib/apk/database"), 0);
	assert_int_equal(sw_class_by_path("/srv/lib/apk/db"), 0);
	assert_int_equal(sw_class_by_path("/lib/apk"), 0);
}

static void test_class_strings(void **state)
{
	assert_string_equal(sw_class_str(SW_OBJ_PACKAGE_MANAGER), "package-manager");
	for (uint32_t bit = SW_OBJ_SHELL; bit <= SW_OBJ_DATA; bit <<= 1)
		assert_non_null(sw_class_str(bit));
	assert_null(sw_class_str(0));
	assert_null(sw_class_str(SW_OBJ_DATA << 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_table_agrees_with_lookup),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_class_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
