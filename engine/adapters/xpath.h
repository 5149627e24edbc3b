/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XPath 1.0 over a file of the target, with limits. Unlike documents of content (xml.h) such a file
 * may have a document type; nothing it names is read and no entity is put in.
 */
#pragma once

#include <stddef.h>

struct sw_error;

/* One value of the result; type is OVAL's datatype: "string", "int", "float" or "boolean". text
 * NULL: a node that is no value (an element). Return negative to stop. */
typedef int (*sw_xpath_fn)(void *ctx, const char *type, const char *text);

/* 0, what fn returned, -EINVAL (malformed document or expression, with err), -ELOOP, -ETIME (too
 * many steps), -ENOMEM. */
int sw_xpath_eval(const char *data, size_t len, const char *expression, sw_xpath_fn fn, void *ctx,
		  struct sw_error *err);
