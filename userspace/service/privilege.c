/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once everything is loaded, what is not needed any more is given up: root's other capabilities,
 * and the means to get them back. Only what was in hand is kept; nothing is gained.
 */
#include <cap-ng.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include "service/internal.h"

/* What each is for; that of sys_admin was found by taking it away. */
static const struct sw_capability privileges[] = {
	{CAP_BPF, "bpf", true, "reading and writing the kernel's tables"},
	{CAP_PERFMON, "perfmon", true, "walking the tasks when a container is watched late"},
	{CAP_SYS_PTRACE, "sys_ptrace", true, "roots and programs of processes in containers"},
	{CAP_DAC_READ_SEARCH, "dac_read_search", true,
	 "files of containers and layers, whoever owns them"},
	{CAP_SYS_ADMIN, "sys_admin", false,
	 "loading and taking over programs; later for layers of images, and fanotify"},
};

const struct sw_capability *sw_capabilities(size_t *ret_n)
{
	*ret_n = SW_ARRAY_LEN(privileges);
	return privileges;
}

bool sw_capability_held(const struct sw_capability *p)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, (unsigned int)p->capability);
}

static bool wanted(const struct monitor *m, const struct sw_capability *p)
{
	return p->running || m->docker || m->fanotify;
}

/* Threads inherit it: called before there are any. */
int privilege_drop(struct monitor *m, struct sw_error *err)
{
	bool have[SW_ARRAY_LEN(privileges)];

	if (m->opts->keep_privileges)
		return 0;
	capng_get_caps_process();
	for (size_t i = 0; i < SW_ARRAY_LEN(privileges); i++)
		have[i] = wanted(m, &privileges[i]) &&
			  capng_have_capability(CAPNG_PERMITTED,
						(unsigned int)privileges[i].capability);
	bool bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);

	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < SW_ARRAY_LEN(privileges); i++)
		if (have[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				     (unsigned int)privileges[i].capability);
	/* root without the bounding set's consent gets nothing back from an exec either */
	if (capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) != 0)
		return sw_error_set(err, EPERM, "give up privileges: %s (--keep-privileges)",
				    strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sw_error_set(err, errno, "no_new_privs: %s", strerror(errno));
	return 0;
}
