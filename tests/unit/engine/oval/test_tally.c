/* SPDX-License-Identifier: Apache-2.0 */
/* The truth tables of tests/cases/oval_*.tbl, over every combination of small counts. */
#include "oval/tally.h"
#include "unit/engine/unit.h"

#define MAX_COUNT 3
#define MAX_ROWS 100

struct row {
	char name[32];
	char counts[6][8];
	char result[32];
};

static struct row rows[MAX_ROWS];

static void spaces(char *s)
{
	for (; *s; s++)
		if (*s == '_')
			*s = ' ';
}

static size_t load(const char *path, size_t columns)
{
	FILE *f = fopen(path, "r");
	char line[256];
	size_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct row *r = &rows[n];
		char *save, *word;

		if (*line == '#' || *line == '\n')
			continue;
		assert_true(n < MAX_ROWS);
		word = strtok_r(line, " \n", &save);
		snprintf(r->name, sizeof(r->name), "%s", word);
		for (size_t i = 0; i < columns; i++)
			snprintf(r->counts[i], sizeof(r->counts[i]), "%s",
				 strtok_r(NULL, " \n", &save));
		snprintf(r->result, sizeof(r->result), "%s", strtok_r(NULL, " \n", &save));
		spaces(r->result);
		n++;
	}
	fclose(f);
	assert_true(n > 0);
	return n;
}

static bool fits(const char *pattern, unsigned v)
{
	if (!strcmp(pattern, "0"))
		return v == 0;
	if (!strcmp(pattern, "1"))
		return v == 1;
	if (!strcmp(pattern, "01"))
		return v < 2;
	if (!strcmp(pattern, "odd"))
		return v % 2;
	if (!strcmp(pattern, "even"))
		return v % 2 == 0;
	assert_int_equal(pattern[1], '+');
	return v >= (unsigned)(pattern[0] - '0');
}

static const struct row *find(size_t n, const char *name, const unsigned *v, size_t columns)
{
	for (size_t i = 0; i < n; i++) {
		bool all = !strcmp(rows[i].name, name);

		for (size_t k = 0; all && k < columns; k++)
			all = fits(rows[i].counts[k], v[k]);
		if (all)
			return &rows[i];
	}
	fail_msg("%s: no row for a combination", name);
	return NULL;
}

/* Counts through all tuples; false after the last. */
static bool next(unsigned *v, size_t columns)
{
	for (size_t i = 0; i < columns; i++) {
		if (++v[i] <= MAX_COUNT)
			return true;
		v[i] = 0;
	}
	return false;
}

static enum sw_oval_result combine(const char *name, const struct sw_oval_tally *t)
{
	enum sw_oval_operator op = sw_oval_operator_from_str(name);
	char check[32];

	if (op != _SW_OVAL_OPERATOR_MAX)
		return sw_oval_tally_by_operator(t, op);
	snprintf(check, sizeof(check), "%s", name);
	spaces(check);
	assert_int_not_equal(sw_oval_check_from_str(check), _SW_OVAL_CHECK_MAX);
	return sw_oval_tally_by_check(t, sw_oval_check_from_str(check));
}

static void test_checks_and_operators(void **state)
{
	static const char *const names[] = {"all", "at_least_one", "none_satisfy", "only_one",
					    "AND", "ONE",	   "OR",	   "XOR"};
	/* the table's columns are in this order */
	static const enum sw_oval_result order[] = {SW_OVAL_TRUE,	   SW_OVAL_FALSE,
						    SW_OVAL_ERROR,	   SW_OVAL_UNKNOWN,
						    SW_OVAL_NOT_EVALUATED, SW_OVAL_NOT_APPLICABLE};
	size_t n = load("tests/cases/oval_check.tbl", 6);

	for (size_t i = 0; i < SW_ARRAY_LEN(names); i++) {
		unsigned v[6] = {0};

		do {
			struct sw_oval_tally t = {0};
			const struct row *r = find(n, names[i], v, 6);

			for (size_t k = 0; k < 6; k++)
				for (unsigned c = 0; c < v[k]; c++)
					sw_oval_tally_add(&t, order[k]);
			if (strcmp(sw_oval_result_str(combine(names[i], &t)), r->result))
				fail_msg("%s of %u %u %u %u %u %u is %s, not %s", names[i], v[0],
					 v[1], v[2], v[3], v[4], v[5],
					 sw_oval_result_str(combine(names[i], &t)), r->result);
		} while (next(v, 6));
	}
}

