/* SPDX-License-Identifier: Apache-2.0 */
/* Names of events: every value has one, no value is out of bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"

static void test_names(void **state)
{
	for (int i = 0; i < _SW_FILE_OP_MAX; i++)
		assert_string_not_equal(sw_file_op_str((enum sw_file_op)i), "unknown");
	for (int i = 0; i < _SW_NS_OP_MAX; i++)
		assert_string_not_equal(sw_ns_op_str((enum sw_ns_op)i), "unknown");
#define NAMES(noun, max)                                                                           \
	do {                                                                                       \
		for (int i = 0; i < (max); i++)                                                    \
			assert_string_not_equal(sw_##noun##_op_str((enum sw_##noun##_op)i),        \
						"unknown");                                        \
		assert_string_equal(sw_##noun##_op_str((enum sw_##noun##_op)(max)), "unknown");    \
	} while (0)
	NAMES(code, _SW_CODE_OP_MAX);
	NAMES(mount, _SW_MOUNT_OP_MAX);
	NAMES(privilege, _SW_PRIVILEGE_OP_MAX);
	NAMES(injection, _SW_INJECTION_OP_MAX);
	NAMES(uring, _SW_URING_OP_MAX);
	NAMES(kernel, _SW_KERNEL_OP_MAX);
	NAMES(network, _SW_NETWORK_OP_MAX);
	NAMES(compat, _SW_COMPAT_OP_MAX);
#undef NAMES
	assert_string_equal(sw_file_op_str(SW_FILE_OPEN_WRITE), "open-write");
	assert_string_equal(sw_file_op_str(_SW_FILE_OP_MAX), "unknown");
	assert_string_equal(sw_ns_op_str((enum sw_ns_op) - 1), "unknown");
}

/* The kernel's own numbers, for those that the headers here know. */
static void test_uring_opcodes(void **state)
{
	static const struct {
		uint32_t opcode;
		const char *name;
	} rows[] = {
		{IORING_OP_NOP, "nop"},
		{IORING_OP_OPENAT, "openat"},
		{IORING_OP_OPENAT2, "openat2"},
		{IORING_OP_RENAMEAT, "renameat"},
		{IORING_OP_UNLINKAT, "unlinkat"},
		{IORING_OP_LINKAT, "linkat"},
		{IORING_OP_FALLOCATE, "fallocate"},
		{IORING_OP_URING_CMD, "uring-cmd"},
		{IORING_OP_FSETXATTR, "fsetxattr"},
		{IORING_OP_SETXATTR, "setxattr"},
		{IORING_OP_WRITE, "write"},
		{IORING_OP_SPLICE, "splice"},
		{IORING_OP_SENDMSG_ZC, "sendmsg-zc"},
		{55, "ftruncate"},
		{200, "opcode-200"},
	};
	char text[32];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(sw_uring_opcode_str(rows[i].opcode, text, sizeof(text)),
				    rows[i].name);
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

/* Strings of all lengths, an overlong length included, and what lies between and behind them. */
static void test_pack(void **state)
{
	static struct sw_event ev, back;
	struct sw_string *strings[] = {&ev.object.path, &ev.filename, &ev.interp, &ev.dir,
				       &ev.name,	&ev.dir2,     &ev.name2};
	const uint16_t lengths[] = {0, 1, 77, SW_EVENT_PATH_MAX - 1, UINT16_MAX, 5, 1000};

	memset(&ev, 0xa5, sizeof(ev));
	memset(&back, 0x5a, sizeof(back));
	sw_event_clear(&ev);
	ev.type = SW_EVENT_FILE;
	ev.applet[3] = 'x';
	ev.args[SW_EVENT_ARGS_MAX - 1] = 'y';
	ev.mount.fs_type[31] = 'z';
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		strings[i]->len = lengths[i];
		strings[i]->truncated = i % 2;
		memset(strings[i]->s, 'a' + (int)i, SW_EVENT_PATH_MAX - 1);
		if (lengths[i] < SW_EVENT_PATH_MAX)
			strings[i]->s[lengths[i]] = '\0';
	}
	void *packed = sw_event_pack(&ev);

	assert_non_null(packed);
	sw_event_unpack(packed, &back);
	free(packed);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const struct sw_string *s =
			(const void *)((const char *)&back +
				       ((const char *)strings[i] - (const char *)&ev));
		size_t used = lengths[i] < SW_EVENT_PATH_MAX ? lengths[i] + 1u : SW_EVENT_PATH_MAX;

		assert_int_equal(s->len, lengths[i]);
		assert_int_equal(s->truncated, i % 2);
		assert_memory_equal(s->s, strings[i]->s, used);
		/* what is not in use need not be the same */
		memcpy((char *)s->s, strings[i]->s, SW_EVENT_PATH_MAX);
	}
	assert_memory_equal(&back, &ev, sizeof(ev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_uring_opcodes),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
