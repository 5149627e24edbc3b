/* SPDX-License-Identifier: Apache-2.0 */
/* Tests, objects with their sets and filters, states: XML into the model. Evaluates nothing. */
#include "oval/parse.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

/* "textfilecontent54_object" -> "textfilecontent54". */
static int parse_type(struct oval_parser *p, const struct sw_xml_node *node, const char *suffix,
		      const char **ret_ns, const char **ret_type)
{
	char *type = sw_arena_strdup(p->arena, sw_xml_name(node));
	char *ns = sw_arena_strdup(p->arena, sw_xml_ns(node));
	size_t n, m = strlen(suffix);

	if (!type || !ns)
		return oval_no_memory(p);
	n = strlen(type);
	if (n > m && !strcmp(type + n - m, suffix))
		type[n - m] = '\0';
	*ret_ns = ns;
	*ret_type = type;
	return 0;
}

/* What an entity of an object or state and a field of a record have both. */
static int parse_simple(struct oval_parser *p, const struct sw_xml_node *node,
			struct oval_entity *ret)
{
	char *text = sw_xml_text(node);
	int rc;

	ret->value = sw_arena_take(p->arena, text);
	ret->name = sw_arena_strdup(p->arena, sw_xml_name(node));
	if (!ret->value || !ret->name)
		return oval_no_memory(p);
	ret->mask = sw_xml_attr_bool(node, "mask", false);
	ret->nil = !strcmp(sw_xml_attr_ns(node, OVAL_NS_XSI, "nil") ?: "", "true") ||
		   !strcmp(sw_xml_attr_ns(node, OVAL_NS_XSI, "nil") ?: "", "1");
	rc = oval_attr(p, node, "var_ref", NULL, &ret->var_ref);
	if (rc == 0)
		rc = OVAL_ENUM(p, node, "operation", sw_oval_operation_from_str,
			       _SW_OVAL_OPERATION_MAX, SW_OVAL_EQUALS, &ret->operation);
	if (rc == 0)
		rc = OVAL_ENUM(p, node, "entity_check", sw_oval_check_from_str, _SW_OVAL_CHECK_MAX,
			       SW_OVAL_CHECK_ALL, &ret->entity_check);
	if (rc == 0)
		rc = OVAL_ENUM(p, node, "var_check", sw_oval_check_from_str, _SW_OVAL_CHECK_MAX,
			       SW_OVAL_CHECK_ALL, &ret->var_check);
	if (rc == 0)
		rc = OVAL_ENUM(p, node, "check_existence", sw_oval_existence_from_str,
			       _SW_OVAL_EXISTENCE_MAX, SW_OVAL_AT_LEAST_ONE_EXISTS,
			       &ret->check_existence);
	if (rc == 0) /* unknown datatypes are kept: what uses them is not evaluated */
		ret->datatype = sw_xml_attr(node, "datatype")
					? sw_oval_datatype_from_str(sw_xml_attr(node, "datatype"))
					: SW_OVAL_STRING;
	return rc;
}

/* The fields of a record, by their name attributes. */
static int parse_fields(struct oval_parser *p, const struct sw_xml_node *node,
			struct oval_entity *ret)
{
	size_t n = oval_count(node, NULL, "field"), i = 0;
	struct oval_entity *fields = sw_arena_alloc(p->arena, n, sizeof(*fields));
	int rc = 0;

	if (!fields)
		return oval_no_memory(p);
	SW_XML_FOREACH (child, node, NULL, "field") {
		rc = parse_simple(p, child, &fields[i]);
		if (rc == 0)
			rc = oval_attr(p, child, "name", "", &fields[i].name);
		if (rc < 0)
			return rc;
		ret->mask |= fields[i++].mask; /* nothing of such a record is told */
	}
	ret->fields = fields;
	ret->n_fields = n;
	return 0;
}

static int parse_entity(struct oval_parser *p, const struct sw_xml_node *node,
			struct oval_entity *ret)
{
	int rc = parse_simple(p, node, ret);

	return rc == 0 && ret->datatype == SW_OVAL_RECORD ? parse_fields(p, node, ret) : rc;
}

