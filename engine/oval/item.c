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

bool sw_oval_item_record(const struct sw_oval_item *item, const char *name, size_t i,
			 struct sw_oval_pairs *ret_fields)
{
	return item->class->record && item->class->record(item, name, i, ret_fields);
}

/* ---- copies ---- */

static bool copy_record(const struct sw_oval_item *item, const char *name, size_t i,
			struct sw_oval_pairs *ret_fields)
{
	const struct sw_oval_pairs *l = list_of(item);
	const struct sw_oval_item_copy *c =
		(const void *)((const char *)l - offsetof(struct sw_oval_item_copy, list));

	for (size_t j = 0; c->records && j < l->n; j++)
		if (!strcmp(l->pairs[j].name, name) && i-- == 0) {
			*ret_fields = c->records[j];
			return c->records[j].pairs;
		}
	return false;
}

static const struct sw_oval_item_class copy_class = {
	.name_at = pairs_name_at,
	.get = pairs_get,
	.record = copy_record,
	.describe = pairs_describe,
};

SW_DEFINE_CLEANUP(struct sw_oval_item_copy *, copy, sw_oval_item_copy_free)

/*
 * One buffer holds "name\0E value\0name\0..."; the pairs point into it. The status byte keeps "does
 * not exist" apart from an empty value; R is a record: the number of its fields, "name\0value\0" of
 * each.
 */
static void flatten_record(const struct sw_oval_pairs *fields, struct sw_strbuf *out)
{
	sw_strbuf_addf(out, "R%zu", fields->n);
	sw_strbuf_addc(out, '\0');
	for (size_t i = 0; i < fields->n; i++) {
		sw_strbuf_add(out, fields->pairs[i].name, strlen(fields->pairs[i].name) + 1);
		sw_strbuf_add(out, fields->pairs[i].value, strlen(fields->pairs[i].value) + 1);
	}
}

static size_t flatten(const struct sw_oval_item *item, struct sw_strbuf *out)
{
	struct sw_oval_pairs fields;
	struct sw_oval_value v;
	const char *name;
	size_t n = 0;

	for (size_t i = 0; (name = item->class->name_at(item, i)); i++)
		for (size_t j = 0; item->class->get(item, name, j, &v); j++, n++) {
			sw_strbuf_add(out, name, strlen(name) + 1);
			if (sw_oval_item_record(item, name, j, &fields)) {
				flatten_record(&fields, out);
				continue;
			}
			sw_strbuf_addc(out, v.status == SW_OVAL_EXISTS ? 'E' : 'N');
			sw_strbuf_add(out, v.text, strlen(v.text) + 1);
		}
	return n;
}

/* One record at p ("2\0name\0value\0..."); -> behind it, NULL: no memory. */
static char *unflatten_record(char *p, struct sw_oval_pairs *ret)
{
	struct sw_oval_pair *pairs;
	char *next;

	ret->n = strtoul(p, &next, 10);
	ret->pairs = pairs = calloc(ret->n + 1, sizeof(*pairs));
	if (!pairs)
		return NULL;
	next++;
	for (size_t i = 0; i < ret->n; i++) {
		pairs[i].name = next;
		next += strlen(next) + 1;
		pairs[i].value = next;
		next += strlen(next) + 1;
	}
	return next;
}

/* Makes the pairs of what flatten wrote. */
static int unflatten(struct sw_oval_item_copy *c, struct sw_oval_pair *pairs)
{
	char *p = c->key;

	for (size_t i = 0; i < c->list.n; i++) {
		pairs[i].name = p;
		p += strlen(p) + 1;
		if (*p == 'R') {
			if (!c->records)
				c->records = calloc(c->list.n, sizeof(*c->records));
			p = c->records ? unflatten_record(p + 1, &c->records[i]) : NULL;
			if (!p)
				return -ENOMEM;
			pairs[i].value = "";
			continue;
		}
		pairs[i].value = *p == 'E' ? p + 1 : NULL;
		p += strlen(p) + 1;
	}
	return 0;
}

struct sw_oval_item_copy *sw_oval_item_copy(const struct sw_oval_item *item)
{
	_cleanup_(sw_cleanup_copy) struct sw_oval_item_copy *c = calloc(1, sizeof(*c));
	_cleanup_strbuf_ struct sw_strbuf flat = {0}, title = {0};
	struct sw_oval_pair *pairs;

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
	if (!c->key || !c->list.title || !pairs || unflatten(c, pairs) < 0)
		return NULL;
	c->item = (struct sw_oval_item){item->status, &copy_class, &c->list};
	return TAKE(c);
}

void sw_oval_item_copy_free(struct sw_oval_item_copy *copy)
{
	if (!copy)
		return;
	for (size_t i = 0; copy->records && i < copy->list.n; i++)
		free((struct sw_oval_pair *)copy->records[i].pairs);
	free(copy->records);
	free(copy->key);
	free((char *)copy->list.title);
	free((struct sw_oval_pair *)copy->list.pairs);
	free(copy);
}
