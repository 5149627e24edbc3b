/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.1 documents of a target as trees, with limits. Hostile input: nodes, depth and anchors are
 * counted, aliases point to what they name and are never copied, so that a tree can have loops
 * through them; whoever walks it counts its steps.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sw_error;

enum sw_yaml_kind {
	SW_YAML_SCALAR,
	SW_YAML_SEQUENCE,
	SW_YAML_MAPPING, /* children: key, value, key, value ... */
	SW_YAML_ALIAS,
};

struct sw_yaml_node {
	enum sw_yaml_kind kind;
	char *text;   /* of a scalar; a NUL byte ends it */
	char *tag;    /* "tag:yaml.org,2002:int", or NULL */
	char *anchor; /* or NULL */
	bool plain;   /* scalar without quotes */
	struct sw_yaml_node *child, *next;
	const struct sw_yaml_node *target; /* of an alias; NULL: nothing has that name */
	struct sw_yaml_node *made_before;  /* for freeing */
};

struct sw_yaml {
	struct sw_yaml_node *root; /* of the first document; the others are its next */
	struct sw_yaml_node *made;
};

/* -EINVAL: malformed; -E2BIG: more than the limits; -ENOENT: libyaml is not here; -ENOMEM. */
int sw_yaml_parse(const char *text, size_t len, struct sw_yaml *ret_yaml, struct sw_error *err);
void sw_yaml_release(struct sw_yaml *yaml);
