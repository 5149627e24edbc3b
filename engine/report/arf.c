/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a result as an asset report collection (ARF 1.1, NIST IR 7694): the content as the
 * request, the target as the asset, the TestResult as the report. As a stream; must not change the
 * result.
 */
#include <arpa/inet.h>
#include <ctype.h>

#include "adapters/xml_out.h"
#include "oval/results.h"
#include "report/report.h"
#include "source/source.h"

#define NS_ARF "http://scap.nist.gov/schema/asset-reporting-format/1.1"
#define NS_CORE "http://scap.nist.gov/schema/reporting-core/1.1"
#define NS_AI "http://scap.nist.gov/schema/asset-identification/1.1"
#define NS_VOCABULARY "http://scap.nist.gov/specifications/arf/vocabulary/relationships/1.0#"
#define NS_DS "http://scap.nist.gov/schema/scap/source/1.2"
#define NS_SCRIPT "http://open-scap.org/page/SCE_xccdf_stream"
#define REQUEST "collection1"
#define ASSET "asset0"
#define REPORT "xccdf1"

static void relationship(struct sw_xml_out *o, const char *type, const char *to)
{
	sw_xml_out_begin(o, "core:relationship");
	sw_xml_out_attr(o, "type", type);
	sw_xml_out_attr(o, "subject", REPORT);
	sw_xml_out_leaf(o, "core:ref", to);
	sw_xml_out_end(o, "core:relationship");
}

/* ---- the request: the content as a source data stream ---- */

/* An element of a tree with its surroundings' namespaces. */
static void whole(struct sw_xml_out *o, const struct sw_xml_node *node)
{
	sw_xml_out_start_of(o, node, NULL);
	sw_xml_out_children_of(o, node, NULL, NULL);
	sw_xml_out_end_of(o, node);
}

static bool is_test_result(void *ctx, const struct sw_xml_node *child)
{
	return sw_xml_is(child, SW_NS_XCCDF, "TestResult");
}

/* Ids of a composed stream: "scap_io.stigwatch_KIND_NAME", NAME made an NCName and numbered. */
static void composed_id(struct sw_strbuf *sb, const char *kind, size_t i, const char *name)
{
	sw_strbuf_addf(sb, "scap_io.stigwatch_%s_%zu-", kind, i);
	for (; *name; name++)
		sw_strbuf_addc(sb,
			       isalnum((unsigned char)*name) || strchr("-._", *name) ? *name : '_');
}

static void id_attr(struct sw_xml_out *o, const char *name, const char *kind, size_t i,
		    const char *of)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};

	if (!strcmp(name, "xlink:href") || !strcmp(name, "uri"))
		sw_strbuf_addc(&sb, '#');
	composed_id(&sb, kind, i, of);
	sw_xml_out_attr(o, name, sw_strbuf_str(&sb));
}

/* The documents that were read beside the benchmark. */
static bool document_at(const struct sw_result *r, size_t i, struct sw_source_doc *ret_doc)
{
	return r->source && !r->doc && sw_source_read_at(r->source, i, ret_doc);
}

/* Other tools take an href of a check for what it says, "./" included. */
static void catalog_entry(struct sw_xml_out *o, const char *before, size_t i, const char *of)
{
	_cleanup_strbuf_ struct sw_strbuf name = {};

	sw_strbuf_addf(&name, "%s%s", before, of);
	sw_xml_out_begin(o, "cat:uri");
	sw_xml_out_attr(o, "name", sw_strbuf_str(&name));
	id_attr(o, "uri", "cref", i, of);
	sw_xml_out_end(o, "cat:uri");
}

static void composed_stream(struct sw_xml_out *o, const struct sw_result *r)
{
	struct sw_source_doc doc;
	bool any = document_at(r, 0, &doc);
	size_t i;

	sw_xml_out_begin(o, "ds:data-stream");
	id_attr(o, "id", "datastream", 0, "stream");
	sw_xml_out_attr(o, "scap-version", "1.2");
	sw_xml_out_attr(o, "use-case", "OTHER");
	sw_xml_out_attr(o, "timestamp", r->start_time);
	sw_xml_out_begin(o, "ds:checklists");
	sw_xml_out_begin(o, "ds:component-ref");
	id_attr(o, "id", "cref", 0, "xccdf");
	id_attr(o, "xlink:href", "comp", 0, "xccdf");
	if (any)
		sw_xml_out_begin(o, "cat:catalog");
	for (i = 0; document_at(r, i, &doc); i++) {
		catalog_entry(o, "", i + 1, doc.name);
		catalog_entry(o, "./", i + 1, doc.name);
	}
	if (any)
		sw_xml_out_end(o, "cat:catalog");
	sw_xml_out_end(o, "ds:component-ref");
	sw_xml_out_end(o, "ds:checklists");
	if (any)
		sw_xml_out_begin(o, "ds:checks");
	for (i = 0; document_at(r, i, &doc); i++) {
		sw_xml_out_begin(o, "ds:component-ref");
		id_attr(o, "id", "cref", i + 1, doc.name);
		id_attr(o, "xlink:href", doc.root ? "comp" : "ecomp", i + 1, doc.name);
		sw_xml_out_end(o, "ds:component-ref");
	}
	if (any)
		sw_xml_out_end(o, "ds:checks");
	sw_xml_out_end(o, "ds:data-stream");
}

