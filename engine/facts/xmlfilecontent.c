/* SPDX-License-Identifier: Apache-2.0 */
/* ind-def:xmlfilecontent: an XPath expression over a file; one item a file, with all its values. */
#include "adapters/xpath.h"
#include "facts/find.h"
#include "facts/read.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

struct xml_gather {
	struct sw_gather *g;
	const char *xpath;
};

/* What one file gives. */
struct xml_values {
	struct sw_oval_pair *pairs;
	size_t n, cap, results;
};

static void values_release(struct xml_values *v)
{
	for (size_t i = 0; i < v->n; i++)
		free((char *)v->pairs[i].value);
	free(v->pairs);
}

static int add(struct xml_values *v, const char *name, const char *text)
{
	char *copy;

	if (v->n >= SW_LIMIT_MATCHES)
		return -E2BIG;
	copy = strdup(text);
	if (!copy || SW_GROW(v->pairs, v->n, v->cap) < 0) {
		free(copy);
		return -ENOMEM;
	}
	v->pairs[v->n++] = (struct sw_oval_pair){name, copy};
	return 0;
}

static int take_value(void *ctx, const char *type, const char *text)
{
	struct xml_values *v = ctx;

	v->results++;
	return text ? add(v, "value_of", text) : 0;
}

static int add_place(struct xml_values *v, const struct sw_found *found, const char *xpath)
{
	int rc = add(v, "filepath", found->filepath);

	if (rc == 0)
		rc = add(v, "path", found->path);
	if (rc == 0)
		rc = add(v, "filename", found->filename);
	return rc ? rc : add(v, "xpath", xpath);
}

static int eval_text(struct xml_gather *xg, const struct sw_found *found, const char *text,
		     size_t len)
{
	__attribute__((cleanup(values_release))) struct xml_values v = {0};
	struct sw_oval_pairs list;
	struct sw_oval_item item;
	struct sw_error err = {0};
	int rc = add_place(&v, found, xg->xpath);

	if (rc == 0)
		rc = sw_xpath_eval(text, len, xg->xpath, take_value, &v, &err);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		sw_gather_problem(xg->g, SW_OVAL_FLAG_ERROR, "%s: %s", found->filepath,
				  err.text[0] ? err.text : strerror(-rc));
		return 0;
	}
	if (!v.results)
		return 0;
	list = (struct sw_oval_pairs){found->filepath, v.pairs, v.n};
	item = sw_oval_item_from_pairs(&list);
	return xg->g->emit(xg->g->ctx, &item);
}

static int eval_file(void *ctx, const struct sw_found *found)
{
	struct xml_gather *xg = ctx;
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len;
	int rc;

	if (!found->filename)
		return 0;
	rc = sw_read_text(xg->g->target, found->filepath, &text, &len, &st);
	if (rc == -ENOMEM)
		return rc;
	if (rc <= 0) { /* OpenSCAP: error for a link that leads nowhere */
		sw_gather_problem(xg->g, SW_OVAL_FLAG_ERROR, "%s: %s", found->filepath,
				  rc ? strerror(-rc) : "not a readable file");
		return 0;
	}
	xg->g->examined = true;
	return eval_text(xg, found, text, len);
}

static int gather_xml(struct sw_gather *g)
{
	const struct sw_query_entity *xpath = sw_query_entity(g->query, "xpath");
	struct xml_gather xg = {.g = g};

	if (!xpath || xpath->n_values != 1 || xpath->operation != SW_OVAL_EQUALS) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without one xpath to evaluate");
		return 0;
	}
	xg.xpath = xpath->values[0];
	return sw_find_files(g, eval_file, &xg);
}

const struct sw_gatherer sw_gatherer_xmlfilecontent = {
	.family = "independent",
	.type = "xmlfilecontent",
	.gather = gather_xml,
};
