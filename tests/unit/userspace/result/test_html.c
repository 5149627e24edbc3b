/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report: well-formed whatever the strings are, nothing loaded, bounded, and it says what
 * it must. */
#include "sample.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#define S INT64_C(1000000000)
#define START (INT64_C(1795464000) * S) /* 2026-11-23T20:00:00Z */

static char *report(const struct sw_result *r, const struct sw_html_timeline *tl, size_t *ret_len)
{
	struct sw_strbuf sb = {0};

	assert_int_equal(sw_html_report(r, tl, "0.1.0", keep, &sb), 0);
	*ret_len = sb.len;
	return sw_strbuf_steal(&sb);
}

static xmlDocPtr parse(const char *text, size_t len)
{
	xmlDocPtr doc = xmlReadMemory(text, (int)len, "report.html", "UTF-8", XML_PARSE_NONET);

	assert_non_null(doc);
	return doc;
}

static size_t elements(xmlNodePtr node, const char *name)
{
	size_t n = 0;

	for (; node; node = node->next)
		n += (node->type == XML_ELEMENT_NODE &&
		      strcmp((const char *)node->name, name) == 0) +
		     elements(node->children, name);
	return n;
}

static struct sw_html_timeline timeline(void)
{
	struct sw_html_timeline tl = {.start_ns = START, .end_ns = START + 60 * S};

	assert_int_equal(sw_html_timeline_add_segment(&tl, START, START + 60 * S, true, NULL), 0);
	assert_int_equal(sw_html_timeline_add_segment(&tl, START + 30 * S, START + 31 * S, false,
						      "lost " HOSTILE),
			 0);
	assert_int_equal(sw_html_timeline_add_mark(&tl, START + 20 * S,
						   "xccdf_io.stigwatch_rule_no-shell",
						   "/bin/sh " HOSTILE),
			 0);
	assert_int_equal(sw_html_timeline_add_mark(&tl, START + 40 * S, HOSTILE, HOSTILE), 0);
	return tl;
}

static void test_wellformed(void **state)
{
	static const char *const forbidden[] = {"<script", "http-equiv=\"refresh",
						" src=",   "url(",
						"@import", "<link",
						"<iframe", "onload",
						"\x1b",	   "\xe2\x80\xae",
						"\xc2\x9b"};
	struct sw_html_timeline tl = timeline();
	_cleanup_free_ char *text = NULL;
	xmlDocPtr doc;
	size_t len;

	text = report(&sample, &tl, &len);
	assert_int_equal(len, strlen(text));
	doc = parse(text, len);
	assert_string_equal((const char *)xmlDocGetRootElement(doc)->name, "html");
	/* what the sample has: 2 runtime rules, 4 others in 4 verdicts, 1 override, 2 marks, 7 rows
	 */
	assert_int_equal(elements(doc->children, "article"), 2);
	assert_int_equal(elements(doc->children, "details"), 2 + 4 + 4);
	assert_int_equal(elements(doc->children, "line"), 2);
	assert_int_equal(elements(doc->children, "svg"), 1 + 2 + 1);
	assert_int_equal(elements(doc->children, "script"), 0);
	assert_int_equal(elements(doc->children, "section"), 7);
	for (size_t i = 0; i < SW_ARRAY_LEN(forbidden); i++)
		assert_null(strstr(text, forbidden[i]));
	xmlFreeDoc(doc);
	sw_html_timeline_release(&tl);
}

static void test_says(void **state)
{
	static const char *const said[] = {
		">FAIL</p>",
		"2 of 6 rules fail, and 2 more could not be decided.",
		"98.3 % of the window",
		"<code>SV-203721r958804</code>",
		"1 violation.\n[2026-11-23T20:00:20Z] /bin/sh was started by nginx",
		"The content says <b>notapplicable</b>; measured: <b>fail</b>.",
		"This pass rests on nothing",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"stigwatch verify EVIDENCE-DIRECTORY",
		"20:00:30.000 to 20:00:31.000",
		"<title>20:00:20.000 /bin/sh ",
		"\\x1b[31mred\\x07\\xff\\xc0\\x80\\xe2\\x80\\xae\\xc2\\x9b2J",
	};
	struct sw_html_timeline tl = timeline();
	_cleanup_free_ char *text = NULL;
	size_t len;

	text = report(&sample, &tl, &len);
	for (size_t i = 0; i < SW_ARRAY_LEN(said); i++)
		if (!strstr(text, said[i]))
			fail_msg("not said: %s", said[i]);
	assert_null(strstr(text, "Left out"));
	sw_html_timeline_release(&tl);
}

