/* SPDX-License-Identifier: Apache-2.0 */
/* Names, facts and the summary that all reports share; renders no report. */
#include <time.h>

#include "result/text_common.h"
#include "stigwatch/cleanup.h"

const struct sw_text_fact sw_text_facts[] = {
	{"urn:stigwatch:fact:container-id", "container", true},
	{"urn:stigwatch:fact:image-ref", "image", false},
	{"urn:stigwatch:fact:image-digest", "image digest", true},
	{"urn:stigwatch:fact:manifest-digest", "manifest", true},
	{"urn:stigwatch:fact:window", "window", false},
	{"urn:stigwatch:fact:coverage", "coverage", false},
	{"urn:stigwatch:fact:backend", "back end", false},
	{"urn:stigwatch:fact:kernel", "kernel", false},
	{"urn:stigwatch:fact:baseline-digest", "baseline", true},
	{"urn:stigwatch:fact:evidence-head", "evidence", true},
};
const size_t sw_text_n_facts = SW_ARRAY_LEN(sw_text_facts);

const char *sw_text_fact(const struct sw_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_facts; i++)
		if (strcmp(r->facts[i].name, name) == 0)
			return r->facts[i].value;
	return NULL;
}

/* What a value means to somebody who has not read the specification; "" when it needs no words. */
const char *sw_text_fact_note(const char *name, const char *value)
{
	static const struct {
		const char *name, *value, *note;
	} notes[] = {
		{"urn:stigwatch:fact:window", "life", ": from the container's first instruction"},
		{"urn:stigwatch:fact:window", "observed", ": since the start-up sweep"},
		{"urn:stigwatch:fact:coverage", NULL, " % of the window"},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(notes); i++)
		if (strcmp(name, notes[i].name) == 0 &&
		    (notes[i].value ? strcmp(value, notes[i].value) == 0
				    : value[strspn(value, "0123456789.")] == '\0'))
			return notes[i].note;
	return "";
}

size_t sw_text_short_id(const char *rule_id, const char **ret_start)
{
	static const char mark[] = "_rule_", tail[] = "_rule";
	const char *found = strstr(rule_id, mark);
	const char *start = found && found[sizeof(mark) - 1] ? found + sizeof(mark) - 1 : rule_id;
	size_t len = strlen(start);

	if (len > sizeof(tail) - 1 && strcmp(start + len - (sizeof(tail) - 1), tail) == 0)
		len -= sizeof(tail) - 1;
	*ret_start = start;
	return len;
}

enum sw_overall sw_text_overall(const struct sw_result *r)
{
	size_t counts[_SW_VERDICT_MAX] = {0};
	bool incomplete;

	sw_result_counts(r, counts);
	incomplete = counts[SW_VERDICT_UNKNOWN] + counts[SW_VERDICT_ERROR] > 0;
	for (size_t i = 0; i < r->n_rules; i++)
		if (r->rules[i].runtime && r->rules[i].verdict == SW_VERDICT_NOTCHECKED)
			incomplete = true;
	if (counts[SW_VERDICT_FAIL] > 0)
		return SW_OVERALL_FAIL;
	if (incomplete)
		return SW_OVERALL_INCOMPLETE;
	return counts[SW_VERDICT_PASS] + counts[SW_VERDICT_FIXED] > 0 ? SW_OVERALL_COMPLIANT
								      : SW_OVERALL_EMPTY;
}

const char *sw_text_overall_str(enum sw_overall o)
{
	static const char *const words[] = {
		[SW_OVERALL_COMPLIANT] = "COMPLIANT",
		[SW_OVERALL_FAIL] = "FAIL",
		[SW_OVERALL_INCOMPLETE] = "INCOMPLETE",
		[SW_OVERALL_EMPTY] = "NOTHING JUDGED",
	};
	_Static_assert(SW_ARRAY_LEN(words) == _SW_OVERALL_MAX, "a word for each");

	return words[o];
}

static bool parse_time(const char *s, time_t *ret_time)
{
	struct tm tm = {0};
	const char *end = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	if (!end)
		return false;
	*ret_time = timegm(&tm);
	return true;
}

int64_t sw_text_seconds(const char *start, const char *end)
{
	time_t a, b;

	if (!parse_time(start, &a) || !parse_time(end, &b) || b < a)
		return -1;
	return b - a;
}

void sw_text_add_duration(struct sw_strbuf *sb, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	size_t parts = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(units) && parts < 2; i++) {
		int64_t n = seconds / units[i].seconds;

		seconds %= units[i].seconds;
		if (n == 0 && (parts == 0 ? i + 1 < SW_ARRAY_LEN(units) : true))
			continue;
		sw_strbuf_addf(sb, "%s%lld %s", parts ? " " : "", (long long)n, units[i].name);
		parts++;
	}
}
