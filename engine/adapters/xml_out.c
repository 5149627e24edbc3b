/* SPDX-License-Identifier: Apache-2.0 */
/* Writes XML as it is made. Must not build trees. */
#include <libxml/tree.h>
#include <libxml/xmlsave.h>

#include "adapters/xml.h"
#include "adapters/xml_out.h"
#include "adapters/xml_private.h"
#include "base/base.h"

#define ENOUGH 65536 /* bytes held before they are handed over */

static void flush(struct sw_xml_out *o)
{
	if (o->sb.failed && o->rc == 0)
		o->rc = -ENOMEM;
	if (o->rc == 0 && o->sb.len)
		o->rc = o->write(o->ctx, o->sb.data, o->sb.len);
	o->sb.len = 0;
}

static void close_tag(struct sw_xml_out *o)
{
	if (o->in_tag)
		sw_strbuf_addc(&o->sb, '>');
	o->in_tag = false;
	if (o->sb.len >= ENOUGH)
		flush(o);
}

static void new_line(struct sw_xml_out *o)
{
	static const char blanks[] = "\n                                ";

	if (!o->after_text)
		sw_strbuf_add(&o->sb, blanks, 1 + 2 * (o->depth < 15 ? o->depth : 15));
	o->after_text = false;
}

/* White space that reading would change is written as a reference. */
static void add_escaped(struct sw_xml_out *o, const char *s, const char *white)
{
	size_t len;

	for (;; s++) {
		len = strcspn(s, white);
		sw_strbuf_add_xml(&o->sb, s, len);
		s += len;
		if (!*s)
			return;
		sw_strbuf_addf(&o->sb, "&#%d;", *s);
	}
}

static void add_name(struct sw_xml_out *o, const char *name)
{
	if (o->prefix && *o->prefix && !strchr(name, ':')) {
		sw_strbuf_adds(&o->sb, o->prefix);
		sw_strbuf_addc(&o->sb, ':');
	}
	sw_strbuf_adds(&o->sb, name);
}

void sw_xml_out_begin(struct sw_xml_out *o, const char *name)
{
	close_tag(o);
	new_line(o);
	sw_strbuf_addc(&o->sb, '<');
	add_name(o, name);
	o->in_tag = true;
	o->depth++;
}

void sw_xml_out_attr(struct sw_xml_out *o, const char *name, const char *value)
{
	if (!value)
		return;
	sw_strbuf_addc(&o->sb, ' ');
	sw_strbuf_adds(&o->sb, name);
	sw_strbuf_adds(&o->sb, "=\"");
	add_escaped(o, value, "\t\n\r");
	sw_strbuf_addc(&o->sb, '"');
}

void sw_xml_out_text(struct sw_xml_out *o, const char *text)
{
	if (!*text)
		return;
	close_tag(o);
	add_escaped(o, text, "\r");
	o->after_text = true;
}

void sw_xml_out_end(struct sw_xml_out *o, const char *name)
{
	o->depth--;
	if (o->in_tag) {
		sw_strbuf_adds(&o->sb, "/>");
		o->in_tag = false;
	} else {
		new_line(o);
		sw_strbuf_adds(&o->sb, "</");
		add_name(o, name);
		sw_strbuf_addc(&o->sb, '>');
	}
	o->after_text = false;
	close_tag(o);
}

void sw_xml_out_leaf(struct sw_xml_out *o, const char *name, const char *text)
{
	sw_xml_out_begin(o, name);
	if (text)
		sw_xml_out_text(o, text);
	sw_xml_out_end(o, name);
}

void sw_xml_out_raw(struct sw_xml_out *o, const void *data, size_t len)
{
	close_tag(o);
	sw_strbuf_add(&o->sb, data, len);
	if (o->sb.len >= ENOUGH)
		flush(o);
}

/* ---- of trees ---- */

