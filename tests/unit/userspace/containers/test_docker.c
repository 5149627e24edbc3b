/* SPDX-License-Identifier: Apache-2.0 */
/* containers/docker, docker_events and http against a daemon of canned answers. */
#include "fake.h"

static const struct fake_route good[] = {
	{"/version ", 200, FAKE_VERSION, false},
	{"/v1.41/containers/web/json ", 200, FAKE_CONTAINER, false},
	{"/v1.41/containers/" FAKE_ID "/json ", 200, FAKE_CONTAINER, false},
	{"/v1.41/containers/broken/json ", 200, "{\"Id\":7}", false},
	{"/v1.41/containers/sick/json ", 500, "{\"message\":\"out of\\nluck\"}", false},
	{"/v1.41/containers/json?all=1 ", 200,
	 "[{\"Id\":\"" FAKE_ID "\",\"State\":\"running\"},"
	 "{\"Id\":\"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"}]",
	 false},
	{"/v1.41/images/sha256%3Aaaaa", 200, FAKE_IMAGE, false},
	{"/v1.41/images/reg%3A5000%2Fnginx%3A1/json ", 200, FAKE_IMAGE, false},
	{"/v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D ", 200,
	 "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"" FAKE_ID "\"}}\n\n"
	 "{\"Type\":\"container\",\"Action\":\"exec_start: sh\",\"Actor\":{\"ID\":\"" FAKE_ID
	 "\"}}\n"
	 "{\"Type\":\"container\",\"Act",
	 true},
	{NULL, 0, NULL, false},
};

static struct fake fake;
static struct sw_docker *docker;

static int setup(void **state)
{
	fake_start(&fake, good);
	return sw_docker_connect(fake.socket, &docker, NULL);
}

static int teardown(void **state)
{
	sw_docker_free(docker);
	fake_stop(&fake);
	return 0;
}

static void test_inspect(void **state)
{
	_cleanup_container_ struct sw_container *c = NULL;
	struct sw_error err = {0};

	if (sw_docker_inspect(docker, "web", &c, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(c->name, "web");
	assert_string_equal(c->manifest_digest, "nginx@" FAKE_DIGEST);
}

static void test_image(void **state)
{
	_cleanup_container_ struct sw_container *c = NULL;

	assert_int_equal(sw_docker_inspect_image(docker, "reg:5000/nginx:1", &c, NULL), 0);
	assert_string_equal(c->name, "reg:5000/nginx:1");
}

static void test_errors(void **state)
{
	static const struct {
		const char *name;
		int rc;
		const char *text;
	} cases[] = {
		{"none", -ENOENT, "no container named none (docker: "},
		{"broken", -EBADMSG, "container broken: \"Id\" is not of type string"},
		{"sick", -EPROTO, "container sick: HTTP status 500: out of luck"},
		{"", -ENOENT, "no container can have such a name"},
		{"..", -ENOENT, "no container can have such a name"},
		{"a/../../images", -ENOENT, "no container can have such a name"},
		{"a b", -ENOENT, "no container can have such a name"},
		{"a\r\nHost: x", -ENOENT, "no container can have such a name"},
		{"a?b", -ENOENT, "no container can have such a name"},
		{"%2e%2e", -ENOENT, "no container can have such a name"},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		struct sw_container *c = NULL;
		struct sw_error err = {0};

		assert_int_equal(sw_docker_inspect(docker, cases[i].name, &c, &err), cases[i].rc);
		if (!strstr(err.text, cases[i].text))
			fail_msg("%s", err.text);
		assert_null(c);
		assert_null(strchr(err.text, '\n'));
	}
}

/* One of the two listed is gone when it is inspected. */
static void test_list(void **state)
{
	struct sw_container **list = NULL;
	struct sw_error err = {0};
	size_t n = 0;

	if (sw_docker_list(docker, &list, &n, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(n, 1);
	assert_string_equal(list[0]->id, FAKE_ID);
	sw_container_free(list[0]);
	free(list);
}

static size_t n_events;
static void count(void *ctx, const struct sw_docker_event *e)
{
	assert_int_equal(e->kind, n_events ? SW_DOCKER_EXEC : SW_DOCKER_START);
	n_events++;
}

static void test_events(void **state)
{
	struct sw_error err = {0};
	int rc = 0;

	n_events = 0;
	assert_int_equal(sw_docker_events_fd(docker), -1);
	assert_int_equal(sw_docker_events_read(docker, count, NULL, &err), -EPIPE);
	assert_int_equal(sw_docker_events_open(docker, NULL), 0);
	while (rc == 0) {
		struct pollfd p = {sw_docker_events_fd(docker), POLLIN, 0};

		if (p.fd >= 0)
			assert_true(poll(&p, 1, 10000) >= 0);
		rc = sw_docker_events_read(docker, count, NULL, &err);
	}
	assert_int_equal(rc, -EPIPE);
	assert_int_equal(n_events, 2);
	/* it can be opened again, and the half line of before is forgotten */
	n_events = 0;
	assert_int_equal(sw_docker_events_open(docker, NULL), 0);
	for (rc = 0; rc == 0;)
		rc = sw_docker_events_read(docker, count, NULL, NULL);
	assert_int_equal(n_events, 2);
}

/* ---- daemons that misbehave ---- */

static void connect_to(const struct fake_route *routes, int expected, const char *text)
{
	struct sw_docker *d = NULL;
	struct sw_error err = {0};
	struct fake f;
	int rc;

	fake_start(&f, routes);
	rc = sw_docker_connect(f.socket, &d, &err);
	sw_docker_free(d);
	fake_stop(&f);
	assert_int_equal(rc, expected);
	if (!strstr(err.text, text))
		fail_msg("%s", err.text);
}

static void test_bad_daemons(void **state)
{
	char *huge = malloc(SW_LIMIT_DOCKER_BYTES + 2);
	struct fake_route routes[] = {{"/version ", 200, "", false}, {NULL, 0, NULL, false}};

	memset(huge, ' ', SW_LIMIT_DOCKER_BYTES + 1);
	huge[SW_LIMIT_DOCKER_BYTES + 1] = '\0';
	connect_to(routes, -EBADMSG, "/version: version: not JSON");
	routes[0].body = "{\"ApiVersion\":\"1.20\"}";
	connect_to(routes, -ENOTSUP, "too old");
	routes[0].body = huge;
	connect_to(routes, -EFBIG, "answer larger than 8388608 bytes");
	routes[0].stream = true;
	connect_to(routes, -EFBIG, "answer larger than");
	routes[0] = (struct fake_route){"/version ", 302, "{}", false};
	connect_to(routes, -EPROTO, "HTTP status 302");
	free(huge);
}

static void test_no_daemon(void **state)
{
	struct sw_docker *d = NULL;
	struct sw_error err = {0};
	struct fake f;
	char name[200];

	assert_int_equal(sw_docker_connect("/nonexistent/sock", &d, &err), -ENOENT);
	assert_string_equal(err.text,
			    "docker: no socket /nonexistent/sock: is the daemon running?");
	fake_start(&f, good);
	shutdown(f.listener, SHUT_RDWR);
	pthread_join(f.thread, NULL);
	close(f.listener);
	assert_int_equal(sw_docker_connect(f.socket, &d, &err), -ECONNREFUSED);
	unlink(f.socket);
	rmdir(f.dir);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(sw_docker_connect(name, &d, &err), -ENAMETOOLONG);
	assert_null(d);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_inspect),
		T(test_image),
		T(test_errors),
		T(test_list),
		T(test_events),
		cmocka_unit_test(test_bad_daemons),
		cmocka_unit_test(test_no_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
