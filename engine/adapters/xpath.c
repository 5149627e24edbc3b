/* SPDX-License-Identifier: Apache-2.0 */
/* XPath by libxml2, bounded in depth and steps. Opens nothing. */
#include <inttypes.h>
#include <math.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "adapters/xml_private.h"
#include "adapters/xpath.h"
#include "base/base.h"

static void quiet(void *ctx, xmlErrorPtr error)
{
}

static void no_entity(void *ctx, const xmlChar *name, int type, const xmlChar *public_id,
		      const xmlChar *system_id, xmlChar *content)
{
}

struct parse_state {
	struct xml_depth depth; /* first: see xml_private.h */
	internalSubsetSAXFunc internal_subset;
};

/* A declared entity is not known then, which is no error where there may be an external subset. */
static void note_dtd(void *ctx, const xmlChar *name, const xmlChar *public_id,
		     const xmlChar *system_id)
{
	xmlParserCtxt *ctxt = ctx;
	struct parse_state *state = ctxt->_private;

	ctxt->hasExternalSubset = 1;
	state->internal_subset(ctx, name, public_id, system_id);
}

static xmlEntity *predefined_only(void *ctx, const xmlChar *name)
{
	return xmlGetPredefinedEntity(name);
}

static int parse(const char *data, size_t len, xmlDoc **ret_doc, struct sw_error *err)
{
	/* as OpenSCAP reads such files: CDATA is text, comments and instructions are not there */
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
			    XML_PARSE_COMPACT | XML_PARSE_NOCDATA;
	struct parse_state state = {};
	xmlParserCtxt *ctxt;
	xmlDoc *doc;
	bool good;

	if (!len || len > SW_LIMIT_TEXT_BYTES)
		return sw_error_set(err, EINVAL, "not well-formed XML");
	ctxt = xmlNewParserCtxt();
	if (!ctxt)
		return sw_error_set(err, ENOMEM, "no memory");
	state.internal_subset = ctxt->sax->internalSubset;
	ctxt->sax->internalSubset = note_dtd;
	ctxt->sax->comment = NULL;
	ctxt->sax->processingInstruction = NULL;
	ctxt->sax->entityDecl = no_entity;
	ctxt->sax->getEntity = predefined_only;
	ctxt->sax->serror = quiet;
	xml_depth_limit(ctxt, &state.depth);
	doc = xmlCtxtReadMemory(ctxt, data, (int)len, NULL, NULL, options);
	good = doc && ctxt->wellFormed && !state.depth.too_deep;
	xmlFreeParserCtxt(ctxt);
	if (good) {
		*ret_doc = doc;
		return 0;
	}
	xmlFreeDoc(doc);
	if (state.depth.too_deep)
		return sw_error_set(err, ELOOP, "elements nest deeper than %d", SW_LIMIT_XML_DEPTH);
	return sw_error_set(err, EINVAL, "not well-formed XML");
}

static int give_nodes(const xmlNodeSet *set, sw_xpath_fn fn, void *ctx)
{
	for (int i = 0; set && i < set->nodeNr; i++) {
		xmlNode *node = set->nodeTab[i];
		bool value = node->type == XML_TEXT_NODE || node->type == XML_ATTRIBUTE_NODE;
		xmlChar *text = value ? xmlNodeGetContent(node) : NULL;
		int rc = value && !text ? -ENOMEM : fn(ctx, "string", (const char *)text);

		xmlFree(text);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int give(const xmlXPathObject *o, sw_xpath_fn fn, void *ctx, struct sw_error *err)
{
	char text[64];

	switch (o->type) {
	case XPATH_NODESET:
		return give_nodes(o->nodesetval, fn, ctx);
	case XPATH_BOOLEAN:
		return fn(ctx, "boolean", o->boolval ? "true" : "false");
	case XPATH_STRING:
		return fn(ctx, "string", (const char *)o->stringval);
	case XPATH_NUMBER:
		if (o->floatval == floor(o->floatval) && fabs(o->floatval) < 9e15) {
			snprintf(text, sizeof(text), "%" PRId64, (int64_t)o->floatval);
			return fn(ctx, "int", text);
		}
		snprintf(text, sizeof(text), "%.15g", o->floatval);
		return fn(ctx, "float", text);
	default:
		return sw_error_set(err, EINVAL, "the expression gives no value");
	}
}

static int evaluate(xmlDoc *doc, const char *expression, xmlXPathObject **ret, struct sw_error *err)
{
	xmlXPathContext *ctxt = xmlXPathNewContext(doc);
	int code;

	if (!ctxt)
		return sw_error_set(err, ENOMEM, "no memory");
	ctxt->opLimit = SW_LIMIT_XPATH_STEPS;
	ctxt->error = quiet;
	*ret = xmlXPathEvalExpression((const xmlChar *)expression, ctxt);
	code = ctxt->lastError.code;
	xmlXPathFreeContext(ctxt);
	if (*ret)
		return 0;
	if (code == XML_XPATH_EXPRESSION_OK + XPATH_OP_LIMIT_EXCEEDED)
		return sw_error_set(err, ETIME, "the expression takes too many steps");
	return sw_error_set(err, EINVAL, "the expression cannot be evaluated");
}

int sw_xpath_eval(const char *data, size_t len, const char *expression, sw_xpath_fn fn, void *ctx,
		  struct sw_error *err)
{
	xmlXPathObject *result = NULL;
	xmlDoc *doc = NULL;
	int rc = parse(data, len, &doc, err);

	if (rc == 0)
		rc = evaluate(doc, expression, &result, err);
	if (rc == 0)
		rc = give(result, fn, ctx, err);
	xmlXPathFreeObject(result);
	xmlFreeDoc(doc);
	return rc;
}
