/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/engine/unit.h"
#include "values/values.h"

static const struct {
	const char *a, *b, *and, * or ;
} joins[] = {
#include "cases/verdicts.inc"
};

static void check(size_t i, const char *a, const char *b)
{
	enum sw_verdict x = sw_verdict_from_str(a), y = sw_verdict_from_str(b);

	assert_int_not_equal(x, _SW_VERDICT_MAX);
	assert_int_not_equal(y, _SW_VERDICT_MAX);
	if (strcmp(sw_verdict_str(sw_verdict_and(x, y)), joins[i].and))
		fail_msg("%s AND %s = %s", a, b, sw_verdict_str(sw_verdict_and(x, y)));
	if (strcmp(sw_verdict_str(sw_verdict_or(x, y)), joins[i].or))
		fail_msg("%s OR %s = %s", a, b, sw_verdict_str(sw_verdict_or(x, y)));
}

static void test_joins_both_ways(void **state)
{
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(joins); i++) {
		check(i, joins[i].a, joins[i].b);
		check(i, joins[i].b, joins[i].a);
	}
}

static void test_negate(void **state)
{
	int v;

	assert_int_equal(sw_verdict_negate(SW_VERDICT_PASS), SW_VERDICT_FAIL);
	assert_int_equal(sw_verdict_negate(SW_VERDICT_FAIL), SW_VERDICT_PASS);
	assert_int_equal(sw_verdict_negate(SW_VERDICT_FIXED), SW_VERDICT_FAIL);
	for (v = SW_VERDICT_ERROR; v < SW_VERDICT_FIXED; v++)
		assert_int_equal(sw_verdict_negate((enum sw_verdict)v), v);
}

static void test_worst(void **state)
{
	static const enum sw_verdict order[] = {
		SW_VERDICT_FAIL,	  SW_VERDICT_ERROR,	    SW_VERDICT_UNKNOWN,
		SW_VERDICT_NOTCHECKED,	  SW_VERDICT_PASS,	    SW_VERDICT_FIXED,
		SW_VERDICT_INFORMATIONAL, SW_VERDICT_NOTAPPLICABLE, SW_VERDICT_NOTSELECTED,
	};
	size_t i, j;

	for (i = 0; i < SW_ARRAY_LEN(order); i++)
		for (j = i; j < SW_ARRAY_LEN(order); j++) {
			assert_int_equal(sw_verdict_worst(order[i], order[j]), order[i]);
			assert_int_equal(sw_verdict_worst(order[j], order[i]), order[i]);
		}
}

static void test_names(void **state)
{
	int i;

	for (i = 0; i < _SW_VERDICT_MAX; i++)
		assert_int_equal(sw_verdict_from_str(sw_verdict_str((enum sw_verdict)i)), i);
	for (i = 0; i < _SW_SEVERITY_MAX; i++)
		assert_int_equal(sw_severity_from_str(sw_severity_str((enum sw_severity)i)), i);
	assert_int_equal(sw_verdict_from_str("PASS"), _SW_VERDICT_MAX);
	assert_int_equal(sw_verdict_from_str(NULL), _SW_VERDICT_MAX);
	assert_int_equal(sw_severity_from_str("critical"), _SW_SEVERITY_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joins_both_ways),
		cmocka_unit_test(test_negate),
		cmocka_unit_test(test_worst),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
