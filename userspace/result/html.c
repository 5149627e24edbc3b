/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of the HTML report: verdict, counts, identity, how to verify; judges nothing. */
#include "evidence/evidence.h"
#include "result/html_page.h"
#include "stigwatch/cleanup.h"

static void add_char(struct sw_strbuf *sb, const char *s, size_t n, uint32_t cp)
{
	bool white = cp == '\n' || cp == '\t';

	if (n == 0 || (sw_text_is_unsafe(cp) && !white))
		for (size_t i = 0; i < (n ? n : 1); i++)
			sw_strbuf_addf(sb, "\\x%02x", (unsigned char)s[i]);
	else if (cp == '&')
		sw_strbuf_adds(sb, "&amp;");
	else if (cp == '<')
		sw_strbuf_adds(sb, "&lt;");
	else if (cp == '>')
		sw_strbuf_adds(sb, "&gt;");
	else if (cp == '"')
		sw_strbuf_adds(sb, "&quot;");
	else if (cp == '\'')
		sw_strbuf_adds(sb, "&#39;");
	else
		sw_strbuf_add(sb, s, n);
}

void sw_html_text_n(struct sw_html *p, const char *s, size_t len, size_t max)
{
	for (size_t at = 0; at < len;) {
		uint32_t cp = 0;
		size_t n = sw_utf8_char(s + at, len - at, &cp);

		if (at + n > max) {
			sw_strbuf_adds(&p->sb, "…");
			return;
		}
		add_char(&p->sb, s + at, n, cp);
		at += n ? n : 1;
	}
}

void sw_html_text_cut(struct sw_html *p, const char *s, size_t max)
{
	sw_html_text_n(p, s, s ? strlen(s) : 0, max);
}

void sw_html_text(struct sw_html *p, const char *s)
{
	sw_html_text_cut(p, s, SIZE_MAX);
}

void sw_html_raw(struct sw_html *p, const char *markup)
{
	sw_strbuf_adds(&p->sb, markup);
}

void sw_html_rawf(struct sw_html *p, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		p->sb.failed = true;
		return;
	}
	sw_strbuf_adds(&p->sb, text);
}

void sw_html_short_id(struct sw_html *p, const char *rule_id)
{
	const char *start;
	size_t n = sw_text_short_id(rule_id, &start);
	_cleanup_free_ char *id = strndup(start, n);

	if (!id)
		p->sb.failed = true;
	sw_html_text_cut(p, id, 64);
}

static void add_head(struct sw_html *p)
{
	sw_html_raw(p,
		    "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\" "
		    "xml:lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
		    "<meta http-equiv=\"Content-Security-Policy\" "
		    "content=\"default-src 'none'; style-src 'unsafe-inline'\" />\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
		    "<meta name=\"color-scheme\" content=\"light dark\" />\n<title>");
	sw_html_raw(p, sw_text_overall_str(sw_text_overall(p->r)));
	sw_html_raw(p, " - ");
	sw_html_text_cut(p, p->r->target, 200);
	sw_html_raw(p, " - stigwatch</title>\n<style>\n");
	sw_html_raw(p, sw_html_style);
	sw_html_raw(p, "</style>\n</head>\n<body>\n");
}

static const char *const overall_class[] = {
	[SW_OVERALL_COMPLIANT] = "pass",
	[SW_OVERALL_FAIL] = "fail",
	[SW_OVERALL_INCOMPLETE] = "unknown",
	[SW_OVERALL_EMPTY] = "unknown",
};

struct bucket {
	const char *label, *css;
	unsigned mask;
};

static const struct bucket buckets[] = {
	{"fail", "fail", 1u << SW_VERDICT_FAIL},
	{"unknown or error", "unknown", 1u << SW_VERDICT_UNKNOWN | 1u << SW_VERDICT_ERROR},
	{"pass", "pass", 1u << SW_VERDICT_PASS | 1u << SW_VERDICT_FIXED},
	{"not applicable", "notapplicable", 1u << SW_VERDICT_NOTAPPLICABLE},
	{"not checked", "notchecked", 1u << SW_VERDICT_NOTCHECKED | 1u << SW_VERDICT_INFORMATIONAL},
};

static size_t bucket_count(const struct sw_result *r, const struct bucket *b)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_rules; i++)
		n += (b->mask >> r->rules[i].verdict) & 1;
	return n;
}

