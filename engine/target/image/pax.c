/* SPDX-License-Identifier: Apache-2.0 */
/* Reads pax records; believes no length in them and reads no stream. */
#include "target/image/pax.h"

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define XATTR "SCHILY.xattr."

void tar_xattrs_free(struct tar_xattr *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(items[i].name);
		free(items[i].value);
	}
	free(items);
}

void pax_release(struct pax *p)
{
	free(p->path);
	free(p->link);
	free(p->sparse_name);
	free(p->parts);
	tar_xattrs_free(p->xattrs, p->n_xattrs);
	*p = (struct pax)PAX_INIT;
}

bool tar_decimal(const char *s, size_t len, uint64_t *ret)
{
	uint64_t n = 0;

	if (len == 0 || len > 19)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s[i] - '0');
	}
	*ret = n;
	return n <= INT64_MAX;
}

int tar_part_add(struct tar_part **parts, size_t *n, size_t *cap, struct tar_part part,
		 struct sw_error *err)
{
	if (*n >= SW_LIMIT_TAR_SPARSE)
		return sw_error_set(err, E2BIG, "a sparse file of more than %u parts",
				    SW_LIMIT_TAR_SPARSE);
	if (SW_GROW(*parts, *n, *cap) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	(*parts)[(*n)++] = part;
	return 0;
}

int tar_parts_check(const struct tar_entry *e, struct sw_error *err)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < e->n_parts; i++) {
		const struct tar_part *p = &e->parts[i];

		if (p->offset < end || p->offset > e->size || p->len > e->size - p->offset)
			return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
		end = p->offset + p->len;
		sum += p->len; /* cannot overflow: the parts lie in order inside size */
	}
	if (sum > e->stored)
		return sw_error_set(err, EBADMSG, "a sparse file with less data than its map");
	return 0;
}

static int put_string(char **dst, const char *value, size_t len, struct sw_error *err)
{
	char *copy;

	if (memchr(value, '\0', len))
		return sw_error_set(err, EBADMSG, "a name with a NUL byte");
	copy = strndup(value, len);
	if (!copy)
		return sw_error_set(err, ENOMEM, "out of memory");
	free(*dst);
	*dst = copy;
	return 0;
}

static int put_number(uint64_t *dst, bool *has, const char *value, size_t len, struct sw_error *err)
{
	if (len == 0) { /* an empty value takes the record back */
		*has = false;
		return 0;
	}
	if (!tar_decimal(value, len, dst))
		return sw_error_set(err, EBADMSG, "a pax record with a wrong number");
	*has = true;
	return 0;
}

/* [-]seconds[.fraction], rounded down. */
static int put_time(struct pax *p, const char *value, size_t len, struct sw_error *err)
{
	bool minus = len && *value == '-';
	const char *digits = value + minus;
	size_t left = len - minus;
	const char *dot = memchr(digits, '.', left);
	size_t whole = dot ? (size_t)(dot - digits) : left;
	bool fraction = false;
	uint64_t n;

	if (len == 0) {
		p->has_mtime = false;
		return 0;
	}
	if (!tar_decimal(digits, whole, &n))
		return sw_error_set(err, EBADMSG, "a pax record with a wrong time");
	for (size_t i = whole + 1; i < left; i++)
		fraction |= digits[i] != '0';
	p->mtime = minus ? -(int64_t)n - fraction : (int64_t)n;
	p->has_mtime = true;
	return 0;
}

