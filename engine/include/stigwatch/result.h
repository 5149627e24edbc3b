/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result: the verdict of each rule of one benchmark over one target, and how it is rendered.
 *
 * A struct sw_result owns everything it points to and keeps the benchmark's XML tree alive, so that
 * the XCCDF output is the vendor's own document plus one TestResult. Shape rules for consumers:
 * design section 8; XCCDF 1.2 (NIST IR 7275r4) section 6.6 for TestResult.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_error;
struct sw_content;
struct sw_target;

/* XCCDF 1.2 table 27. String table: "pass", "fail", ... pinned to this order. */
enum sw_verdict {
	SW_VERDICT_PASS,
	SW_VERDICT_FAIL,
	SW_VERDICT_ERROR,
	SW_VERDICT_UNKNOWN,
	SW_VERDICT_NOTAPPLICABLE,
	SW_VERDICT_NOTCHECKED,
	SW_VERDICT_NOTSELECTED,
	SW_VERDICT_INFORMATIONAL,
	SW_VERDICT_FIXED,
	_SW_VERDICT_MAX,
};

enum sw_severity {
	SW_SEVERITY_UNKNOWN,
	SW_SEVERITY_INFO,
	SW_SEVERITY_LOW,
	SW_SEVERITY_MEDIUM,
	SW_SEVERITY_HIGH,
	_SW_SEVERITY_MAX,
};

const char *sw_verdict_str(enum sw_verdict v);
enum sw_verdict sw_verdict_from_str(const char *s); /* _SW_VERDICT_MAX when unknown */
const char *sw_severity_str(enum sw_severity s);
enum sw_severity sw_severity_from_str(const char *s); /* _SW_SEVERITY_MAX when unknown */

/* An XCCDF override (6.6.4.6): a verdict that other evidence replaced. */
struct sw_override {
	char *authority; /* "stigwatch VERSION" */
	char *remark;	 /* names the evidence */
	char *time;	 /* xs:dateTime, UTC */
	enum sw_verdict old_verdict;
	enum sw_verdict new_verdict;
};

/* One definition of a multi-check. */
struct sw_rule_part {
	char *name;  /* definition id */
	char *title; /* or NULL */
	char *message;
	enum sw_verdict verdict;
};

struct sw_rule_result {
	char *rule_id;
	char *group_id;				      /* innermost Group, or NULL */
	char *group_title;			      /* or NULL */
	char *title;				      /* white space collapsed */
	char *description;			      /* plain text, or NULL */
	char *rationale;			      /* plain text, or NULL */
	char *fixtext;				      /* plain text, or NULL */
	char *check_system, *check_href, *check_name; /* NULL when the rule was not checked */
	char **idents;				      /* "CCI-001764"; the cyber.mil system */
	size_t n_idents;
	char **evidence_for; /* SV ids this rule is evidence for (reference href
				urn:stigwatch:evidence-for) */
	size_t n_evidence_for;
	enum sw_severity severity;
	double weight;
	enum sw_verdict verdict;      /* the final one: after an override, the new one */
	char *time;		      /* xs:dateTime, UTC */
	char *message;		      /* one text, at most 32 KiB, or NULL */
	bool vacuous;		      /* a pass that rests on nothing */
	struct sw_override *override; /* or NULL */
	bool runtime;		      /* came from the runtime benchmark */
	char *role;		      /* "full", "unscored" or "unchecked"; NULL: full */
	struct sw_rule_part *parts;   /* of a multi-check, by name; verdict is the worst of them */
	size_t n_parts, cap_parts;
};

struct sw_name_value {
	char *name;
	char *value;
};

struct sw_oval_report;
struct sw_source;

/* The results of one OVAL document that the scan evaluated. */
struct sw_result_oval {
	char *href;	 /* as the benchmark or the dictionary names it */
	bool dictionary; /* a dictionary's, not the benchmark's */
	/* engine-private */
	struct sw_oval_report *report;
	struct sw_source *source;
	const struct sw_xml_node *root;
};

/* One run of a check's script, when the scan was asked to keep it. */
struct sw_result_script {
	char *href;
	char **env; /* "NAME=VALUE" */
	size_t n_env, cap_env;
	char *output;
	int exit_code;
	enum sw_verdict verdict;
};

struct sw_score {
	char *system;
	double value, maximum;
};