static int parse_filters(struct oval_parser *p, const struct sw_xml_node *node,
			 const struct oval_filter **ret_filters, size_t *ret_n)
{
	size_t n = oval_count(node, OVAL_NS_DEFS, "filter"), i = 0;
	struct oval_filter *f = sw_arena_alloc(p->arena, n, sizeof(*f));

	if (!f)
		return oval_no_memory(p);
	SW_XML_FOREACH (child, node, OVAL_NS_DEFS, "filter") {
		const char *action = sw_xml_attr_or(child, "action", "exclude");

		if (strcmp(action, "exclude") && strcmp(action, "include"))
			return oval_bad(p, child, "action");
		f[i].exclude = !strcmp(action, "exclude");
		f[i].state_ref = sw_arena_take(p->arena, sw_xml_text_trim(child));
		if (!f[i++].state_ref)
			return oval_no_memory(p);
	}
	*ret_filters = f;
	*ret_n = n;
	return 0;
}

static int parse_set_operator(struct oval_parser *p, const struct sw_xml_node *node,
			      enum oval_set_operator *ret)
{
	const char *op = sw_xml_attr_or(node, "set_operator", "UNION");

	if (!strcmp(op, "UNION"))
		*ret = OVAL_SET_UNION;
	else if (!strcmp(op, "INTERSECTION"))
		*ret = OVAL_SET_INTERSECTION;
	else if (!strcmp(op, "COMPLEMENT"))
		*ret = OVAL_SET_COMPLEMENT;
	else
		return oval_bad(p, node, "set_operator");
	return 0;
}

static int parse_set(struct oval_parser *p, const struct sw_xml_node *node, unsigned depth,
		     struct oval_set *ret)
{
	size_t n_sets = oval_count(node, OVAL_NS_DEFS, "set"), i = 0;
	size_t n_objects = oval_count(node, OVAL_NS_DEFS, "object_reference");
	struct oval_set *sets = sw_arena_alloc(p->arena, n_sets, sizeof(*sets));
	const char **refs = sw_arena_alloc(p->arena, n_objects, sizeof(*refs));
	int rc;

	if (!sets || !refs)
		return oval_no_memory(p);
	if (depth > SW_LIMIT_CRITERIA_DEPTH)
		return oval_bad(p, node, "nesting (too deep)");
	rc = parse_set_operator(p, node, &ret->op);
	if (rc < 0)
		return rc;
	SW_XML_FOREACH (child, node, OVAL_NS_DEFS, "set") {
		rc = parse_set(p, child, depth + 1, &sets[i++]);
		if (rc < 0)
			return rc;
	}
	i = 0;
	SW_XML_FOREACH (child, node, OVAL_NS_DEFS, "object_reference") {
		refs[i] = sw_arena_take(p->arena, sw_xml_text_trim(child));
		if (!refs[i++])
			return oval_no_memory(p);
	}
	ret->sets = sets;
	ret->n_sets = n_sets;
	ret->object_refs = refs;
	ret->n_objects = n_objects;
	return parse_filters(p, node, &ret->filters, &ret->n_filters);
}

static int parse_behaviors(struct oval_parser *p, const struct sw_xml_node *node,
			   struct oval_object *ret)
{
	static const char *const known[] = {
		"max_depth",   "recurse",   "recurse_direction", "recurse_file_system",
		"ignore_case", "multiline", "singleline",	 "filepaths"};
	struct oval_behavior *b = sw_arena_alloc(p->arena, SW_ARRAY_LEN(known), sizeof(*b));

	if (!b)
		return oval_no_memory(p);
	for (size_t i = 0; i < SW_ARRAY_LEN(known); i++) {
		const char *value;
		int rc = oval_attr(p, node, known[i], NULL, &value);

		if (rc < 0)
			return rc;
		if (value)
			b[ret->n_behaviors++] = (struct oval_behavior){known[i], value};
	}
	ret->behaviors = b;
	return 0;
}

/* Everything below an object or state that is not OVAL's own (set, filter) or notes is an entity.
 */
