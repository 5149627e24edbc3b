/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a SCAP document says about itself: its kind, its streams, checklists and profiles. Judges
 * nothing; whoever wants verdicts loads content (engine.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stigwatch/result.h"

struct sw_error;
struct sw_info;
struct sw_xml_node;

enum sw_info_kind {
	SW_INFO_XCCDF,
	SW_INFO_TAILORING,
	SW_INFO_STREAM,
	SW_INFO_ARF,
	SW_INFO_OVAL_DEFINITIONS,
	SW_INFO_OVAL_VARIABLES,
	SW_INFO_OVAL_CHARACTERISTICS,
	SW_INFO_OVAL_RESULTS,
	SW_INFO_OVAL_DIRECTIVES,
	SW_INFO_CPE_DICTIONARY,
	SW_INFO_CPE_LANGUAGE,
	_SW_INFO_KIND_MAX,
};
/* "XCCDF Checklist", "Source Data Stream", as oscap info says. */
const char *sw_info_kind_str(enum sw_info_kind kind);

/* -EINVAL: not well-formed; -ENOTSUP: well-formed, but no SCAP document that is known. */
int sw_info_open(const char *path, struct sw_info **ret_info, struct sw_error *err);
void sw_info_free(struct sw_info *info);
static inline void sw_info_freep(struct sw_info **info)
{
	sw_info_free(*info);
}
enum sw_info_kind sw_info_kind(const struct sw_info *info);

/* How a document is validated: by OpenSCAP's schemas, below the directory schemas. */
struct sw_validate_options {
	const char *schemas;
	bool schematron; /* and by schematron rules, for which libxslt is needed */
	/* One line of what is wrong, or of a warning; line 0: not known. May be NULL. */
	void (*say)(void *ctx, long line, const char *text);
	void *ctx;
};
/* 0: valid, 1: not; -ENOENT: no schema or rules for it, -ENOTSUP: of a kind without. */
int sw_info_validate(const struct sw_info *info, const struct sw_validate_options *options,
		     struct sw_error *err);

/*
 * The checklist that oscap would take: the first one of those in the stream (NULL: any) that the
 * component-ref (NULL: any) or the benchmark's id (NULL: any) names. Borrowed. -ENOENT.
 */
struct sw_info_choice {
	const char *stream_id, *ref_id, *benchmark_id;
};
int sw_info_choose(const struct sw_info *info, const struct sw_info_choice *wanted,
		   struct sw_info_choice *ret_choice, struct sw_error *err);
/* One file that a data stream was put together from. */
struct sw_info_part {
	char *name;			   /* relative, never leading out of its directory */
	const struct sw_xml_node *element; /* engine-private */
};
/* Of a stream: the chosen checklist, the dictionaries, and what their catalogs name. */
int sw_info_split(const struct sw_info *info, const struct sw_info_choice *wanted,
		  struct sw_info_part **ret_parts, size_t *ret_n, struct sw_error *err);
void sw_info_parts_free(struct sw_info_part *parts, size_t n);
int sw_info_part_write(const struct sw_info_part *part, sw_write_fn write, void *ctx);
/* Where a tailoring says that its benchmark is; NULL when it does not, or is none. Borrowed. */
const char *sw_info_tailored(const struct sw_info *info);
/* The first reference to something outside the file system (http:, https:, ftp:), or NULL. */
const char *sw_info_remote(const struct sw_info *info);

/* The idents of a benchmark's rules as written, of every system, in document order. */
struct sw_info_ident {
	const char *rule_id; /* borrowed */
	char *ident;
};
int sw_info_idents(const struct sw_info *info, const char *benchmark_id,
		   struct sw_info_ident **ret_idents, size_t *ret_n);
void sw_info_idents_free(struct sw_info_ident *idents, size_t n);

/* All that oscap info shows, as its lines; modified: the file's time, local, as text. */
int sw_info_describe(const struct sw_info *info, const char *modified, sw_write_fn write,
		     void *ctx);
/* One line ID:TITLE for each profile. */
int sw_info_profiles(const struct sw_info *info, sw_write_fn write, void *ctx);
/* Title, id and description of the profile with this id or unique ending. -ENOENT, -ENOTUNIQ. */
int sw_info_profile(const struct sw_info *info, const char *wanted, sw_write_fn write, void *ctx,
		    struct sw_error *err);
