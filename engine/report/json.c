/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a result as one JSON object; engine/README.md documents it. Must not change the result. */
#include "report/report.h"

#define FORMAT "stigwatch-result/1"

static void key(struct sw_strbuf *sb, const char *name, const char *value)
{
	sw_strbuf_addf(sb, ",\"%s\":", name);
	sw_strbuf_add_json(sb, value);
}

static void flag(struct sw_strbuf *sb, const char *name, bool value)
{
	sw_strbuf_addf(sb, ",\"%s\":%s", name, value ? "true" : "false");
}

static void list(struct sw_strbuf *sb, const char *name, char *const *strings, size_t n)
{
	size_t i;

	sw_strbuf_addf(sb, ",\"%s\":[", name);
	for (i = 0; i < n; i++) {
		if (i)
			sw_strbuf_addc(sb, ',');
		sw_strbuf_add_json(sb, strings[i]);
	}
	sw_strbuf_addc(sb, ']');
}

static void pairs(struct sw_strbuf *sb, const char *name, const struct sw_name_value *p, size_t n)
{
	size_t i;

	sw_strbuf_addf(sb, ",\"%s\":[", name);
	for (i = 0; i < n; i++) {
		sw_strbuf_adds(sb, i ? ",{\"name\":" : "{\"name\":");
		sw_strbuf_add_json(sb, p[i].name);
		key(sb, "value", p[i].value);
		sw_strbuf_addc(sb, '}');
	}
	sw_strbuf_addc(sb, ']');
}

static void head(struct sw_strbuf *sb, const struct sw_result *r,
		 const struct sw_render_options *opts)
{
	sw_strbuf_adds(sb, "{\"format\":\"" FORMAT "\",\"tool\":\"stigwatch\"");
	key(sb, "version", opts->version ? opts->version : SW_VERSION);
	sw_strbuf_adds(sb, ",\"benchmark\":{\"id\":");
	sw_strbuf_add_json(sb, opts->benchmark_id ? opts->benchmark_id : r->benchmark_id);
	key(sb, "version", r->benchmark_version);
	key(sb, "title", r->benchmark_title);
	key(sb, "content", r->content_path);
	key(sb, "sha256", r->content_sha256);
	sw_strbuf_addc(sb, '}');
	key(sb, "profile", r->profile_id);
	key(sb, "target", r->target);
	list(sb, "addresses", r->addresses, r->n_addresses);
	sw_strbuf_adds(sb, ",\"window\":{\"start\":");
	sw_strbuf_add_json(sb, r->start_time);
	key(sb, "end", r->end_time);
	sw_strbuf_addc(sb, '}');
	pairs(sb, "facts", r->facts, r->n_facts);
	pairs(sb, "values", r->values, r->n_values);
}

static void counts(struct sw_strbuf *sb, const struct sw_result *r)
{
	size_t n[_SW_VERDICT_MAX], i;

	sw_result_counts(r, n);
	sw_strbuf_addf(sb, ",\"counts\":{\"total\":%zu", r->n_rules);
	for (i = 0; i < _SW_VERDICT_MAX; i++)
		sw_strbuf_addf(sb, ",\"%s\":%zu", sw_verdict_str((enum sw_verdict)i), n[i]);
	sw_strbuf_adds(sb, "},\"score\":[");
	for (i = 0; i < r->n_scores; i++) {
		sw_strbuf_adds(sb, i ? ",{\"system\":" : "{\"system\":");
		sw_strbuf_add_json(sb, r->scores[i].system);
		sw_strbuf_addf(sb, ",\"value\":%.6f,\"maximum\":%.6f}", r->scores[i].value,
			       r->scores[i].maximum);
	}
	sw_strbuf_addc(sb, ']');
}

static void add_override(struct sw_strbuf *sb, const struct sw_override *o)
{
	if (!o) {
		sw_strbuf_adds(sb, ",\"override\":null");
		return;
	}
	sw_strbuf_adds(sb, ",\"override\":{\"authority\":");
	sw_strbuf_add_json(sb, o->authority);
	key(sb, "time", o->time);
	key(sb, "old", sw_verdict_str(o->old_verdict));
	key(sb, "new", sw_verdict_str(o->new_verdict));
	key(sb, "remark", o->remark);
	sw_strbuf_addc(sb, '}');
}

static void add_check(struct sw_strbuf *sb, const struct sw_rule_result *rr)
{
	if (!rr->check_system) {
		sw_strbuf_adds(sb, ",\"check\":null");
		return;
	}
	sw_strbuf_adds(sb, ",\"check\":{\"system\":");
	sw_strbuf_add_json(sb, rr->check_system);
	key(sb, "href", rr->check_href);
	key(sb, "name", rr->check_name);
	sw_strbuf_addc(sb, '}');
}

static void rule(struct sw_strbuf *sb, const struct sw_rule_result *rr)
{
	sw_strbuf_adds(sb, "{\"id\":");
	sw_strbuf_add_json(sb, rr->rule_id);
	key(sb, "group", rr->group_id);
	key(sb, "title", rr->title);
	key(sb, "severity", sw_severity_str(rr->severity));
	sw_strbuf_addf(sb, ",\"weight\":%.3g", rr->weight);
	key(sb, "result", sw_verdict_str(rr->verdict));
	key(sb, "time", rr->time);
	key(sb, "message", rr->message);
	list(sb, "idents", rr->idents, rr->n_idents);
	list(sb, "evidence_for", rr->evidence_for, rr->n_evidence_for);
	add_check(sb, rr);
	add_override(sb, rr->override);
	flag(sb, "vacuous", rr->vacuous);
	flag(sb, "runtime", rr->runtime);
	sw_strbuf_addc(sb, '}');
}

/* Hands over what sb holds and empties it. */
static int flush(struct sw_strbuf *sb, sw_write_fn write, void *ctx)
{
	int rc;

	if (sb->failed)
		return -ENOMEM;
	rc = write(ctx, sb->data, sb->len);
	sb->len = 0;
	return rc;
}

static int render(const struct sw_result *r, const struct sw_render_options *opts,
		  sw_write_fn write, void *ctx)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	size_t i;
	int rc;

	head(&sb, r, opts);
	counts(&sb, r);
	sw_strbuf_adds(&sb, ",\"rules\":[");
	for (i = 0; i < r->n_rules; i++) {
		sw_strbuf_adds(&sb, i ? ",\n" : "\n");
		rule(&sb, &r->rules[i]);
		rc = flush(&sb, write, ctx);
		if (rc < 0)
			return rc;
	}
	sw_strbuf_adds(&sb, "\n]}\n");
	return flush(&sb, write, ctx);
}

int sw_result_write_json(const struct sw_result *r, const struct sw_render_options *opts,
			 sw_write_fn write, void *ctx, struct sw_error *err)
{
	int rc;

	if (!r->n_rules)
		return sw_error_set(err, ENODATA, "JSON: the result has no rule");
	rc = render(r, opts, write, ctx);
	return rc < 0 ? sw_error_set(err, -rc, "JSON: %s", strerror(-rc)) : 0;
}
