/* SPDX-License-Identifier: Apache-2.0 */
/* Variables and their component trees: XML into the model. Evaluates nothing. */
#include "oval/parse.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

static const struct {
	const char *name;
	enum oval_component_kind kind;
	const char *text_attr; /* the attribute that goes into text */
} components[] = {
	{"object_component", OVAL_COMPONENT_OBJECT, NULL},
	{"variable_component", OVAL_COMPONENT_VARIABLE, NULL},
	{"literal_component", OVAL_COMPONENT_LITERAL, NULL},
	{"arithmetic", OVAL_COMPONENT_ARITHMETIC, NULL},
	{"begin", OVAL_COMPONENT_BEGIN, "character"},
	{"concat", OVAL_COMPONENT_CONCAT, NULL},
	{"count", OVAL_COMPONENT_COUNT, NULL},
	{"end", OVAL_COMPONENT_END, "character"},
	{"escape_regex", OVAL_COMPONENT_ESCAPE_REGEX, NULL},
	{"glob_to_regex", OVAL_COMPONENT_GLOB_TO_REGEX, NULL},
	{"regex_capture", OVAL_COMPONENT_REGEX_CAPTURE, "pattern"},
	{"split", OVAL_COMPONENT_SPLIT, "delimiter"},
	{"substring", OVAL_COMPONENT_SUBSTRING, NULL},
	{"time_difference", OVAL_COMPONENT_TIME_DIFFERENCE, NULL},
	{"unique", OVAL_COMPONENT_UNIQUE, NULL},
};

static int parse_attributes(struct oval_parser *p, const struct sw_xml_node *node,
			    const char *text_attr, struct oval_component *ret)
{
	int rc = 0;

	ret->start = strtol(sw_xml_attr_or(node, "substring_start", "1"), NULL, 10);
	ret->length = strtol(sw_xml_attr_or(node, "substring_length", "-1"), NULL, 10);
	ret->multiply = !strcmp(sw_xml_attr_or(node, "arithmetic_operation", "add"), "multiply");
	ret->escape_globs = sw_xml_attr_bool(node, "glob_noescape", false);
	if (ret->kind == OVAL_COMPONENT_LITERAL) {
		ret->text = sw_arena_take(p->arena, sw_xml_text(node));
		return ret->text ? 0 : oval_no_memory(p);
	}
	if (ret->kind == OVAL_COMPONENT_OBJECT)
		rc = oval_attr(p, node, "object_ref", "", &ret->ref);
	if (ret->kind == OVAL_COMPONENT_VARIABLE)
		rc = oval_attr(p, node, "var_ref", "", &ret->ref);
	if (rc == 0)
		rc = oval_attr(p, node, "item_field", "", &ret->field);
	if (rc == 0)
		rc = oval_attr(p, node, "record_field", NULL, &ret->record_field);
	if (rc == 0 && ret->kind == OVAL_COMPONENT_TIME_DIFFERENCE)
		rc = oval_attr(p, node, "format_1", "year_month_day", &ret->format_1)
			     ?: oval_attr(p, node, "format_2", "year_month_day", &ret->format_2);
	if (rc == 0 && text_attr)
		rc = oval_attr(p, node, text_attr, "", &ret->text);
	return rc;
}

static int parse_component(struct oval_parser *p, const struct sw_xml_node *node, unsigned depth,
			   struct oval_component *ret)
{
	size_t n = oval_count(node, OVAL_NS_DEFS, NULL), i = 0;
	struct oval_component *children = sw_arena_alloc(p->arena, n, sizeof(*children));
	const char *text_attr = NULL;
	int rc;

	if (depth > SW_LIMIT_CRITERIA_DEPTH)
		return oval_bad(p, node, "nesting (too deep)");
	ret->name = sw_arena_strdup(p->arena, sw_xml_name(node));
	if (!children || !ret->name)
		return oval_no_memory(p);
	ret->kind = OVAL_COMPONENT_UNSUPPORTED;
	for (size_t k = 0; k < SW_ARRAY_LEN(components); k++)
		if (!strcmp(components[k].name, ret->name)) {
			ret->kind = components[k].kind;
			text_attr = components[k].text_attr;
		}
	rc = parse_attributes(p, node, text_attr, ret);
	if (rc < 0)
		return rc;
	SW_XML_FOREACH (child, node, OVAL_NS_DEFS, NULL) {
		rc = parse_component(p, child, depth + 1, &children[i++]);
		if (rc < 0)
			return rc;
	}
	ret->children = children;
	ret->n_children = n;
	return 0;
}

static int parse_constant(struct oval_parser *p, const struct sw_xml_node *node,
			  struct oval_variable *ret)
{
	size_t n = oval_count(node, OVAL_NS_DEFS, "value");
	const char **values = sw_arena_alloc(p->arena, n, sizeof(*values));

	if (!values)
		return oval_no_memory(p);
	ret->values = values;
	SW_XML_FOREACH (child, node, OVAL_NS_DEFS, "value") {
		values[ret->n_values] = sw_arena_take(p->arena, sw_xml_text(child));
		if (!values[ret->n_values++])
			return oval_no_memory(p);
	}
	return 0;
}

int oval_parse_variable(struct oval_parser *p, const struct sw_xml_node *node,
			struct oval_variable *ret)
{
	struct oval_component *component;
	int rc;

	rc = OVAL_ENUM(p, node, "datatype", sw_oval_datatype_from_str, _SW_OVAL_DATATYPE_MAX,
		       SW_OVAL_STRING, &ret->datatype);
	if (rc < 0)
		return rc;
	if (sw_xml_is(node, OVAL_NS_DEFS, "constant_variable")) {
		ret->kind = OVAL_VARIABLE_CONSTANT;
		return parse_constant(p, node, ret);
	}
	if (sw_xml_is(node, OVAL_NS_DEFS, "external_variable")) {
		ret->kind = OVAL_VARIABLE_EXTERNAL;
		return 0;
	}
	if (!sw_xml_is(node, OVAL_NS_DEFS, "local_variable"))
		return oval_bad(p, node, "kind of variable");
	ret->kind = OVAL_VARIABLE_LOCAL;
	if (!sw_xml_child(node, OVAL_NS_DEFS, NULL))
		return oval_bad(p, node, "component");
	component = sw_arena_alloc(p->arena, 1, sizeof(*component));
	if (!component)
		return oval_no_memory(p);
	ret->component = component;
	return parse_component(p, sw_xml_child(node, OVAL_NS_DEFS, NULL), 1, component);
}
