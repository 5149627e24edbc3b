/* SPDX-License-Identifier: Apache-2.0 */
/* Items made of pairs, and copies of items. Judges nothing. */
#include "oval/item.h"
#include "stigwatch/cleanup.h"

static const struct sw_oval_pairs *list_of(const struct sw_oval_item *item)
{
	return item->data;
}

static bool named_before(const struct sw_oval_pairs *l, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(l->pairs[j].name, l->pairs[i].name))
			return true;
	return false;
}

static const char *pairs_name_at(const struct sw_oval_item *item, size_t i)
{
	const struct sw_oval_pairs *l = list_of(item);

	for (size_t j = 0; j < l->n; j++)
		if (!named_before(l, j) && i-- == 0)
			return l->pairs[j].name;
	return NULL;
}

static bool pairs_get(const struct sw_oval_item *item, const char *name, size_t i,
		      struct sw_oval_value *ret_value)
{
	const struct sw_oval_pairs *l = list_of(item);

	for (size_t j = 0; j < l->n; j++) {
		if (strcmp(l->pairs[j].name, name) || i--)
			continue;
		ret_value->text = l->pairs[j].value ? l->pairs[j].value : "";
		ret_value->status = l->pairs[j].value ? SW_OVAL_EXISTS : SW_OVAL_DOES_NOT_EXIST;
		return true;
	}
	return false;
}

static void pairs_describe(const struct sw_oval_item *item, struct sw_strbuf *out)
{
	sw_strbuf_adds(out, list_of(item)->title);
}

static const struct sw_oval_item_class pairs_class = {
	.name_at = pairs_name_at,
	.get = pairs_get,
	.describe = pairs_describe,
};

struct sw_oval_item sw_oval_item_from_pairs(const struct sw_oval_pairs *pairs)
{
	return (struct sw_oval_item){
		.status = SW_OVAL_EXISTS, .class = &pairs_class, .data = pairs};
}

SW_DEFINE_CLEANUP(struct sw_oval_item_copy *, copy, sw_oval_item_copy_free)

/*
 * One buffer holds "name\0E value\0name\0..."; the pairs point into it. The status byte keeps "does
 * not exist" apart from an empty value.
 */
static size_t flatten(const struct sw_oval_item *item, struct sw_strbuf *out)
{
	struct sw_oval_value v;
	const char *name;
	size_t n = 0;

	for (size_t i = 0; (name = item->class->name_at(item, i)); i++)
		for (size_t j = 0; item->class->get(item, name, j, &v); j++, n++) {
			sw_strbuf_add(out, name, strlen(name) + 1);
			sw_strbuf_addc(out, v.status == SW_OVAL_EXISTS ? 'E' : 'N');
			sw_strbuf_add(out, v.text, strlen(v.text) + 1);
		}
	return n;
}

struct sw_oval_item_copy *sw_oval_item_copy(const struct sw_oval_item *item)
{
	_cleanup_(sw_cleanup_copy) struct sw_oval_item_copy *c = calloc(1, sizeof(*c));
	_cleanup_strbuf_ struct sw_strbuf flat = {0}, title = {0};
	struct sw_oval_pair *pairs;
	char *p;

	if (!c)
		return NULL;
	c->list.n = flatten(item, &flat);
	c->key_len = flat.len;
	item->class->describe(item, &title);
	sw_strbuf_addc(&flat, '\0');
	c->key = sw_strbuf_steal(&flat);
	sw_strbuf_adds(&title, "");
	c->list.title = title.len ? sw_strbuf_steal(&title) : strdup("");
	c->list.pairs = pairs = calloc(c->list.n + 1, sizeof(*pairs));
	if (!c->key || !c->list.title || !pairs)
		return NULL;
	p = c->key;
	for (size_t i = 0; i < c->list.n; i++) {
		pairs[i].name = p;
		p += strlen(p) + 1;
		pairs[i].value = *p == 'E' ? p + 1 : NULL;
		p += strlen(p) + 1;
	}
	c->item = sw_oval_item_from_pairs(&c->list);
	c->item.status = item->status;
	return TAKE(c);
}

void sw_oval_item_copy_free(struct sw_oval_item_copy *copy)
{
	if (!copy)
		return;
	free(copy->key);
	free((char *)copy->list.title);
	free((struct sw_oval_pair *)copy->list.pairs);
	free(copy);
}
