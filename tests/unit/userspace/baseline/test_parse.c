/* SPDX-License-Identifier: Apache-2.0 */
/* baseline/format and parse: one line, both ways; whatever is not canonical is refused. */
#include "tree.h"

#define SHA "0000000000000000000000000000000000000000000000000000000000000001"

static void assert_round_trip(const struct sw_baseline_entry *e, const char *line)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	struct sw_baseline_entry back = {0};
	struct sw_error err = {0};

	sw_baseline_format_entry(&sb, e);
	assert_string_equal(sw_strbuf_str(&sb), line);
	if (sw_baseline_parse_entry(sb.data, sb.len, &back, &err) < 0)
		fail_msg("%s: %s", line, err.text);
	assert_string_equal(back.path, e->path);
	assert_string_equal(back.link ?: "", e->link ?: "");
	assert_string_equal(back.caps ?: "", e->caps ?: "");
	assert_string_equal(back.sha256, e->sha256);
	assert_int_equal(back.classes, e->classes);
	assert_int_equal(back.mode, e->mode);
	assert_int_equal(back.size, e->size);
	sw_baseline_entry_release(&back);
}

static void test_round_trips(void **state)
{
	assert_round_trip(&(struct sw_baseline_entry){.path = (char *)"/bin/ls",
						      .type = 'f',
						      .mode = 04755,
						      .uid = 1,
						      .gid = UINT32_MAX,
						      .size = 3,
						      .sha256 = SHA,
						      .caps = (char *)"01ff",
						      .classes = SW_OBJ_SHELL | SW_OBJ_EXECUTABLE},
			  "{\"path\":\"/bin/ls\",\"type\":\"f\",\"mode\":\"4755\",\"uid\":1,"
			  "\"gid\":4294967295,\"size\":3,\"sha256\":\"" SHA "\",\"caps\":\"01ff\","
			  "\"classes\":[\"shell\",\"executable\"]}");
	assert_round_trip(&(struct sw_baseline_entry){.path = (char *)"/a\n\"\\\x7f\x01é",
						      .type = 'l',
						      .mode = 0777,
						      .link = (char *)"\xff\xfe"},
			  "{\"path\":\"/a\\u000a\\\"\\\\\\u007f\\u0001é\",\"type\":\"l\","
			  "\"mode\":\"0777\",\"uid\":0,\"gid\":0,\"link_b64\":\"//4=\"}");
	/* surrogate, overlong, above U+10FFFF: not UTF-8 */
	assert_round_trip(&(struct sw_baseline_entry){.path = (char *)"/\xed\xa0\x80", .type = 'd'},
			  "{\"path_b64\":\"L+2ggA==\",\"type\":\"d\",\"mode\":\"0000\",\"uid\":0,"
			  "\"gid\":0}");
	assert_round_trip(
		&(struct sw_baseline_entry){.path = (char *)"/\xc0\xaf", .type = 's'},
		"{\"path_b64\":\"L8Cv\",\"type\":\"s\",\"mode\":\"0000\",\"uid\":0,\"gid\":0}");
	assert_round_trip(
		&(struct sw_baseline_entry){.path = (char *)"/\xf4\x90\x80\x80", .type = 'b'},
		"{\"path_b64\":\"L/SQgIA=\",\"type\":\"b\",\"mode\":\"0000\",\"uid\":0,"
		"\"gid\":0}");
}

#define REST ",\"type\":\"d\",\"mode\":\"0755\",\"uid\":0,\"gid\":0}"
#define FILE_HEAD "{\"path\":\"/a\",\"type\":\"f\",\"mode\":\"0755\",\"uid\":0,\"gid\":0"

static const char *const hostile[] = {
	"",
	"{",
	"{}",
	"[]",
	"null",
	"{\"path\":\"/a\"",
	"{\"path\":\"a\"" REST,
	"{\"path\":\"\"" REST,
	"{\"path\":\"/a/\"" REST,
	"{\"path\":\"//a\"" REST,
	"{\"path\":\"/a//b\"" REST,
	"{\"path\":\"/./a\"" REST,
	"{\"path\":\"/a/..\"" REST,
	"{\"path\":\"/../etc\"" REST,
	"{\"path\":\"/a\\u0000b\"" REST,
	"{\"path\":\"/a\\u0061\"" REST, /* 'a' needs no escape */
	"{\"path\":\"/a\\u000A\"" REST, /* upper case hex */
	"{\"path\":\"/a\\n\"" REST,	/* one spelling only */
	"{\"path\":\"/\\/a\"" REST,
	"{\"path\":\"/\xff\"" REST,    /* not UTF-8 */
	"{\"path_b64\":\"L2E=\"" REST, /* "/a" is UTF-8 */
	"{\"path_b64\":\"L8Cv=\"" REST,
	"{\"path_b64\":\"\"" REST,
	"{\"path_b64\":\"LwA=\"" REST,
	"{\"path\":\"/a\"" REST " ",
	" {\"path\":\"/a\"" REST,
	"{\"path\":\"/a\",\"type\":\"x\",\"mode\":\"0755\",\"uid\":0,\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"755\",\"uid\":0,\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"0789\",\"uid\":0,\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":-1,\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":00,\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":4294967296,\"gid\":0}",
	"{\"path\":\"/"
	"a\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":99999999999999999999999,\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"uid\":0,\"mode\":\"0755\",\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":0,\"gid\":0,\"size\":1}",
	"{\"path\":\"/a\",\"type\":\"l\",\"mode\":\"0777\",\"uid\":0,\"gid\":0}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":0,\"gid\":0,\"link\":\"b\"}",
	"{\"path\":\"/a\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":0,\"gid\":0,\"caps\":\"01\"}",
	FILE_HEAD "}",
	FILE_HEAD ",\"size\":1}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"00\"}",
	FILE_HEAD ",\"size\":9223372036854775808,\"sha256\":\"" SHA "\"}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"" SHA "0\"}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"" SHA "\",\"caps\":\"\"}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"" SHA "\",\"classes\":[]}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"" SHA "\",\"classes\":[\"root\"]}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"" SHA "\",\"classes\":[\"data\",\"shell\"]}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"" SHA "\",\"classes\":[\"shell\",\"shell\"]}",
	FILE_HEAD ",\"size\":1,\"sha256\":\"" SHA "\",\"classes\":[\"shell\"],\"x\":1}",
};

static void test_hostile_lines(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(hostile); i++) {
		struct sw_baseline_entry e = {.uid = 42};
		struct sw_error err = {0};
		/* exactly the bytes, so that the sanitizers see a read past them */
		char *copy = malloc(strlen(hostile[i]) ?: 1);

		memcpy(copy, hostile[i], strlen(hostile[i]));
		if (sw_baseline_parse_entry(copy, strlen(hostile[i]), &e, &err) != -EBADMSG)
			fail_msg("accepted: %s", hostile[i]);
		assert_true(err.text[0]);
		assert_int_equal(e.uid, 42);
		free(copy);
	}
}

static void test_path_too_long(void **state)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	struct sw_baseline_entry e = {0};

	sw_strbuf_adds(&sb, "{\"path\":\"/");
	for (int i = 0; i < 4095; i++)
		sw_strbuf_addc(&sb, 'a');
	sw_strbuf_adds(&sb, "\"" REST);
	assert_int_equal(sw_baseline_parse_entry(sb.data, sb.len, &e, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_path_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
