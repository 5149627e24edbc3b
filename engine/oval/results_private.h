/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make an OVAL results document share: its parts, kept on disk until the
 * verdicts that stand before them are known. */
#pragma once

#include "adapters/xml_out.h"
#include "oval/parse.h"
#include "oval/results.h"
#include "oval/session.h"

/* ---- results_items.c ---- */
struct oval_item_shape {
	const char *family; /* of the namespace, or our namespace */
	const char *type;   /* of the object */
	const char *item;
	const char *fields; /* "name pid:int ..." */
};
/* NULL: such objects are never collected. */
const struct oval_item_shape *oval_item_shape(const char *ns, const char *type);
const char *oval_item_prefix(const struct oval_item_shape *shape);
struct oval_item_field {
	char name[64], datatype[32]; /* datatype "": string */
};
/* The next field, *at moved behind it; false at the end. */
bool oval_item_field(const char **at, struct oval_item_field *ret_field);

/* ---- results_known.c: which items the document holds already ---- */
struct oval_known;
struct oval_known *oval_known_new(void);
void oval_known_free(struct oval_known *k);
/* The item's number, from 1 on; *ret_new when it got it now. Negative errno. */
int64_t oval_known_add(struct oval_known *k, const void *text, size_t len, bool *ret_new);

/* A part of the document: a writer into a file. */
struct oval_part {
	struct sw_xml_out out;
	struct sw_spool *spool;
};

struct sw_oval_report {
	struct sw_oval_report_options options;
	bool full;			 /* some definition is told in full */
	struct oval_part definitions;	 /* of results */
	struct oval_part tests;		 /* of results */
	struct oval_part objects, items; /* of system characteristics */
	struct oval_known *known;
	struct sw_strbuf item; /* the one being written */
	unsigned n_sessions;
	size_t n_definitions, n_full, n_tests, n_objects, n_items;
	char *schema_version;
	char *os_name, *os_version, *host_name;
	struct sw_name_value *identity;
	size_t n_identity, cap_identity;
	int rc; /* the first failure: then there is no document */
};

/* results.c: 0 to SW_OVAL_CLASSES - 1, or -1 */
int oval_report_class(const char *name);

/* results_masks.c: notes in the session every entity that is masked somewhere */
int oval_mask_all(struct sw_oval_session *s);
bool oval_masked(const struct sw_oval_session *s, const struct oval_object *o, const char *name);
