/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles by id, those of the tailoring before the benchmark's, and what each extends (XCCDF 1.2
 * sections 6.5 and 6.7). Pure. */
#include "xccdf/internal.h"

/* Where a profile is looked for: the tailoring (or NULL), then the benchmark. */
static const struct sw_xml_node *home(const struct sw_content *c, size_t i)
{
	const char *name;

	return i ? c->benchmark : sw_source_tailoring(c->source, &name);
}

static const struct sw_xml_node *find_in(const struct sw_xml_node *parent, const char *id)
{
	SW_XML_FOREACH (p, parent, SW_NS_XCCDF, "Profile")
		if (!strcmp(sw_xml_attr_or(p, "id", ""), id))
			return p;
	return NULL;
}

/* An abstract profile is there to be extended only. */
static bool usable(const struct sw_xml_node *profile)
{
	return !sw_xml_attr_bool(profile, "abstract", false);
}

static const struct sw_xml_node *find_profile(const struct sw_content *c, const char *id)
{
	const struct sw_xml_node *found = NULL;
	size_t i;

	for (i = 0; !found && i < 2; i++)
		if (home(c, i))
			found = find_in(home(c, i), id);
	return found && usable(found) ? found : NULL;
}

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return m <= n && !strcmp(s + n - m, suffix);
}

static int no_profile(const struct sw_content *c, const char *wanted, const char *why,
		      struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf list = {};
	size_t i;

	for (i = 0; i < 2; i++)
		if (home(c, i))
			SW_XML_FOREACH (p, home(c, i), SW_NS_XCCDF, "Profile")
				if (usable(p))
					sw_strbuf_addf(&list, " %s", sw_xml_attr_or(p, "id", "?"));
	sw_strbuf_addf(&list, "%s %s", list.len ? "," : "", SW_PROFILE_ALL);
	return sw_error_set(err, ENOENT, "%s: %s \"%s\"; has:%s", sw_source_name(c->source), why,
			    wanted, sw_strbuf_str(&list) ?: "");
}

/* The one profile whose id ends so; -EEXIST when there are several, -ENOENT when there is none. */
static int by_suffix(const struct sw_content *c, const char *suffix, const char **ret_id)
{
	const char *id, *found = NULL;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!home(c, i))
			continue;
		SW_XML_FOREACH (p, home(c, i), SW_NS_XCCDF, "Profile") {
			id = sw_xml_attr_or(p, "id", "");
			if (!ends_with(id, suffix) || !usable(p))
				continue;
			/* A tailoring's profile may bear the name of the one it replaces. */
			if (found && strcmp(found, id))
				return -EEXIST;
			found = id;
		}
	}
	if (!found)
		return -ENOENT;
	*ret_id = found;
	return 0;
}

int sw_content_resolve_profile(const struct sw_content *c, const char *wanted, const char **ret_id,
			       struct sw_error *err)
{
	const struct sw_xml_node *exact;
	int rc;

	if (!strcmp(wanted, SW_PROFILE_ALL)) {
		*ret_id = SW_PROFILE_ALL;
		return 0;
	}
	exact = find_profile(c, wanted);
	if (exact) {
		*ret_id = sw_xml_attr(exact, "id");
		return 0;
	}
	rc = *wanted ? by_suffix(c, wanted, ret_id) : -ENOENT;
	if (rc == -EEXIST)
		return no_profile(c, wanted, "several profiles end in", err);
	return rc < 0 ? no_profile(c, wanted, "no profile", err) : 0;
}

/* What a profile extends: the benchmark's profile of that id, else one of the tailoring. */
static const struct sw_xml_node *base_of(const struct sw_content *c, const char *id)
{
	const struct sw_xml_node *base = find_in(c->benchmark, id);

	if (!base && home(c, 0))
		base = find_in(home(c, 0), id);
	return base;
}

bool chain_overrides(const struct sw_xml_node *const *later, size_t n,
		     const struct sw_xml_node *node)
{
	const char *idref = sw_xml_attr_or(node, "idref", "");
	size_t i;

	for (i = 0; i < n; i++)
		SW_XML_FOREACH (other, later[i], SW_NS_XCCDF, sw_xml_name(node))
			if (!strcmp(sw_xml_attr_or(other, "idref", ""), idref))
				return true;
	return false;
}

int profile_chain(const struct sw_content *c, const char *id,
		  const struct sw_xml_node *ret_chain[static SW_PROFILE_CHAIN], size_t *ret_n,
		  struct sw_error *err)
{
	const struct sw_xml_node *rev[SW_PROFILE_CHAIN], *profile = find_profile(c, id);
	size_t n = 0, i;

	while (profile) {
		if (n == SW_PROFILE_CHAIN)
			return sw_error_set(err, ELOOP, "%s: profile %s extends itself or too deep",
					    sw_source_name(c->source), id);
		rev[n++] = profile;
		id = sw_xml_attr(profile, "extends");
		if (!id)
			break;
		profile = base_of(c, id);
	}
	if (!profile)
		return sw_error_set(err, ENOENT, "%s: no profile \"%s\" to extend",
				    sw_source_name(c->source), id);
	for (i = 0; i < n; i++)
		ret_chain[i] = rev[n - 1 - i];
	*ret_n = n;
	return 0;
}
