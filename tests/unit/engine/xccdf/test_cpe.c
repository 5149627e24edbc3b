/* SPDX-License-Identifier: Apache-2.0 */
/* Which CPE name covers which. */
#include "unit/engine/unit.h"
#include "xccdf/cpe.h"

static void test_covers(void **state)
{
	static const struct {
		const char *wide, *narrow;
		bool covers;
	} cases[] = {
		{"cpe:/o:a:b:1", "cpe:/o:a:b:1", true},
		{"cpe:/o:a", "cpe:/o:a:b:1", true},
		{"cpe:/o:a:b:1", "cpe:/o:a", false},
		{"cpe:/o:a::1", "cpe:/o:a:b:1", true},
		{"cpe:/o:A:B", "cpe:/o:a:b:1", true},
		{"cpe:/o:a:b", "cpe:/a:a:b", false},
		{"cpe:/o:a%21b", "cpe:/o:a!b", true},
		{"cpe:2.3:o:a:b:*:*:*:*:*:*:*:*", "cpe:/o:a:b:7", true},
		{"cpe:2.3:o:a:b:7:*:*:*:*:*:*:*", "cpe:/o:a:b:8", false},
		{"cpe:2.3:o:a\\:x:b:*:*:*:*:*:*:*:*", "cpe:/o:a%3ax:b", true},
		{"cpe:/o:a:b", "cpe:2.3:o:a:b:-:*:*:*:*:*:*:*", true},
	};
	struct cpe wide, narrow;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		assert_true(cpe_parse(&wide, cases[i].wide));
		assert_true(cpe_parse(&narrow, cases[i].narrow));
		if (cpe_covers(&wide, &narrow) != cases[i].covers)
			fail_msg("%s and %s", cases[i].wide, cases[i].narrow);
	}
}

static void test_refused(void **state)
{
	char long_name[2 * CPE_TEXT] = "cpe:/o:";
	const char *const bad[] = {"",
				   "cpe",
				   "o:a:b",
				   "machine",
				   "cpe:2.2:o:a",
				   long_name,
				   "cpe:/a:b:c:d:e:f:g:h:i:j:k:l"};
	struct cpe cpe;
	size_t i;

	memset(long_name + 7, 'x', sizeof(long_name) - 8);
	for (i = 0; i < SW_ARRAY_LEN(bad); i++)
		assert_false(cpe_parse(&cpe, bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
