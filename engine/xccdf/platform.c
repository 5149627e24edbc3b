/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does an item apply to the target: its CPE platforms, looked up in the content's dictionaries and
 * in the platform-specifications of the benchmark and the dictionaries. A platform that nothing
 * proves does not apply.
 */
#include "xccdf/cpe.h"
#include "xccdf/internal.h"

#define NS_CPE_DICT "http://cpe.mitre.org/dictionary/2.0"
#define NS_CPE_LANG "http://cpe.mitre.org/language/2.0"

struct context {
	struct engines *engines;
	const struct sw_content *content;
};

static bool check_holds(const struct context *c, size_t dictionary, const char *href,
			const char *definition)
{
	_cleanup_strbuf_ struct sw_strbuf message = {};
	struct oval_answer answer;

	engines_oval(
		c->engines,
		&(struct oval_request){.dictionary = dictionary, .href = href, .name = definition},
		&message, &answer);
	return answer.found && answer.verdict == SW_VERDICT_PASS;
}

/* The <check> of one dictionary entry holds on the target. */
static bool entry_holds(const struct context *c, size_t dictionary, const struct sw_xml_node *entry)
{
	const char *href;
	char *definition;
	bool holds;

	SW_XML_FOREACH (check, entry, NULL, "check") {
		href = sw_xml_attr(check, "href");
		if (!href || strcmp(sw_xml_attr_or(check, "system", ""), SW_CHECK_SYSTEM_OVAL))
			continue;
		definition = sw_xml_text_trim(check);
		holds = definition && check_holds(c, dictionary, href, definition);
		free(definition);
		if (holds)
			return true;
	}
	return false;
}

/* The entry's name, or the CPE 2.3 one inside it, is covered by what was asked for. */
static bool entry_is(const struct sw_xml_node *entry, const struct cpe *wanted)
{
	const struct sw_xml_node *cpe23 = sw_xml_child(entry, NULL, "cpe23-item");
	struct cpe own;

	if (cpe_parse(&own, sw_xml_attr_or(entry, "name", "")) && cpe_covers(wanted, &own))
		return true;
	return cpe23 && cpe_parse(&own, sw_xml_attr_or(cpe23, "name", "")) &&
	       cpe_covers(wanted, &own);
}

static bool name_applies(const struct context *c, const char *name)
{
	const struct sw_xml_node *root;
	struct cpe wanted;
	size_t i;

	if (!cpe_parse(&wanted, name))
		return false;
	for (i = 0; sw_source_dictionary_at(c->content->source, i, &root); i++)
		SW_XML_FOREACH (entry, root, NS_CPE_DICT, "cpe-item")
			if (entry_is(entry, &wanted) && entry_holds(c, i, entry))
				return true;
	return false;
}

/*
 * CPE applicability language (NIST IR 7698): logical tests over names and checks. What cannot be
 * told does not hold, and its negation does, as oscap has it. Recursion is as deep as the document.
 */
static bool logical(const struct context *c, size_t dictionary, const struct sw_xml_node *test)
{
	bool all = strcmp(sw_xml_attr_or(test, "operator", "AND"), "OR") != 0;
	bool holds = all, any = false, one;

	SW_XML_FOREACH (node, test, NS_CPE_LANG, NULL) {
		if (sw_xml_is(node, NULL, "logical-test"))
			one = logical(c, dictionary, node);
		else if (sw_xml_is(node, NULL, "fact-ref"))
			one = name_applies(c, sw_xml_attr_or(node, "name", ""));
		else if (sw_xml_is(node, NULL, "check-fact-ref"))
			one = check_holds(c, dictionary, sw_xml_attr_or(node, "href", ""),
					  sw_xml_attr_or(node, "id-ref", ""));
		else
			continue;
		any = true;
		holds = all ? holds && one : holds || one;
	}
	return (any && holds) != sw_xml_attr_bool(test, "negate", false);
}

static bool specification_applies(const struct context *c, size_t dictionary,
				  const struct sw_xml_node *specification, const char *id)
{
	const struct sw_xml_node *test;

	SW_XML_FOREACH (platform, specification, NS_CPE_LANG, "platform") {
		if (strcmp(sw_xml_attr_or(platform, "id", ""), id))
			continue;
		test = sw_xml_child(platform, NS_CPE_LANG, "logical-test");
		return test && logical(c, dictionary, test);
	}
	return false;
}

/* "#id" names a platform of a platform-specification; some content leaves the "#" away. */
static bool platform_applies(const struct context *c, const char *idref)
{
	const char *id = idref[0] == '#' ? idref + 1 : idref;
	const struct sw_xml_node *root;
	size_t i;

	root = sw_xml_child(c->content->benchmark, NS_CPE_LANG, "platform-specification");
	if (root && specification_applies(c, SW_NO_DICTIONARY, root, id))
		return true;
	for (i = 0; sw_source_dictionary_at(c->content->source, i, &root); i++)
		if (sw_xml_is(root, NS_CPE_LANG, "platform-specification") &&
		    specification_applies(c, i, root, id))
			return true;
	return name_applies(c, idref);
}

/* No platform: applies. Several: one is enough (XCCDF 1.2, 6.2.5). */
static bool node_applicable(const struct context *c, const struct sw_xml_node *node)
{
	bool any = false;

	SW_XML_FOREACH (platform, node, SW_NS_XCCDF, "platform") {
		if (platform_applies(c, sw_xml_attr_or(platform, "idref", "")))
			return true;
		any = true;
	}
	return !any;
}

static void tell(const struct sw_xml_node *node, struct sw_strbuf *ret_reason)
{
	const char *before = "not this platform: ";

	SW_XML_FOREACH (platform, node, SW_NS_XCCDF, "platform") {
		sw_strbuf_addf(ret_reason, "%s%s", before, sw_xml_attr_or(platform, "idref", ""));
		before = ", ";
	}
}

/* A Group's answer (i is its index) or the benchmark's is the same for all that it holds. */
static bool surroundings_applicable(struct scan *scan, const struct context *c,
				    const struct sw_xml_node *node, size_t i)
{
	enum applies *known = &scan->applies[i];

	if (*known == APPLIES_UNKNOWN)
		*known = node_applicable(c, node) ? APPLIES : APPLIES_NOT;
	return *known == APPLIES;
}

/* From the outside in: what the benchmark is not for, nothing in it is. */
static bool chain_applicable(struct scan *scan, const struct context *c, size_t group,
			     const struct sw_xml_node **ret_node)
{
	const struct sw_content *content = scan->content;

	if (group == SW_NO_PARENT) {
		*ret_node = content->benchmark;
		return surroundings_applicable(scan, c, *ret_node, content->n_items);
	}
	if (!chain_applicable(scan, c, content->items[group].parent, ret_node))
		return false;
	*ret_node = content->items[group].node;
	return surroundings_applicable(scan, c, *ret_node, group);
}

bool item_applicable(struct scan *scan, const struct item *item, struct sw_strbuf *ret_reason)
{
	const struct context c = {scan->engines, scan->content};
	const struct sw_xml_node *node;
	bool applies = chain_applicable(scan, &c, item->parent, &node);

	if (applies) {
		node = item->node;
		applies = node_applicable(&c, node);
	}
	if (!applies)
		tell(node, ret_reason);
	return applies;
}
