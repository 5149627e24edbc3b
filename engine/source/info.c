/* SPDX-License-Identifier: Apache-2.0 */
/* Recognises SCAP documents and finds checklists in them. Must not judge or change anything. */
#include "source/info.h"

#include "stigwatch/error.h"

static const struct {
	const char *name; /* of the root */
	const char *ns;	  /* how its namespace begins */
	const char *title;
} kinds[] = {
	[SW_INFO_XCCDF] = {"Benchmark", SW_NS_XCCDF, "XCCDF Checklist"},
	[SW_INFO_TAILORING] = {"Tailoring", SW_NS_XCCDF, "XCCDF Tailoring"},
	[SW_INFO_STREAM] = {"data-stream-collection", SW_NS_DS, "Source Data Stream"},
	[SW_INFO_ARF] = {"asset-report-collection",
			 "http://scap.nist.gov/schema/asset-reporting-format/",
			 "Result Data Stream"},
	[SW_INFO_OVAL_DEFINITIONS] = {"oval_definitions", "http://oval.mitre.org/",
				      "OVAL Definitions"},
	[SW_INFO_OVAL_VARIABLES] = {"oval_variables", "http://oval.mitre.org/", "OVAL Variables"},
	[SW_INFO_OVAL_CHARACTERISTICS] = {"oval_system_characteristics", "http://oval.mitre.org/",
					  "OVAL System Characteristics"},
	[SW_INFO_OVAL_RESULTS] = {"oval_results", "http://oval.mitre.org/", "OVAL Results"},
	[SW_INFO_OVAL_DIRECTIVES] = {"oval_directives", "http://oval.mitre.org/",
				     "OVAL Directives"},
	[SW_INFO_CPE_DICTIONARY] = {"cpe-list", "http://cpe.mitre.org/", "CPE Dictionary"},
	[SW_INFO_CPE_LANGUAGE] = {"platform-specification", "http://cpe.mitre.org/",
				  "CPE Language"},
};
_Static_assert(SW_ARRAY_LEN(kinds) == _SW_INFO_KIND_MAX, "a line for each kind");

const char *sw_info_kind_str(enum sw_info_kind kind)
{
	return kind < _SW_INFO_KIND_MAX ? kinds[kind].title : "unknown";
}

enum sw_info_kind sw_info_kind(const struct sw_info *info)
{
	return info->kind;
}

static int recognise(struct sw_info *info, struct sw_error *err)
{
	const char *ns = sw_xml_ns(info->root);

	for (unsigned int i = 0; i < _SW_INFO_KIND_MAX; i++) {
		if (!sw_xml_is(info->root, NULL, kinds[i].name) ||
		    strncmp(ns, kinds[i].ns, strlen(kinds[i].ns)))
			continue;
		info->kind = i;
		return 0;
	}
	return sw_error_set(err, ENOTSUP, "%s: no SCAP document that is known: <%s> of \"%s\"",
			    info->path, sw_xml_name(info->root), ns);
}

int sw_info_open(const char *path, struct sw_info **ret_info, struct sw_error *err)
{
	_cleanup_(sw_info_freep) struct sw_info *info = calloc(1, sizeof(*info));
	char sha256[SW_SHA256_HEX];
	int rc;

	if (info)
		info->path = strdup(path);
	if (!info || !info->path)
		return sw_error_set(err, ENOMEM, "%s: no memory", path);
	rc = sw_source_read_xml(path, &info->doc, sha256, err);
	if (rc < 0)
		return rc;
	info->root = sw_xml_root(info->doc);
	rc = recognise(info, err);
	if (rc < 0)
		return rc;
	*ret_info = TAKE(info);
	return 0;
}

void sw_info_free(struct sw_info *info)
{
	if (!info)
		return;
	sw_xml_doc_free(info->doc);
	free(info->path);
	free(info);
}

const struct sw_xml_node *sw_info_component(const struct sw_info *info,
					    const struct sw_xml_node *ref)
{
	const char *pointer = sw_xml_attr_ns(ref, SW_NS_XLINK, "href");

	if (!pointer || pointer[0] != '#')
		return NULL;
	SW_XML_FOREACH (c, info->root, SW_NS_DS, NULL) {
		const char *id = sw_xml_attr(c, "id");

		if (id && strcmp(pointer + 1, id) == 0 && !sw_xml_is(c, NULL, "data-stream"))
			return sw_xml_child(c, NULL, NULL);
	}
	return NULL;
}

int sw_info_each(const struct sw_info *info, sw_info_fn fn, void *ctx)
{
	int rc = 0;

	if (info->kind == SW_INFO_XCCDF || info->kind == SW_INFO_TAILORING)
		return fn(ctx, NULL, NULL, info->root);
	if (info->kind != SW_INFO_STREAM)
		return 0;
	SW_XML_FOREACH (stream, info->root, SW_NS_DS, "data-stream")
		SW_XML_FOREACH (list, stream, SW_NS_DS, "checklists")
			SW_XML_FOREACH (ref, list, SW_NS_DS, "component-ref") {
				const struct sw_xml_node *element = sw_info_component(info, ref);

				rc = element ? fn(ctx, stream, ref, element) : 0;
				if (rc)
					return rc;
			}
	return rc;
}

