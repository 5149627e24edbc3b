/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files path, filename, filepath and behaviors select. The expectations are what oscap 1.3.7
 * collects on the same tree, except where the root is a boundary (the last rows).
 */
#include "adapters/regex.h"
#include "facts/facts.h"
#include "unit/engine/root.h"

enum { EQ = SW_OVAL_EQUALS, RE = SW_OVAL_PATTERN_MATCH, NE = SW_OVAL_NOT_EQUAL };

struct ent {
	const char *value; /* NULL: not given; "-": nil */
	int op;
};

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* op 0 is "equals" */
static const struct {
	struct ent filepath, path, filename;
	const char *recurse, *direction, *depth;
	const char *expected;
} rows[] = {
	{{"/usr/lib/l1"}, {0}, {0}, 0, 0, 0, "/usr/lib/l1"},
	{{"/usr/lib"}, {0}, {0}, 0, 0, 0, ""},
	{{"/usr/lib/dir-link"}, {0}, {0}, 0, 0, 0, ""},
	{{"/usr/lib/link"}, {0}, {0}, 0, 0, 0, "/usr/lib/link"},
	{{"/usr/lib/dangling"}, {0}, {0}, 0, 0, 0, "/usr/lib/dangling"},
	{{"^/usr/lib/l.*$", RE}, {0}, {0}, 0, 0, 0, "/usr/lib/l1 /usr/lib/link"},
	{{"l1$", RE}, {0}, {0}, 0, 0, 0, ""},
	{{0}, {"/usr/lib"}, {"-"}, 0, 0, 0, "/usr/lib"},
	{{0}, {"/lib"}, {"-"}, 0, 0, 0, "/lib"},
	{{0}, {"/lib"}, {"l1"}, 0, 0, 0, "/lib/l1"},
	{{0}, {"/usr/lib"}, {"d"}, 0, 0, 0, ""},
	{{0}, {"/usr/lib"}, {"dir-link"}, 0, 0, 0, "/usr/lib/dir-link"},
	{{0}, {"/usr/lib"}, {"d/f"}, 0, 0, 0, ""},
	{{0},
	 {"/usr/lib"},
	 {"l1", NE},
	 0,
	 0,
	 0,
	 "/usr/lib/dangling /usr/lib/dir-link /usr/lib/link"},
	{{0}, {"/usr/lib/l1"}, {".*", RE}, 0, 0, 0, ""},
	{{0}, {"/none"}, {".*", RE}, 0, "down", 0, ""},
	{{0},
	 {"/usr/lib"},
	 {"^f", RE},
	 0,
	 "down",
	 0,
	 "/usr/lib/d/e/f2 /usr/lib/d/f /usr/lib/dir-link/e/f2 /usr/lib/dir-link/f"},
	{{0}, {"/usr/lib"}, {"^f", RE}, "directories", "down", 0, "/usr/lib/d/e/f2 /usr/lib/d/f"},
	{{0}, {"/usr/lib"}, {"^f", RE}, 0, "down", "1", "/usr/lib/d/f /usr/lib/dir-link/f"},
	{{0}, {"/usr/lib"}, {"^f", RE}, 0, "down", "0", ""},
	{{0},
	 {"/usr/lib"},
	 {"-"},
	 0,
	 "down",
	 0,
	 "/usr/lib /usr/lib/d /usr/lib/d/e /usr/lib/dir-link /usr/lib/dir-link/e"},
	{{0}, {"/usr/lib"}, {"-"}, 0, "down", "1", "/usr/lib /usr/lib/d /usr/lib/dir-link"},
	{{0}, {"/usr/lib/d"}, {"-"}, 0, "up", 0, "/usr/lib/d /usr/lib /usr /"},
	{{0}, {"/usr/lib/d"}, {"l1"}, 0, "up", "1", "/usr/lib/l1"},
	{{0}, {"^/usr/lib/(d|dir-link)$", RE}, {"f"}, 0, 0, 0, "/usr/lib/d/f /usr/lib/dir-link/f"},
	{{0}, {"^/usr/li?b?/d$", RE}, {"-"}, 0, 0, 0, "/usr/lib/d"},
	{{0}, {"/usr/lib/d/up"}, {"l1"}, 0, 0, 0, "/usr/lib/d/up/l1"},
	/* the boundary: links that lead out of the root lead into it */
	{{0}, {"/out"}, {"passwd"}, 0, 0, 0, "/out/passwd"},
	{{0}, {"/climb"}, {"passwd"}, 0, 0, 0, "/climb/passwd"},
	{{0}, {"/out"}, {".*", RE}, 0, "down", 0, "/out/passwd"},
	{{"/out/hostname"}, {0}, {0}, 0, 0, 0, ""},
};

