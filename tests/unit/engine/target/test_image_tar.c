/* SPDX-License-Identifier: Apache-2.0 */
/* Tar streams made block by block: formats, numbers, names, sparse files, damage. */
#include <fcntl.h>
#include <sys/mman.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/strbuf.h"
#include "target/image/stream.h"
#include "target/image/tar.h"
#include "unit/engine/unit.h"

#define USTAR "ustar\00000"
#define GNU "ustar  \0"

static void seal(char *h)
{
	unsigned sum = 0;

	memset(h + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
}

static void fill_header(char *h, const char *name, char type, const char *magic, size_t size)
{
	memset(h, 0, 512);
	strncpy(h, name, 100);
	memcpy(h + 100, "0000644", 8);
	memcpy(h + 108, "0000012", 8);
	memcpy(h + 116, "0000013", 8);
	snprintf(h + 124, 12, "%011o", (unsigned)size & 077777777);
	memcpy(h + 136, "00000000017", 12);
	h[156] = type;
	memcpy(h + 257, magic, 8);
	seal(h);
}

static void add_padded(struct sw_strbuf *sb, const void *data, size_t len)
{
	static const char zero[512];

	sw_strbuf_add(sb, data, len);
	sw_strbuf_add(sb, zero, (512 - len % 512) % 512);
}

static void add(struct sw_strbuf *sb, const char *name, char type, const void *data, size_t len)
{
	char h[512];

	fill_header(h, name, type, USTAR, len);
	sw_strbuf_add(sb, h, sizeof(h));
	add_padded(sb, data, len);
}

/* "key=value|key=value" as pax records. */
static void add_pax(struct sw_strbuf *sb, const char *list)
{
	struct sw_strbuf data = {0};

	while (*list) {
		size_t len = strcspn(list, "|"), n = len + 2; /* a space and a newline */

		n += n + 1 < 10 ? 1 : n + 2 < 100 ? 2 : 3;
		sw_strbuf_addf(&data, "%zu %.*s\n", n, (int)len, list);
		list += len + (list[len] == '|');
	}
	add(sb, "pax", 'x', data.data, data.len);
	sw_strbuf_release(&data);
}

struct reading {
	struct stream *stream;
	struct tar *tar;
	struct tar_entry *e;
	struct sw_error err;
	int fd;
};

/* Takes the archive's bytes; the result of the first tar_next. */
static int start(struct reading *r, struct sw_strbuf *sb)
{
	struct extent e = {.len = sb->len};

	*r = (struct reading){.fd = memfd_create("tar", MFD_CLOEXEC)};
	assert_int_equal(write(r->fd, sb->data, sb->len), sb->len);
	e.fd = r->fd;
	sw_strbuf_release(sb);
	*sb = (struct sw_strbuf){0};
	assert_int_equal(stream_open(&e, false, NULL, &r->stream, &r->err), 0);
	assert_int_equal(tar_new(r->stream, NULL, &r->tar, &r->err), 0);
	return tar_next(r->tar, &r->e, &r->err);
}

static void stop(struct reading *r)
{
	tar_free(r->tar);
	stream_free(r->stream);
	close(r->fd);
}

static void test_plain(void **state)
{
	struct sw_strbuf sb = {0};
	struct reading r;
	char buf[8] = "";

	add(&sb, "a", '0', "hello", 5);
	add(&sb, "d/", '\0', "", 0);
	add(&sb, "./b", '7', "x", 1);
	sw_strbuf_add(&sb, (char[1024]){0}, 1024);
	add(&sb, "behind the end", '0', "", 0);
	assert_int_equal(start(&r, &sb), 1);
	assert_string_equal(r.e->name, "a");
	assert_int_equal(r.e->type, 'f');
	assert_int_equal(r.e->mode, 0644);
	assert_int_equal(r.e->uid, 10);
	assert_int_equal(r.e->gid, 11);
	assert_int_equal(r.e->mtime, 15);
	assert_int_equal(r.e->size, 5);
	assert_int_equal(r.e->data, 512);
	assert_int_equal(tar_read(r.tar, buf, 5, &r.err), 0);
	assert_string_equal(buf, "hello");
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_int_equal(r.e->type, 'd'); /* v7 wrote directories so */
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_string_equal(r.e->name, "./b");
	assert_int_equal(r.e->data, 2048);
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 0);
	stop(&r);
}

