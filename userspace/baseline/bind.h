/* SPDX-License-Identifier: Apache-2.0 */
/* What a binding remembers of each object; shared by bind.c and compare.c only. */
#pragma once

#include "baseline/private.h"

struct sw_bound {
	const struct sw_baseline_entry *entry;
	struct sw_status status;
};

struct sw_binding {
	const struct sw_baseline *baseline;
	struct sw_bound *items; /* sorted by inode, which is unique */
	size_t n;
};

const struct sw_bound *sw_binding_lookup(const struct sw_binding *x, uint64_t ino);
