/* SPDX-License-Identifier: Apache-2.0 */
/* Lays a layer's tree over what is there, as overlayfs shows it; reads no archive. */
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"
#include "target/image/index.h"
#include "target/image/layer_private.h"

/* A directory of the tree and the one to lay over it. */
struct pair {
	uint32_t base, over;
};

struct merge {
	struct index *x;
	struct pair *items;
	size_t n, cap;
};

/* Hard links to lower layers share what the tree has before this layer is laid over it. */
static int resolve_pending(struct index *x, const struct layer_tree *l, struct sw_error *err)
{
	for (size_t i = 0; i < l->n_pending; i++) {
		const struct pending *p = &l->pending[i];
		const char *target = index_text(x, p->target);
		uint32_t to;
		int rc = index_resolve(x, x->root, target, RESOLVE_NOFOLLOW, &to);

		if (rc == 0 && index_is_dir(x, to))
			return sw_error_set(err, EBADMSG, "a hard link to a directory, %.200s",
					    target);
		if (rc < 0)
			return sw_error_set(err, EBADMSG, "a hard link to %.200s: %s", target,
					    strerror(-rc));
		index_node(x, p->node)->object = index_node(x, to)->object;
	}
	return 0;
}

static int push(struct merge *m, uint32_t base, uint32_t over, struct sw_error *err)
{
	if (SW_GROW(m->items, m->n, m->cap) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	m->items[m->n++] = (struct pair){base, over};
	return 0;
}

/* Metadata of over, and its opaque mark, onto base. */
static void take_directory(struct index *x, uint32_t base, uint32_t over)
{
	const struct node *o = index_node(x, over);

	if (!(o->flags & NODE_IMPLIED))
		index_node(x, base)->object = o->object;
	while ((o->flags & NODE_OPAQUE) && index_node(x, base)->child)
		index_unlink(x, index_node(x, base)->child);
}

static int merge_child(struct merge *m, uint32_t base, uint32_t child, struct sw_error *err)
{
	struct index *x = m->x;
	const struct node *c = index_node(x, child);
	const char *name = index_text(x, c->name);
	uint32_t old = index_lookup(x, base, name, strlen(name));

	if (old && ((c->flags & NODE_HIDES) || !index_node(x, old)->object)) {
		index_unlink(x, old);
		old = 0;
	}
	if (!c->object)
		return 0;
	if (old && index_is_dir(x, old) && index_is_dir(x, child)) {
		take_directory(x, old, child);
		return push(m, old, child, err);
	}
	if (old)
		index_unlink(x, old);
	index_unlink(x, child);
	index_relink(x, child, base);
	index_node(x, child)->flags = 0;
	return 0;
}

int layer_merge(struct index *x, struct layer_tree *l, struct sw_error *err)
{
	struct merge m = {.x = x};
	int rc = resolve_pending(x, l, err);

	if (rc == 0) {
		take_directory(x, x->root, l->root);
		rc = push(&m, x->root, l->root, err);
	}
	while (rc == 0 && m.n) {
		struct pair p = m.items[--m.n];
		uint32_t next;

		for (uint32_t c = index_node(x, p.over)->child; rc == 0 && c; c = next) {
			next = index_node(x, c)->next;
			rc = merge_child(&m, p.base, c, err);
		}
	}
	free(m.items);
	return rc;
}