static void test_names(void **state)
{
	char h[512], longer[300], pax[400];
	struct sw_strbuf sb = {0};
	struct reading r;

	/* ustar's prefix, and a name without a NUL */
	memset(longer, 'n', sizeof(longer));
	longer[299] = '\0';
	fill_header(h, longer, '0', USTAR, 0);
	memcpy(h + 345, "some/prefix", 11);
	seal(h);
	sw_strbuf_add(&sb, h, sizeof(h));
	/* GNU's fields at the same place are no prefix */
	fill_header(h, "gnu", '0', GNU, 0);
	memcpy(h + 345, "00000000001", 11);
	seal(h);
	sw_strbuf_add(&sb, h, sizeof(h));
	add(&sb, "././@LongLink", 'L', longer, sizeof(longer));
	add(&sb, "././@LongLink", 'K', "target", 7);
	add(&sb, "short", '2', "", 0);
	/* bytes that are no UTF-8, and no normal form: unchanged */
	snprintf(pax, sizeof(pax), "%s", "path=\xff/e\xcc\x81|");
	add_pax(&sb, pax);
	add(&sb, "short", '0', "", 0);
	add(&sb, "after", '0', "", 0);
	assert_int_equal(start(&r, &sb), 1);
	assert_int_equal(strlen(r.e->name), 112);
	assert_memory_equal(r.e->name, "some/prefix/nnn", 15);
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_string_equal(r.e->name, "gnu");
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_string_equal(r.e->name, longer);
	assert_string_equal(r.e->link, "target");
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_string_equal(r.e->name, "\xff/e\xcc\x81");
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_string_equal(r.e->name, "after"); /* nothing is left of the one before */
	stop(&r);
}

static void test_pax(void **state)
{
	static const char pax[] = "uid=700|gid=4000000|mtime=-1.500|size=3|"
				  "SCHILY.xattr.user.a=b=\n|comment=x|path=p|path=q|";
	struct sw_strbuf sb = {0};
	struct reading r;

	add(&sb, "pax", 'g', "17 path=everyone\n", 17); /* a global header counts for nobody */
	add_pax(&sb, pax);
	add(&sb, "short", '0', "abc", 3);
	add(&sb, "next", '0', "", 0);
	assert_int_equal(start(&r, &sb), 1);
	assert_string_equal(r.e->name, "q");
	assert_int_equal(r.e->uid, 700);
	assert_int_equal(r.e->gid, 4000000);
	assert_int_equal(r.e->mtime, -2);
	assert_int_equal(r.e->size, 3);
	assert_int_equal(r.e->n_xattrs, 1);
	assert_string_equal(r.e->xattrs[0].name, "user.a");
	assert_int_equal(r.e->xattrs[0].len, 3);
	assert_memory_equal(r.e->xattrs[0].value, "b=\n", 3);
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_string_equal(r.e->name, "next");
	assert_int_equal(r.e->n_xattrs, 0);
	stop(&r);
}

static void check_sparse(struct sw_strbuf *sb)
{
	struct reading r;
	char buf[9] = "";

	assert_int_equal(start(&r, sb), 1);
	assert_string_equal(r.e->name, "s");
	assert_true(r.e->sparse);
	assert_int_equal(r.e->size, 9000);
	assert_int_equal(r.e->stored, 8);
	assert_int_equal(r.e->n_parts, 2);
	assert_int_equal(r.e->parts[1].offset, 4096);
	assert_int_equal(r.e->parts[1].len, 4);
	assert_int_equal(tar_read(r.tar, buf, 8, &r.err), 0);
	assert_string_equal(buf, "datadata");
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
	assert_string_equal(r.e->name, "next");
	stop(&r);
}

static void test_sparse(void **state)
{
	static const char v00[] = "GNU.sparse.size=9000|"
				  "GNU.sparse.offset=0|GNU.sparse.numbytes=4|"
				  "GNU.sparse.offset=4096|GNU.sparse.numbytes=4|";
	static const char v01[] = "GNU.sparse.size=9000|GNU.sparse.map=0,4,4096,4|"
				  "GNU.sparse.name=s|GNU.sparse.major=0|GNU.sparse.minor=1|";
	static const char v10[] = "GNU.sparse.realsize=9000|GNU.sparse.name=s|"
				  "GNU.sparse.major=1|GNU.sparse.minor=0|";
	char h[512], data[520] = "2\n0\n4\n4096\n4\n";
	struct sw_strbuf sb = {0};

	add_pax(&sb, v00);
	add(&sb, "s", '0', "datadata", 8);
	add(&sb, "next", '0', "", 0);
	check_sparse(&sb);
	add_pax(&sb, v01);
	add(&sb, "other", '0', "datadata", 8);
	add(&sb, "next", '0', "", 0);
	check_sparse(&sb);
	memcpy(data + 512, "datadata", 8);
	add_pax(&sb, v10);
	add(&sb, "other", '0', data, sizeof(data));
	add(&sb, "next", '0', "", 0);
	check_sparse(&sb);
	/* the oldest form: its second part in a block of its own */
	fill_header(h, "s", 'S', GNU, 8);
	snprintf(h + 386, 25, "%011o", 0);
	snprintf(h + 398, 12, "%011o", 4);
	for (int i = 1; i < 4; i++) {
		snprintf(h + 386 + 24 * i, 12, "%011o", 4 + i);
		snprintf(h + 398 + 24 * i, 12, "%011o", 0);
	}
	h[482] = 1;
	snprintf(h + 483, 12, "%011o", 9000);
	seal(h);
	sw_strbuf_add(&sb, h, sizeof(h));
	memset(h, 0, sizeof(h));
	snprintf(h, 12, "%011o", 4096);
	snprintf(h + 12, 12, "%011o", 4);
	sw_strbuf_add(&sb, h, sizeof(h));
	add_padded(&sb, "datadata", 8);
	add(&sb, "next", '0', "", 0);
	{
		struct reading r;

		assert_int_equal(start(&r, &sb), 1);
		assert_int_equal(r.e->n_parts, 5);
		assert_int_equal(r.e->parts[4].offset, 4096);
		assert_int_equal(r.e->size, 9000);
		assert_int_equal(tar_next(r.tar, &r.e, &r.err), 1);
		assert_string_equal(r.e->name, "next");
		stop(&r);
	}
}

