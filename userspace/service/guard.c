/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: once an epoch, is everything that the evidence rests on still as we left it? What
 * somebody else took away or changed is told; where it may have hidden something, as a hole.
 */
#include <stdarg.h>

#include "event/text.h"
#include "service/internal.h"

#define ALL_CLASSES ((1u << _SW_CLASS_MAX) - 1)
#define SAMPLE 512 /* baseline entries looked up per container and epoch, in turn */

static void record_tamper(struct monitor *m, const struct watch *w, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void record_tamper(struct monitor *m, const struct watch *w, const char *fmt, ...)
{
	struct json_object *o = json_object_new_object();
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (w)
		json_object_object_add(o, "container", sw_text_json(w->id, strlen(w->id)));
	json_object_object_add(o, "what", sw_text_json(what, strlen(what)));
	record_append(m, "tamper", o);
	progress(m, "tampering: %s", what);
}

static void check_programs(struct monitor *m)
{
	const char *hook = NULL;
	uint64_t missed = sw_loader_missed(m->loader);

	if (!m->intact_reported && !sw_loader_intact(m->loader, &hook)) {
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns,
			    "%s was detached by somebody else", hook ? hook : "a program");
		m->intact_reported = true;
	}
	if (missed > m->missed_reported)
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns,
			    "the kernel skipped %llu runs of our programs",
			    (unsigned long long)(missed - m->missed_reported));
	m->missed_reported = missed;
}

/* Nothing that is watched depends on a pin; the next process does. So it is put back. */
static void check_pins(struct monitor *m)
{
	char name[256];

	if (!m->pins)
		return;
	for (int i = 0; i < 256; i++) {
		int rc = sw_loader_mend_pin(m->loader, m->pins, name, sizeof(name));

		if (rc == 0)
			return;
		record_tamper(m, NULL, "the pin %s was removed or replaced by somebody else%s%s",
			      name, rc < 0 ? ", and cannot be put back: " : "",
			      rc < 0 ? strerror(-rc) : "");
		if (rc < 0)
			return;
	}
}

static void check_config(struct monitor *m)
{
	if (sw_loader_mend_config(m->loader))
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns,
			    "the configuration of our programs was changed by somebody else");
}

/* A few entries each time: all of them within some epochs, at a bounded cost. */
static bool baseline_sample(struct monitor *m, struct watch *w)
{
	const struct prep *p = w->prep;
	bool names = kernel_baseline_named(m, w->kernel_baseline);

	if (!p->baseline || !w->kernel_baseline)
		return true;
	for (size_t i = 0; i < SAMPLE; i++, w->sampled++) {
		const struct sw_inode_class *c =
			p->n_classes ? &p->classes[w->sampled % p->n_classes] : NULL;
		const struct sw_known_name *n = names ? &p->names[w->sampled % p->n_names] : NULL;

		if ((c && !sw_loader_has_class(m->loader, w->kernel_baseline, c)) ||
		    (n && !sw_loader_has_name(m->loader, w->kernel_baseline, n)))
			return false;
	}
	return true;
}

static bool ledger_grew(struct watch *w, const struct sw_ledger *now)
{
	bool grew = true;

	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		grew &= now->cls[i].seen >= w->ledger.cls[i].seen &&
			now->cls[i].submitted >= w->ledger.cls[i].submitted;
	for (unsigned int i = 0; i < _SW_VIOLATION_MAX; i++)
		grew &= now->violations[i] >= w->ledger.violations[i];
	w->ledger = *now;
	return grew;
}

static void check_watch(struct monitor *m, struct watch *w)
{
	const char *what = NULL;
	struct sw_ledger now;

	if (!sw_loader_slot_intact(m->loader, w->slot, w->cgroup_id, w->kernel_baseline))
		what = "its place in the kernel's table was changed by somebody else";
	else if (sw_loader_ledger(m->loader, w->slot, &now) < 0 || !ledger_grew(w, &now))
		what = "its counters in the kernel went backwards";
	else if (!baseline_sample(m, w))
		what = "its baseline in the kernel was changed by somebody else";
	if (what && !w->tamper_reported)
		record_hole(m, w, ALL_CLASSES, m->epoch_boot_ns, "%s", what);
	w->tamper_reported = what != NULL;
}

/* Whoever traces us can make us say anything. */
static int tracer(void)
{
	_cleanup_file_ FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int pid = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &pid) == 1)
			return pid;
	return 0;
}

static void check_self(struct monitor *m, int64_t now_ns)
{
	int64_t gap = now_ns - m->epoch_boot_ns, epoch = (int64_t)m->opts->epoch_ns;
	int pid = tracer();

	if (pid && !m->tracer_reported)
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns, "process %d traces the monitor",
			    pid);
	m->tracer_reported = pid != 0;
	/* the kernel watched on; what it found no room for is counted */
	if (gap > 2 * epoch + 1000000000)
		record_tamper(
			m, NULL,
			"the monitor did not run for %lld ms: it was stopped, frozen or starved",
			(long long)((gap - epoch) / 1000000));
}

void guard_check(struct monitor *m)
{
	struct sw_clock now;

	sw_clock_now(NULL, &now);
	check_self(m, now.boot_ns);
	check_programs(m);
	check_pins(m);
	check_config(m);
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->state == WATCH_LIVE && !m->watches[i]->gone)
			check_watch(m, m->watches[i]);
}