/* A scan alone has no timeline, no runtime rules and no evidence to verify. */
static void test_scan_alone(void **state)
{
	struct sw_result r = sample;
	_cleanup_free_ char *text = NULL;
	xmlDocPtr doc;
	size_t len;

	r.n_rules = 3;
	r.n_facts = 0;
	r.target = NULL;
	text = report(&r, NULL, &len);
	doc = parse(text, len);
	assert_int_equal(elements(doc->children, "svg"), 0);
	assert_int_equal(elements(doc->children, "article"), 0);
	assert_null(strstr(text, "stigwatch verify"));
	xmlFreeDoc(doc);
}

/* 198 rules with every text as long as it may be, and 10,000 violations: still below 500 KB. */
static void test_bounded(void **state)
{
	struct sw_html_timeline tl = timeline();
	struct sw_rule_result rules[204];
	struct sw_result r = sample;
	_cleanup_free_ char *text = NULL, *filler = malloc(32769);
	xmlDocPtr doc;
	size_t len;

	memset(filler, '&', 32768);
	filler[32768] = '\0';
	for (size_t i = 0; i < SW_ARRAY_LEN(rules); i++) {
		rules[i] = sample_rules[i % 2 ? 0 : 1];
		rules[i].message = rules[i].description = rules[i].rationale = filler;
		rules[i].fixtext = filler;
		memset(filler, 'x', 32768); /* '&' is five bytes: once is enough */
	}
	for (size_t i = 198; i < SW_ARRAY_LEN(rules); i++) {
		rules[i].runtime = true;
		rules[i].override = NULL;
	}
	r.rules = rules;
	r.n_rules = SW_ARRAY_LEN(rules);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(sw_html_timeline_add_mark(&tl, START + i * 6 * S / 1000,
							   rules[i % 3].rule_id, filler),
				 0);
	text = report(&r, &tl, &len);
	assert_true(len < 500 << 10);
	doc = parse(text, len);
	assert_int_equal(elements(doc->children, "article"), 6);
	xmlFreeDoc(doc);
	sw_html_timeline_release(&tl);
}

static void test_write_fails(void **state)
{
	assert_int_equal(sw_html_report(&sample, NULL, "0.1.0", refuse, NULL), -ENOSPC);
}

static void test_coverage(void **state)
{
	static const struct {
		int64_t end;
		struct {
			int64_t from, to;
			bool watched;
		} segments[3];
		size_t n;
		int per_mille;
	} table[] = {
		{1000, {{0}}, 0, 0},
		{1000, {{0, 1000, true}}, 1, 1000},
		{1000, {{0, 500, true}}, 1, 500},
		{1000, {{0, 500, true}, {500, 1000, true}}, 2, 1000},
		{1000, {{0, 600, true}, {400, 1000, true}}, 2, 1000}, /* overlap counts once */
		{1000, {{0, 1000, true}, {100, 200, false}}, 2, 900},
		{1000, {{100, 200, false}, {0, 1000, true}}, 2, 900},
		{1000, {{0, 1000, true}, {100, 300, false}, {200, 400, false}}, 3, 700},
		{1000, {{-500, 2000, true}}, 1, 1000}, /* more than the window */
		{1000,
		 {{0, 1000, true}, {500, 500, false}},
		 2,
		 999}, /* a hole of no length is one */
		{1000, {{0, 1000, true}, {2000, 3000, false}}, 2, 1000}, /* not of this window */
		{1000000, {{0, 1000000, true}, {1, 2, false}}, 2, 999},
		{1000, {{500, 100, true}}, 1, 0}, /* backwards */
		{0, {{0, 1000, true}}, 1, -ERANGE},
		{-5, {{0, 1000, true}}, 1, -ERANGE},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		struct sw_html_timeline tl = {.end_ns = table[i].end};

		for (size_t k = 0; k < table[i].n; k++)
			assert_int_equal(
				sw_html_timeline_add_segment(&tl, table[i].segments[k].from,
							     table[i].segments[k].to,
							     table[i].segments[k].watched, NULL),
				0);
		assert_int_equal(sw_html_timeline_coverage(&tl), table[i].per_mille);
		sw_html_timeline_release(&tl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wellformed),  cmocka_unit_test(test_says),
		cmocka_unit_test(test_scan_alone),  cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_write_fails), cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests_name("result/html", tests, NULL, NULL);
}
