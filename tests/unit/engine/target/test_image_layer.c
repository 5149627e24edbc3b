/* SPDX-License-Identifier: Apache-2.0 */
/* Layers laid over each other: tables of entries and the tree they come to. */
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "target/image/index.h"
#include "unit/engine/unit.h"

struct row {
	char type; /* 0: the end; '-': the next layer */
	const char *name, *link;
	uint64_t size; /* marks whose content a name has */
};

#define TO(t, n, l)                                                                                \
	{                                                                                          \
		.type = (t), .name = (n), .link = (l)                                              \
	}
#define N(t, n)                                                                                    \
	{                                                                                          \
		.type = (t), .name = (n)                                                           \
	}
#define F(n, s)                                                                                    \
	{                                                                                          \
		.type = 'f', .name = (n), .size = (s)                                              \
	}
#define NEXT                                                                                       \
	{                                                                                          \
		.type = '-'                                                                        \
	}
#define END                                                                                        \
	{                                                                                          \
		.type = 0                                                                          \
	}

static void add_rows(struct index *x, const struct row *rows, int *ret_rc, struct sw_error *err)
{
	struct layer_tree layer;
	uint32_t number = 0, object;
	int rc = layer_new(x, number, &layer, err);

	for (; rc == 0 && rows->type; rows++) {
		struct tar_entry e = {.name = (char *)rows->name,
				      .link = (char *)(rows->link ? rows->link : ""),
				      .type = rows->type,
				      .mode = 0755,
				      .size = rows->size};

		if (rows->type != '-') {
			rc = layer_add(x, &layer, &e, &object, err);
			continue;
		}
		rc = layer_merge(x, &layer, err);
		layer_release(&layer);
		if (rc == 0)
			rc = layer_new(x, ++number, &layer, err);
	}
	if (rc == 0)
		rc = layer_merge(x, &layer, err);
	if (rc == 0)
		rc = index_finish(x, err);
	layer_release(&layer);
	*ret_rc = rc;
}

/* "a d/ d/x=5 l@ " of a directory and all below. */
static void show(const struct index *x, uint32_t dir, const char *prefix, char *ret, size_t size)
{
	for (uint32_t c = index_node(x, dir)->child; c; c = index_node(x, c)->next) {
		const struct object *o = index_object_of(x, c);
		char path[256];
		size_t used = strlen(ret);

		snprintf(path, sizeof(path), "%s%s", prefix, index_text(x, index_node(x, c)->name));
		if (S_ISREG(o->mode))
			snprintf(ret + used, size - used, "%s=%d ", path, (int)o->size);
		else
			snprintf(ret + used, size - used, "%s%s ", path,
				 S_ISDIR(o->mode)   ? "/"
				 : S_ISLNK(o->mode) ? "@"
						    : "!");
		strcat(path, "/");
		if (S_ISDIR(o->mode))
			show(x, c, path, ret, size);
	}
}

