/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of xccdf/ only: the benchmark as a flat list of items, and one policy applied
 * to it. */
#pragma once

#include "adapters/xml.h"
#include "base/base.h"
#include "source/source.h"
#include "values/values.h"
#include "xccdf/xccdf.h"

#define SW_NO_PARENT ((size_t)-1)

/* A Group or Rule; strings are borrowed from the tree. */
struct item {
	const struct sw_xml_node *node;
	const char *id;
	const char *cluster_id; /* or NULL */
	size_t parent;		/* index of the Group around it, or SW_NO_PARENT */
	size_t rule;		/* index into rules[], for a Rule */
	bool is_rule;
	bool selected; /* the element's own attribute */
};

struct sw_content {
	struct sw_source *source;
	const struct sw_xml_node *benchmark;
	struct item *items;
	size_t n_items, cap_items;
	struct sw_content_rule *rules;
	size_t n_rules, cap_rules;
	size_t *by_id; /* indexes of items, sorted by id */
};

/* resolve.c */
int content_resolve(struct sw_xml_node *benchmark, const char *name, struct sw_error *err);

/* items.c */
int content_index(struct sw_content *c, struct sw_error *err);
/* The item with this id, or NULL. */
const struct item *content_item(const struct sw_content *c, const char *id);

/* What a profile makes of one item and of one Value. */
struct item_policy {
	bool selected;
	bool effective;	      /* and every Group around it, and requires/conflicts */
	const char *selector; /* of the check, from refine-rule; or NULL */
	const char *role;     /* "full", "unscored", "unchecked" */
	const char *severity; /* or NULL */
	const char *weight;   /* or NULL */
};

struct bound_value {
	const struct sw_xml_node *node;
	const char *id;
	const char *type;
	const char *oper;
	char *text; /* NULL: it has no value with the selector that was asked for */
};

struct policy {
	const struct sw_content *content;
	const char *profile_id; /* full id, "(all)", or NULL */
	struct item_policy *items;
	struct bound_value *values;
	size_t n_values, cap_values;
};

/* profile.c */
int policy_init(struct policy *p, const struct sw_content *c, const struct sw_scan_options *opts,
		struct sw_error *err);
void policy_release(struct policy *p);

/* chain.c */
#define SW_PROFILE_ALL "(all)"
/* The chain of a profile and what it extends, outermost ancestor first. */
#define SW_PROFILE_CHAIN 32
int profile_chain(const struct sw_content *c, const char *id,
		  const struct sw_xml_node *ret_chain[static SW_PROFILE_CHAIN], size_t *ret_n,
		  struct sw_error *err);

/* One of the later profiles of a chain has an element of that name for the same idref: it stands in
 * node's place, whole, as oscap resolves profiles. */
bool chain_overrides(const struct sw_xml_node *const *later, size_t n,
		     const struct sw_xml_node *node);

/* value.c */
int policy_bind_values(struct policy *p, const struct sw_xml_node *const *chain, size_t n,
		       struct sw_error *err);
const struct bound_value *policy_value(const struct policy *p, const char *id);

/* The OVAL documents of one scan with their sessions, by href (and dictionary). */
struct engines;
/* now: seconds since the epoch, for what measures from it. */
struct engines *engines_new(struct sw_content *c, struct sw_target *t, int64_t now);
void engines_free(struct engines *e);
#define SW_NO_DICTIONARY ((size_t)-1)
/* What a check exports to the variables of its documents. */
struct export
{
	const char *name, *value;
};
struct oval_request {
	size_t dictionary; /* or SW_NO_DICTIONARY */
	const char *href;
	const char *name; /* NULL: every definition of the document, joined by AND */
	const struct export *exports;
	size_t n_exports;
};
/*
 * What will be asked, before anything is evaluated: a document whose variables take different
 * values for different checks gets one session for each.
 */
int engines_announce(struct engines *e, const struct oval_request *req);
struct oval_answer {
	enum sw_verdict verdict;
	bool vacuous;
	bool found; /* document and definition exist */
};
/* message gets text. */
void engines_oval(struct engines *e, const struct oval_request *req, struct sw_strbuf *ret_message,
		  struct oval_answer *ret_answer);
/* Keeps what is evaluated from now on for results documents, and hands them over to the result. */
void engines_report_to(struct engines *e, enum sw_oval_detail detail);
int engines_reports(struct engines *e, struct sw_result *r);
/* The document can be had; its i-th definition, NULL past the end. */
bool engines_has(struct engines *e, const struct oval_request *req);
const char *engines_definition(struct engines *e, const struct oval_request *req, size_t i);
const char *engines_title(struct engines *e, const struct oval_request *req, size_t i);

/* export.c */
struct exports {
	struct export *list;
	size_t n, cap;
	const char *missing; /* id of a Value that is not there, or has no value */
};
int exports_gather(struct exports *x, const struct policy *p, const struct sw_xml_node *check);
void exports_release(struct exports *x);

/* check.c */
enum applies { APPLIES_UNKNOWN, APPLIES, APPLIES_NOT };
struct scan {
	struct sw_content *content;
	struct sw_target *target;
	const struct sw_scan_options *opts;
	struct sw_result *result;
	struct policy policy;
	struct engines *engines;
	enum applies *applies; /* Groups by index, the benchmark after them: answered once */
	struct sce_run *scripts;
	size_t next_script; /* the item to look at next for a script to start */
};

/* platform.c */
/* All around the item and the item itself apply to the target; else ret_reason (may be NULL) gets
 * the platforms that do not. */
bool item_applicable(struct scan *scan, const struct item *item, struct sw_strbuf *ret_reason);

/* The check of a rule that counts, by the refined selector (or NULL); NULL: it has none. */
const struct sw_xml_node *check_choose(const struct sw_xml_node *rule, const char *selector);
/* export.c: registers what the selected rules' checks export; before any is evaluated. */
int checks_export(struct scan *scan);
/* Fills verdict, message, vacuous and the check_ fields. */
void check_rule(struct scan *scan, const struct item *item, struct sw_rule_result *rr);
