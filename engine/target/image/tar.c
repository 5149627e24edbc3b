/* SPDX-License-Identifier: Apache-2.0 */
/* Reads tar headers; knows no paths, follows nothing and keeps no content. */
#include "target/image/tar.h"

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "target/image/pax.h"
#include "target/image/stream.h"

#define TAR_BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a tar header is one block");

struct tar {
	struct stream *stream;
	struct budget *budget;
	uint64_t left; /* of the current entry in the stream, padding included */
	struct pax pax;
	char *long_name, *long_link; /* GNU */
	struct tar_entry e;
};

static void entry_release(struct tar_entry *e)
{
	free(e->name);
	free(e->link);
	free(e->parts);
	tar_xattrs_free(e->xattrs, e->n_xattrs);
	*e = (struct tar_entry){0};
}

int tar_new(struct stream *stream, struct budget *budget, struct tar **ret_tar,
	    struct sw_error *err)
{
	struct tar *t = calloc(1, sizeof(*t));

	if (!t)
		return sw_error_set(err, ENOMEM, "out of memory");
	t->stream = stream;
	t->budget = budget;
	t->pax = (struct pax)PAX_INIT;
	*ret_tar = t;
	return 0;
}

void tar_free(struct tar *t)
{
	if (!t)
		return;
	entry_release(&t->e);
	pax_release(&t->pax);
	free(t->long_name);
	free(t->long_link);
	free(t);
}

static uint64_t padded(uint64_t n)
{
	return (n + TAR_BLOCK - 1) & ~(uint64_t)(TAR_BLOCK - 1);
}

/* ---- numbers ---- */

/* Octal with spaces or NULs around it, or base 256 when the first bit is set. */
static bool number(const char *field, size_t len, int64_t *ret)
{
	const unsigned char *p = (const unsigned char *)field;
	uint64_t n = 0;
	size_t i = 0;

	if (p[0] & 0x80) {
		bool minus = p[0] & 0x40;
		unsigned char flip = minus ? 0xff : 0;

		for (i = 0; i < len; i++) {
			unsigned char c = p[i] ^ flip;

			if (i == 0)
				c &= 0x7f;
			if (n >> 55)
				return false;
			n = n << 8 | c;
		}
		*ret = minus ? ~(int64_t)n : (int64_t)n;
		return true;
	}
	while (i < len && (p[i] == ' ' || p[i] == '\0'))
		i++;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++) {
		if (n >> 60)
			return false;
		n = n << 3 | (uint64_t)(p[i] - '0');
	}
	while (i < len && (p[i] == ' ' || p[i] == '\0'))
		i++;
	*ret = (int64_t)n;
	return i == len;
}
#define NUMBER(field, ret) number((field), sizeof(field), (ret))

static bool checksum_right(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	int64_t plain = 0, sign = 0, said;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		bool in_sum =
			i >= offsetof(struct header, sum) && i < offsetof(struct header, type);

		plain += in_sum ? ' ' : p[i];
		sign += in_sum ? ' ' : (signed char)p[i];
	}
	return NUMBER(h->sum, &said) && (said == plain || said == sign);
}

/* ---- headers in front of an entry ---- */

static int read_exactly(struct tar *t, void *buf, size_t size, struct sw_error *err)
{
	size_t n;
	int rc = stream_read(t->stream, buf, size, &n, err);

	if (rc == 0 && n != size)
		rc = sw_error_set(err, EBADMSG, "ends in the middle of a file");
	return rc;
}

/* The content of a header entry, NUL-terminated. */
static int read_special(struct tar *t, uint64_t size, char **ret, struct sw_error *err)
{
	_cleanup_free_ char *buf = NULL;
	int rc;

	if (size > SW_LIMIT_TAR_HEADER)
		return sw_error_set(err, E2BIG, "a tar header of more than %u bytes",
				    SW_LIMIT_TAR_HEADER);
	buf = malloc((size_t)padded(size) + 1);
	if (!buf)
		return sw_error_set(err, ENOMEM, "out of memory");
	rc = read_exactly(t, buf, (size_t)padded(size), err);
	if (rc < 0)
		return rc;
	buf[size] = '\0';
	*ret = TAKE(buf);
	return 0;
}

