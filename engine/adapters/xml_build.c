/* SPDX-License-Identifier: Apache-2.0 */
/* Copies and changes XML trees. Must not parse or write. */
#include <libxml/tree.h>

#include "adapters/xml.h"
#include "adapters/xml_private.h"
#include "base/base.h"

/* What XML cannot carry becomes \xHH; heap. */
static char *clean(const char *s)
{
	struct sw_strbuf sb = {};

	sw_strbuf_add_text(&sb, s, strlen(s));
	return sw_strbuf_steal(&sb);
}

struct sw_xml_doc *sw_xml_doc_from(const struct sw_xml_node *node)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = to_doc(xmlNewDoc((const xmlChar *)"1.0"));
	xmlNode *copy;

	if (!doc)
		return NULL;
	/* Copying declares on the new root what was declared above node in its old document. */
	copy = xmlDocCopyNode(from_node(node), (xmlDoc *)doc, 1);
	if (!copy)
		return NULL;
	xmlDocSetRootElement((xmlDoc *)doc, copy);
	return TAKE(doc);
}

int sw_xml_set_attr(struct sw_xml_node *node, const char *name, const char *value)
{
	_cleanup_free_ char *cleaned = clean(value);

	if (!cleaned)
		return -ENOMEM;
	return xmlSetProp(from_node(node), (const xmlChar *)name, (const xmlChar *)cleaned)
		       ? 0
		       : -ENOMEM;
}

void sw_xml_unset_attr(struct sw_xml_node *node, const char *name)
{
	xmlUnsetProp(from_node(node), (const xmlChar *)name);
}

/* Elements of the copy that are in parent's namespace take parent's own declaration, so no prefix
 * changes. */
static void adopt_ns(xmlNode *node, xmlNs *ns)
{
	xmlNode *child;

	if (node->ns && xmlStrEqual(node->ns->href, ns->href))
		node->ns = ns;
	for (child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			adopt_ns(child, ns);
}

/* Unprefixed declarations serve elements only, and none of node's needs this one any more. */
static void drop_default_ns(xmlNode *node, const xmlNs *ns)
{
	xmlNs **link, *def;

	for (link = &node->nsDef; *link; link = &(*link)->next) {
		def = *link;
		if (!def->prefix && xmlStrEqual(def->href, ns->href)) {
			*link = def->next;
			xmlFreeNs(def);
			return;
		}
	}
}

struct sw_xml_node *sw_xml_import(struct sw_xml_node *parent, const struct sw_xml_node *node)
{
	xmlNode *p = from_node(parent), *copy = xmlDocCopyNode(from_node(node), p->doc, 1);

	if (!copy)
		return NULL;
	if (!xmlAddChild(p, copy)) {
		xmlFreeNode(copy);
		return NULL;
	}
	if (p->ns) {
		adopt_ns(copy, p->ns);
		drop_default_ns(copy, p->ns);
	}
	return to_node(copy);
}

/* Gives every element that uses the same namespace by another declaration this one. */
static void replace_ns(xmlNode *node, xmlNs *to)
{
	xmlNode *child;

	if (node->ns && xmlStrEqual(node->ns->href, to->href))
		node->ns = to;
	for (child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			replace_ns(child, to);
}

/* Elements of no namespace would fall into a default one, and attributes cannot use it. */
static bool needs_prefix(const xmlNode *node, const xmlNs *ns)
{
	const xmlNode *child;
	const xmlAttr *a;

	if (!node->ns)
		return true;
	for (a = node->properties; a; a = a->next)
		if (a->ns == ns)
			return true;
	for (child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE && needs_prefix(child, ns))
			return true;
	return false;
}

int sw_xml_make_default_ns(struct sw_xml_node *root)
{
	xmlNode *node = from_node(root);
	xmlNs *old = node->ns, *ns, **link;

	if (!old || !old->prefix || needs_prefix(node, old))
		return 0;
	for (ns = node->nsDef; ns; ns = ns->next)
		if (!ns->prefix && !xmlStrEqual(ns->href, old->href))
			return 0;
	for (ns = node->nsDef; ns && ns->prefix; ns = ns->next)
		;
	if (!ns)
		ns = xmlNewNs(node, old->href, NULL);
	if (!ns)
		return -ENOMEM;
	replace_ns(node, ns);
	for (link = &node->nsDef; *link; link = &(*link)->next) {
		if (*link == old) {
			*link = old->next;
			xmlFreeNs(old);
			break;
		}
	}
	return 0;
}

void sw_xml_move_before(struct sw_xml_node *node, struct sw_xml_node *sibling)
{
	xmlUnlinkNode(from_node(node));
	xmlAddPrevSibling(from_node(sibling), from_node(node));
}

void sw_xml_remove(struct sw_xml_node *node)
{
	xmlUnlinkNode(from_node(node));
	xmlFreeNode(from_node(node));
}

void sw_xml_remove_line(struct sw_xml_node *node)
{
	xmlNode *next = from_node(node)->next;

	if (next && xmlIsBlankNode(next)) {
		xmlUnlinkNode(next);
		xmlFreeNode(next);
	}
	sw_xml_remove(node);
}

void sw_xml_clear(struct sw_xml_node *node)
{
	xmlNode *n = from_node(node), *child;

	while ((child = n->children)) {
		xmlUnlinkNode(child);
		xmlFreeNode(child);
	}
}