static bool is_entity(const struct sw_xml_node *node)
{
	return strcmp(sw_xml_ns(node), OVAL_NS_DEFS) && strcmp(sw_xml_name(node), "behaviors") &&
	       strcmp(sw_xml_ns(node), "http://www.w3.org/2000/09/xmldsig#");
}

static int parse_entities(struct oval_parser *p, const struct sw_xml_node *node,
			  const struct oval_entity **ret_entities, size_t *ret_n)
{
	struct oval_entity *e = sw_arena_alloc(p->arena, oval_count(node, NULL, NULL), sizeof(*e));
	size_t n = 0;

	if (!e)
		return oval_no_memory(p);
	SW_XML_FOREACH (child, node, NULL, NULL) {
		int rc;

		if (!is_entity(child))
			continue;
		rc = parse_entity(p, child, &e[n++]);
		if (rc < 0)
			return rc;
	}
	*ret_entities = e;
	*ret_n = n;
	return 0;
}

int oval_parse_object(struct oval_parser *p, const struct sw_xml_node *node,
		      struct oval_object *ret)
{
	const struct sw_xml_node *set = sw_xml_child(node, OVAL_NS_DEFS, "set");
	const struct sw_xml_node *behaviors = sw_xml_child(node, NULL, "behaviors");
	struct oval_set *s;
	int rc;

	rc = parse_type(p, node, "_object", &ret->ns, &ret->type);
	if (rc == 0)
		rc = oval_attr(p, node, "comment", "", &ret->comment);
	if (rc == 0 && behaviors)
		rc = parse_behaviors(p, behaviors, ret);
	if (rc == 0)
		rc = parse_entities(p, node, &ret->entities, &ret->n_entities);
	if (rc == 0)
		rc = parse_filters(p, node, &ret->filters, &ret->n_filters);
	if (rc < 0 || !set)
		return rc;
	s = sw_arena_alloc(p->arena, 1, sizeof(*s));
	if (!s)
		return oval_no_memory(p);
	ret->set = s;
	return parse_set(p, set, 1, s);
}

int oval_parse_state(struct oval_parser *p, const struct sw_xml_node *node, struct oval_state *ret)
{
	int rc = OVAL_ENUM(p, node, "operator", sw_oval_operator_from_str, _SW_OVAL_OPERATOR_MAX,
			   SW_OVAL_AND, &ret->op);

	if (rc < 0)
		return rc;
	return parse_entities(p, node, &ret->entities, &ret->n_entities);
}

int oval_parse_test(struct oval_parser *p, const struct sw_xml_node *node, struct oval_test *ret)
{
	const struct sw_xml_node *object = sw_xml_child(node, NULL, "object");
	size_t i = 0;
	int rc;

	rc = parse_type(p, node, "_test", &ret->ns, &ret->type);
	if (rc == 0)
		rc = oval_attr(p, node, "comment", "", &ret->comment);
	if (rc == 0)
		rc = OVAL_ENUM(p, node, "check", sw_oval_check_from_str, _SW_OVAL_CHECK_MAX,
			       SW_OVAL_CHECK_ALL, &ret->check);
	if (rc == 0)
		rc = OVAL_ENUM(p, node, "check_existence", sw_oval_existence_from_str,
			       _SW_OVAL_EXISTENCE_MAX, SW_OVAL_AT_LEAST_ONE_EXISTS,
			       &ret->existence);
	if (rc == 0)
		rc = OVAL_ENUM(p, node, "state_operator", sw_oval_operator_from_str,
			       _SW_OVAL_OPERATOR_MAX, SW_OVAL_AND, &ret->state_operator);
	if (rc == 0 && object)
		rc = oval_attr(p, object, "object_ref", NULL, &ret->object_ref);
	if (rc < 0)
		return rc;
	ret->n_states = oval_count(node, NULL, "state");
	ret->state_refs = sw_arena_alloc(p->arena, ret->n_states, sizeof(*ret->state_refs));
	if (!ret->state_refs)
		return oval_no_memory(p);
	SW_XML_FOREACH (child, node, NULL, "state") {
		rc = oval_attr(p, child, "state_ref", "", &ret->state_refs[i++]);
		if (rc < 0)
			return rc;
	}
	return 0;
}
