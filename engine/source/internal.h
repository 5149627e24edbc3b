/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of source/ only. */
#pragma once

#include "adapters/xml.h"
#include "base/base.h"
#include "source/file.h"
#include "source/source.h"

/* A document read so far, by name; for a data stream the name is the component's id. */
struct entry {
	char *name;
	struct sw_xml_doc *doc;		/* owned, or NULL */
	const struct sw_xml_node *root; /* NULL: a script */
	char *text;			/* of a script */
	size_t len;
};

struct sw_source {
	unsigned int refs; /* beside the first */
	char *name;
	char sha256[SW_SHA256_HEX];
	struct sw_xml_doc *doc; /* the stream, or the benchmark */
	const struct sw_xml_node *benchmark;
	const struct sw_xml_node *stream; /* <data-stream> chosen, NULL for a plain benchmark */
	const struct sw_xml_node *ref;	  /* <component-ref> of the benchmark */
	struct entry *entries;
	size_t n_entries, cap_entries;
	int dirfd;		 /* of the plain benchmark's directory, else -1 */
	struct sw_document *mem; /* copies; NULL when loaded from a path */
	size_t n_mem;
	struct sw_xml_doc *tailoring_doc; /* of a tailoring outside the stream */
	const struct sw_xml_node *tailoring;
	char *tailoring_name;
	struct sw_xml_doc *cpe_doc; /* a dictionary outside the content, or NULL */
	int cpe_dirfd;		    /* of its directory, else -1 */
};

/* tailoring.c: after the benchmark was chosen */
int sw_source_load_tailoring(struct sw_source *s, const struct sw_content_options *opts,
			     struct sw_error *err);

/* find.c: the dictionary that the options name */
int sw_source_load_cpe(struct sw_source *s, const struct sw_content_options *opts,
		       struct sw_error *err);

/* source.c: the directory a file is in, for what lies beside it: a descriptor, or negative errno */
int sw_source_directory(const char *path, struct sw_error *err);

/* source.c: a file's text as a tree, and its digest */
int sw_source_read_xml(const char *path, struct sw_xml_doc **ret_doc,
		       char ret_sha256[SW_SHA256_HEX], struct sw_error *err);

/* datastream.c */
bool sw_stream_is(const struct sw_xml_node *root);
int sw_stream_choose(struct sw_source *s, const struct sw_content_options *opts,
		     struct sw_error *err);
/* The component that href names in the catalog of ref; NULL when there is none. */
const struct sw_xml_node *sw_stream_resolve(const struct sw_source *s,
					    const struct sw_xml_node *ref, const char *href);
/* The i-th <component-ref> under <dictionaries>, or NULL. */
const struct sw_xml_node *sw_stream_dictionary_ref(const struct sw_source *s, size_t i);
/* The component-ref with this id, in any section of the chosen stream, or NULL. */
const struct sw_xml_node *sw_stream_ref(const struct sw_source *s, const char *id);
/* The component a component-ref points to, or NULL. */
const struct sw_xml_node *sw_stream_component(const struct sw_source *s,
					      const struct sw_xml_node *ref);
