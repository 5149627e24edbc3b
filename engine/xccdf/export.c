/* SPDX-License-Identifier: Apache-2.0 */
/* What checks hand to the variables of their documents (XCCDF 1.2 section 6.4.4.4.4), gathered from
 * the bound Values. Must not evaluate anything. */
#include "xccdf/internal.h"

int exports_gather(struct exports *x, const struct policy *p, const struct sw_xml_node *check)
{
	const struct bound_value *value;
	const char *id;

	SW_XML_FOREACH (node, check, SW_NS_XCCDF, "check-export") {
		id = sw_xml_attr_or(node, "value-id", "");
		value = policy_value(p, id);
		if (!value || !value->text) {
			x->missing = id;
			continue;
		}
		if (SW_GROW(x->list, x->n, x->cap) < 0)
			return -ENOMEM;
		x->list[x->n++] =
			(struct export){sw_xml_attr_or(node, "export-name", ""), value->text};
	}
	return 0;
}

void exports_release(struct exports *x)
{
	free(x->list);
	*x = (struct exports){};
}

/* Every document that the check may end up with. */
static int announce(struct scan *scan, const struct sw_xml_node *check)
{
	_cleanup_(exports_release) struct exports x = {};
	struct oval_request req = {.dictionary = SW_NO_DICTIONARY};
	int rc = exports_gather(&x, &scan->policy, check);

	req.exports = x.list;
	req.n_exports = x.n;
	SW_XML_FOREACH (ref, check, SW_NS_XCCDF, "check-content-ref") {
		if (rc < 0 || !x.n)
			break;
		req.href = sw_xml_attr_or(ref, "href", "");
		rc = engines_announce(scan->engines, &req);
	}
	return rc;
}

static int announce_all(struct scan *scan, const struct sw_xml_node *check)
{
	int rc = 0;

	if (sw_xml_is(check, NULL, "check"))
		return strcmp(sw_xml_attr_or(check, "system", ""), SW_CHECK_SYSTEM_OVAL)
			       ? 0
			       : announce(scan, check);
	SW_XML_FOREACH (node, check, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "check") || sw_xml_is(node, NULL, "complex-check"))
			rc = announce_all(scan, node);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int checks_export(struct scan *scan)
{
	const struct sw_content *c = scan->content;
	const struct sw_xml_node *check;
	size_t i;
	int rc;

	for (i = 0; i < c->n_items; i++) {
		if (!c->items[i].is_rule || !scan->policy.items[i].effective)
			continue;
		check = check_choose(c->items[i].node, scan->policy.items[i].selector);
		rc = check ? announce_all(scan, check) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}
