/* SPDX-License-Identifier: Apache-2.0 */
/* What layer.c leaves for merge.c to do. */
#pragma once

#include <stdint.h>

/* A hard link whose target this layer does not have. */
struct pending {
	uint32_t node;
	uint32_t target; /* text */
};
