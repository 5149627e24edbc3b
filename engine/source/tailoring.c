/* SPDX-License-Identifier: Apache-2.0 */
/* The tailoring that a scan is asked to use: a file, a document in memory, or a component of the
 * stream. Must not interpret its profiles. */
#include "source/internal.h"

static int use(struct sw_source *s, const struct sw_xml_node *root, const char *name,
	       struct sw_error *err)
{
	if (!sw_xml_is(root, SW_NS_XCCDF, "Tailoring"))
		return sw_error_set(err, EINVAL, "%s: not an XCCDF 1.2 Tailoring: <%s>", name,
				    sw_xml_name(root));
	s->tailoring_name = strdup(name);
	if (!s->tailoring_name)
		return sw_error_set(err, ENOMEM, "%s: no memory", name);
	s->tailoring = root;
	return 0;
}

static int no_component(const struct sw_source *s, const char *id, struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf list = {};
	const struct sw_xml_node *component;

	SW_XML_FOREACH (section, s->stream, NULL, NULL) {
		SW_XML_FOREACH (ref, section, NULL, "component-ref") {
			component = sw_stream_component(s, ref);
			if (component && sw_xml_child(component, SW_NS_XCCDF, "Tailoring"))
				sw_strbuf_addf(&list, " %s", sw_xml_attr_or(ref, "id", "?"));
		}
	}
	return sw_error_set(err, ENOENT, "%s: no tailoring component \"%s\"; has:%s", s->name, id,
			    list.len ? list.data : " none");
}

static int from_stream(struct sw_source *s, const char *id, struct sw_error *err)
{
	const struct sw_xml_node *ref = sw_stream_ref(s, id), *component, *root;

	component = ref ? sw_stream_component(s, ref) : NULL;
	root = component ? sw_xml_child(component, NULL, NULL) : NULL;
	return root ? use(s, root, id, err) : no_component(s, id, err);
}

static int from_outside(struct sw_source *s, const struct sw_content_options *opts,
			struct sw_error *err)
{
	const struct sw_document *mem = opts->tailoring;
	const char *name = mem ? mem->name : opts->tailoring_path;
	char sha256[SW_SHA256_HEX];
	int rc;

	if (mem)
		rc = sw_xml_parse(mem->data, mem->len, name, &s->tailoring_doc, err);
	else
		rc = sw_source_read_xml(name, &s->tailoring_doc, sha256, err);
	return rc < 0 ? rc : use(s, sw_xml_root(s->tailoring_doc), name, err);
}

int sw_source_load_tailoring(struct sw_source *s, const struct sw_content_options *opts,
			     struct sw_error *err)
{
	bool outside = opts && (opts->tailoring_path || opts->tailoring);

	if (!opts || (!outside && !opts->tailoring_id))
		return 0;
	if (outside && opts->tailoring_id)
		return sw_error_set(err, EINVAL, "%s: a tailoring file and a tailoring id at once",
				    s->name);
	return outside ? from_outside(s, opts, err) : from_stream(s, opts->tailoring_id, err);
}

const struct sw_xml_node *sw_source_tailoring(const struct sw_source *s, const char **ret_name)
{
	*ret_name = s->tailoring_name;
	return s->tailoring;
}
