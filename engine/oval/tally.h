/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The truth tables of OVAL 5.11 as running counts: add one result or one item at a time, ask for
 * the verdict at any moment. The static scan and the runtime judge share this, so they cannot
 * disagree. Tables: OVAL Language Specification 5.11 sections 5.3.6 (check, check_existence)
 * and 5.3.2 (operators); tests/cases/oval_*.tbl hold them.
 */
#pragma once

#include <stdint.h>

#include "oval/types.h"

struct sw_oval_tally {
	uint64_t n[_SW_OVAL_MAX];
};

void sw_oval_tally_add(struct sw_oval_tally *t, enum sw_oval_result r);
/* An empty tally is unknown; one of nothing but "not applicable" is not applicable. */
enum sw_oval_result sw_oval_tally_by_check(const struct sw_oval_tally *t, enum sw_oval_check check);
enum sw_oval_result sw_oval_tally_by_operator(const struct sw_oval_tally *t,
					      enum sw_oval_operator op);
enum sw_oval_result sw_oval_negate(enum sw_oval_result r, bool negate);

struct sw_oval_status_tally {
	uint64_t n[_SW_OVAL_STATUS_MAX];
};
enum sw_oval_result sw_oval_status_tally_result(const struct sw_oval_status_tally *t,
						enum sw_oval_existence existence);

/* One test: items as they come. flag starts as SW_OVAL_FLAG_COMPLETE and is worsened by the caller.
 */
struct sw_oval_test_tally {
	enum sw_oval_flag flag;
	struct sw_oval_status_tally items;
	struct sw_oval_tally states; /* of items, when the test has states */
};
/* states: the combined result of the test's states for an item that exists; ignored without states.
 */
void sw_oval_test_tally_add(struct sw_oval_test_tally *t, enum sw_oval_status item,
			    enum sw_oval_result states);
/* A flag that was found beside the items, e.g. an unreadable file: the worse one stays. */
void sw_oval_test_tally_flag(struct sw_oval_test_tally *t, enum sw_oval_flag flag);

struct sw_oval_test_rule {
	enum sw_oval_existence existence;
	enum sw_oval_check check;
	bool has_states;
};
enum sw_oval_result sw_oval_test_tally_finish(const struct sw_oval_test_tally *t,
					      const struct sw_oval_test_rule *rule);
