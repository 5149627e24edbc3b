/* SPDX-License-Identifier: Apache-2.0 */
/* What each Value is bound to under a profile (XCCDF 1.2 section 6.4.5.5). Pure. */
#include "xccdf/internal.h"

/* What the profile chain says about one Value: of each element the last; a value that is set
 * stands above one that is selected (6.5.3). */
struct refinement {
	const char *selector;
	const char *oper;
	const struct sw_xml_node *set; /* set-value */
};

static struct refinement refine(const struct sw_xml_node *const *chain, size_t n, const char *id,
				const char *cluster_id)
{
	struct refinement r = {};
	const char *idref;
	size_t i;

	for (i = 0; i < n; i++) {
		SW_XML_FOREACH (node, chain[i], SW_NS_XCCDF, NULL) {
			idref = sw_xml_attr(node, "idref");
			if (!idref ||
			    (strcmp(idref, id) && (!cluster_id || strcmp(idref, cluster_id))))
				continue;
			if (sw_xml_is(node, NULL, "set-value")) {
				r.set = node;
			} else if (sw_xml_is(node, NULL, "refine-value")) {
				r.selector = sw_xml_attr(node, "selector");
				r.oper = sw_xml_attr(node, "operator");
			}
		}
	}
	return r;
}

/* The value element with this selector, or NULL; without one, the first that has none, else the
 * very first. */
static const struct sw_xml_node *choose(const struct sw_xml_node *value, const char *selector)
{
	const struct sw_xml_node *plain = NULL;
	const char *own;

	SW_XML_FOREACH (node, value, SW_NS_XCCDF, "value") {
		own = sw_xml_attr_or(node, "selector", "");
		if (selector && !strcmp(own, selector))
			return node;
		if (!plain && !*own)
			plain = node;
	}
	if (selector && *selector)
		return NULL;
	return plain ? plain : sw_xml_child(value, SW_NS_XCCDF, "value");
}

static int bind_value(struct policy *p, const struct sw_xml_node *node,
		      const struct sw_xml_node *const *chain, size_t n)
{
	const char *id = sw_xml_attr(node, "id");
	_cleanup_free_ char *text = NULL;
	const struct sw_xml_node *chosen;
	struct refinement r;

	if (!id || sw_xml_attr_bool(node, "abstract", false))
		return 0;
	r = refine(chain, n, id, sw_xml_attr(node, "cluster-id"));
	chosen = r.set ? r.set : choose(node, r.selector);
	if (chosen) {
		text = sw_xml_text_trim(chosen);
		if (!text)
			return -ENOMEM;
	}
	if (SW_GROW(p->values, p->n_values, p->cap_values) < 0)
		return -ENOMEM;
	p->values[p->n_values++] = (struct bound_value){
		.node = node,
		.id = id,
		.type = sw_xml_attr_or(node, "type", "string"),
		.oper = r.oper ? r.oper : sw_xml_attr_or(node, "operator", "equals"),
		.text = TAKE(text),
	};
	return 0;
}

/* Values stand in the benchmark and in its Groups. */
static int bind_below(struct policy *p, const struct sw_xml_node *parent,
		      const struct sw_xml_node *const *chain, size_t n)
{
	int rc = 0;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "Value"))
			rc = bind_value(p, node, chain, n);
		else if (sw_xml_is(node, NULL, "Group"))
			rc = bind_below(p, node, chain, n);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct bound_value *)a)->id, ((const struct bound_value *)b)->id);
}

int policy_bind_values(struct policy *p, const struct sw_xml_node *const *chain, size_t n,
		       struct sw_error *err)
{
	int rc = bind_below(p, p->content->benchmark, chain, n);

	if (rc < 0)
		return sw_error_set(err, -rc, "content: no memory");
	if (p->n_values)
		qsort(p->values, p->n_values, sizeof(*p->values), by_id);
	return 0;
}

const struct bound_value *policy_value(const struct policy *p, const char *id)
{
	struct bound_value key = {.id = id};

	if (!p->n_values)
		return NULL;
	return bsearch(&key, p->values, p->n_values, sizeof(*p->values), by_id);
}