static const struct {
	const char *name;
	struct row rows[12];
	const char *want; /* the tree, or what the error says */
	int rc;
} tables[] = {
	{"sorted, implied directories", {F("b", 1), F("./a//x/y", 2)}, "a/ a/x/ a/x/y=2 b=1 ", 0},
	{"last entry wins",
	 {F("a", 1), N('d', "a"), F("a/x", 2), F("b", 3), F("b", 4)},
	 "a/ a/x=2 b=4 ",
	 0},
	{"directory twice is merged", {N('d', "a"), F("a/x", 1), N('d', "a/")}, "a/ a/x=1 ", 0},
	{"file over directory over file",
	 {N('d', "a"), F("a/x", 1), NEXT, F("a", 2), NEXT, N('d', "a")},
	 "a/ ",
	 0},
	{"whiteout", {F("a", 1), F("b", 1), NEXT, N('f', ".wh.a")}, "b=1 ", 0},
	{"whiteout of what is not there",
	 {F("b", 1), NEXT, N('f', ".wh.a"), N('f', "n/.wh.m")},
	 "b=1 n/ ",
	 0},
	{"whiteout hides lower layers only, in any order",
	 {N('d', "d"), F("d/old", 1), NEXT, N('d', "d"), F("d/new", 2), N('f', ".wh.d")},
	 "d/ d/new=2 ",
	 0},
	{"whiteout stays one for later layers",
	 {F("a", 1), NEXT, N('f', ".wh.a"), NEXT, F("a", 2), NEXT, F("b", 3)},
	 "a=2 b=3 ",
	 0},
	{"opaque, in any order",
	 {F("d/old", 1), F("d/s/old", 1), NEXT, F("d/s/new", 2), N('f', "d/.wh..wh..opq")},
	 "d/ d/s/ d/s/new=2 ",
	 0},
	{"AUFS's own files",
	 {F(".wh..wh.plnk/1", 1), N('f', ".wh..wh.aufs"), F("a", 1)},
	 ".wh..wh.plnk/ .wh..wh.plnk/1=1 a=1 ",
	 0},
	{"whiteout inside a new directory",
	 {F("x", 1), NEXT, N('d', "n"), N('f', "n/.wh.gone"), F("n/a", 2)},
	 "n/ n/a=2 x=1 ",
	 0},
	{"link of this layer is followed",
	 {N('d', "e"), TO('l', "l", "/e"), F("l/x", 1), TO('l', "m", "../../../e"), F("m/y", 2)},
	 "e/ e/x=1 e/y=2 l@ m@ ",
	 0},
	{"link of a lower layer is replaced",
	 {N('d', "e"), TO('l', "l", "e"), NEXT, F("l/x", 1)},
	 "e/ l/ l/x=1 ",
	 0},
	{"hard link in a layer", {F("a", 1), TO('h', "b", "/a"), F("a", 2)}, "a=2 b=1 ", 0},
	{"hard link to a lower layer",
	 {F("a", 1), NEXT, TO('h', "b", "a"), TO('h', "c", "./b"), F("a", 2)},
	 "a=2 b=1 c=1 ",
	 0},
	{"hard link to a whited-out name",
	 {F("a", 1), NEXT, N('f', ".wh.a"), TO('h', "b", "a")},
	 "b=1 ",
	 0},
	{"hard link to itself", {F("a", 1), TO('h', "a", "a")}, "a=1 ", 0},
	{"hard link to a link", {TO('l', "l", "/etc/shadow"), TO('h', "b", "l")}, "b@ l@ ", 0},
	{"devices", {N('c', "c"), N('b', "b"), N('p', "p")}, "b! c! p! ", 0},
	{"the root itself", {N('d', "./"), F("a", 1)}, "a=1 ", 0},
	{"climbing inside is cleaned", {F("a/../b", 1)}, "b=1 ", 0},
	{"climbing out", {F("a/../../b", 1)}, "climbs out of the root", -EBADMSG},
	{"hard link that climbs out", {TO('h', "a", "../a")}, "climbs out of the root", -EBADMSG},
	{"hard link to nothing", {TO('h', "a", "b")}, "a hard link to b: No such file", -EBADMSG},
	{"hard link to a directory",
	 {N('d', "d"), TO('h', "a", "d")},
	 "hard link to a directory",
	 -EBADMSG},
	{"file in the way", {F("a", 1), F("a/b", 1)}, "Not a directory", -ENOTDIR},
	{"link to itself in the way", {TO('l', "a", "a"), F("a/b", 1)}, "Too many levels", -ELOOP},
	{"whiteout of the directory itself",
	 {N('f', "d/.wh..")},
	 "a whiteout of no name",
	 -EBADMSG},
	{"root that is a file", {N('f', ".")}, "the root is no directory", -EBADMSG},
	{"unknown type", {N('Z', "a")}, "unknown type", -ENOTSUP},
};

static void test_layers(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(tables); i++) {
		struct sw_error err = {0};
		struct index *x = index_new(&err);
		char tree[1024] = "";
		int rc;

		assert_non_null(x);
		add_rows(x, tables[i].rows, &rc, &err);
		if (rc == 0)
			show(x, x->root, "", tree, sizeof(tree));
		if (rc != tables[i].rc ||
		    (rc ? !strstr(err.text, tables[i].want) : strcmp(tree, tables[i].want)))
			fail_msg("%s: %d \"%s\" %s", tables[i].name, rc, tree, err.text);
		index_free(x);
	}
}

