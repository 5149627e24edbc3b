/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of a path and its evaluation over a tree. Reads no file. */
#include "facts/yaml_path.h"

#include "base/base.h"

enum segment_kind {
	KEYS,	 /* exactly one: the value itself; more: a mapping of them */
	ALL,	 /* any key */
	INDEX,	 /* the element itself */
	INDEXES, /* a sequence of them; none: all */
};

struct segment {
	enum segment_kind kind;
	char **keys;
	size_t n_keys, cap_keys;
	size_t *indexes;
	size_t n_indexes, cap_indexes;
};

struct yaml_path {
	char *anchor; /* where it begins; NULL: at the root */
	struct segment *segments;
	size_t n, cap;
};

struct parse {
	struct yaml_path *path;
	const char *p;
	struct sw_error *err;
};

void yaml_path_free(struct yaml_path *path)
{
	if (!path)
		return;
	for (size_t i = 0; i < path->n; i++) {
		struct segment *s = &path->segments[i];

		for (size_t k = 0; k < s->n_keys; k++)
			free(s->keys[k]);
		free(s->keys);
		free(s->indexes);
	}
	free(path->segments);
	free(path->anchor);
	free(path);
}

static struct segment *add_segment(struct parse *ps, enum segment_kind kind)
{
	struct yaml_path *path = ps->path;

	if (SW_GROW(path->segments, path->n, path->cap) < 0)
		return NULL;
	path->segments[path->n] = (struct segment){.kind = kind};
	return &path->segments[path->n++];
}

static int add_key(struct segment *s, const char *key, size_t len)
{
	char *copy = strndup(key, len);

	if (!copy || SW_GROW(s->keys, s->n_keys, s->cap_keys) < 0) {
		free(copy);
		return -ENOMEM;
	}
	s->keys[s->n_keys++] = copy;
	return 0;
}

/* A name without a delimiter, at ps->p. */
static int parse_bare(struct parse *ps)
{
	size_t len = strcspn(ps->p, ".[");
	struct segment *s;
	bool all = len == 1 && *ps->p == '*';

	if (!len)
		return sw_error_set(ps->err, EINVAL, "a key is missing");
	s = add_segment(ps, all ? ALL : KEYS);
	if (!s)
		return -ENOMEM;
	ps->p += len;
	return all ? 0 : add_key(s, ps->p - len, len);
}

/* 'key' or "key", then "," and another one. */
static int parse_quoted(struct parse *ps)
{
	struct segment *s = add_segment(ps, KEYS);
	int rc = s ? 0 : -ENOMEM;

	while (rc == 0) {
		char quote = *ps->p;
		const char *end = quote == '\'' || quote == '"' ? strchr(ps->p + 1, quote) : NULL;

		if (!end || end == ps->p + 1)
			return sw_error_set(ps->err, EINVAL, "a quoted key is missing");
		rc = add_key(s, ps->p + 1, (size_t)(end - ps->p - 1));
		ps->p = end + 1;
		if (*ps->p != ',')
			return rc;
		ps->p++;
	}
	return rc;
}

static int parse_indexes(struct parse *ps)
{
	struct segment *s = add_segment(ps, INDEX);

	while (s) {
		char *end;

		if (*ps->p < '0' || *ps->p > '9')
			return sw_error_set(ps->err, EINVAL, "an index is no number");
		if (SW_GROW(s->indexes, s->n_indexes, s->cap_indexes) < 0)
			break;
		s->indexes[s->n_indexes++] = strtoul(ps->p, &end, 10);
		ps->p = end;
		if (*ps->p != ',')
			return 0;
		s->kind = INDEXES;
		ps->p++;
	}
	return -ENOMEM;
}

static int parse_brackets(struct parse *ps)
{
	int rc;

	if (*ps->p == '*' || *ps->p == ':')
		rc = add_segment(ps, *ps->p++ == '*' ? ALL : INDEXES) ? 0 : -ENOMEM;
	else if (*ps->p == '\'' || *ps->p == '"')
		rc = parse_quoted(ps);
	else
		rc = parse_indexes(ps);
	if (rc == 0 && *ps->p++ != ']')
		return sw_error_set(ps->err, EINVAL, "a ] is missing");
	return rc;
}

/* The root, an anchor, or a key without its dot. */
static int parse_start(struct parse *ps)
{
	size_t len;

	switch (*ps->p) {
	case '\0':
		return sw_error_set(ps->err, EINVAL, "it is empty");
	case '$':
		ps->p++;
		return 0;
	case '&':
		len = strcspn(++ps->p, ".[");
		if (!len)
			return sw_error_set(ps->err, EINVAL, "an anchor is missing");
		ps->path->anchor = strndup(ps->p, len);
		ps->p += len;
		return ps->path->anchor ? 0 : -ENOMEM;
	case '.':
	case '[':
		return 0;
	default:
		return parse_bare(ps);
	}
}

