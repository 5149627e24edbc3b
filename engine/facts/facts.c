/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of gatherers and what they share. Reads nothing itself. */
#include "facts/facts.h"
#include "oval/compare.h"
#include "oval/tally.h"
#include "stigwatch/cleanup.h"

#define OVAL_NS "http://oval.mitre.org/XMLSchema/oval-definitions-5#"

static const struct sw_gatherer *const gatherers[] = {
	&sw_gatherer_file,	 &sw_gatherer_textfilecontent54,
	&sw_gatherer_filehash58, &sw_gatherer_environmentvariable58,
	&sw_gatherer_family,	 &sw_gatherer_uname,
};

const struct sw_gatherer *sw_gatherer_find(const char *ns, const char *type)
{
	size_t n = strlen(OVAL_NS);

	if (strncmp(ns, OVAL_NS, n))
		return NULL;
	for (size_t i = 0; i < SW_ARRAY_LEN(gatherers); i++)
		if (!strcmp(gatherers[i]->family, ns + n) && !strcmp(gatherers[i]->type, type))
			return gatherers[i];
	return NULL;
}

const struct sw_query_entity *sw_query_entity(const struct sw_query *q, const char *name)
{
	for (size_t i = 0; i < q->n_entities; i++)
		if (!strcmp(q->entities[i].name, name))
			return &q->entities[i];
	return NULL;
}

const char *sw_query_behavior(const struct sw_query *q, const char *name, const char *fallback)
{
	for (size_t i = 0; i < q->n_behaviors; i++)
		if (!strcmp(q->behaviors[i].name, name))
			return q->behaviors[i].value;
	return fallback;
}

enum sw_oval_result sw_query_match(const struct sw_gather *g, const struct sw_query_entity *e,
				   const char *found)
{
	struct sw_oval_tally t = {0};

	if (e->nil)
		return SW_OVAL_FALSE;
	for (size_t i = 0; i < e->n_values; i++) {
		struct sw_oval_expect want = {e->operation, e->datatype, e->values[i]};

		sw_oval_tally_add(&t, sw_oval_compare(&want, found, g->regexes));
	}
	return sw_oval_tally_by_check(&t, e->var_check);
}

void sw_gather_problem(struct sw_gather *g, enum sw_oval_flag flag, const char *fmt, ...)
{
	struct sw_oval_test_tally worst = {.flag = g->flag};
	char text[1024];
	va_list ap;

	sw_oval_test_tally_flag(&worst, flag);
	g->flag = worst.flag;
	if (g->reason.len)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sw_strbuf_adds(&g->reason, text);
}

void sw_gather_absent(struct sw_gather *g, const char *what)
{
	if (!g->absent[0])
		snprintf(g->absent, sizeof(g->absent), "%s", what);
}
