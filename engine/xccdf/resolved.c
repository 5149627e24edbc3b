/* SPDX-License-Identifier: Apache-2.0 */
/* A benchmark as a document in which nothing extends anything (XCCDF 1.2 section 7.2.2). Items were
 * resolved when it was loaded; here the profiles follow. */
#include "adapters/xml_out.h"
#include "xccdf/internal.h"

static const char *const selectors[] = {"select", "set-complex-value", "set-value", "refine-value",
					"refine-rule"};

static bool is_selector(const struct sw_xml_node *node)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(selectors); i++)
		if (sw_xml_is(node, SW_NS_XCCDF, selectors[i]))
			return true;
	return false;
}

/* Before which child of the profile what it inherits stands: its own first selector, else what has
 * to come after selectors. NULL: at the end. */
static struct sw_xml_node *place_in(struct sw_xml_node *profile)
{
	SW_XML_FOREACH (child, profile, NULL, NULL)
		if (is_selector(child) || sw_xml_is(child, NULL, "metadata") ||
		    sw_xml_is(child, NULL, "signature"))
			return child;
	return NULL;
}

static int inherit(struct sw_xml_node *profile, const struct sw_xml_node *base)
{
	const struct sw_xml_node *const own[] = {profile};
	struct sw_xml_node *place = place_in(profile), *copy;

	SW_XML_FOREACH (child, base, SW_NS_XCCDF, NULL) {
		if (!is_selector(child))
			continue;
		if (!sw_xml_is(child, NULL, "select") && chain_overrides(own, 1, child))
			continue;
		copy = sw_xml_import(profile, child);
		if (!copy)
			return -ENOMEM;
		if (place)
			sw_xml_move_before(copy, place);
	}
	sw_xml_unset_attr(profile, "extends");
	return 0;
}

static struct sw_xml_node *profile_by_id(const struct sw_content *c, const char *id)
{
	SW_XML_FOREACH (profile, c->benchmark, SW_NS_XCCDF, "Profile")
		if (!strcmp(id, sw_xml_attr_or(profile, "id", "")))
			return profile;
	return NULL;
}

/* The base first. The chain was found to end. */
static int resolve(struct sw_content *c, struct sw_xml_node *profile)
{
	const char *extends = sw_xml_attr(profile, "extends");
	struct sw_xml_node *base = extends ? profile_by_id(c, extends) : NULL;
	int rc;

	if (!base)
		return 0;
	rc = resolve(c, base);
	return rc < 0 ? rc : inherit(profile, base);
}

static bool is_abstract(const struct sw_xml_node *profile)
{
	return sw_xml_attr_bool(profile, "abstract", false);
}

/* They were there to be extended only. */
static void remove_abstract(struct sw_content *c)
{
	struct sw_xml_node *profile = sw_xml_child(c->benchmark, SW_NS_XCCDF, "Profile"), *next;

	for (; profile; profile = next) {
		next = sw_xml_next(profile, SW_NS_XCCDF, "Profile");
		if (is_abstract(profile))
			sw_xml_remove_line(profile);
	}
}

bool sw_content_was_resolved(const struct sw_content *c)
{
	return sw_xml_attr_bool(c->benchmark, "resolved", false);
}

int sw_content_write_resolved(struct sw_content *c, sw_write_fn write, void *ctx,
			      struct sw_error *err)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
	const struct sw_xml_node *chain[SW_PROFILE_CHAIN];
	struct sw_xml_out o = {.write = write, .ctx = ctx};
	size_t n;
	int rc = 0;

	SW_XML_FOREACH (profile, c->benchmark, SW_NS_XCCDF, "Profile")
		if (rc == 0 && !is_abstract(profile))
			rc = profile_chain(c, sw_xml_attr_or(profile, "id", ""), chain, &n, err);
	if (rc < 0)
		return rc;
	SW_XML_FOREACH (profile, c->benchmark, SW_NS_XCCDF, "Profile")
		if (rc == 0 && !is_abstract(profile))
			rc = resolve(c, profile);
	remove_abstract(c);
	if (rc == 0)
		rc = sw_xml_set_attr(sw_source_benchmark(c->source), "resolved", "true");
	if (rc == 0) {
		sw_xml_out_raw(&o, declaration, strlen(declaration));
		sw_xml_out_start_of(&o, c->benchmark, NULL);
		sw_xml_out_children_of(&o, c->benchmark, NULL, NULL);
		sw_xml_out_end_of(&o, c->benchmark);
		sw_xml_out_raw(&o, "\n", 1);
		rc = sw_xml_out_finish(&o);
	}
	return rc < 0 ? sw_error_set(err, -rc, "%s: %s", sw_content_name(c), strerror(-rc)) : 0;
}
