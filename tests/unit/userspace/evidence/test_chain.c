/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a chain: what is in a record, continuing, recovering, losing, rolling, locking. */
#include "chain_util.h"

#include <signal.h>
#include <sys/resource.h>

#include "stigwatch/digest.h"

struct seen {
	uint64_t records, dropped;
	char last_type[65], hash[65];
	int64_t wall_ns, boot_ns, number;
	char *body;
};

static int collect(void *ctx, const struct sw_record *r)
{
	struct seen *s = ctx;
	struct json_object *n;

	s->records++;
	assert_int_equal(r->seq, s->records);
	s->dropped += r->dropped;
	snprintf(s->last_type, sizeof(s->last_type), "%s", r->type);
	snprintf(s->hash, sizeof(s->hash), "%s", r->hash);
	s->wall_ns = r->wall_ns;
	s->boot_ns = r->boot_ns;
	s->number =
		json_object_object_get_ex(r->body, "number", &n) ? json_object_get_int64(n) : -1;
	free(s->body);
	s->body = strdup(json_object_to_json_string_ext(r->body, JSON_C_TO_STRING_PLAIN));
	return 0;
}

static void test_round_trip(void **state)
{
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct sw_evidence *e = NULL;
	struct sw_error err = {};
	struct seen seen = {};
	char head[65];
	int64_t tick = 0;
	uint64_t seq;

	assert_int_equal(sw_evidence_open(d->path, fixed_clock, &tick, &e, &err), 0);
	assert_string_equal(sw_evidence_head(e, &seq),
			    "0000000000000000000000000000000000000000000000000000000000000000");
	assert_int_equal(seq, 0);
	for (int i = 1; i <= 3; i++)
		append_number(e, i);
	snprintf(head, sizeof(head), "%s", sw_evidence_head(e, &seq));
	assert_int_equal(seq, 3);
	assert_int_equal(sw_evidence_sync(e, &err), 0);
	/* a reader may look while the writer has the chain open */
	assert_int_equal(sw_evidence_read(d->path, collect, &seen, &report, &err), 0);
	sw_evidence_close(e);
	assert_int_equal(report.records, 3);
	assert_int_equal(report.bad_record, 0);
	assert_int_equal(report.torn_bytes, 0);
	assert_string_equal(report.head, head);
	assert_string_equal(seen.hash, head);
	assert_int_equal(seen.number, 3);
	assert_int_equal(seen.boot_ns, 3000);
	assert_int_equal(seen.wall_ns, 1700000000000003000);
	assert_string_equal(seen.last_type, "event");
	free(seen.body);
}

/* The exact bytes: the hash is that of the line without its hash member. */
static void test_line(void **state)
{
	const struct dir *d = *state;
	char hex[SW_SHA256_HEX], expect[1024], *line, *hash;
	size_t len;

	make_chain(d->path, 1);
	line = read_file(d->path, SEGMENT1, &len);
	assert_int_equal(line[len - 1], '\n');
	hash = strstr(line, ",\"hash\":\"");
	assert_non_null(hash);
	snprintf(expect, sizeof(expect), "%.*s%s", (int)(hash - line), line, hash + 74);
	assert_int_equal(sw_sha256_hex(expect, strlen(expect) - 1, hex), 0);
	assert_memory_equal(hash + 9, hex, 64);
	assert_non_null(strstr(
		line, "{\"body\":{\"argv\":\"sh -c \\\"x\\\"\\n\",\"number\":1},\"boot_id\":"));
	assert_non_null(strstr(line, "\",\"boot_ns\":1000,\"hash\":"));
	assert_non_null(strstr(
		line,
		"\",\"seq\":1,\"type\":\"event\",\"v\":1,\"wall_ns\":1700000000000001000}\n"));
	free(line);
}

/* The record that FORMAT.md gives to test with. */
static void test_published(void **state)
{
	static const char line[] =
		"{\"body\":{\"argv\":\"sh\\\\x0a\",\"n\":1},"
		"\"boot_id\":\"c0ffee00-0000-4000-8000-000000000001\",\"boot_ns\":12345,"
		"\"hash\":\"351460ca6edd1c3585473ada893a10a9c23d26118545536738d69fbf21749b0e\","
		"\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\","
		"\"seq\":1,\"type\":\"event\",\"v\":1,\"wall_ns\":1700000000000000000}\n";
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct sw_error err = {};

	write_file(d->path, SEGMENT1, line, sizeof(line) - 1);
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), 0);
	assert_int_equal(report.records, 1);
	assert_string_equal(report.head,
			    "351460ca6edd1c3585473ada893a10a9c23d26118545536738d69fbf21749b0e");
}

static void test_continue(void **state)
{
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct sw_error err = {};

	make_chain(d->path, 2);
	make_chain(d->path, 3);
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), 0);
	assert_int_equal(report.records, 5);
}

static int stop_at_two(void *ctx, const struct sw_record *r)
{
	return r->seq == 2 ? 42 : 0;
}

