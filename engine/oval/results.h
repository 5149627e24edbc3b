/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OVAL results documents (OVAL 5.11 results and system characteristics schemas): what was collected
 * and how it was judged. Items are written while they pass by, into unlinked files; the document is
 * put together at the end. One report serves all sessions of one definitions document: each has its
 * own variable instance.
 *
 *	sw_oval_report_new, sw_oval_session_report_to for each session, evaluate,
 *	sw_oval_report_add_session for each session, sw_oval_report_write
 */
#pragma once

#include "oval/oval.h"
#include "stigwatch/result.h"

struct sw_oval_report;
struct sw_xml_out;

enum sw_oval_content {
	SW_OVAL_CONTENT_FULL,
	SW_OVAL_CONTENT_THIN,
	SW_OVAL_CONTENT_NONE, /* not reported */
};

/* Of which definitions how much is told; by class: class_set false means as directives. */
struct sw_oval_directives {
	enum sw_oval_content by_result[_SW_OVAL_MAX];
};

#define SW_OVAL_CLASSES 5 /* compliance, inventory, miscellaneous, patch, vulnerability */
struct sw_oval_report_options {
	struct sw_oval_directives directives;
	struct sw_oval_directives classes[SW_OVAL_CLASSES];
	bool class_set[SW_OVAL_CLASSES];
	bool without_definitions; /* the source definitions */
	bool without_syschar;
	int64_t now;
};

/* oval_directives as a document: the whole element's children. -EINVAL. */
int sw_oval_directives_parse(const struct sw_xml_node *root, struct sw_oval_report_options *ret,
			     struct sw_error *err);

int sw_oval_report_new(const struct sw_oval_report_options *opts,
		       struct sw_oval_report **ret_report);
void sw_oval_report_free(struct sw_oval_report *r);
/* Who was looked at; before writing. Copies. 0 or -ENOMEM. */
int sw_oval_report_describe(struct sw_oval_report *r, struct sw_target *target);

/* Before anything is evaluated; the report must outlive the session's evaluations. */
int sw_oval_session_report_to(struct sw_oval_session *s, struct sw_oval_report *r);
/* After everything was evaluated: definitions and their criteria. */
void sw_oval_report_add_session(struct sw_oval_report *r, struct sw_oval_session *s);

/* The <oval_results> element; definitions: root of the source document. 0 or negative errno. */
int sw_oval_report_write(struct sw_oval_report *r, const struct sw_xml_node *definitions,
			 struct sw_xml_out *out);
/* The <oval_system_characteristics> element alone, as a document. */
int sw_oval_report_write_syschar(struct sw_oval_report *r, struct sw_xml_out *out);
