/* SPDX-License-Identifier: Apache-2.0 */
/* XML schemas (libxml2) and schematron rules as stylesheets (libxslt, opened when first needed).
 * Schemas are the system's and trusted; the document is not. Nothing is fetched. */
#pragma once

#include "adapters/xml.h"

/* One line of what is wrong, without its end. */
typedef void (*sw_schema_say_fn)(void *ctx, long line, const char *text);

/* 0: valid, 1: not, -ENOENT: there is no such schema, -EINVAL: the schema is broken. */
int sw_schema_validate(const char *xsd, const struct sw_xml_doc *doc, sw_schema_say_fn say,
		       void *ctx, struct sw_error *err);
/* The text that a stylesheet makes of the document. -ENOENT: no such stylesheet, or no libxslt. */
int sw_schema_transform(const char *xsl, const struct sw_xml_doc *doc, struct sw_strbuf *ret_text,
			struct sw_error *err);