static void test_callback_stops(void **state)
{
	const struct dir *d = *state;
	struct sw_error err = {};

	make_chain(d->path, 3);
	assert_int_equal(sw_evidence_read(d->path, stop_at_two, NULL, NULL, &err), 42);
	assert_int_equal(err.code, 0);
}

static void test_nothing_there(void **state)
{
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct sw_error err = {};
	char none[80];

	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), -ENODATA);
	assert_non_null(strstr(err.text, d->path));
	snprintf(none, sizeof(none), "%s/none", d->path);
	assert_int_equal(sw_evidence_read(none, NULL, NULL, &report, &err), -ENOENT);
}

static void test_lock(void **state)
{
	const struct dir *d = *state;
	struct sw_evidence *e = NULL, *other = NULL;
	struct sw_error err = {};

	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &e, &err), 0);
	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &other, &err), -EBUSY);
	assert_null(other);
	sw_evidence_close(e);
	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &other, &err), 0);
	sw_evidence_close(other);
}

/* A bad chain is not continued; a symlink in a segment's place is not followed. */
static void test_open_refuses(void **state)
{
	const struct dir *d = *state;
	struct sw_evidence *e = NULL;
	struct sw_error err = {};
	char path[128], *data;
	size_t len;

	make_chain(d->path, 3);
	data = read_file(d->path, SEGMENT1, &len);
	data[10] ^= 1;
	write_file(d->path, SEGMENT1, data, len);
	free(data);
	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &e, &err), -EBADMSG);
	assert_non_null(strstr(err.text, SEGMENT1 ":1: record 1: "));

	snprintf(path, sizeof(path), "%s/%s", d->path, SEGMENT1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &e, &err), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &e, &err), -EBADF);
	assert_null(e);
}

/* Cut anywhere: everything before is good, the rest is torn, and the next writer says so. */
static void test_torn(void **state)
{
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct sw_error err = {};
	char *data;
	size_t len;

	make_chain(d->path, 3);
	data = read_file(d->path, SEGMENT1, &len);
	for (size_t cut = 0; cut <= len; cut++) {
		struct seen seen = {};
		size_t lines = 0, whole = 0;
		int rc;

		for (size_t i = 0; i < cut; i++) {
			if (data[i] == '\n') {
				lines++;
				whole = i + 1;
			}
		}
		write_file(d->path, SEGMENT1, data, cut);
		rc = sw_evidence_read(d->path, NULL, NULL, &report, &err);
		assert_int_equal(rc, lines ? 0 : -ENODATA);
		assert_int_equal(report.records, lines);
		assert_int_equal(report.torn_bytes, cut - whole);
		make_chain(d->path, 1);
		assert_int_equal(sw_evidence_read(d->path, collect, &seen, &report, &err), 0);
		assert_int_equal(report.records, lines + (cut > whole) + 1);
		free(seen.body);
	}
	free(data);
}

static int find_recovered(void *ctx, const struct sw_record *r)
{
	struct json_object *v;

	if (strcmp(r->type, "recovered") != 0)
		return 0;
	assert_true(json_object_object_get_ex(r->body, "cut_bytes", &v));
	assert_int_equal(json_object_get_int64(v), 5);
	assert_true(json_object_object_get_ex(r->body, "cut_sha256", &v));
	/* sha256 of {"bod */
	assert_string_equal(json_object_get_string(v), ctx);
	assert_true(json_object_object_get_ex(r->body, "segment", &v));
	assert_string_equal(json_object_get_string(v), SEGMENT1);
	return 1;
}

static void test_recovered_record(void **state)
{
	const struct dir *d = *state;
	struct sw_error err = {};
	char hex[SW_SHA256_HEX], *data;
	size_t len;

	make_chain(d->path, 2);
	data = read_file(d->path, SEGMENT1, &len);
	data = realloc(data, len + 5);
	memcpy(data + len, "{\"bod", 5);
	write_file(d->path, SEGMENT1, data, len + 5);
	free(data);
	make_chain(d->path, 1);
	assert_int_equal(sw_sha256_hex("{\"bod", 5, hex), 0);
	assert_int_equal(sw_evidence_read(d->path, find_recovered, hex, NULL, &err), 1);
}

/* A file system that grew the file but lost its data leaves NUL bytes: torn as well. */
static void test_torn_nul(void **state)
{
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct sw_error err = {};
	size_t len, extra = 3u << 20;
	char *data;

	make_chain(d->path, 2);
	data = read_file(d->path, SEGMENT1, &len);
	data = realloc(data, len + extra);
	memset(data + len, 0, extra);
	write_file(d->path, SEGMENT1, data, len + extra);
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), 0);
	assert_int_equal(report.torn_bytes, extra);
	data[len + extra - 1] = 'x';
	write_file(d->path, SEGMENT1, data, len + extra);
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), -EBADMSG);
	assert_int_equal(report.bad_record, 3);
	free(data);
}

/* The file may not grow: what was half written is cut off, and the next record that fits tells of
 * the loss. */
