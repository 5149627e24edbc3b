/* SPDX-License-Identifier: Apache-2.0 */
/* unix-def:fileextendedattribute: one item for each attribute of a file, of a link its own. */
#include "facts/find.h"
#include "stigwatch/cleanup.h"

#define MAX_BYTES 65536 /* the kernel's own limit of a list and of a value (XATTR_SIZE_MAX) */

static int emit_attribute(struct sw_gather *g, const struct sw_found *found, const char *name,
			  char *buf)
{
	ssize_t n = sw_target_getxattr(g->target, found->filepath, name, buf, MAX_BYTES);
	const struct sw_oval_pair pairs[] = {
		{"filepath", found->filename ? found->filepath : NULL},
		{"path", found->path},
		{"filename", found->filename},
		{"attribute_name", name},
		{"value", buf},
	};
	const struct sw_oval_pairs list = {found->filepath, pairs, SW_ARRAY_LEN(pairs)};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);

	if (n == -ENODATA)
		return 0;
	if (n < 0) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "%s: %s: %s", found->filepath, name,
				  strerror((int)-n));
		return 0;
	}
	buf[n] = '\0'; /* text ends at the first NUL byte */
	return g->emit(g->ctx, &item);
}

static int list_attributes(void *ctx, const struct sw_found *found)
{
	struct sw_gather *g = ctx;
	_cleanup_free_ char *names = malloc(MAX_BYTES + 1), *value = malloc(MAX_BYTES + 1);
	ssize_t n;

	if (!names || !value)
		return -ENOMEM;
	g->examined = true;
	n = sw_target_listxattr(g->target, found->filepath, names, MAX_BYTES);
	if (n == -EOPNOTSUPP)
		return 0;
	if (n < 0) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "%s: %s", found->filepath,
				  strerror((int)-n));
		return 0;
	}
	names[n] = '\0';
	for (const char *p = names; p < names + n; p += strlen(p) + 1) {
		int rc = 0;

		if (*p && sw_query_wants(g, "attribute_name", p))
			rc = emit_attribute(g, found, p, value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int gather_attributes(struct sw_gather *g)
{
	if (!sw_query_entity(g->query, "attribute_name")) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without attribute_name");
		return 0;
	}
	return sw_find_files(g, list_attributes, g);
}

const struct sw_gatherer sw_gatherer_fileextendedattribute = {
	.family = "unix",
	.type = "fileextendedattribute",
	.gather = gather_attributes,
};
