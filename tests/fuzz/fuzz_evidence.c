/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the evidence reader. The first byte chooses: 'c' takes the rest as a segment's bytes; 'b'
 * takes each line of it as "type body", seals them into a good chain, and has the verdicts drawn
 * from it (hostile bodies behind good hashes).
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "evidence/evidence.h"
#include "result/result.h"
#include "result/text.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

#define SEGMENT "evidence-000001.jsonl"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/dev/shm/sw-fuzz-evidence-XXXXXX";
static int dir_fd = -1;

static void clean(void)
{
	unlinkat(dir_fd, SEGMENT, 0);
	unlinkat(dir_fd, "lock", 0);
}

static void remove_directory(void)
{
	clean();
	rmdir(directory);
}

static void setup(void)
{
	if (dir_fd >= 0)
		return;
	if (!mkdtemp(directory))
		abort();
	dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	atexit(remove_directory);
}

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Whatever the bytes are: read says good, bad or empty; what is good or empty can be continued, and
 * is good then. */
static void try_chain(const uint8_t *data, size_t size)
{
	struct sw_verify_report before, after;
	struct sw_evidence *e = NULL;
	int fd = openat(dir_fd, SEGMENT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	rc = sw_evidence_read(directory, NULL, NULL, &before, NULL);
	must(rc == 0 || rc == -EBADMSG || rc == -ENODATA);
	must((rc == -EBADMSG) == (before.bad_record > 0));
	rc = sw_evidence_open(directory, NULL, NULL, &e, NULL);
	must((rc == 0) == (before.bad_record == 0));
	if (rc < 0)
		return;
	sw_evidence_close(e);
	rc = sw_evidence_read(directory, NULL, NULL, &after, NULL);
	must(rc == 0 || (rc == -ENODATA && before.records == 0 && before.torn_bytes == 0));
	must(after.torn_bytes == 0);
	must(after.records == before.records + (before.torn_bytes > 0));
}

static int discard(void *ctx, const void *data, size_t len)
{
	return 0;
}

static void append_line(struct sw_evidence *e, const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	char type[32];
	struct json_tokener *tok;
	struct json_object *body;

	if (!space || (size_t)(space - line) >= sizeof(type))
		return;
	memcpy(type, line, (size_t)(space - line));
	type[space - line] = '\0';
	tok = json_tokener_new();
	body = json_tokener_parse_ex(tok, space + 1, (int)(len - (size_t)(space + 1 - line)));
	if (body)
		sw_evidence_append(e, type, body, NULL);
	json_object_put(body);
	json_tokener_free(tok);
}

static void try_bodies(const char *data, size_t size)
{
	struct sw_runtime_options opts = {.window = size % 2 ? SW_WINDOW_LIFE : SW_WINDOW_OBSERVED};
	struct sw_text_options text = {.all = true};
	struct sw_verify_report report;
	struct sw_evidence *e = NULL;
	struct sw_runtime *rt = NULL;
	int rc;

	must(sw_evidence_open(directory, NULL, NULL, &e, NULL) == 0);
	for (size_t at = 0; at < size;) {
		const char *end = memchr(data + at, '\n', size - at);
		size_t len = end ? (size_t)(end - data) - at : size - at;

		append_line(e, data + at, len);
		at += len + 1;
	}
	sw_evidence_close(e);
	rc = sw_evidence_read(directory, NULL, NULL, &report, NULL);
	must(rc == 0 || rc == -ENODATA);
	if (sw_runtime_judge(directory, &opts, &rt, NULL) < 0)
		return;
	must(sw_html_report(rt->result, &rt->timeline, "fuzz", discard, NULL) == 0);
	must(sw_text_report(rt->result, &text, discard, NULL) == 0);
	sw_runtime_free(rt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	setup();
	clean();
	if (data[0] == 'b')
		try_bodies((const char *)data + 1, size - 1);
	else
		try_chain(data + 1, size - 1);
	clean();
	return 0;
}
