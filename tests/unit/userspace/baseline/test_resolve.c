/* SPDX-License-Identifier: Apache-2.0 */
/* baseline/resolve: paths through the baseline's own symlinks, as a table. */
#include "tree.h"

static struct sw_baseline *b;

static void add(char type, const char *path, const char *link)
{
	struct sw_baseline_entry e = {.type = type, .path = strdup(path)};

	e.link = link ? strdup(link) : NULL;
	assert_int_equal(sw_baseline_add(b, &e), 0);
}

static int setup(void **state)
{
	char name[32], next[32];

	b = calloc(1, sizeof(*b));
	add('d', "/", NULL);
	add('d', "/usr", NULL);
	add('d', "/usr/bin", NULL);
	add('f', "/usr/bin/dash", NULL);
	add('l', "/usr/bin/sh", "dash");
	add('l', "/bin", "usr/bin");
	add('l', "/abs", "/usr/bin");
	add('l', "/climb", "../../../../usr/./bin//");
	add('l', "/self", "self");
	add('l', "/a", "b");
	add('l', "/b", "a");
	add('l', "/dangling", "/none");
	add('l', "/bomb", "bomb/bomb/bomb/bomb");
	add('l', "/file-as-dir", "/usr/bin/dash/x");
	add('f', "/data", NULL);
	for (int i = 0; i < 45; i++) {
		snprintf(name, sizeof(name), "/chain%02d", i);
		snprintf(next, sizeof(next), i == 44 ? "/data" : "chain%02d", i + 1);
		add('l', name, next);
	}
	return sw_baseline_index(b);
}

static int teardown(void **state)
{
	sw_baseline_free(b);
	return 0;
}

static const struct {
	const char *path;
	bool follow;
	const char *found; /* NULL: none */
} cases[] = {
	{"/", true, "/"},
	{"", true, "/"},
	{"///", false, "/"},
	{"/..", true, "/"},
	{"/usr/bin/dash", false, "/usr/bin/dash"},
	{"usr/bin/dash", false, "/usr/bin/dash"},
	{"//usr//./bin/../bin/dash", false, "/usr/bin/dash"},
	{"/usr/bin/sh", false, "/usr/bin/sh"},
	{"/usr/bin/sh", true, "/usr/bin/dash"},
	{"/bin/sh", false, "/usr/bin/sh"},
	{"/bin/sh", true, "/usr/bin/dash"},
	{"/abs/sh", true, "/usr/bin/dash"},
	{"/climb/dash", false, "/usr/bin/dash"},
	{"/bin", false, "/bin"},
	{"/bin/", false, "/usr/bin"},
	{"/bin/.", false, "/usr/bin"},
	{"/bin/..", false, "/usr"}, /* of where the link leads */
	{"/usr/bin/dash/", false, NULL},
	{"/usr/bin/dash/..", false, NULL},
	{"/usr/bin/none", true, NULL},
	{"/none/../usr/bin/dash", true, NULL},
	{"/self", true, NULL},
	{"/self", false, "/self"},
	{"/self/x", false, NULL},
	{"/a", true, NULL},
	{"/a/x", false, NULL},
	{"/dangling", true, NULL},
	{"/dangling", false, "/dangling"},
	{"/bomb", true, NULL},
	{"/file-as-dir", true, NULL},
	{"/chain00", true, NULL},    /* 45 links */
	{"/chain05", true, "/data"}, /* 40 */
	{"/chain04", true, NULL},
	{"../../etc/passwd", true, NULL},
};

static void test_cases(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		const struct sw_baseline_entry *e =
			sw_baseline_resolve(b, cases[i].path, cases[i].follow);

		if (!e != !cases[i].found || (e && strcmp(e->path, cases[i].found) != 0))
			fail_msg("%s: %s", cases[i].path, e ? e->path : "none");
	}
}

static void test_long_paths(void **state)
{
	static char path[20000];

	memset(path, '/', sizeof(path) - 1);
	assert_null(sw_baseline_resolve(b, path, true));
	memset(path, 'a', sizeof(path) - 1);
	assert_null(sw_baseline_resolve(b, path, true));
	path[4095] = '\0';
	assert_null(sw_baseline_resolve(b, path, true));
	for (size_t i = 0; i < 4092; i += 4)
		memcpy(path + i, "/bin", 4);
	path[4092] = '\0';
	assert_null(sw_baseline_resolve(b, path, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_paths),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
