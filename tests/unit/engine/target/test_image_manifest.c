/* SPDX-License-Identifier: Apache-2.0 */
/* Image documents, and the choice among several images. */
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "target/image/choose.h"
#include "unit/engine/unit.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
#define DIGEST(n) "\"digest\":\"sha256:" HEX n "\""
#define LINUX(arch) "\"platform\":{\"os\":\"linux\",\"architecture\":\"" arch "\"}"
#define NAME(n) "\"annotations\":{\"org.opencontainers.image.ref.name\":\"" n "\"}"
#define INDEX(...) "{\"manifests\":[" __VA_ARGS__ "]}"

static const struct platform amd64 = {"linux", "amd64", NULL}, arm64 = {"linux", "arm64", NULL};

static const struct {
	const char *json, *name;
	const struct platform *platform;
	char want; /* last digit of the digest; 0: an error */
	int rc;
} choices[] = {
	{INDEX("{" DIGEST("1") "}"), NULL, NULL, '1', 0},
	{INDEX("{" DIGEST("1") "," LINUX("arm64") "}"), NULL, NULL, '1', 0},
	{INDEX("{" DIGEST("1") "," LINUX("arm64") "}"), NULL, &amd64, 0, -ENOENT},
	{INDEX("{" DIGEST("1") "," LINUX("arm64") "},{" DIGEST("2") "," LINUX("amd64") "}"), NULL,
	 NULL, '2', 0},
	{INDEX("{" DIGEST("1") "," LINUX("arm64") "},{" DIGEST("2") "," LINUX("amd64") "}"), NULL,
	 &arm64, '1', 0},
	{INDEX("{" DIGEST("1") "," LINUX("mips") "},{" DIGEST("2") "," LINUX("arm") "}"), NULL,
	 NULL, 0, -ENOENT},
	{INDEX("{" DIGEST("1") "},{" DIGEST("2") "}"), NULL, NULL, 0, -ENOTUNIQ},
	{INDEX("{" DIGEST("1") "},{" DIGEST("1") "}"), NULL, NULL, '1', 0},
	{INDEX("{" DIGEST("1") "," NAME("a") "},{" DIGEST("2") "," NAME("b") "}"), "b", NULL, '2',
	 0},
	{INDEX("{" DIGEST("1") "," NAME("a") "},{" DIGEST("2") "," NAME("b") "}"), "c", NULL, 0,
	 -ENOENT},
	{INDEX("{" DIGEST("1") "," NAME("docker.io/library/a:latest") "}"), "a", NULL, '1', 0},
	{INDEX("{" DIGEST("1") "," NAME("docker.io/library/a:latest") "}"), "b", NULL, 0, -ENOENT},
	{INDEX("{" DIGEST("1") "},{" DIGEST(
		 "2") ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}"),
	 NULL, NULL, '1', 0},
	{INDEX("{" DIGEST("1") "},{" DIGEST(
		 "2") ",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}}"),
	 NULL, NULL, '1', 0},
	{INDEX("{" DIGEST("1") "},{" DIGEST("2") ",\"artifactType\":\"application/x\"}"), NULL,
	 NULL, '1', 0},
	{INDEX(""), NULL, NULL, 0, -ENOENT},
};

static void test_choice(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(choices); i++) {
		const struct descriptor *d = NULL;
		struct sw_error err = {0};
		struct manifest m;
		int rc = manifest_parse(choices[i].json, strlen(choices[i].json), &m, &err);

		assert_int_equal(rc, 0);
		rc = choose_descriptor(&m, choices[i].name, choices[i].platform, &amd64, &d, &err);
		if (rc != choices[i].rc || (choices[i].want && d->digest[70] != choices[i].want) ||
		    (rc && !err.code))
			fail_msg("choice %zu: %d %s", i, rc, err.text);
		manifest_release(&m);
	}
}

