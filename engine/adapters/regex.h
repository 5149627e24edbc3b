/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions, the only door to pcre2. Every match is bounded by limits.h: a pattern that
 * would run for ever gives an error, never a hang.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stigwatch/cleanup.h"

struct sw_error;
struct sw_regex;
struct sw_regex_cache;

enum sw_regex_flags {
	SW_REGEX_UTF = 1u << 0,
	SW_REGEX_MULTILINE = 1u << 1, /* ^ and $ at every line */
	SW_REGEX_DOTALL = 1u << 2,    /* . matches a newline */
	SW_REGEX_CASELESS = 1u << 3,
};

/* A text to match in; valid UTF-8 is checked once, here. Borrows data. */
struct sw_subject {
	const char *data;
	size_t len;
	bool utf8;
};
struct sw_subject sw_subject_init(const char *data, size_t len);

#define SW_REGEX_UNSET ((size_t)-1)
struct sw_regex_span {
	size_t start, end; /* byte offsets; SW_REGEX_UNSET for a group that took no part */
};

/* -EINVAL with pcre2's message and offset; -EFBIG above SW_LIMIT_REGEX_PATTERN. */
int sw_regex_new(const char *pattern, unsigned int flags, struct sw_regex **ret_regex,
		 struct sw_error *err);
void sw_regex_free(struct sw_regex *re);
SW_DEFINE_CLEANUP(struct sw_regex *, regex, sw_regex_free)
#define _cleanup_regex_ _cleanup_(sw_cleanup_regex)

/* Capture groups of the pattern, without the whole match. */
size_t sw_regex_groups(const struct sw_regex *re);

/*
 * Searches from offset. 0: no match. n > 0: spans[0] is the whole match, spans[1..] the groups; all
 * of spans[0..max) are set, unset groups to SW_REGEX_UNSET. -EILSEQ: subject is not UTF-8 but the
 * pattern asks for it; -ETIME: a match limit was reached; -EIO: other pcre2 errors. n is
 * sw_regex_groups() + 1 (not cut by max).
 */
int sw_regex_match(struct sw_regex *re, const struct sw_subject *subject, size_t offset,
		   struct sw_regex_span *ret_spans, size_t max);
/* Where to search next after a match, never the same place twice; > subject->len: finished. */
size_t sw_regex_advance(const struct sw_regex *re, const struct sw_subject *subject,
			const struct sw_regex_span *match);

/* Compiled patterns by (pattern, flags). What get returns lives until the cache is freed. */
struct sw_regex_cache *sw_regex_cache_new(void);
void sw_regex_cache_free(struct sw_regex_cache *cache);
int sw_regex_cache_get(struct sw_regex_cache *cache, const char *pattern, unsigned int flags,
		       struct sw_regex **ret_regex, struct sw_error *err);