static void test_full(void **state)
{
	const struct dir *d = *state;
	struct rlimit old, small;
	struct sw_verify_report report;
	struct sw_evidence *e = NULL;
	struct sw_error err = {};
	struct seen seen = {};
	struct json_object *body;
	struct stat st;
	char path[128];
	int64_t tick = 0;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(sw_evidence_open(d->path, fixed_clock, &tick, &e, &err), 0);
	append_number(e, 1);
	snprintf(path, sizeof(path), "%s/%s", d->path, SEGMENT1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size + 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	body = json_object_new_object();
	for (int i = 0; i < 4; i++) {
		struct stat now;

		assert_true(sw_evidence_append(e, "event", body, &err) < 0);
		assert_non_null(strstr(err.text, "evidence record 2 (event) not written"));
		assert_int_equal(stat(path, &now), 0);
		assert_int_equal(now.st_size, st.st_size);
	}
	json_object_put(body);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	append_number(e, 2);
	append_number(e, 3);
	sw_evidence_close(e);
	assert_int_equal(sw_evidence_read(d->path, collect, &seen, &report, &err), 0);
	assert_int_equal(report.records, 3);
	assert_int_equal(seen.dropped, 4);
	assert_int_equal(seen.number, 3);
	free(seen.body);
}

/* A record that cannot be written is a loss, and is told even when nothing else follows. */
static void test_refused(void **state)
{
	const struct dir *d = *state;
	struct json_object *body = json_object_new_object();
	struct json_object *nested = json_object_new_array();
	struct sw_evidence *e = NULL;
	struct sw_error err = {};
	struct seen seen = {};
	char *big = malloc(SW_LIMIT_EVIDENCE_LINE);

	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &e, &err), 0);
	json_object_object_add(body, "x", json_object_new_string("\xff"));
	assert_int_equal(sw_evidence_append(e, "event", body, &err), -EILSEQ);
	json_object_object_add(body, "x", json_object_new_double(1.0));
	assert_int_equal(sw_evidence_append(e, "event", body, &err), -EINVAL);
	memset(big, 'a', SW_LIMIT_EVIDENCE_LINE);
	json_object_object_add(body, "x", json_object_new_string_len(big, SW_LIMIT_EVIDENCE_LINE));
	assert_int_equal(sw_evidence_append(e, "event", body, &err), -EMSGSIZE);
	for (int i = 0; i < 40; i++) {
		struct json_object *outer = json_object_new_array();

		json_object_array_add(outer, nested);
		nested = outer;
	}
	json_object_object_add(body, "x", nested);
	assert_int_equal(sw_evidence_append(e, "event", body, &err), -ELOOP);
	json_object_object_del(body, "x");
	assert_int_equal(sw_evidence_append(e, "Event", body, &err), -EINVAL);
	assert_int_equal(sw_evidence_append(e, "", body, &err), -EINVAL);
	assert_int_equal(sw_evidence_append(e, "event", NULL, &err), -EINVAL);
	sw_evidence_close(e);
	assert_int_equal(sw_evidence_read(d->path, collect, &seen, NULL, &err), 0);
	assert_int_equal(seen.records, 1);
	assert_string_equal(seen.last_type, "lost");
	assert_int_equal(seen.dropped, 7);
	json_object_put(body);
	free(seen.body);
	free(big);
}

/* 70 records of nearly 1 MiB are two segments; the chain goes on across them. */
static void test_roll(void **state)
{
	const struct dir *d = *state;
	size_t big_len = SW_LIMIT_EVIDENCE_LINE - 1000, len;
	struct json_object *body = json_object_new_object();
	struct sw_verify_report report;
	struct sw_evidence *e = NULL;
	struct sw_error err = {};
	char *big = malloc(big_len), path[128], *data;

	memset(big, 'b', big_len);
	json_object_object_add(body, "x", json_object_new_string_len(big, (int)big_len));
	free(big);
	assert_int_equal(sw_evidence_open(d->path, NULL, NULL, &e, &err), 0);
	for (int i = 0; i < 70; i++)
		assert_int_equal(sw_evidence_append(e, "event", body, &err), 0);
	sw_evidence_close(e);
	json_object_put(body);
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), 0);
	assert_int_equal(report.records, 70);

	data = read_file(d->path, SEGMENT1, &len);
	assert_true(len <= SW_LIMIT_EVIDENCE_SEGMENT);
	write_file(d->path, SEGMENT1, data, len - 1);
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), -EBADMSG);
	assert_string_equal(report.bad_file, SEGMENT1);
	assert_string_equal(report.reason, "the segment ends inside a record");
	free(data);

	snprintf(path, sizeof(path), "%s/%s", d->path, SEGMENT1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, &err), -EBADMSG);
	assert_int_equal(report.bad_record, 1);
	assert_string_equal(report.reason, "the segment is missing");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, dir_setup, dir_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_round_trip),	   CASE(test_line),
		CASE(test_published),	   CASE(test_continue),
		CASE(test_callback_stops), CASE(test_nothing_there),
		CASE(test_lock),	   CASE(test_open_refuses),
		CASE(test_torn),	   CASE(test_recovered_record),
		CASE(test_torn_nul),	   CASE(test_full),
		CASE(test_refused),	   CASE(test_roll),
	};

	return cmocka_run_group_tests_name("evidence/chain", tests, NULL, NULL);
}