static const struct {
	const char *json, *want;
} broken[] = {
	{"{}", "neither an index nor a manifest"},
	{"[]", "no JSON object"},
	{"{\"manifests\":[{}]}", "no sha256 digest"},
	{"{\"manifests\":[null]}", "no sha256 digest"},
	{"{\"manifests\":[{\"digest\":\"sha512:00\"}]}", "no sha256 digest"},
	{"{\"manifests\":[{\"digest\":\"sha256:" HEX "G\"}]}", "no sha256 digest"},
	{"{\"manifests\":[],\"layers\":[]}", "both an index and a manifest"},
	{"{\"layers\":[]}", "neither"},
	{"{\"layers\":[],\"config\":{" DIGEST("1") ",\"size\":-1}}", "out of range"},
	{"{\"layers\":{},\"config\":{}}", "not of type array"},
	{"", "not JSON"},
};

static void test_broken(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(broken); i++) {
		struct sw_error err = {0};
		struct manifest m = {0};

		assert_true(manifest_parse(broken[i].json, strlen(broken[i].json), &m, &err) < 0);
		if (!strstr(err.text, broken[i].want))
			fail_msg("%s: %s", broken[i].json, err.text);
		assert_null(m.items);
	}
}

static void test_config(void **state)
{
	static const char good[] = "{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\","
				   "\"config\":{\"Env\":[\"A=1\",\"B=\"]},"
				   "\"rootfs\":{\"diff_ids\":[\"sha256:" HEX "1\"]}}";
	static const char bare[] = "{\"config\":{\"Env\":null},\"rootfs\":{\"diff_ids\":[]}}";
	static const char *const bad[] = {
		"{\"config\":{}}",
		"{\"rootfs\":{\"diff_ids\":[\"x\"]}}",
		"{\"rootfs\":{\"diff_ids\":[1]}}",
		"{\"rootfs\":{\"diff_ids\":[]},\"config\":{\"Env\":[{}]}}",
		"{\"rootfs\":{\"diff_ids\":[]},\"config\":{\"Env\":[\"A=\\u0000\"]}}",
	};
	struct sw_error err = {0};
	struct image_config c;

	assert_int_equal(image_config_parse(good, strlen(good), &c, &err), 0);
	assert_string_equal(c.variant, "v7");
	assert_int_equal(c.env.n, 2);
	assert_string_equal(c.env.items[1], "B=");
	assert_int_equal(c.diff_ids.n, 1);
	image_config_release(&c);
	assert_int_equal(image_config_parse(bare, strlen(bare), &c, &err), 0);
	assert_int_equal(c.env.n, 0);
	image_config_release(&c);
	for (size_t i = 0; i < SW_ARRAY_LEN(bad); i++)
		assert_int_equal(image_config_parse(bad[i], strlen(bad[i]), &c, &err), -EBADMSG);
}

static void test_docker(void **state)
{
	static const char two[] =
		"[{\"Config\":\"c1\",\"RepoTags\":[\"a:1\",\"b:latest\"],\"Layers\":[\"l\"]},"
		"{\"Config\":\"c2\",\"RepoTags\":null,\"Layers\":null}]";
	const struct docker_image *image;
	struct sw_error err = {0};
	struct docker_images d;

	assert_int_equal(docker_images_parse(two, strlen(two), &d, &err), 0);
	assert_int_equal(choose_docker_image(&d, NULL, &image, &err), -ENOTUNIQ);
	assert_int_equal(choose_docker_image(&d, "a:2", &image, &err), -ENOENT);
	assert_int_equal(choose_docker_image(&d, "b", &image, &err), 0);
	assert_string_equal(image->config, "c1");
	docker_images_release(&d);
	assert_int_equal(docker_images_parse("[]", 2, &d, &err), -EBADMSG);
	assert_int_equal(docker_images_parse("{}", 2, &d, &err), -EBADMSG);
	assert_int_equal(docker_images_parse("[{}]", 4, &d, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_docker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
