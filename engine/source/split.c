/* SPDX-License-Identifier: Apache-2.0 */
/* A data stream as the files it was put together from. Must not write them: the caller does. */
#include "adapters/xml_out.h"
#include "source/info.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define NS_CATALOG "urn:oasis:names:tc:entity:xmlns:xml:catalog"
#define NS_SCE "http://open-scap.org/page/SCE_xccdf_stream"

struct splitting {
	const struct sw_info *info;
	const struct sw_xml_node *stream;
	struct sw_info_part *parts;
	size_t n, cap;
	struct sw_error *err;
};

/* A name comes from the stream: it must not lead out of the directory. */
static bool harmless(const char *name)
{
	const char *at = name;

	if (*name == '/' || !*name || strlen(name) > SW_LIMIT_PATH)
		return false;
	for (;; at += strcspn(at, "/") + 1) {
		size_t len = strcspn(at, "/");

		if (!len || (len == 2 && !strncmp(at, "..", 2)))
			return false;
		if (!at[len])
			return len != 1 || *at != '.';
	}
}

static const struct sw_xml_node *ref_by_id(const struct splitting *sp, const char *uri)
{
	SW_XML_FOREACH (section, sp->stream, SW_NS_DS, NULL)
		SW_XML_FOREACH (ref, section, SW_NS_DS, "component-ref")
			if (*uri == '#' && !strcmp(uri + 1, sw_xml_attr_or(ref, "id", "")))
				return ref;
	return NULL;
}

static bool known(const struct splitting *sp, const char *name)
{
	for (size_t i = 0; i < sp->n; i++)
		if (!strcmp(sp->parts[i].name, name))
			return true;
	return false;
}

static int add(struct splitting *sp, const struct sw_xml_node *ref, const char *name,
	       unsigned depth);

static int add_catalog(struct splitting *sp, const struct sw_xml_node *ref, unsigned depth)
{
	const struct sw_xml_node *catalog = sw_xml_child(ref, NS_CATALOG, "catalog");
	int rc = 0;

	if (!catalog)
		return 0;
	SW_XML_FOREACH (uri, catalog, NS_CATALOG, "uri") {
		const struct sw_xml_node *below = ref_by_id(sp, sw_xml_attr_or(uri, "uri", ""));

		if (rc == 0 && below)
			rc = add(sp, below, sw_xml_attr_or(uri, "name", ""), depth);
	}
	return rc;
}

static int add(struct splitting *sp, const struct sw_xml_node *ref, const char *name,
	       unsigned depth)
{
	const struct sw_xml_node *element = sw_info_component(sp->info, ref);
	char *copy;

	if (known(sp, name))
		return 0;
	if (!element || !depth)
		return sw_error_set(sp->err, ENOENT, "%s: component-ref %s leads to nothing",
				    sp->info->path, sw_xml_attr_or(ref, "id", "?"));
	if (!harmless(name))
		return sw_error_set(sp->err, EINVAL, "%s:%ld: not a name for a file: \"%s\"",
				    sp->info->path, sw_xml_line(ref), name);
	copy = strdup(name);
	if (!copy || SW_GROW(sp->parts, sp->n, sp->cap) < 0) {
		free(copy);
		return sw_error_set(sp->err, ENOMEM, "out of memory");
	}
	sp->parts[sp->n++] = (struct sw_info_part){copy, element};
	return add_catalog(sp, ref, depth - 1);
}

static const struct sw_xml_node *stream_by_id(const struct sw_info *info, const char *id)
{
	SW_XML_FOREACH (stream, info->root, SW_NS_DS, "data-stream")
		if (!id || !strcmp(id, sw_xml_attr_or(stream, "id", "")))
			return stream;
	return NULL;
}

static int add_section(struct splitting *sp, const char *section_name, const char *id)
{
	const struct sw_xml_node *section = sw_xml_child(sp->stream, SW_NS_DS, section_name);
	int rc = 0;

	if (!section)
		return 0;
	SW_XML_FOREACH (ref, section, SW_NS_DS, "component-ref") {
		const char *own = sw_xml_attr_or(ref, "id", "");

		if (rc == 0 && (!id || !strcmp(id, own)))
			rc = add(sp, ref, own, 8);
	}
	return rc;
}

int sw_info_split(const struct sw_info *info, const struct sw_info_choice *wanted,
		  struct sw_info_part **ret_parts, size_t *ret_n, struct sw_error *err)
{
	struct splitting sp = {.info = info, .err = err};
	struct sw_info_choice choice;
	int rc;

	if (info->kind != SW_INFO_STREAM)
		return sw_error_set(err, EINVAL, "%s: not a source data stream: %s", info->path,
				    sw_info_kind_str(info->kind));
	rc = sw_info_choose(info, wanted, &choice, err);
	if (rc < 0)
		return rc;
	sp.stream = stream_by_id(info, choice.stream_id);
	rc = add_section(&sp, "checklists", choice.ref_id);
	if (rc == 0)
		rc = add_section(&sp, "dictionaries", NULL);
	if (rc < 0) {
		sw_info_parts_free(sp.parts, sp.n);
		return rc;
	}
	*ret_parts = sp.parts;
	*ret_n = sp.n;
	return 0;
}

void sw_info_parts_free(struct sw_info_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(parts[i].name);
	free(parts);
}

int sw_info_part_write(const struct sw_info_part *part, sw_write_fn write, void *ctx)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
	struct sw_xml_out o = {.write = write, .ctx = ctx};

	if (sw_xml_is(part->element, NS_SCE, "script")) {
		_cleanup_free_ char *text = sw_xml_text(part->element);

		return text ? write(ctx, text, strlen(text)) : -ENOMEM;
	}
	sw_xml_out_raw(&o, declaration, strlen(declaration));
	sw_xml_out_start_of(&o, part->element, NULL);
	sw_xml_out_children_of(&o, part->element, NULL, NULL);
	sw_xml_out_end_of(&o, part->element);
	sw_xml_out_raw(&o, "\n", 1);
	return sw_xml_out_finish(&o);
}
