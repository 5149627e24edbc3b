/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux-def:rpminfo on targets without rpm: OpenSCAP says "not applicable" when the target has not
 * even rpm's configuration, else that there is no package. A database that is there is not read:
 * what rests on it is unknown, never "not installed".
 */
#include "facts/facts.h"
#include "stigwatch/cleanup.h"

static bool there(const struct sw_gather *g, const char *path)
{
	struct stat st;

	return sw_target_stat(g->target, path, true, &st) != -ENOENT;
}

static int gather_rpm(struct sw_gather *g)
{
	static const char *const databases[] = {
		"/var/lib/rpm/rpmdb.sqlite",	  "/var/lib/rpm/Packages",
		"/var/lib/rpm/Packages.db",	  "/usr/lib/sysimage/rpm/rpmdb.sqlite",
		"/usr/lib/sysimage/rpm/Packages", "/usr/lib/sysimage/rpm/Packages.db",
		"/usr/share/rpm/rpmdb.sqlite",
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(databases); i++)
		if (there(g, databases[i])) {
			sw_gather_problem(g, SW_OVAL_FLAG_NOT_COLLECTED,
					  "%s: databases of rpm are not read", databases[i]);
			return 0;
		}
	sw_gather_absent(g, databases[0]);
	if (!there(g, "/usr/lib/rpm/rpmrc"))
		sw_gather_problem(g, SW_OVAL_FLAG_NOT_APPLICABLE, "the target does not have rpm");
	return 0;
}

const struct sw_gatherer sw_gatherer_rpminfo = {
	.family = "linux",
	.type = "rpminfo",
	.gather = gather_rpm,
};
