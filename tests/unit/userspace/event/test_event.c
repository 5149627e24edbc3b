/* SPDX-License-Identifier: Apache-2.0 */
/* Names of events: every value has one, no value is out of bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "event/event.h"

static void test_names(void **state)
{
	for (int i = 0; i < _SW_FILE_OP_MAX; i++)
		assert_string_not_equal(sw_file_op_str((enum sw_file_op)i), "unknown");
	for (int i = 0; i < _SW_NS_OP_MAX; i++)
		assert_string_not_equal(sw_ns_op_str((enum sw_ns_op)i), "unknown");
	assert_string_equal(sw_file_op_str(SW_FILE_OPEN_WRITE), "open-write");
	assert_string_equal(sw_file_op_str(_SW_FILE_OP_MAX), "unknown");
	assert_string_equal(sw_ns_op_str((enum sw_ns_op) - 1), "unknown");
}

static void test_bits(void **state)
{
	char s[40], tiny[5];

	sw_ns_bits_str(0, s, sizeof(s));
	assert_string_equal(s, "");
	sw_ns_bits_str(SW_NS_BIT_MNT | SW_NS_BIT_PID | SW_NS_BIT_TIME, s, sizeof(s));
	assert_string_equal(s, "mnt,pid,time");
	sw_ns_bits_str(0xff, s, sizeof(s));
	assert_string_equal(s, "mnt,uts,ipc,pid,net,user,cgroup,time");
	sw_ns_bits_str(0xff, tiny, sizeof(tiny));
	assert_string_equal(tiny, "mnt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
