/* SPDX-License-Identifier: Apache-2.0 */
/* Reads <oval_system_characteristics> and hands its items over as if they were gathered now. The
 * document stays as it is: a tree in memory. */
#include "oval/characteristics.h"

#include "adapters/xml.h"
#include "source/component.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

struct known {
	const char *id;
	const struct sw_xml_node *node;
};

struct table {
	struct known *items;
	size_t n, cap;
};

struct sw_oval_characteristics {
	struct sw_xml_doc *doc;
	struct table objects, items; /* sorted by id */
};

SW_DEFINE_CLEANUP(struct sw_oval_characteristics *, given, sw_oval_characteristics_free)

void sw_oval_characteristics_free(struct sw_oval_characteristics *given)
{
	if (!given)
		return;
	free(given->objects.items);
	free(given->items.items);
	sw_xml_doc_free(given->doc);
	free(given);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->id, ((const struct known *)b)->id);
}

static int index_children(struct table *t, const struct sw_xml_node *parent)
{
	SW_XML_FOREACH (node, parent, NULL, NULL) {
		if (SW_GROW(t->items, t->n, t->cap) < 0)
			return -ENOMEM;
		t->items[t->n++] = (struct known){sw_xml_attr_or(node, "id", ""), node};
	}
	if (t->n)
		qsort(t->items, t->n, sizeof(*t->items), compare);
	return 0;
}

static const struct sw_xml_node *find(const struct table *t, const char *id)
{
	const struct known key = {id, NULL}, *found;

	found = t->n ? bsearch(&key, t->items, t->n, sizeof(*t->items), compare) : NULL;
	return found ? found->node : NULL;
}

int sw_oval_characteristics_load(const char *path, struct sw_oval_characteristics **ret_given,
				 struct sw_error *err)
{
	_cleanup_(sw_cleanup_given) struct sw_oval_characteristics *given =
		calloc(1, sizeof(*given));
	const struct sw_xml_node *root, *section;
	int rc;

	if (!given)
		return sw_error_set(err, ENOMEM, "out of memory");
	rc = sw_component_open(path, NULL, NULL, &given->doc, &root, err);
	if (rc < 0)
		return rc;
	if (!sw_xml_is(root, NULL, "oval_system_characteristics"))
		return sw_error_set(err, EINVAL, "%s:%ld: <%s> is not OVAL system characteristics",
				    path, sw_xml_line(root), sw_xml_name(root));
	section = sw_xml_child(root, NULL, "collected_objects");
	if (section)
		rc = index_children(&given->objects, section);
	section = sw_xml_child(root, NULL, "system_data");
	if (rc == 0 && section)
		rc = index_children(&given->items, section);
	if (rc < 0)
		return sw_error_set(err, -rc, "%s: out of memory", path);
	*ret_given = TAKE(given);
	return 0;
}

static enum sw_oval_status status_of(const struct sw_xml_node *node)
{
	const char *s = sw_xml_attr_or(node, "status", "exists");

	if (!strcmp(s, "exists"))
		return SW_OVAL_EXISTS;
	if (!strcmp(s, "does not exist"))
		return SW_OVAL_DOES_NOT_EXIST;
	return !strcmp(s, "error") ? SW_OVAL_STATUS_ERROR : SW_OVAL_STATUS_NOT_COLLECTED;
}

static bool present(const struct sw_xml_node *entity)
{
	const char *nil =
		sw_xml_attr_ns(entity, "http://www.w3.org/2001/XMLSchema-instance", "nil");

	return status_of(entity) == SW_OVAL_EXISTS && !(nil && (*nil == 't' || *nil == '1'));
}

static int hand_over(const struct sw_xml_node *node, struct oval_collection *c)
{
	struct sw_oval_pairs list = {.title = sw_xml_name(node)};
	_cleanup_free_ struct sw_oval_pair *pairs = NULL;
	struct sw_oval_item item;
	size_t n = 0;
	int rc = 0;

	SW_XML_FOREACH (entity, node, NULL, NULL)
		n++;
	pairs = calloc(n + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	SW_XML_FOREACH (entity, node, NULL, NULL) {
		struct sw_oval_pair *p = &pairs[list.n++];

		p->name = sw_xml_name(entity);
		if (present(entity)) {
			p->value = sw_xml_text(entity);
			rc = p->value ? rc : -ENOMEM;
		}
	}
	list.pairs = pairs;
	item = sw_oval_item_from_pairs(&list);
	item.status = status_of(node);
	if (rc == 0)
		rc = c->fn(c->ctx, &item);
	for (size_t i = 0; i < list.n; i++)
		free((char *)pairs[i].value);
	return rc;
}

int sw_oval_characteristics_collect(const struct sw_oval_characteristics *given,
				    const char *object_id, struct oval_collection *c)
{
	const struct sw_xml_node *object = find(&given->objects, object_id), *item;
	enum sw_oval_flag flag;

	if (!object)
		return -ENOENT;
	c->examined = true;
	flag = sw_oval_flag_from_str(sw_xml_attr(object, "flag"));
	if (flag == _SW_OVAL_FLAG_MAX)
		flag = SW_OVAL_FLAG_ERROR;
	if (flag != SW_OVAL_FLAG_COMPLETE)
		oval_collection_problem(c, flag, "collected so");
	SW_XML_FOREACH (ref, object, NULL, "reference") {
		int rc;

		item = find(&given->items, sw_xml_attr_or(ref, "item_ref", ""));
		if (!item) {
			oval_collection_problem(c, SW_OVAL_FLAG_ERROR,
						"an item that is referred to is not there");
			continue;
		}
		rc = hand_over(item, c);
		if (rc < 0)
			return rc;
	}
	return 0;
}
