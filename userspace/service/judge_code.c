/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that came into a running process. Files are compared with the baseline; memory that holds no
 * file's bytes is told as what it is: not known.
 */
#include "service/internal.h"

/* Interpreters and virtual machines write code into memory all day: the script is what runs. */
static bool by_interpreter(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	const char *path = proc_path(m, w, ev, NULL);
	const struct sw_baseline_entry *e =
		path && w->prep->baseline ? sw_baseline_resolve(w->prep->baseline, path, true)
					  : NULL;

	return e && e->classes & SW_OBJ_INTERPRETER;
}

static void memory_hole(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	record_hole(
		m, w, 1u << SW_CLASS_CODE, (int64_t)ev->boot_ns,
		"%.16s made %llu bytes of memory executable that it had written: what ran there "
		"is in no file",
		ev->actor.comm, (unsigned long long)ev->code.len);
}

void judge_code(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	struct sw_fact_buf fact;
	struct object_view view;

	if (!w->prep->baseline)
		return;
	if (ev->code.op == SW_CODE_PRELOAD) {
		struct sw_judged_object none = {.origin = "event"};

		sw_fact_from_event(ev, &none, &fact);
		judge_fact(m, w, &fact.fact, ev);
		return;
	}
	if (ev->prevented && ev->code.op == SW_CODE_SCRIPT) /* it was opened, and no exec follows */
		opened_executed(m, w, ev);

	bool memory = ev->code.anonymous || ev->object.memfd;
	bool daily = (memory || ev->code.written) && by_interpreter(m, w, ev);

	/* a memfd may be its second view of what it writes, or a library that is in no file */
	if ((ev->code.anonymous || ev->code.written) && !daily && !ev->object.memfd)
		memory_hole(m, w, ev);
	if (daily && ev->object.memfd)
		memory_hole(m, w, ev);
	if (daily && memory)
		return;
	object_of_code(m, w, ev, &view);
	sw_fact_from_event(ev, &view.obj, &fact);
	judge_fact(m, w, &fact.fact, ev);
	if (view.obj.state == SW_STATE_UNVERIFIED && !ev->prevented)
		record_hole(m, w, 1u << SW_CLASS_CODE, (int64_t)ev->boot_ns,
			    "%s was loaded from a changed layer and could not be compared",
			    view.path);
}
