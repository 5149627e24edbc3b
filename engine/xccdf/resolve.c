/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items that extend others take over what they leave out (XCCDF 1.2 section 7.2.2,
 * Loading.Resolve), in the tree itself, so that nothing after this knows of inheritance. Must not
 * evaluate.
 */
#include "xccdf/internal.h"

#define CHAIN 32 /* items that extend each other */

/* What a child may come by, in the schema's order; several lines of one element are one rule. */
enum model {
	KEEP,	/* never inherited */
	ABSENT, /* the base's, when the item has none of that name */
	APPEND, /* the base's are added */
	VALUE,	/* the base's, when the item has none with that selector */
	CHECKS, /* the base's checks, when the item has no check of either kind */
};
static const struct {
	const char *name;
	enum model model;
} order[] = {
	{"status", KEEP},	    {"dc-status", KEEP},       {"version", ABSENT},
	{"title", ABSENT},	    {"description", ABSENT},   {"warning", ABSENT},
	{"question", ABSENT},	    {"reference", APPEND},     {"metadata", KEEP},
	{"value", VALUE},	    {"complex-value", VALUE},  {"default", VALUE},
	{"complex-default", VALUE}, {"match", VALUE},	       {"lower-bound", VALUE},
	{"upper-bound", VALUE},	    {"choices", VALUE},	       {"source", APPEND},
	{"rationale", ABSENT},	    {"platform", APPEND},      {"requires", APPEND},
	{"conflicts", APPEND},	    {"ident", APPEND},	       {"impact-metric", ABSENT},
	{"profile-note", APPEND},   {"fixtext", ABSENT},       {"fix", APPEND},
	{"check", CHECKS},	    {"complex-check", CHECKS}, {"signature", KEEP},
};

static const char *const attributes[] = {
	"selected", "hidden", "prohibitChanges", "weight",	"role",
	"severity", "type",   "operator",	 "interactive", "interfaceHint",
};

struct named {
	const char *id;
	struct sw_xml_node *node;
};

struct resolver {
	const char *content; /* for messages */
	struct named *items;
	size_t n, cap;
	bool any; /* an item extends another */
	struct sw_error *err;
};

static bool is_item(const struct sw_xml_node *node)
{
	return sw_xml_is(node, NULL, "Rule") || sw_xml_is(node, NULL, "Group") ||
	       sw_xml_is(node, NULL, "Value");
}

static int collect(struct resolver *r, const struct sw_xml_node *parent)
{
	int rc;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		if (!is_item(node))
			continue;
		if (SW_GROW(r->items, r->n, r->cap) < 0)
			return -ENOMEM;
		r->items[r->n++] = (struct named){sw_xml_attr_or(node, "id", ""), node};
		r->any = r->any || sw_xml_attr(node, "extends");
		rc = sw_xml_is(node, NULL, "Group") ? collect(r, node) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

static size_t rank(const struct sw_xml_node *node)
{
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(order); i++)
		if (sw_xml_is(node, SW_NS_XCCDF, order[i].name))
			return i;
	return SW_ARRAY_LEN(order); /* Values, Groups and Rules of a Group stand last */
}

/* The base's element as the last of its kind, where the schema wants it. */
static int take_over(struct sw_xml_node *item, const struct sw_xml_node *element)
{
	struct sw_xml_node *copy = sw_xml_import(item, element), *before = NULL;

	if (!copy)
		return -ENOMEM;
	SW_XML_FOREACH (node, item, SW_NS_XCCDF, NULL) {
		if (node != copy && rank(node) > rank(copy)) {
			before = node;
			break;
		}
	}
	if (before)
		sw_xml_move_before(copy, before);
	return 0;
}

static bool has_selector(const struct sw_xml_node *item, const struct sw_xml_node *element)
{
	const char *selector = sw_xml_attr_or(element, "selector", "");

	SW_XML_FOREACH (node, item, SW_NS_XCCDF, sw_xml_name(element))
		if (!strcmp(sw_xml_attr_or(node, "selector", ""), selector))
			return true;
	return false;
}

/* What the item itself has of the elements that can be inherited, before anything was. */
struct own {
	bool has[SW_ARRAY_LEN(order)];
	bool check;
};

static bool inherits(const struct sw_xml_node *item, const struct own *own,
		     const struct sw_xml_node *element)
{
	size_t i = rank(element);

	if (i == SW_ARRAY_LEN(order))
		return false;
	switch (order[i].model) {
	case ABSENT:
		return !own->has[i];
	case APPEND:
		return true;
	case VALUE:
		return !has_selector(item, element);
	case CHECKS:
		return !own->check;
	default:
		return false;
	}
}

static int merge(struct sw_xml_node *item, const struct sw_xml_node *base)
{
	struct own own = {};
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(attributes); i++) {
		const char *value = sw_xml_attr(base, attributes[i]);

		if (value && !sw_xml_attr(item, attributes[i]) &&
		    sw_xml_set_attr(item, attributes[i], value) < 0)
			return -ENOMEM;
	}
	for (i = 0; i < SW_ARRAY_LEN(order); i++) {
		own.has[i] = sw_xml_child(item, SW_NS_XCCDF, order[i].name);
		own.check = own.check || (own.has[i] && order[i].model == CHECKS);
	}
	SW_XML_FOREACH (element, base, SW_NS_XCCDF, NULL)
		if (inherits(item, &own, element) && take_over(item, element) < 0)
			return -ENOMEM;
	return 0;
}

static int broken(const struct resolver *r, const struct sw_xml_node *item, int rc,
		  const char *what)
{
	return sw_error_set(r->err, -rc, "%s:%ld: <%s id=\"%s\">: %s \"%s\"", r->content,
			    sw_xml_line(item), sw_xml_name(item), sw_xml_attr_or(item, "id", ""),
			    what, sw_xml_attr_or(item, "extends", ""));
}

/* Bases first; an item that is done has no extends any more. */
static int resolve(struct resolver *r, struct sw_xml_node *item, unsigned int depth)
{
	struct named key = {.id = sw_xml_attr(item, "extends")}, *base;
	int rc;

	if (!key.id)
		return 0;
	if (depth == CHAIN)
		return broken(r, item, -ELOOP, "extends itself, or a chain that is too long:");
	base = bsearch(&key, r->items, r->n, sizeof(*r->items), by_id);
	if (!base || strcmp(sw_xml_name(base->node), sw_xml_name(item)))
		return broken(r, item, -ENOENT, "extends what is not there:");
	rc = resolve(r, base->node, depth + 1);
	if (rc < 0)
		return rc;
	if (merge(item, base->node) < 0)
		return sw_error_set(r->err, ENOMEM, "%s: no memory", r->content);
	sw_xml_unset_attr(item, "extends");
	return 0;
}

int content_resolve(struct sw_xml_node *benchmark, const char *name, struct sw_error *err)
{
	struct resolver r = {.content = name, .err = err};
	int rc = collect(&r, benchmark);
	size_t i;

	if (rc < 0)
		rc = sw_error_set(err, ENOMEM, "%s: no memory", name);
	if (rc == 0 && r.any) {
		qsort(r.items, r.n, sizeof(*r.items), by_id);
		for (i = 0; rc == 0 && i < r.n; i++)
			rc = resolve(&r, r.items[i].node, 0);
	}
	free(r.items);
	return rc;
}
