/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the OVAL parser share. */
#pragma once

#include "adapters/xml.h"
#include "oval/model.h"

struct oval_parser {
	struct sw_oval_doc *doc;
	struct sw_arena *arena;
	struct sw_error *err;
};

size_t oval_count(const struct sw_xml_node *parent, const char *ns, const char *name);
/* Copy of an attribute; fallback (may be NULL) when it is absent. -ENOMEM only. */
int oval_attr(struct oval_parser *p, const struct sw_xml_node *node, const char *name,
	      const char *fallback, const char **ret);
int oval_bad(struct oval_parser *p, const struct sw_xml_node *node, const char *what);
int oval_no_memory(struct oval_parser *p);
/* An enumerated attribute: from_str(value), default when absent; anything else is an error with the
 * line. */
#define OVAL_ENUM(p, node, name, from_str, max, absent, ret)                                       \
	({                                                                                         \
		const char *_s = sw_xml_attr((node), (name));                                      \
		__typeof__(*(ret)) _v = _s ? from_str(_s) : (absent);                              \
		int _rc = 0;                                                                       \
		if (_v == (max))                                                                   \
			_rc = oval_bad((p), (node), (name));                                       \
		else                                                                               \
			*(ret) = _v;                                                               \
		_rc;                                                                               \
	})

int oval_parse_criteria(struct oval_parser *p, const struct sw_xml_node *node, unsigned depth,
			struct oval_node *ret);
int oval_parse_variable(struct oval_parser *p, const struct sw_xml_node *node,
			struct oval_variable *ret);
int oval_parse_object(struct oval_parser *p, const struct sw_xml_node *node,
		      struct oval_object *ret);
int oval_parse_state(struct oval_parser *p, const struct sw_xml_node *node, struct oval_state *ret);
int oval_parse_test(struct oval_parser *p, const struct sw_xml_node *node, struct oval_test *ret);
#define OVAL_NS_DEFS "http://oval.mitre.org/XMLSchema/oval-definitions-5"
#define OVAL_NS_XSI "http://www.w3.org/2001/XMLSchema-instance"