static int put_xattr(struct pax *p, const char *name, size_t name_len, const char *value,
		     size_t len, struct sw_error *err)
{
	struct tar_xattr x = {.len = len};

	if (SW_GROW(p->xattrs, p->n_xattrs, p->cap_xattrs) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	x.name = strndup(name, name_len);
	x.value = malloc(len + 1);
	if (!x.name || !x.value) {
		free(x.name);
		free(x.value);
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	memcpy(x.value, value, len);
	p->xattrs[p->n_xattrs++] = x;
	return 0;
}

/* GNU.sparse.map: offset,length,offset,length... */
static int put_map(struct pax *p, const char *value, size_t len, struct sw_error *err)
{
	const char *end = value + len;
	struct tar_part part;
	int rc = 0;

	p->n_parts = 0;
	while (rc == 0 && value < end) {
		uint64_t n[2];

		for (size_t i = 0; i < 2; i++) {
			const char *comma = memchr(value, ',', (size_t)(end - value));
			const char *stop = comma ? comma : end;

			if (value > end || !tar_decimal(value, (size_t)(stop - value), &n[i]))
				return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
			value = stop + (stop < end);
		}
		part = (struct tar_part){n[0], n[1]};
		rc = tar_part_add(&p->parts, &p->n_parts, &p->cap_parts, part, err);
	}
	return rc;
}

/* GNU.sparse.offset and .numbytes come in pairs. */
static int put_half(struct pax *p, bool offset, const char *value, size_t len, struct sw_error *err)
{
	struct tar_part part = {0};
	uint64_t n;

	if (offset == p->half || !tar_decimal(value, len, &n))
		return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
	p->half = offset;
	if (!offset) {
		p->parts[p->n_parts - 1].len = n;
		return 0;
	}
	part.offset = n;
	return tar_part_add(&p->parts, &p->n_parts, &p->cap_parts, part, err);
}

static int put_sparse(struct pax *p, const char *key, const char *value, size_t len,
		      struct sw_error *err)
{
	uint64_t n;

	if (!strcmp(key, "map"))
		return put_map(p, value, len, err);
	if (!strcmp(key, "offset") || !strcmp(key, "numbytes"))
		return put_half(p, *key == 'o', value, len, err);
	if (!strcmp(key, "name"))
		return put_string(&p->sparse_name, value, len, err);
	if (!strcmp(key, "size") || !strcmp(key, "realsize"))
		return put_number(&p->realsize, &p->has_realsize, value, len, err);
	if (!strcmp(key, "major") || !strcmp(key, "minor")) {
		if (!tar_decimal(value, len, &n) || n > 1)
			return sw_error_set(err, ENOTSUP,
					    "a sparse file of a format that is not known");
		*(key[1] == 'a' ? &p->sparse_major : &p->sparse_minor) = (int)n;
	}
	return 0; /* numblocks: the map says it itself */
}

static int put(struct pax *p, const char *key, const char *value, size_t len, struct sw_error *err)
{
	if (!strcmp(key, "path"))
		return put_string(&p->path, value, len, err);
	if (!strcmp(key, "linkpath"))
		return put_string(&p->link, value, len, err);
	if (!strcmp(key, "size"))
		return put_number(&p->size, &p->has_size, value, len, err);
	if (!strcmp(key, "uid"))
		return put_number(&p->uid, &p->has_uid, value, len, err);
	if (!strcmp(key, "gid"))
		return put_number(&p->gid, &p->has_gid, value, len, err);
	if (!strcmp(key, "mtime"))
		return put_time(p, value, len, err);
	if (!strncmp(key, XATTR, strlen(XATTR)))
		return put_xattr(p, key + strlen(XATTR), strlen(key) - strlen(XATTR), value, len,
				 err);
	if (!strncmp(key, "GNU.sparse.", 11))
		return put_sparse(p, key + 11, value, len, err);
	return 0;
}

/* One "LENGTH KEY=VALUE\n"; returns its length. */
static ssize_t parse_record(struct pax *p, const char *data, size_t len, struct sw_error *err)
{
	const char *space = memchr(data, ' ', len < 21 ? len : 21), *equals;
	char key[256];
	uint64_t n;
	size_t key_len, used;
	int rc;

	if (!space || !tar_decimal(data, (size_t)(space - data), &n) || n > len ||
	    n < (size_t)(space - data) + 4 || data[n - 1] != '\n')
		return sw_error_set(err, EBADMSG, "a damaged pax header");
	used = (size_t)(space + 1 - data);
	equals = memchr(space + 1, '=', (size_t)n - used - 1);
	key_len = equals ? (size_t)(equals - space - 1) : 0;
	if (key_len == 0 || memchr(space + 1, '\0', key_len))
		return sw_error_set(err, EBADMSG, "a damaged pax header");
	if (key_len >=
	    sizeof(key)) /* nothing of ours is that long; the kernel's xattr names end there */
		return (ssize_t)n;
	memcpy(key, space + 1, key_len);
	key[key_len] = '\0';
	used += key_len + 1;
	rc = put(p, key, equals + 1, (size_t)n - used - 1, err);
	return rc < 0 ? rc : (ssize_t)n;
}

int pax_parse(struct pax *p, const char *data, size_t len, struct sw_error *err)
{
	while (len) {
		ssize_t n = parse_record(p, data, len, err);

		if (n < 0)
			return (int)n;
		data += n;
		len -= (size_t)n;
	}
	if (p->half)
		return sw_error_set(err, EBADMSG, "a sparse file with a wrong map");
	return 0;
}