static void add_sentence(struct sw_html *p)
{
	size_t failed = bucket_count(p->r, &buckets[0]), open = bucket_count(p->r, &buckets[1]);
	size_t all = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(buckets); i++)
		all += bucket_count(p->r, &buckets[i]);
	switch (sw_text_overall(p->r)) {
	case SW_OVERALL_FAIL:
		sw_html_rawf(p, "%zu of %zu rules %s", failed, all, failed == 1 ? "fails" : "fail");
		if (open)
			sw_html_rawf(p, ", and %zu more could not be decided", open);
		break;
	case SW_OVERALL_INCOMPLETE:
		sw_html_rawf(p, "No rule fails, but not every verdict is known. What was not seen "
				"is no pass");
		break;
	case SW_OVERALL_COMPLIANT:
		sw_html_rawf(p, "None of %zu rules fails, and every verdict is known", all);
		break;
	default:
		sw_html_raw(p, "No rule was judged");
	}
	sw_html_raw(p, ".");
}

static void add_bar(struct sw_html *p)
{
	sw_html_raw(p, "<div class=\"bar\" role=\"img\" aria-label=\"Rules by verdict\">");
	for (size_t i = 0; i < SW_ARRAY_LEN(buckets); i++) {
		size_t n = bucket_count(p->r, &buckets[i]);

		if (n)
			sw_html_rawf(p,
				     "<span class=\"bg-%s\" style=\"flex-grow:%zu\" title=\"%zu "
				     "%s\"></span>",
				     buckets[i].css, n, n, buckets[i].label);
	}
	sw_html_raw(p, "</div>\n");
}

static void add_cards(struct sw_html *p)
{
	sw_html_raw(p, "<div class=\"cards\">\n");
	for (size_t i = 0; i < SW_ARRAY_LEN(buckets); i++) {
		size_t n = bucket_count(p->r, &buckets[i]);

		sw_html_rawf(p, "<div class=\"card %s%s\"><b>%zu</b><span>%s</span></div>\n",
			     buckets[i].css, n ? "" : " zero", n, buckets[i].label);
	}
	sw_html_raw(p, "</div>\n");
	add_bar(p);
}

static void add_severities(struct sw_html *p)
{
	sw_html_raw(p, "<table class=\"severities\"><thead><tr><th>severity</th>");
	for (size_t i = 0; i < SW_ARRAY_LEN(buckets); i++)
		sw_html_rawf(p, "<th>%s</th>", buckets[i].label);
	sw_html_raw(p, "</tr></thead><tbody>\n");
	for (int s = _SW_SEVERITY_MAX - 1; s >= 0; s--) {
		size_t n[SW_ARRAY_LEN(buckets)] = {0}, sum = 0;

		for (size_t i = 0; i < p->r->n_rules; i++)
			for (size_t b = 0; b < SW_ARRAY_LEN(buckets); b++)
				if ((int)p->r->rules[i].severity == s &&
				    (buckets[b].mask >> p->r->rules[i].verdict) & 1) {
					n[b]++;
					sum++;
				}
		if (sum == 0)
			continue;
		sw_html_rawf(p, "<tr><th>%s</th>", sw_severity_str((enum sw_severity)s));
		for (size_t b = 0; b < SW_ARRAY_LEN(buckets); b++)
			sw_html_rawf(p,
				     n[b] ? "<td class=\"%s\">%zu</td>"
					  : "<td class=\"zero %s\">%zu</td>",
				     buckets[b].css, n[b]);
		sw_html_raw(p, "</tr>\n");
	}
	sw_html_raw(p, "</tbody></table>\n");
}

static void add_row(struct sw_html *p, const char *label, const char *value, bool mono)
{
	if (!value || !value[0])
		return;
	sw_html_rawf(p, "<div><dt>%s</dt><dd%s>", label, mono ? " class=\"mono\"" : "");
	sw_html_text_cut(p, value, 1024);
	sw_html_raw(p, "</dd></div>\n");
}

static void add_fact(struct sw_html *p, const struct sw_text_fact *fact)
{
	const char *value = sw_text_fact(p->r, fact->name);

	if (!value || !value[0])
		return;
	sw_html_rawf(p, "<div><dt>%s</dt><dd%s>", fact->label, fact->mono ? " class=\"mono\"" : "");
	sw_html_text_cut(p, value, 1024);
	sw_html_text(p, sw_text_fact_note(fact->name, value));
	sw_html_raw(p, "</dd></div>\n");
}

static void add_time(struct sw_html *p)
{
	int64_t seconds = sw_text_seconds(p->r->start_time, p->r->end_time);

	if (!p->r->start_time || !p->r->end_time)
		return;
	sw_html_raw(p, "<div><dt>time</dt><dd>");
	sw_html_text_cut(p, p->r->start_time, 40);
	sw_html_raw(p, " to ");
	sw_html_text_cut(p, p->r->end_time, 40);
	if (seconds >= 0) {
		sw_html_raw(p, " (");
		sw_text_add_duration(&p->sb, seconds);
		sw_html_raw(p, ")");
	}
	sw_html_raw(p, "</dd></div>\n");
}