/* 1: it was one and is read. Global pax headers are read and ignored, as runtimes do. */
static int special(struct tar *t, char type, uint64_t size, struct sw_error *err)
{
	_cleanup_free_ char *data = NULL;
	int rc;

	if (!strchr("xXgLK", type) || !type)
		return 0;
	rc = read_special(t, size, &data, err);
	if (rc < 0)
		return rc;
	if (type == 'L' || type == 'K') {
		char **slot = type == 'L' ? &t->long_name : &t->long_link;

		free(*slot);
		*slot = TAKE(data);
	} else if (type != 'g') {
		pax_release(&t->pax); /* the last one counts */
		rc = pax_parse(&t->pax, data, (size_t)size, err);
	}
	return rc < 0 ? rc : 1;
}

/* ---- names ---- */

static char *field_text(const char *field, size_t len)
{
	return strndup(field, len);
}

static char *header_name(const struct header *h)
{
	bool ustar = !memcmp(h->magic, "ustar", 6), star = !memcmp(h->pad + 8, "tar", 4);
	size_t prefix_len = star ? 131 : sizeof(h->prefix);
	char *name = NULL;

	if (!ustar || !h->prefix[0])
		return field_text(h->name, sizeof(h->name));
	if (asprintf(&name, "%.*s/%.*s", (int)prefix_len, h->prefix, (int)sizeof(h->name),
		     h->name) < 0)
		return NULL;
	return name;
}

static int set_names(struct tar *t, const struct header *h, struct sw_error *err)
{
	struct tar_entry *e = &t->e;
	struct pax *p = &t->pax;

	e->name = t->long_name		? TAKE(t->long_name)
		  : p->sparse_name	? TAKE(p->sparse_name)
		  : p->path && *p->path ? TAKE(p->path)
					: header_name(h);
	e->link = t->long_link		? TAKE(t->long_link)
		  : p->link && *p->link ? TAKE(p->link)
					: field_text(h->link, sizeof(h->link));
	return e->name && e->link ? 0 : sw_error_set(err, ENOMEM, "out of memory");
}

/* ---- sparse files ---- */

static int old_sparse_pairs(struct tar *t, const char *fields, size_t n, bool *ret_end,
			    struct sw_error *err)
{
	struct tar_entry *e = &t->e;