struct choosing {
	const struct sw_info_choice *wanted;
	struct sw_info_choice *ret;
};

static bool is_wanted(const char *wanted, const char *id)
{
	return !wanted || (id && strcmp(wanted, id) == 0);
}

static int choose(void *ctx, const struct sw_xml_node *stream, const struct sw_xml_node *ref,
		  const struct sw_xml_node *element)
{
	const struct choosing *c = ctx;
	const struct sw_info_choice found = {
		stream ? sw_xml_attr(stream, "id") : NULL,
		ref ? sw_xml_attr(ref, "id") : NULL,
		sw_xml_attr(element, "id"),
	};

	if (!sw_xml_is(element, SW_NS_XCCDF, "Benchmark") ||
	    !is_wanted(c->wanted->stream_id, found.stream_id) ||
	    !is_wanted(c->wanted->ref_id, found.ref_id) ||
	    !is_wanted(c->wanted->benchmark_id, found.benchmark_id))
		return 0;
	*c->ret = found;
	return 1;
}

int sw_info_choose(const struct sw_info *info, const struct sw_info_choice *wanted,
		   struct sw_info_choice *ret_choice, struct sw_error *err)
{
	struct sw_info_choice found;
	struct choosing c = {wanted, &found};

	if (!sw_info_each(info, choose, &c))
		return sw_error_set(
			err, ENOENT,
			"%s: no checklist in stream %s with component-ref %s and benchmark %s",
			info->path, wanted->stream_id ?: "(any)", wanted->ref_id ?: "(any)",
			wanted->benchmark_id ?: "(any)");
	*ret_choice = found;
	return 0;
}

const char *sw_info_tailored(const struct sw_info *info)
{
	const struct sw_xml_node *node = sw_xml_child(info->root, SW_NS_XCCDF, "benchmark");

	return info->kind == SW_INFO_TAILORING && node ? sw_xml_attr(node, "href") : NULL;
}

static bool is_remote(const char *href)
{
	return href && (strncmp(href, "http://", 7) == 0 || strncmp(href, "https://", 8) == 0 ||
			strncmp(href, "ftp://", 6) == 0);
}

static int find_remote(void *ctx, enum sw_xml_event event, const struct sw_xml_node *element,
		       const char *text)
{
	const char **ret = ctx, *href = NULL;

	if (event != SW_XML_START)
		return 0;
	if (sw_xml_is(element, SW_NS_XCCDF, "check-content-ref"))
		href = sw_xml_attr(element, "href");
	else if (sw_xml_is(element, SW_NS_DS, "component-ref"))
		href = sw_xml_attr_ns(element, SW_NS_XLINK, "href");
	if (!is_remote(href))
		return 0;
	*ret = href;
	return 1;
}

const char *sw_info_remote(const struct sw_info *info)
{
	const char *href = NULL;

	sw_xml_visit(info->root, find_remote, &href);
	return href;
}

struct gathering {
	struct sw_info_ident *items;
	size_t n, cap;
};

static int gather(void *ctx, enum sw_xml_event event, const struct sw_xml_node *element,
		  const char *text)
{
	struct gathering *g = ctx;

	if (event != SW_XML_START || !sw_xml_is(element, SW_NS_XCCDF, "Rule"))
		return 0;
	SW_XML_FOREACH (ident, element, SW_NS_XCCDF, "ident") {
		if (SW_GROW(g->items, g->n, g->cap) < 0)
			return -ENOMEM;
		g->items[g->n].rule_id = sw_xml_attr_or(element, "id", "");
		g->items[g->n].ident = sw_xml_text_trim(ident);
		if (!g->items[g->n].ident)
			return -ENOMEM;
		g->n++;
	}
	return 0;
}

struct finding {
	const char *id;
	const struct sw_xml_node *benchmark;
};

static int find_benchmark(void *ctx, const struct sw_xml_node *stream,
			  const struct sw_xml_node *ref, const struct sw_xml_node *element)
{
	struct finding *f = ctx;

	if (strcmp(sw_xml_attr_or(element, "id", ""), f->id))
		return 0;
	f->benchmark = element;
	return 1;
}

int sw_info_idents(const struct sw_info *info, const char *benchmark_id,
		   struct sw_info_ident **ret_idents, size_t *ret_n)
{
	struct finding f = {.id = benchmark_id};
	struct gathering g = {0};
	int rc = 0;

	if (sw_info_each(info, find_benchmark, &f))
		rc = sw_xml_visit(f.benchmark, gather, &g);
	if (rc < 0) {
		sw_info_idents_free(g.items, g.n);
		return rc;
	}
	*ret_idents = g.items;
	*ret_n = g.n;
	return 0;
}

void sw_info_idents_free(struct sw_info_ident *idents, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(idents[i].ident);
	free(idents);
}
