/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that few runs need, opened when first used: a scan of a directory neither unpacks nor
 * speaks HTTP, and must not pay for what does. The module that wraps such a library names what it
 * uses in a table, and calls through it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sw_error;

struct sw_library_symbol {
	const char *name;
	void *slot; /* a function pointer of the symbol's type */
};

struct sw_library {
	const char *soname; /* "libcurl.so.4" */
	const struct sw_library_symbol *symbols;
	size_t n_symbols;
	bool open; /* zero at first */
};

/* Fills all slots, once; never closes. May be called from several threads. -ENOENT: no such
 * library, or one without a symbol; nothing is filled then. */
int sw_library_open(struct sw_library *library, struct sw_error *err);