int yaml_path_parse(const char *text, struct yaml_path **ret_path, struct sw_error *err)
{
	struct yaml_path *path = calloc(1, sizeof(*path));
	struct parse ps = {path, text, err};
	int rc = path ? parse_start(&ps) : -ENOMEM;

	while (rc == 0 && *ps.p) {
		char c = *ps.p++;

		if (path->n == SW_LIMIT_YAML_DEPTH)
			rc = sw_error_set(err, EINVAL, "it is too long");
		else if (c == '.' && *ps.p == '$')
			rc = sw_error_set(err, EINVAL, "the root is only at the beginning");
		else if (c == '.')
			rc = parse_bare(&ps);
		else if (c == '[')
			rc = parse_brackets(&ps);
		else
			rc = sw_error_set(err, EINVAL, "\"%c\" is not expected", c);
	}
	if (rc < 0) {
		yaml_path_free(path);
		return rc;
	}
	*ret_path = path;
	return 0;
}

struct eval {
	const struct yaml_path *path;
	const struct yaml_path_sink *sink;
	size_t steps;
	unsigned depth;
};

static int select_node(struct eval *e, const struct sw_yaml_node *node, size_t i);

static const struct sw_yaml_node *resolve(const struct sw_yaml_node *n)
{
	return n->kind == SW_YAML_ALIAS ? n->target : n;
}

static bool wants_key(const struct segment *s, const char *key)
{
	for (size_t k = 0; k < s->n_keys; k++)
		if (!strcmp(s->keys[k], key))
			return true;
	return s->kind == ALL;
}

static bool wants_index(const struct segment *s, size_t index)
{
	for (size_t k = 0; k < s->n_indexes; k++)
		if (s->indexes[k] == index)
			return true;
	return !s->n_indexes;
}

/* Pairs of a mapping; keep: with their keys, s: those it wants, or NULL for all. */
static int select_pairs(struct eval *e, const struct sw_yaml_node *map, const struct segment *s,
			size_t i, bool keep)
{
	int rc = keep ? e->sink->start(e->sink->ctx, SW_YAML_MAPPING) : 0;

	for (const struct sw_yaml_node *k = map->child; rc == 0 && k && k->next;
	     k = k->next->next) {
		const struct sw_yaml_node *key = resolve(k);

		if (++e->steps > SW_LIMIT_YAML_STEPS)
			return -E2BIG;
		if (!key || key->kind != SW_YAML_SCALAR || (s && !wants_key(s, key->text)))
			continue;
		if (keep)
			rc = e->sink->key(e->sink->ctx, key->text);
		if (rc == 0)
			rc = select_node(e, k->next, i);
	}
	return rc == 0 && keep ? e->sink->end(e->sink->ctx, SW_YAML_MAPPING) : rc;
}

static int select_elements(struct eval *e, const struct sw_yaml_node *seq, const struct segment *s,
			   size_t i, bool keep)
{
	int rc = keep ? e->sink->start(e->sink->ctx, SW_YAML_SEQUENCE) : 0;
	size_t index = 0;

	for (const struct sw_yaml_node *n = seq->child; rc == 0 && n; n = n->next, index++) {
		if (++e->steps > SW_LIMIT_YAML_STEPS)
			return -E2BIG;
		if (!s || wants_index(s, index))
			rc = select_node(e, n, i);
	}
	return rc == 0 && keep ? e->sink->end(e->sink->ctx, SW_YAML_SEQUENCE) : rc;
}

static int select_by(struct eval *e, const struct sw_yaml_node *node, size_t i)
{
	const struct segment *s = i < e->path->n ? &e->path->segments[i] : NULL;
	bool by_key = s && (s->kind == KEYS || s->kind == ALL);

	if (!s && node->kind == SW_YAML_SCALAR)
		return e->sink->scalar(e->sink->ctx, node);
	if (node->kind == SW_YAML_MAPPING && (!s || by_key))
		return select_pairs(e, node, s, s ? i + 1 : i,
				    !s || s->kind == ALL || s->n_keys > 1);
	if (node->kind == SW_YAML_SEQUENCE && !by_key)
		return select_elements(e, node, s, s ? i + 1 : i, !s || s->kind == INDEXES);
	return 0;
}

/* The part of node that the segments from the i-th on select. */
static int select_node(struct eval *e, const struct sw_yaml_node *node, size_t i)
{
	int rc;

	node = resolve(node);
	if (!node)
		return 0;
	if (++e->steps > SW_LIMIT_YAML_STEPS || e->depth >= 2 * SW_LIMIT_YAML_DEPTH)
		return -E2BIG;
	e->depth++;
	rc = select_by(e, node, i);
	e->depth--;
	return rc;
}

/* From the first node with the anchor; nodes below it are not looked at again. */
static int from_anchor(struct eval *e, const struct sw_yaml_node *node, bool *ret_met)
{
	int rc = 0;

	if (node->anchor && node->kind != SW_YAML_ALIAS && !strcmp(node->anchor, e->path->anchor)) {
		*ret_met = true;
		return select_node(e, node, 0);
	}
	for (const struct sw_yaml_node *n = node->child; rc == 0 && n && !*ret_met; n = n->next)
		rc = from_anchor(e, n, ret_met);
	return rc;
}

int yaml_path_eval(const struct yaml_path *path, const struct sw_yaml *yaml,
		   const struct yaml_path_sink *sink)
{
	struct eval e = {.path = path, .sink = sink};
	bool met = false;
	int rc = 0;

	for (const struct sw_yaml_node *n = yaml->root; rc == 0 && n && !met; n = n->next)
		rc = path->anchor ? from_anchor(&e, n, &met) : select_node(&e, n, 0);
	return rc;
}
