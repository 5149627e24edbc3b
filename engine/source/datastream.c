/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCAP source data streams (NIST SP 800-126r3, section 3.1): which stream, which checklist, and
 * what a catalog maps an href to. Must not read files: a stream is complete in itself.
 */
#include "source/internal.h"

#define NS_DS "http://scap.nist.gov/schema/scap/source/1.2"
#define NS_XLINK "http://www.w3.org/1999/xlink"
#define NS_CATALOG "urn:oasis:names:tc:entity:xmlns:xml:catalog"

bool sw_stream_is(const struct sw_xml_node *root)
{
	return sw_xml_is(root, NS_DS, "data-stream-collection");
}

static bool points_to(const char *pointer, const char *id)
{
	return pointer && pointer[0] == '#' && id && !strcmp(pointer + 1, id);
}

const struct sw_xml_node *sw_stream_component(const struct sw_source *s,
					      const struct sw_xml_node *ref)
{
	const struct sw_xml_node *collection = sw_xml_root(s->doc);
	const char *pointer = sw_xml_attr_ns(ref, NS_XLINK, "href");

	SW_XML_FOREACH (c, collection, NS_DS, NULL) {
		if (!sw_xml_is(c, NULL, "component") && !sw_xml_is(c, NULL, "extended-component"))
			continue;
		if (points_to(pointer, sw_xml_attr(c, "id")))
			return c;
	}
	return NULL;
}

/* The component-ref with this id, in any section of the stream. */
static const struct sw_xml_node *find_ref(const struct sw_source *s, const char *pointer)
{
	SW_XML_FOREACH (section, s->stream, NS_DS, NULL)
		SW_XML_FOREACH (ref, section, NS_DS, "component-ref")
			if (points_to(pointer, sw_xml_attr(ref, "id")))
				return ref;
	return NULL;
}

const struct sw_xml_node *sw_stream_ref(const struct sw_source *s, const char *id)
{
	SW_XML_FOREACH (section, s->stream, NS_DS, NULL)
		SW_XML_FOREACH (ref, section, NS_DS, "component-ref")
			if (!strcmp(sw_xml_attr_or(ref, "id", ""), id))
				return ref;
	return NULL;
}

static const char *skip_dot(const char *href)
{
	while (href[0] == '.' && href[1] == '/')
		href += 2;
	return href;
}

const struct sw_xml_node *sw_stream_resolve(const struct sw_source *s,
					    const struct sw_xml_node *ref, const char *href)
{
	const struct sw_xml_node *catalog = sw_xml_child(ref, NS_CATALOG, "catalog");
	const struct sw_xml_node *target = NULL;
	const char *name;

	if (href[0] == '#')
		target = find_ref(s, href);
	SW_XML_FOREACH (uri, catalog, NS_CATALOG, "uri") {
		name = sw_xml_attr(uri, "name");
		if (target || !name || strcmp(skip_dot(name), skip_dot(href)))
			continue;
		target = find_ref(s, sw_xml_attr_or(uri, "uri", ""));
	}
	return target ? sw_stream_component(s, target) : NULL;
}

const struct sw_xml_node *sw_stream_dictionary_ref(const struct sw_source *s, size_t i)
{
	const struct sw_xml_node *section = sw_xml_child(s->stream, NS_DS, "dictionaries");

	SW_XML_FOREACH (ref, section, NS_DS, "component-ref")
		if (i-- == 0)
			return ref;
	return NULL;
}

/* What the options leave to choose from, gathered while walking the checklists of all streams. */
struct choice {
	const struct sw_content_options *opts;
	struct sw_strbuf list;
	size_t n;
	const struct sw_xml_node *stream, *ref, *benchmark;
};

static void consider(struct sw_source *s, struct choice *choice, const struct sw_xml_node *stream,
		     const struct sw_xml_node *ref)
{
	const struct sw_xml_node *component = sw_stream_component(s, ref), *benchmark;
	const char *wanted = choice->opts ? choice->opts->benchmark_id : NULL;
	const char *id;

	benchmark = sw_xml_child(component, SW_NS_XCCDF, "Benchmark");
	if (!benchmark)
		return;
	id = sw_xml_attr_or(benchmark, "id", "");
	sw_strbuf_addf(&choice->list, "%sstream %s benchmark %s", choice->list.len ? ", " : "",
		       sw_xml_attr_or(stream, "id", "?"), id);
	if (wanted && strcmp(wanted, id))
		return;
	choice->n++;
	choice->stream = stream;
	choice->ref = ref;
	choice->benchmark = benchmark;
}

int sw_stream_choose(struct sw_source *s, const struct sw_content_options *opts,
		     struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf streams = {};
	const char *wanted = opts ? opts->datastream_id : NULL;
	struct choice choice = {.opts = opts};
	const char *list;
	int rc = 0;

	SW_XML_FOREACH (stream, sw_xml_root(s->doc), NS_DS, "data-stream") {
		sw_strbuf_addf(&streams, " %s", sw_xml_attr_or(stream, "id", "?"));
		if (wanted && strcmp(wanted, sw_xml_attr_or(stream, "id", "")))
			continue;
		SW_XML_FOREACH (section, stream, NS_DS, "checklists")
			SW_XML_FOREACH (ref, section, NS_DS, "component-ref")
				consider(s, &choice, stream, ref);
	}
	list = sw_strbuf_str(&choice.list);
	if (!list)
		rc = sw_error_set(err, ENOMEM, "%s: no memory", s->name);
	else if (!choice.list.len && wanted)
		rc = sw_error_set(err, ENOENT, "%s: no data stream \"%s\" with a benchmark; has:%s",
				  s->name, wanted, sw_strbuf_str(&streams) ?: "");
	else if (!choice.list.len)
		rc = sw_error_set(err, ENOENT, "%s: no data stream with a benchmark", s->name);
	else if (!choice.n)
		rc = sw_error_set(err, ENOENT, "%s: no benchmark \"%s\"; has: %s", s->name,
				  opts->benchmark_id, list);
	else if (choice.n > 1)
		rc = sw_error_set(err, EINVAL, "%s: several benchmarks, choose one of: %s", s->name,
				  list);
	sw_strbuf_release(&choice.list);
	if (rc < 0)
		return rc;
	s->stream = choice.stream;
	s->ref = choice.ref;
	s->benchmark = choice.benchmark;
	return 0;
}
