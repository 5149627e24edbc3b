/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux-def:dpkginfo: packages as dpkg's own database tells them; runs nothing of the target or the
 * host. Installed is what has files: every state but "not-installed" and "config-files", as apt
 * sees it.
 */
#include "facts/read.h"
#include "facts/stanza.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

#define STATUS "/var/lib/dpkg/status"
#define STATUS_DIR "/var/lib/dpkg/status.d" /* images made without dpkg: one stanza a file */

enum {
	PACKAGE,
	STATE,
	ARCH,
	VERSION,
	N_FIELDS,
};

struct dpkg_gather {
	struct sw_gather *g;
	bool all_installed; /* stanzas say nothing of their state */
};

/* "want flag state" */
static bool installed(const char *status)
{
	const char *state = status ? strrchr(status, ' ') : NULL;

	return state && strcmp(state + 1, "not-installed") && strcmp(state + 1, "config-files");
}

/* "[epoch:]version[-release]", the release behind the last hyphen (Debian Policy 5.6.12). */
static int emit_package(struct sw_gather *g, const struct sw_stanza_field *f)
{
	const char *full = f[VERSION].value, *colon = strchr(full, ':');
	_cleanup_free_ char *epoch = colon ? strndup(full, (size_t)(colon - full)) : strdup("0");
	_cleanup_free_ char *version = strdup(colon ? colon + 1 : full), *evr = NULL;
	char *hyphen = version ? strrchr(version, '-') : NULL;

	if (!epoch || !version || asprintf(&evr, "%s:%s", epoch, version) < 0)
		return -ENOMEM;
	if (hyphen)
		*hyphen = '\0';

	const struct sw_oval_pair pairs[] = {
		{"name", f[PACKAGE].value}, {"arch", f[ARCH].value},
		{"epoch", epoch},	    {"release", hyphen ? hyphen + 1 : ""},
		{"version", version},	    {"evr", evr},
	};
	const struct sw_oval_pairs list = {f[PACKAGE].value, pairs, SW_ARRAY_LEN(pairs)};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);

	return g->emit(g->ctx, &item);
}

static int read_packages(struct dpkg_gather *dg, char *text)
{
	struct sw_stanza_field f[N_FIELDS] = {
		[PACKAGE] = {.name = "Package"},
		[STATE] = {.name = "Status"},
		[ARCH] = {.name = "Architecture"},
		[VERSION] = {.name = "Version"},
	};
	struct sw_stanza_reader r = {.next = text, .ignore_case = true};

	while (sw_stanza_next(&r, f, N_FIELDS)) {
		int rc;

		if (!f[PACKAGE].value || !f[ARCH].value || !f[VERSION].value)
			continue; /* apt leaves out what has no version or architecture */
		if (!dg->all_installed && !installed(f[STATE].value))
			continue;
		if (!sw_query_wants(dg->g, "name", f[PACKAGE].value))
			continue;
		rc = emit_package(dg->g, f);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* 1: it was there. */
static int read_database(struct dpkg_gather *dg, const char *path)
{
	_cleanup_free_ char *text = NULL;
	int rc = sw_gather_text(dg->g, path, &text);

	if (rc <= 0)
		return rc;
	rc = read_packages(dg, text);
	return rc < 0 ? rc : 1;
}

static int read_entry(void *ctx, const struct sw_walk_entry *e)
{
	size_t n = strlen(e->name);
	int rc;

	if (!S_ISREG(e->st->st_mode) || (n > 8 && !strcmp(e->name + n - 8, ".md5sums")))
		return 0;
	rc = read_database(ctx, e->path);
	return rc < 0 ? rc : 0;
}

static int gather_dpkg(struct sw_gather *g)
{
	const struct sw_walk_options opts = {.max_depth = 1};
	struct dpkg_gather dg = {.g = g};
	struct sw_error err = {0};
	int rc;

	if (!sw_query_entity(g->query, "name")) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without name");
		return 0;
	}
	rc = read_database(&dg, STATUS);
	if (rc < 0)
		return rc;
	dg.all_installed = true;
	rc = sw_target_walk_path(g->target, STATUS_DIR, &opts, read_entry, &dg, &err);
	if (rc == -ENOENT || rc == -ENOTDIR)
		rc = 0;
	if (!g->examined)
		sw_gather_absent(g, STATUS);
	return rc;
}

const struct sw_gatherer sw_gatherer_dpkginfo = {
	.family = "linux",
	.type = "dpkginfo",
	.gather = gather_dpkg,
};
