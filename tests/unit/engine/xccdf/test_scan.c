/* SPDX-License-Identifier: Apache-2.0 */
/* Selection, checks and joins over the mini benchmark; scripts are off here (they need a sandbox).
 */
#include <sys/stat.h>

#include "report/report.h"
#include "stigwatch/target.h"
#include "unit/engine/unit.h"
#include "xccdf/xccdf.h"

#define MINI "tests/fixtures/scap/mini-xccdf.xml"
#define P "xccdf_test.mini_rule_"

static const struct {
	const char *rule, *by_profile[4];
} expected[] = {
#include "cases/mini.inc"
};

struct fixture {
	char dir[64];
	struct sw_content *content;
	struct sw_target *target;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[128];
	FILE *file;

	strcpy(f->dir, "/tmp/stigwatch-scan-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(path, sizeof(path), "%s/etc", f->dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/etc/present", f->dir);
	file = fopen(path, "w");
	fputs("word=alpha\n", file);
	fclose(file);
	assert_int_equal(sw_content_load(MINI, NULL, &f->content, NULL), 0);
	assert_int_equal(sw_target_open_dir(f->dir, SW_TARGET_DIR, &f->target, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	int rc;

	sw_target_free(f->target);
	sw_content_free(f->content);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	rc = system(command);
	free(f);
	return rc;
}

static struct sw_result *scan(struct fixture *f, const char *profile)
{
	struct sw_scan_options opts = {.profile = profile, .sce = SW_SCE_OFF, .now = 1700000000};
	struct sw_result *r = NULL;
	struct sw_error err = {};

	if (sw_scan(f->content, f->target, &opts, &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

static const char *verdict(struct sw_result *r, const char *rule)
{
	char id[128];

	snprintf(id, sizeof(id), P "%s", rule);
	return sw_verdict_str(sw_result_find(r, id)->verdict);
}

static void test_verdicts(void **state)
{
	static const char *const profiles[] = {NULL, "base", "derived", "(all)"};
	struct sw_result *r;
	size_t p, i;

	for (p = 0; p < SW_ARRAY_LEN(profiles); p++) {
		r = scan(*state, profiles[p]);
		assert_int_equal(r->n_rules, SW_ARRAY_LEN(expected));
		for (i = 0; i < SW_ARRAY_LEN(expected); i++)
			if (strcmp(verdict(r, expected[i].rule), expected[i].by_profile[p]))
				fail_msg("%s in %s: %s", expected[i].rule,
					 profiles[p] ? profiles[p] : "default",
					 verdict(r, expected[i].rule));
		sw_result_free(r);
	}
}

static void test_refinement(void **state)
{
	struct sw_result *r = scan(*state, "base");
	struct sw_rule_result *rr = sw_result_find(r, P "selector");

	assert_int_equal(rr->severity, SW_SEVERITY_HIGH);
	assert_true(rr->weight == 5);
	assert_string_equal(r->profile_id, "xccdf_test.mini_profile_base");
	assert_int_equal(r->n_values, 1);
	assert_string_equal(r->values[0].value, "beta");
	sw_result_free(r);
}

static void test_metadata(void **state)
{
	struct sw_result *r = scan(*state, NULL);
	struct sw_rule_result *rr = &r->rules[0];

	assert_string_equal(r->benchmark_title, "Mini benchmark");
	assert_string_equal(r->benchmark_version, "1.2");
	assert_string_equal(r->start_time, "2023-11-14T22:13:20Z");
	assert_string_equal(rr->group_title, "Main");
	assert_string_equal(
		rr->description,
		"First line goes on.\nSecond line.\n\nA paragraph with code & more.\n- one\n- two");
	assert_string_equal(rr->rationale, "Because.");
	assert_string_equal(rr->fixtext, "Create it.");
	assert_int_equal(rr->n_idents, 1);
	assert_string_equal(rr->idents[0], "CCI-000001");
	assert_int_equal(rr->n_evidence_for, 1);
	assert_string_equal(rr->evidence_for[0], "SV-1r1_rule");
	assert_int_equal(rr->severity, SW_SEVERITY_HIGH);
	assert_true(rr->weight == 2.5);
	assert_string_equal(rr->check_name, "oval:test.mini:def:1");
	assert_string_equal(rr->time, r->start_time);
	assert_null(sw_result_find(r, P "platform")->check_system);
	assert_string_equal(sw_result_find(r, P "platform")->message,
			    "not this platform: cpe:/o:notapplicable");
	sw_result_free(r);
}

static void test_scores(void **state)
{
	/* oscap 1.3.7 on the same root gives 74.193550 of 100 and 11.5 of 15.5, its script rule
	 * (weight 1) passing. */
	struct sw_result *r = scan(*state, NULL);

	assert_int_equal(r->n_scores, 4);
	assert_true(r->scores[0].value > 72.41 && r->scores[0].value < 72.42);
	assert_true(r->scores[1].value == 10.5 && r->scores[1].maximum == 14.5);
	assert_true(r->scores[2].value == 9 && r->scores[2].maximum == 13);
	assert_true(r->scores[3].value == 0 && r->scores[3].maximum == 1);
	sw_result_free(r);
}

static void progress(void *ctx, size_t done, size_t total, const char *rule_id)
{
	size_t *seen = ctx;

	assert_int_equal(done, *seen);
	assert_int_equal(total, 22);
	assert_non_null(rule_id);
	++*seen;
}

static void test_progress(void **state)
{
	struct fixture *f = *state;
	size_t seen = 0;
	struct sw_scan_options opts = {
		.sce = SW_SCE_OFF, .progress = progress, .progress_ctx = &seen};
	struct sw_result *r = NULL;

	assert_int_equal(sw_scan(f->content, f->target, &opts, &r, NULL), 0);
	assert_int_equal(seen, 22);
	sw_result_free(r);
}

/* Without the long texts nothing else is missing. */
static void test_brief(void **state)
{
	struct fixture *f = *state;
	const struct sw_scan_options opts = {.sce = SW_SCE_OFF, .brief = true};
	struct sw_result *r = NULL, *whole = scan(f, NULL);

	assert_int_equal(sw_scan(f->content, f->target, &opts, &r, NULL), 0);
	assert_int_equal(r->n_rules, whole->n_rules);
	assert_null(r->rules[0].description);
	assert_null(r->rules[0].rationale);
	assert_null(r->rules[0].fixtext);
	for (size_t i = 0; i < r->n_rules; i++) {
		assert_int_equal(r->rules[i].verdict, whole->rules[i].verdict);
		assert_string_equal(r->rules[i].title, whole->rules[i].title);
	}
	sw_result_free(r);
	sw_result_free(whole);
}

static void test_refused(void **state)
{
	static const char empty[] =
		"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' id='b'/>";
	const struct sw_document doc = {"b.xml", empty, strlen(empty)};
	struct sw_scan_options opts = {.profile = "nobody", .sce = SW_SCE_OFF};
	static const char loop[] = "<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.2' id='b'>"
				   "<Profile id='p' extends='p'/><Rule id='r'/></Benchmark>";
	const struct sw_document loop_doc = {"b.xml", loop, strlen(loop)};
	struct fixture *f = *state;
	struct sw_content *c = NULL;
	struct sw_result *r = NULL;
	struct sw_error err = {};

	assert_int_equal(sw_scan(f->content, f->target, &opts, &r, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no profile \"nobody\""));
	assert_int_equal(sw_content_load_mem(&doc, 1, NULL, &c, NULL), 0);
	opts.profile = NULL;
	assert_int_equal(sw_scan(c, f->target, &opts, &r, &err), -ENODATA);
	assert_null(r);
	sw_content_free(c);
	opts.profile = "p";
	assert_int_equal(sw_content_load_mem(&loop_doc, 1, NULL, &c, NULL), 0);
	assert_int_equal(sw_scan(c, f->target, &opts, &r, &err), -ELOOP);
	sw_content_free(c);
}

static void test_facts(void **state)
{
	struct fixture *f = *state;
	struct sw_result *r;
	size_t i, found = 0;

	assert_int_equal(sw_target_set_name(f->target, "web"), 0);
	assert_int_equal(sw_target_add_identity(f->target, "address", "192.0.2.1"), 0);
	assert_int_equal(sw_target_add_identity(f->target, "image.digest", "sha256:0"), 0);
	r = scan(f, NULL);
	assert_string_equal(r->target, "web");
	assert_int_equal(r->n_addresses, 1);
	for (i = 0; i < r->n_facts; i++) {
		found += !strcmp(r->facts[i].name, "urn:xccdf:fact:asset:identifier:ipv4");
		found += !strcmp(r->facts[i].name, "urn:stigwatch:fact:image.digest");
		found += !strcmp(r->facts[i].name,
				 "tag:stig-manager@users.noreply.github.com,2020:asset:ip");
	}
	assert_int_equal(found, 3);
	sw_result_free(r);
}

static int write_file(void *ctx, const void *data, size_t len)
{
	return fwrite(data, 1, len, ctx) == len ? 0 : -EIO;
}

/* A profile's weight of a Group counts, the child's before its parent's; also in what was written
 * and read again. */
static void test_group_weights(void **state)
{
	static const struct {
		const char *profile;
		double score;
	} cases[] = {{NULL, 50}, {"base", 80}, {"derived", 90}};
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/result.xml", f->dir);
	sw_content_free(f->content);
	f->content = NULL;
	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		const struct sw_render_options opts = {.version = "1"};
		struct sw_result *r, *again = NULL;
		struct sw_error err = {};
		FILE *file = fopen(path, "w");

		assert_int_equal(sw_content_load("tests/fixtures/scap/roles-xccdf.xml", NULL,
						 &f->content, &err),
				 0);
		r = scan(f, cases[i].profile);
		assert_true(r->scores[0].value == cases[i].score);
		assert_int_equal(sw_result_write_xccdf(r, &opts, write_file, file, &err), 0);
		fclose(file);
		if (sw_result_load(path, &again, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(sw_result_score(again), 0);
		assert_true(again->scores[0].value == cases[i].score);
		sw_result_free(again);
		sw_result_free(r);
		sw_content_free(f->content);
		f->content = NULL;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_verdicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refinement, setup, teardown),
		cmocka_unit_test_setup_teardown(test_metadata, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scores, setup, teardown),
		cmocka_unit_test_setup_teardown(test_group_weights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_progress, setup, teardown),
		cmocka_unit_test_setup_teardown(test_brief, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_facts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
