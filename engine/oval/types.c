/* SPDX-License-Identifier: Apache-2.0 */
/* The string tables behind types.h. No judgement here. */
#include <string.h>

#include "oval/types.h"
#include "stigwatch/cleanup.h"

static const char *const results[] = {
	[SW_OVAL_TRUE] = "true",
	[SW_OVAL_FALSE] = "false",
	[SW_OVAL_UNKNOWN] = "unknown",
	[SW_OVAL_ERROR] = "error",
	[SW_OVAL_NOT_EVALUATED] = "not evaluated",
	[SW_OVAL_NOT_APPLICABLE] = "not applicable",
};
static const char *const checks[] = {
	[SW_OVAL_CHECK_ALL] = "all",
	[SW_OVAL_CHECK_AT_LEAST_ONE] = "at least one",
	[SW_OVAL_CHECK_NONE_SATISFY] = "none satisfy",
	[SW_OVAL_CHECK_ONLY_ONE] = "only one",
};
static const char *const existences[] = {
	[SW_OVAL_ALL_EXIST] = "all_exist",
	[SW_OVAL_ANY_EXIST] = "any_exist",
	[SW_OVAL_AT_LEAST_ONE_EXISTS] = "at_least_one_exists",
	[SW_OVAL_NONE_EXIST] = "none_exist",
	[SW_OVAL_ONLY_ONE_EXISTS] = "only_one_exists",
};
static const char *const operators[] = {
	[SW_OVAL_AND] = "AND",
	[SW_OVAL_ONE] = "ONE",
	[SW_OVAL_OR] = "OR",
	[SW_OVAL_XOR] = "XOR",
};
static const char *const operations[] = {
	[SW_OVAL_EQUALS] = "equals",
	[SW_OVAL_NOT_EQUAL] = "not equal",
	[SW_OVAL_CASE_INSENSITIVE_EQUALS] = "case insensitive equals",
	[SW_OVAL_CASE_INSENSITIVE_NOT_EQUAL] = "case insensitive not equal",
	[SW_OVAL_GREATER_THAN] = "greater than",
	[SW_OVAL_LESS_THAN] = "less than",
	[SW_OVAL_GREATER_THAN_OR_EQUAL] = "greater than or equal",
	[SW_OVAL_LESS_THAN_OR_EQUAL] = "less than or equal",
	[SW_OVAL_BITWISE_AND] = "bitwise and",
	[SW_OVAL_BITWISE_OR] = "bitwise or",
	[SW_OVAL_PATTERN_MATCH] = "pattern match",
	[SW_OVAL_SUBSET_OF] = "subset of",
	[SW_OVAL_SUPERSET_OF] = "superset of",
};
static const char *const datatypes[] = {
	[SW_OVAL_STRING] = "string",
	[SW_OVAL_INT] = "int",
	[SW_OVAL_BOOLEAN] = "boolean",
	[SW_OVAL_FLOAT] = "float",
	[SW_OVAL_BINARY] = "binary",
	[SW_OVAL_VERSION] = "version",
	[SW_OVAL_EVR_STRING] = "evr_string",
	[SW_OVAL_DEBIAN_EVR_STRING] = "debian_evr_string",
	[SW_OVAL_IPV4_ADDRESS] = "ipv4_address",
	[SW_OVAL_IPV6_ADDRESS] = "ipv6_address",
	[SW_OVAL_RECORD] = "record",
};
static const char *const flags[] = {
	[SW_OVAL_FLAG_COMPLETE] = "complete",
	[SW_OVAL_FLAG_DOES_NOT_EXIST] = "does not exist",
	[SW_OVAL_FLAG_INCOMPLETE] = "incomplete",
	[SW_OVAL_FLAG_ERROR] = "error",
	[SW_OVAL_FLAG_NOT_COLLECTED] = "not collected",
	[SW_OVAL_FLAG_NOT_APPLICABLE] = "not applicable",
};
_Static_assert(SW_ARRAY_LEN(results) == _SW_OVAL_MAX, "a spelling for each");
_Static_assert(SW_ARRAY_LEN(checks) == _SW_OVAL_CHECK_MAX, "a spelling for each");
_Static_assert(SW_ARRAY_LEN(existences) == _SW_OVAL_EXISTENCE_MAX, "a spelling for each");
_Static_assert(SW_ARRAY_LEN(operators) == _SW_OVAL_OPERATOR_MAX, "a spelling for each");
_Static_assert(SW_ARRAY_LEN(operations) == _SW_OVAL_OPERATION_MAX, "a spelling for each");
_Static_assert(SW_ARRAY_LEN(datatypes) == _SW_OVAL_DATATYPE_MAX, "a spelling for each");
_Static_assert(SW_ARRAY_LEN(flags) == _SW_OVAL_FLAG_MAX, "a spelling for each");

static int find(const char *const *table, size_t n, const char *s)
{
	for (size_t i = 0; s && i < n; i++)
		if (!strcmp(table[i], s))
			return (int)i;
	return (int)n;
}

#define FROM_STR(table, s) find(table, SW_ARRAY_LEN(table), s)
#define STR(table, i) ((unsigned)(i) < SW_ARRAY_LEN(table) ? (table)[i] : "?")

const char *sw_oval_result_str(enum sw_oval_result r)
{
	return STR(results, r);
}

enum sw_oval_result sw_oval_result_from_str(const char *s)
{
	return FROM_STR(results, s);
}

enum sw_oval_check sw_oval_check_from_str(const char *s)
{
	if (s && !strcmp(s, "none exist"))
		return SW_OVAL_CHECK_NONE_SATISFY;
	return FROM_STR(checks, s);
}

enum sw_oval_existence sw_oval_existence_from_str(const char *s)
{
	return FROM_STR(existences, s);
}

enum sw_oval_operator sw_oval_operator_from_str(const char *s)
{
	return FROM_STR(operators, s);
}

enum sw_oval_operation sw_oval_operation_from_str(const char *s)
{
	return FROM_STR(operations, s);
}

enum sw_oval_datatype sw_oval_datatype_from_str(const char *s)
{
	return FROM_STR(datatypes, s);
}

enum sw_oval_flag sw_oval_flag_from_str(const char *s)
{
	return FROM_STR(flags, s);
}

const char *sw_oval_operation_str(enum sw_oval_operation op)
{
	return STR(operations, op);
}

const char *sw_oval_existence_str(enum sw_oval_existence e)
{
	return STR(existences, e);
}

const char *sw_oval_check_str(enum sw_oval_check c)
{
	return STR(checks, c);
}

const char *sw_oval_operator_str(enum sw_oval_operator op)
{
	return STR(operators, op);
}

const char *sw_oval_flag_str(enum sw_oval_flag flag)
{
	return STR(flags, flag);
}
