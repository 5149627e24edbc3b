/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of facts/: gatherers by fact type. A gatherer reads the target as a query says and hands
 * over one item at a time; it keeps none. To add a type: one file with one const record, one line
 * in facts.c.
 */
#pragma once

#include "oval/item.h"
#include "oval/types.h"
#include "stigwatch/target.h"

struct sw_regex_cache;

/* Namespace of the definition types that are ours. */
#define SW_OVAL_OWN_NS "urn:stigwatch:oval:1"

/* One entity of an OVAL object, with its variables resolved. */
struct sw_query_entity {
	const char *name;
	enum sw_oval_operation operation;
	enum sw_oval_datatype datatype;
	enum sw_oval_check var_check;
	bool nil;
	const char *const *values;
	size_t n_values;
};

struct sw_query_behavior {
	const char *name, *value;
};

struct sw_query {
	const struct sw_query_entity *entities;
	size_t n_entities;
	const struct sw_query_behavior *behaviors;
	size_t n_behaviors;
};

/* What gatherers keep of a target between the objects of a session; each pointer is its gatherer's
 * own. Begins as zeroes. */
struct sw_gather_memory {
	struct sw_rpm_memory *rpm;
};
void sw_gather_memory_release(struct sw_gather_memory *m);
void sw_rpm_memory_free(struct sw_rpm_memory *m);

/* One gathering. Gatherers change only what stands below the line. */
struct sw_gather {
	struct sw_target *target;
	const struct sw_query *query;
	struct sw_regex_cache *regexes;
	struct sw_gather_memory *memory;
	sw_oval_item_fn emit;
	void *ctx;
	/* ---- */
	enum sw_oval_flag flag;	 /* SW_OVAL_FLAG_COMPLETE; worsened by sw_gather_problem */
	struct sw_strbuf reason; /* of the first problem */
	bool examined;		 /* something was there to look at, even if no item came of it */
	bool truncated;		 /* a part of a file was not looked at (text behind a NUL byte) */
	char absent[256];	 /* what was looked for and is not there, "" if nothing */
};

struct sw_gatherer {
	const char *family;   /* of the schema: "independent", "unix", "linux"; SW_OVAL_OWN_NS */
	const char *type;     /* element name without _object */
	bool absence_is_fact; /* that there is no item is an observation, not a lack of one */
	/* 0, or a negative errno that emit returned or that ends the scan (-ENOMEM). */
	int (*gather)(struct sw_gather *g);
};

/* ns is the namespace of the object's element. NULL for a type we do not gather. */
const struct sw_gatherer *sw_gatherer_find(const char *ns, const char *type);

/* All of them, in no order; NULL past the end. */
const struct sw_gatherer *sw_gatherer_at(size_t i);

/* ---- for gatherers ---- */

const struct sw_query_entity *sw_query_entity(const struct sw_query *q, const char *name);
/* Value of a behaviors attribute, or fallback. */
const char *sw_query_behavior(const struct sw_query *q, const char *name, const char *fallback);
/* All of the entity's values against one found value, by its var_check. A nil entity matches
 * nothing. */
enum sw_oval_result sw_query_match(const struct sw_gather *g, const struct sw_query_entity *e,
				   const char *found);
/* Whether the query's entity of that name wants found; a query without it wants all. */
bool sw_query_wants(struct sw_gather *g, const char *name, const char *found);
/* Worsens the flag; the first problem's text is kept. */
void sw_gather_problem(struct sw_gather *g, enum sw_oval_flag flag, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void sw_gather_absent(struct sw_gather *g, const char *what);

extern const struct sw_gatherer sw_gatherer_file;
extern const struct sw_gatherer sw_gatherer_textfilecontent54;
extern const struct sw_gatherer sw_gatherer_filehash58;
extern const struct sw_gatherer sw_gatherer_environmentvariable58;
extern const struct sw_gatherer sw_gatherer_family;
extern const struct sw_gatherer sw_gatherer_dpkginfo;
extern const struct sw_gatherer sw_gatherer_apkinfo;
extern const struct sw_gatherer sw_gatherer_rpminfo;
extern const struct sw_gatherer sw_gatherer_password;
extern const struct sw_gatherer sw_gatherer_shadow;
extern const struct sw_gatherer sw_gatherer_partition;
extern const struct sw_gatherer sw_gatherer_symlink;
extern const struct sw_gatherer sw_gatherer_xmlfilecontent;
extern const struct sw_gatherer sw_gatherer_yamlfilecontent;
extern const struct sw_gatherer sw_gatherer_selinuxsecuritycontext;
extern const struct sw_gatherer sw_gatherer_fileextendedattribute;
/* Types that need a running system. */
extern const struct sw_gatherer sw_gatherers_offline[];
extern const size_t sw_n_gatherers_offline;
