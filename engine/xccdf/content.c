/* SPDX-License-Identifier: Apache-2.0 */
/* Loads content and answers what it holds. Must not evaluate anything. */
#include "report/report.h"
#include "xccdf/internal.h"

SW_DEFINE_CLEANUP(struct sw_content *, content, sw_content_free)

void sw_content_free(struct sw_content *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_rules; i++)
		free((void *)c->rules[i].checks);
	free(c->rules);
	free(c->items);
	free(c->by_id);
	sw_source_free(c->source);
	free(c);
}

/* Takes the source, also on failure. */
static int content_new(struct sw_source *source, struct sw_content **ret_content,
		       struct sw_error *err)
{
	_cleanup_(sw_cleanup_content) struct sw_content *c = calloc(1, sizeof(*c));
	int rc;

	if (!c) {
		sw_source_free(source);
		return sw_error_set(err, ENOMEM, "content: no memory");
	}
	c->source = source;
	c->benchmark = sw_source_benchmark(source);
	if (!sw_xml_attr(c->benchmark, "id"))
		return sw_error_set(err, EINVAL, "%s:%ld: <Benchmark> without an id",
				    sw_source_name(source), sw_xml_line(c->benchmark));
	rc = content_resolve(sw_source_benchmark(source), sw_source_name(source), err);
	if (rc == 0 && sw_benchmark_tidy(sw_source_benchmark(source)) < 0)
		rc = sw_error_set(err, ENOMEM, "content: no memory");
	if (rc == 0)
		rc = content_index(c, err);
	if (rc < 0)
		return rc;
	*ret_content = TAKE(c);
	return 0;
}

int sw_content_load(const char *path, const struct sw_content_options *opts,
		    struct sw_content **ret_content, struct sw_error *err)
{
	struct sw_source *source;
	int rc = sw_source_open_file(path, opts, &source, err);

	return rc < 0 ? rc : content_new(source, ret_content, err);
}

int sw_content_load_mem(const struct sw_document *docs, size_t n_docs,
			const struct sw_content_options *opts, struct sw_content **ret_content,
			struct sw_error *err)
{
	struct sw_source *source;
	int rc = sw_source_open_mem(docs, n_docs, opts, &source, err);

	return rc < 0 ? rc : content_new(source, ret_content, err);
}

const char *sw_content_sha256(const struct sw_content *c)
{
	return sw_source_sha256(c->source);
}

const char *sw_content_benchmark_id(const struct sw_content *c)
{
	return sw_xml_attr(c->benchmark, "id");
}

const struct sw_xml_node *sw_content_benchmark(const struct sw_content *c)
{
	return c->benchmark;
}

const char *sw_content_name(const struct sw_content *c)
{
	return sw_source_name(c->source);
}

size_t sw_content_n_rules(const struct sw_content *c)
{
	return c->n_rules;
}

const struct sw_content_rule *sw_content_rule_at(const struct sw_content *c, size_t i)
{
	return i < c->n_rules ? &c->rules[i] : NULL;
}

int sw_content_document(const struct sw_content *c, const char *href,
			const struct sw_xml_node **ret_root, struct sw_error *err)
{
	struct sw_source_doc doc;
	int rc = sw_source_find(c->source, href, &doc, err);

	if (rc < 0)
		return rc;
	if (!doc.root)
		return sw_error_set(err, EINVAL, "%s: not an XML document", href);
	*ret_root = doc.root;
	return 0;
}
