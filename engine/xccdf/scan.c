/* SPDX-License-Identifier: Apache-2.0 */
/* Scans a target: every rule of the benchmark gets its verdict. Must not render. */
#include <arpa/inet.h>

#include "report/report.h"
#include "stigwatch/target.h"
#include "xccdf/internal.h"
#include "xccdf/sce.h"

#define OSCAP_FACT "urn:xccdf:fact:"
#define STIGMAN "tag:stig-manager@users.noreply.github.com,2020:asset:"

static int add_address(struct sw_result *r, const char *address)
{
	unsigned char raw[16];
	const char *fact;
	int rc;

	if (inet_pton(AF_INET, address, raw) == 1)
		fact = OSCAP_FACT "asset:identifier:ipv4";
	else if (inet_pton(AF_INET6, address, raw) == 1)
		fact = OSCAP_FACT "asset:identifier:ipv6";
	else
		return 0;
	rc = sw_result_add_address(r, address);
	if (rc == 0)
		rc = sw_result_add_fact(r, fact, address);
	return rc < 0 ? rc : sw_result_add_fact(r, STIGMAN "ip", address);
}

static int add_identity(struct sw_result *r, const struct sw_target *t)
{
	const char *key, *value;
	char name[256];
	size_t i;
	int rc;

	for (i = 0; sw_target_identity_at(t, i, &key, &value); i++) {
		if (!strcmp(key, "address")) {
			rc = add_address(r, value);
			if (rc < 0)
				return rc;
			continue;
		}
		snprintf(name, sizeof(name), SW_FACT "%s", key);
		rc = sw_result_add_fact(r, name, value);
		if (rc < 0)
			return rc;
		snprintf(name, sizeof(name), STIGMAN "metadata:%s", key);
		rc = sw_result_add_fact(r, name, value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Who was judged, under the names that oscap's and STIG Manager's readers look for. */
static int add_facts(struct sw_result *r, const struct sw_content *c, const struct sw_target *t)
{
	const struct {
		const char *name, *value;
	} facts[] = {
		{OSCAP_FACT "scanner:name", "stigwatch"},
		{OSCAP_FACT "scanner:version", SW_VERSION},
		{OSCAP_FACT "asset:identifier:host_name", sw_target_name(t)},
		{STIGMAN "name", sw_target_name(t)},
		{STIGMAN "noncomputing", "false"},
		{SW_FACT "target.kind", sw_target_kind_str(sw_target_kind(t))},
		{SW_FACT_CONTENT_SHA256, sw_content_sha256(c)},
	};
	size_t i;
	int rc;

	for (i = 0; i < SW_ARRAY_LEN(facts); i++) {
		rc = sw_result_add_fact(r, facts[i].name, facts[i].value);
		if (rc < 0)
			return rc;
	}
	return add_identity(r, t);
}

static int refine(struct sw_rule_result *rr, const struct item_policy *ip)
{
	enum sw_severity severity;

	if (ip->severity) {
		severity = sw_severity_from_str(ip->severity);
		if (severity != _SW_SEVERITY_MAX)
			rr->severity = severity;
	}
	if (ip->weight)
		rr->weight = strtod(ip->weight, NULL);
	return sw_str_replace(&rr->role, ip->role);
}

static void judge(struct scan *scan, const struct item *item, struct sw_rule_result *rr)
{
	_cleanup_strbuf_ struct sw_strbuf reason = {};

	if (!scan->policy.items[item - scan->content->items].effective) {
		rr->verdict = SW_VERDICT_NOTSELECTED;
	} else if (!item_applicable(scan, item, &reason)) {
		rr->verdict = SW_VERDICT_NOTAPPLICABLE;
		sw_rule_result_set_message(rr, sw_strbuf_str(&reason) ?: "not this platform");
	} else {
		check_rule(scan, item, rr);
	}
}

static size_t count_selected(const struct scan *scan)
{
	size_t i, n = 0;

	for (i = 0; i < scan->content->n_items; i++)
		n += scan->content->items[i].is_rule && scan->policy.items[i].effective;
	return n;
}

static int stamp(const struct scan *scan, char **time)
{
	const struct sw_scan_options *opts = scan->opts;
	char text[SW_TIME_LEN];

	sw_time_str(opts->clock ? opts->clock(opts->clock_ctx) : opts->now, text);
	return sw_str_replace(time, text);
}

static int judge_all(struct scan *scan, struct sw_result *r)
{
	const struct sw_scan_options *opts = scan->opts;
	size_t i, done = 0, total = count_selected(scan);
	struct sw_content *c = scan->content;
	struct sw_rule_result *rr;
	struct item *item;

	for (i = 0; i < c->n_items; i++) {
		item = &c->items[i];
		if (!item->is_rule)
			continue;
		rr = sw_result_add_rule(r, item->node,
					item->parent == SW_NO_PARENT ? NULL
								     : c->items[item->parent].node);
		if (!rr || refine(rr, &scan->policy.items[i]) < 0)
			return -ENOMEM;
		if (scan->policy.items[i].effective && opts->progress)
			opts->progress(opts->progress_ctx, done++, total, item->id);
		judge(scan, item, rr);
		if (stamp(scan, &rr->time) < 0)
			return -ENOMEM;
	}
	return stamp(scan, &r->end_time);
}

/* Which tailoring the profile came with; the schema wants all four of it. */
static int name_tailoring(struct sw_result *r, const struct sw_source *source)
{
	const char *name;
	const struct sw_xml_node *tailoring = sw_source_tailoring(source, &name);
	const struct sw_xml_node *version = sw_xml_child(tailoring, SW_NS_XCCDF, "version");
	_cleanup_free_ char *text = version ? sw_xml_text_trim(version) : NULL;
	int rc;

	if (!tailoring)
		return 0;
	rc = sw_str_replace(&r->tailoring_href, name);
	if (rc == 0)
		rc = sw_str_replace(&r->tailoring_id, sw_xml_attr_or(tailoring, "id", "tailoring"));
	if (rc == 0)
		rc = sw_str_replace(&r->tailoring_version, text ? text : "");
	if (rc == 0)
		rc = sw_str_replace(&r->tailoring_time,
				    version ? sw_xml_attr_or(version, "time", r->start_time)
					    : r->start_time);
	return rc;
}

static int frame(struct sw_result *r, const struct scan *scan)
{
	const struct policy *p = &scan->policy;
	char now[SW_TIME_LEN];
	size_t i;
	int rc;

	sw_time_str(scan->opts->now, now);
	rc = sw_str_replace(&r->start_time, now);
	if (rc == 0)
		rc = sw_str_replace(&r->profile_id, p->profile_id);
	if (rc == 0)
		rc = sw_str_replace(&r->target, sw_target_name(scan->target));
	if (rc == 0)
		rc = sw_str_replace(&r->content_path, sw_content_name(scan->content));
	if (rc == 0)
		rc = sw_str_replace(&r->content_sha256, sw_content_sha256(scan->content));
	for (i = 0; rc == 0 && i < p->n_values; i++)
		rc = p->values[i].text ? sw_result_add_value(r, p->values[i].id, p->values[i].text)
				       : 0;
	for (i = 0; rc == 0 && i < scan->content->n_items; i++)
		if (!scan->content->items[i].is_rule && p->items[i].weight)
			rc = sw_result_add_group_weight(r, scan->content->items[i].id,
							p->items[i].weight);
	if (rc == 0)
		rc = name_tailoring(r, scan->content->source);
	return rc < 0 ? rc : add_facts(r, scan->content, scan->target);
}

static int run(struct scan *scan, struct sw_result **ret_result, struct sw_error *err)
{
	_cleanup_result_ struct sw_result *r = NULL;
	int rc = -ENOMEM;

	r = sw_result_new(scan->content->benchmark, scan->content->source, NULL,
			  scan->content->n_rules);
	scan->result = r;
	scan->engines = engines_new(scan->content, scan->target, scan->opts->now);
	scan->applies = calloc(scan->content->n_items + 1, sizeof(*scan->applies));
	if (r && scan->engines && scan->applies) {
		r->brief = scan->opts->brief;
		rc = frame(r, scan);
	}
	if (rc == 0)
		rc = checks_export(scan);
	if (rc == 0)
		engines_report_to(scan->engines, scan->opts->oval);
	if (rc == 0)
		sce_ahead(scan);
	if (rc == 0)
		rc = judge_all(scan, r);
	if (rc == 0)
		rc = engines_reports(scan->engines, r);
	if (rc == 0)
		rc = sw_result_score(r);
	if (rc < 0)
		return sw_error_set(err, -rc, "scan: %s", strerror(-rc));
	*ret_result = TAKE(r);
	return 0;
}

int sw_scan(struct sw_content *content, struct sw_target *target,
	    const struct sw_scan_options *opts, struct sw_result **ret_result, struct sw_error *err)
{
	struct scan scan = {.content = content, .target = target, .opts = opts};
	int rc;

	if (!content->n_rules)
		return sw_error_set(err, ENODATA, "%s: the benchmark has no rule",
				    sw_content_name(content));
	if (sw_target_remember(target) < 0)
		return sw_error_set(err, ENOMEM, "scan: out of memory");
	rc = policy_init(&scan.policy, content, opts, err);
	if (rc == 0)
		rc = run(&scan, ret_result, err);
	sw_target_forget(target);
	sce_release(&scan);
	engines_free(scan.engines);
	free(scan.applies);
	policy_release(&scan.policy);
	return rc;
}

/* What a runtime rule is checked by, so that the rule-result can name it. */
static int note_check(struct sw_rule_result *rr, const struct sw_content_rule *rule)
{
	const struct sw_check_ref *ref = rule->n_checks ? &rule->checks[0] : NULL;
	int rc;

	if (!ref || sw_xml_child(rule->node, SW_NS_XCCDF, "complex-check"))
		return 0;
	rc = sw_str_replace(&rr->check_system, ref->system);
	if (rc == 0)
		rc = sw_str_replace(&rr->check_href, ref->href);
	return rc < 0 ? rc : sw_str_replace(&rr->check_name, ref->name);
}

int sw_result_from_benchmark(const struct sw_content *c, struct sw_result **ret_result,
			     struct sw_error *err)
{
	_cleanup_result_ struct sw_result *r =
		sw_result_new(c->benchmark, c->source, NULL, c->n_rules);
	const struct sw_content_rule *rule;
	struct sw_rule_result *rr;
	const struct item *item;
	size_t i;

	if (!r || sw_str_replace(&r->content_path, sw_content_name(c)) < 0 ||
	    sw_str_replace(&r->content_sha256, sw_content_sha256(c)) < 0)
		return sw_error_set(err, ENOMEM, "%s: no memory", sw_content_name(c));
	for (i = 0; i < c->n_rules; i++) {
		rule = &c->rules[i];
		if (!rule->selected)
			continue;
		item = content_item(c, rule->id);
		rr = sw_result_add_rule(r, rule->node,
					item->parent == SW_NO_PARENT ? NULL
								     : c->items[item->parent].node);
		if (!rr || note_check(rr, rule) < 0)
			return sw_error_set(err, ENOMEM, "%s: no memory", sw_content_name(c));
		rr->runtime = true;
	}
	if (!r->n_rules)
		return sw_error_set(err, ENODATA, "%s: no selected rule", sw_content_name(c));
	*ret_result = TAKE(r);
	return 0;
}
