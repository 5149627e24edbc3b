/* SPDX-License-Identifier: Apache-2.0 */
/* apkinfo (our namespace): packages as apk's installed database tells them. */
#include "facts/read.h"
#include "facts/stanza.h"
#include "stigwatch/cleanup.h"

enum {
	NAME,
	VERSION,
	ARCH,
	ORIGIN,
	N_FIELDS,
};

static int read_packages(struct sw_gather *g, char *text)
{
	struct sw_stanza_field f[N_FIELDS] = {
		{.name = "P"}, {.name = "V"}, {.name = "A"}, {.name = "o"}};
	struct sw_stanza_reader r = {.next = text};

	while (sw_stanza_next(&r, f, N_FIELDS)) {
		const struct sw_oval_pair pairs[] = {
			{"name", f[NAME].value},
			{"version", f[VERSION].value},
			{"arch", f[ARCH].value},
			{"origin", f[ORIGIN].value},
		};
		const struct sw_oval_pairs list = {f[NAME].value, pairs, SW_ARRAY_LEN(pairs)};
		struct sw_oval_item item = sw_oval_item_from_pairs(&list);
		int rc;

		if (!f[NAME].value || !sw_query_wants(g, "name", f[NAME].value))
			continue;
		rc = g->emit(g->ctx, &item);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int gather_apk(struct sw_gather *g)
{
	static const char *const databases[] = {"/usr/lib/apk/db/installed",
						"/lib/apk/db/installed"};

	if (!sw_query_entity(g->query, "name")) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without name");
		return 0;
	}
	for (size_t i = 0; i < SW_ARRAY_LEN(databases); i++) {
		_cleanup_free_ char *text = NULL;
		int rc = sw_gather_text(g, databases[i], &text);

		if (rc < 0)
			return rc;
		if (rc)
			return read_packages(g, text); /* /lib may be a link to /usr/lib */
	}
	sw_gather_absent(g, databases[0]);
	return 0;
}

const struct sw_gatherer sw_gatherer_apkinfo = {
	.family = SW_OVAL_OWN_NS,
	.type = "apkinfo",
	.gather = gather_apk,
};
