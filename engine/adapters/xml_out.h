/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML written as it is made: start tags, text, end tags, and elements of existing trees as they
 * stand. Nothing is kept but a buffer. The first failure ends it; sw_xml_out_finish tells.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stigwatch/strbuf.h"

struct sw_xml_node;

struct sw_xml_out {
	int (*write)(void *ctx, const void *data, size_t len);
	void *ctx;
	const char
		*prefix; /* of the elements that are begun without one of their own; "" or NULL */
	struct sw_strbuf sb;
	unsigned int depth; /* of indentation */
	bool in_tag;	    /* a start tag is not closed yet */
	bool after_text;    /* the next tag follows text: no line break */
	int rc;
};

/* name with a colon stands as it is; else it gets the prefix. A new element begins a line. */
void sw_xml_out_begin(struct sw_xml_out *o, const char *name);
/* Directly after begin; value NULL: no attribute. */
void sw_xml_out_attr(struct sw_xml_out *o, const char *name, const char *value);
void sw_xml_out_text(struct sw_xml_out *o, const char *text);
void sw_xml_out_end(struct sw_xml_out *o, const char *name);
/* <name>text</name> */
void sw_xml_out_leaf(struct sw_xml_out *o, const char *name, const char *text);
/* Bytes as they stand. */
void sw_xml_out_raw(struct sw_xml_out *o, const void *data, size_t len);

/*
 * An element of a tree: its start tag with its attributes and every namespace that is in use below
 * it; id replaces its own (NULL: stays).
 */
void sw_xml_out_start_of(struct sw_xml_out *o, const struct sw_xml_node *node, const char *id);
/* Only those namespaces, as attributes of the element that was begun. */
void sw_xml_out_namespaces_of(struct sw_xml_out *o, const struct sw_xml_node *node);
/* The children of node, text and comments included; skip says which elements are left out, and is
 * told of each that is not before it is written. */
void sw_xml_out_children_of(struct sw_xml_out *o, const struct sw_xml_node *node,
			    bool (*skip)(void *ctx, const struct sw_xml_node *child), void *ctx);
/* The whole element; what it uses of its surroundings' namespaces must be declared here, too. */
void sw_xml_out_copy_of(struct sw_xml_out *o, const struct sw_xml_node *node);
void sw_xml_out_end_of(struct sw_xml_out *o, const struct sw_xml_node *node);
/* The prefix of an element's own name, "" for none. */
const char *sw_xml_prefix(const struct sw_xml_node *node);

/* Hands over the rest, releases; 0, what write returned, or -ENOMEM. */
int sw_xml_out_finish(struct sw_xml_out *o);
