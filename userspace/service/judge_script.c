/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts: the kernel runs their interpreter and lets go of the script's file, so that only the
 * name that was asked for tells what it was. A name that means nothing in the baseline is outside
 * it.
 */
#include <limits.h>
#include <unistd.h>

#include "service/internal.h"

/* The name as the container's root has it; false when it cannot be told any more. */
static bool absolute(const struct sw_event *ev, char *ret, size_t size)
{
	char link[64], cwd[PATH_MAX];
	ssize_t n;

	if (ev->filename.truncated)
		return false;
	if (ev->filename.s[0] == '/')
		return snprintf(ret, size, "%s", ev->filename.s) < (int)size;
	snprintf(link, sizeof(link), "/proc/%u/cwd", ev->actor.tgid);
	n = readlink(link, cwd, sizeof(cwd) - 1);
	if (n <= 0 || cwd[0] != '/')
		return false;
	cwd[n] = '\0';
	return snprintf(ret, size, "%s/%s", cwd, ev->filename.s) < (int)size;
}

void judge_script(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	const struct sw_baseline *b = w->prep ? w->prep->baseline : NULL;
	const struct sw_baseline_entry *e;
	char path[PATH_MAX + SW_EVENT_PATH_MAX];
	struct sw_fact_buf fact;

	/* the LSM back end tells of the script's own object */
	if (!b || m->features.lsm_classes & 1u << SW_CLASS_CODE ||
	    ev->interp.trust == SW_TRUST_NONE || strcmp(ev->interp.s, ev->filename.s) == 0)
		return;
	if (!absolute(ev, path, sizeof(path))) {
		record_hole(m, w, 1u << SW_CLASS_EXEC, (int64_t)ev->boot_ns,
			    "a script was executed by a name (%s) that cannot be resolved any more",
			    ev->filename.s);
		return;
	}
	e = sw_baseline_resolve(b, path, true);
	if (e && e->type == 'f')
		return; /* whether it was changed is the business of the rules on files */
	sw_fact_begin(&fact, "exec");
	sw_fact_add(&fact, "path", path);
	sw_fact_add(&fact, "baseline", sw_baseline_state_str(SW_STATE_ABSENT));
	sw_fact_add(&fact, "filename", ev->filename.s);
	sw_fact_add(&fact, "interp", ev->interp.s);
	if (ev->prevented) /* its interpreter did not run */
		sw_fact_add(&fact, "outcome", "prevented");
	sw_fact_add(&fact, "origin", "event");
	judge_fact(m, w, &fact.fact, ev);
}
