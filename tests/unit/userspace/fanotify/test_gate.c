/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate on a file system of the test's own: what is told, what is not asked about again, and
 * that nobody waits longer than the bound, whoever hangs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "fanotify/fanotify.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"
#include "stigwatch/error.h"

extern char **environ;

static char dir[] = "/tmp/sw-gate-XXXXXX", program[96];
static bool allowed; /* to make a mount namespace and use fanotify */
static int root = -1;
static struct stat root_st;

static int setup(void **state)
{
	strcpy(dir, "/tmp/sw-gate-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	allowed = unshare(CLONE_NEWNS) == 0 &&
		  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		  mount("none", dir, "tmpfs", 0, NULL) == 0;
	if (!allowed)
		return 0;
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(program, sizeof(program), "%s/true", dir);
	return fstat(root, &root_st);
}

static int teardown(void **state)
{
	close(TAKE_FD(root));
	umount2(dir, MNT_DETACH);
	return rmdir(dir);
}

/* The program anew: the same content, another inode. */
static void put_program(void)
{
	_cleanup_fd_ int in = open("/bin/true", O_RDONLY | O_CLOEXEC);
	_cleanup_fd_ int out = open(program, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	char buf[4096];
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, (size_t)n), n);
}

/* Runs it; returns how long that took, in ms. */
static int64_t run(pid_t *ret_pid)
{
	char *argv[] = {program, NULL};
	struct timespec from, to;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(posix_spawn(ret_pid, program, NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(*ret_pid, &status, 0), *ret_pid);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(status, 0);
	return (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
}

static struct sw_fan_opened last;
static size_t n_told;

static void note(void *ctx, const struct sw_fan_opened *o)
{
	last = *o;
	n_told++;
}

static void take(struct sw_fan_gate *g)
{
	n_told = 0;
	assert_true(sw_fan_gate_flush(g, 5000));
	sw_fan_gate_take(g, note, NULL);
}

static enum sw_fan_word always(void *ctx, const struct sw_fan_asked *asked)
{
	return *(bool *)ctx ? SW_FAN_IGNORE : SW_FAN_TELL;
}

static struct sw_fan_gate *gate(bool permission, uint32_t bound_ms, sw_fan_judge_fn fn, void *ctx)
{
	struct sw_fan_gate *g = NULL;
	struct sw_error err = {0};

	put_program();
	if (sw_fan_gate_new(permission, bound_ms, &g, &err) < 0 ||
	    sw_fan_gate_add(g, root, fn, ctx) < 0)
		fail_msg("%s", err.text);
	return g;
}

static void every_field(bool permission)
{
	bool untouched = false;
	struct sw_fan_gate *g;
	char sha256[65];
	struct stat st;
	pid_t pid;

	if (!allowed)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	g = gate(permission, 5000, always, &untouched);
	run(&pid);
	take(g);
	assert_int_equal(n_told, 1);
	_cleanup_fd_ int fd = open(program, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(sw_sha256_fd(fd, 0, sha256), 0);
	assert_int_equal(last.pid, pid);
	assert_int_equal(last.dev, st.st_dev);
	assert_int_equal(last.ino, st.st_ino);
	assert_string_equal(last.sha256, sha256);
	assert_int_equal(last.before_exec, permission);
	assert_true(last.boot_ns > 0);
	assert_string_equal(last.path, program);
	sw_fan_gate_free(g);
}

static void test_told(void **state)
{
	every_field(false);
}

static void test_told_before_it_runs(void **state)
{
	every_field(true);
}

static void test_untouched_is_asked_about_once(void **state)
{
	struct sw_fan_gate_stats s;
	bool untouched = true;
	struct sw_fan_gate *g;
	pid_t pid;

	if (!allowed)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	g = gate(true, 5000, always, &untouched);
	for (int i = 0; i < 10; i++)
		run(&pid);
	take(g);
	assert_int_equal(n_told, 0);
	sw_fan_gate_stats(g, &s);
	assert_int_equal(s.opened, 1);
	assert_int_equal(s.untouched, 1);
	/* until it is written to */
	untouched = false;
	put_program();
	run(&pid);
	take(g);
	assert_int_equal(n_told, 1);
	sw_fan_gate_remove(g, root_st.st_dev);
	sw_fan_gate_free(g);
}

/* ---- refusing ---- */

struct refusal {
	bool by_digest; /* only when it was read */
	char seen_path[64];
	int32_t seen_pid;
	unsigned int asked;
};

static enum sw_fan_word refuses(void *ctx, const struct sw_fan_asked *asked)
{
	struct refusal *r = ctx;

	r->asked++;
	r->seen_pid = asked->pid;
	snprintf(r->seen_path, sizeof(r->seen_path), "%s", asked->path);
	if (r->by_digest && !asked->sha256)
		return SW_FAN_TELL;
	return SW_FAN_REFUSE;
}

/* The errno of trying to run it. */
static int try_to_run(pid_t *ret_pid)
{
	char *argv[] = {program, NULL};
	int status;

	*ret_pid = fork();
	if (*ret_pid == 0) {
		execve(program, argv, environ);
		_exit(errno);
	}
	assert_int_equal(waitpid(*ret_pid, &status, 0), *ret_pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void refused(bool permission, bool by_digest)
{
	struct refusal r = {.by_digest = by_digest};
	struct sw_fan_gate_stats s;
	struct sw_fan_gate *g;
	pid_t pid;

	if (!allowed)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	g = gate(permission, 5000, refuses, &r);
	assert_int_equal(try_to_run(&pid), permission ? EPERM : 0);
	take(g);
	assert_int_equal(n_told, 1);
	assert_int_equal(last.prevented, permission);
	assert_int_equal(last.root, root_st.st_dev);
	assert_int_equal(last.pid, pid);
	assert_int_equal(strlen(last.sha256), 64);
	assert_int_equal(r.seen_pid, pid);
	assert_string_equal(r.seen_path, program);
	assert_int_equal(r.asked, permission && by_digest ? 2 : 1);
	sw_fan_gate_stats(g, &s);
	assert_int_equal(s.prevented, permission);
	/* nothing is remembered of it: the next one is asked about again */
	assert_int_equal(try_to_run(&pid), permission ? EPERM : 0);
	sw_fan_gate_remove(g, root_st.st_dev);
	/* and without a judge it runs */
	assert_int_equal(try_to_run(&pid), 0);
	sw_fan_gate_free(g);
}

static void test_refused(void **state)
{
	refused(true, false);
}

static void test_refused_by_its_digest(void **state)
{
	refused(true, true);
}

static void test_no_permission_refuses_nothing(void **state)
{
	refused(false, false);
}

/* Another mount of the container: by its number, since its device may be anybody's. */
static void test_refused_on_a_mount(void **state)
{
	char other[] = "/tmp/sw-gate-other-XXXXXX", by_mount[96];
	struct refusal r = {0};
	struct sw_fan_gate *g;
	pid_t pid;

	if (!allowed)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	assert_non_null(mkdtemp(other));
	assert_int_equal(mount("none", other, "tmpfs", 0, NULL), 0);
	g = gate(true, 5000, refuses, &r);
	_cleanup_fd_ int fd = open(other, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(sw_fan_gate_add_mount(g, fd, root_st.st_dev), 0);
	snprintf(by_mount, sizeof(by_mount), "%s/true", other);
	strcpy(program, by_mount);
	put_program();
	assert_int_equal(try_to_run(&pid), EPERM);
	take(g);
	assert_true(last.prevented);
	assert_int_equal(last.root, root_st.st_dev);
	assert_int_not_equal(last.dev, root_st.st_dev);
	/* the same file system by another mount is not the container's */
	assert_int_equal(umount2(dir, MNT_DETACH), 0);
	assert_int_equal(mount(other, dir, NULL, MS_BIND, NULL), 0);
	snprintf(program, sizeof(program), "%s/true", dir);
	assert_int_equal(try_to_run(&pid), 0);
	sw_fan_gate_free(g);
	close(TAKE_FD(fd));
	umount2(other, MNT_DETACH);
	rmdir(other);
}

struct hang {
	pthread_mutex_t lock;
	sem_t entered;
};

static enum sw_fan_word hangs(void *ctx, const struct sw_fan_asked *asked)
{
	struct hang *h = ctx;

	sem_post(&h->entered);

	pthread_mutex_lock(&h->lock);
	pthread_mutex_unlock(&h->lock);
	return SW_FAN_REFUSE; /* too late, if the bound is over */
}

static void test_nobody_waits_for_a_judge_that_hangs(void **state)
{
	struct hang h = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct sw_fan_gate_stats s;
	struct sw_fan_gate *g;
	int64_t ms;
	pid_t pid;

	if (!allowed)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	g = gate(true, 200, hangs, &h);
	pthread_mutex_lock(&h.lock);
	for (int i = 0; i < 3; i++) {
		ms = run(&pid);
		assert_true(ms >= 190 && ms < 5000);
	}
	assert_false(sw_fan_gate_flush(g, 1));
	sw_fan_gate_stats(g, &s);
	assert_int_equal(s.opened, 3);
	assert_int_equal(s.late, 3);
	pthread_mutex_unlock(&h.lock);
	take(g);
	/* what it found in the end was not read before it ran, nor prevented */
	assert_int_equal(n_told, 3);
	assert_false(last.before_exec);
	assert_false(last.prevented);
	sw_fan_gate_stats(g, &s);
	assert_int_equal(s.prevented, 0);
	sw_fan_gate_free(g);
}

/* A monitor that goes away lets go what waits. */
static void *free_gate(void *arg)
{
	sw_fan_gate_free(arg);
	return NULL;
}

static void test_going_away_lets_go(void **state)
{
	struct hang h = {.lock = PTHREAD_MUTEX_INITIALIZER};
	char *argv[] = {program, NULL};
	struct sw_fan_gate *g;
	pthread_t thread;
	pid_t pid;
	int status;

	if (!allowed)
		skip(); /* REQUIRED: CAP_SYS_ADMIN */
	g = gate(true, 60000, hangs, &h);
	pthread_mutex_lock(&h.lock);
	pid = fork();
	if (pid == 0) {
		execve(program, argv, environ);
		_exit(127);
	}
	assert_int_equal(sem_wait(&h.entered), 0); /* it waits, and the judge has it */
	assert_int_equal(pthread_create(&thread, NULL, free_gate, g), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid); /* while the judge hangs still */
	assert_int_equal(status, 0);
	pthread_mutex_unlock(&h.lock);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_told),
		T(test_told_before_it_runs),
		T(test_untouched_is_asked_about_once),
		T(test_refused),
		T(test_refused_by_its_digest),
		T(test_no_permission_refuses_nothing),
		T(test_refused_on_a_mount),
		T(test_nobody_waits_for_a_judge_that_hangs),
		T(test_going_away_lets_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
