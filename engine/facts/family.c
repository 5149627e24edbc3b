/* SPDX-License-Identifier: Apache-2.0 */
/* ind-def:family: every target is a Unix. */
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

const struct sw_gatherer sw_gatherer_family = {
	.family = "independent",
	.type = "family",
	.gather = gather_family,
};
