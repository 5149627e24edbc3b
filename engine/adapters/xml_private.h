/* SPDX-License-Identifier: Apache-2.0 */
/* The casts between our opaque types and libxml2's, for the two xml files only. */
#pragma once

#include <libxml/tree.h>

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
