/* SPDX-License-Identifier: Apache-2.0 */
/* Weights of Groups that a loaded result's profile refines: the file has them nowhere else. Pure.
 */
#include "report/report.h"
#include "source/source.h"

#define CHAIN 32 /* profiles that extend each other */

static const struct sw_xml_node *find_profile(const struct sw_result *r, const char *id)
{
	SW_XML_FOREACH (profile, r->benchmark, SW_NS_XCCDF, "Profile")
		if (id && !strcmp(sw_xml_attr_or(profile, "id", ""), id))
			return profile;
	return NULL;
}

static bool known(const struct sw_result *r, const char *id)
{
	for (size_t i = 0; i < r->n_group_weights; i++)
		if (!strcmp(r->group_weights[i].name, id))
			return true;
	return false;
}

/* By the Group's id or cluster-id. */
static int refine(struct sw_result *r, const struct sw_xml_node *parent, const char *idref,
		  const char *weight)
{
	int rc = 0;

	SW_XML_FOREACH (group, parent, SW_NS_XCCDF, "Group") {
		const char *id = sw_xml_attr_or(group, "id", "");

		if (!strcmp(id, idref) || !strcmp(sw_xml_attr_or(group, "cluster-id", ""), idref))
			rc = known(r, id) ? 0 : sw_result_add_group_weight(r, id, weight);
		if (rc == 0)
			rc = refine(r, group, idref, weight);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sw_result_load_weights(struct sw_result *r)
{
	const struct sw_xml_node *profile = find_profile(r, r->profile_id);

	/* The profile's own before those of what it extends. */
	for (size_t i = 0; profile && i < CHAIN; i++) {
		SW_XML_FOREACH (node, profile, SW_NS_XCCDF, "refine-rule") {
			const char *weight = sw_xml_attr(node, "weight");
			int rc = weight ? refine(r, r->benchmark, sw_xml_attr_or(node, "idref", ""),
						 weight)
					: 0;

			if (rc < 0)
				return rc;
		}
		profile = find_profile(r, sw_xml_attr(profile, "extends"));
	}
	return 0;
}