/* Marks the namespaces that an element and all below it use. */
static void mark_used(const xmlNode *node)
{
	const xmlNode *child;
	const xmlAttr *a;

	if (node->ns)
		node->ns->_private = node->ns;
	for (a = node->properties; a; a = a->next)
		if (a->ns)
			a->ns->_private = a->ns;
	for (child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			mark_used(child);
}

static void declare(struct sw_xml_out *o, const xmlNs *ns)
{
	char name[256] = "xmlns";

	if (ns->prefix && snprintf(name, sizeof(name), "xmlns:%s", ns->prefix) >= (int)sizeof(name))
		o->rc = o->rc ? o->rc : -ENAMETOOLONG;
	sw_xml_out_attr(o, name, (const char *)ns->href);
}

static bool declared_on(const xmlNode *node, const xmlNs *ns)
{
	const xmlNs *own;

	for (own = node->nsDef; own; own = own->next)
		if (own == ns)
			return true;
	return false;
}

void sw_xml_out_namespaces_of(struct sw_xml_out *o, const struct sw_xml_node *element)
{
	const xmlNode *node = from_node(element);
	xmlNs **all = xmlGetNsList(node->doc, node);
	size_t i;

	for (i = 0; all && all[i]; i++)
		all[i]->_private = declared_on(node, all[i]) ? all[i] : NULL;
	mark_used(node);
	/* Its own name's namespace first, for readers. */
	if (node->ns)
		declare(o, node->ns);
	for (i = 0; all && all[i]; i++)
		if (all[i] != node->ns && all[i]->_private)
			declare(o, all[i]);
	xmlFree(all);
}

static void add_attribute(struct sw_xml_out *o, const xmlAttr *a, const char *instead)
{
	xmlChar *value = xmlNodeListGetString(a->doc, a->children, 1);
	char name[512];
	int n;

	if (a->ns && a->ns->prefix)
		n = snprintf(name, sizeof(name), "%s:%s", a->ns->prefix, a->name);
	else
		n = snprintf(name, sizeof(name), "%s", a->name);
	if (n >= (int)sizeof(name))
		o->rc = o->rc ? o->rc : -ENAMETOOLONG;
	sw_xml_out_attr(o, name, instead ? instead : value ? (const char *)value : "");
	xmlFree(value);
}

void sw_xml_out_start_of(struct sw_xml_out *o, const struct sw_xml_node *element, const char *id)
{
	const xmlNode *node = from_node(element);
	const xmlAttr *a;

	close_tag(o);
	new_line(o);
	sw_strbuf_addc(&o->sb, '<');
	if (node->ns && node->ns->prefix)
		sw_strbuf_addf(&o->sb, "%s:", node->ns->prefix);
	sw_strbuf_adds(&o->sb, (const char *)node->name);
	sw_xml_out_namespaces_of(o, element);
	for (a = node->properties; a; a = a->next)
		add_attribute(o, a, !a->ns && !strcmp((const char *)a->name, "id") ? id : NULL);
	o->in_tag = true;
	o->depth++;
}

static int raw_write(void *ctx, const char *data, int len)
{
	if (len > 0)
		sw_xml_out_raw(ctx, data, (size_t)len);
	return len;
}

/* libxml2 writes through us; what it holds is asked for after each element, so order is kept. */
static xmlSaveCtxt *saver(struct sw_xml_out *o)
{
	close_tag(o);
	return xmlSaveToIO(raw_write, NULL, o, "UTF-8", XML_SAVE_AS_XML | XML_SAVE_NO_DECL);
}

void sw_xml_out_children_of(struct sw_xml_out *o, const struct sw_xml_node *element,
			    bool (*skip)(void *ctx, const struct sw_xml_node *child), void *ctx)
{
	xmlSaveCtxt *save = saver(o);
	xmlNode *child;

	if (!save)
		o->rc = o->rc ? o->rc : -ENOMEM;
	for (child = from_node(element)->children; save && child && o->rc == 0;
	     child = child->next) {
		if (child->type == XML_ELEMENT_NODE && skip && skip(ctx, to_node(child)))
			continue;
		if (xmlSaveTree(save, child) < 0 || xmlSaveFlush(save) < 0)
			o->rc = o->rc ? o->rc : -ENOMEM;
	}
	if (save)
		xmlSaveClose(save);
	o->after_text = true;
}

void sw_xml_out_copy_of(struct sw_xml_out *o, const struct sw_xml_node *node)
{
	xmlSaveCtxt *save;

	close_tag(o);
	new_line(o);
	save = saver(o);
	if (!save || xmlSaveTree(save, from_node(node)) < 0)
		o->rc = o->rc ? o->rc : -ENOMEM;
	if (save)
		xmlSaveClose(save);
}

void sw_xml_out_end_of(struct sw_xml_out *o, const struct sw_xml_node *element)
{
	const xmlNode *node = from_node(element);
	const char *prefix = node->ns && node->ns->prefix ? (const char *)node->ns->prefix : "";

	close_tag(o);
	o->depth--;
	new_line(o);
	sw_strbuf_addf(&o->sb, "</%s%s%s>", prefix, *prefix ? ":" : "", (const char *)node->name);
}

const char *sw_xml_prefix(const struct sw_xml_node *element)
{
	const xmlNode *node = from_node(element);

	return node->ns && node->ns->prefix ? (const char *)node->ns->prefix : "";
}

int sw_xml_out_finish(struct sw_xml_out *o)
{
	close_tag(o);
	flush(o);
	sw_strbuf_release(&o->sb);
	return o->rc;
}
