/* SPDX-License-Identifier: Apache-2.0 */
/* <oval_definitions> into a document: sections, tables and definitions. Evaluates nothing. */
#include "oval/parse.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

SW_DEFINE_CLEANUP(struct sw_oval_doc *, oval_doc, sw_oval_doc_free)

size_t oval_count(const struct sw_xml_node *parent, const char *ns, const char *name)
{
	size_t n = 0;

	SW_XML_FOREACH (child, parent, ns, name)
		n++;
	return n;
}

int oval_no_memory(struct oval_parser *p)
{
	return sw_error_set(p->err, ENOMEM, "%s: out of memory", p->doc->name);
}

int oval_bad(struct oval_parser *p, const struct sw_xml_node *node, const char *what)
{
	return sw_error_set(p->err, EINVAL, "%s:%ld: <%s>: bad or missing %s", p->doc->name,
			    sw_xml_line(node), sw_xml_name(node), what);
}

int oval_attr(struct oval_parser *p, const struct sw_xml_node *node, const char *name,
	      const char *fallback, const char **ret)
{
	const char *value = sw_xml_attr_or(node, name, fallback);

	*ret = value ? sw_arena_strdup(p->arena, value) : NULL;
	return value && !*ret ? oval_no_memory(p) : 0;
}

int oval_parse_criteria(struct oval_parser *p, const struct sw_xml_node *node, unsigned depth,
			struct oval_node *ret)
{
	struct oval_node *children;
	size_t n = oval_count(node, OVAL_NS_DEFS, NULL), i = 0;
	int rc;

	if (depth > SW_LIMIT_CRITERIA_DEPTH)
		return sw_error_set(p->err, ELOOP, "%s:%ld: criteria nest deeper than %d",
				    p->doc->name, sw_xml_line(node), SW_LIMIT_CRITERIA_DEPTH);
	ret->negate = sw_xml_attr_bool(node, "negate", false);
	if (sw_xml_is(node, OVAL_NS_DEFS, "criterion")) {
		ret->kind = OVAL_NODE_CRITERION;
		return oval_attr(p, node, "test_ref", "", &ret->ref);
	}
	if (sw_xml_is(node, OVAL_NS_DEFS, "extend_definition")) {
		ret->kind = OVAL_NODE_EXTEND;
		return oval_attr(p, node, "definition_ref", "", &ret->ref);
	}
	if (!sw_xml_is(node, OVAL_NS_DEFS, "criteria"))
		return oval_bad(p, node, "criteria element");
	ret->kind = OVAL_NODE_CRITERIA;
	rc = OVAL_ENUM(p, node, "operator", sw_oval_operator_from_str, _SW_OVAL_OPERATOR_MAX,
		       SW_OVAL_AND, &ret->op);
	if (rc < 0)
		return rc;
	children = sw_arena_alloc(p->arena, n, sizeof(*children));
	if (!children)
		return oval_no_memory(p);
	SW_XML_FOREACH (child, node, OVAL_NS_DEFS, NULL) {
		rc = oval_parse_criteria(p, child, depth + 1, &children[i++]);
		if (rc < 0)
			return rc;
	}
	ret->children = children;
	ret->n_children = n;
	return 0;
}

static int parse_definition(struct oval_parser *p, const struct sw_xml_node *node,
			    struct oval_definition *ret)
{
	const struct sw_xml_node *criteria = sw_xml_child(node, OVAL_NS_DEFS, "criteria");
	const struct sw_xml_node *metadata = sw_xml_child(node, OVAL_NS_DEFS, "metadata");
	struct oval_node *root;
	int rc;

	rc = oval_attr(p, node, "class", "", &ret->class);
	if (rc < 0)
		return rc;
	if (metadata)
		ret->title =
			sw_arena_take(p->arena, sw_xml_child_text(metadata, OVAL_NS_DEFS, "title"));
	if (!ret->title)
		ret->title = "";
	if (!criteria)
		return 0;
	root = sw_arena_alloc(p->arena, 1, sizeof(*root));
	if (!root)
		return oval_no_memory(p);
	ret->criteria = root;
	return oval_parse_criteria(p, criteria, 1, root);
}

/* ---- tables ---- */

static const char *id_of(const void *item)
{
	return *(const char *const *)item;
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(id_of(*(void *const *)a), id_of(*(void *const *)b));
}

