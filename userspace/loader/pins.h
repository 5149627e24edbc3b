/* SPDX-License-Identifier: Apache-2.0 */
/* Names in the pin directory: for pins.c and adopt.c. */
#pragma once

#include "loader/private.h"

struct sw_pins {
	int fd; /* the directory, locked */
	char *dir;
};

#define SW_PIN_PATH 320
#define SW_PIN_MAP "map"
#define SW_PIN_LINK "link"
#define SW_PIN_MARKS "marks"

/* A path that leads through the directory's descriptor, whatever became of its name. */
void sw_pins_path(const struct sw_pins *p, const char *kind, const char *name,
		  char ret_path[static SW_PIN_PATH]);
/* A descriptor, or negative errno. */
int sw_pins_get(const struct sw_pins *p, const char *kind, const char *name);
int sw_pins_put(const struct sw_pins *p, const char *kind, const char *name, int fd);
