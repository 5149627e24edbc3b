/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error object: says where and why; the negative errno that a function returns says what.
 *
 * Invariants: embedded, never allocated; every function that takes one accepts NULL; a function
 * that succeeds leaves it untouched; nobody below cli/ prints it. Each layer adds its own context
 * in front: "scan container web: content ds.xml:12: unknown element <x>".
 */
#pragma once

#include <stdarg.h>

struct sw_error {
	int code;	 /* positive errno, 0 when nothing was set */
	char text[2048]; /* UTF-8, NUL-terminated, one line; truncated with "..." if it does not fit
			  */
};

/* Sets code and text, returns -code, so that `return sw_error_set(err, EINVAL, ...)` reads well. */
int sw_error_set(struct sw_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " in front of the text; returns -err->code (or -EIO when err is NULL). */
int sw_error_context(struct sw_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