static void add_identity(struct sw_html *p)
{
	const struct sw_result *r = p->r;

	sw_html_raw(p, "<section id=\"identity\"><h2>What was judged</h2>\n<dl class=\"facts\">\n");
	add_row(p, "target", r->target, false);
	for (size_t i = 0; i < r->n_addresses && i < 8; i++)
		add_row(p, "address", r->addresses[i], true);
	add_time(p);
	for (size_t i = 0; i < sw_text_n_facts; i++)
		add_fact(p, &sw_text_facts[i]);
	add_row(p, "benchmark", r->benchmark_title, false);
	add_row(p, "version", r->benchmark_version, false);
	add_row(p, "benchmark id", r->benchmark_id, true);
	add_row(p, "profile", r->profile_id, true);
	add_row(p, "content", r->content_path, true);
	add_row(p, "content SHA-256", r->content_sha256, true);
	sw_html_raw(p, "</dl></section>\n");
}

static void add_verify(struct sw_html *p)
{
	const char *head = sw_text_fact(p->r, "urn:stigwatch:fact:evidence-head");

	if (!head)
		return;
	sw_html_raw(p,
		    "<section id=\"verify\"><h2>Check it yourself</h2>\n<p>Every runtime verdict "
		    "above comes from the evidence: a chain of records, each sealed with the "
		    "SHA-256 of the one before. Its head, when this report was made:</p>\n"
		    "<pre class=\"head\">");
	sw_html_text_cut(p, head, 256);
	sw_html_raw(p,
		    "</pre>\n<p>Verify the chain (it needs no trust in the machine that wrote it, "
		    "only this head), then draw the verdicts from it again:</p>\n"
		    "<pre>stigwatch verify EVIDENCE-DIRECTORY\n"
		    "stigwatch report --evidence EVIDENCE-DIRECTORY -o html=again.html</pre>\n"
		    "<p>The format is specified in userspace/evidence/FORMAT.md, so that anybody "
		    "can write a verifier of their own.</p></section>\n");
}

/* What it is about, in one line: the image, the time, how much of it was watched. */
static void add_subtitle(struct sw_html *p)
{
	const char *image = sw_text_fact(p->r, "urn:stigwatch:fact:image-ref");
	const char *coverage = sw_text_fact(p->r, "urn:stigwatch:fact:coverage");
	int64_t seconds = sw_text_seconds(p->r->start_time, p->r->end_time);

	sw_html_raw(p, "<p class=\"about\">");
	if (image) {
		sw_html_raw(p, "<span>");
		sw_html_text_cut(p, image, 160);
		sw_html_raw(p, "</span>");
	}
	if (p->r->end_time) {
		sw_html_raw(p, "<span>");
		sw_html_text_cut(p, p->r->end_time, 40);
		sw_html_raw(p, "</span>");
	}
	if (coverage && seconds >= 0) {
		sw_html_raw(p, "<span>watched ");
		sw_html_text_cut(p, coverage, 20);
		sw_html_raw(p, " % of ");
		sw_text_add_duration(&p->sb, seconds);
		sw_html_raw(p, "</span>");
	}
	sw_html_raw(p, "</p>\n");
}

static void add_top(struct sw_html *p)
{
	enum sw_overall overall = sw_text_overall(p->r);

	sw_html_rawf(p, "<header class=\"top %s\">\n<p class=\"brand\">stigwatch ",
		     overall_class[overall]);
	sw_html_text_cut(p, p->version, 40);
	sw_html_raw(p, "</p>\n<p class=\"verdict\">");
	sw_html_raw(p, sw_text_overall_str(overall));
	sw_html_raw(p, "</p>\n<h1>");
	sw_html_text_cut(p, p->r->target, 200);
	sw_html_raw(p, "</h1>\n<p class=\"sentence\">");
	add_sentence(p);
	sw_html_raw(p, "</p>\n");
	add_subtitle(p);
	sw_html_raw(p, "</header>\n<main>\n<section id=\"summary\">\n");
	add_cards(p);
	add_severities(p);
	sw_html_raw(p, "</section>\n");
}

int sw_html_report(const struct sw_result *r, const struct sw_html_timeline *tl,
		   const char *version, sw_write_fn write, void *ctx)
{
	struct sw_html p = {.r = r, .tl = tl, .version = version};
	int rc;

	add_head(&p);
	add_top(&p);
	sw_html_add_timeline(&p);
	sw_html_add_runtime_rules(&p);
	add_identity(&p);
	sw_html_add_overrides(&p);
	sw_html_add_rules(&p);
	add_verify(&p);
	sw_html_raw(&p, "</main>\n</body>\n</html>\n");
	rc = p.sb.failed ? -ENOMEM : write(ctx, sw_strbuf_str(&p.sb), p.sb.len);
	sw_strbuf_release(&p.sb);
	return rc;
}