/* Path, flags, and the object's size it leads to or the error. */
static const struct {
	const char *path;
	unsigned flags;
	int64_t want;
} ways[] = {
	{"/e/x", 0, 1},
	{"e//./x", 0, 1},
	{"/l/x", 0, 1},
	{"/../../l/../e/x", 0, 1},
	{"/abs/x", 0, 1},
	{"/up", 0, 1},
	{"/up", RESOLVE_NOFOLLOW, 20},
	{"/e/x/", 0, -ENOTDIR},
	{"/e/x/..", 0, -ENOTDIR},
	{"/none", 0, -ENOENT},
	{"/dangling", 0, -ENOENT},
	{"/loop", 0, -ELOOP},
	{"/loop", RESOLVE_NOFOLLOW, 4},
	{"/loop/", RESOLVE_NOFOLLOW, -ELOOP},
};

static void test_resolve(void **state)
{
	static const struct row rows[] = {
		N('d', "e"),
		F("e/x", 1),
		TO('l', "l", "e/"),
		TO('l', "abs", "/l"),
		TO('l', "up", "../../../../../l/./x"),
		TO('l', "dangling", "/none"),
		TO('l', "loop", "loop"),
		END,
	};
	struct sw_error err = {0};
	struct index *x = index_new(&err);
	char longer[SW_LIMIT_PATH + 2];
	uint32_t n;
	int rc;

	add_rows(x, rows, &rc, &err);
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < SW_ARRAY_LEN(ways); i++) {
		rc = index_resolve(x, x->root, ways[i].path, ways[i].flags, &n);
		if (ways[i].want < 0 ? rc != ways[i].want
				     : rc || (int64_t)index_object_of(x, n)->size != ways[i].want)
			fail_msg("%s: %d", ways[i].path, rc);
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(index_resolve(x, x->root, longer, 0, &n), -ENAMETOOLONG);
	assert_int_equal(index_resolve(x, x->root, longer + SW_LIMIT_PATH - 300, 0, &n),
			 -ENAMETOOLONG);
	assert_int_equal(index_resolve(x, x->root, "", 0, &n), 0);
	assert_int_equal(n, x->root);
	index_free(x);
}

static void test_links_counted(void **state)
{
	static const struct row rows[] = {
		F("a", 1),	   TO('h', "b", "a"),
		TO('h', "c", "a"), N('d', "d"),
		N('d', "d/e"),	   NEXT,
		N('f', ".wh.b"),   END,
	};
	struct sw_error err = {0};
	struct index *x = index_new(&err);
	uint32_t n;
	int rc;

	add_rows(x, rows, &rc, &err);
	assert_int_equal(rc, 0);
	assert_int_equal(index_resolve(x, x->root, "a", 0, &n), 0);
	assert_int_equal(index_object_of(x, n)->nlink, 2);
	assert_int_equal(index_resolve(x, x->root, "d", 0, &n), 0);
	assert_int_equal(index_object_of(x, n)->nlink, 3);
	assert_int_equal(index_object_of(x, x->root)->nlink, 3);
	index_free(x);
}

/* Ten thousand names in one directory, of which every second goes again. */
static void test_many(void **state)
{
	struct sw_error err = {0};
	struct index *x = index_new(&err);
	struct layer_tree layer;
	uint32_t object, n;
	char name[32];

	for (uint32_t l = 0; l < 2; l++) {
		assert_int_equal(layer_new(x, l, &layer, &err), 0);
		for (int i = 0; i < 10000; i += (int)l + 1) {
			struct tar_entry e = {
				.name = name, .link = (char *)"", .type = 'f', .size = (uint64_t)i};

			snprintf(name, sizeof(name), "d/%s%d", l ? ".wh." : "", i);
			assert_int_equal(layer_add(x, &layer, &e, &object, &err), 0);
		}
		assert_int_equal(layer_merge(x, &layer, &err), 0);
		layer_release(&layer);
	}
	assert_int_equal(index_finish(x, &err), 0);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		assert_int_equal(index_resolve(x, x->root, name, 0, &n), i % 2 ? 0 : -ENOENT);
	}
	index_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_links_counted),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
