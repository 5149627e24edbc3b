/* SPDX-License-Identifier: Apache-2.0 */
/* containers/container: selectors as a table. */
#include "fake.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	enum sw_selector_kind kind;
	const char *value;
	bool matches;
} cases[] = {
	{SW_SELECT_ALL, NULL, true},
	{SW_SELECT_CONTAINER, "web", true},
	{SW_SELECT_CONTAINER, "we", false},
	{SW_SELECT_CONTAINER, "web2", false},
	{SW_SELECT_CONTAINER, ID, true},
	{SW_SELECT_CONTAINER, "0123456789ab", true},
	{SW_SELECT_CONTAINER, "0123456789a", false}, /* too short to mean an id */
	{SW_SELECT_CONTAINER, "0123456789ac", false},
	{SW_SELECT_CONTAINER, "", false},
	{SW_SELECT_CONTAINER, NULL, false},
	{SW_SELECT_IMAGE, "reg:5000/nginx", true}, /* :latest */
	{SW_SELECT_IMAGE, "reg:5000/nginx:latest", true},
	{SW_SELECT_IMAGE, "reg:5000/nginx:1", false},
	{SW_SELECT_IMAGE, "nginx", false},
	{SW_SELECT_IMAGE, FAKE_DIGEST, true},
	{SW_SELECT_IMAGE, "aaaaaaaaaaaa", true},
	{SW_SELECT_IMAGE, "nginx@sha256:bb", true},
	{SW_SELECT_IMAGE, "sha256:bb", true},
	{SW_SELECT_IMAGE, "", false},
	{SW_SELECT_LABEL, "tier=front", true},
	{SW_SELECT_LABEL, "tier", true},
	{SW_SELECT_LABEL, "tie", false},
	{SW_SELECT_LABEL, "tier=", false},
	{SW_SELECT_LABEL, "tier=front2", false},
	{SW_SELECT_LABEL, "front", false},
	{SW_SELECT_PID, "42", true},
	{SW_SELECT_PID, "0", false},
	{SW_SELECT_PID, "042", false},
	{SW_SELECT_CGROUP, "/sys/fs/cgroup/docker/" ID, true},
	{SW_SELECT_CGROUP, "/sys/fs/cgroup/docker/" ID "/", true},
	{SW_SELECT_CGROUP, "/sys/fs/cgroup/system.slice/docker-" ID ".scope", true},
	{SW_SELECT_CGROUP, "/sys/fs/cgroup/docker/" ID "/child", false},
	{SW_SELECT_CGROUP, "/sys/fs/cgroup/docker/f" ID, false},
	{SW_SELECT_CGROUP, "/", false},
	{SW_SELECT_CGROUP, "", false},
};

static void test_selectors(void **state)
{
	char *labels[] = {(char *)"tier=front", (char *)"x=tier"};
	const struct sw_container c = {
		.id = (char *)ID,
		.name = (char *)"web",
		.image_ref = (char *)"reg:5000/nginx",
		.image_digest = (char *)FAKE_DIGEST,
		.manifest_digest = (char *)"nginx@sha256:bb",
		.pid = 42,
		.labels = labels,
		.n_labels = 2,
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(cases); i++) {
		struct sw_selector s = {cases[i].kind, (char *)cases[i].value};

		if (sw_selector_matches(&s, &c) != cases[i].matches)
			fail_msg("case %zu: %s", i, cases[i].value);
	}
}

static void test_empty_record(void **state)
{
	const struct sw_container c = {0};

	for (size_t i = 1; i < SW_ARRAY_LEN(cases); i++) {
		struct sw_selector s = {cases[i].kind, (char *)cases[i].value};

		assert_false(sw_selector_matches(&s, &c));
	}
	sw_container_free(NULL);
	sw_container_free(calloc(1, sizeof(c)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_empty_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