struct sw_result {
	char *benchmark_id, *benchmark_version, *benchmark_title;
	char *profile_id;	     /* or NULL */
	char *target;		     /* never "unknown": the workload's or container's name */
	char *start_time, *end_time; /* xs:dateTime, UTC */
	struct sw_name_value *facts; /* XCCDF target-facts */
	size_t n_facts;
	char **addresses;
	size_t n_addresses;
	struct sw_rule_result *rules; /* document order */
	size_t n_rules;
	struct sw_score *scores;
	size_t n_scores;
	char *content_path;	      /* as given */
	char *content_sha256;	      /* of the source file */
	struct sw_name_value *values; /* Value ids with what they were bound to */
	size_t n_values;
	struct sw_name_value *group_weights; /* Groups whose weight the profile refined */
	size_t n_group_weights;
	char *tailoring_href, *tailoring_id, *tailoring_version, *tailoring_time; /* or NULL */
	struct sw_result_oval *oval; /* when the scan was asked for them */
	size_t n_oval, cap_oval;
	struct sw_result_script *scripts; /* likewise */
	size_t n_scripts, cap_scripts;
	/* engine-private: the benchmark's tree, its own or its content's, and what texts refer to
	 */
	const struct sw_xml_node *benchmark;
	struct sw_xml_doc *doc;
	struct sw_source *source;
	struct sw_subst *subst;
	bool brief; /* rules are added without their long texts */
};

void sw_result_free(struct sw_result *r);
static inline void sw_result_freep(struct sw_result **r)
{
	sw_result_free(*r);
}
int sw_result_add_fact(struct sw_result *r, const char *name, const char *value);
/* Sets the message of one rule (copies; truncates to 32 KiB at a UTF-8 boundary with "[...]"). */
int sw_rule_result_set_message(struct sw_rule_result *rr, const char *text);
struct sw_rule_result *sw_result_find(struct sw_result *r, const char *rule_id);
/* Counts of each verdict over all rules. */
void sw_result_counts(const struct sw_result *r, size_t ret_counts[_SW_VERDICT_MAX]);

/*
 * Reads a file that sw_result_write_xccdf (or oscap xccdf eval --results) wrote: one Benchmark with
 * exactly one TestResult. Errors name file and line.
 */
int sw_result_load(const char *path, struct sw_result **ret_result, struct sw_error *err);

/*
 * Makes a result for the runtime benchmark itself: every selected rule with metadata filled in,
 * verdict notchecked, runtime = true. The caller (userspace/result) fills in verdicts.
 */
int sw_result_from_benchmark(const struct sw_content *content, struct sw_result **ret_result,
			     struct sw_error *err);

/*
 * Combines: adds the runtime benchmark's Groups and rules (with their final verdicts) to the static
 * result, so that base is one Benchmark with one TestResult. runtime is consumed. base may have
 * come from sw_result_load. Facts of runtime are appended to base; the window (start, end) becomes
 * the union.
 */
int sw_result_combine(struct sw_result *base, struct sw_result *runtime, struct sw_error *err);

/* Where rendered bytes go. Returns 0 or negative errno, which ends the rendering. */
typedef int (*sw_write_fn)(void *ctx, const void *data, size_t len);

struct sw_render_options {
	const char *version;	  /* of stigwatch, for test-system */
	const char *benchmark_id; /* replaces the Benchmark's id, or NULL */
	const char *result_id;	  /* the TestResult's name part, or NULL for "default" */
	/* The TestResult alone, a rule-result for each STIG reference of a rule, by that: what
	 * DISA's STIG Viewer takes. */
	bool stig_viewer;
	bool parts; /* a rule-result for each part of a multi-check, as oscap; else one per rule */
};

/* One Benchmark with exactly one TestResult (design section 8). */
int sw_result_write_xccdf(struct sw_result *r, const struct sw_render_options *opts,
			  sw_write_fn write, void *ctx, struct sw_error *err);
/* The same TestResult in an ARF 1.1 collection, with the content as request and the target as
 * asset. */
int sw_result_write_arf(struct sw_result *r, const struct sw_render_options *opts,
			sw_write_fn write, void *ctx, struct sw_error *err);
/* The i-th of r->oval as an OVAL 5.11 results document, as a stream. */
int sw_result_write_oval(struct sw_result *r, size_t i, sw_write_fn write, void *ctx,
			 struct sw_error *err);
/* The i-th of r->scripts as a result file of OpenSCAP's Script Check Engine. */
int sw_result_write_script(const struct sw_result *r, size_t i, sw_write_fn write, void *ctx,
			   struct sw_error *err);
/* The same facts as JSON, one object; engine/README.md documents it. */
int sw_result_write_json(const struct sw_result *r, const struct sw_render_options *opts,
			 sw_write_fn write, void *ctx, struct sw_error *err);
