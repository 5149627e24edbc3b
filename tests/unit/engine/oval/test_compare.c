/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of tests/cases/oval_compare.tbl, and what holds of the orders as such. */
#include "adapters/regex.h"
#include "oval/compare.h"
#include "unit/engine/unit.h"

static char *field(char **p)
{
	return strsep(p, "|\n");
}

static void test_rows(void **state)
{
	FILE *f = fopen("tests/cases/oval_compare.tbl", "r");
	struct sw_regex_cache *cache = sw_regex_cache_new();
	char line[512], copy[512];
	size_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *p = line, *datatype, *operation, *found, *expected, *result;
		struct sw_oval_expect e = {0};
		enum sw_oval_result r;

		if (*line == '#')
			continue;
		strcpy(copy, line);
		datatype = field(&p);
		operation = field(&p);
		found = field(&p);
		expected = field(&p);
		result = field(&p);
		e.datatype = sw_oval_datatype_from_str(datatype);
		e.operation = sw_oval_operation_from_str(operation);
		e.value = expected;
		assert_true(e.datatype != _SW_OVAL_DATATYPE_MAX);
		assert_true(e.operation != _SW_OVAL_OPERATION_MAX);
		assert_true(sw_oval_result_from_str(result) != _SW_OVAL_MAX);
		r = sw_oval_compare(&e, found, cache);
		if (r != sw_oval_result_from_str(result))
			fail_msg("%sis %s", copy, sw_oval_result_str(r));
		n++;
	}
	fclose(f);
	sw_regex_cache_free(cache);
	assert_true(n > 60);
}

/* Antisymmetric and reflexive over ugly strings, whatever the order is. */
static void test_orders_are_orders(void **state)
{
	static const char *const ugly[] = {"",	  "-",	":",  "~",   "^",   "1",     "01",
					   "a",	  "1a", "a1", "1-",  "-1",  "1:2-3", "1.~",
					   "1.^", "..", "é",  "1~~", "1^^", "0",     "00a"};
	int (*const orders[])(const char *, const char *) = {
		sw_oval_compare_evr, sw_oval_compare_debian_evr, sw_oval_compare_version};

	for (size_t o = 0; o < SW_ARRAY_LEN(orders); o++)
		for (size_t i = 0; i < SW_ARRAY_LEN(ugly); i++)
			for (size_t j = 0; j < SW_ARRAY_LEN(ugly); j++) {
				int a = orders[o](ugly[i], ugly[j]),
				    b = orders[o](ugly[j], ugly[i]);

				if (a != -b || (i == j && a))
					fail_msg("order %zu: %s, %s: %d, %d", o, ugly[i], ugly[j],
						 a, b);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_orders_are_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
