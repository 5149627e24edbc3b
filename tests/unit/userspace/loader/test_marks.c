/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever seals a mark may be killed after any instruction: what is left is the old pair or the new
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/loader.h"

#define STEPS_MAX 200000
#define HEX 64

static char heads[4][HEX + 1];

static int setup(void **state)
{
	struct sw_mark *mark = mmap(NULL, sizeof(*mark), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 4; i++)
		memset(heads[i], 'a' + i, HEX);
	*state = mark;
	return mark == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	return munmap(*state, sizeof(struct sw_mark));
}

static void test_nothing_sealed(void **state)
{
	const char *head;

	assert_int_equal(sw_mark_sealed(*state, &head), 0);
	assert_string_equal(head, "");
}

static void test_the_last_one(void **state)
{
	const char *head;

	for (uint64_t i = 1; i < 4; i++) {
		sw_mark_seal(*state, i, heads[i]);
		assert_int_equal(sw_mark_sealed(*state, &head), i);
		assert_string_equal(head, heads[i]);
	}
}

/* Steps a child through sw_mark_seal and looks at the mark after each instruction. */
static void test_killed_anywhere(void **state)
{
	struct sw_mark *mark = *state;
	int status, steps = 0, changed = 0;
	uint64_t before = 2;

	sw_mark_seal(mark, 1, heads[1]);
	sw_mark_seal(mark, 2, heads[2]);
	pid_t pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		sw_mark_seal(mark, 3, heads[3]);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (WIFSTOPPED(status) && steps++ < STEPS_MAX) {
		const char *head;
		uint64_t seq = sw_mark_sealed(mark, &head);

		assert_true(seq == 2 || seq == 3);
		assert_string_equal(head, heads[seq]);
		changed += seq != before;
		before = seq;
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(changed, 1); /* it was seen before and after */
	assert_true(steps > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_last_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed_anywhere, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
