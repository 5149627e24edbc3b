/* SPDX-License-Identifier: Apache-2.0 */
/* pcre2 under limits. Must not JIT: the match limit of the interpreter is what bounds hostile
 * patterns. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "adapters/regex.h"
#include "base/base.h"

struct sw_regex {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
	uint32_t groups;
	bool utf;
};

struct sw_subject sw_subject_init(const char *data, size_t len)
{
	return (struct sw_subject){.data = data, .len = len, .utf8 = sw_utf8_valid(data, len)};
}

static uint32_t pcre2_flags(unsigned int flags)
{
	uint32_t out = 0;

	if (flags & SW_REGEX_UTF)
		out |= PCRE2_UTF;
	if (flags & SW_REGEX_MULTILINE)
		out |= PCRE2_MULTILINE;
	if (flags & SW_REGEX_DOTALL)
		out |= PCRE2_DOTALL;
	if (flags & SW_REGEX_CASELESS)
		out |= PCRE2_CASELESS;
	/* \C would let a match begin inside a character. */
	return out | PCRE2_NEVER_BACKSLASH_C;
}

static int compile_failed(const char *pattern, int code, size_t offset, struct sw_error *err)
{
	char text[256];

	if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
		return sw_error_set(err, ENOMEM, "regular expression: no memory");
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof(text)) < 0)
		snprintf(text, sizeof(text), "error %d", code);
	return sw_error_set(err, EINVAL, "regular expression \"%.200s\": %s at offset %zu", pattern,
			    text, offset);
}

int sw_regex_new(const char *pattern, unsigned int flags, struct sw_regex **ret_regex,
		 struct sw_error *err)
{
	_cleanup_regex_ struct sw_regex *re = NULL;
	size_t len = strlen(pattern);
	PCRE2_SIZE offset;
	int code;

	if (len > SW_LIMIT_REGEX_PATTERN)
		return sw_error_set(err, EFBIG, "regular expression longer than %u bytes",
				    SW_LIMIT_REGEX_PATTERN);
	re = calloc(1, sizeof(*re));
	if (!re)
		return sw_error_set(err, ENOMEM, "regular expression: no memory");
	re->utf = flags & SW_REGEX_UTF;
	re->code =
		pcre2_compile((PCRE2_SPTR)pattern, len, pcre2_flags(flags), &code, &offset, NULL);
	if (!re->code)
		return compile_failed(pattern, code, offset, err);
	re->match = pcre2_match_data_create_from_pattern(re->code, NULL);
	re->context = pcre2_match_context_create(NULL);
	if (!re->match || !re->context)
		return sw_error_set(err, ENOMEM, "regular expression: no memory");
	pcre2_set_match_limit(re->context, SW_LIMIT_REGEX_MATCH);
	pcre2_set_depth_limit(re->context, SW_LIMIT_REGEX_DEPTH);
	pcre2_set_heap_limit(re->context, SW_LIMIT_REGEX_HEAP_KIB);
	pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &re->groups);
	*ret_regex = TAKE(re);
	return 0;
}

void sw_regex_free(struct sw_regex *re)
{
	if (!re)
		return;
	pcre2_match_context_free(re->context);
	pcre2_match_data_free(re->match);
	pcre2_code_free(re->code);
	free(re);
}

size_t sw_regex_groups(const struct sw_regex *re)
{
	return re->groups;
}

static int match_error(int code)
{
	switch (code) {
	case PCRE2_ERROR_NOMATCH:
		return 0;
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
		return -ETIME;
	case PCRE2_ERROR_NOMEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int sw_regex_match(struct sw_regex *re, const struct sw_subject *subject, size_t offset,
		   struct sw_regex_span *ret_spans, size_t max)
{
	const PCRE2_SIZE *v;
	uint32_t n, i;
	int rc;

	if (offset > subject->len)
		return 0;
	if (re->utf && !subject->utf8)
		return -EILSEQ;
	rc = pcre2_match(re->code, (PCRE2_SPTR)(subject->data ? subject->data : ""), subject->len,
			 offset, re->utf ? PCRE2_NO_UTF_CHECK : 0, re->match, re->context);
	if (rc <= 0)
		return match_error(rc);
	v = pcre2_get_ovector_pointer(re->match);
	n = pcre2_get_ovector_count(re->match);
	for (i = 0; i < max; i++) {
		ret_spans[i] = (struct sw_regex_span){SW_REGEX_UNSET, SW_REGEX_UNSET};
		/* \K in a look-around can put the start behind the end: such a group is unusable.
		 */
		if (i < n && (int)i < rc && v[2 * i] != PCRE2_UNSET && v[2 * i] <= v[2 * i + 1])
			ret_spans[i] = (struct sw_regex_span){v[2 * i], v[2 * i + 1]};
	}
	return (int)re->groups + 1;
}

size_t sw_regex_advance(const struct sw_regex *re, const struct sw_subject *subject,
			const struct sw_regex_span *match)
{
	size_t at = match->end, n;

	if (at == SW_REGEX_UNSET)
		return subject->len + 1;
	if (match->end > match->start)
		return at;
	if (at >= subject->len)
		return subject->len + 1;
	n = re->utf ? sw_utf8_decode(subject->data + at, subject->len - at, NULL) : 1;
	return at + (n ? n : 1);
}
