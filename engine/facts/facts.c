/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of gatherers and what they share. Reads nothing itself. */
#include "facts/facts.h"
#include "oval/compare.h"
#include "oval/tally.h"
#include "stigwatch/cleanup.h"

#define OVAL_NS "http://oval.mitre.org/XMLSchema/oval-definitions-5#"

static const struct sw_gatherer *const gatherers[] = {
	&sw_gatherer_file,
	&sw_gatherer_textfilecontent54,
	&sw_gatherer_filehash58,
	&sw_gatherer_environmentvariable58,
	&sw_gatherer_family,
	&sw_gatherer_dpkginfo,
	&sw_gatherer_apkinfo,
	&sw_gatherer_rpminfo,
	&sw_gatherer_password,
	&sw_gatherer_shadow,
	&sw_gatherer_partition,
	&sw_gatherer_symlink,
	&sw_gatherer_xmlfilecontent,
	&sw_gatherer_fileextendedattribute,
	&sw_gatherer_yamlfilecontent,
	&sw_gatherer_selinuxsecuritycontext,
};

static bool is(const struct sw_gatherer *g, const char *family, const char *type)
{
	return !strcmp(g->family, family) && !strcmp(g->type, type);
}

const struct sw_gatherer *sw_gatherer_find(const char *ns, const char *type)
{
	size_t n = strlen(OVAL_NS);
	const char *family = strncmp(ns, OVAL_NS, n) ? ns : ns + n;

	if (family == ns && strcmp(ns, SW_OVAL_OWN_NS))
		return NULL;
	for (size_t i = 0; i < SW_ARRAY_LEN(gatherers); i++)
		if (is(gatherers[i], family, type))
			return gatherers[i];
	for (size_t i = 0; i < sw_n_gatherers_offline; i++)
		if (is(&sw_gatherers_offline[i], family, type))
			return &sw_gatherers_offline[i];
	return NULL;
}

const struct sw_gatherer *sw_gatherer_at(size_t i)
{
	if (i < SW_ARRAY_LEN(gatherers))
		return gatherers[i];
	i -= SW_ARRAY_LEN(gatherers);
	return i < sw_n_gatherers_offline ? &sw_gatherers_offline[i] : NULL;
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

bool sw_query_wants(struct sw_gather *g, const char *name, const char *found)
{
	const struct sw_query_entity *e = sw_query_entity(g->query, name);
	enum sw_oval_result r = e ? sw_query_match(g, e, found) : SW_OVAL_TRUE;

	if (r == SW_OVAL_ERROR)
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "cannot compare the %s %s", name, found);
	return r == SW_OVAL_TRUE;
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

void sw_gather_memory_release(struct sw_gather_memory *m)
{
	sw_rpm_memory_free(m->rpm);
	*m = (struct sw_gather_memory){0};
}

void sw_gather_absent(struct sw_gather *g, const char *what)
{
	if (!g->absent[0])
		snprintf(g->absent, sizeof(g->absent), "%s", what);
}
