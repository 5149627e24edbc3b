/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into YAML, as OpenSCAP's yamlfilecontent has them: $.key, ['key'], ['k','l'], .*, [0],
 * [0,1], [:], &anchor. A path filters a tree: what it selects keeps the sequences and mappings that
 * a set or a selection asked for. Pure.
 */
#pragma once

#include "adapters/yaml.h"

struct yaml_path;

/* -EINVAL with err, -ENOMEM. */
int yaml_path_parse(const char *text, struct yaml_path **ret_path, struct sw_error *err);
void yaml_path_free(struct yaml_path *path);

/* What is selected, in order. Each returns 0 or negative to end. */
struct yaml_path_sink {
	int (*start)(void *ctx, enum sw_yaml_kind kind);
	int (*end)(void *ctx, enum sw_yaml_kind kind);
	int (*key)(void *ctx, const char *key);
	int (*scalar)(void *ctx, const struct sw_yaml_node *scalar);
	void *ctx;
};
/* 0, what the sink returned, -E2BIG: more steps than the limit (aliases of aliases). */
int yaml_path_eval(const struct yaml_path *path, const struct sw_yaml *yaml,
		   const struct yaml_path_sink *sink);
