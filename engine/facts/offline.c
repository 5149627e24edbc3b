/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types that tell of a running system. A target is files, so they say what OpenSCAP says of a root
 * that does not run: not applicable, unknown to a service manager that is not there, or no process.
 */
#include "facts/facts.h"
#include "stigwatch/cleanup.h"

static int not_running(struct sw_gather *g)
{
	sw_gather_problem(g, SW_OVAL_FLAG_NOT_APPLICABLE, "the target is not a running system");
	return 0;
}

static int no_service_manager(struct sw_gather *g)
{
	sw_gather_problem(g, SW_OVAL_FLAG_NOT_COLLECTED,
			  "the target has no running systemd to ask for its units");
	return 0;
}

static int no_process(struct sw_gather *g)
{
	sw_gather_absent(g, "a process of the target");
	return 0;
}

static int no_selinux(struct sw_gather *g)
{
	sw_gather_absent(g, "a running SELinux of the target");
	return 0;
}

const struct sw_gatherer sw_gatherers_offline[] = {
	{.family = "unix", .type = "uname", .gather = not_running},
	{.family = "unix", .type = "sysctl", .gather = not_running},
	{.family = "unix", .type = "interface", .gather = not_running},
	{.family = "unix", .type = "routingtable", .gather = not_running},
	{.family = "unix", .type = "dnscache", .gather = not_running},
	{.family = "linux", .type = "inetlisteningservers", .gather = not_running},
	{.family = "linux", .type = "iflisteners", .gather = not_running},
	{.family = "independent", .type = "environmentvariable", .gather = not_running},
	{.family = "independent", .type = "sql57", .gather = not_running},
	{.family = "linux", .type = "systemdunitproperty", .gather = no_service_manager},
	{.family = "linux", .type = "systemdunitdependency", .gather = no_service_manager},
	{.family = "linux", .type = "selinuxboolean", .gather = no_selinux},
	{.family = "unix", .type = "process58", .gather = no_process},
};
const size_t sw_n_gatherers_offline = SW_ARRAY_LEN(sw_gatherers_offline);
