/* SPDX-License-Identifier: Apache-2.0 */
/* baseline/file: what is saved is loaded; a file that was tampered with is not. */
#include "tree.h"

static char saved[80];

static int setup(void **state)
{
	struct sw_baseline *b;

	if (tree_setup(state) < 0)
		return -1;
	tree_text("/etc/a", 0644, "a");
	tree_text("/etc/b", 0755, "#!/bin/sh\n");
	tree_text("/etc/new\nline", 0644, "odd");
	tree_text("/etc/\xff", 0644, "odder");
	b = tree_baseline();
	snprintf(saved, sizeof(saved), "%s.json", tree_root);
	assert_int_equal(sw_baseline_save(b, saved, NULL), 0);
	sw_baseline_free(b);
	return 0;
}

static int teardown(void **state)
{
	unlink(saved);
	return tree_teardown(state);
}

static void read_saved(char *text, size_t size, size_t *ret_len)
{
	int fd = open(saved, O_RDONLY);
	ssize_t n = read(fd, text, size - 1);

	assert_true(n > 0);
	text[n] = '\0';
	*ret_len = (size_t)n;
	close(fd);
}

/* Loads these bytes; returns the error's text ("" when they are accepted). */
static const char *load_bytes(const char *text, size_t len)
{
	static struct sw_error err;
	struct sw_baseline *b = NULL;
	FILE *f = fmemopen((void *)text, len, "r");
	int rc;

	memset(&err, 0, sizeof(err));
	assert_non_null(f);
	rc = sw_baseline_read(f, "x", &b, &err);
	fclose(f);
	assert_int_equal(rc < 0, b == NULL);
	assert_int_equal(rc < 0, err.text[0] != '\0');
	sw_baseline_free(b);
	return err.text;
}

static void test_round_trip(void **state)
{
	struct sw_baseline *b = NULL, *original = tree_baseline();
	const struct sw_baseline_entry *e;
	struct sw_error err = {0};

	if (sw_baseline_load(saved, &b, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(sw_baseline_digest(b), sw_baseline_digest(original));
	assert_int_equal(sw_baseline_count(b), sw_baseline_count(original));
	assert_string_equal(sw_baseline_identity(b, "target"), tree_root);
	e = sw_baseline_find(b, "/etc/\xff");
	assert_non_null(e);
	assert_ptr_equal(sw_baseline_by_digest(b, e->sha256), e);
	assert_non_null(sw_baseline_find(b, "/etc/new\nline"));
	sw_baseline_free(b);
	sw_baseline_free(original);
}

static void test_every_changed_byte_is_noticed(void **state)
{
	char text[8192];
	size_t len, header;

	read_saved(text, sizeof(text), &len);
	header = (size_t)(strchr(text, '\n') - text);
	assert_string_equal(load_bytes(text, len), "");
	for (size_t i = header; i < len; i++) {
		char old = text[i];

		text[i] ^= 1;
		if (!*load_bytes(text, len))
			fail_msg("byte %zu changed and not noticed", i);
		text[i] = old;
	}
	for (size_t i = 1; i < len; i++) {
		if (!*load_bytes(text, i))
			fail_msg("cut at %zu and not noticed", i);
	}
}

static void expect(const char *text, const char *message)
{
	const char *got = load_bytes(text, strlen(text));

	if (!strstr(got, message))
		fail_msg("\"%s\" instead of \"%s\"", got, message);
}

#define ZERO "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEADER(identity, n)                                                                        \
	"{\"stigwatch\":\"baseline\",\"version\":1,\"identity\":{" identity "},\"entries\":" n     \
	",\"digest\":\"" ZERO "\"}\n"
#define DIR(p) "{\"path\":\"" p "\",\"type\":\"d\",\"mode\":\"0755\",\"uid\":0,\"gid\":0}\n"

static void test_hostile_files(void **state)
{
	assert_string_equal(load_bytes(HEADER("", "0"), strlen(HEADER("", "0"))), "");
	expect("\n", "x:1: not a stigwatch baseline");
	expect("{\"stigwatch\":\"baseline\",\"version\":2,\n", "version");
	expect("{\"stigwatch\":\"evidence\"}\n", "x:1: not a stigwatch baseline");
	expect(HEADER("", "00"), "x:1: not in canonical form");
	expect(HEADER("", "5000001"), "x:1: \"entries\"");
	expect(HEADER("", "99999999999999999999"), "x:1: \"entries\"");
	expect(HEADER("\"a\":\"1\",\"a\":\"2\"", "0"), "x:1: \"identity\"");
	expect(HEADER("\"b\":\"1\",\"a\":\"2\"", "0"), "x:1: not in canonical form");
	expect(HEADER("\"a\":1", "0"), "x:1: \"identity\"");
	expect(HEADER("", "1"), "0 entries, the header says 1");
	expect(HEADER("", "0") DIR("/"), "x:2: more entries");
	expect(HEADER("", "1") DIR("/"), "digest");
	expect(HEADER("", "2") DIR("/b") DIR("/a"), "x:3: out of order");
	expect(HEADER("", "2") DIR("/a") DIR("/a"), "x:3: out of order or twice");
	expect(HEADER("", "2") DIR("/a") "\n", "x:3: \"path\"");
	expect(HEADER("", "2") DIR("/a") "{", "x:3: cut off");
}

static void test_long_line(void **state)
{
	size_t len = (64 << 10) + 100;
	char *text = malloc(len);

	memset(text, 'a', len);
	assert_non_null(strstr(load_bytes(text, len), "x:1: line longer"));
	free(text);
}

static void test_missing_file(void **state)
{
	struct sw_baseline *b = NULL;
	struct sw_error err = {0};

	assert_int_equal(sw_baseline_load("/nonexistent/b.json", &b, &err), -ENOENT);
	assert_string_equal(err.text, "baseline /nonexistent/b.json: No such file or directory");
	assert_int_equal(sw_baseline_load("/tmp", &b, &err), -EIO);
	assert_int_equal(sw_baseline_load("/dev/null", &b, &err), -EBADMSG);
	assert_string_equal(err.text, "baseline /dev/null:1: empty");
}

static void test_full_disk(void **state)
{
	struct sw_baseline *b = tree_baseline();
	struct sw_error err = {0};

	assert_int_equal(sw_baseline_save(b, "/dev/full", &err), -ENOSPC);
	assert_non_null(strstr(err.text, "/dev/full"));
	assert_int_equal(sw_baseline_save(b, "/tmp", &err), -EISDIR);
	sw_baseline_free(b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_round_trip),    T(test_every_changed_byte_is_noticed),
		T(test_hostile_files), T(test_long_line),
		T(test_missing_file),  T(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
