/* SPDX-License-Identifier: Apache-2.0 */
/* The script sandbox: what a script sees, what it cannot do, and that it always ends. Needs root;
 * says so when it has none. */
#include <dirent.h>
#include <time.h>

#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "target/sce.h"
#include "unit/engine/root.h"

struct script {
	int rc, code;
	char out[SW_LIMIT_SCE_OUTPUT + 1];
	size_t len;
	struct sw_error err;
};

static int start_and_finish(const struct sw_sce_request *req, int *ret_code,
			    struct sw_strbuf *ret_stdout, struct sw_error *err)
{
	struct sw_sce *sce = NULL;
	int rc = sw_sce_start(req, &sce, err);

	if (rc == 0)
		rc = sw_sce_finish(sce, ret_code, ret_stdout, err);
	sw_sce_free(sce);
	return rc;
}

static bool can_sandbox(void)
{
	static const char text[] = "#!/bin/sh\nexit 101\n";
	struct sw_sce_request req = {.script = text, .len = sizeof(text) - 1, .name = "probe"};
	int code;

	return start_and_finish(&req, &code, NULL, NULL) == 0;
}

/* cmocka prints the reason with its skip line. */
#define NEED_SANDBOX()                                                                             \
	do {                                                                                       \
		if (!can_sandbox()) {                                                              \
			print_message("# needs root and namespaces\n");                            \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

static struct script run(const char *text, const char *const *env)
{
	struct sw_sce_request req = {
		.script = text, .len = strlen(text), .name = "t.sh", .env = env};
	struct sw_strbuf out = {0};
	struct script s = {.code = -1};

	s.rc = start_and_finish(&req, &s.code, &out, &s.err);
	s.len = out.len;
	assert_true(s.len < sizeof(s.out));
	memcpy(s.out, sw_strbuf_str(&out), s.len + 1);
	sw_strbuf_release(&out);
	return s;
}

static void test_exit_codes_and_output(void **state)
{
	const char *env[] = {"XCCDF_VALUE_X=a b", NULL};
	struct script s;

	NEED_SANDBOX();
	s = run("#!/bin/sh\necho out; echo err >&2\nreturn $XCCDF_RESULT_PASS\n", NULL);
	assert_int_equal(s.rc, 0);
	assert_int_equal(s.code, SW_SCE_PASS);
	assert_string_equal(s.out, "out\n");
	s = run("#!/bin/sh\nprintf %s \"$XCCDF_VALUE_X\"\nexit $XCCDF_RESULT_FAIL\n", env);
	assert_int_equal(s.code, SW_SCE_FAIL);
	assert_string_equal(s.out, "a b");
	s = run("#!/bin/sh\nexit 7\n", NULL);
	assert_int_equal(s.rc, 0);
	assert_int_equal(s.code, 7);
}

static void test_what_it_is(void **state)
{
	struct script s;

	NEED_SANDBOX();
	s = run("#!/bin/sh\nid -u; id -g; id -G; echo $$; ls /run | wc -l; ls /sys/class/net "
		"2>/dev/null | grep -v lo\n"
		"grep -c . /proc/net/route; grep NoNewPrivs /proc/self/status; grep CapEff "
		"/proc/self/status\n",
		NULL);
	assert_int_equal(s.rc, 0);
	assert_non_null(strstr(s.out, "65534\n65534\n65534\n1\n0\n"));
	assert_non_null(strstr(s.out, "NoNewPrivs:\t1\n"));
	assert_non_null(strstr(s.out, "CapEff:\t0000000000000000\n"));
}

static void test_cannot_write(void **state)
{
	struct root *r = *state;
	char text[512];
	struct stat st;
	struct script s;

	NEED_SANDBOX();
	chmod(r->dir, 0777);
	snprintf(text, sizeof(text),
		 "#!/bin/sh\n"
		 "(echo x > %s/new) 2>/dev/null && echo wrote-root\n"
		 "(echo x > /var/tmp/stigwatch-sce) 2>/dev/null && echo wrote-var\n"
		 "echo x > /tmp/mine && cat /tmp/mine\nexit 101\n",
		 r->dir);
	s = run(text, NULL);
	assert_int_equal(s.rc, 0);
	assert_string_equal(s.out, "x\n");
	assert_int_equal(stat("/tmp/mine", &st), -1);
	assert_int_equal(stat(root_path(r, "/new"), &st), -1);
}

static size_t count_processes(const char *needle)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	size_t n = 0;

	while ((de = readdir(d))) {
		char path[300], line[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/cmdline", de->d_name);
		f = *de->d_name >= '0' && *de->d_name <= '9' ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		for (size_t i = 0, c = fread(line, 1, sizeof(line) - 1, f); i + 1 < c; i++)
			if (!line[i])
				line[i] = ' ';
		n += strstr(line, needle) != NULL;
		fclose(f);
	}
	closedir(d);
	return n;
}

static void test_leaves_nothing_behind(void **state)
{
	struct script s;

	NEED_SANDBOX();
	s = run("#!/bin/sh\nsleep 987 & sleep 987 & exit 101\n", NULL);
	assert_int_equal(s.code, SW_SCE_PASS);
	assert_int_equal(count_processes("sleep 987"), 0);
}

static void test_time_limit(void **state)
{
	struct timespec a, b;
	struct script s;

	NEED_SANDBOX();
	clock_gettime(CLOCK_MONOTONIC, &a);
	/* closes its output, ignores signals, has children: still ended */
	s = run("#!/bin/sh\ntrap '' TERM INT HUP\nexec >/dev/null\nsleep 986 & while :; do sleep "
		"1; done\n",
		NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(s.rc, -ETIME);
	assert_non_null(strstr(s.err.text, "t.sh"));
	assert_in_range(b.tv_sec - a.tv_sec, SW_LIMIT_SCE_SECONDS - 1, SW_LIMIT_SCE_SECONDS + 5);
	assert_int_equal(count_processes("sleep 986"), 0);
}

/* Started is running: what takes its time meanwhile costs the script none of its own. */
static void test_runs_meanwhile(void **state)
{
	static const char quick[] = "#!/bin/sh\necho first\nexit 101\n";
	static const char never[] = "#!/bin/sh\nsleep 985\n";
	struct sw_sce_request req = {.script = quick, .len = sizeof(quick) - 1};
	struct sw_sce *a = NULL, *b = NULL;
	struct sw_strbuf out = {0};
	int code = 0;

	NEED_SANDBOX();
	assert_int_equal(sw_sce_start(&req, &a, NULL), 0);
	req = (struct sw_sce_request){.script = never, .len = sizeof(never) - 1};
	assert_int_equal(sw_sce_start(&req, &b, NULL), 0);
	assert_int_equal(sw_sce_finish(a, &code, &out, NULL), 0);
	assert_int_equal(code, SW_SCE_PASS);
	assert_string_equal(sw_strbuf_str(&out), "first\n");
	sw_sce_free(b); /* nobody waits for it */
	assert_int_equal(count_processes("sleep 985"), 0);
	sw_sce_free(a);
	sw_strbuf_release(&out);
}

static void test_output_is_cut(void **state)
{
	struct script s;

	NEED_SANDBOX();
	s = run("#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' x\nexit 101\n", NULL);
	assert_int_equal(s.code, SW_SCE_PASS);
	assert_int_equal(s.len, SW_LIMIT_SCE_OUTPUT);
}

static void test_no_interpreter(void **state)
{
	struct script s;

	NEED_SANDBOX();
	s = run("echo no first line\n", NULL);
	assert_int_equal(s.rc, -ENOEXEC);
	s = run("#!/nonexistent\n", NULL);
	assert_int_equal(s.rc, -ENOEXEC);
	s = run("#!/bin/sh\nkill -9 $$; sleep 5 & kill -SEGV 0; exit 101\n", NULL);
	assert_true(s.rc == 0 || s.rc == -EINTR);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_exit_codes_and_output), T(test_what_it_is),     T(test_cannot_write),
		T(test_leaves_nothing_behind), T(test_time_limit),     T(test_runs_meanwhile),
		T(test_output_is_cut),	       T(test_no_interpreter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
