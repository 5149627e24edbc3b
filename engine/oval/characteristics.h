/* SPDX-License-Identifier: Apache-2.0 */
/* System characteristics that somebody collected: objects with their flags and items, by id. */
#pragma once

#include "oval/session.h"

struct sw_oval_characteristics;

int sw_oval_characteristics_load(const char *path, struct sw_oval_characteristics **ret_given,
				 struct sw_error *err);
void sw_oval_characteristics_free(struct sw_oval_characteristics *given);
/* The object's items in place of gathered ones. -ENOENT: it was not collected. */
int sw_oval_characteristics_collect(const struct sw_oval_characteristics *given,
				    const char *object_id, struct oval_collection *c);
