/* SPDX-License-Identifier: Apache-2.0 */
/* The one module that uses libyaml: its events become a tree. Judges nothing. */
#include "adapters/yaml.h"

#include <yaml.h>

#include "base/base.h"
#include "stigwatch/library.h"

#define YAML_FUNCTIONS(X)                                                                          \
	X(parser_initialize)                                                                       \
	X(parser_delete)                                                                           \
	X(parser_set_input_string)                                                                 \
	X(parser_parse)                                                                            \
	X(event_delete)

#define POINTER(f) typeof(&yaml_##f) f;
#define SYMBOL(f) {"yaml_" #f, &ly.f},
static struct {
	YAML_FUNCTIONS(POINTER)
} ly;
static const struct sw_library_symbol symbols[] = {YAML_FUNCTIONS(SYMBOL)};
static struct sw_library library = {"libyaml-0.so.2", symbols, SW_ARRAY_LEN(symbols), false};

struct build {
	struct sw_yaml *yaml;
	struct sw_error *err;
	struct sw_yaml_node **end[SW_LIMIT_YAML_DEPTH]; /* where the next child goes */
	unsigned depth;
	size_t nodes, n_anchors;
	const struct sw_yaml_node *anchors[SW_LIMIT_YAML_ANCHORS];
};

static int too_much(struct build *b, const char *what)
{
	return sw_error_set(b->err, E2BIG, "too many %s", what);
}

static int copy(char **ret, const yaml_char_t *s)
{
	return sw_str_replace(ret, (const char *)s);
}

static const struct sw_yaml_node *named(const struct build *b, const char *anchor)
{
	for (size_t i = b->n_anchors; i-- > 0;)
		if (!strcmp(b->anchors[i]->anchor, anchor))
			return b->anchors[i];
	return NULL;
}

static int add_node(struct build *b, enum sw_yaml_kind kind, const yaml_char_t *anchor,
		    const yaml_char_t *tag, struct sw_yaml_node **ret)
{
	struct sw_yaml_node *n;

	if (++b->nodes > SW_LIMIT_YAML_NODES)
		return too_much(b, "nodes");
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->kind = kind;
	n->made_before = b->yaml->made;
	b->yaml->made = n;
	*b->end[b->depth] = n;
	b->end[b->depth] = &n->next;
	*ret = n;
	if (copy(&n->tag, tag) < 0 || copy(&n->anchor, anchor) < 0)
		return -ENOMEM;
	if (!n->anchor || kind == SW_YAML_ALIAS)
		return 0;
	if (b->n_anchors == SW_LIMIT_YAML_ANCHORS)
		return too_much(b, "anchors");
	b->anchors[b->n_anchors++] = n;
	return 0;
}

static int add_scalar(struct build *b, const yaml_event_t *e)
{
	struct sw_yaml_node *n;
	int rc = add_node(b, SW_YAML_SCALAR, e->data.scalar.anchor, e->data.scalar.tag, &n);

	if (rc < 0)
		return rc;
	n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return copy(&n->text, e->data.scalar.value);
}

static int add_alias(struct build *b, const yaml_event_t *e)
{
	struct sw_yaml_node *n;
	int rc = add_node(b, SW_YAML_ALIAS, e->data.alias.anchor, NULL, &n);

	if (rc == 0)
		n->target = named(b, n->anchor);
	return rc;
}

static int enter(struct build *b, enum sw_yaml_kind kind, const yaml_char_t *anchor,
		 const yaml_char_t *tag)
{
	struct sw_yaml_node *n;
	int rc;

	if (b->depth + 1 >= SW_LIMIT_YAML_DEPTH)
		return too_much(b, "levels");
	rc = add_node(b, kind, anchor, tag, &n);
	if (rc == 0)
		b->end[++b->depth] = &n->child;
	return rc;
}

static int on_event(struct build *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(b, e);
	case YAML_ALIAS_EVENT:
		return add_alias(b, e);
	case YAML_SEQUENCE_START_EVENT:
		return enter(b, SW_YAML_SEQUENCE, e->data.sequence_start.anchor,
			     e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return enter(b, SW_YAML_MAPPING, e->data.mapping_start.anchor,
			     e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		b->n_anchors = 0; /* they are the document's */
		return 0;
	default:
		return 0;
	}
}

static int build(struct build *b, yaml_parser_t *parser)
{
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end) {
		yaml_event_t e;

		if (!ly.parser_parse(parser, &e))
			return parser->error == YAML_MEMORY_ERROR
				       ? -ENOMEM
				       : sw_error_set(b->err, EINVAL, "line %zu: %s",
						      parser->problem_mark.line + 1,
						      parser->problem ? parser->problem
								      : "malformed");
		end = e.type == YAML_STREAM_END_EVENT;
		rc = on_event(b, &e);
		ly.event_delete(&e);
	}
	return rc;
}

int sw_yaml_parse(const char *text, size_t len, struct sw_yaml *ret_yaml, struct sw_error *err)
{
	struct sw_yaml yaml = {0};
	struct build *b;
	yaml_parser_t parser;
	int rc = sw_library_open(&library, err);

	if (rc < 0)
		return rc;
	b = calloc(1, sizeof(*b));
	if (!b || !ly.parser_initialize(&parser)) {
		free(b);
		return -ENOMEM;
	}
	b->yaml = &yaml;
	b->err = err;
	b->end[0] = &yaml.root;
	ly.parser_set_input_string(&parser, (const unsigned char *)text, len);
	rc = build(b, &parser);
	ly.parser_delete(&parser);
	free(b);
	if (rc < 0)
		sw_yaml_release(&yaml);
	else
		*ret_yaml = yaml;
	return rc;
}

void sw_yaml_release(struct sw_yaml *yaml)
{
	while (yaml->made) {
		struct sw_yaml_node *n = yaml->made;

		yaml->made = n->made_before;
		free(n->text);
		free(n->tag);
		free(n->anchor);
		free(n);
	}
	yaml->root = NULL;
}
