/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict table, overrides and exit codes. Pure: reads nothing, writes only what it is given.
 */
#include "result/result.h"

enum sw_verdict sw_runtime_verdict(const struct sw_verdict_input *in)
{
	if (in->violation)
		return SW_VERDICT_FAIL;
	if (in->judge_failed)
		return SW_VERDICT_ERROR;
	if (in->hook_refused)
		return SW_VERDICT_NOTCHECKED;
	if (in->hole)
		return SW_VERDICT_UNKNOWN;
	return SW_VERDICT_PASS;
}

/* SV ids are the tail of the vendor's rule ids, whatever prefix the content gives them. */
static bool is_rule(const struct sw_rule_result *rr, const char *sv)
{
	size_t id = strlen(rr->rule_id), want = strlen(sv);

	return id >= want && strcmp(rr->rule_id + id - want, sv) == 0;
}

static bool evidence_for(const struct sw_rule_result *runtime, const struct sw_rule_result *vendor)
{
	for (size_t i = 0; i < runtime->n_evidence_for; i++)
		if (is_rule(vendor, runtime->evidence_for[i]))
			return true;
	return false;
}

static int override_rule(struct sw_rule_result *vendor, const struct sw_rule_result *proof,
			 size_t n_proofs, enum sw_verdict verdict)
{
	struct sw_override *o = calloc(1, sizeof(*o));
	_cleanup_free_ char *message = NULL;

	if (!o)
		return -ENOMEM;
	o->old_verdict = vendor->verdict;
	o->new_verdict = verdict;
	o->authority = strdup("stigwatch " SW_VERSION);
	o->time = strdup(proof->time ? proof->time : "");
	if (asprintf(&o->remark, "measured at run time: %s%s is %s. %s", proof->rule_id,
		     n_proofs > 1 ? " (and the other runtime rules for this requirement)" : "",
		     sw_verdict_str(proof->verdict), proof->message ? proof->message : "") < 0)
		o->remark = NULL;
	if (!o->authority || !o->time || !o->remark) {
		free(o->authority);
		free(o->time);
		free(o->remark);
		free(o);
		return -ENOMEM;
	}
	vendor->override = o;
	vendor->verdict = verdict;
	return sw_rule_result_set_message(vendor, o->remark);
}

/* The verdict that all runtime rules for one vendor rule give together. */
static int apply_to(struct sw_rule_result *vendor, const struct sw_result *runtime,
		    enum sw_runtime_verdicts mode)
{
	const struct sw_rule_result *failed = NULL, *passed = NULL;
	size_t n = 0, n_pass = 0, n_fail = 0;

	for (size_t i = 0; i < runtime->n_rules; i++) {
		const struct sw_rule_result *rr = &runtime->rules[i];

		if (!evidence_for(rr, vendor))
			continue;
		n++;
		if (rr->verdict == SW_VERDICT_FAIL && n_fail++ == 0)
			failed = rr;
		if (rr->verdict == SW_VERDICT_PASS && n_pass++ == 0)
			passed = rr;
	}
	if (failed && vendor->verdict != SW_VERDICT_FAIL &&
	    vendor->verdict != SW_VERDICT_NOTSELECTED)
		return override_rule(vendor, failed, n_fail, SW_VERDICT_FAIL);
	if (mode == SW_RUNTIME_FULL && n > 0 && n_pass == n &&
	    vendor->verdict == SW_VERDICT_NOTAPPLICABLE)
		return override_rule(vendor, passed, n_pass, SW_VERDICT_PASS);
	return 0;
}

int sw_runtime_join(struct sw_result *base, struct sw_runtime *runtime,
		    enum sw_runtime_verdicts mode, struct sw_error *err)
{
	/* the scan may have been of the image: what the result is about is the container that was
	 * watched */
	char *target = strdup(runtime->result->target);

	if (!target)
		return sw_error_set(err, ENOMEM, "out of memory");
	free(base->target);
	base->target = target;
	if (mode != SW_RUNTIME_OBSERVE)
		for (size_t i = 0; i < base->n_rules; i++)
			if (apply_to(&base->rules[i], runtime->result, mode) < 0)
				return sw_error_set(err, ENOMEM, "out of memory");
	return sw_result_combine(base, TAKE(runtime->result), err);
}

int sw_result_exit_code(const struct sw_result *r, enum sw_severity fail_on)
{
	bool incomplete = false;

	for (size_t i = 0; i < r->n_rules; i++) {
		const struct sw_rule_result *rr = &r->rules[i];

		if (rr->verdict == SW_VERDICT_FAIL && rr->severity >= fail_on)
			return 2;
		if (rr->verdict == SW_VERDICT_UNKNOWN || rr->verdict == SW_VERDICT_ERROR ||
		    (rr->runtime && rr->verdict == SW_VERDICT_NOTCHECKED))
			incomplete = true;
	}
	return incomplete ? 3 : 0;
}
