/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a path selects from YAML as OVAL records: a mapping is a record of its keys, scalars and
 * sequences of them are records whose one field is called "#". What has more dimensions is refused.
 */
#pragma once

#include "facts/yaml_path.h"
#include "oval/item.h"

struct yaml_record {
	struct sw_oval_pair *fields; /* names and values owned */
	size_t n, cap;
};

struct yaml_records {
	struct yaml_record *items;
	size_t n, cap;
	size_t n_fields; /* of all of them */
};
void yaml_records_release(struct yaml_records *r);

/* -EINVAL with err (a path or a structure that is refused), -E2BIG, -ENOMEM. */
int yaml_records_make(const struct sw_yaml *yaml, const struct yaml_path *path,
		      struct yaml_records *ret, struct sw_error *err);