static void test_existence(void **state)
{
	size_t n = load("tests/cases/oval_existence.tbl", 4);

	for (unsigned e = 0; e < _SW_OVAL_EXISTENCE_MAX; e++) {
		unsigned v[4] = {0};

		do {
			struct sw_oval_status_tally t = {.n = {v[0], v[1], v[2], v[3]}};
			const struct row *r = find(n, sw_oval_existence_str(e), v, 4);

			if (strcmp(sw_oval_result_str(sw_oval_status_tally_result(&t, e)),
				   r->result))
				fail_msg("%s of %u %u %u %u is not %s", r->name, v[0], v[1], v[2],
					 v[3], r->result);
		} while (next(v, 4));
	}
}

static void test_whole_tests(void **state)
{
	FILE *f = fopen("tests/cases/oval_test.tbl", "r");
	char line[256];
	size_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char flag[32], existence[32], check[32], result[32];
		unsigned exists, t, x;
		struct sw_oval_test_tally tally = {0};
		struct sw_oval_test_rule rule = {0};

		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line, "%31s %31s %31s %u %u %u %31s", flag, existence,
					check, &exists, &t, &x, result),
				 7);
		spaces(flag);
		spaces(check);
		spaces(result);
		rule.existence = sw_oval_existence_from_str(existence);
		rule.has_states = strcmp(check, "-") != 0;
		rule.check = rule.has_states ? sw_oval_check_from_str(check) : SW_OVAL_CHECK_ALL;
		assert_true(sw_oval_flag_from_str(flag) != _SW_OVAL_FLAG_MAX);
		sw_oval_test_tally_flag(&tally, sw_oval_flag_from_str(flag));
		for (unsigned i = 0; i < exists; i++)
			sw_oval_test_tally_add(&tally, SW_OVAL_EXISTS,
					       i < t ? SW_OVAL_TRUE : SW_OVAL_FALSE);
		if (strcmp(sw_oval_result_str(sw_oval_test_tally_finish(&tally, &rule)), result))
			fail_msg("%sis %s", line,
				 sw_oval_result_str(sw_oval_test_tally_finish(&tally, &rule)));
		n++;
	}
	fclose(f);
	assert_true(n > 30);
}

static void test_items_with_errors_are_no_pass(void **state)
{
	struct sw_oval_test_rule rule = {SW_OVAL_NONE_EXIST, SW_OVAL_CHECK_ALL, false};
	struct sw_oval_test_tally t = {0};

	sw_oval_test_tally_add(&t, SW_OVAL_STATUS_ERROR, SW_OVAL_TRUE);
	assert_int_equal(sw_oval_test_tally_finish(&t, &rule), SW_OVAL_ERROR);
	rule.existence = SW_OVAL_AT_LEAST_ONE_EXISTS;
	sw_oval_test_tally_add(&t, SW_OVAL_EXISTS, SW_OVAL_TRUE);
	assert_int_equal(sw_oval_test_tally_finish(&t, &rule), SW_OVAL_ERROR);
	t = (struct sw_oval_test_tally){0};
	rule.has_states = true;
	sw_oval_test_tally_add(&t, SW_OVAL_DOES_NOT_EXIST, SW_OVAL_TRUE);
	sw_oval_test_tally_add(&t, SW_OVAL_EXISTS, SW_OVAL_TRUE);
	assert_int_equal(sw_oval_test_tally_finish(&t, &rule), SW_OVAL_FALSE);
}

static void test_negation_and_spellings(void **state)
{
	assert_int_equal(sw_oval_negate(SW_OVAL_TRUE, true), SW_OVAL_FALSE);
	assert_int_equal(sw_oval_negate(SW_OVAL_FALSE, true), SW_OVAL_TRUE);
	assert_int_equal(sw_oval_negate(SW_OVAL_FALSE, false), SW_OVAL_FALSE);
	for (int r = SW_OVAL_UNKNOWN; r < _SW_OVAL_MAX; r++)
		assert_int_equal(sw_oval_negate(r, true), r);
	for (int r = 0; r < _SW_OVAL_MAX; r++)
		assert_int_equal(sw_oval_result_from_str(sw_oval_result_str(r)), r);
	for (int r = 0; r < _SW_OVAL_OPERATION_MAX; r++)
		assert_int_equal(sw_oval_operation_from_str(sw_oval_operation_str(r)), r);
	assert_int_equal(sw_oval_result_from_str("True"), _SW_OVAL_MAX);
	assert_int_equal(sw_oval_check_from_str("none exist"), SW_OVAL_CHECK_NONE_SATISFY);
	assert_int_equal(sw_oval_check_from_str(NULL), _SW_OVAL_CHECK_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_and_operators),
		cmocka_unit_test(test_existence),
		cmocka_unit_test(test_whole_tests),
		cmocka_unit_test(test_items_with_errors_are_no_pass),
		cmocka_unit_test(test_negation_and_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
