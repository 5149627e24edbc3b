/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of source/: where content comes from. A source is a data stream, or a plain benchmark
 * with the documents beside it; it hands out the benchmark and the documents that hrefs name. Knows
 * no XCCDF beyond the root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stigwatch/engine.h"

#define SW_NS_XCCDF "http://checklists.nist.gov/xccdf/1.2"

struct sw_xml_node;
struct sw_source;

/* A document of the source: XML has a root; anything else (a script) only bytes. Borrowed from the
 * source. */
struct sw_source_doc {
	const char *name;		/* for messages */
	const struct sw_xml_node *root; /* NULL when it is no XML */
	const char *data;		/* text of a script; NULL when root is set */
	size_t len;
};

int sw_source_open_file(const char *path, const struct sw_content_options *opts,
			struct sw_source **ret_source, struct sw_error *err);
int sw_source_open_mem(const struct sw_document *docs, size_t n_docs,
		       const struct sw_content_options *opts, struct sw_source **ret_source,
		       struct sw_error *err);
/* Counted: the last free frees. */
struct sw_source *sw_source_ref(struct sw_source *s);
void sw_source_free(struct sw_source *s);
SW_DEFINE_CLEANUP(struct sw_source *, source, sw_source_free)
#define _cleanup_source_ _cleanup_(sw_cleanup_source)

/* The tree is the source's own: whoever loads the benchmark may settle it (extends, prefixes). */
struct sw_xml_node *sw_source_benchmark(const struct sw_source *s);
/* The <Tailoring> that the options named, or NULL; its name is a path or a component's id. */
const struct sw_xml_node *sw_source_tailoring(const struct sw_source *s, const char **ret_name);
const char *sw_source_sha256(const struct sw_source *s);
const char *sw_source_name(const struct sw_source *s); /* path, or the first document's name */

/* <data-stream-collection> that the benchmark is in; NULL when it is a plain one. */
const struct sw_xml_node *sw_source_collection(const struct sw_source *s);
/* The documents that were asked for so far; false past the end. */
bool sw_source_read_at(const struct sw_source *s, size_t i, struct sw_source_doc *ret_doc);

/* -ENOENT: no such document; -EINVAL: it is no XML where XML is meant; -EFBIG. */
int sw_source_find(struct sw_source *s, const char *href, struct sw_source_doc *ret_doc,
		   struct sw_error *err);

/*
 * CPE dictionaries of the source, with the catalog their checks resolve hrefs in: false past the
 * end. href lookups for one go through sw_source_find_in with the same index.
 */
bool sw_source_dictionary_at(struct sw_source *s, size_t i, const struct sw_xml_node **ret_root);
int sw_source_find_in(struct sw_source *s, size_t dictionary, const char *href,
		      struct sw_source_doc *ret_doc, struct sw_error *err);
