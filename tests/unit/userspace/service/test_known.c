/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that the kernel is given: whatever path is used from whatever directory, what the judge
 * finds to be of a class must have one of them in it. The kernel's way of looking is written out
 * here once more (bpf/lib/known.h); the live tests show that the kernel has it.
 */
#include "unit/userspace/baseline/tree.h"

#include "service/internal.h"

static struct sw_baseline *b;
static struct sw_known_name *names;
static size_t n_names;

static void add(char type, const char *path, uint32_t classes, const char *link)
{
	struct sw_baseline_entry e = {.type = type, .path = strdup(path), .classes = classes};

	e.link = link ? strdup(link) : NULL;
	assert_int_equal(sw_baseline_add(b, &e), 0);
}

static int setup(void **state)
{
	b = calloc(1, sizeof(*b));
	add('d', "/", 0, NULL);
	add('d', "/usr", 0, NULL);
	add('d', "/usr/bin", 0, NULL);
	add('f', "/usr/bin/dash", SW_OBJ_EXECUTABLE | SW_OBJ_SHELL, NULL);
	add('l', "/usr/bin/sh", 0, "dash");
	add('l', "/bin", 0, "usr/bin");
	add('d', "/srv", 0, NULL);
	add('f', "/srv/page", SW_OBJ_DATA, NULL);
	add('d', "/lib", 0, NULL);
	add('d', "/lib/apk", 0, NULL);
	add('d', "/lib/apk/db", SW_OBJ_PKGDB, NULL);
	add('f', "/lib/apk/db/installed", SW_OBJ_PKGDB, NULL);
	add('l', "/packages", 0, "lib/apk/db");
	assert_int_equal(sw_baseline_index(b), 0);
	assert_int_equal(known_names(b, &names, &n_names), 0);
	return 0;
}

static int teardown(void **state)
{
	free(names);
	sw_baseline_free(b);
	return 0;
}

static uint32_t bits_of(const char *name, size_t len)
{
	for (size_t i = 0; i < n_names; i++)
		if (names[i].hash == sw_name_hash(name, len))
			return names[i].bits;
	return 0;
}

/* As the kernel looks: last is what the last component is looked up for. */
static bool matters(const char *path, uint32_t last)
{
	for (;; path++) {
		size_t len = strcspn(path, "/");
		uint32_t want = path[len] ? SW_KNOWN_DIR : last;

		if (len ? bits_of(path, len) & want : want == SW_KNOWN_LEAF)
			return true;
		path += len;
		if (!*path)
			return false;
	}
}

static const char *const parts[] = {"usr", "bin", "dash", "sh",	       "srv",	   "page",
				    "lib", "apk", "db",	  "installed", "packages", "tmp",
				    ".",   "..",  "",	  "var",       "dpkg"};
#define N_PARTS SW_ARRAY_LEN(parts)
static const char *const dirs[] = {
	"/",	"/usr/bin",	 "/tmp/x",   "/lib/apk/db", "/lib/apk/db/made",
	"/lib", "/var/lib/dpkg", "/packages"};
static const struct {
	enum sw_file_op op;
	int side;
} ops[] = {
	{SW_FILE_UNLINK, 0}, {SW_FILE_RENAME, 0}, {SW_FILE_RENAME, 1}, {SW_FILE_CHMOD, 0},
	{SW_FILE_MKDIR, 0},  {SW_FILE_XATTR, 0},  {SW_FILE_LINK, 1},
};

static void put(struct sw_string *s, const char *text, enum sw_trust trust)
{
	snprintf(s->s, sizeof(s->s), "%s", text);
	s->len = (uint16_t)strlen(text);
	s->trust = trust;
}

/* The classes that some rule is about, of a name used in a directory. */
static uint32_t judged(struct watch *w, size_t op, const char *dir, const char *name)
{
	static struct sw_event ev;
	static struct object_view view;

	ev.type = SW_EVENT_FILE;
	ev.file_op = ops[op].op;
	ev.path_form = true;
	put(ops[op].side ? &ev.dir2 : &ev.dir, dir, SW_TRUST_KERNEL);
	put(ops[op].side ? &ev.name2 : &ev.name, name, SW_TRUST_USER);
	return object_of_file(w, &ev, ops[op].side, &view)
		       ? view.obj.class_bits & ~(uint32_t)SW_OBJ_DATA
		       : 0;
}

static void test_nothing_is_left_out(void **state)
{
	struct prep prep = {.baseline = b};
	struct watch w = {.prep = &prep};
	size_t counted = 0, filtered = 0;

	for (size_t d = 0; d < SW_ARRAY_LEN(dirs); d++)
		for (size_t i = 0; i < N_PARTS * N_PARTS * N_PARTS * 2; i++) {
			bool absolute = i & 1;
			char name[128];

			snprintf(name, sizeof(name), "%s%s/%s/%s", absolute ? "/" : "",
				 parts[i / 2 % N_PARTS], parts[i / 2 / N_PARTS % N_PARTS],
				 parts[i / 2 / N_PARTS / N_PARTS]);
			bool told = matters(name, SW_KNOWN_LEAF) ||
				    (!absolute && name[0] != '/' && matters(dirs[d], SW_KNOWN_DIR));

			filtered += !told;
			for (size_t op = 0; op < SW_ARRAY_LEN(ops); op++) {
				uint32_t classes = judged(&w, op, dirs[d], name);

				counted += classes != 0;
				if (classes && !told)
					fail_msg("%s in %s: %s of class %#x would not be told of",
						 name, dirs[d], sw_file_op_str(ops[op].op),
						 classes);
			}
		}
	assert_true(counted > 1000 && filtered > 1000);
}

static void test_what_is_known(void **state)
{
	const uint32_t leaf = SW_KNOWN_LEAF, both = SW_KNOWN_LEAF | SW_KNOWN_DIR;

	assert_int_equal(bits_of("dash", 4), leaf);
	assert_int_equal(bits_of("usr", 3), leaf); /* moving it moves what is in it */
	assert_int_equal(bits_of("sh", 2), both);
	assert_int_equal(bits_of("bin", 3), both);
	assert_int_equal(bits_of("db", 2), both);
	assert_int_equal(bits_of("installed", 9), leaf);
	assert_int_equal(bits_of("packages", 8), both);
	assert_int_equal(bits_of("dpkg", 4), both); /* also where the image has none */
	assert_int_equal(bits_of("page", 4), 0);
	assert_int_equal(bits_of("srv", 3), 0);
	for (size_t i = 1; i < n_names; i++)
		assert_true(names[i - 1].hash < names[i].hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_known, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
