/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does an item apply to the target: its CPE platforms, looked up in the content's dictionaries and
 * in the benchmark's own platform-specification. A platform that nothing defines does not apply.
 */
#include "xccdf/internal.h"

#define NS_CPE_DICT "http://cpe.mitre.org/dictionary/2.0"
#define NS_CPE_LANG "http://cpe.mitre.org/language/2.0"

/* The <check> of one dictionary entry holds on the target. */
static bool dictionary_item_true(struct engines *e, size_t dictionary,
				 const struct sw_xml_node *item)
{
	_cleanup_strbuf_ struct sw_strbuf message = {};
	_cleanup_free_ char *definition = NULL;
	struct oval_answer answer;
	const char *href;

	SW_XML_FOREACH (check, item, NULL, "check") {
		href = sw_xml_attr(check, "href");
		free(definition);
		definition = sw_xml_text_trim(check);
		if (!href || !definition ||
		    strcmp(sw_xml_attr_or(check, "system", ""), SW_CHECK_SYSTEM_OVAL))
			continue;
		engines_oval(e,
			     &(struct oval_request){
				     .dictionary = dictionary, .href = href, .name = definition},
			     &message, &answer);
		if (answer.found && answer.verdict == SW_VERDICT_PASS)
			return true;
	}
	return false;
}

static bool name_applies(struct engines *e, const struct sw_content *c, const char *name)
{
	const struct sw_xml_node *root;
	size_t i;

	for (i = 0; sw_source_dictionary_at(c->source, i, &root); i++) {
		SW_XML_FOREACH (item, root, NS_CPE_DICT, "cpe-item") {
			const struct sw_xml_node *cpe23 = sw_xml_child(item, NULL, "cpe23-item");
			const char *long_name = cpe23 ? sw_xml_attr_or(cpe23, "name", "") : "";

			if (strcmp(sw_xml_attr_or(item, "name", ""), name) &&
			    strcmp(long_name, name))
				continue;
			if (dictionary_item_true(e, i, item))
				return true;
		}
	}
	return false;
}

/* CPE applicability language (NIST IR 7698): logical tests over names and checks. */
static enum sw_verdict logical(struct engines *e, const struct sw_content *c,
			       const struct sw_xml_node *test)
{
	bool all = !strcmp(sw_xml_attr_or(test, "operator", "AND"), "AND");
	enum sw_verdict sum = SW_VERDICT_NOTAPPLICABLE, one;
	_cleanup_strbuf_ struct sw_strbuf message = {};
	struct oval_answer answer;

	SW_XML_FOREACH (node, test, NS_CPE_LANG, NULL) {
		if (sw_xml_is(node, NULL, "logical-test")) {
			one = logical(e, c, node);
		} else if (sw_xml_is(node, NULL, "fact-ref")) {
			one = name_applies(e, c, sw_xml_attr_or(node, "name", ""))
				      ? SW_VERDICT_PASS
				      : SW_VERDICT_FAIL;
		} else if (sw_xml_is(node, NULL, "check-fact-ref")) {
			engines_oval(
				e,
				&(struct oval_request){.dictionary = SW_NO_DICTIONARY,
						       .href = sw_xml_attr_or(node, "href", ""),
						       .name = sw_xml_attr_or(node, "id-ref", "")},
				&message, &answer);
			one = answer.verdict;
		} else {
			continue;
		}
		sum = all ? sw_verdict_and(sum, one) : sw_verdict_or(sum, one);
	}
	return sw_xml_attr_bool(test, "negate", false) ? sw_verdict_negate(sum) : sum;
}

/* "#id" names a platform of the benchmark's platform-specification. */
static bool specification_applies(struct engines *e, const struct sw_content *c, const char *id)
{
	const struct sw_xml_node *spec =
		sw_xml_child(c->benchmark, NS_CPE_LANG, "platform-specification");
	const struct sw_xml_node *test;

	SW_XML_FOREACH (platform, spec, NS_CPE_LANG, "platform") {
		if (strcmp(sw_xml_attr_or(platform, "id", ""), id))
			continue;
		test = sw_xml_child(platform, NS_CPE_LANG, "logical-test");
		return test && logical(e, c, test) == SW_VERDICT_PASS;
	}
	return false;
}

/* No platform: applies. Several: one is enough (XCCDF 1.2, 6.2.5). */
static bool node_applicable(struct engines *e, const struct sw_content *c,
			    const struct sw_xml_node *node, struct sw_strbuf *ret_reason)
{
	bool any = false;

	SW_XML_FOREACH (platform, node, SW_NS_XCCDF, "platform") {
		const char *idref = sw_xml_attr_or(platform, "idref", "");

		if (idref[0] == '#' ? specification_applies(e, c, idref + 1)
				    : name_applies(e, c, idref))
			return true;
		sw_strbuf_addf(ret_reason, "%s%s", any ? ", " : "not this platform: ", idref);
		any = true;
	}
	return !any;
}

bool item_applicable(struct engines *e, const struct sw_content *c, const struct item *item,
		     struct sw_strbuf *ret_reason)
{
	if (!node_applicable(e, c, item->node, ret_reason))
		return false;
	for (; item->parent != SW_NO_PARENT; item = &c->items[item->parent])
		if (!node_applicable(e, c, c->items[item->parent].node, ret_reason))
			return false;
	return node_applicable(e, c, c->benchmark, ret_reason);
}
