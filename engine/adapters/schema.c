/* SPDX-License-Identifier: Apache-2.0 */
/* Validates documents by schemas and applies schematron stylesheets. Must not fetch anything. */
#include <libxml/parserInternals.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlschemas.h>
#include <stdarg.h>
#include <unistd.h>

#include "adapters/schema.h"
#include "stigwatch/error.h"
#include "stigwatch/library.h"
#include "stigwatch/strbuf.h"

/* Of libxslt only what is called; its types stay opaque. */
static void *(*parse_stylesheet)(const xmlChar *path);
static xmlDoc *(*apply_stylesheet)(void *style, xmlDoc *doc, const char **params);
static void (*free_stylesheet)(void *style);
static const struct sw_library_symbol symbols[] = {
	{"xsltParseStylesheetFile", &parse_stylesheet},
	{"xsltApplyStylesheet", &apply_stylesheet},
	{"xsltFreeStylesheet", &free_stylesheet},
};
static struct sw_library library = {"libxslt.so.1", symbols, SW_ARRAY_LEN(symbols), false};

struct saying {
	sw_schema_say_fn say;
	void *ctx;
};

static void on_error(void *ctx, xmlError *error)
{
	const struct saying *s = ctx;
	char text[1024];
	size_t len = strcspn(error->message ?: "", "\n");

	snprintf(text, sizeof(text), "%.*s", (int)(len < 1000 ? len : 1000), error->message ?: "");
	if (s->say)
		s->say(s->ctx, error->line, text);
}

static void silent(void *ctx, xmlError *error)
{
}

static int readable(const char *path, struct sw_error *err)
{
	if (access(path, R_OK) == 0)
		return 0;
	return sw_error_set(err, ENOENT, "%s: %s", path, strerror(errno));
}

static int validate(xmlSchema *schema, const struct sw_xml_doc *doc, struct saying *saying)
{
	xmlSchemaValidCtxt *ctxt = xmlSchemaNewValidCtxt(schema);
	int rc;

	if (!ctxt)
		return -ENOMEM;
	xmlSchemaSetValidStructuredErrors(ctxt, on_error, saying);
	rc = xmlSchemaValidateDoc(ctxt, (xmlDoc *)doc);
	xmlSchemaFreeValidCtxt(ctxt);
	return rc == 0 ? 0 : rc > 0 ? 1 : -EINVAL;
}

int sw_schema_validate(const char *xsd, const struct sw_xml_doc *doc, sw_schema_say_fn say,
		       void *ctx, struct sw_error *err)
{
	struct saying saying = {say, ctx};
	xmlSchemaParserCtxt *parser;
	xmlSchema *schema;
	int rc = readable(xsd, err);

	if (rc < 0)
		return rc;
	xmlSetExternalEntityLoader(xmlNoNetExternalEntityLoader);
	parser = xmlSchemaNewParserCtxt(xsd);
	if (!parser)
		return sw_error_set(err, ENOMEM, "%s: out of memory", xsd);
	xmlSchemaSetParserStructuredErrors(parser, silent, NULL);
	schema = xmlSchemaParse(parser);
	xmlSchemaFreeParserCtxt(parser);
	if (!schema)
		return sw_error_set(err, EINVAL, "%s: not a schema that can be used", xsd);
	rc = validate(schema, doc, &saying);
	xmlSchemaFree(schema);
	return rc < 0 ? sw_error_set(err, -rc, "%s: %s", xsd, strerror(-rc)) : rc;
}

int sw_schema_transform(const char *xsl, const struct sw_xml_doc *doc, struct sw_strbuf *ret_text,
			struct sw_error *err)
{
	void *style;
	xmlDoc *made;
	xmlChar *text;
	int rc = readable(xsl, err);

	if (rc == 0)
		rc = sw_library_open(&library, err);
	if (rc < 0)
		return rc;
	xmlSetExternalEntityLoader(xmlNoNetExternalEntityLoader);
	style = parse_stylesheet((const xmlChar *)xsl);
	if (!style)
		return sw_error_set(err, EINVAL, "%s: not a stylesheet that can be used", xsl);
	made = apply_stylesheet(style, (xmlDoc *)doc, NULL);
	free_stylesheet(style);
	if (!made)
		return sw_error_set(err, EINVAL, "%s: could not be applied", xsl);
	for (xmlNode *node = made->children; node; node = node->next) {
		text = xmlNodeGetContent(node);
		if (text)
			sw_strbuf_adds(ret_text, (const char *)text);
		xmlFree(text);
	}
	xmlFreeDoc(made);
	return ret_text->failed ? sw_error_set(err, ENOMEM, "out of memory") : 0;
}
