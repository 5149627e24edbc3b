/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of xccdf/: what a loaded benchmark holds. Every pointer handed out is borrowed from the
 * content and lives as long as it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stigwatch/engine.h"

struct sw_xml_node;

/* One check of a rule (those inside complex-check too), as the content states it. */
struct sw_check_ref {
	const char *system;
	const char *href; /* as written; resolve with sw_content_document; "" when there is no
			     content-ref */
	const char *name; /* definition id, or NULL: every definition of the document */
	bool negate;
};

struct sw_content_rule {
	const char *id;
	const char *group_id; /* innermost Group, or NULL */
	const struct sw_xml_node *node;
	bool selected; /* by the document alone, without a profile, its Groups considered */
	const struct sw_check_ref *checks; /* document order */
	size_t n_checks;
};

/* All rules in document order; NULL past the end. */
const struct sw_content_rule *sw_content_rule_at(const struct sw_content *c, size_t i);
size_t sw_content_n_rules(const struct sw_content *c);

/* The path or name the content was loaded from. */
const char *sw_content_name(const struct sw_content *c);

/* <Benchmark> itself. */
const struct sw_xml_node *sw_content_benchmark(const struct sw_content *c);

/*
 * The root element of the XML document that an href of the benchmark's checks names ("./x.xml" and
 * "x.xml" are the same). Parsed on first use. -ENOENT when the content holds no such document,
 * -EINVAL when it is not XML.
 */
int sw_content_document(const struct sw_content *c, const char *href,
			const struct sw_xml_node **ret_root, struct sw_error *err);
