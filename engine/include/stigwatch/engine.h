/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's door: load SCAP content, judge a target, judge runtime facts.
 *
 * The library never prints, logs, exits, or reads globals or the environment; only target/ touches
 * the system. Time comes in as an argument. Handles are not thread-safe; two scans may run in two
 * threads.
 */
#pragma once

#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "stigwatch/result.h"
#include "stigwatch/strbuf.h"
#include "stigwatch/target.h"

struct sw_content; /* a loaded data stream, or an XCCDF file with the documents it refers to */
struct sw_judge;   /* runtime definitions being judged, one fact at a time */

#define SW_CHECK_SYSTEM_OVAL "http://oval.mitre.org/XMLSchema/oval-definitions-5"
#define SW_CHECK_SYSTEM_SCE "http://open-scap.org/page/SCE"
#define SW_CHECK_SYSTEM_RUNTIME "urn:stigwatch:check:runtime:1"
#define SW_NS_RUNTIME "urn:stigwatch:runtime:1" /* runtime tests, objects and states */
#define SW_REF_EVIDENCE_FOR "urn:stigwatch:evidence-for"

/* ---- content ---- */

struct sw_document;
struct sw_content_options {
	const char *datastream_id; /* choose one of several, or NULL; several and NULL: error that
				      lists them */
	const char *benchmark_id;  /* likewise */
	/* An XCCDF Tailoring document whose profiles stand before the benchmark's: a file, or in
	 * memory; or NULL. */
	const char *tailoring_path;
	const struct sw_document *tailoring;
	const char *tailoring_id; /* the same from the data stream: id of its component-ref */
	/* A CPE dictionary or platform language beside the content's own: a file, with the OVAL it
	 * refers to in its directory; or NULL. */
	const char *cpe_path;
};

/* Loads a SCAP 1.2/1.3 source data stream, or a plain XCCDF 1.2 file (documents resolved beside
 * it). */
int sw_content_load(const char *path, const struct sw_content_options *opts,
		    struct sw_content **ret_content, struct sw_error *err);
/*
 * The same from memory: documents[0] is the XCCDF or data stream, the others are found by name.
 * name is used for hrefs and messages. Copies what it needs.
 */
struct sw_document {
	const char *name;
	const void *data;
	size_t len;
};
int sw_content_load_mem(const struct sw_document *docs, size_t n_docs,
			const struct sw_content_options *opts, struct sw_content **ret_content,
			struct sw_error *err);
void sw_content_free(struct sw_content *c);
static inline void sw_content_freep(struct sw_content **c)
{
	sw_content_free(*c);
}
/* SHA-256 of the bytes loaded (of documents[0..n] in order for _mem), hex. */
const char *sw_content_sha256(const struct sw_content *c);
const char *sw_content_benchmark_id(const struct sw_content *c);

/* Whether the document called itself resolved; and the benchmark as one that is: no item and no
 * profile extends another. Changes the content's own profiles. */
bool sw_content_was_resolved(const struct sw_content *c);
int sw_content_write_resolved(struct sw_content *c, sw_write_fn write, void *ctx,
			      struct sw_error *err);

/* Full id for a profile given by full id, unique suffix, or "(all)". Error lists the profiles. */
int sw_content_resolve_profile(const struct sw_content *c, const char *wanted, const char **ret_id,
			       struct sw_error *err);

/* ---- static scan ---- */

enum sw_sce_mode {
	SW_SCE_SANDBOX, /* own mount, pid, network, ipc namespaces, read-only view, nobody, 10 s */
	SW_SCE_OFF,	/* rules whose check is a script: notchecked */
};

/* How much of what OVAL collected and judged is kept for results documents. */
enum sw_oval_detail {
	SW_OVAL_DETAIL_NONE,
	SW_OVAL_DETAIL_THIN,	 /* definitions and their results */
	SW_OVAL_DETAIL_NO_ITEMS, /* criteria and tests, too */
	SW_OVAL_DETAIL_FULL,	 /* and the items */
};

struct sw_scan_options {
	const char *profile; /* id, suffix, "(all)", or NULL for the document's default selection */
	enum sw_sce_mode sce;
	int64_t now; /* seconds since the epoch, start of the scan (SOURCE_DATE_EPOCH-able by the
			caller) */
	/* Called before each selected rule; may be NULL. */
	void (*progress)(void *ctx, size_t done, size_t total, const char *rule_id);
	void *progress_ctx;
	/* Only these rules, selected or not; NULL: as the profile selects. Unknown id: -ENOENT. */
	const char *const *rules;
	size_t n_rules;
	const char *const *skip_rules; /* not these; unknown ids are ignored */
	size_t n_skip_rules;
	/* The time now, for the times of rules and the end; NULL: everything happens at .now. */
	int64_t (*clock)(void *ctx);
	void *clock_ctx;
	enum sw_oval_detail oval; /* what the result's oval documents will hold */
	bool scripts;		  /* keep what scripts were given and said */
	bool brief; /* rules come without description, rationale and fix text: only HTML shows them
		     */
};

/*
 * Judges every rule. The target's identity becomes facts. An empty result (no rule) is an error
 * (-ENODATA). Errors in one rule are that rule's verdict, not an error here.
 */
int sw_scan(struct sw_content *content, struct sw_target *target,
	    const struct sw_scan_options *opts, struct sw_result **ret_result,
	    struct sw_error *err);

/* ---- runtime judge: the same definitions, criteria, tests and states over facts that arrive ----
 */

/* A fact: typed entities by name, several values of one name allowed. Strings are borrowed during
 * the call. */
struct sw_fact_entity {
	const char *name;
	const char *value; /* OVAL string form; NULL: entity exists without a value (status "does
			      not exist") */
};
struct sw_fact {
	const char
		*type; /* "exec", "file", "namespace", "entry": EXEC_object matches type "exec" */
	const struct sw_fact_entity *entities;
	size_t n_entities;
};

/* Takes the runtime definitions that content's rules refer to under SW_CHECK_SYSTEM_RUNTIME. */
int sw_judge_new(const struct sw_content *content, struct sw_judge **ret_judge,
		 struct sw_error *err);
void sw_judge_free(struct sw_judge *j);
static inline void sw_judge_freep(struct sw_judge **j)
{
	sw_judge_free(*j);
}

/* A rule for which a fact was a violation: the test matched it and counts against its definition.
 */
struct sw_judge_hit {
	const char *rule_id;
	const char *definition_id;
	const char *test_id;
	bool first; /* the definition's result changed from true to false by this fact */
};

/*
 * Judges one fact. A fact that an object selects and that its test does not want is a violation:
 * with check_existence none_exist every selected fact is, otherwise one that does not meet the
 * states. Returns the number of violations found; hits (at most max) stay valid until the next call
 * or free.
 */
int sw_judge_feed(struct sw_judge *j, const struct sw_fact *fact, struct sw_judge_hit *hits,
		  size_t max, struct sw_error *err);

/* The verdict of a rule's runtime check from the facts fed so far: PASS, FAIL, ERROR or UNKNOWN. */
enum sw_verdict sw_judge_verdict(const struct sw_judge *j, const char *rule_id);

/*
 * The fact types a rule's objects select, e.g. "exec", so that coverage of those decides between
 * pass and unknown. Returns the count; names are borrowed from the judge. 0 for an unknown rule.
 */
size_t sw_judge_rule_types(const struct sw_judge *j, const char *rule_id, const char **ret_types,
			   size_t max);
