/* SPDX-License-Identifier: Apache-2.0 */
/* Stops a parser that nests too deep; libxml2's own limit is 256 or none. */
#include "adapters/xml_private.h"
#include "base/base.h"

static void count_depth(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
			int n_ns, const xmlChar **ns, int n_attrs, int n_default,
			const xmlChar **attrs)
{
	xmlParserCtxt *ctxt = ctx;
	struct xml_depth *depth = ctxt->_private;

	if (ctxt->nodeNr >= SW_LIMIT_XML_DEPTH) {
		depth->too_deep = true;
		xmlStopParser(ctxt);
		return;
	}
	depth->start_element(ctx, local, prefix, uri, n_ns, ns, n_attrs, n_default, attrs);
}

void xml_depth_limit(xmlParserCtxt *ctxt, struct xml_depth *depth)
{
	depth->start_element = ctxt->sax->startElementNs;
	ctxt->sax->startElementNs = count_depth;
	ctxt->_private = depth;
}
