/* SPDX-License-Identifier: Apache-2.0 */
/* Which schemas and schematron rules a SCAP document has to obey, and whether it does. */
#include "adapters/schema.h"
#include "source/info.h"
#include "stigwatch/error.h"

/* Below the directory of schemas; VERSION is the OVAL document's. */
struct rules {
	char xsd[512], xsl[512];
	bool oval;
	bool lenient; /* there are no schematron rules, and nobody misses them */
};

struct validating {
	const struct sw_validate_options *options;
	bool invalid;
};

static void say(void *ctx, long line, const char *text)
{
	const struct validating *v = ctx;

	if (v->options->say)
		v->options->say(v->options->ctx, line, text);
}

/* Of an OVAL document: "5.11.1" of "5.11.1:1.2". A name that is a path leads nowhere. */
static int oval_version(const struct sw_xml_node *root, char ret[32], struct sw_error *err)
{
	const struct sw_xml_node *generator = sw_xml_child(root, NULL, "generator");
	_cleanup_free_ char *text =
		generator ? sw_xml_child_text(generator, NULL, "schema_version") : NULL;
	size_t len = text ? strspn(text, "0123456789.") : 0;

	if (!len || len >= 32 || strstr(text, ".."))
		return sw_error_set(err, EINVAL, "the document names no OVAL version");
	memcpy(ret, text, len);
	ret[len] = '\0';
	return 0;
}

static void set(struct rules *r, const char *dir, const char *xsd, const char *xsl)
{
	snprintf(r->xsd, sizeof(r->xsd), "%s/%s", dir, xsd);
	if (xsl)
		snprintf(r->xsl, sizeof(r->xsl), "%s/%s", dir, xsl);
}

static int oval_rules(const struct sw_xml_node *root, const char *dir, const char *what,
		      struct rules *r, struct sw_error *err)
{
	char version[32];
	int rc = oval_version(root, version, err);

	if (rc < 0)
		return rc;
	snprintf(r->xsd, sizeof(r->xsd), "%s/oval/%s/oval-%s-schema.xsd", dir, version, what);
	if (!strcmp(what, "system-characteristics"))
		what = "system-characteristic"; /* the package's spelling */
	snprintf(r->xsl, sizeof(r->xsl), "%s/oval/%s/oval-%s-schematron.xsl", dir, version, what);
	r->oval = true;
	return 0;
}

static const char *scap_version(const struct sw_xml_node *root)
{
	const struct sw_xml_node *stream = sw_xml_child(root, NULL, "data-stream");

	return stream ? sw_xml_attr_or(stream, "scap-version", "1.2") : "1.2";
}

static int find_rules(enum sw_info_kind kind, const struct sw_xml_node *root, const char *dir,
		      struct rules *r, struct sw_error *err)
{
	switch (kind) {
	case SW_INFO_XCCDF:
		set(r, dir, "xccdf/1.2/xccdf_1.2.xsd", "xccdf/1.2/xccdf_1.2-schematron.xsl");
		return 0;
	case SW_INFO_TAILORING:
		set(r, dir, "xccdf/1.2/xccdf_1.2.xsd", NULL);
		return 0;
	case SW_INFO_STREAM:
		if (!strcmp(scap_version(root), "1.3"))
			set(r, dir, "sds/1.3/scap-source-data-stream_1.3.xsd",
			    "sds/1.3/source-data-stream-1.3.xsl");
		else
			set(r, dir, "sds/1.2/scap-source-data-stream_1.2.xsd", NULL);
		return 0;
	case SW_INFO_ARF:
		set(r, dir, "arf/1.1/asset-reporting-format_1.1.0.xsd", NULL);
		return 0;
	case SW_INFO_OVAL_DEFINITIONS:
		return oval_rules(root, dir, "definitions", r, err);
	case SW_INFO_OVAL_VARIABLES:
		return oval_rules(root, dir, "variables", r, err);
	case SW_INFO_OVAL_CHARACTERISTICS:
		return oval_rules(root, dir, "system-characteristics", r, err);
	case SW_INFO_OVAL_RESULTS:
		return oval_rules(root, dir, "results", r, err);
	case SW_INFO_OVAL_DIRECTIVES:
		return oval_rules(root, dir, "directives", r, err);
	case SW_INFO_CPE_DICTIONARY:
		set(r, dir, "cpe/2.3/cpe-dictionary_2.3.xsd", NULL);
		r->lenient = true;
		return 0;
	case SW_INFO_CPE_LANGUAGE:
		set(r, dir, "cpe/2.3/cpe-language_2.3.xsd", NULL);
		r->lenient = true;
		return 0;
	default:
		return sw_error_set(err, ENOTSUP, "%s: there is no schema to validate it by",
				    sw_info_kind_str(kind));
	}
}

/* XCCDF's and the stream's rules tell warnings as well; OVAL's only what is wrong. */
static bool complains(const struct rules *r, const char *text)
{
	if (r->oval)
		return text[strspn(text, " \t\r\n")] != '\0';
	return strstr(text, "Error:") != NULL;
}

static int schematron(struct validating *v, const struct rules *r, const struct sw_xml_doc *doc,
		      struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf text = {};
	int rc = sw_schema_transform(r->xsl, doc, &text, err);
	char *rest = text.data, *line;

	if (rc < 0 || !text.len)
		return rc;
	v->invalid |= complains(r, text.data);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			say(v, 0, line);
	return 0;
}

/* XCCDF and OVAL inside of a stream obey their own rules, too. */
static int schematron_of_components(struct validating *v, const struct sw_info *info,
				    struct sw_error *err)
{
	int rc = 0;

	SW_XML_FOREACH (component, info->root, SW_NS_DS, "component") {
		const struct sw_xml_node *root = sw_xml_child(component, NULL, NULL);
		_cleanup_xml_doc_ struct sw_xml_doc *doc = NULL;
		struct rules r = {};

		if (rc < 0 || !root)
			break;
		if (sw_xml_is(root, SW_NS_XCCDF, "Benchmark"))
			rc = find_rules(SW_INFO_XCCDF, root, v->options->schemas, &r, err);
		else if (sw_xml_is(root, NULL, "oval_definitions"))
			rc = find_rules(SW_INFO_OVAL_DEFINITIONS, root, v->options->schemas, &r,
					err);
		else
			continue;
		doc = rc == 0 ? sw_xml_doc_from(root) : NULL;
		if (rc == 0)
			rc = doc ? schematron(v, &r, doc, err)
				 : sw_error_set(err, ENOMEM, "out of memory");
	}
	return rc;
}

int sw_info_validate(const struct sw_info *info, const struct sw_validate_options *options,
		     struct sw_error *err)
{
	struct validating v = {.options = options};
	struct rules r = {};
	int rc = find_rules(info->kind, info->root, options->schemas, &r, err);

	if (rc == 0)
		rc = sw_schema_validate(r.xsd, info->doc, say, &v, err);
	if (rc != 0)
		return rc < 0 ? sw_error_context(err, "%s", info->path) : rc;
	if (options->schematron && info->kind == SW_INFO_STREAM)
		rc = schematron_of_components(&v, info, err);
	if (rc == 0 && options->schematron && *r.xsl)
		rc = schematron(&v, &r, info->doc, err);
	else if (rc == 0 && options->schematron && !r.lenient)
		rc = sw_error_set(err, ENOENT, "there are no schematron rules for this kind");
	return rc < 0 ? sw_error_context(err, "%s", info->path) : v.invalid;
}
