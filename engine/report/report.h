/* SPDX-License-Identifier: Apache-2.0 */
/* The door of report/: making, reading, joining and rendering results. Pure but for sw_result_load.
 */
#pragma once

#include "adapters/xml.h"
#include "base/base.h"
#include "stigwatch/result.h"
#include "values/values.h"

#define SW_NS_RESULT "urn:stigwatch:result:1" /* our metadata in a rule-result */
#define SW_FACT "urn:stigwatch:fact:"	      /* our facts: SW_FACT "image.digest" */
#define SW_FACT_CONTENT_SHA256 SW_FACT "content.sha256"
#define SW_SYSTEM_CCI "http://cyber.mil/cci"

struct sw_source;
struct sw_xml_out;

SW_DEFINE_CLEANUP(struct sw_result *, result, sw_result_free)
#define _cleanup_result_ _cleanup_(sw_cleanup_result)

/* What a benchmark's tree must be before a result is made over it: in the default namespace, its
 * check-imports empty. 0 or -ENOMEM. */
int sw_benchmark_tidy(struct sw_xml_node *benchmark);
/*
 * A result over a tidy benchmark, with room for n_rules, times and facts empty. Its tree belongs to
 * doc, which is taken also on failure, or to source (the other is NULL). NULL: no memory.
 */
struct sw_result *sw_result_new(const struct sw_xml_node *benchmark, struct sw_source *source,
				struct sw_xml_doc *doc, size_t n_rules);
/* The tree for changing: a copy of its own, if it was the source's. NULL: no memory. */
struct sw_xml_node *sw_result_own_tree(struct sw_result *r);
/* Appends one rule with its metadata; verdict notchecked. group may be NULL. NULL: no memory. */
struct sw_rule_result *sw_result_add_rule(struct sw_result *r, const struct sw_xml_node *rule,
					  const struct sw_xml_node *group);
int sw_result_add_value(struct sw_result *r, const char *id, const char *value);
int sw_result_add_group_weight(struct sw_result *r, const char *group_id, const char *weight);
/* Those of the profile that a loaded result names, as far as its benchmark has it. */
int sw_result_load_weights(struct sw_result *r);
int sw_result_add_address(struct sw_result *r, const char *address);
/* Recomputes scores by the benchmark's models (the default one when it names none) from the
 * verdicts. */
int sw_result_score(struct sw_result *r);

/* Text for <sub idref="ID"/>: heap; NULL when nothing bears that id, or no memory. title: the
 * item's, else a Value's bound value. The table borrows from benchmark and from r's values. */
struct sw_subst;
int sw_subst_new(const struct sw_xml_node *benchmark, const struct sw_result *r,
		 struct sw_subst **ret_subst);
void sw_subst_free(struct sw_subst *s);
char *sw_subst_text(const struct sw_subst *s, const char *id, bool title);

/* The TestResult element alone, xccdf_write.c; asset: name of its asset in a report collection,
 * with the namespaces it needs, or NULL. The scores are as they stand. */
void sw_testresult_write(struct sw_xml_out *o, const struct sw_result *r,
			 const struct sw_render_options *opts, const char *asset);

/* Releases what one rule's result owns. */
void sw_rule_result_release(struct sw_rule_result *rr);

/* Rule results by id, for walks over the tree: built once, valid until rules[] changes. */
struct sw_rule_index {
	struct sw_rule_result **sorted;
	size_t n;
};
int sw_rule_index_init(struct sw_rule_index *index, const struct sw_result *r);
void sw_rule_index_release(struct sw_rule_index *index);
struct sw_rule_result *sw_rule_index_find(const struct sw_rule_index *index, const char *rule_id);
#define _cleanup_rule_index_ _cleanup_(sw_rule_index_release)
