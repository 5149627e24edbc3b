/* SPDX-License-Identifier: Apache-2.0 */
/* The one module that uses libarchive: packed bytes in, unpacked bytes out; must not know what they
 * are. */
#include "adapters/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/library.h"

#define ARCHIVE_FUNCTIONS(X)                                                                       \
	X(error_string)                                                                            \
	X(read_append_filter)                                                                      \
	X(read_data)                                                                               \
	X(read_free)                                                                               \
	X(read_new)                                                                                \
	X(read_next_header)                                                                        \
	X(read_open)                                                                               \
	X(read_support_format_empty)                                                               \
	X(read_support_format_raw)                                                                 \
	X(set_error)

#define POINTER(f) typeof(&archive_##f) f;
#define SYMBOL(f) {"archive_" #f, &la.f},
static struct {
	ARCHIVE_FUNCTIONS(POINTER)
} la;
static const struct sw_library_symbol symbols[] = {ARCHIVE_FUNCTIONS(SYMBOL)};
static struct sw_library library = {"libarchive.so.13", symbols, SW_ARRAY_LEN(symbols), false};

struct sw_unpack {
	struct archive *a;
	sw_unpack_fn fn;
	void *ctx;
	int rc; /* what fn failed with */
	bool end;
};

const char *sw_unpack_format(const void *head, size_t len)
{
	const unsigned char *p = head;

	if (len >= 2 && p[0] == 0x1f && p[1] == 0x8b)
		return "gzip";
	if (len < 4)
		return NULL;
	if (p[0] == 0x28 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd)
		return "zstd";
	/* a skippable frame, which eStargz and zstd:chunked put in front or behind */
	return (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18 ? "zstd"
										     : NULL;
}

static la_ssize_t feed(struct archive *a, void *ctx, const void **ret_data)
{
	struct sw_unpack *u = ctx;
	ssize_t n = u->fn(u->ctx, ret_data);

	if (n < 0) {
		u->rc = (int)n;
		la.set_error(a, (int)-n, "%s", strerror((int)-n));
	}
	return n;
}

static int tell(const struct sw_unpack *u, struct sw_error *err)
{
	const char *why = la.error_string(u->a);

	if (u->rc < 0)
		return sw_error_set(err, -u->rc, "%s", strerror(-u->rc));
	return sw_error_set(err, EBADMSG, "cannot be unpacked: %.200s", why ? why : "damaged");
}

/* The one filter asked for: left to guess, libarchive unpacks what it finds inside again and again.
 */
static int prepare(struct archive *a, const char *format)
{
	int filter = strcmp(format, "zstd") ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_ZSTD;

	if (!a)
		return ARCHIVE_FATAL;
	if (la.read_support_format_raw(a) != ARCHIVE_OK ||
	    la.read_support_format_empty(a) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	return la.read_append_filter(a, filter);
}

int sw_unpack_new(const char *format, sw_unpack_fn fn, void *ctx, struct sw_unpack **ret_unpack,
		  struct sw_error *err)
{
	struct archive_entry *entry;
	struct sw_unpack *u;
	int rc = sw_library_open(&library, err);

	if (rc < 0)
		return rc;
	u = calloc(1, sizeof(*u));
	if (!u)
		return sw_error_set(err, ENOMEM, "out of memory");
	u->fn = fn;
	u->ctx = ctx;
	u->a = la.read_new();
	if (prepare(u->a, format) != ARCHIVE_OK) {
		sw_unpack_free(u);
		return sw_error_set(err, ENOTSUP, "libarchive without %s", format);
	}
	rc = la.read_open(u->a, u, NULL, feed, NULL);
	/* what cannot be unpacked at all looks empty to the format behind it */
	if (rc == ARCHIVE_OK && la.error_string(u->a))
		rc = ARCHIVE_FATAL;
	if (rc == ARCHIVE_OK)
		rc = la.read_next_header(u->a, &entry);
	u->end = rc == ARCHIVE_EOF && !la.error_string(u->a);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN && !u->end) {
		rc = tell(u, err);
		sw_unpack_free(u);
		return rc;
	}
	*ret_unpack = u;
	return 0;
}

ssize_t sw_unpack_read(struct sw_unpack *u, void *buf, size_t size, struct sw_error *err)
{
	ssize_t n = u->end ? 0 : la.read_data(u->a, buf, size);

	if (n < 0)
		return tell(u, err);
	u->end = n == 0;
	return n;
}

void sw_unpack_free(struct sw_unpack *u)
{
	if (!u)
		return;
	if (u->a)
		la.read_free(u->a);
	free(u);
}