static void script(struct sw_xml_out *o, const struct sw_source_doc *doc)
{
	sw_xml_out_begin(o, "sce:script");
	sw_xml_out_attr(o, "xmlns:sce", NS_SCRIPT);
	sw_xml_out_text(o, doc->data);
	sw_xml_out_end(o, "sce:script");
}

/* The schema wants the components before the extended ones. */
static void composed_documents(struct sw_xml_out *o, const struct sw_result *r, bool scripts)
{
	const char *kind = scripts ? "ecomp" : "comp";
	const char *element = scripts ? "ds:extended-component" : "ds:component";
	struct sw_source_doc doc;
	size_t i;

	for (i = 0; document_at(r, i, &doc); i++) {
		if (!doc.root != scripts)
			continue;
		sw_xml_out_begin(o, element);
		id_attr(o, "id", kind, i + 1, doc.name);
		sw_xml_out_attr(o, "timestamp", r->start_time);
		if (doc.root)
			whole(o, doc.root);
		else
			script(o, &doc);
		sw_xml_out_end(o, element);
	}
}

static void composed_collection(struct sw_xml_out *o, const struct sw_result *r,
				const char *benchmark_id)
{
	sw_xml_out_begin(o, "ds:data-stream-collection");
	sw_xml_out_attr(o, "xmlns:ds", NS_DS);
	sw_xml_out_attr(o, "xmlns:xlink", "http://www.w3.org/1999/xlink");
	sw_xml_out_attr(o, "xmlns:cat", "urn:oasis:names:tc:entity:xmlns:xml:catalog");
	id_attr(o, "id", "collection", 0, r->benchmark_id);
	sw_xml_out_attr(o, "schematron-version", "1.2");
	composed_stream(o, r);
	sw_xml_out_begin(o, "ds:component");
	id_attr(o, "id", "comp", 0, "xccdf");
	sw_xml_out_attr(o, "timestamp", r->start_time);
	sw_xml_out_start_of(o, r->benchmark, benchmark_id);
	sw_xml_out_children_of(o, r->benchmark, is_test_result, NULL);
	sw_xml_out_end_of(o, r->benchmark);
	sw_xml_out_end(o, "ds:component");
	composed_documents(o, r, false);
	composed_documents(o, r, true);
	sw_xml_out_end(o, "ds:data-stream-collection");
}

/* ---- the asset ---- */

/* Letters, digits, '_', '-' and '.', as the schema's hostname-type. */
static bool is_hostname(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

	return *s && !s[len] && *s != '.' && s[len - 1] != '.' && !strstr(s, "..");
}

static void address(struct sw_xml_out *o, const char *text)
{
	unsigned char v4[4], v6[16];
	char full[48];
	size_t n = 0, i;

	if (inet_pton(AF_INET, text, v4) == 1) {
		sw_xml_out_begin(o, "ai:connection");
		sw_xml_out_begin(o, "ai:ip-address");
		sw_xml_out_leaf(o, "ai:ip-v4", text);
	} else if (inet_pton(AF_INET6, text, v6) == 1) {
		/* The schema wants all eight groups. */
		for (i = 0; i < 16; i += 2)
			n += (size_t)snprintf(full + n, sizeof(full) - n, "%s%02x%02x",
					      i ? ":" : "", v6[i], v6[i + 1]);
		sw_xml_out_begin(o, "ai:connection");
		sw_xml_out_begin(o, "ai:ip-address");
		sw_xml_out_leaf(o, "ai:ip-v6", full);
	} else {
		return;
	}
	sw_xml_out_end(o, "ai:ip-address");
	sw_xml_out_end(o, "ai:connection");
}

static bool any_address(const struct sw_result *r)
{
	unsigned char raw[16];
	size_t i;

	for (i = 0; i < r->n_addresses; i++)
		if (inet_pton(AF_INET, r->addresses[i], raw) == 1 ||
		    inet_pton(AF_INET6, r->addresses[i], raw) == 1)
			return true;
	return false;
}

/* What names this asset and no other: ids and digests, not properties. */
static bool identifies(const char *fact)
{
	static const char *const names[] = {"container.id",   "container.name", "image.digest",
					    "image.id",	      "image.ref",	"image.manifest",
					    "manifest.digest"};
	size_t i;

	if (strncmp(fact, SW_FACT, strlen(SW_FACT)))
		return false;
	for (i = 0; i < SW_ARRAY_LEN(names); i++)
		if (!strcmp(fact + strlen(SW_FACT), names[i]))
			return true;
	return false;
}

static void synthetic_id(struct sw_xml_out *o, const char *resource, const char *id)
{
	sw_xml_out_begin(o, "ai:synthetic-id");
	sw_xml_out_attr(o, "resource", resource);
	sw_xml_out_attr(o, "id", id);
	sw_xml_out_end(o, "ai:synthetic-id");
}

