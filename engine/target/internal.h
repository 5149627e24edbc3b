/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of target/ share and nobody else sees. */
#pragma once

#include "stigwatch/target.h"

struct target_pair {
	char *key;
	char *value;
};

struct target_pairs {
	struct target_pair *items;
	size_t n, cap;
};

struct sw_target {
	int rootfd; /* O_PATH */
	enum sw_target_kind kind;
	char *name;
	bool env_known;
	struct target_pairs env;
	struct target_pairs identity;
};
