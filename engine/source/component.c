/* SPDX-License-Identifier: Apache-2.0 */
/* Opens one document, also out of a data stream. Must not interpret it. */
#include "source/component.h"

#include "source/internal.h"

#define NS_XLINK "http://www.w3.org/1999/xlink"

static const struct sw_xml_node *stream_of(const struct sw_xml_node *root, const char *id)
{
	SW_XML_FOREACH (stream, root, NULL, "data-stream")
		if (!id || !strcmp(id, sw_xml_attr_or(stream, "id", "")))
			return stream;
	return NULL;
}

static const struct sw_xml_node *ref_of(const struct sw_xml_node *stream, const char *id)
{
	const struct sw_xml_node *section = sw_xml_child(stream, NULL, "checks");

	if (!section)
		return NULL;
	SW_XML_FOREACH (ref, section, NULL, "component-ref")
		if (!id || !strcmp(id, sw_xml_attr_or(ref, "id", "")))
			return ref;
	return NULL;
}

static const struct sw_xml_node *target_of(const struct sw_xml_node *root,
					   const struct sw_xml_node *ref)
{
	const char *href = sw_xml_attr_ns(ref, NS_XLINK, "href");

	if (!href || *href != '#')
		return NULL;
	SW_XML_FOREACH (component, root, NULL, NULL)
		if (strstr(sw_xml_name(component), "component") &&
		    !strcmp(href + 1, sw_xml_attr_or(component, "id", "")))
			return sw_xml_child(component, NULL, NULL);
	return NULL;
}

int sw_component_open(const char *path, const char *stream_id, const char *ref_id,
		      struct sw_xml_doc **ret_doc, const struct sw_xml_node **ret_root,
		      struct sw_error *err)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = NULL;
	const struct sw_xml_node *root, *node;
	char sha256[SW_SHA256_HEX];
	int rc = sw_source_read_xml(path, &doc, sha256, err);

	if (rc < 0)
		return rc;
	root = sw_xml_root(doc);
	if (sw_stream_is(root)) {
		node = stream_of(root, stream_id);
		if (!node)
			return sw_error_set(err, ENOENT, "%s: no data stream %s", path,
					    stream_id ?: "");
		node = ref_of(node, ref_id);
		node = node ? target_of(root, node) : NULL;
		if (!node)
			return sw_error_set(err, ENOENT, "%s: no check component %s", path,
					    ref_id ?: "");
		root = node;
	}
	*ret_root = root;
	*ret_doc = TAKE(doc);
	return 0;
}