const void *oval_table_find(const struct oval_table *t, const char *id)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(id_of(t->sorted[mid]), id);

		if (!c)
			return t->sorted[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* One section: each element becomes an item of size bytes that starts with a head, then parse fills
 * it in. */
struct section {
	const char *name;
	size_t offset; /* of the table in sw_oval_doc */
	size_t size;
	int (*parse)(struct oval_parser *p, const struct sw_xml_node *node, void *item);
};

static int parse_section(struct oval_parser *p, const struct sw_xml_node *node,
			 const struct section *s)
{
	struct oval_table *t = (void *)((char *)p->doc + s->offset);
	size_t n = oval_count(node, NULL, NULL);

	t->items = sw_arena_alloc(p->arena, n, sizeof(void *));
	t->sorted = sw_arena_alloc(p->arena, n, sizeof(void *));
	if (!t->items || !t->sorted)
		return oval_no_memory(p);
	SW_XML_FOREACH (child, node, NULL, NULL) {
		struct oval_referable *item = sw_arena_alloc(p->arena, 1, s->size);
		int rc;

		if (!item)
			return oval_no_memory(p);
		item->index = t->n;
		rc = oval_attr(p, child, "id", NULL, &item->id);
		if (rc == 0)
			rc = oval_attr(p, child, "version", "1", &item->version);
		if (rc < 0)
			return rc;
		if (!item->id)
			return oval_bad(p, child, "id");
		rc = s->parse(p, child, item);
		if (rc < 0)
			return rc;
		t->items[t->n] = t->sorted[t->n] = item;
		t->n++;
	}
	qsort(t->sorted, t->n, sizeof(void *), compare_items);
	for (size_t i = 1; i < t->n; i++)
		if (!compare_items(&t->sorted[i - 1], &t->sorted[i]))
			return sw_error_set(p->err, EINVAL, "%s: id %s is used twice", p->doc->name,
					    id_of(t->sorted[i]));
	return 0;
}

#define PARSER(name, type)                                                                         \
	static int name##_item(struct oval_parser *p, const struct sw_xml_node *node, void *item)  \
	{                                                                                          \
		return name(p, node, (type *)item);                                                \
	}
PARSER(parse_definition, struct oval_definition)
PARSER(oval_parse_test, struct oval_test)
PARSER(oval_parse_object, struct oval_object)
PARSER(oval_parse_state, struct oval_state)
PARSER(oval_parse_variable, struct oval_variable)

#define TABLE(member) offsetof(struct sw_oval_doc, member)
static const struct section sections[] = {
	{"definitions", TABLE(definitions), sizeof(struct oval_definition), parse_definition_item},
	{"tests", TABLE(tests), sizeof(struct oval_test), oval_parse_test_item},
	{"objects", TABLE(objects), sizeof(struct oval_object), oval_parse_object_item},
	{"states", TABLE(states), sizeof(struct oval_state), oval_parse_state_item},
	{"variables", TABLE(variables), sizeof(struct oval_variable), oval_parse_variable_item},
};

int sw_oval_parse(const struct sw_xml_node *root, const char *name, struct sw_oval_doc **ret_doc,
		  struct sw_error *err)
{
	_cleanup_(sw_cleanup_oval_doc) struct sw_oval_doc *doc = calloc(1, sizeof(*doc));
	struct oval_parser p = {.doc = doc, .err = err};

	if (!doc)
		return sw_error_set(err, ENOMEM, "%s: out of memory", name);
	p.arena = &doc->arena;
	doc->name = sw_arena_strdup(p.arena, name);
	if (!doc->name)
		return sw_error_set(err, ENOMEM, "%s: out of memory", name);
	if (!sw_xml_is(root, OVAL_NS_DEFS, "oval_definitions"))
		return sw_error_set(err, EINVAL, "%s:%ld: <%s> is not OVAL definitions", name,
				    sw_xml_line(root), sw_xml_name(root));
	for (size_t i = 0; i < SW_ARRAY_LEN(sections); i++) {
		const struct sw_xml_node *node = sw_xml_child(root, OVAL_NS_DEFS, sections[i].name);
		int rc = node ? parse_section(&p, node, &sections[i]) : 0;

		if (rc < 0)
			return rc;
	}
	*ret_doc = TAKE(doc);
	return 0;
}

void sw_oval_doc_free(struct sw_oval_doc *doc)
{
	if (!doc)
		return;
	for (size_t i = 0; i < doc->n_externals; i++) {
		free(doc->externals[i].id);
		free(doc->externals[i].value);
	}
	free(doc->externals);
	sw_arena_release(&doc->arena);
	free(doc);
}

bool sw_oval_doc_has(const struct sw_oval_doc *doc, const char *definition_id)
{
	return oval_table_find(&doc->definitions, definition_id) != NULL;
}

size_t sw_oval_doc_count(const struct sw_oval_doc *doc)
{
	return doc->definitions.n;
}

bool sw_oval_doc_at(const struct sw_oval_doc *doc, size_t i, const char **ret_id,
		    const char **ret_class, const char **ret_title)
{
	const struct oval_definition *d;

	if (i >= doc->definitions.n)
		return false;
	d = doc->definitions.items[i];
	*ret_id = d->id;
	*ret_class = d->class;
	*ret_title = d->title;
	return true;
}

int sw_oval_doc_set_external(struct sw_oval_doc *doc, const char *variable_id, const char *value)
{
	_cleanup_free_ char *id = strdup(variable_id), *v = strdup(value);

	if (!id || !v || SW_GROW(doc->externals, doc->n_externals, doc->cap_externals) < 0)
		return -ENOMEM;
	doc->externals[doc->n_externals++] = (struct oval_external){TAKE(id), TAKE(v)};
	return 0;
}
