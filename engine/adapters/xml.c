/* SPDX-License-Identifier: Apache-2.0 */
/* Parses XML under limits and reads it. Must not resolve entities, load DTDs or touch the network.
 */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "adapters/xml.h"
#include "adapters/xml_private.h"
#include "base/base.h"

/* What one parse knows beside libxml2; lives in ctxt->_private. */
struct parse_state {
	struct xml_depth depth; /* first: see xml_private.h */
	bool has_dtd;
	int line; /* of the first error; later ones are its consequences */
	char message[256];
};

/* Called for <!DOCTYPE before anything inside it: stopping here means no entity is ever declared.
 */
static void refuse_dtd(void *ctx, const xmlChar *name, const xmlChar *public_id,
		       const xmlChar *system_id)
{
	xmlParserCtxt *ctxt = ctx;
	struct parse_state *state = ctxt->_private;

	state->has_dtd = true;
	xmlStopParser(ctxt);
}

static void remember_first(void *ctx, xmlErrorPtr error)
{
	xmlParserCtxt *ctxt = ctx;
	struct parse_state *state = ctxt->_private;
	size_t len;

	if (state->message[0] || error->level < XML_ERR_ERROR || !error->message)
		return;
	state->line = error->line;
	snprintf(state->message, sizeof(state->message), "%s", error->message);
	len = strcspn(state->message, "\n");
	state->message[len] = '\0';
}

static int parse_failed(xmlParserCtxt *ctxt, const struct parse_state *state, const char *name,
			struct sw_error *err)
{
	const xmlError *e = xmlCtxtGetLastError(ctxt);
	int line = ctxt->input ? ctxt->input->line : 0;

	if (state->has_dtd)
		return sw_error_set(err, EINVAL, "%s:%d: a document type declaration is refused",
				    name, line);
	if (state->depth.too_deep)
		return sw_error_set(err, ELOOP, "%s:%d: elements nest deeper than %d", name, line,
				    SW_LIMIT_XML_DEPTH);
	if (e && e->code == XML_ERR_NO_MEMORY)
		return sw_error_set(err, ENOMEM, "%s: no memory", name);
	if (!state->message[0])
		return sw_error_set(err, EINVAL, "%s:%d: not well-formed XML", name, line);
	return sw_error_set(err, EINVAL, "%s:%d: %s", name, state->line, state->message);
}

/* Counts what the parser is given. */
struct input {
	sw_xml_read_fn read;
	void *ctx;
	size_t len;
	int rc;
};

static int feed(void *ctx, char *buf, int size)
{
	struct input *in = ctx;
	int n = in->rc < 0 ? in->rc : in->read(in->ctx, buf, size);

	if (n > 0)
		in->len += (size_t)n;
	if (in->len > SW_LIMIT_XML_BYTES)
		n = -EFBIG;
	if (n < 0)
		in->rc = n;
	return n < 0 ? -1 : n;
}

static int parse(xmlParserCtxt *ctxt, struct input *in, const char *name,
		 struct sw_xml_doc **ret_doc, struct sw_error *err)
{
	/* HUGE lifts libxml2's own 10 MB and depth limits; ours above stand in their place. */
	const int options = XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_BIG_LINES |
			    XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT |
			    XML_PARSE_NOCDATA;
	struct parse_state state = {};
	xmlDoc *doc;
	int rc = 0;

	ctxt->sax->internalSubset = refuse_dtd;
	ctxt->sax->serror = remember_first;
	xml_depth_limit(ctxt, &state.depth);
	doc = xmlCtxtReadIO(ctxt, feed, NULL, in, NULL, NULL, options);
	/* nsWellFormed: an undeclared prefix is an error for us, a warning for libxml2. */
	if (in->rc == -EFBIG)
		rc = sw_error_set(err, EFBIG, "%s: larger than %u bytes", name, SW_LIMIT_XML_BYTES);
	else if (in->rc < 0)
		rc = sw_error_set(err, -in->rc, "%s: %s", name, strerror(-in->rc));
	else if (!in->len)
		rc = sw_error_set(err, EINVAL, "%s: empty document", name);
	else if (!doc || !ctxt->wellFormed || !ctxt->nsWellFormed || state.has_dtd ||
		 state.depth.too_deep || !xmlDocGetRootElement(doc))
		rc = parse_failed(ctxt, &state, name, err);
	ctxt->_private = NULL;
	if (rc < 0)
		xmlFreeDoc(doc);
	else
		*ret_doc = to_doc(doc);
	return rc;
}

int sw_xml_parse_stream(sw_xml_read_fn read, void *ctx, const char *name,
			struct sw_xml_doc **ret_doc, struct sw_error *err)
{
	struct input in = {.read = read, .ctx = ctx};
	xmlParserCtxt *ctxt = xmlNewParserCtxt();
	int rc;

	if (!ctxt)
		return sw_error_set(err, ENOMEM, "%s: no memory", name);
	rc = parse(ctxt, &in, name, ret_doc, err);
	xmlFreeParserCtxt(ctxt);
	return rc;
}

struct memory {
	const char *data;
	size_t len;
};

static int read_memory(void *ctx, char *buf, int size)
{
	struct memory *m = ctx;
	size_t n = m->len < (size_t)size ? m->len : (size_t)size;

	memcpy(buf, m->data, n);
	m->data += n;
	m->len -= n;
	return (int)n;
}

/* Not xmlCtxtReadMemory: it would copy the whole text first. */
int sw_xml_parse(const void *data, size_t len, const char *name, struct sw_xml_doc **ret_doc,
		 struct sw_error *err)
{
	struct memory m = {.data = data, .len = len};

