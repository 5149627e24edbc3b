/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of result/: the HTML page being built, and its parts. */
#pragma once

#include "result/html.h"
#include "result/text_common.h"

/* Past this, rules lose their long texts, so that the file stays below 500 KB. */
#define SW_HTML_SOFT_BYTES (380u << 10)

struct sw_html {
	struct sw_strbuf sb;
	const struct sw_result *r;
	const struct sw_html_timeline *tl; /* or NULL */
	const char *version;
};

extern const char sw_html_style[];

/* Escaped text; white space is kept. NULL is nothing. */
void sw_html_text(struct sw_html *p, const char *s);
/* At most max bytes of it, then "…". */
void sw_html_text_cut(struct sw_html *p, const char *s, size_t max);
/* The same of the first len bytes of s. */
void sw_html_text_n(struct sw_html *p, const char *s, size_t len, size_t max);
/* Raw markup: never a string of the result. */
void sw_html_raw(struct sw_html *p, const char *markup);
void sw_html_rawf(struct sw_html *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The rule's short id, escaped. */
void sw_html_short_id(struct sw_html *p, const char *rule_id);

/* Parts, in the order of the page. Each writes nothing when it has nothing to say. */
void sw_html_add_timeline(struct sw_html *p);
void sw_html_add_runtime_rules(struct sw_html *p);
void sw_html_add_overrides(struct sw_html *p);
void sw_html_add_rules(struct sw_html *p);
