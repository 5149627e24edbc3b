/* SPDX-License-Identifier: Apache-2.0 */
/* ind-def:family and unix-def:uname. A target is files, not a running kernel: uname does not apply
 * to it. */
#include "facts/facts.h"
#include "stigwatch/cleanup.h"

static int gather_family(struct sw_gather *g)
{
	static const struct sw_oval_pair pairs[] = {{"family", "unix"}};
	static const struct sw_oval_pairs list = {"family unix", pairs, SW_ARRAY_LEN(pairs)};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);

	g->examined = true;
	return g->emit(g->ctx, &item);
}

static int gather_uname(struct sw_gather *g)
{
	sw_gather_problem(g, SW_OVAL_FLAG_NOT_APPLICABLE,
			  "uname: the target is not a running system");
	return 0;
}

const struct sw_gatherer sw_gatherer_family = {
	.family = "independent",
	.type = "family",
	.gather = gather_family,
};

const struct sw_gatherer sw_gatherer_uname = {
	.family = "unix",
	.type = "uname",
	.gather = gather_uname,
};
