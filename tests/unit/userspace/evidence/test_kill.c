/* SPDX-License-Identifier: Apache-2.0 */
/* A writer killed at 100 random moments: what it sealed always verifies, and the next writer
 * continues. */
#include "chain_util.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS 100

/* Appends records of all sizes until it is killed; says on ready when it has begun. */
static _Noreturn void child(const char *dir, int ready, unsigned seed)
{
	static char filler[65536];
	struct sw_evidence *e = NULL;

	memset(filler, 'f', sizeof(filler));
	srandom(seed);
	if (sw_evidence_open(dir, NULL, NULL, &e, NULL) < 0)
		_exit(1);
	for (int i = 0;; i++) {
		struct json_object *body = json_object_new_object();
		int len = random() % 4 ? (int)(random() % 300) : (int)(random() % sizeof(filler));

		json_object_object_add(body, "filler", json_object_new_string_len(filler, len));
		if (sw_evidence_append(e, "event", body, NULL) < 0)
			_exit(2);
		json_object_put(body);
		if (i == 0 && write(ready, "r", 1) != 1)
			_exit(3);
	}
}

/* Returns the records that verify afterwards. */
static uint64_t round_of(const char *dir, unsigned seed)
{
	struct timespec moment = {.tv_nsec = random() % 2000000};
	struct sw_verify_report report;
	struct sw_error err = {};
	int ready[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(dir, ready[1], seed);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	nanosleep(&moment, NULL); /* the random moment itself */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	close(ready[0]);
	assert_int_equal(sw_evidence_read(dir, NULL, NULL, &report, &err), 0);
	assert_int_equal(report.bad_record, 0);
	return report.records;
}

static void test_kill(void **state)
{
	const struct dir *d = *state;
	uint64_t before = 0;

	srandom(20261123);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t records;

		if (i % 10 == 0) {
			dir_empty(d->path);
			before = 0;
		}
		records = round_of(d->path, i);
		assert_true(records > before);
		before = records;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kill, dir_setup, dir_teardown),
	};

	return cmocka_run_group_tests_name("evidence/kill", tests, NULL, NULL);
}
