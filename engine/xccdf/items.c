/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmark's Groups and Rules as flat lists with an index by id. Must not evaluate anything.
 */
#include "xccdf/internal.h"

static int add_check_ref(struct sw_content_rule *rule, size_t *cap, struct sw_check_ref ref)
{
	struct sw_check_ref *checks = (struct sw_check_ref *)rule->checks;
	int rc = SW_GROW(checks, rule->n_checks, *cap);

	if (rc < 0)
		return rc;
	checks[rule->n_checks++] = ref;
	rule->checks = checks;
	return 0;
}

static int add_check(struct sw_content_rule *rule, size_t *cap, const struct sw_xml_node *check)
{
	struct sw_check_ref ref = {
		.system = sw_xml_attr_or(check, "system", ""),
		.href = "",
		.negate = sw_xml_attr_bool(check, "negate", false),
	};
	bool any = false;
	int rc;

	SW_XML_FOREACH (node, check, SW_NS_XCCDF, "check-content-ref") {
		any = true;
		ref.href = sw_xml_attr_or(node, "href", "");
		ref.name = sw_xml_attr(node, "name");
		rc = add_check_ref(rule, cap, ref);
		if (rc < 0)
			return rc;
	}
	return any ? 0 : add_check_ref(rule, cap, ref);
}

/* Also inside complex-check; depth is that of the document. */
static int add_checks(struct sw_content_rule *rule, size_t *cap, const struct sw_xml_node *parent)
{
	int rc;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		rc = 0;
		if (sw_xml_is(node, NULL, "check"))
			rc = add_check(rule, cap, node);
		else if (sw_xml_is(node, NULL, "complex-check"))
			rc = add_checks(rule, cap, node);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool groups_selected(const struct sw_content *c, size_t parent)
{
	for (; parent != SW_NO_PARENT; parent = c->items[parent].parent)
		if (!c->items[parent].selected)
			return false;
	return true;
}

static int add_rule(struct sw_content *c, struct item *item)
{
	struct sw_content_rule *rule;
	size_t cap = 0;

	if (SW_GROW(c->rules, c->n_rules, c->cap_rules) < 0)
		return -ENOMEM;
	item->rule = c->n_rules;
	rule = &c->rules[c->n_rules++];
	*rule = (struct sw_content_rule){
		.id = item->id,
		.group_id = item->parent == SW_NO_PARENT ? NULL : c->items[item->parent].id,
		.node = item->node,
		.selected = item->selected && groups_selected(c, item->parent),
	};
	return add_checks(rule, &cap, item->node);
}

static int add_items(struct sw_content *c, const struct sw_xml_node *parent, size_t parent_index,
		     struct sw_error *err)
{
	struct item *item;
	size_t index;
	bool is_rule;
	int rc;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		is_rule = sw_xml_is(node, NULL, "Rule");
		if (!is_rule && !sw_xml_is(node, NULL, "Group"))
			continue;
		/* An abstract item only lends its properties (7.2.2, Loading.Resolve.Abstract). */
		if (sw_xml_attr_bool(node, "abstract", false))
			continue;
		if (!sw_xml_attr(node, "id"))
			return sw_error_set(err, EINVAL, "%s:%ld: <%s> without an id",
					    sw_source_name(c->source), sw_xml_line(node),
					    sw_xml_name(node));
		if (SW_GROW(c->items, c->n_items, c->cap_items) < 0)
			return sw_error_set(err, ENOMEM, "content: no memory");
		index = c->n_items++;
		item = &c->items[index];
		*item = (struct item){
			.node = node,
			.id = sw_xml_attr(node, "id"),
			.cluster_id = sw_xml_attr(node, "cluster-id"),
			.parent = parent_index,
			.is_rule = is_rule,
			.selected = sw_xml_attr_bool(node, "selected", true),
		};
		rc = is_rule ? add_rule(c, item) : add_items(c, node, index, err);
		if (rc < 0)
			return rc == -ENOMEM ? sw_error_set(err, ENOMEM, "content: no memory") : rc;
	}
	return 0;
}

static int by_id(const void *a, const void *b, void *ctx)
{
	const struct sw_content *c = ctx;

	return strcmp(c->items[*(const size_t *)a].id, c->items[*(const size_t *)b].id);
}

int content_index(struct sw_content *c, struct sw_error *err)
{
	const struct item *a, *b;
	size_t i;
	int rc;

	rc = add_items(c, c->benchmark, SW_NO_PARENT, err);
	if (rc < 0)
		return rc;
	c->by_id = calloc(c->n_items + 1, sizeof(*c->by_id));
	if (!c->by_id)
		return sw_error_set(err, ENOMEM, "content: no memory");
	for (i = 0; i < c->n_items; i++)
		c->by_id[i] = i;
	qsort_r(c->by_id, c->n_items, sizeof(*c->by_id), by_id, c);
	for (i = 1; i < c->n_items; i++) {
		a = &c->items[c->by_id[i - 1]];
		b = &c->items[c->by_id[i]];
		if (!strcmp(a->id, b->id))
			return sw_error_set(err, EINVAL, "%s:%ld: id \"%s\" is used twice",
					    sw_source_name(c->source), sw_xml_line(b->node), b->id);
	}
	return 0;
}

const struct item *content_item(const struct sw_content *c, const char *id)
{
	size_t lo = 0, hi = c->n_items, mid;
	int order;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		order = strcmp(id, c->items[c->by_id[mid]].id);
		if (!order)
			return &c->items[c->by_id[mid]];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
