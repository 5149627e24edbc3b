/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux-def:selinuxsecuritycontext: the label that a file of the target carries, of a link that of
 * what it leads to. A target runs no processes, so those asked for by pid are none.
 */
#include "base/base.h"
#include "facts/find.h"
#include "facts/read.h"

#define ATTRIBUTE "security.selinux"
#define MAX_LABEL 4096 /* the kernel's are below a page */

/* "user:role:type[:low[:categories][-high[:categories]]]", cut up in place. */
struct label {
	char text[MAX_LABEL + 1];
	const char *user, *role, *type;
	const char *low, *low_category, *high, *high_category; /* NULL: none */
};

static char *cut(char *s, char at)
{
	char *end = s ? strchr(s, at) : NULL;

	if (end)
		*end++ = '\0';
	return end;
}

static bool parse(struct label *l)
{
	char *role = cut(l->text, ':'), *type = cut(role, ':'), *level = cut(type, ':');
	char *high = cut(level, '-');

	l->user = l->text;
	l->role = role;
	l->type = type;
	l->low_category = cut(level, ':');
	l->low = level;
	l->high_category = cut(high, ':');
	l->high = high;
	return type;
}

static int emit_label(struct sw_gather *g, const struct sw_found *found, const struct label *l)
{
	const struct sw_oval_pair all[] = {
		{"filepath", found->filename ? found->filepath : NULL},
		{"path", found->path},
		{"filename", found->filename},
		{"user", l->user},
		{"role", l->role},
		{"type", l->type},
		{"low_sensitivity", l->low},
		{"low_category", l->low_category},
		{"high_sensitivity", l->high},
		{"high_category", l->high_category},
		{"rawlow_sensitivity", l->low},
		{"rawlow_category", l->low_category},
		{"rawhigh_sensitivity", l->high},
		{"rawhigh_category", l->high_category},
	};
	struct sw_oval_pair pairs[SW_ARRAY_LEN(all)];
	struct sw_oval_pairs list = {found->filepath, pairs, 0};
	struct sw_oval_item item;

	for (size_t i = 0; i < SW_ARRAY_LEN(all); i++)
		if (i < 3 || all[i].value)
			pairs[list.n++] = all[i];
	item = sw_oval_item_from_pairs(&list);
	return g->emit(g->ctx, &item);
}

/* Files without a label are passed over, as OpenSCAP does. */
static int look_at(void *ctx, const struct sw_found *found)
{
	struct sw_gather *g = ctx;
	struct label l = {0};
	char end[SW_LIMIT_PATH];
	const char *path = found->filepath;
	ssize_t n;

	g->examined = true;
	if (S_ISLNK(found->st->st_mode)) {
		if (sw_canonical_path(g->target, path, end) < 0)
			return 0;
		path = end;
	}
	n = sw_target_getxattr(g->target, path, ATTRIBUTE, l.text, MAX_LABEL);
	if (n == -ENODATA || n == -EOPNOTSUPP || n == -ENOENT)
		return 0;
	if (n >= 0 && parse(&l))
		return emit_label(g, found, &l);
	sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "%s: %s", path,
			  n < 0 ? strerror((int)-n) : "its label is no SELinux context");
	return 0;
}

static int gather_labels(struct sw_gather *g)
{
	if (sw_query_entity(g->query, "pid")) {
		sw_gather_absent(g, "a process of the target");
		return 0;
	}
	return sw_find_files(g, look_at, g);
}

const struct sw_gatherer sw_gatherer_selinuxsecuritycontext = {
	.family = "linux",
	.type = "selinuxsecuritycontext",
	.gather = gather_labels,
};
