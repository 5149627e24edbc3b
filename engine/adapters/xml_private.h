/* SPDX-License-Identifier: Apache-2.0 */
/* What the files over libxml2 share: casts between our opaque types and its own, and the limit of
 * depth. For adapters/ only. */
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdbool.h>

struct sw_xml_doc;
struct sw_xml_node;

static inline struct sw_xml_doc *to_doc(xmlDoc *d)
{
	return (struct sw_xml_doc *)d;
}

static inline struct sw_xml_node *to_node(xmlNode *n)
{
	return (struct sw_xml_node *)n;
}

static inline xmlNode *from_node(const struct sw_xml_node *n)
{
	return (xmlNode *)n;
}

/* The first member of what ctxt->_private points to while the limit is in force. */
struct xml_depth {
	startElementNsSAX2Func start_element;
	bool too_deep; /* the parser was stopped for that */
};
/* Stops the parser at SW_LIMIT_XML_DEPTH; depth must live as long as ctxt. */
void xml_depth_limit(xmlParserCtxt *ctxt, struct xml_depth *depth);
