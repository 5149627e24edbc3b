/* SPDX-License-Identifier: Apache-2.0 */
/* containers/ref: target references as a table, against a daemon of canned answers. */
#include "fake.h"

static const struct fake_route routes[] = {
	{"/version ", 200, FAKE_VERSION, false},
	{"/v1.41/containers/web/json ", 200, FAKE_CONTAINER, false},
	{"/v1.41/images/web/json ", 200, FAKE_IMAGE, false},
	{"/v1.41/containers/01234/json ", 200, FAKE_CONTAINER, false}, /* a short id prefix */
	{NULL, 0, NULL, false},
};

static const struct {
	const char *ref;
	int rc;
	const char *text; /* kind when rc is 0, else a part of the error */
} cases[] = {
	{"", -EINVAL, "empty"},
	{"dir:/tmp", 0, "dir"},
	{"rootfs:/tmp", 0, "dir"},
	{"fs:/tmp", 0, "dir"},
	{"/tmp", 0, "dir"},
	{"dir:", -EINVAL, "the directory is missing"},
	{"dir:/nonexistent", -ENOENT, "target dir:/nonexistent: /nonexistent: No such file"},
	{"dir:/etc/passwd", -ENOTDIR, "Not a directory"},
	{"host", 0, "host"},
	{"host:", 0, "host"},
	{"host:x", -EINVAL, "host takes no name"},
	{"pid:self", -EINVAL, "\"self\" is not a process id"},
	{"pid:-1", -EINVAL, "is not a process id"},
	{"pid:0", -EINVAL, "is not a process id"},
	{"pid:1x", -EINVAL, "is not a process id"},
	{"pid:99999999999999999999", -EINVAL, "is not a process id"},
	{"pid:2147483647", -ESRCH, "no process 2147483647"},
	{"oci:/nonexistent", -ENOENT, "target oci:/nonexistent: /nonexistent: No such file"},
	{"oci-dir:/dev/null", -ENOTDIR, "Not a directory"},
	{"oci-archive:/dev/null", -ENXIO, "/dev/null: not a file"},
	{"oci-archive:", -EINVAL, "the path is missing"},
	{"oci-archive:/etc@sha256:0", -EINVAL, "no sha256 digest"},
	{"docker-archive:/etc/hostname", -EBADMSG, "not a tar archive"},
	{"docker-archive:/nonexistent:a:b", -ENOENT, "/nonexistent:a:b: No such file"},
	{"web", -ENOTUNIQ, "web is ambiguous: docker:web or container:web?"},
	{"none", -ENOENT, "no container or image named none (docker: "},
	{"nginx:1.25", -ENOENT, "no container or image named nginx:1.25"},
	{"container:none", -ENOENT, "no container named none (docker: "},
	{"docker:none", -ENOENT, "no image named none (docker: "},
	{"image:none", -ENOENT, "no image named none"},
	{"docker-daemon:none", -ENOENT, "no image named none"},
	{"container:", -EINVAL, "the name is missing"},
	{"container:@docker", -EINVAL, "the name is missing"},
	{"01234", -ENOENT, "no container or image named 01234"},
	/* pid 4242 of the answer is not that container, if it is anything */
	{"container:01234", -ESRCH, "container web: "},
	{"docker:web", -ENOENT, "image web: layer /l/3: No such file"},
};

static void test_references(void **state)
{
	struct fake f;
	struct sw_target_options opts = {.docker_socket = f.socket};

	fake_start(&f, routes);
	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		struct sw_target *t = NULL;
		struct sw_container *c = NULL;
		struct sw_error err = {0};
		int rc = sw_target_open_ref(cases[i].ref, &opts, &t, &c, &err);

		if (rc == -EPERM && geteuid() != 0)
			continue; /* showing layers takes a mount */
		if (rc != cases[i].rc)
			fail_msg("%s: %d %s", cases[i].ref, rc, err.text);
		if (rc == 0 && strcmp(sw_target_kind_str(sw_target_kind(t)), cases[i].text) != 0)
			fail_msg("%s: kind %s", cases[i].ref,
				 sw_target_kind_str(sw_target_kind(t)));
		if (rc < 0 &&
		    (!strstr(err.text, cases[i].text) || strncmp(err.text, "target", 6) != 0))
			fail_msg("%s: %s", cases[i].ref, err.text);
		assert_null(c);
		sw_target_free(t);
	}
	fake_stop(&f);
}

static void test_environment(void **state)
{
	char *env[] = {(char *)"A=1", (char *)"A=2", NULL};
	struct sw_target_options opts = {.env = env};
	const char *name, *value;
	struct sw_target *t;

	assert_int_equal(sw_target_open_ref("dir:/tmp", NULL, &t, NULL, NULL), 0);
	assert_false(sw_target_env_known(t));
	sw_target_free(t);
	assert_int_equal(sw_target_open_ref("dir:/tmp", &opts, &t, NULL, NULL), 0);
	assert_true(sw_target_env_known(t));
	assert_true(sw_target_env_at(t, 0, &name, &value));
	assert_string_equal(value, "2");
	assert_false(sw_target_env_at(t, 1, &name, &value));
	sw_target_free(t);
}

static void test_pid(void **state)
{
	struct sw_target *t = NULL;
	struct sw_container *c = NULL;
	struct stat st, own;
	char ref[32];

	snprintf(ref, sizeof(ref), "pid:%d", getpid());
	assert_int_equal(sw_target_open_ref(ref, NULL, &t, &c, NULL), 0);
	assert_int_equal(sw_target_kind(t), SW_TARGET_PID);
	assert_int_equal(c->pid, getpid());
	assert_int_equal(strncmp(c->id, "pid-", 4), 0);
	assert_false(sw_target_env_known(t)); /* never the process's own environment */
	assert_int_equal(sw_target_stat(t, "/", true, &st), 0);
	assert_int_equal(stat("/", &own), 0);
	assert_int_equal(st.st_ino, own.st_ino);
	sw_target_free(t);
	sw_container_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_pid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
