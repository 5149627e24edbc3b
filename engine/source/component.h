/* SPDX-License-Identifier: Apache-2.0 */
/* One document by itself: a file's, or a check component of a data stream. */
#pragma once

struct sw_error;
struct sw_xml_doc;
struct sw_xml_node;

/*
 * The root of the file; of a data stream the root of a component under checks: of the stream
 * (NULL: the first one) and component-ref (NULL: the first one) that are named. -ENOENT.
 */
int sw_component_open(const char *path, const char *stream_id, const char *ref_id,
		      struct sw_xml_doc **ret_doc, const struct sw_xml_node **ret_root,
		      struct sw_error *err);