	for (size_t i = 0; i < n; i++, fields += 24) {
		int64_t offset, len;
		struct tar_part part;
		int rc;

		if (!fields[0]) {
			*ret_end = true;
			return 0;
		}
		if (!number(fields, 12, &offset) || !number(fields + 12, 12, &len) || offset < 0 ||
		    len < 0)
			return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
		part = (struct tar_part){(uint64_t)offset, (uint64_t)len};
		rc = tar_part_add(&e->parts, &e->n_parts, &e->cap_parts, part, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* GNU's oldest: the map in the header and in blocks behind it. */
static int old_sparse(struct tar *t, const struct header *h, struct sw_error *err)
{
	const char *raw = (const char *)h;
	char more = raw[482];
	int64_t real;
	bool end = false;
	int rc;

	if (memcmp(h->magic, "ustar ", 6) || !number(raw + 483, 12, &real) || real < 0)
		return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
	t->e.size = (uint64_t)real;
	t->e.sparse = true;
	rc = old_sparse_pairs(t, raw + 386, 4, &end, err);
	while (rc == 0 && more) {
		char block[TAR_BLOCK];

		rc = read_exactly(t, block, sizeof(block), err);
		if (rc < 0)
			return rc;
		more = block[504];
		if (end)
			return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
		rc = old_sparse_pairs(t, block, 21, &end, err);
	}
	return rc;
}

/* One decimal line of the map in front of the data. block is refilled as needed. */
struct map_reader {
	char block[TAR_BLOCK];
	size_t at, n;
	uint64_t blocks;
};

static int map_number(struct tar *t, struct map_reader *m, uint64_t *ret, struct sw_error *err)
{
	char text[24];
	size_t len = 0;
	int rc;

	for (;;) {
		if (m->at == m->n) {
			if (++m->blocks * TAR_BLOCK > SW_LIMIT_TAR_HEADER ||
			    m->blocks * TAR_BLOCK > t->e.stored)
				return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
			rc = read_exactly(t, m->block, sizeof(m->block), err);
			if (rc < 0)
				return rc;
			m->at = 0;
			m->n = sizeof(m->block);
		}
		if (m->block[m->at] == '\n') {
			m->at++;
			break;
		}
		if (len == sizeof(text))
			return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
		text[len++] = m->block[m->at++];
	}
	if (!tar_decimal(text, len, ret))
		return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
	return 0;
}

/* Format 1.0: the map is in front of the data, padded to a block. */
static int front_map(struct tar *t, struct sw_error *err)
{
	struct map_reader m = {.n = 0};
	struct tar_entry *e = &t->e;
	uint64_t n;
	int rc = map_number(t, &m, &n, err);

	if (rc == 0 && n > SW_LIMIT_TAR_SPARSE)
		return sw_error_set(err, E2BIG, "a sparse file of more than %u parts",
				    SW_LIMIT_TAR_SPARSE);
	for (uint64_t i = 0; rc == 0 && i < n; i++) {
		struct tar_part part;

		rc = map_number(t, &m, &part.offset, err);
		if (rc == 0)
			rc = map_number(t, &m, &part.len, err);
		if (rc == 0)
			rc = tar_part_add(&e->parts, &e->n_parts, &e->cap_parts, part, err);
	}
	if (rc < 0)
		return rc;
	t->left -= m.blocks * TAR_BLOCK;
	e->stored -= m.blocks * TAR_BLOCK;
	return 0;
}

static int pax_sparse(struct tar *t, struct sw_error *err)
{
	struct pax *p = &t->pax;
	struct tar_entry *e = &t->e;

	if (p->sparse_major < 0 && !p->n_parts)
		return 0;
	if (e->type != 'f' || !p->has_realsize)
		return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
	e->sparse = true;
	e->size = p->realsize;
	if (p->sparse_major == 1)
		return front_map(t, err);
	e->n_parts = p->n_parts;
	e->cap_parts = p->cap_parts;
	e->parts = TAKE(p->parts);
	return 0;
}

/* ---- entries ---- */

static char type_char(char type)
{
	switch (type) {
	case '\0':
	case '0':
	case '7':
	case 'S':
		return 'f';
	case '1':
		return 'h';
	case '2':
		return 'l';
	case '3':
		return 'c';
	case '4':
		return 'b';
	case '5':
		return 'd';
	case '6':
		return 'p';
	default:
		return type;
	}
}

static int set_numbers(struct tar *t, const struct header *h, struct sw_error *err)
{
	struct tar_entry *e = &t->e;
	int64_t mode, uid, gid, mtime, major = 0, minor = 0;
	bool device = e->type == 'c' || e->type == 'b';

	if (!NUMBER(h->mode, &mode) || !NUMBER(h->uid, &uid) || !NUMBER(h->gid, &gid) ||
	    !NUMBER(h->mtime, &mtime) ||
	    (device && (!NUMBER(h->major, &major) || !NUMBER(h->minor, &minor))))
		return sw_error_set(err, EBADMSG, "a damaged tar header");
	uid = t->pax.has_uid ? (int64_t)t->pax.uid : uid;
	gid = t->pax.has_gid ? (int64_t)t->pax.gid : gid;
	if (uid < 0 || gid < 0 || uid > UINT32_MAX || gid > UINT32_MAX || major < 0 || minor < 0 ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return sw_error_set(err, EBADMSG, "an owner or device out of range");
	e->mode = (uint32_t)mode & 07777;
	e->uid = (uint32_t)uid;
	e->gid = (uint32_t)gid;
	e->major = (uint32_t)major;
	e->minor = (uint32_t)minor;
	e->mtime = t->pax.has_mtime ? t->pax.mtime : mtime;
	return 0;
}

static int set_size(struct tar *t, uint64_t size, const struct header *h, struct sw_error *err)
{
	struct tar_entry *e = &t->e;
	int rc = 0;

	if (size > INT64_MAX - TAR_BLOCK)
		return sw_error_set(err, EBADMSG, "a file of more than 2^63 bytes");
	if (strchr("hlcbdp", e->type)) /* whatever their size says, no data follows */
		size = 0;
	e->size = e->stored = size;
	t->left = padded(size);
	if (h->type == 'S')
		rc = old_sparse(t, h, err);
	else
		rc = pax_sparse(t, err);
	if (rc == 0 && e->sparse)
		rc = tar_parts_check(e, err);
	if (rc == 0 && e->size > e->stored)
		rc = budget_spend(t->budget, e->size - e->stored, err);
	e->data = stream_position(t->stream);
	return rc;
}

static int make_entry(struct tar *t, const struct header *h, uint64_t size, struct sw_error *err)
{
	struct tar_entry *e = &t->e;
	size_t len;
	int rc;

	e->type = type_char(h->type);
	rc = set_names(t, h, err);
	if (rc < 0)
		return rc;
	len = strlen(e->name);
	if (e->type == 'f' && h->type != 'S' && len && e->name[len - 1] == '/')
		e->type = 'd'; /* v7 */
	rc = set_numbers(t, h, err);
	if (rc == 0)
		rc = set_size(t, t->pax.has_size ? t->pax.size : size, h, err);
	if (rc < 0)
		return sw_error_context(err, "%.200s", e->name);
	e->n_xattrs = t->pax.n_xattrs;
	e->cap_xattrs = t->pax.cap_xattrs;
	e->xattrs = TAKE(t->pax.xattrs);
	t->pax.n_xattrs = t->pax.cap_xattrs = 0;
	pax_release(&t->pax);
	return 0;
}

/* 1: a header, 0: the end of the archive (two zero blocks, or nothing at all). */
static int read_header(struct tar *t, struct header *h, struct sw_error *err)
{
	static const struct header zero;

	for (int zeros = 0; zeros < 2; zeros++) {
		size_t n;
		int rc = stream_read(t->stream, h, sizeof(*h), &n, err);

		if (rc < 0)
			return rc;
		if (n == 0)
			return 0;
		if (n != sizeof(*h))
			return sw_error_set(err, EBADMSG, "not a tar archive, or cut off");
		if (memcmp(h, &zero, sizeof(*h)) == 0)
			continue;
		if (zeros || !checksum_right(h))
			return sw_error_set(err, EBADMSG, "not a tar archive, or damaged");
		return 1;
	}
	return 0;
}

int tar_next(struct tar *t, struct tar_entry **ret_entry, struct sw_error *err)
{
	struct header h;
	int rc = stream_skip(t->stream, t->left, err);

	t->left = 0;
	entry_release(&t->e);
	for (int i = 0; rc == 0; i++) {
		int64_t size;

		rc = read_header(t, &h, err);
		if (rc <= 0)
			return rc;
		if (!NUMBER(h.size, &size) || size < 0)
			return sw_error_set(err, EBADMSG, "a damaged tar header");
		rc = special(t, h.type, (uint64_t)size, err);
		if (rc == 0) {
			rc = make_entry(t, &h, (uint64_t)size, err);
			break;
		}
		if (rc > 0)
			rc = i < SW_LIMIT_TAR_HEADERS
				     ? 0
				     : sw_error_set(err, E2BIG, "more than %d headers for one file",
						    SW_LIMIT_TAR_HEADERS);
	}
	if (rc < 0)
		return rc;
	*ret_entry = &t->e;
	return 1;
}

int tar_read(struct tar *t, void *buf, size_t size, struct sw_error *err)
{
	int rc = size <= t->left ? read_exactly(t, buf, size, err)
				 : sw_error_set(err, EINVAL, "more than the file has");

	if (rc == 0)
		t->left -= size;
	return rc;
}
