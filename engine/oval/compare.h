/* SPDX-License-Identifier: Apache-2.0 */
/* Compares one found value with one expected value: OVAL operation x datatype. Pure. */
#pragma once

#include "oval/types.h"

struct sw_regex_cache;

/*
 * "found OP expected" under datatype (the expectation's). SW_OVAL_TRUE or SW_OVAL_FALSE;
 * SW_OVAL_ERROR when a value is not of the datatype, the operation does not apply to it, or a
 * pattern is broken or reaches its limits; SW_OVAL_NOT_EVALUATED for a datatype we do not have.
 */
struct sw_oval_expect {
	enum sw_oval_operation operation;
	enum sw_oval_datatype datatype;
	const char *value;
};
enum sw_oval_result sw_oval_compare(const struct sw_oval_expect *expected, const char *found,
				    struct sw_regex_cache *regexes);

/* <0, 0, >0. rpm's algorithm on "[epoch:]version[-release]"; dpkg's; dot-separated integers. */
int sw_oval_compare_evr(const char *a, const char *b);
int sw_oval_compare_debian_evr(const char *a, const char *b);
int sw_oval_compare_version(const char *a, const char *b);
/* "a.b.c.d[/n]" or "x::y[/n]"; SW_OVAL_ERROR when either is no address of the family. */
enum sw_oval_result sw_oval_compare_ip(int family, enum sw_oval_operation op, const char *found,
				       const char *expected);
