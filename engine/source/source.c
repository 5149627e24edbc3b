/* SPDX-License-Identifier: Apache-2.0 */
/* Opens content and finds the documents that hrefs name, each parsed once. Must not interpret them.
 */
#include <fcntl.h>
#include <libgen.h>

#include "source/internal.h"

struct sw_source *sw_source_ref(struct sw_source *s)
{
	__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void sw_source_free(struct sw_source *s)
{
	size_t i;

	if (!s || __atomic_fetch_sub(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (i = 0; i < s->n_entries; i++) {
		free(s->entries[i].name);
		free(s->entries[i].text);
		sw_xml_doc_free(s->entries[i].doc);
	}
	for (i = 0; i < s->n_mem; i++) {
		free((char *)s->mem[i].name);
		free((void *)s->mem[i].data);
	}
	free(s->entries);
	free(s->mem);
	sw_xml_doc_free(s->tailoring_doc);
	sw_xml_doc_free(s->cpe_doc);
	if (s->cpe_dirfd >= 0)
		close(s->cpe_dirfd);
	free(s->tailoring_name);
	sw_xml_doc_free(s->doc);
	free(s->name);
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s);
}

SW_DEFINE_CLEANUP(struct sw_digest *, digest, sw_digest_free)

static struct sw_source *source_new(const char *name)
{
	struct sw_source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->dirfd = -1;
	s->cpe_dirfd = -1;
	s->name = strdup(name);
	if (!s->name) {
		free(s);
		return NULL;
	}
	return s;
}

/* From the parsed first document to the benchmark. */
static int settle(struct sw_source *s, const struct sw_content_options *opts, struct sw_error *err)
{
	const struct sw_xml_node *root = sw_xml_root(s->doc);
	const char *id = sw_xml_attr_or(root, "id", "");

	if (sw_stream_is(root))
		return sw_stream_choose(s, opts, err);
	if (sw_xml_is(root, NULL, "Benchmark") && !sw_xml_is(root, SW_NS_XCCDF, NULL))
		return sw_error_set(
			err, ENOTSUP,
			"%s:%ld: XCCDF version of namespace \"%s\" is not supported (1.2 is)",
			s->name, sw_xml_line(root), sw_xml_ns(root));
	if (!sw_xml_is(root, SW_NS_XCCDF, "Benchmark"))
		return sw_error_set(
			err, EINVAL,
			"%s:%ld: neither a data stream nor an XCCDF 1.2 benchmark: <%s>", s->name,
			sw_xml_line(root), sw_xml_name(root));
	if (opts && opts->datastream_id)
		return sw_error_set(err, ENOENT, "%s: a plain benchmark has no data stream \"%s\"",
				    s->name, opts->datastream_id);
	if (opts && opts->benchmark_id && strcmp(opts->benchmark_id, id))
		return sw_error_set(err, ENOENT, "%s: no benchmark \"%s\"; has: %s", s->name,
				    opts->benchmark_id, id);
	s->benchmark = root;
	return 0;
}

int sw_source_directory(const char *path, struct sw_error *err)
{
	_cleanup_free_ char *copy = strdup(path);
	int fd;

	if (!copy)
		return sw_error_set(err, ENOMEM, "%s: no memory", path);
	fd = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sw_error_set(err, errno, "%s: directory: %s", path, strerror(errno));
	return fd;
}

/* A plain benchmark's documents lie beside it. */
static int remember_directory(struct sw_source *s, const char *path, struct sw_error *err)
{
	s->dirfd = sw_source_directory(path, err);
	return s->dirfd < 0 ? s->dirfd : 0;
}

struct reading {
	int fd;
	struct sw_digest *digest;
};

static int read_some(void *ctx, char *buf, int size)
{
	struct reading *r = ctx;
	ssize_t n;

	do
		n = read(r->fd, buf, (size_t)size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	sw_digest_update(r->digest, buf, (size_t)n);
	return (int)n;
}

static int digest_rest(struct reading *r)
{
	char buf[4096];
	int n;

	while ((n = read_some(r, buf, sizeof(buf))) > 0)
		;
	return n;
}

int sw_source_read_xml(const char *path, struct sw_xml_doc **ret_doc,
		       char ret_sha256[SW_SHA256_HEX], struct sw_error *err)
{
	_cleanup_(sw_cleanup_digest) struct sw_digest *digest = NULL;
	_cleanup_xml_doc_ struct sw_xml_doc *doc = NULL;
	struct reading reading;
	_cleanup_fd_ int fd = -1;
	int rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	rc = sw_digest_new("SHA-256", &digest);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s: SHA-256: %s", path, strerror(-rc));
	reading = (struct reading){fd, digest};
	rc = sw_xml_parse_stream(read_some, &reading, path, &doc, err);
	if (rc < 0)
		return rc;
	/* What may stand behind the root element belongs to the file's digest, too. */
	rc = digest_rest(&reading);
	if (rc == 0)
		rc = sw_digest_final(digest, ret_sha256, SW_SHA256_HEX);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s: %s", path, strerror(-rc));
	*ret_doc = TAKE(doc);
	return 0;
}

int sw_source_open_file(const char *path, const struct sw_content_options *opts,
			struct sw_source **ret_source, struct sw_error *err)
{
	_cleanup_source_ struct sw_source *s = source_new(path);
	int rc;

	if (!s)
		return sw_error_set(err, ENOMEM, "%s: no memory", path);
	rc = sw_source_read_xml(path, &s->doc, s->sha256, err);
	if (rc == 0)
		rc = settle(s, opts, err);
	if (rc == 0 && !s->stream)
		rc = remember_directory(s, path, err);
	if (rc == 0)
		rc = sw_source_load_tailoring(s, opts, err);
	if (rc == 0)
		rc = sw_source_load_cpe(s, opts, err);
	if (rc < 0)
		return rc;
	*ret_source = TAKE(s);
	return 0;
}

static int copy_documents(struct sw_source *s, const struct sw_document *docs, size_t n)
{

	_cleanup_(sw_cleanup_digest) struct sw_digest *digest = NULL;
	size_t i;
	int rc;

	rc = sw_digest_new("SHA-256", &digest);
	s->mem = rc == 0 ? calloc(n, sizeof(*s->mem)) : NULL;
	if (!s->mem)
		return rc < 0 ? rc : -ENOMEM;
	for (i = 0; i < n; i++) {
		s->n_mem = i + 1;
		s->mem[i].name = strdup(docs[i].name);
		s->mem[i].data = malloc(docs[i].len + 1);
		if (!s->mem[i].name || !s->mem[i].data)
			return -ENOMEM;
		memcpy((void *)s->mem[i].data, docs[i].data, docs[i].len);
		s->mem[i].len = docs[i].len;
		sw_digest_update(digest, docs[i].data, docs[i].len);
	}
	return sw_digest_final(digest, s->sha256, sizeof(s->sha256));
}

int sw_source_open_mem(const struct sw_document *docs, size_t n_docs,
		       const struct sw_content_options *opts, struct sw_source **ret_source,
		       struct sw_error *err)
{
	_cleanup_source_ struct sw_source *s = NULL;
	int rc;

	if (!n_docs)
		return sw_error_set(err, EINVAL, "content: no document");
	s = source_new(docs[0].name);
	if (!s)
		return sw_error_set(err, ENOMEM, "%s: no memory", docs[0].name);
	rc = copy_documents(s, docs, n_docs);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s: %s", docs[0].name, strerror(-rc));
	rc = sw_xml_parse(docs[0].data, docs[0].len, docs[0].name, &s->doc, err);
	if (rc == 0)
		rc = settle(s, opts, err);
	if (rc == 0)
		rc = sw_source_load_tailoring(s, opts, err);
	if (rc == 0)
		rc = sw_source_load_cpe(s, opts, err);
	if (rc < 0)
		return rc;
	*ret_source = TAKE(s);
	return 0;
}

struct sw_xml_node *sw_source_benchmark(const struct sw_source *s)
{
	return (struct sw_xml_node *)s->benchmark;
}

const char *sw_source_sha256(const struct sw_source *s)
{
	return s->sha256;
}

const char *sw_source_name(const struct sw_source *s)
{
	return s->name;
}
