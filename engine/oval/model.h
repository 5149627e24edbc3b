/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed OVAL document as data. Everything lives in the document's arena; nothing changes after
 * parsing. */
#pragma once

#include "oval/arena.h"
#include "oval/types.h"

struct oval_entity {
	const char *name;
	enum sw_oval_operation operation;
	enum sw_oval_datatype datatype;
	enum sw_oval_check entity_check, var_check;
	enum sw_oval_existence check_existence; /* of states' entities, 5.11 */
	bool nil, mask;
	const char *value;		  /* "" when var_ref is set */
	const char *var_ref;		  /* variable id or NULL */
	const struct oval_entity *fields; /* of a record in a state */
	size_t n_fields;
};

struct oval_filter {
	bool exclude;
	const char *state_ref;
};

enum oval_set_operator {
	OVAL_SET_UNION,
	OVAL_SET_INTERSECTION,
	OVAL_SET_COMPLEMENT,
};

struct oval_set {
	enum oval_set_operator op;
	const struct oval_set *sets; /* operands: sets, or else objects */
	size_t n_sets;
	const char **object_refs;
	size_t n_objects;
	const struct oval_filter *filters;
	size_t n_filters;
};

/* Every referable thing begins with its id, and has its position in the document. */
#define OVAL_HEAD                                                                                  \
	const char *id;                                                                            \
	size_t index;                                                                              \
	const char *version

struct oval_referable {
	OVAL_HEAD;
};

struct oval_behavior {
	const char *name, *value;
};

struct oval_object {
	OVAL_HEAD;
	const char *ns, *type; /* namespace; element name without "_object" */
	const char *comment;
	const struct oval_entity *entities;
	size_t n_entities;
	const struct oval_behavior *behaviors;
	size_t n_behaviors;
	const struct oval_set *set; /* instead of entities */
	const struct oval_filter *filters;
	size_t n_filters;
};

struct oval_state {
	OVAL_HEAD;
	enum sw_oval_operator op;
	const struct oval_entity *entities;
	size_t n_entities;
};

struct oval_test {
	OVAL_HEAD;
	const char *ns, *type;
	const char *comment;
	enum sw_oval_check check;
	enum sw_oval_existence existence;
	enum sw_oval_operator state_operator;
	const char *object_ref; /* NULL: none (unknown_test) */
	const char **state_refs;
	size_t n_states;
};

enum oval_node_kind {
	OVAL_NODE_CRITERIA,
	OVAL_NODE_CRITERION,
	OVAL_NODE_EXTEND,
};

struct oval_node {
	enum oval_node_kind kind;
	enum sw_oval_operator op;
	bool negate;
	const char *ref; /* test or definition id */
	const struct oval_node *children;
	size_t n_children;
};

struct oval_definition {
	OVAL_HEAD;
	const char *class, *title;
	const struct oval_node *criteria; /* NULL: none */
};

enum oval_component_kind {
	OVAL_COMPONENT_OBJECT,
	OVAL_COMPONENT_VARIABLE,
	OVAL_COMPONENT_LITERAL,
	OVAL_COMPONENT_ARITHMETIC,
	OVAL_COMPONENT_BEGIN,
	OVAL_COMPONENT_CONCAT,
	OVAL_COMPONENT_COUNT,
	OVAL_COMPONENT_END,
	OVAL_COMPONENT_ESCAPE_REGEX,
	OVAL_COMPONENT_GLOB_TO_REGEX,
	OVAL_COMPONENT_REGEX_CAPTURE,
	OVAL_COMPONENT_SPLIT,
	OVAL_COMPONENT_SUBSTRING,
	OVAL_COMPONENT_TIME_DIFFERENCE,
	OVAL_COMPONENT_UNIQUE,
	OVAL_COMPONENT_UNSUPPORTED,
};

struct oval_component {
	enum oval_component_kind kind;
	const char *name;		 /* element name, for messages */
	const char *ref;		 /* object or variable id */
	const char *field;		 /* item_field */
	const char *record_field;	 /* of a record, or NULL */
	const char *text;		 /* literal; character, delimiters, pattern of a function */
	long start, length;		 /* substring */
	const char *format_1, *format_2; /* time_difference */
	bool multiply;			 /* arithmetic */
	bool escape_globs;
	const struct oval_component *children;
	size_t n_children;
};

enum oval_variable_kind {
	OVAL_VARIABLE_LOCAL,
	OVAL_VARIABLE_CONSTANT,
	OVAL_VARIABLE_EXTERNAL,
};

struct oval_variable {
	OVAL_HEAD;
	enum oval_variable_kind kind;
	enum sw_oval_datatype datatype;
	const struct oval_component *component; /* local */
	const char **values;			/* constant */
	size_t n_values;
};

/* Things in document order, and the same sorted by id. */
struct oval_table {
	void **items;
	void **sorted;
	size_t n;
};

struct oval_external {
	char *id, *value;
};

struct sw_oval_doc {
	struct sw_arena arena;
	const char *name;
	struct oval_table definitions, tests, objects, states, variables;
	struct oval_external *externals;
	size_t n_externals, cap_externals;
};

/* NULL when there is no such id. */
const void *oval_table_find(const struct oval_table *t, const char *id);
