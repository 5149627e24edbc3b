/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux-def:partition: the mounts that the target's own /proc/mounts tells of; a tree at rest has
 * none. Sizes are not told: they would be the scanning machine's.
 */
#include <mntent.h>

#include "facts/read.h"
#include "stigwatch/cleanup.h"

#define MOUNTS "/proc/mounts"
#define MAX_OPTIONS 64

static int emit_mount(struct sw_gather *g, const struct mntent *m)
{
	struct sw_oval_pair pairs[7 + MAX_OPTIONS] = {
		{"mount_point", m->mnt_dir}, {"device", m->mnt_fsname}, {"uuid", NULL},
		{"fs_type", m->mnt_type},    {"total_space", NULL},	{"space_used", NULL},
		{"space_left", NULL},
	};
	struct sw_oval_pairs list = {m->mnt_dir, pairs, 7};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);
	char *rest = m->mnt_opts, *option;

	while (list.n < SW_ARRAY_LEN(pairs) && (option = strsep(&rest, ",")))
		pairs[list.n++] = (struct sw_oval_pair){"mount_options", option};
	return g->emit(g->ctx, &item);
}

static int read_mounts(struct sw_gather *g, char *text)
{
	FILE *f = fmemopen(text, strlen(text), "r");
	struct mntent m;
	char line[8192];
	int rc = 0;

	if (!f)
		return *text ? -ENOMEM : 0;
	while (rc == 0 && getmntent_r(f, &m, line, sizeof(line))) {
		struct stat st;

		if (!sw_query_wants(g, "mount_point", m.mnt_dir) ||
		    sw_target_stat(g->target, m.mnt_dir, true, &st) < 0)
			continue;
		rc = emit_mount(g, &m);
	}
	fclose(f);
	return rc;
}

static int gather_partition(struct sw_gather *g)
{
	_cleanup_free_ char *text = NULL;
	int rc;

	if (!sw_query_entity(g->query, "mount_point")) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without mount_point");
		return 0;
	}
	rc = sw_gather_text(g, MOUNTS, &text);
	if (!rc)
		sw_gather_absent(g, MOUNTS);
	return rc > 0 ? read_mounts(g, text) : rc;
}

const struct sw_gatherer sw_gatherer_partition = {
	.family = "linux",
	.type = "partition",
	.gather = gather_partition,
};