static int note(void *ctx, const struct sw_oval_item *item)
{
	struct sw_strbuf *sb = ctx;

	if (sb->len)
		sw_strbuf_addc(sb, ' ');
	item->class->describe(item, sb);
	return 0;
}

static size_t add(struct sw_query_entity *e, size_t n, const char *name, const struct ent *v)
{
	if (!v->value)
		return n;
	e[n] = (struct sw_query_entity){
		.name = name, .operation = v->op, .values = &v->value, .n_values = 1};
	if (!strcmp(v->value, "-")) {
		e[n].nil = true;
		e[n].n_values = 0;
	}
	return n + 1;
}

static size_t behave(struct sw_query_behavior *b, size_t n, const char *name, const char *value)
{
	if (value)
		b[n++] = (struct sw_query_behavior){name, value};
	return n;
}

static void make_tree(struct root *r)
{
	root_puts(r, "/usr/lib/l1", "");
	root_puts(r, "/usr/lib/d/f", "");
	root_puts(r, "/usr/lib/d/e/f2", "");
	root_link(r, "/usr/lib/link", "l1");
	root_link(r, "/usr/lib/dir-link", "d");
	root_link(r, "/usr/lib/dangling", "nowhere");
	root_link(r, "/usr/lib/d/up", "..");
	root_link(r, "/lib", "usr/lib");
	root_puts(r, "/etc/passwd", "");
	root_link(r, "/out", "/etc");
	root_link(r, "/climb", "../../../../../../etc");
}

static void test_selection(void **state)
{
	const struct sw_gatherer *file =
		sw_gatherer_find("http://oval.mitre.org/XMLSchema/oval-definitions-5#unix", "file");
	struct sw_regex_cache *cache = sw_regex_cache_new();
	struct root *r = *state;

	make_tree(r);
	assert_non_null(file);
	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++) {
		struct sw_query_entity e[3];
		struct sw_query_behavior b[3];
		struct sw_query q = {.entities = e, .behaviors = b};
		struct sw_strbuf found = {0};
		struct sw_gather g = {
			.target = r->t, .query = &q, .regexes = cache, .emit = note, .ctx = &found};

		q.n_entities = add(e, q.n_entities, "filepath", &rows[i].filepath);
		q.n_entities = add(e, q.n_entities, "path", &rows[i].path);
		q.n_entities = add(e, q.n_entities, "filename", &rows[i].filename);
		q.n_behaviors = behave(b, q.n_behaviors, "recurse", rows[i].recurse);
		q.n_behaviors = behave(b, q.n_behaviors, "recurse_direction", rows[i].direction);
		q.n_behaviors = behave(b, q.n_behaviors, "max_depth", rows[i].depth);
		assert_int_equal(file->gather(&g), 0);
		if (strcmp(sw_strbuf_str(&found), rows[i].expected) ||
		    g.flag != SW_OVAL_FLAG_COMPLETE)
			fail_msg("row %zu: \"%s\", not \"%s\" (%s)", i, sw_strbuf_str(&found),
				 rows[i].expected, sw_strbuf_str(&g.reason));
		sw_strbuf_release(&found);
		sw_strbuf_release(&g.reason);
	}
	sw_regex_cache_free(cache);
}

static void test_registry(void **state)
{
	assert_null(sw_gatherer_find("urn:other#unix", "file"));
	assert_null(sw_gatherer_find("http://oval.mitre.org/XMLSchema/oval-definitions-5#linux",
				     "file"));
	assert_null(sw_gatherer_find("http://oval.mitre.org/XMLSchema/oval-definitions-5#unix",
				     "files"));
	assert_null(sw_gatherer_find("", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_selection, root_setup, root_teardown),
		cmocka_unit_test(test_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
