/* SPDX-License-Identifier: Apache-2.0 */
/* containers/open on a real daemon: live and image views, identity, events, and the baseline
 * between them. */
#include "fake.h"

#include <sys/stat.h>

#include "baseline/baseline.h"
#include "event/event.h"

static char image[48], name[48];
static struct sw_docker *docker;

__attribute__((format(printf, 1, 2))) static int run(const char *fmt, ...)
{
	char command[512], quiet[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	snprintf(quiet, sizeof(quiet), "{ %s; } >/dev/null 2>&1 </dev/null", command);
	return system(quiet);
}

/* An image of busybox alone; without root, a daemon or busybox the tests are skipped. */
static int setup(void **state)
{
	snprintf(image, sizeof(image), "swct-image-%d", getpid());
	snprintf(name, sizeof(name), "swct-open-%d", getpid());
	if (geteuid() != 0 || access("/bin/busybox", X_OK) < 0 ||
	    sw_docker_connect(NULL, &docker, NULL) < 0) {
		docker = NULL;
		return 0;
	}
	return run("d=$(mktemp -d) && mkdir $d/bin $d/etc && cp /bin/busybox $d/bin/ && "
		   "ln -s busybox $d/bin/sh && echo one > $d/etc/conf && "
		   "tar -C $d -c . | docker import -c 'ENV A=1' -c 'LABEL swct=yes' - %s:1; rm -rf "
		   "$d",
		   image) ||
	       run("docker create --name %s -e B=2 %s:1 /bin/busybox sleep 600", name, image);
}

static int teardown(void **state)
{
	if (!docker)
		return 0;
	sw_docker_free(docker);
	run("docker rm -f %s", name);
	return run("docker rmi %s:1", image);
}

static struct sw_container *inspect(void)
{
	struct sw_container *c = NULL;
	struct sw_error err = {0};

	if (sw_docker_inspect(docker, name, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static struct sw_target *open_view(const struct sw_container *c, enum sw_view view)
{
	struct sw_target *t = NULL;
	struct sw_error err = {0};

	if (sw_container_open(c, view, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static uint64_t inode(struct sw_target *t, const char *path)
{
	struct stat st;

	return sw_target_stat(t, path, false, &st) < 0 ? 0 : st.st_ino;
}

static const char *fact(const struct sw_target *t, const char *key)
{
	const char *k, *v;

	for (size_t i = 0; sw_target_identity_at(t, i, &k, &v); i++) {
		if (strcmp(k, key) == 0)
			return v;
	}
	return NULL;
}

static void test_stopped(void **state)
{
	_cleanup_container_ struct sw_container *c = NULL;
	struct sw_target *t;
	char ref[64];

	if (!docker)
		skip();
	c = inspect();
	assert_string_equal(c->status, "created");
	assert_int_equal(c->pid, 0);
	t = open_view(c, SW_VIEW_LIVE);
	assert_int_equal(sw_target_kind(t), SW_TARGET_CONTAINER);
	assert_string_equal(sw_target_name(t), name);
	assert_string_equal(fact(t, "container.id"), c->id);
	snprintf(ref, sizeof(ref), "%s:1", image);
	assert_string_equal(fact(t, "image.ref"), ref);
	assert_string_equal(fact(t, "image.digest"), c->image_digest);
	assert_true(sw_target_env_known(t));
	assert_true(inode(t, "/etc/conf") != 0);
	assert_true(inode(t, "/.dockerenv") != 0); /* of the -init layer */
	assert_true(sw_target_open(t, "/etc/conf", O_WRONLY) < 0);
	sw_target_free(t);
}

static void test_image(void **state)
{
	struct sw_target *t = NULL;
	struct sw_container *c = NULL;
	struct sw_error err = {0};
	char ref[64];

	if (!docker)
		skip();
	snprintf(ref, sizeof(ref), "docker:%s:1", image);
	if (sw_target_open_ref(ref, NULL, &t, &c, &err) < 0)
		fail_msg("%s", err.text);
	assert_null(c);
	assert_int_equal(sw_target_kind(t), SW_TARGET_IMAGE);
	assert_int_equal(inode(t, "/.dockerenv"), 0);
	assert_true(inode(t, "/etc/conf") != 0);
	assert_null(fact(t, "container.id"));
	sw_target_free(t);
}

static size_t n_drift;
static int count(void *ctx, const struct sw_drift *d)
{
	static const char *const expected[] = {"mode /bin/busybox", "content /etc/conf",
					       "added /bin/nginx"};
	char got[128];

	snprintf(got, sizeof(got), "%s %s", sw_drift_kind_str(d->kind), d->path);
	if (n_drift >= SW_ARRAY_LEN(expected) || strcmp(got, expected[n_drift]) != 0)
		fail_msg("unexpected drift: %s %s", got, d->detail);
	n_drift++;
	return 0;
}

/* The image's view gives the inode numbers that the running container has, before and after a
 * copy-up. */
static void test_running(void **state)
{
	_cleanup_container_ struct sw_container *c = NULL;
	struct sw_target *live, *untouched;
	struct sw_baseline *b = NULL;
	struct sw_binding *x = NULL;
	size_t compared = 0;
	uint64_t before;

	if (!docker)
		skip();
	assert_int_equal(run("docker start %s", name), 0);
	c = inspect();
	assert_true(c->pid > 0);
	assert_true(c->n_addresses > 0);
	live = open_view(c, SW_VIEW_LIVE);
	untouched = open_view(c, SW_VIEW_IMAGE);
	before = inode(live, "/bin/busybox");
	assert_int_equal(before, inode(untouched, "/bin/busybox"));
	assert_int_equal(sw_baseline_build(untouched, &b, NULL), 0);
	assert_int_equal(sw_baseline_bind(b, untouched, &x, NULL), 0);
	n_drift = 0;
	assert_int_equal(sw_baseline_compare(b, live, 0, true, true, count, NULL, &compared, NULL),
			 0);
	assert_int_equal(n_drift, 0);
	assert_true(compared > 4);
	assert_int_equal(run("docker exec %s /bin/sh -c 'cp /bin/busybox /bin/nginx; chmod 777 "
			     "/bin/busybox; echo two > /etc/conf'",
			     name),
			 0);
	assert_int_equal(inode(live, "/bin/busybox"), before);
	assert_string_equal(sw_binding_find(x, before)->path, "/bin/busybox");
	assert_int_equal(sw_baseline_compare(b, live, 0, true, true, count, NULL, &compared, NULL),
			 0);
	assert_int_equal(n_drift, 3);
	/* the binding was made of the image's view: untouched files look the same in the live one
	 */
	n_drift = 0;
	assert_int_equal(sw_binding_compare(x, live, 0, true, count, NULL, &compared, NULL), 0);
	assert_int_equal(n_drift, 3);
	assert_int_equal(inode(untouched, "/bin/nginx"), 0);
	sw_binding_free(x);
	sw_baseline_free(b);
	sw_target_free(live);
	sw_target_free(untouched);
}

/* A pid that is another container's, or nobody's, is not opened. */
static void test_another_process(void **state)
{
	_cleanup_container_ struct sw_container *c = NULL;
	struct sw_target *t = NULL;
	struct sw_error err = {0};

	if (!docker)
		skip();
	c = inspect();
	c->pid = getpid();
	assert_int_equal(sw_container_open(c, SW_VIEW_LIVE, &t, &err), -ESRCH);
	assert_non_null(strstr(err.text, "is not (or no longer) container"));
	assert_null(t);
}

struct seen {
	unsigned kinds;
	char text[64];
};
static void note(void *ctx, const struct sw_docker_event *e)
{
	struct seen *s = ctx;

	if (strcmp(e->name, name) != 0)
		return;
	s->kinds |= 1u << e->kind;
	assert_true(e->time_ns > 1600000000000000000);
	if (e->kind == SW_DOCKER_EXEC)
		snprintf(s->text, sizeof(s->text), "%s", e->text);
}

static void test_events(void **state)
{
	const unsigned all = 1u << SW_DOCKER_START | 1u << SW_DOCKER_EXEC | 1u << SW_DOCKER_DIE;
	struct seen seen = {0};

	if (!docker)
		skip();
	assert_int_equal(sw_docker_events_open(docker, NULL), 0);
	assert_int_equal(
		run("docker restart -t 0 %s && docker exec %s /bin/busybox true", name, name), 0);
	while ((seen.kinds & all) != all) {
		struct pollfd p = {sw_docker_events_fd(docker), POLLIN, 0};

		assert_int_equal(poll(&p, 1, 20000), 1);
		assert_int_equal(sw_docker_events_read(docker, note, &seen, NULL), 0);
	}
	assert_string_equal(seen.text, "/bin/busybox true");
}

static void test_list_and_selectors(void **state)
{
	const struct sw_selector by_name = {SW_SELECT_CONTAINER, name};
	const struct sw_selector by_label = {SW_SELECT_LABEL, (char *)"swct=yes"};
	struct sw_container **list = NULL;
	size_t n = 0, found = 0;

	if (!docker)
		skip();
	assert_int_equal(sw_docker_list(docker, &list, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		if (sw_selector_matches(&by_name, list[i])) {
			assert_true(sw_selector_matches(&by_label, list[i]));
			found++;
		}
		sw_container_free(list[i]);
	}
	free(list);
	assert_int_equal(found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stopped), cmocka_unit_test(test_image),
		cmocka_unit_test(test_running), cmocka_unit_test(test_another_process),
		cmocka_unit_test(test_events),	cmocka_unit_test(test_list_and_selectors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
