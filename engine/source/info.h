/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of info share: the tree, and walking its streams and benchmarks. */
#pragma once

#include "source/internal.h"
#include "stigwatch/info.h"

#define SW_NS_DS "http://scap.nist.gov/schema/scap/source/1.2"
#define SW_NS_XLINK "http://www.w3.org/1999/xlink"

struct sw_info {
	char *path;
	enum sw_info_kind kind;
	struct sw_xml_doc *doc;
	const struct sw_xml_node *root;
};

/* The element inside the component that a component-ref points to, or NULL. */
const struct sw_xml_node *sw_info_component(const struct sw_info *info,
					    const struct sw_xml_node *ref);
/* Calls fn for each element that holds profiles; nonzero stops and is returned. */
typedef int (*sw_info_fn)(void *ctx, const struct sw_xml_node *stream,
			  const struct sw_xml_node *ref, const struct sw_xml_node *element);
int sw_info_each(const struct sw_info *info, sw_info_fn fn, void *ctx);
