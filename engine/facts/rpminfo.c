/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux-def:rpminfo: packages as the target's own rpm databases tell them, without librpm. They are
 * read once for all objects of a session, again only when an object asks for the packages' files.
 */
#include "facts/facts.h"
#include "facts/rpm/rpm.h"

/* What is remembered between objects. */
struct sw_rpm_memory {
	struct rpm_package *packages;
	size_t n, cap, bytes;
	int n_databases;
	char *problem; /* the first one, or NULL */
};

static int keep_package(void *ctx, const struct rpm_package *p)
{
	const char *const from[] = {p->name, p->arch, p->epoch, p->version, p->release, p->keyid};
	struct sw_rpm_memory *m = ctx;
	struct rpm_package *to;

	for (size_t i = 0; i < SW_ARRAY_LEN(from); i++)
		m->bytes += from[i] ? strlen(from[i]) + 16 : 0;
	if (m->bytes > SW_LIMIT_RPM_KEPT)
		return -E2BIG;
	if (SW_GROW(m->packages, m->n, m->cap) < 0)
		return -ENOMEM;
	to = &m->packages[m->n++];
	*to = (struct rpm_package){0};
	if (sw_str_replace(&to->name, p->name) < 0 || sw_str_replace(&to->arch, p->arch) < 0 ||
	    sw_str_replace(&to->epoch, p->epoch) < 0 ||
	    sw_str_replace(&to->version, p->version) < 0 ||
	    sw_str_replace(&to->release, p->release) < 0 ||
	    sw_str_replace(&to->keyid, p->keyid) < 0)
		return -ENOMEM;
	return 0;
}

static void keep_problem(void *ctx, const char *path, int rc, const char *why)
{
	struct sw_rpm_memory *m = ctx;

	if (!m->problem && asprintf(&m->problem, "%s: %s", path, why) < 0)
		m->problem = NULL;
}

void sw_rpm_memory_free(struct sw_rpm_memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		rpm_package_release(&m->packages[i]);
	free(m->packages);
	free(m->problem);
	free(m);
}

SW_DEFINE_CLEANUP(struct sw_rpm_memory *, rpm_memory, sw_rpm_memory_free)

static int remember(struct sw_gather *g)
{
	_cleanup_(sw_cleanup_rpm_memory) struct sw_rpm_memory *m = NULL;
	struct rpm_database_reader r = {
		.target = g->target, .package = keep_package, .problem = keep_problem};
	int rc;

	if (g->memory->rpm)
		return 0;
	r.ctx = m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	rc = rpm_database_read(&r);
	if (rc == -E2BIG) {
		keep_problem(m, "rpm", rc, "more packages than the limit");
		rc = 1;
	}
	if (rc < 0)
		return rc;
	m->n_databases = rc;
	g->memory->rpm = TAKE(m);
	return 0;
}

/* name, epoch:version-release.arch */
struct texts {
	char *evr, *extended;
};

static void texts_release(struct texts *t)
{
	free(t->evr);
	free(t->extended);
}

static int emit_package(struct sw_gather *g, const struct rpm_package *p)
{
	/* As rpm prints what is not there; OpenSCAP hands that on. */
	const char *epoch = p->epoch ? p->epoch : "(none)", *arch = p->arch ? p->arch : "(none)";
	_cleanup_(texts_release) struct texts t = {0};
	_cleanup_free_ struct sw_oval_pair *pairs = calloc(8 + p->n_files, sizeof(*pairs));
	struct sw_oval_pairs list = {p->name, pairs, 8 + p->n_files};
	struct sw_oval_item item;

	if (!pairs ||
	    asprintf(&t.evr, "%s:%s-%s", p->epoch ? p->epoch : "0", p->version, p->release) < 0)
		return -ENOMEM;
	if (asprintf(&t.extended, "%s-%s.%s", p->name, t.evr, arch) < 0)
		return -ENOMEM;
	pairs[0] = (struct sw_oval_pair){"name", p->name};
	pairs[1] = (struct sw_oval_pair){"arch", arch};
	pairs[2] = (struct sw_oval_pair){"epoch", epoch};
	pairs[3] = (struct sw_oval_pair){"release", p->release};
	pairs[4] = (struct sw_oval_pair){"version", p->version};
	pairs[5] = (struct sw_oval_pair){"evr", t.evr};
	pairs[6] = (struct sw_oval_pair){"signature_keyid", p->keyid ? p->keyid : "0"};
	pairs[7] = (struct sw_oval_pair){"extended_name", t.extended};
	for (size_t i = 0; i < p->n_files; i++)
		pairs[8 + i] = (struct sw_oval_pair){"filepath", p->files[i]};
	item = sw_oval_item_from_pairs(&list);
	return g->emit(g->ctx, &item);
}

static int offer(void *ctx, const struct rpm_package *p)
{
	struct sw_gather *g = ctx;

	return sw_query_wants(g, "name", p->name) ? emit_package(g, p) : 0;
}

static void pass_on_problem(void *ctx, const char *path, int rc, const char *why)
{
	sw_gather_problem(ctx, SW_OVAL_FLAG_INCOMPLETE, "%s: %s", path, why);
}

/* Packages with their files are read for this object alone: they may be many. */
static int gather_with_files(struct sw_gather *g)
{
	const struct rpm_database_reader r = {
		.target = g->target,
		.files = true,
		.package = offer,
		.problem = pass_on_problem,
		.ctx = g,
	};
	int rc = rpm_database_read(&r);

	return rc < 0 ? rc : 0;
}

static int gather_rpm(struct sw_gather *g)
{
	const struct sw_rpm_memory *m;
	int rc;

	if (!sw_query_entity(g->query, "name")) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without name");
		return 0;
	}
	rc = remember(g);
	if (rc < 0)
		return rc;
	m = g->memory->rpm;
	g->examined = m->n_databases > 0;
	if (!g->examined)
		sw_gather_absent(g, "a database of rpm");
	if (m->problem)
		sw_gather_problem(g, SW_OVAL_FLAG_INCOMPLETE, "%s", m->problem);
	if (!strcmp(sw_query_behavior(g->query, "filepaths", "false"), "true"))
		return gather_with_files(g);
	for (size_t i = 0; rc == 0 && i < m->n; i++)
		rc = offer(g, &m->packages[i]);
	return rc;
}

const struct sw_gatherer sw_gatherer_rpminfo = {
	.family = "linux",
	.type = "rpminfo",
	.gather = gather_rpm,
};
