/* SPDX-License-Identifier: Apache-2.0 */
/* A result made by hand for the renderers, with strings that try to break out of each of them. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "result/html.h"
#include "result/text.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/strbuf.h"

#define HOSTILE                                                                                    \
	"</title></style>]]><script>alert(1)</script>\"'&lt;&\x1b[31mred\x07\xff\xc0\x80"          \
	"\xe2\x80\xae\xc2\x9b"                                                                     \
	"2J\tend\nnext"

#define SV(n) "xccdf_mil.disa.stig_rule_SV-" n "_rule"

static char *sample_cci[] = {"CCI-001764", HOSTILE};
static char *sample_for[] = {"SV-203721r958804_rule", HOSTILE};
static struct sw_override sample_override = {
	.authority = "stigwatch 0.1.0",
	.remark = "measured at run time: no-shell is fail. " HOSTILE,
	.time = "2026-11-23T20:01:00Z",
	.old_verdict = SW_VERDICT_NOTAPPLICABLE,
	.new_verdict = SW_VERDICT_FAIL,
};
static struct sw_rule_result sample_rules[] = {
	{.rule_id = SV("203721r958804"),
	 .title = "Programs must be authorised",
	 .description = "Long text",
	 .rationale = HOSTILE,
	 .severity = SW_SEVERITY_MEDIUM,
	 .verdict = SW_VERDICT_FAIL,
	 .message = "measured at run time: " HOSTILE,
	 .override = &sample_override},
	{.rule_id = SV("203591r958362"),
	 .title = "No passwords",
	 .severity = SW_SEVERITY_MEDIUM,
	 .verdict = SW_VERDICT_PASS,
	 .vacuous = true,
	 .group_title = HOSTILE},
	{.rule_id = SV("203592r958364"),
	 .title = "Not for containers",
	 .severity = SW_SEVERITY_LOW,
	 .verdict = SW_VERDICT_NOTAPPLICABLE},
	{.rule_id = HOSTILE,
	 .title = HOSTILE,
	 .description = HOSTILE,
	 .fixtext = HOSTILE,
	 .severity = SW_SEVERITY_HIGH,
	 .verdict = SW_VERDICT_ERROR,
	 .message = HOSTILE},
	{.rule_id = SV("203593r1"), .title = "Left out", .verdict = SW_VERDICT_NOTSELECTED},
	{.rule_id = "xccdf_io.stigwatch_rule_no-shell",
	 .title = "No shell is started",
	 .severity = SW_SEVERITY_HIGH,
	 .verdict = SW_VERDICT_FAIL,
	 .runtime = true,
	 .message = "1 violation. [2026-11-23T20:00:20Z] /bin/sh was started by nginx",
	 .idents = sample_cci,
	 .n_idents = 2,
	 .evidence_for = sample_for,
	 .n_evidence_for = 2},
	{.rule_id = "xccdf_io.stigwatch_rule_no-entry",
	 .title = "Nobody enters",
	 .severity = SW_SEVERITY_MEDIUM,
	 .verdict = SW_VERDICT_UNKNOWN,
	 .runtime = true,
	 .message = "Coverage has a hole: 12 events were lost."},
};
static struct sw_name_value sample_facts[] = {
	{"urn:stigwatch:fact:coverage", "98.3"},
	{"urn:stigwatch:fact:window", "life"},
	{"urn:stigwatch:fact:backend", HOSTILE},
	{"urn:stigwatch:fact:evidence-head",
	 "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
};
static char *sample_addresses[] = {"172.17.0.2", HOSTILE};
static struct sw_result sample = {
	.benchmark_id = "xccdf_org.example_benchmark_x",
	.benchmark_title = "Example benchmark",
	.benchmark_version = "3.2",
	.profile_id = "xccdf_org.example_profile_all",
	.target = "web " HOSTILE,
	.start_time = "2026-11-23T20:00:00Z",
	.end_time = "2026-11-23T20:01:00Z",
	.facts = sample_facts,
	.n_facts = 4,
	.addresses = sample_addresses,
	.n_addresses = 2,
	.rules = sample_rules,
	.n_rules = SW_ARRAY_LEN(sample_rules),
	.content_path = "/content/ds.xml",
};

/* A sw_write_fn that appends to a struct sw_strbuf. */
static int keep(void *ctx, const void *data, size_t len)
{
	sw_strbuf_add(ctx, data, len);
	return 0;
}

static int refuse(void *ctx, const void *data, size_t len)
{
	return -ENOSPC;
}

static inline size_t count_of(const char *haystack, const char *needle)
{
	size_t n = 0;

	while ((haystack = strstr(haystack, needle))) {
		haystack += strlen(needle);
		n++;
	}
	return n;
}
