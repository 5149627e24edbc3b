/* SPDX-License-Identifier: Apache-2.0 */
/* What <sub> and xhtml:object stand for in the text of a benchmark (XCCDF 1.2 section 7.2.3.6):
 * bound Values, plain-text blocks, titles. Pure. */
#include "report/report.h"
#include "source/source.h"

struct entry {
	const char *id;
	const struct sw_xml_node *node; /* Value, Rule, Group or plain-text */
	const char *bound;		/* of a Value, or NULL */
};

struct sw_subst {
	struct entry *list;
	size_t n, cap;
};

static int collect(struct sw_subst *s, const struct sw_xml_node *parent)
{
	const char *id;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		id = sw_xml_attr(node, "id");
		if (!id || sw_xml_is(node, NULL, "Profile") || sw_xml_is(node, NULL, "TestResult"))
			continue;
		if (SW_GROW(s->list, s->n, s->cap) < 0)
			return -ENOMEM;
		s->list[s->n++] = (struct entry){.id = id, .node = node};
		if (sw_xml_is(node, NULL, "Group") && collect(s, node) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

static struct entry *find(const struct sw_subst *s, const char *id)
{
	struct entry key = {.id = id};

	return s->n ? bsearch(&key, s->list, s->n, sizeof(*s->list), by_id) : NULL;
}

int sw_subst_new(const struct sw_xml_node *benchmark, const struct sw_result *r,
		 struct sw_subst **ret_subst)
{
	struct sw_subst *s = calloc(1, sizeof(*s));
	struct entry *e;
	size_t i;

	if (!s || collect(s, benchmark) < 0) {
		sw_subst_free(s);
		return -ENOMEM;
	}
	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), by_id);
	for (i = 0; i < r->n_values; i++) {
		e = find(s, r->values[i].name);
		if (e)
			e->bound = r->values[i].value;
	}
	*ret_subst = s;
	return 0;
}

void sw_subst_free(struct sw_subst *s)
{
	if (s)
		free(s->list);
	free(s);
}

static char *value_text(const struct entry *e)
{
	const struct sw_xml_node *first = sw_xml_child(e->node, SW_NS_XCCDF, "value");

	if (e->bound)
		return strdup(e->bound);
	/* Nobody bound it: what it is without a profile. */
	SW_XML_FOREACH (value, e->node, SW_NS_XCCDF, "value")
		if (!*sw_xml_attr_or(value, "selector", ""))
			return sw_xml_text_trim(value);
	return first ? sw_xml_text_trim(first) : NULL;
}

char *sw_subst_text(const struct sw_subst *s, const char *id, bool title)
{
	const struct entry *e = find(s, id);

	if (!e)
		return NULL;
	if (sw_xml_is(e->node, NULL, "plain-text"))
		return sw_xml_text_trim(e->node);
	if (title)
		return sw_xml_child_text(e->node, SW_NS_XCCDF, "title");
	return sw_xml_is(e->node, NULL, "Value") ? value_text(e) : NULL;
}
