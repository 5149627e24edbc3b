/* SPDX-License-Identifier: Apache-2.0 */
/* Which items a profile selects, and how it refines them (XCCDF 1.2 sections 6.5.3 and 7.2.3.2).
 * Pure. */
#include "xccdf/internal.h"

/* Calls apply on each item that idref names: one by id, or all of a cluster. */
static void each_named(struct policy *p, const struct sw_xml_node *node,
		       void (*apply)(struct item_policy *, const struct sw_xml_node *))
{
	const char *idref = sw_xml_attr_or(node, "idref", "");
	const struct item *item = content_item(p->content, idref);
	size_t i;

	if (item) {
		apply(&p->items[item - p->content->items], node);
		return;
	}
	for (i = 0; i < p->content->n_items; i++)
		if (p->content->items[i].cluster_id &&
		    !strcmp(p->content->items[i].cluster_id, idref))
			apply(&p->items[i], node);
}

static void apply_select(struct item_policy *ip, const struct sw_xml_node *node)
{
	ip->selected = sw_xml_attr_bool(node, "selected", true);
}

static void apply_refine(struct item_policy *ip, const struct sw_xml_node *node)
{
	ip->selector = sw_xml_attr_or(node, "selector", ip->selector);
	ip->role = sw_xml_attr_or(node, "role", ip->role);
	ip->severity = sw_xml_attr_or(node, "severity", ip->severity);
	ip->weight = sw_xml_attr_or(node, "weight", ip->weight);
}

/* The first of a chain; the others come after. */
static void apply_profile(struct policy *p, const struct sw_xml_node *const *chain, size_t n)
{
	SW_XML_FOREACH (node, chain[0], SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "select"))
			each_named(p, node, apply_select);
		else if (sw_xml_is(node, NULL, "refine-rule") &&
			 !chain_overrides(chain + 1, n - 1, node))
			each_named(p, node, apply_refine);
	}
}

static bool is_selected(const struct policy *p, const char *id, size_t len)
{
	_cleanup_free_ char *copy = strndup(id, len);
	const struct item *item = copy ? content_item(p->content, copy) : NULL;

	return item && p->items[item - p->content->items].effective;
}

/* idref is a list of ids of which one is enough. */
static bool any_selected(const struct policy *p, const char *list)
{
	size_t len;

	for (; *(list += strspn(list, " \t\r\n")); list += len) {
		len = strcspn(list, " \t\r\n");
		if (is_selected(p, list, len))
			return true;
	}
	return false;
}

/* requires and conflicts of an item that is selected so far (6.4.1, table 14). */
static bool relations_hold(const struct policy *p, const struct sw_xml_node *item)
{
	SW_XML_FOREACH (node, item, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "requires") &&
		    !any_selected(p, sw_xml_attr_or(node, "idref", "")))
			return false;
		if (sw_xml_is(node, NULL, "conflicts") &&
		    any_selected(p, sw_xml_attr_or(node, "idref", "")))
			return false;
	}
	return true;
}

/* Parents stand before their children, so one pass in order is enough. */
static void settle(struct policy *p)
{
	const struct sw_content *c = p->content;
	size_t i;

	for (i = 0; i < c->n_items; i++)
		p->items[i].effective =
			p->items[i].selected && (c->items[i].parent == SW_NO_PARENT ||
						 p->items[c->items[i].parent].effective);
	for (i = 0; i < c->n_items; i++)
		if (p->items[i].effective && !relations_hold(p, c->items[i].node))
			p->items[i].effective = false;
	/* A Group that fell takes what it holds with it. */
	for (i = 0; i < c->n_items; i++)
		if (c->items[i].parent != SW_NO_PARENT && !p->items[c->items[i].parent].effective)
			p->items[i].effective = false;
}

static bool listed(const char *const *list, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(list[i], id))
			return true;
	return false;
}

/* The caller's own lists stand above the profile: as oscap's --rule and --skip-rule do. */
static int pick(struct policy *p, const struct sw_scan_options *opts, struct sw_error *err)
{
	const struct sw_content *c = p->content;
	const struct item *item;
	size_t i;

	for (i = 0; i < opts->n_rules; i++) {
		item = content_item(c, opts->rules[i]);
		if (!item || !item->is_rule)
			return sw_error_set(err, ENOENT, "%s: no rule \"%s\"",
					    sw_source_name(c->source), opts->rules[i]);
		if (listed(opts->skip_rules, opts->n_skip_rules, opts->rules[i]))
			return sw_error_set(err, EINVAL,
					    "rule \"%s\" is both asked for and skipped",
					    opts->rules[i]);
	}
	for (i = 0; i < c->n_items; i++) {
		if (opts->n_rules)
			p->items[i].effective = c->items[i].is_rule &&
						listed(opts->rules, opts->n_rules, c->items[i].id);
		if (listed(opts->skip_rules, opts->n_skip_rules, c->items[i].id))
			p->items[i].effective = false;
	}
	return 0;
}

int policy_init(struct policy *p, const struct sw_content *c, const struct sw_scan_options *opts,
		struct sw_error *err)
{
	const struct sw_xml_node *chain[SW_PROFILE_CHAIN];
	const char *profile = opts->profile;
	size_t n = 0, i;
	bool all;
	int rc;

	*p = (struct policy){.content = c};
	if (profile) {
		rc = sw_content_resolve_profile(c, profile, &p->profile_id, err);
		if (rc < 0)
			return rc;
	}
	all = profile && !strcmp(p->profile_id, SW_PROFILE_ALL);
	if (profile && !all) {
		rc = profile_chain(c, p->profile_id, chain, &n, err);
		if (rc < 0)
			return rc;
	}
	p->items = calloc(c->n_items + 1, sizeof(*p->items));
	if (!p->items)
		return sw_error_set(err, ENOMEM, "content: no memory");
	for (i = 0; i < c->n_items; i++) {
		p->items[i].selected = all || c->items[i].selected;
		p->items[i].role = sw_xml_attr_or(c->items[i].node, "role", "full");
	}
	for (i = 0; i < n; i++)
		apply_profile(p, chain + i, n - i);
	settle(p);
	rc = pick(p, opts, err);
	return rc < 0 ? rc : policy_bind_values(p, chain, n, err);
}

void policy_release(struct policy *p)
{
	size_t i;

	for (i = 0; i < p->n_values; i++)
		free(p->values[i].text);
	free(p->values);
	free(p->items);
	*p = (struct policy){};
}
