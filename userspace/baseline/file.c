/* SPDX-License-Identifier: Apache-2.0 */
/* Saves a baseline to a file and loads it again, believing nothing in it. */
#include "baseline/private.h"

#include "sinks/output.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

SW_DEFINE_CLEANUP(struct sw_output *, output, sw_output_abort)

#define SAVE_BLOCK (256u << 10)

int sw_baseline_save(const struct sw_baseline *b, const char *path, struct sw_error *err)
{
	_cleanup_(sw_cleanup_output) struct sw_output *o = NULL;
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	int rc = sw_output_open(path, &o, err);

	if (rc < 0)
		return rc;
	sw_baseline_format_header(&sb, b);
	sw_strbuf_addc(&sb, '\n');
	for (size_t i = 0; rc == 0 && i < b->n; i++) {
		sw_baseline_format_entry(&sb, &b->entries[i]);
		sw_strbuf_addc(&sb, '\n');
		if (sb.len < SAVE_BLOCK && i + 1 < b->n)
			continue;
		rc = sw_strbuf_str(&sb) ? sw_output_write(o, sb.data, sb.len) : -ENOMEM;
		sb.len = 0;
	}
	if (rc == -ENOMEM)
		return sw_error_set(err, ENOMEM, "%s: out of memory", path);
	return sw_output_commit(TAKE(o), err); /* tells an earlier write error, too */
}

/* ---- reading ---- */

struct reader {
	FILE *f;
	size_t line; /* number of the one in text */
	size_t len;
	char text[SW_LIMIT_BASELINE_LINE];
};

/* 1: a line without its newline, 0: end of file. */
static int next_line(struct reader *r, struct sw_error *err)
{
	int c;

	r->line++;
	for (r->len = 0; (c = getc_unlocked(r->f)) != EOF && c != '\n';) {
		if (r->len == sizeof(r->text))
			return sw_error_set(err, E2BIG, "line longer than %u bytes",
					    SW_LIMIT_BASELINE_LINE);
		r->text[r->len++] = (char)c;
	}
	if (ferror(r->f))
		return sw_error_set(err, EIO, "cannot be read");
	if (c == EOF && r->len)
		return sw_error_set(err, EBADMSG, "cut off: no newline at its end");
	return c != EOF;
}

static int read_entries(struct reader *r, uint64_t entries, struct sw_digest *d,
			struct sw_baseline *b, struct sw_error *err)
{
	int rc;

	while ((rc = next_line(r, err)) > 0) {
		struct sw_baseline_entry e = {0};

		if (b->n == entries)
			return sw_error_set(err, EBADMSG, "more entries than the header says");
		rc = sw_baseline_parse_entry(r->text, r->len, &e, err);
		if (rc < 0)
			return rc;
		if (b->n && strcmp(b->entries[b->n - 1].path, e.path) >= 0) {
			sw_baseline_entry_release(&e);
			return sw_error_set(err, EBADMSG, "out of order or twice");
		}
		if (sw_baseline_add(b, &e) < 0)
			return sw_error_set(err, ENOMEM, "out of memory");
		sw_digest_update(d, r->text, r->len);
		sw_digest_update(d, "\n", 1);
	}
	if (rc == 0 && b->n != entries)
		return sw_error_set(err, EBADMSG, "%zu entries, the header says %llu", b->n,
				    (unsigned long long)entries);
	return rc;
}

static void digest_free(struct sw_digest **d)
{
	sw_digest_free(*d);
}

static int read_all(struct reader *r, struct sw_baseline *b, struct sw_error *err)
{
	__attribute__((cleanup(digest_free))) struct sw_digest *d = NULL;
	char digest[SW_SHA256_HEX];
	uint64_t entries = 0;
	int rc = next_line(r, err);

	if (rc == 0)
		return sw_error_set(err, EBADMSG, "empty");
	if (rc > 0)
		rc = sw_baseline_parse_header(r->text, r->len, b, &entries, err);
	if (rc == 0 && sw_digest_new("SHA-256", &d) < 0)
		rc = sw_error_set(err, ENOMEM, "out of memory");
	if (rc == 0)
		rc = read_entries(r, entries, d, b, err);
	if (rc < 0)
		return rc;
	if (sw_digest_final(d, digest, sizeof(digest)) < 0 || sw_baseline_index(b) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	if (strcmp(digest, b->digest) != 0)
		return sw_error_set(err, EBADMSG, "the entries do not have the header's digest");
	return 0;
}

int sw_baseline_read(FILE *f, const char *name, struct sw_baseline **ret_baseline,
		     struct sw_error *err)
{
	_cleanup_baseline_ struct sw_baseline *b = calloc(1, sizeof(*b));
	_cleanup_free_ struct reader *r = malloc(sizeof(*r));
	struct sw_error own = {0};
	int rc;

	if (!b || !r)
		return sw_error_set(err, ENOMEM, "baseline %s: out of memory", name);
	r->f = f;
	r->line = 0;
	rc = read_all(r, b, &own);
	if (rc < 0)
		return sw_error_set(err, -rc, "baseline %s:%zu: %s", name, r->line, own.text);
	*ret_baseline = TAKE(b);
	return 0;
}

int sw_baseline_load(const char *path, struct sw_baseline **ret_baseline, struct sw_error *err)
{
	_cleanup_file_ FILE *f = fopen(path, "re");

	if (!f)
		return sw_error_set(err, errno, "baseline %s: %s", path, strerror(errno));
	return sw_baseline_read(f, path, ret_baseline, err);
}
