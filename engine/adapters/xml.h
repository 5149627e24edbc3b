/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML, the only door to libxml2. No network, no DTD (a document that has one is refused before its
 * first entity), depth and size limited by limits.h.
 *
 * Nodes belong to their document and live as long as it. Names and namespaces compare exactly; a
 * NULL namespace or name in a query means any. All strings are UTF-8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stigwatch/cleanup.h"

struct sw_error;
struct sw_strbuf;
struct sw_xml_doc;
struct sw_xml_node; /* always an element */

/* name is for messages only: "NAME:LINE: what". -EINVAL malformed, -EFBIG too large, -ELOOP too
 * deep. */
int sw_xml_parse(const void *data, size_t len, const char *name, struct sw_xml_doc **ret_doc,
		 struct sw_error *err);
/*
 * The same from what read gives, piece by piece (0: the end, negative errno: stop and return that):
 * the text is never whole in memory.
 */
typedef int (*sw_xml_read_fn)(void *ctx, char *buf, int size);
int sw_xml_parse_stream(sw_xml_read_fn read, void *ctx, const char *name,
			struct sw_xml_doc **ret_doc, struct sw_error *err);
void sw_xml_doc_free(struct sw_xml_doc *doc);
SW_DEFINE_CLEANUP(struct sw_xml_doc *, xml_doc, sw_xml_doc_free)
#define _cleanup_xml_doc_ _cleanup_(sw_cleanup_xml_doc)

/* ---- reading ---- */

struct sw_xml_node *sw_xml_root(const struct sw_xml_doc *doc);
const char *sw_xml_name(const struct sw_xml_node *node); /* local name */
const char *sw_xml_ns(const struct sw_xml_node *node);	 /* uri, "" when in none */
bool sw_xml_is(const struct sw_xml_node *node, const char *ns, const char *name);
long sw_xml_line(const struct sw_xml_node *node);

/* First child element, next sibling element, that matches; NULL when there is none. */
struct sw_xml_node *sw_xml_child(const struct sw_xml_node *parent, const char *ns,
				 const char *name);
struct sw_xml_node *sw_xml_next(const struct sw_xml_node *node, const char *ns, const char *name);
struct sw_xml_node *sw_xml_parent(const struct sw_xml_node *node); /* NULL for the root */
#define SW_XML_FOREACH(var, parent, ns, name)                                                      \
	for (struct sw_xml_node *var = sw_xml_child((parent), (ns), (name)); var;                  \
	     var = sw_xml_next(var, (ns), (name)))

/*
 * Value of an attribute in no namespace (or in ns), borrowed from the document; NULL when absent.
 * sw_xml_attr_or gives fallback instead of NULL.
 */
const char *sw_xml_attr(const struct sw_xml_node *node, const char *name);
const char *sw_xml_attr_ns(const struct sw_xml_node *node, const char *ns, const char *name);
const char *sw_xml_attr_or(const struct sw_xml_node *node, const char *name, const char *fallback);
/* xs:boolean: "true", "1", "false", "0"; fallback when absent or something else. */
bool sw_xml_attr_bool(const struct sw_xml_node *node, const char *name, bool fallback);

/* All text below node, white space as it stands; heap, NULL when memory ran out. Never NULL for an
 * empty element. */
char *sw_xml_text(const struct sw_xml_node *node);
/* The same with white space trimmed at both ends. */
char *sw_xml_text_trim(const struct sw_xml_node *node);
/* Text of the first matching child, trimmed; NULL when there is no such child (or no memory). */
char *sw_xml_child_text(const struct sw_xml_node *parent, const char *ns, const char *name);
/* Namespace uri a prefix stands for at node (prefix NULL or "": default); NULL when undeclared. */
const char *sw_xml_lookup_prefix(const struct sw_xml_node *node, const char *prefix);

/* Visits text (element NULL), element starts and ends below node, in order. Return nonzero to stop.
 */
enum sw_xml_event { SW_XML_START, SW_XML_END, SW_XML_TEXT };
typedef int (*sw_xml_visit_fn)(void *ctx, enum sw_xml_event event,
			       const struct sw_xml_node *element, const char *text);
int sw_xml_visit(const struct sw_xml_node *node, sw_xml_visit_fn fn, void *ctx);

/* ---- changing; values are cleaned of what XML cannot carry (\xHH). Writing is in xml_out.h ----
 */

/* A new document whose root is a deep copy of node with every namespace it uses declared. NULL: no
 * memory. */
struct sw_xml_doc *sw_xml_doc_from(const struct sw_xml_node *node);
int sw_xml_set_attr(struct sw_xml_node *node, const char *name, const char *value); /* or -ENOMEM */
void sw_xml_unset_attr(struct sw_xml_node *node, const char *name);
/* Appends a deep copy of node to parent; elements in parent's namespace take parent's prefix. */
struct sw_xml_node *sw_xml_import(struct sw_xml_node *parent, const struct sw_xml_node *node);
/* Declares root's own namespace as the default one and drops its prefix below. 0 or -ENOMEM. */
int sw_xml_make_default_ns(struct sw_xml_node *root);
/* Moves node (of the same document) to stand directly before sibling. */
void sw_xml_move_before(struct sw_xml_node *node, struct sw_xml_node *sibling);
void sw_xml_remove(struct sw_xml_node *node);
/* And the white space behind it. */
void sw_xml_remove_line(struct sw_xml_node *node);
/* Removes everything inside node; attributes stay. */
void sw_xml_clear(struct sw_xml_node *node);
