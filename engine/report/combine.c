/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins the runtime benchmark's result into the vendor's: one benchmark, one TestResult, every id
 * once. Must not touch the vendor's verdicts.
 */
#include "report/report.h"
#include "source/source.h"

/* Every id in the tree below node is new to the tree of root; else *ret_id is the one that is not.
 */
static bool holds_id(const struct sw_xml_node *node, const char *id)
{
	SW_XML_FOREACH (child, node, SW_NS_XCCDF, NULL) {
		const char *own = sw_xml_attr(child, "id");

		if (own && !strcmp(own, id))
			return true;
		if (sw_xml_is(child, NULL, "Group") && holds_id(child, id))
			return true;
	}
	return false;
}

static const char *first_clash(const struct sw_xml_node *root, const struct sw_xml_node *item)
{
	const char *id = sw_xml_attr(item, "id"), *clash;

	if (id && holds_id(root, id))
		return id;
	if (!sw_xml_is(item, NULL, "Group"))
		return NULL;
	SW_XML_FOREACH (child, item, SW_NS_XCCDF, NULL) {
		clash = first_clash(root, child);
		if (clash)
			return clash;
	}
	return NULL;
}

static bool is_item(const struct sw_xml_node *node)
{
	return sw_xml_is(node, NULL, "Group") || sw_xml_is(node, NULL, "Rule") ||
	       sw_xml_is(node, NULL, "Value");
}

/* Schema order: Values stand before Groups and Rules; both before signatures. */
static struct sw_xml_node *successor(struct sw_xml_node *root, const struct sw_xml_node *item)
{
	bool value = sw_xml_is(item, NULL, "Value");

	SW_XML_FOREACH (node, root, NULL, NULL) {
		if (value &&
		    (sw_xml_is(node, SW_NS_XCCDF, "Group") || sw_xml_is(node, SW_NS_XCCDF, "Rule")))
			return node;
		if (sw_xml_is(node, NULL, "signature") || sw_xml_is(node, NULL, "Signature"))
			return node;
	}
	return NULL;
}

static int import(struct sw_xml_node *root, const struct sw_xml_node *item)
{
	struct sw_xml_node *before = successor(root, item), *copy = sw_xml_import(root, item);

	if (!copy)
		return -ENOMEM;
	if (before)
		sw_xml_move_before(copy, before);
	return 0;
}

/* What an earlier combination left: the runtime rules and the tree they stand in. */
static void remove_runtime(struct sw_result *base, struct sw_xml_node *root,
			   const struct sw_xml_node *runtime_root)
{
	struct sw_xml_node *node, *next;
	size_t i, n = 0;

	for (i = 0; i < base->n_rules; i++) {
		if (base->rules[i].runtime)
			sw_rule_result_release(&base->rules[i]);
		else
			base->rules[n++] = base->rules[i];
	}
	if (n == base->n_rules)
		return;
	base->n_rules = n;
	for (node = sw_xml_child(root, SW_NS_XCCDF, NULL); node; node = next) {
		next = sw_xml_next(node, SW_NS_XCCDF, NULL);
		SW_XML_FOREACH (item, runtime_root, SW_NS_XCCDF, NULL) {
			if (is_item(item) && is_item(node) &&
			    !strcmp(sw_xml_attr_or(item, "id", ""),
				    sw_xml_attr_or(node, "id", ""))) {
				sw_xml_remove(node);
				break;
			}
		}
	}
}

static int check_ids(const struct sw_result *base, const struct sw_xml_node *runtime_root,
		     struct sw_error *err)
{
	const char *clash;

	SW_XML_FOREACH (item, runtime_root, SW_NS_XCCDF, NULL) {
		clash = is_item(item) ? first_clash(base->benchmark, item) : NULL;
		if (clash)
			return sw_error_set(err, EEXIST, "combine: id \"%s\" is in both benchmarks",
					    clash);
	}
	return 0;
}

static int import_items(struct sw_xml_node *root, const struct sw_xml_node *runtime_root)
{
	SW_XML_FOREACH (item, runtime_root, SW_NS_XCCDF, NULL)
		if (is_item(item) && import(root, item) < 0)
			return -ENOMEM;
	return 0;
}

static int move_rules(struct sw_result *base, struct sw_result *runtime)
{
	struct sw_rule_result *rules;

	rules = reallocarray(base->rules, base->n_rules + runtime->n_rules + 1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	memcpy(rules + base->n_rules, runtime->rules, runtime->n_rules * sizeof(*rules));
	base->rules = rules;
	base->n_rules += runtime->n_rules;
	runtime->n_rules = 0;
	return 0;
}

static bool has_fact(const struct sw_result *r, const struct sw_name_value *fact)
{
	size_t i;

	for (i = 0; i < r->n_facts; i++)
		if (!strcmp(r->facts[i].name, fact->name) &&
		    !strcmp(r->facts[i].value, fact->value))
			return true;
	return false;
}

/* The runtime content's own digest must not pass for the vendor's. */
static bool about_content(const struct sw_name_value *fact)
{
	return !strcmp(fact->name, SW_FACT_CONTENT_SHA256);
}

static int append_facts(struct sw_result *base, const struct sw_result *runtime)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < runtime->n_facts; i++)
		if (!has_fact(base, &runtime->facts[i]) && !about_content(&runtime->facts[i]))
			rc = sw_result_add_fact(base, runtime->facts[i].name,
						runtime->facts[i].value);
	if (rc == 0 && runtime->content_sha256)
		rc = sw_result_add_fact(base, SW_FACT "runtime.content.sha256",
					runtime->content_sha256);
	for (i = 0; rc == 0 && i < runtime->n_values; i++)
		rc = sw_result_add_value(base, runtime->values[i].name, runtime->values[i].value);
	return rc;
}

/* Our times are all UTC with "Z"; a time of another form stays when it is the base's. */
static bool earlier(const char *a, const char *b)
{
	return strcmp(a, b) < 0;
}

static int join_window(struct sw_result *base, const struct sw_result *runtime)
{
	int rc = 0;

	if (runtime->start_time &&
	    (!base->start_time || earlier(runtime->start_time, base->start_time)))
		rc = sw_str_replace(&base->start_time, runtime->start_time);
	if (rc == 0 && runtime->end_time &&
	    (!base->end_time || earlier(base->end_time, runtime->end_time)))
		rc = sw_str_replace(&base->end_time, runtime->end_time);
	return rc;
}

int sw_result_combine(struct sw_result *base, struct sw_result *runtime, struct sw_error *err)
{
	_cleanup_result_ struct sw_result *r = runtime;
	struct sw_xml_node *root = sw_result_own_tree(base);
	int rc;

	if (!root)
		return sw_error_set(err, ENOMEM, "combine: no memory");
	remove_runtime(base, root, r->benchmark);
	rc = check_ids(base, r->benchmark, err);
	if (rc < 0)
		return rc;
	rc = import_items(root, r->benchmark);
	if (rc == 0)
		rc = append_facts(base, r);
	if (rc == 0)
		rc = join_window(base, r);
	if (rc == 0)
		rc = move_rules(base, r);
	if (rc == 0)
		rc = sw_result_score(base);
	return rc < 0 ? sw_error_set(err, -rc, "combine: %s", strerror(-rc)) : 0;
}
