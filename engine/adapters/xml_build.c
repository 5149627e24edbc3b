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

/* The namespace ns for node, which will stand in scope: one in force there, else declared on node
 * itself. */
static xmlNs *use_ns(xmlNode *node, xmlNode *scope, const char *ns)
{
	xmlNs *found;
	char prefix[16];
	int i;

	/* The neighbourhood's own declaration first: there may be several prefixes for one
	 * namespace. */
	if (scope->ns && xmlStrEqual(scope->ns->href, (const xmlChar *)ns))
		return scope->ns;
	found = xmlSearchNsByHref(scope->doc, scope, (const xmlChar *)ns);
	if (found)
		return found;
	for (i = 1; i < 1000; i++) {
		snprintf(prefix, sizeof(prefix), "n%d", i);
		if (!xmlSearchNs(scope->doc, scope, (const xmlChar *)prefix))
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
	/* Copying declares on the new root what was declared above node in its old document. */
	copy = xmlDocCopyNode(from_node(node), (xmlDoc *)doc, 1);
	if (!copy)
		return NULL;
	xmlDocSetRootElement((xmlDoc *)doc, copy);
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
		node->ns = use_ns(node, scope, ns);
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

void sw_xml_unset_attr(struct sw_xml_node *node, const char *name)
{
	xmlUnsetProp(from_node(node), (const xmlChar *)name);
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

static bool element_only(const xmlNode *node)
{
	const xmlNode *child;

	for (child = node->children; child; child = child->next)
		if (child->type != XML_ELEMENT_NODE)
			return false;
	return node->children != NULL;
}

int sw_xml_indent(struct sw_xml_node *element, unsigned int depth)
{
	static const char blanks[] = "\n                                ";
	xmlNode *node = from_node(element), *child, *text;
	int width = depth < 15 ? 1 + 2 * (int)depth : 31;

	if (!element_only(node))
		return 0;
	for (child = node->children; child; child = child->next) {
		text = xmlNewDocTextLen(node->doc, (const xmlChar *)blanks, width + 2);
		if (!text || !xmlAddPrevSibling(child, text) ||
		    sw_xml_indent(to_node(child), depth + 1) < 0)
			return -ENOMEM;
	}
	text = xmlNewDocTextLen(node->doc, (const xmlChar *)blanks, width);
	return text && xmlAddChild(node, text) ? 0 : -ENOMEM;
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

struct sink {
	int (*write)(void *ctx, const void *data, size_t len);
	void *ctx;
	int rc;
};

static int sink_write(void *ctx, const char *data, int len)
{
	struct sink *s = ctx;

	/* libxml2 prints when its sink fails: it is told all is well, and the rest is dropped. */
	if (s->rc >= 0 && len > 0)
		s->rc = s->write(s->ctx, data, (size_t)len);
	return len;
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
