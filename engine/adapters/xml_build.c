/* SPDX-License-Identifier: Apache-2.0 */
/* Builds, changes and serialises XML trees. Must not parse. */
#include <libxml/tree.h>
#include <libxml/xmlsave.h>

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

/* The namespace ns as node may use it, declared on node if no ancestor does. */
static xmlNs *use_ns(xmlNode *node, const char *ns)
{
	xmlNs *found;
	char prefix[16];
	int i;

	found = xmlSearchNsByHref(node->doc, node, (const xmlChar *)ns);
	if (found)
		return found;
	for (i = 1; i < 1000; i++) {
		snprintf(prefix, sizeof(prefix), "n%d", i);
		if (!xmlSearchNs(node->doc, node, (const xmlChar *)prefix))
			return xmlNewNs(node, (const xmlChar *)ns, (const xmlChar *)prefix);
	}
	return NULL;
}

struct sw_xml_doc *sw_xml_doc_new(const char *root_ns, const char *root_name)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = to_doc(xmlNewDoc((const xmlChar *)"1.0"));
	xmlNode *root;
	xmlNs *ns;

	if (!doc)
		return NULL;
	root = xmlNewDocNode((xmlDoc *)doc, NULL, (const xmlChar *)root_name, NULL);
	if (!root)
		return NULL;
	xmlDocSetRootElement((xmlDoc *)doc, root);
	if (root_ns && *root_ns) {
		ns = xmlNewNs(root, (const xmlChar *)root_ns, NULL);
		if (!ns)
			return NULL;
		xmlSetNs(root, ns);
	}
	return TAKE(doc);
}

struct sw_xml_doc *sw_xml_doc_from(const struct sw_xml_node *node)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = to_doc(xmlNewDoc((const xmlChar *)"1.0"));
	xmlNode *copy;

	if (!doc)
		return NULL;
	copy = xmlDocCopyNode(from_node(node), (xmlDoc *)doc, 1);
	if (!copy)
		return NULL;
	xmlDocSetRootElement((xmlDoc *)doc, copy);
	/* Namespaces declared above node in its old document are declared on the new root. */
	if (xmlReconciliateNs((xmlDoc *)doc, copy) < 0)
		return NULL;
	return TAKE(doc);
}

static xmlNode *new_element(xmlNode *scope, const char *ns, const char *name, const char *text)
{
	xmlNode *node = xmlNewDocNode(scope->doc, NULL, (const xmlChar *)name, NULL);
	_cleanup_free_ char *cleaned = NULL;
	xmlNode *content;

	if (!node)
		return NULL;
	if (text) {
		cleaned = clean(text);
		content = cleaned ? xmlNewDocText(scope->doc, (const xmlChar *)cleaned) : NULL;
		if (!content || !xmlAddChild(node, content)) {
			xmlFreeNode(node);
			return NULL;
		}
	}
	if (ns && *ns)
		node->ns = use_ns(scope, ns);
	if (ns && *ns && !node->ns) {
		xmlFreeNode(node);
		return NULL;
	}
	return node;
}

struct sw_xml_node *sw_xml_add(struct sw_xml_node *parent, const char *ns, const char *name,
			       const char *text)
{
	xmlNode *node = new_element(from_node(parent), ns, name, text);

	return node ? to_node(xmlAddChild(from_node(parent), node)) : NULL;
}

struct sw_xml_node *sw_xml_add_before(struct sw_xml_node *node, const char *ns, const char *name,
				      const char *text)
{
	xmlNode *at = from_node(node), *new = new_element(at->parent, ns, name, text);

	return new ? to_node(xmlAddPrevSibling(at, new)) : NULL;
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

int sw_xml_add_text(struct sw_xml_node *node, const char *text)
{
	_cleanup_free_ char *cleaned = clean(text);
	xmlNode *content;

	content = cleaned ? xmlNewDocText(from_node(node)->doc, (const xmlChar *)cleaned) : NULL;
	return content && xmlAddChild(from_node(node), content) ? 0 : -ENOMEM;
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

struct sw_xml_node *sw_xml_import(struct sw_xml_node *parent, const struct sw_xml_node *node)
{
	xmlNode *p = from_node(parent), *copy = xmlDocCopyNode(from_node(node), p->doc, 1);

	if (!copy)
		return NULL;
	if (!xmlAddChild(p, copy)) {
		xmlFreeNode(copy);
		return NULL;
	}
	if (p->ns)
		adopt_ns(copy, p->ns);
	return xmlReconciliateNs(p->doc, copy) < 0 ? NULL : to_node(copy);
}

/* Gives every element that uses from the declaration to instead. */
static void replace_ns(xmlNode *node, const xmlNs *from, xmlNs *to)
{
	xmlNode *child;

	if (node->ns && (node->ns == from || xmlStrEqual(node->ns->href, to->href)))
		node->ns = to;
	for (child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			replace_ns(child, from, to);
}

/* Elements of no namespace would fall into a default one: such a tree keeps its prefixes. */
static bool has_bare_element(const xmlNode *node)
{
	const xmlNode *child;

	for (child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE && (!child->ns || has_bare_element(child)))
			return true;
	return false;
}

int sw_xml_make_default_ns(struct sw_xml_node *root)
{
	xmlNode *node = from_node(root);
	xmlNs *old = node->ns, *ns;

	if (!old || !old->prefix || has_bare_element(node))
		return 0;
	for (ns = node->nsDef; ns; ns = ns->next)
		if (!ns->prefix)
			break;
	if (ns && !xmlStrEqual(ns->href, old->href))
		return 0;
	if (!ns)
		ns = xmlNewNs(node, old->href, NULL);
	if (!ns)
		return -ENOMEM;
	replace_ns(node, old, ns);
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

struct sink {
	int (*write)(void *ctx, const void *data, size_t len);
	void *ctx;
	int rc;
};

static int sink_write(void *ctx, const char *data, int len)
{
	struct sink *s = ctx;

	if (s->rc >= 0 && len > 0)
		s->rc = s->write(s->ctx, data, (size_t)len);
	return s->rc < 0 ? -1 : len;
}

int sw_xml_write(const struct sw_xml_doc *doc,
		 int (*write)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct sink sink = {.write = write, .ctx = ctx};
	xmlSaveCtxt *save = xmlSaveToIO(sink_write, NULL, &sink, "UTF-8", XML_SAVE_AS_XML);
	long rc;

	if (!save)
		return -ENOMEM;
	rc = xmlSaveDoc(save, (xmlDoc *)doc);
	if (xmlSaveClose(save) < 0)
		rc = -1;
	if (sink.rc < 0)
		return sink.rc;
	return rc < 0 ? -EIO : 0;
}
