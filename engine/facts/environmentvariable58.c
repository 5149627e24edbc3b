/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ind-def:environmentvariable58: the target's configured environment (an image's Config.Env), never
 * a process's. When it is not known there is no item, as in OpenSCAP without OSCAP_CONTAINER_VARS,
 * and a result that rests on that is vacuous. The pid entity selects nothing: there is only one
 * environment (as in OpenSCAP with OSCAP_CONTAINER_VARS).
 */
#include "facts/facts.h"
#include "stigwatch/cleanup.h"

#define CONTAINER_PID "1" /* the process that gets the configured environment */

static int emit_variable(struct sw_gather *g, const char *name, const char *value)
{
	const struct sw_oval_pair pairs[] = {
		{"pid", CONTAINER_PID},
		{"name", name},
		{"value", value},
	};
	const struct sw_oval_pairs list = {name, pairs, SW_ARRAY_LEN(pairs)};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);

	return g->emit(g->ctx, &item);
}

static int gather_environment(struct sw_gather *g)
{
	const struct sw_query_entity *name = sw_query_entity(g->query, "name");
	const char *n, *v;

	if (!name) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without name");
		return 0;
	}
	if (!sw_target_env_known(g->target)) {
		sw_gather_absent(g, "the target's configured environment");
		return 0;
	}
	g->examined = true;
	for (size_t i = 0; sw_target_env_at(g->target, i, &n, &v); i++) {
		int rc;

		if (sw_query_match(g, name, n) != SW_OVAL_TRUE)
			continue;
		rc = emit_variable(g, n, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

const struct sw_gatherer sw_gatherer_environmentvariable58 = {
	.family = "independent",
	.type = "environmentvariable58",
	.gather = gather_environment,
};
