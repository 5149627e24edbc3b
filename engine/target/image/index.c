/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes, objects and their hash table; knows neither layers nor links. */
#include "target/image/index.h"

#include <sys/random.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define POOL_SHIFT 12
#define POOL_ITEMS (1u << POOL_SHIFT)
#define TEXT_SHIFT 20
#define TEXT_BLOCK (1u << TEXT_SHIFT)
#define FIRST_HEADS 1024

/* ---- memory ---- */

int index_charge(struct index *x, size_t bytes, struct sw_error *err)
{
	x->used += bytes;
	if (x->used > SW_LIMIT_IMAGE_INDEX)
		return sw_error_set(err, E2BIG,
				    "too many files: their names and attributes take more than "
				    "%u MiB",
				    SW_LIMIT_IMAGE_INDEX >> 20);
	return 0;
}

static int pool_block(struct index *x, struct pool *p, size_t bytes, struct sw_error *err)
{
	unsigned char *block;
	int rc = index_charge(x, bytes, err);

	if (rc < 0)
		return rc;
	block = calloc(1, bytes);
	if (!block || SW_GROW(p->blocks, p->n_blocks, p->cap_blocks) < 0) {
		free(block);
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	p->blocks[p->n_blocks++] = block;
	return 0;
}

/* The number of a new item, 0 on failure. */
static uint32_t pool_add(struct index *x, struct pool *p, size_t item, struct sw_error *err)
{
	if (p->n >> POOL_SHIFT == p->n_blocks && pool_block(x, p, item * POOL_ITEMS, err) < 0)
		return 0;
	if (p->n == 0) /* number 0 means none */
		p->n = 1;
	return p->n++;
}

static void pool_release(struct pool *p)
{
	for (size_t i = 0; i < p->n_blocks; i++)
		free(p->blocks[i]);
	free(p->blocks);
}

struct node *index_node(const struct index *x, uint32_t n)
{
	struct node *block = (struct node *)x->nodes.blocks[n >> POOL_SHIFT];

	return &block[n & (POOL_ITEMS - 1)];
}

struct object *index_object(const struct index *x, uint32_t n)
{
	struct object *block = (struct object *)x->objects.blocks[n >> POOL_SHIFT];

	return &block[n & (POOL_ITEMS - 1)];
}

const char *index_text(const struct index *x, uint32_t text)
{
	return (const char *)x->text.blocks[text >> TEXT_SHIFT] + (text & (TEXT_BLOCK - 1));
}

uint32_t index_add_text(struct index *x, const char *s, size_t len, struct sw_error *err)
{
	size_t at;

	if (x->text.n_blocks == 0 || TEXT_BLOCK - x->text_used < len + 1) {
		if (pool_block(x, &x->text, TEXT_BLOCK, err) < 0)
			return 0;
		x->text_used = x->text.n_blocks == 1; /* number 0 means none */
	}
	at = x->text_used;
	memcpy(x->text.blocks[x->text.n_blocks - 1] + at, s, len);
	x->text_used += len + 1;
	return (uint32_t)((x->text.n_blocks - 1) << TEXT_SHIFT | at);
}

uint32_t index_add_object(struct index *x, const struct object *o, struct sw_error *err)
{
	uint32_t n = pool_add(x, &x->objects, sizeof(*o), err);

	if (n)
		*index_object(x, n) = *o;
	return n;
}

static void extra_release(struct extra *e)
{
	for (size_t i = 0; i < e->n_xattrs; i++) {
		free(e->xattrs[i].name);
		free(e->xattrs[i].value);
	}
	free(e->xattrs);
	free(e->parts);
	free(e->kept);
}

int index_set_extra(struct index *x, uint32_t object, const struct extra *extra,
		    struct sw_error *err)
{
	struct extra *copy = malloc(sizeof(*copy)), local = *extra;
	size_t bytes = sizeof(local) + local.n_parts * sizeof(*local.parts);
	int rc;

	for (size_t i = 0; i < local.n_xattrs; i++)
		bytes += 2 * 32 + sizeof(*local.xattrs) + strlen(local.xattrs[i].name) +
			 local.xattrs[i].len;
	rc = copy ? index_charge(x, bytes, err) : sw_error_set(err, ENOMEM, "out of memory");
	if (rc < 0) {
		extra_release(&local);
		free(copy);
		return rc;
	}
	*copy = local;
	copy->next = x->extras;
	x->extras = copy;
	index_object(x, object)->extra = copy;
	return 0;
}

/* ---- the hash table: SipHash-2-4, since the names are an attacker's ---- */

#define ROTL(v, b) ((v) << (b) | (v) >> (64 - (b)))

static void sip_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

static void sip_word(uint64_t v[static 4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

static uint64_t hash(const struct index *x, uint32_t parent, const char *name, size_t len)
{
	uint64_t v[4] = {x->key[0] ^ 0x736f6d6570736575ull, x->key[1] ^ 0x646f72616e646f6dull,
			 x->key[0] ^ 0x6c7967656e657261ull, x->key[1] ^ 0x7465646279746573ull};
	uint64_t word = 0;
	size_t left = len;

	sip_word(v, (uint64_t)parent << 32 | (uint32_t)len);
	for (; left >= sizeof(word); left -= sizeof(word), name += sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		sip_word(v, word);
	}
	word = 0;
	memcpy(&word, name, left);
	sip_word(v, word);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint32_t *head_of(const struct index *x, uint32_t parent, const char *name, size_t len)
{
	return &x->heads[hash(x, parent, name, len) & (x->n_heads - 1)];
}

static void chain(struct index *x, uint32_t n)
{
	struct node *node = index_node(x, n);
	const char *name = index_text(x, node->name);
	uint32_t *head = head_of(x, node->parent, name, strlen(name));

	node->chain = *head;
	*head = n;
}

static void unchain(struct index *x, uint32_t n)
{
	const struct node *node = index_node(x, n);
	const char *name = index_text(x, node->name);
	uint32_t *slot = head_of(x, node->parent, name, strlen(name));

	while (*slot && *slot != n)
		slot = &index_node(x, *slot)->chain;
	if (*slot)
		*slot = node->chain;
}

static int grow_table(struct index *x, struct sw_error *err)
{
	size_t n = x->n_heads ? x->n_heads * 2 : FIRST_HEADS;
	uint32_t *old = x->heads, *heads;
	size_t n_old = x->n_heads;
	int rc = index_charge(x, (n - n_old) * sizeof(*heads), err);

	if (rc < 0)
		return rc;
	heads = calloc(n, sizeof(*heads));
	if (!heads)
		return sw_error_set(err, ENOMEM, "out of memory");
	x->heads = heads;
	x->n_heads = n;
	for (size_t i = 0; i < n_old; i++)
		for (uint32_t at = old[i], next; at; at = next) {
			next = index_node(x, at)->chain;
			chain(x, at);
		}
	free(old);
	return 0;
}

uint32_t index_lookup(const struct index *x, uint32_t parent, const char *name, size_t len)
{
	uint32_t n = *head_of(x, parent, name, len);

	while (n) {
		const struct node *node = index_node(x, n);
		const char *its = index_text(x, node->name);

		if (node->parent == parent && !strncmp(its, name, len) && !its[len])
			return n;
		n = node->chain;
	}
	return 0;
}

/* ---- the tree ---- */

bool index_is_dir(const struct index *x, uint32_t node)
{
	return S_ISDIR(index_object_of(x, node)->mode);
}

bool index_is_link(const struct index *x, uint32_t node)
{
	return S_ISLNK(index_object_of(x, node)->mode);
}

static void attach(struct index *x, uint32_t n, uint32_t parent)
{
	struct node *node = index_node(x, n), *dir = index_node(x, parent);

	node->parent = parent;
	node->prev = 0;
	node->next = dir->child;
	if (dir->child)
		index_node(x, dir->child)->prev = n;
	dir->child = n;
}

uint32_t index_add(struct index *x, uint32_t parent, const char *name, size_t len,
		   struct sw_error *err)
{
	uint32_t n, text;

	if (x->nodes.n >= x->n_heads && grow_table(x, err) < 0)
		return 0;
	text = index_add_text(x, name, len, err);
	n = text ? pool_add(x, &x->nodes, sizeof(struct node), err) : 0;
	if (!n)
		return 0;
	index_node(x, n)->name = text;
	attach(x, n, parent);
	chain(x, n);
	return n;
}

static const struct object implied = {.mode = S_IFDIR | 0755};

uint32_t index_add_root(struct index *x, struct sw_error *err)
{
	uint32_t object = index_add_object(x, &implied, err), n;

	n = object ? pool_add(x, &x->nodes, sizeof(struct node), err) : 0;
	if (!n)
		return 0;
	index_node(x, n)->object = object;
	index_node(x, n)->parent = n;
	index_node(x, n)->flags = NODE_IMPLIED;
	return n;
}

uint32_t index_add_implied(struct index *x, uint32_t parent, const char *name, size_t len,
			   struct sw_error *err)
{
	uint32_t object = index_add_object(x, &implied, err);
	uint32_t n = object ? index_add(x, parent, name, len, err) : 0;

	if (n) {
		index_node(x, n)->object = object;
		index_node(x, n)->flags = NODE_IMPLIED;
	}
	return n;
}

void index_unlink(struct index *x, uint32_t n)
{
	struct node *node = index_node(x, n);

	unchain(x, n);
	if (node->prev)
		index_node(x, node->prev)->next = node->next;
	else
		index_node(x, node->parent)->child = node->next;
	if (node->next)
		index_node(x, node->next)->prev = node->prev;
	node->next = node->prev = node->chain = 0;
}

void index_relink(struct index *x, uint32_t n, uint32_t parent)
{
	attach(x, n, parent);
	chain(x, n);
}

struct index *index_new(struct sw_error *err)
{
	struct index *x = calloc(1, sizeof(*x));

	if (!x || getrandom(x->key, sizeof(x->key), 0) != sizeof(x->key)) {
		sw_error_set(err, ENOMEM, "out of memory");
		free(x);
		return NULL;
	}
	x->root = grow_table(x, err) < 0 ? 0 : index_add_root(x, err);
	if (!x->root) {
		index_free(x);
		return NULL;
	}
	return x;
}

void index_free(struct index *x)
{
	if (!x)
		return;
	while (x->extras) {
		struct extra *e = x->extras;

		x->extras = e->next;
		extra_release(e);
		free(e);
	}
	pool_release(&x->nodes);
	pool_release(&x->objects);
	pool_release(&x->text);
	free(x->heads);
	free(x);
}

/* ---- finishing ---- */

static int compare_nodes(const void *a, const void *b, void *ctx)
{
	const struct index *x = ctx;

	return strcmp(index_text(x, index_node(x, *(const uint32_t *)a)->name),
		      index_text(x, index_node(x, *(const uint32_t *)b)->name));
}

struct sorter {
	uint32_t *items;
	size_t n, cap;
};

static int sort_directory(struct index *x, uint32_t dir, struct sorter *s, struct sw_error *err)
{
	uint32_t prev = 0, next;

	s->n = 0;
	for (uint32_t c = index_node(x, dir)->child; c; c = next) {
		next = index_node(x, c)->next;
		if (!index_node(x, c)->object) {
			index_unlink(x, c);
			continue;
		}
		if (SW_GROW(s->items, s->n, s->cap) < 0)
			return sw_error_set(err, ENOMEM, "out of memory");
		s->items[s->n++] = c;
	}
	if (s->n)
		qsort_r(s->items, s->n, sizeof(*s->items), compare_nodes, x);
	index_node(x, dir)->child = s->n ? s->items[0] : 0;
	for (size_t i = 0; i < s->n; i++) {
		struct node *node = index_node(x, s->items[i]);

		node->prev = prev;
		node->next = i + 1 < s->n ? s->items[i + 1] : 0;
		prev = s->items[i];
		index_object(x, node->object)->nlink++;
		if (index_is_dir(x, prev)) { /* its "." and its ".." */
			index_object(x, node->object)->nlink++;
			index_object(x, index_node(x, dir)->object)->nlink++;
		}
	}
	return 0;
}

int index_finish(struct index *x, struct sw_error *err)
{
	struct sorter s = {0};
	uint32_t at = x->root;
	int rc = sort_directory(x, at, &s, err);

	index_object(x, index_node(x, at)->object)->nlink += 2;
	while (rc == 0 && at) { /* each node once, parents first, without a stack */
		const struct node *node;

		if (at != x->root && index_is_dir(x, at))
			rc = sort_directory(x, at, &s, err);
		node = index_node(x, at);
		if (rc == 0 && index_is_dir(x, at) && node->child) {
			at = node->child;
			continue;
		}
		while (at != x->root && !index_node(x, at)->next)
			at = index_node(x, at)->parent;
		at = at == x->root ? 0 : index_node(x, at)->next;
	}
	free(s.items);
	return rc;
}