	if (!len)
		return sw_error_set(err, EINVAL, "%s: empty document", name);
	return sw_xml_parse_stream(read_memory, &m, name, ret_doc, err);
}

void sw_xml_doc_free(struct sw_xml_doc *doc)
{
	xmlFreeDoc((xmlDoc *)doc);
}

struct sw_xml_node *sw_xml_root(const struct sw_xml_doc *doc)
{
	return to_node(xmlDocGetRootElement((const xmlDoc *)doc));
}

const char *sw_xml_name(const struct sw_xml_node *node)
{
	return (const char *)from_node(node)->name;
}

const char *sw_xml_ns(const struct sw_xml_node *node)
{
	const xmlNs *ns = from_node(node)->ns;

	return ns && ns->href ? (const char *)ns->href : "";
}

bool sw_xml_is(const struct sw_xml_node *node, const char *ns, const char *name)
{
	return node && (!name || !strcmp(sw_xml_name(node), name)) &&
	       (!ns || !strcmp(sw_xml_ns(node), ns));
}

long sw_xml_line(const struct sw_xml_node *node)
{
	return xmlGetLineNo(from_node(node));
}

static struct sw_xml_node *find_from(xmlNode *n, const char *ns, const char *name)
{
	for (; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && sw_xml_is(to_node(n), ns, name))
			return to_node(n);
	return NULL;
}

struct sw_xml_node *sw_xml_child(const struct sw_xml_node *parent, const char *ns, const char *name)
{
	return parent ? find_from(from_node(parent)->children, ns, name) : NULL;
}

struct sw_xml_node *sw_xml_next(const struct sw_xml_node *node, const char *ns, const char *name)
{
	return find_from(from_node(node)->next, ns, name);
}

struct sw_xml_node *sw_xml_parent(const struct sw_xml_node *node)
{
	xmlNode *p = from_node(node)->parent;

	return p && p->type == XML_ELEMENT_NODE ? to_node(p) : NULL;
}

/* An attribute's value is one text node: DTDs are refused, so no entity reference can stand in it.
 */
static const char *attr_value(const xmlAttr *a)
{
	if (!a->children || !a->children->content)
		return "";
	return (const char *)a->children->content;
}

const char *sw_xml_attr_ns(const struct sw_xml_node *node, const char *ns, const char *name)
{
	const xmlAttr *a;

	for (a = from_node(node)->properties; a; a = a->next) {
		if (strcmp((const char *)a->name, name))
			continue;
		if (ns ? a->ns && !strcmp((const char *)a->ns->href, ns) : !a->ns)
			return attr_value(a);
	}
	return NULL;
}

const char *sw_xml_attr(const struct sw_xml_node *node, const char *name)
{
	return sw_xml_attr_ns(node, NULL, name);
}

const char *sw_xml_attr_or(const struct sw_xml_node *node, const char *name, const char *fallback)
{
	const char *value = sw_xml_attr(node, name);

	return value ? value : fallback;
}

bool sw_xml_attr_bool(const struct sw_xml_node *node, const char *name, bool fallback)
{
	const char *value = sw_xml_attr(node, name);

	if (!value)
		return fallback;
	if (!strcmp(value, "true") || !strcmp(value, "1"))
		return true;
	if (!strcmp(value, "false") || !strcmp(value, "0"))
		return false;
	return fallback;
}

static int add_text(void *ctx, enum sw_xml_event event, const struct sw_xml_node *element,
		    const char *text)
{
	if (event == SW_XML_TEXT)
		sw_strbuf_adds(ctx, text);
	return 0;
}

char *sw_xml_text(const struct sw_xml_node *node)
{
	struct sw_strbuf sb = {};

	sw_xml_visit(node, add_text, &sb);
	return sw_strbuf_steal(&sb);
}

char *sw_xml_text_trim(const struct sw_xml_node *node)
{
	static const char blanks[] = " \t\r\n";
	char *text = sw_xml_text(node);
	size_t start, len;

	if (!text)
		return NULL;
	start = strspn(text, blanks);
	len = strlen(text + start);
	while (len && strchr(blanks, text[start + len - 1]))
		len--;
	memmove(text, text + start, len);
	text[len] = '\0';
	return text;
}

char *sw_xml_child_text(const struct sw_xml_node *parent, const char *ns, const char *name)
{
	const struct sw_xml_node *child = sw_xml_child(parent, ns, name);

	return child ? sw_xml_text_trim(child) : NULL;
}

const char *sw_xml_lookup_prefix(const struct sw_xml_node *node, const char *prefix)
{
	const xmlNode *n = from_node(node);
	xmlNs *ns = xmlSearchNs(n->doc, (xmlNode *)n,
				prefix && *prefix ? (const xmlChar *)prefix : NULL);

	return ns ? (const char *)ns->href : NULL;
}

int sw_xml_visit(const struct sw_xml_node *node, sw_xml_visit_fn fn, void *ctx)
{
	const xmlNode *n;
	int rc = 0;

	/* Recursion is as deep as the document, which the parser limited. */
	for (n = from_node(node)->children; n && !rc; n = n->next) {
		if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) {
			if (n->content)
				rc = fn(ctx, SW_XML_TEXT, NULL, (const char *)n->content);
			continue;
		}
		if (n->type != XML_ELEMENT_NODE)
			continue;
		rc = fn(ctx, SW_XML_START, to_node((xmlNode *)n), NULL);
		if (!rc)
			rc = sw_xml_visit(to_node((xmlNode *)n), fn, ctx);
		if (!rc)
			rc = fn(ctx, SW_XML_END, to_node((xmlNode *)n), NULL);
	}
	return rc;
}