/* Pax headers in front of an empty file, and what must be said of them. */
static const struct {
	const char *pax; /* "!": the header as it is, else records */
	const char *want;
} damaged[] = {
	{"!x", "a damaged pax header"},
	{"!99 path=a\n", "a damaged pax header"},
	{"!10 path=ab", "a damaged pax header"},
	{"!8 patha\n", "a damaged pax header"},
	{"!5 =a\n", "a damaged pax header"},
	{"!-1 path=a\n", "a damaged pax header"},
	{"uid=-1|", "wrong number"},
	{"size=99999999999999999999|", "wrong number"},
	{"mtime=x|", "wrong time"},
	{"uid=4294967296|", "out of range"},
	{"GNU.sparse.map=1,2|", "wrong map"},
	{"GNU.sparse.major=2|", "format that is not known"},
	{"GNU.sparse.numbytes=12|", "wrong map"},
	{"GNU.sparse.realsize=100|GNU.sparse.map=0,200|", "wrong map"},
	{"GNU.sparse.realsize=100|GNU.sparse.map=50,1,10,1|", "wrong map"},
	{"GNU.sparse.realsize=100|GNU.sparse.map=0,50|", "less data"},
	{"GNU.sparse.realsize=100|GNU.sparse.map=0,,|", "wrong map"},
};

static void test_damaged(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(damaged); i++) {
		struct sw_strbuf sb = {0};
		struct reading r;
		int rc;

		if (*damaged[i].pax == '!')
			add(&sb, "pax", 'x', damaged[i].pax + 1, strlen(damaged[i].pax) - 1);
		else
			add_pax(&sb, damaged[i].pax);
		add(&sb, "a", '0', "", 0);
		rc = start(&r, &sb);
		if (rc >= 0 || !strstr(r.err.text, damaged[i].want))
			fail_msg("%s: %d %s", damaged[i].pax, rc, r.err.text);
		stop(&r);
	}
}

static void test_numbers(void **state)
{
	char h[512];
	struct sw_strbuf sb = {0};
	struct reading r;

	fill_header(h, "base 256", '3', USTAR, 0);
	memcpy(h + 108, "\x80\0\0\0\xff\xff\xff\xff", 8);
	memset(h + 136, 0xff, 12); /* -1 */
	memcpy(h + 329, "0000010", 8);
	memcpy(h + 337, " 3    ", 7);
	seal(h);
	sw_strbuf_add(&sb, h, sizeof(h));
	fill_header(h, "no number", '0', USTAR, 0);
	memcpy(h + 108, "12a4567", 8);
	seal(h);
	sw_strbuf_add(&sb, h, sizeof(h));
	assert_int_equal(start(&r, &sb), 1);
	assert_int_equal(r.e->uid, UINT32_MAX);
	assert_int_equal(r.e->mtime, -1);
	assert_int_equal(r.e->major, 8);
	assert_int_equal(r.e->minor, 3);
	assert_int_equal(tar_next(r.tar, &r.e, &r.err), -EBADMSG);
	stop(&r);
	fill_header(h, "wrong sum", '0', USTAR, 0);
	h[0] = 'W';
	sw_strbuf_add(&sb, h, sizeof(h));
	assert_int_equal(start(&r, &sb), -EBADMSG);
	stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	cmocka_unit_test(test_names),
		cmocka_unit_test(test_pax),	cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
