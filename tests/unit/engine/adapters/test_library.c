/* SPDX-License-Identifier: Apache-2.0 */
#include "stigwatch/error.h"
#include "stigwatch/library.h"
#include "unit/engine/unit.h"

static double (*cosine)(double);
static void (*nothing)(void);

static void test_opens_once(void **state)
{
	static const struct sw_library_symbol symbols[] = {{"cos", &cosine}};
	struct sw_library library = {"libm.so.6", symbols, 1, false};
	double (*first)(double);

	cosine = NULL;
	assert_int_equal(sw_library_open(&library, NULL), 0);
	assert_true(library.open);
	assert_true(cosine(0) == 1);
	first = cosine;
	assert_int_equal(sw_library_open(&library, NULL), 0);
	assert_ptr_equal(cosine, first);
}

static void test_absent(void **state)
{
	static const struct sw_library_symbol symbols[] = {{"cos", &cosine},
							   {"no_such_symbol", &nothing}};
	struct sw_library no_file = {"libstigwatch-none.so.0", symbols, 1, false};
	struct sw_library no_symbol = {"libm.so.6", symbols, 2, false};
	struct sw_error err = {};

	cosine = NULL;
	assert_int_equal(sw_library_open(&no_file, &err), -ENOENT);
	assert_non_null(strstr(err.text, "libstigwatch-none.so.0"));
	assert_int_equal(sw_library_open(&no_symbol, &err), -ENOENT);
	assert_string_equal(err.text, "libm.so.6 has no no_such_symbol");
	assert_false(no_file.open || no_symbol.open);
	assert_null(cosine);
	assert_null(nothing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_once),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
