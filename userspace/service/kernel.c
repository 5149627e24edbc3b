/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs in the kernel: loaded, or taken over from a process that ended. What cannot be taken
 * over is removed, and the gap is told.
 */
#include "service/internal.h"

static int set_applets(struct monitor *m)
{
	const char *name;
	uint32_t bits;

	for (size_t i = 0; sw_class_name_at(i, &name, &bits); i++) {
		int rc = sw_loader_set_applet(m->loader, name, bits);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * The directory of pins, locked. One that was asked for must be had; without the default one the
 * monitor runs, but a restart is a gap.
 */
static int pins_open(struct monitor *m, struct sw_error *err)
{
	struct sw_error inner = {0};
	int rc;

	if (!m->opts->pin_dir)
		return 0;
	rc = sw_pins_open(m->opts->pin_dir, true, &m->pins, &inner);
	if (rc == 0)
		return 0;
	if (rc == -EBUSY || m->opts->pin_required)
		return sw_error_set(err, -rc, "%s%s", inner.text,
				    rc == -EBUSY ? " (two at a time need --pin-dir or --no-pin)"
						 : "");
	progress(m, "nothing is pinned, a restart will be a gap: %s", inner.text);
	return 0;
}

/* Can the session that these programs belong to be continued in this evidence? */
static int session_check(struct monitor *m, struct sw_error *err)
{
	int rc;

	m->past = (struct past){
		.instance = sw_loader_instance(m->loader),
	};
	m->past.sealed_seq = sw_mark_sealed(sw_loader_mark(m->loader), &m->past.sealed_head);
	rc = past_read(m->opts->evidence_dir, &m->past, err);
	if (rc < 0)
		return rc;
	if (m->past.stopped)
		return sw_error_set(err, ESTALE, "its session was stopped");
	if (m->past.sealed_seq && !m->past.sealed_seen)
		return sw_error_set(err, ESTALE,
				    "the evidence does not hold its sealed record %llu any more",
				    (unsigned long long)m->past.sealed_seq);
	return past_check_hooks(&m->past, &m->features, err);
}

/*
 * What some rule judges; and what tells that hooks of other classes are being evaded. Hooks on
 * system calls lean on each other (what is executed is known by what was done to files; those, by
 * what was mounted), and the first of them costs what all cost: all, or, where every rule that is
 * watched for does with the entries alone, none.
 */
uint32_t call_classes(struct monitor *m)
{
	uint32_t classes = 1u << SW_CLASS_URING, judged = 0;
	struct sw_judge *judge;

	if (sw_judge_new(m->content, &judge, NULL) < 0)
		return ~0u;
	for (size_t i = 0; i < m->rules->n_rules; i++) {
		const char *id = m->rules->rules[i].rule_id;
		uint32_t of_rule = sw_rules_classes(judge, id);

		classes |= of_rule;
		if (rule_judged(m, id))
			judged |= of_rule;
	}
	sw_judge_free(judge);
	return judged & ~(1u << SW_CLASS_LIFE) ? classes : 0;
}

static struct sw_loader_options loader_options(struct monitor *m)
{
	return (struct sw_loader_options){
		.ring_bytes = m->opts->ring_bytes,
		.watch_new = m->docker != NULL,
		.enforce = m->opts->enforce,
		.back_end = m->opts->back_end,
		.syscall_classes = m->call_classes,
	};
}

/* Why they are not what we would have loaded, or NULL. Until they are replaced, what they saw is
 * judged by this process's rules. */
static char *why_replace(struct monitor *m, bool same)
{
	struct sw_loader_options lo = loader_options(m);
	struct sw_error other = {0};
	char *why = NULL;

	if (!same)
		return strdup("its programs are of another build");
	if (sw_loader_check_options(m->loader, &m->features, &lo, &other) < 0 &&
	    asprintf(&why, "its programs were loaded with other options: %s", other.text) < 0)
		return strdup("its programs were loaded with other options");
	return why;
}

static int adopt(struct monitor *m, struct sw_error *err)
{
	bool same = false;
	int rc = sw_features_list(&m->features, err);

	if (rc == 0)
		rc = sw_loader_adopt(m->pins, &m->features, &same, &m->loader, err);
	if (rc == 0)
		rc = session_check(m, err);
	if (rc == 0) /* are those attached that refuse what is to be enforced now? */
		rc = enforce_choose(m, err);
	if (rc == 0) {
		m->adopted = true;
		m->replace = why_replace(m, same);
		sw_loader_set_watch_new(m->loader, m->docker != NULL);
		sw_loader_set_enforce(m->loader, m->opts->enforce);
		return 0;
	}
	past_release(&m->past);
	sw_loader_free(TAKE(m->loader));
	sw_features_release(&m->features);
	return rc;
}

/* Tries to go on with what is pinned; else removes it and says why. */
static int take_over(struct monitor *m, struct sw_error *err)
{
	struct sw_error why = {0};
	int rc = !m->pins || sw_pins_empty(m->pins) ? 0 : adopt(m, &why);

	if (rc == 0)
		return 0;
	if (rc == -ENOTSUP) /* new programs could not do it either: these go on watching */
		return sw_error_set(err, ENOTSUP, "%s", why.text);
	progress(m, "the programs in the kernel cannot be taken over: %s", why.text);
	free(m->gap);
	m->gap = strdup(why.text);
	rc = sw_pins_remove(m->pins, err);

	sw_pins_free(TAKE(m->pins));
	return rc < 0 ? rc : pins_open(m, err);
}

static int load(struct monitor *m, struct sw_error *err)
{
	struct sw_loader_options lo;
	int rc = sw_features_probe(&m->features, err);

	if (rc == 0)
		rc = sw_features_choose(&m->features, m->opts->back_end, err);
	if (rc == 0)
		rc = enforce_choose(m, err);
	lo = loader_options(m);
	if (rc == 0)
		rc = sw_loader_load(&lo, &m->features, &m->loader, err);
	/* the hooks take a program, but not ours: a verifier of another mind */
	if (rc < 0 && m->features.lsm_classes && m->opts->back_end == SW_BACK_END_AUTO) {
		progress(m, "the LSM back end cannot be used, tracepoints are: %s",
			 err ? err->text : "");
		rc = sw_features_choose(&m->features, SW_BACK_END_TRACEPOINT, err);
		if (rc == 0)
			rc = enforce_choose(m, err);
		if (rc == 0)
			rc = sw_loader_load(&lo, &m->features, &m->loader, err);
	}
	if (rc < 0)
		return sw_error_context(err, "load the kernel programs");
	return m->pins ? sw_loader_pin(m->loader, m->pins, err) : 0;
}

int kernel_start(struct monitor *m, struct sw_error *err)
{
	int rc = pins_open(m, err);

	if (rc == 0)
		rc = take_over(m, err);
	if (rc == 0 && !m->adopted)
		rc = load(m, err);
	if (rc < 0)
		return rc;
	enforce_announce(m);
	rc = set_applets(m);
	if (rc < 0)
		return sw_error_set(err, -rc, "load the names of shells into the kernel: %s",
				    strerror(-rc));
	return 0;
}

void kernel_stop(struct monitor *m, bool keep)
{
	struct sw_error err = {0};

	if (m->pins && !keep && m->loader && sw_pins_remove(m->pins, &err) < 0)
		progress(m, "%s", err.text);
	sw_loader_free(TAKE(m->loader));
	sw_pins_free(TAKE(m->pins));
	kernel_baselines_free(m);
}
