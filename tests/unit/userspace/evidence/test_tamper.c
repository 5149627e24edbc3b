/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte of a chain changed in every way that matters, and lines removed, doubled and swapped:
 * all are found. */
#include "chain_util.h"

#define RECORDS 4

static uint64_t record_of(const char *data, size_t at)
{
	uint64_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += data[i] == '\n';
	return n;
}

static void expect_bad(const char *dir, uint64_t record, size_t at, int value)
{
	struct sw_verify_report report;
	struct sw_error err = {};
	int rc = sw_evidence_read(dir, NULL, NULL, &report, &err);

	if (rc != -EBADMSG || report.bad_record != record || report.bad_line != record ||
	    report.records != record - 1)
		fail_msg("byte %zu set to 0x%02x: rc %d, record %llu line %llu (%s), expected "
			 "record %llu",
			 at, value, rc, (unsigned long long)report.bad_record,
			 (unsigned long long)report.bad_line, report.reason,
			 (unsigned long long)record);
	assert_string_equal(report.bad_file, SEGMENT1);
	assert_true(report.reason[0] != '\0');
	assert_non_null(strstr(err.text, report.reason));
}

static void test_every_byte(void **state)
{
	static const unsigned char masks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};
	static const char values[] = {'\n', '\0', ' ', '\t', '\r', '}', '{', '"', '\\'};
	const struct dir *d = *state;
	char *data, original;
	size_t len;

	make_chain(d->path, 2); /* one that is followed, and the last */
	data = read_file(d->path, SEGMENT1, &len);
	for (size_t at = 0; at < len; at++) {
		uint64_t record = record_of(data, at);

		original = data[at];
		for (size_t m = 0; m < SW_ARRAY_LEN(masks) + SW_ARRAY_LEN(values); m++) {
			size_t v = m - SW_ARRAY_LEN(masks);

			data[at] =
				m < SW_ARRAY_LEN(masks) ? (char)(original ^ masks[m]) : values[v];
			if (data[at] == original)
				continue;
			write_file(d->path, SEGMENT1, data, len);
			expect_bad(d->path, record, at, (unsigned char)data[at]);
		}
		data[at] = original;
	}
	free(data);
}

struct line {
	const char *start;
	size_t len;
};

static void write_lines(const char *dir, const struct line *lines, const int *order, size_t n)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};

	for (size_t i = 0; i < n; i++)
		sw_strbuf_add(&sb, lines[order[i]].start, lines[order[i]].len);
	write_file(dir, SEGMENT1, sb.data, sb.len);
}

static void test_lines(void **state)
{
	static const struct {
		int order[RECORDS + 1];
		size_t n;
		uint64_t bad;
	} table[] = {
		{{1, 2, 3}, 3, 1},	 /* the first removed */
		{{0, 2, 3}, 3, 2},	 /* one removed */
		{{0, 0, 1, 2, 3}, 5, 2}, /* one doubled */
		{{0, 2, 1, 3}, 4, 2},	 /* two swapped */
		{{0, 1, 2, 3, 3}, 5, 5}, /* the last doubled */
	};
	const struct dir *d = *state;
	struct line lines[RECORDS];
	char *data, *at;
	size_t len;

	make_chain(d->path, RECORDS);
	data = at = read_file(d->path, SEGMENT1, &len);
	for (int i = 0; i < RECORDS; i++) {
		char *end = strchr(at, '\n') + 1;

		lines[i] = (struct line){at, (size_t)(end - at)};
		at = end;
	}
	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		write_lines(d->path, lines, table[i].order, table[i].n);
		expect_bad(d->path, table[i].bad, i, 0);
	}
	free(data);
}

/* A line that is right in itself but spliced in from another chain does not follow. */
static void test_splice(void **state)
{
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct sw_error err = {};
	char *first, *other, *second;
	size_t len, other_len, head;
	int64_t tick = 5;
	struct sw_evidence *e = NULL;

	make_chain(d->path, 2);
	first = read_file(d->path, SEGMENT1, &len);
	dir_empty(d->path);
	assert_int_equal(sw_evidence_open(d->path, fixed_clock, &tick, &e, &err), 0);
	append_number(e, 1);
	append_number(e, 2);
	sw_evidence_close(e);
	other = read_file(d->path, SEGMENT1, &other_len);
	head = (size_t)(strchr(first, '\n') + 1 - first);
	second = strchr(other, '\n') + 1;
	first = realloc(first, head + other_len);
	memcpy(first + head, second, strlen(second));
	write_file(d->path, SEGMENT1, first, head + strlen(second));
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), -EBADMSG);
	assert_int_equal(report.bad_record, 2);
	assert_non_null(strstr(report.reason, "wrong prev"));
	free(first);
	free(other);
}

struct reason_case {
	const char *line, *reason;
};

static void test_reasons(void **state)
{
#define H "\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\""
#define P "\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\""
#define R(body, tail) "{\"body\":" body ",\"boot_id\":\"\",\"boot_ns\":1," H "," P "," tail "}"
	static const struct reason_case table[] = {
		{"", "bad JSON"},
		{"{", "bad JSON"},
		{"[1]", "not a JSON object"},
		{"{}", "no version"},
		{"{\"v\":1}", "no body"},
		{"{\"v\":2}", "unknown version"},
		{"{\"v\":\"1\"}", "no version"},
		{"{\"v\":1}\xc0\x80", "not UTF-8"},
		{R("{}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"), "wrong hash"},
		{R("[]", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"), "no body"},
		{R("{}", "\"seq\":0,\"type\":\"x\",\"v\":1,\"wall_ns\":1"), "no sequence"},
		{R("{}", "\"seq\":-1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"), "no sequence"},
		{R("{}", "\"seq\":1,\"type\":\"X\",\"v\":1,\"wall_ns\":1"), "no valid type"},
		{R("{}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":\"1\""),
		 "no boot id or clock"},
		{R("{}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1,\"z\":1"),
		 "not in canonical"},
		{R("{}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":01"), "bad JSON"},
		{R("{}", "\"seq\":1,\"type\":\"x\",\"v\":1, \"wall_ns\":1"), "not in canonical"},
		{R("{\"b\":1,\"a\":1}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"),
		 "not in canonical"},
		{R("{\"a\":1,\"a\":1}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"),
		 "not in canonical"},
		{R("{\"a\":1.5}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"),
		 "not in canonical"},
		{R("{\"a\":\"\\u0041\"}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"),
		 "not in canonical"},
		{R("{\"a\":\"\\ud800\"}", "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"),
		 "not in canonical"},
		{R("{\"a\":18446744073709551616}",
		   "\"seq\":1,\"type\":\"x\",\"v\":1,\"wall_ns\":1"),
		 "not in canonical"},
	};
	const struct dir *d = *state;

	for (size_t i = 0; i < SW_ARRAY_LEN(table); i++) {
		_cleanup_strbuf_ struct sw_strbuf sb = {};
		struct sw_verify_report report;
		struct sw_error err = {};

		sw_strbuf_addf(&sb, "%s\n", table[i].line);
		write_file(d->path, SEGMENT1, sb.data, sb.len);
		assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), -EBADMSG);
		if (!strstr(report.reason, table[i].reason))
			fail_msg("%s: \"%s\" is not \"%s\"", table[i].line, report.reason,
				 table[i].reason);
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, dir_setup, dir_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_every_byte),
		CASE(test_lines),
		CASE(test_splice),
		CASE(test_reasons),
	};

	return cmocka_run_group_tests_name("evidence/tamper", tests, NULL, NULL);
}