static void asset(struct sw_xml_out *o, const struct sw_result *r)
{
	const char *name = r->target && *r->target ? r->target : "target";
	size_t i;

	sw_xml_out_begin(o, "ai:computing-device");
	synthetic_id(o, SW_FACT "target", name);
	for (i = 0; i < r->n_facts; i++)
		if (identifies(r->facts[i].name))
			synthetic_id(o, r->facts[i].name, r->facts[i].value);
	if (r->n_facts)
		sw_xml_out_begin(o, "ai:extended-information");
	for (i = 0; i < r->n_facts; i++) {
		sw_xml_out_begin(o, "n1:fact");
		sw_xml_out_attr(o, "xmlns:n1", SW_NS_RESULT);
		sw_xml_out_attr(o, "name", r->facts[i].name);
		sw_xml_out_text(o, r->facts[i].value);
		sw_xml_out_end(o, "n1:fact");
	}
	if (r->n_facts)
		sw_xml_out_end(o, "ai:extended-information");
	if (any_address(r)) {
		sw_xml_out_begin(o, "ai:connections");
		for (i = 0; i < r->n_addresses; i++)
			address(o, r->addresses[i]);
		sw_xml_out_end(o, "ai:connections");
	}
	if (is_hostname(name))
		sw_xml_out_leaf(o, "ai:hostname", name);
	sw_xml_out_end(o, "ai:computing-device");
}

/* ---- the collection ---- */

/* What OVAL collected and judged: a report for each document, named as the rule-results name it. */
static void oval_reports(struct sw_xml_out *o, const struct sw_result *r)
{
	char id[32];

	for (size_t i = 0; i < r->n_oval && o->rc == 0; i++) {
		int rc;

		snprintf(id, sizeof(id), "oval%zu", i);
		sw_xml_out_begin(o, "arf:report");
		sw_xml_out_attr(o, "id", id);
		sw_xml_out_begin(o, "arf:content");
		rc = sw_oval_report_write(r->oval[i].report, r->oval[i].root, o);
		if (rc < 0 && o->rc == 0)
			o->rc = rc;
		sw_xml_out_end(o, "arf:content");
		sw_xml_out_end(o, "arf:report");
	}
}

static void collection(struct sw_xml_out *o, const struct sw_result *r,
		       const struct sw_render_options *opts)
{
	const struct sw_xml_node *stream =
		r->doc || !r->source || opts->benchmark_id ? NULL : sw_source_collection(r->source);

	sw_xml_out_begin(o, "arf:asset-report-collection");
	sw_xml_out_attr(o, "xmlns:arf", NS_ARF);
	sw_xml_out_attr(o, "xmlns:core", NS_CORE);
	sw_xml_out_attr(o, "xmlns:ai", NS_AI);
	sw_xml_out_begin(o, "core:relationships");
	sw_xml_out_attr(o, "xmlns:arfvocab", NS_VOCABULARY);
	relationship(o, "arfvocab:createdFor", REQUEST);
	relationship(o, "arfvocab:isAbout", ASSET);
	sw_xml_out_end(o, "core:relationships");
	sw_xml_out_begin(o, "arf:report-requests");
	sw_xml_out_begin(o, "arf:report-request");
	sw_xml_out_attr(o, "id", REQUEST);
	sw_xml_out_begin(o, "arf:content");
	if (stream)
		whole(o, stream);
	else
		composed_collection(o, r, opts->benchmark_id);
	sw_xml_out_end(o, "arf:content");
	sw_xml_out_end(o, "arf:report-request");
	sw_xml_out_end(o, "arf:report-requests");
	sw_xml_out_begin(o, "arf:assets");
	sw_xml_out_begin(o, "arf:asset");
	sw_xml_out_attr(o, "id", ASSET);
	asset(o, r);
	sw_xml_out_end(o, "arf:asset");
	sw_xml_out_end(o, "arf:assets");
	sw_xml_out_begin(o, "arf:reports");
	sw_xml_out_begin(o, "arf:report");
	sw_xml_out_attr(o, "id", REPORT);
	sw_xml_out_begin(o, "arf:content");
	sw_testresult_write(o, r, opts, ASSET);
	sw_xml_out_end(o, "arf:content");
	sw_xml_out_end(o, "arf:report");
	oval_reports(o, r);
	sw_xml_out_end(o, "arf:reports");
	sw_xml_out_end(o, "arf:asset-report-collection");
}

int sw_result_write_arf(struct sw_result *r, const struct sw_render_options *opts,
			sw_write_fn write, void *ctx, struct sw_error *err)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
	struct sw_xml_out o = {.write = write, .ctx = ctx};
	int rc;

	if (!r->n_rules)
		return sw_error_set(err, ENODATA, "ARF: the result has no rule");
	rc = sw_result_score(r);
	if (rc == 0) {
		sw_xml_out_raw(&o, declaration, strlen(declaration));
		collection(&o, r, opts);
		sw_xml_out_raw(&o, "\n", 1);
		rc = sw_xml_out_finish(&o);
	}
	return rc < 0 ? sw_error_set(err, -rc, "ARF: %s", strerror(-rc)) : 0;
}
