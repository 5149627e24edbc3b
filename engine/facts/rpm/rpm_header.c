/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package's header as rpm's databases keep it: two counts, an index of tags, their data; all
 * big-endian (RPM V4 package format, "Header"). Reads no file.
 */
#include "facts/rpm/rpm.h"

enum {
	TAG_SIGPGP = 259,
	TAG_SIGGPG = 262,
	TAG_DSAHEADER = 267,
	TAG_RSAHEADER = 268,
	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_EPOCH = 1003,
	TAG_ARCH = 1022,
	TAG_OLDFILENAMES = 1027,
	TAG_DIRINDEXES = 1116,
	TAG_BASENAMES = 1117,
	TAG_DIRNAMES = 1118,
};
enum {
	TYPE_INT32 = 4,
	TYPE_STRING = 6,
	TYPE_BIN = 7,
	TYPE_STRING_ARRAY = 8,
	TYPE_I18N_STRING = 9,
};
#define INTRO 8
#define ENTRY 16

struct header {
	const uint8_t *index, *data;
	size_t n_entries, n_data;
};

/* One tag's data: count values that begin at p and end before p + n. */
struct field {
	unsigned type;
	const uint8_t *p;
	size_t n, count;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool open_header(const uint8_t *blob, size_t len, struct header *ret)
{
	if (len < INTRO)
		return false;
	ret->n_entries = be32(blob);
	ret->n_data = be32(blob + 4);
	if (!ret->n_entries || ret->n_entries > (len - INTRO) / ENTRY ||
	    ret->n_data > len - INTRO - ret->n_entries * ENTRY)
		return false;
	ret->index = blob + INTRO;
	ret->data = ret->index + ret->n_entries * ENTRY;
	return true;
}

/* The last entry of a tag: what was added when the package was installed stands behind. */
static bool find(const struct header *h, uint32_t tag, struct field *ret)
{
	for (size_t i = h->n_entries; i-- > 0;) {
		const uint8_t *e = h->index + i * ENTRY;
		uint32_t offset = be32(e + 8);

		if (be32(e) != tag)
			continue;
		if (offset > h->n_data)
			return false;
		*ret = (struct field){be32(e + 4), h->data + offset, h->n_data - offset,
				      be32(e + 12)};
		return true;
	}
	return false;
}

/* The next string of a field, or NULL. */
static const char *next_string(struct field *f)
{
	const char *s = (const char *)f->p;
	const uint8_t *end = f->n ? memchr(f->p, '\0', f->n) : NULL;

	if (!end || !f->count)
		return NULL;
	f->count--;
	f->n -= (size_t)(end + 1 - f->p);
	f->p = end + 1;
	return s;
}

/* 0 also when the tag is not there. */
static int get_string(const struct header *h, uint32_t tag, char **ret)
{
	struct field f;
	const char *s;

	if (!find(h, tag, &f))
		return 0;
	if (f.type != TYPE_STRING && f.type != TYPE_I18N_STRING && f.type != TYPE_STRING_ARRAY)
		return -EBADMSG;
	s = next_string(&f);
	if (!s)
		return -EBADMSG;
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int get_epoch(const struct header *h, char **ret)
{
	struct field f;

	if (!find(h, TAG_EPOCH, &f))
		return 0;
	if (f.type != TYPE_INT32 || f.n < 4 || !f.count)
		return -EBADMSG;
	return asprintf(ret, "%u", be32(f.p)) < 0 ? -ENOMEM : 0;
}

/* Of the signature over header and payload, as OpenSCAP; else of the one over the header alone,
 * which is all that newer packages have. */
static int get_keyid(const struct header *h, char **ret)
{
	static const uint32_t tags[] = {TAG_SIGGPG, TAG_SIGPGP, TAG_RSAHEADER, TAG_DSAHEADER};
	struct field f;
	char id[17];

	for (size_t i = 0; i < SW_ARRAY_LEN(tags); i++) {
		if (!find(h, tags[i], &f) || f.type != TYPE_BIN)
			continue;
		if (!rpm_pgp_keyid(f.p, f.count < f.n ? f.count : f.n, id))
			continue;
		*ret = strdup(id);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

/* Directory and base name, or a whole path; bytes is what all of them take so far. */
static int add_file(struct rpm_package *p, const char *dir, const char *base, size_t *bytes)
{
	char *path;

	*bytes += strlen(dir) + strlen(base) + 1;
	if (*bytes > SW_LIMIT_RPM_HEADER)
		return -E2BIG; /* a long directory of many files takes more than the header does */
	if (asprintf(&path, "%s%s", dir, base) < 0)
		return -ENOMEM;
	p->files[p->n_files++] = path;
	return 0;
}

static int get_old_files(const struct header *h, struct rpm_package *p)
{
	struct field f;
	size_t bytes = 0;
	const char *s;
	int rc = 0;

	if (!find(h, TAG_OLDFILENAMES, &f) || f.type != TYPE_STRING_ARRAY)
		return 0;
	if (f.count > SW_LIMIT_RPM_FILES)
		return -E2BIG;
	p->files = calloc(f.count + 1, sizeof(*p->files));
	if (!p->files)
		return -ENOMEM;
	while (rc == 0 && (s = next_string(&f)))
		rc = add_file(p, "", s, &bytes);
	return rc;
}

static int get_files(const struct header *h, struct rpm_package *p)
{
	_cleanup_free_ const char **dirs = NULL;
	struct field base, dir, index;
	size_t n_dirs = 0, bytes = 0;
	const char *s;
	int rc = 0;

	if (!find(h, TAG_BASENAMES, &base))
		return get_old_files(h, p);
	if (!find(h, TAG_DIRNAMES, &dir) || !find(h, TAG_DIRINDEXES, &index) ||
	    base.type != TYPE_STRING_ARRAY || dir.type != TYPE_STRING_ARRAY ||
	    index.type != TYPE_INT32 || index.count != base.count || index.n / 4 < index.count)
		return -EBADMSG;
	if (base.count > SW_LIMIT_RPM_FILES || dir.count > SW_LIMIT_RPM_FILES)
		return -E2BIG;
	dirs = calloc(dir.count + 1, sizeof(*dirs));
	p->files = calloc(base.count + 1, sizeof(*p->files));
	if (!dirs || !p->files)
		return -ENOMEM;
	while ((s = next_string(&dir)))
		dirs[n_dirs++] = s;
	while (rc == 0 && (s = next_string(&base))) {
		uint32_t i = be32(index.p + 4 * p->n_files);

		rc = i < n_dirs ? add_file(p, dirs[i], s, &bytes) : -EBADMSG;
	}
	return rc == 0 && base.count ? -EBADMSG : rc;
}

int rpm_header_parse(const uint8_t *blob, size_t len, bool files, struct rpm_package *ret)
{
	struct rpm_package p = {0};
	struct header h;
	int rc;

	if (!open_header(blob, len, &h))
		return -EBADMSG;
	rc = get_string(&h, TAG_NAME, &p.name);
	if (rc == 0)
		rc = get_string(&h, TAG_VERSION, &p.version);
	if (rc == 0)
		rc = get_string(&h, TAG_RELEASE, &p.release);
	if (rc == 0)
		rc = get_string(&h, TAG_ARCH, &p.arch);
	if (rc == 0)
		rc = get_epoch(&h, &p.epoch);
	if (rc == 0)
		rc = get_keyid(&h, &p.keyid);
	if (rc == 0 && files)
		rc = get_files(&h, &p);
	if (rc == 0 && (!p.name || !p.version || !p.release))
		rc = -EBADMSG;
	if (rc < 0) {
		rpm_package_release(&p);
		return rc;
	}
	*ret = p;
	return 0;
}

void rpm_package_release(struct rpm_package *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		free(p->files[i]);
	free(p->files);
	free(p->name);
	free(p->arch);
	free(p->epoch);
	free(p->version);
	free(p->release);
	free(p->keyid);
	*p = (struct rpm_package){0};
}
