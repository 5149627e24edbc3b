/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on typed values (OVAL 5.11, OperationEnumeration and DatatypeEnumeration). Pure. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "adapters/regex.h"
#include "oval/compare.h"
#include "stigwatch/cleanup.h"

#define FLOAT_EPSILON 1e-9 /* relative; content writes decimals that binary floats cannot hold */

static enum sw_oval_result truth(bool b)
{
	return b ? SW_OVAL_TRUE : SW_OVAL_FALSE;
}

/* cmp is found compared with expected. */
static enum sw_oval_result order(enum sw_oval_operation op, int cmp)
{
	switch (op) {
	case SW_OVAL_EQUALS:
		return truth(cmp == 0);
	case SW_OVAL_NOT_EQUAL:
		return truth(cmp != 0);
	case SW_OVAL_GREATER_THAN:
		return truth(cmp > 0);
	case SW_OVAL_GREATER_THAN_OR_EQUAL:
		return truth(cmp >= 0);
	case SW_OVAL_LESS_THAN:
		return truth(cmp < 0);
	case SW_OVAL_LESS_THAN_OR_EQUAL:
		return truth(cmp <= 0);
	default:
		return SW_OVAL_ERROR;
	}
}

static enum sw_oval_result pattern(const char *re_text, const char *found,
				   struct sw_regex_cache *regexes)
{
	struct sw_subject subject = sw_subject_init(found, strlen(found));
	struct sw_regex_span span;
	struct sw_regex *re;
	int rc;

	if (sw_regex_cache_get(regexes, re_text, SW_REGEX_UTF, &re, NULL) < 0)
		return SW_OVAL_ERROR;
	rc = sw_regex_match(re, &subject, 0, &span, 1);
	return rc < 0 ? SW_OVAL_ERROR : truth(rc > 0);
}

static enum sw_oval_result strings(const struct sw_oval_expect *e, const char *found,
				   struct sw_regex_cache *regexes)
{
	switch (e->operation) {
	case SW_OVAL_EQUALS:
		return truth(!strcmp(found, e->value));
	case SW_OVAL_NOT_EQUAL:
		return truth(strcmp(found, e->value));
	case SW_OVAL_CASE_INSENSITIVE_EQUALS:
		return truth(!strcasecmp(found, e->value));
	case SW_OVAL_CASE_INSENSITIVE_NOT_EQUAL:
		return truth(strcasecmp(found, e->value));
	case SW_OVAL_PATTERN_MATCH:
		return pattern(e->value, found, regexes);
	default:
		return SW_OVAL_ERROR;
	}
}

static bool to_int(const char *s, intmax_t *ret)
{
	char *end;
	intmax_t v;

	errno = 0;
	v = strtoimax(s, &end, 10);
	if (errno || end == s || *end)
		return false;
	*ret = v;
	return true;
}

static bool to_float(const char *s, double *ret)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(s, &end);
	if (errno || end == s || *end || isnan(v))
		return false;
	*ret = v;
	return true;
}

static enum sw_oval_result ints(const struct sw_oval_expect *e, const char *found)
{
	intmax_t want, have;

	if (!to_int(e->value, &want) || !to_int(found, &have))
		return SW_OVAL_ERROR;
	if (e->operation == SW_OVAL_BITWISE_AND)
		return truth((have & want) == want);
	if (e->operation == SW_OVAL_BITWISE_OR)
		return truth((have | want) == want);
	return order(e->operation, (have > want) - (have < want));
}

static enum sw_oval_result floats(const struct sw_oval_expect *e, const char *found)
{
	double want, have, scale;

	if (!to_float(e->value, &want) || !to_float(found, &have))
		return SW_OVAL_ERROR;
	scale = fmax(fabs(want), fabs(have));
	if (want == have || fabs(have - want) <= FLOAT_EPSILON * scale)
		return order(e->operation, 0);
	return order(e->operation, have > want ? 1 : -1);
}

static enum sw_oval_result booleans(const struct sw_oval_expect *e, const char *found)
{
	bool want = !strcmp(e->value, "true") || !strcmp(e->value, "1");
	bool have = !strcmp(found, "true") || !strcmp(found, "1");

	if (e->operation == SW_OVAL_EQUALS)
		return truth(want == have);
	if (e->operation == SW_OVAL_NOT_EQUAL)
		return truth(want != have);
	return SW_OVAL_ERROR;
}

static enum sw_oval_result binaries(const struct sw_oval_expect *e, const char *found)
{
	if (e->operation == SW_OVAL_EQUALS)
		return truth(!strcasecmp(found, e->value));
	if (e->operation == SW_OVAL_NOT_EQUAL)
		return truth(strcasecmp(found, e->value));
	return SW_OVAL_ERROR;
}

enum sw_oval_result sw_oval_compare(const struct sw_oval_expect *e, const char *found,
				    struct sw_regex_cache *regexes)
{
	switch (e->datatype) {
	case SW_OVAL_STRING:
		return strings(e, found, regexes);
	case SW_OVAL_INT:
		return ints(e, found);
	case SW_OVAL_BOOLEAN:
		return booleans(e, found);
	case SW_OVAL_FLOAT:
		return floats(e, found);
	case SW_OVAL_BINARY:
		return binaries(e, found);
	case SW_OVAL_VERSION:
		return order(e->operation, sw_oval_compare_version(found, e->value));
	case SW_OVAL_EVR_STRING:
		return order(e->operation, sw_oval_compare_evr(found, e->value));
	case SW_OVAL_DEBIAN_EVR_STRING:
		return order(e->operation, sw_oval_compare_debian_evr(found, e->value));
	case SW_OVAL_IPV4_ADDRESS:
		return sw_oval_compare_ip(AF_INET, e->operation, found, e->value);
	case SW_OVAL_IPV6_ADDRESS:
		return sw_oval_compare_ip(AF_INET6, e->operation, found, e->value);
	default:
		return SW_OVAL_NOT_EVALUATED;
	}
}
