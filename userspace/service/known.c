/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names by which object_of_file finds what a rule judges. Each is one component of a path: of
 * an object with a class, of the directories above it (moving one moves it), of a symbolic link
 * (the last component may be followed, any other one is), of a directory that holds a package
 * database, where any name counts. A call that uses none of them is judged to be of no interest, so
 * the kernel need not tell of it (bpf/lib/known.h).
 */
#include "service/internal.h"

struct known {
	struct sw_known_name *names;
	size_t n, cap;
};

static int add(struct known *k, const char *name, size_t len, uint32_t bits)
{
	if (!len)
		return 0;
	if (SW_GROW(k->names, k->n, k->cap) < 0)
		return -ENOMEM;
	k->names[k->n++] = (struct sw_known_name){.hash = sw_name_hash(name, len), .bits = bits};
	return 0;
}

/* The last component gets last, those before it are of directories that something lies in. */
static int add_path(struct known *k, const char *path, uint32_t last)
{
	for (int rc; *path; path += strcspn(path, "/")) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		rc = add(k, path, len, path[len] ? SW_KNOWN_LEAF : last);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_entry(struct known *k, const struct sw_baseline_entry *e)
{
	const char *slash = strrchr(e->path, '/');

	if (e->type == 'l' && slash)
		return add(k, slash + 1, strlen(slash + 1), SW_KNOWN_LEAF | SW_KNOWN_DIR);
	if (!(e->classes & ~(uint32_t)SW_OBJ_DATA))
		return 0;
	return add_path(k, e->path, e->type == 'd' ? SW_KNOWN_LEAF | SW_KNOWN_DIR : SW_KNOWN_LEAF);
}

static int by_hash(const void *a, const void *b)
{
	const struct sw_known_name *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void merge(struct known *k)
{
	size_t n = 0;

	qsort(k->names, k->n, sizeof(*k->names), by_hash);
	for (size_t i = 0; i < k->n; i++)
		if (n > 0 && k->names[n - 1].hash == k->names[i].hash)
			k->names[n - 1].bits |= k->names[i].bits;
		else
			k->names[n++] = k->names[i];
	k->n = n;
}

int known_names(const struct sw_baseline *b, struct sw_known_name **ret_names, size_t *ret_n)
{
	struct known k = {0};
	const char *dir;
	int rc = 0;

	/* the directory of another component, which is not looked at */
	rc = add(&k, ".", 1, SW_KNOWN_LEAF);
	if (rc >= 0)
		rc = add(&k, "..", 2, SW_KNOWN_LEAF);
	/* also where the image has none: it may be made */
	for (size_t i = 0; rc >= 0 && (dir = sw_database_at(i)); i++)
		rc = add_path(&k, dir, SW_KNOWN_LEAF | SW_KNOWN_DIR);
	for (size_t i = 0; rc >= 0 && i < sw_baseline_count(b); i++)
		rc = add_entry(&k, sw_baseline_at(b, i));
	if (rc < 0) {
		free(k.names);
		return rc;
	}
	merge(&k);
	*ret_names = k.names;
	*ret_n = k.n;
	return 0;
}
