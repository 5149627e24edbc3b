/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OVAL 5.11 definitions: parsed once, evaluated against one target. This is the folder's door; it
 * names no file system and no third-party library.
 *
 * A document owns all it needs (nothing of the XML tree is kept). A session borrows its document
 * and its target, which must outlive it, and caches what it evaluated: each test, each object and
 * each variable is evaluated at most once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stigwatch/strbuf.h"

struct sw_error;
struct sw_target;
struct sw_xml_node;
struct sw_oval_doc;
struct sw_oval_session;

/* OVAL 5.11 results-schema ResultEnumeration, in its order. */
enum sw_oval_result {
	SW_OVAL_TRUE,
	SW_OVAL_FALSE,
	SW_OVAL_UNKNOWN,
	SW_OVAL_ERROR,
	SW_OVAL_NOT_EVALUATED,
	SW_OVAL_NOT_APPLICABLE,
	_SW_OVAL_MAX,
};
/* "true", "false", "unknown", "error", "not evaluated", "not applicable"; the inverse gives
 * _SW_OVAL_MAX. */
const char *sw_oval_result_str(enum sw_oval_result r);
enum sw_oval_result sw_oval_result_from_str(const char *s);

/*
 * root is <oval_definitions>; name is used in messages. Unknown test types are no error: such a
 * test evaluates to unknown. Dangling references are no error either: what refers to them evaluates
 * to error. -EINVAL for a document that is not OVAL at all.
 */
int sw_oval_parse(const struct sw_xml_node *root, const char *name, struct sw_oval_doc **ret_doc,
		  struct sw_error *err);
void sw_oval_doc_free(struct sw_oval_doc *doc);
bool sw_oval_doc_has(const struct sw_oval_doc *doc, const char *definition_id);
size_t sw_oval_doc_count(const struct sw_oval_doc *doc);
/* Document order; id, class ("compliance", "inventory", ...) and title ("" when absent) are
 * borrowed; false past the end. */
bool sw_oval_doc_at(const struct sw_oval_doc *doc, size_t i, const char **ret_id,
		    const char **ret_class, const char **ret_title);

/* External variables (check-export): values for a variable id, before the session is made. Copies.
 */
int sw_oval_doc_set_external(struct sw_oval_doc *doc, const char *variable_id, const char *value);

int sw_oval_session_new(struct sw_oval_doc *doc, struct sw_target *target,
			struct sw_oval_session **ret_session, struct sw_error *err);
/* The time that time_difference measures from; without it such a difference is an error. */
void sw_oval_session_set_now(struct sw_oval_session *s, int64_t seconds);
void sw_oval_session_free(struct sw_oval_session *s);
/*
 * Evaluates one definition. An unknown id gives SW_OVAL_UNKNOWN. ret_message (may be NULL) gets
 * text for the person who reads the result: for false the first violating items with what was found
 * and what was expected, for error and unknown the reason, for a vacuous true what was absent;
 * otherwise nothing. ret_vacuous (may be NULL) is set when a true result rests on nothing.
 */
enum sw_oval_result sw_oval_session_eval(struct sw_oval_session *s, const char *definition_id,
					 struct sw_strbuf *ret_message, bool *ret_vacuous);
