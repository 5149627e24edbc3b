/* SPDX-License-Identifier: Apache-2.0 */
/* The epoch: checks the ledger's sums, the programs and the sequence, and writes the coverage
 * statement. */
#include <malloc.h>
#include <time.h>

#include "event/text.h"
#include "service/internal.h"

#define ALL_CLASSES ((1u << _SW_CLASS_MAX) - 1)
#define READ_TRIES 50 /* of a millisecond */

static struct json_object *class_json(const struct sw_ledger_class *c, uint64_t received)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "seen", json_u64(c->seen));
	json_object_object_add(o, "filtered", json_u64(c->filtered));
	json_object_object_add(o, "aggregated", json_u64(c->aggregated));
	json_object_object_add(o, "submitted", json_u64(c->submitted));
	json_object_object_add(o, "reserve_failed", json_u64(c->reserve_failed));
	json_object_object_add(o, "internal_error", json_u64(c->internal_error));
	json_object_object_add(o, "received", json_u64(received));
	return o;
}

struct json_object *ledger_json(struct monitor *m, struct watch *w)
{
	struct json_object *o = json_object_new_object();
	struct json_object *classes = json_object_new_object();
	struct json_object *violations = json_object_new_object();
	struct json_object *repeated = json_object_new_object();
	struct sw_ledger l = {0};

	if (sw_loader_ledger(m->loader, w->slot, &l) < 0) {
		json_object_put(classes);
		json_object_put(violations);
		json_object_put(repeated);
		return o;
	}
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		json_object_object_add(
			classes, sw_event_class_str(i),
			class_json(&l.cls[i], sw_collector_received(m->collector, w->slot, i)));
	for (unsigned int i = 0; i < _SW_VIOLATION_MAX; i++)
		if (l.violations[i])
			json_object_object_add(violations, sw_violation_str(i),
					       json_u64(l.violations[i]));
	for (size_t i = 0; i < m->rules->n_rules && i < SW_MARK_RULES; i++)
		if (w->mark->repeated[i])
			json_object_object_add(repeated, m->rules->rules[i].rule_id,
					       json_u64(w->mark->repeated[i]));
	json_object_object_add(o, "classes", classes);
	json_object_object_add(o, "violations", violations);
	json_object_object_add(o, "repeated", repeated);
	return o;
}

static void check_sums(struct monitor *m, struct watch *w, const struct sw_ledger *l)
{
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++) {
		const struct sw_ledger_class *c = &l->cls[i];
		uint64_t sum = c->filtered + c->aggregated + c->submitted + c->reserve_failed +
			       c->internal_error;
		uint64_t lost = c->reserve_failed + c->internal_error;

		if (lost > w->mark->lost_reported[i]) {
			record_hole(m, w, 1u << i, m->epoch_boot_ns,
				    "%llu events of class %s were lost: %llu found the ring buffer "
				    "full, "
				    "%llu failed",
				    (unsigned long long)(lost - w->mark->lost_reported[i]),
				    sw_event_class_str(i), (unsigned long long)c->reserve_failed,
				    (unsigned long long)c->internal_error);
			w->mark->lost_reported[i] = lost;
		}
		/* in-flight events make seen run ahead for an instant; behind the sum it can never
		 * be */
		if (sum > c->seen)
			record_hole(m, w, 1u << i, m->epoch_boot_ns,
				    "the ledger of class %s does not add up: %llu seen, %llu "
				    "accounted for",
				    sw_event_class_str(i), (unsigned long long)c->seen,
				    (unsigned long long)sum);
	}
}

/* Violations that the kernel counted and whose records never came: the judge hears of them all the
 * same. */
static void check_violations(struct monitor *m, struct watch *w, const struct sw_ledger *l)
{
	for (unsigned int k = 0; k < _SW_VIOLATION_MAX; k++) {
		uint64_t known = w->mark->delivered[k] + w->mark->synthesized[k];
		struct sw_fact_buf fact;
		struct sw_event first;

		if (l->violations[k] <= known)
			continue;
		sw_fact_from_ledger(k, l->violations[k] - known, &fact);
		if (w->mark->delivered[k] == 0 && w->mark->synthesized[k] == 0 &&
		    sw_loader_first_violation(m->loader, w->slot, k, &first) == 0 &&
		    first.slot_gen == w->cgroup_id)
			judge_event(m, w, &first);
		judge_fact(m, w, &fact.fact, NULL);
		w->mark->synthesized[k] += l->violations[k] - known;
	}
}

/* Events that the kernel submitted and that nobody judged, of all classes. */
static uint64_t unjudged(const struct watch *w, const struct sw_ledger *l)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		if (l->cls[i].submitted > w->mark->judged[i])
			n += l->cls[i].submitted - w->mark->judged[i];
	return n;
}

/*
 * What was counted before this moment is in the ring, maybe behind a record that another CPU has
 * not finished.
 */
static void read_out(struct monitor *m, const struct watch *w, const struct sw_ledger *l)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	sw_collector_drain(m->collector);
	for (int i = 0; i < READ_TRIES && unjudged(w, l) > 0; i++) {
		nanosleep(&pause, NULL);
		sw_collector_drain(m->collector);
	}
}

/* Records that a process had read and took with it when it was killed. */
static void check_judged(struct monitor *m, struct watch *w, const struct sw_ledger *l)
{
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++) {
		uint64_t judged = w->mark->judged[i];

		if (l->cls[i].submitted <= judged)
			continue;
		record_hole(m, w, 1u << i, m->epoch_boot_ns,
			    "%llu events of class %s were read and lost with the process that had "
			    "read them",
			    (unsigned long long)(l->cls[i].submitted - judged),
			    sw_event_class_str(i));
		w->mark->judged[i] = l->cls[i].submitted;
	}
}

void ledger_check(struct monitor *m, struct watch *w)
{
	struct sw_slot_info slot;
	struct sw_ledger l;

	if (sw_loader_ledger(m->loader, w->slot, &l) < 0) {
		record_hole(m, w, ALL_CLASSES, m->epoch_boot_ns, "the ledger cannot be read");
		return;
	}
	read_out(m, w, &l);
	check_sums(m, w, &l);
	check_judged(m, w, &l);
	check_violations(m, w, &l);
	/* the record of its end may have found no room */
	if (sw_loader_slot(m->loader, w->slot, &slot) && slot.gone)
		w->gone = true;
}

static void check_all(struct monitor *m)
{
	struct sw_mark *mark = sw_loader_mark(m->loader);
	struct sw_collector_stats st;
	uint64_t failed = 0;

	sw_collector_stats(m->collector, &st);
	if (st.sequence_gaps > m->gaps_reported)
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns, "%llu records never came",
			    (unsigned long long)(st.sequence_gaps - m->gaps_reported));
	m->gaps_reported = st.sequence_gaps;
	if (st.misread > m->misread_reported)
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns,
			    "%llu records could not be read",
			    (unsigned long long)(st.misread - m->misread_reported));
	m->misread_reported = st.misread;
	if (sw_loader_failed_inserts(m->loader, &failed) < 0) {
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns,
			    "the kernel's count of failures cannot be read");
	} else if (failed > mark->inserts_reported) {
		record_hole(m, NULL, ALL_CLASSES, m->epoch_boot_ns,
			    "%llu entries found no room in the kernel's tables",
			    (unsigned long long)(failed - mark->inserts_reported));
		mark->inserts_reported = failed;
	}
	guard_check(m);
}

static void statement(struct monitor *m, bool final)
{
	struct json_object *o = json_object_new_object();
	struct json_object *containers = json_object_new_array();
	struct json_object *canary = canary_json(m);
	struct sw_mark *mark = sw_loader_mark(m->loader);
	struct sw_collector_stats st;

	sw_collector_stats(m->collector, &st);
	json_object_object_add(o, "epoch", json_u64(mark->epoch));
	json_object_object_add(o, "final", json_object_new_boolean(final));
	json_object_object_add(o, "from_boot_ns", json_object_new_int64(m->epoch_boot_ns));
	json_object_object_add(o, "sequence_gaps", json_u64(st.sequence_gaps));
	json_object_object_add(o, "misread", json_u64(st.misread));
	json_object_object_add(o, "failed_inserts", json_u64(mark->inserts_reported));
	json_object_object_add(o, "intact", json_object_new_boolean(!m->intact_reported));
	json_object_object_add(o, "missed_runs", json_u64(m->missed_reported));
	for (size_t i = 0; i < m->n_watches; i++) {
		struct watch *w = m->watches[i];

		if (w->state != WATCH_LIVE)
			continue;
		struct json_object *c = json_object_new_object();

		json_object_object_add(c, "container", sw_text_json(w->id, strlen(w->id)));
		json_object_object_add(c, "ledger", ledger_json(m, w));
		json_object_array_add(containers, c);
	}
	json_object_object_add(o, "containers", containers);
	if (canary)
		json_object_object_add(o, "canary", canary);
	record_append(m, "epoch", o);
}

/* From here on a chain that ends before this record was cut. */
static void seal(struct monitor *m)
{
	struct sw_mark *mark = sw_loader_mark(m->loader);
	uint64_t seq;
	const char *head = sw_evidence_head(m->evidence, &seq);

	sw_mark_seal(mark, seq, head);
	mark->epoch++;
}

/* Counts of one epoch begin again. */
static void forget_repeats(struct watch *w)
{
	memset(w->mark->recorded, 0, sizeof(w->mark->recorded));
	memset(w->mark->repeated, 0, sizeof(w->mark->repeated));
	w->unjudged = 0;
}

void epoch_close(struct monitor *m, bool final)
{
	struct sw_error err = {0};
	struct sw_clock now;

	for (size_t i = 0; i < m->n_watches; i++) {
		if (m->watches[i]->state != WATCH_LIVE)
			continue;
		ledger_check(m, m->watches[i]);
		sweep_taints(m, m->watches[i], false);
	}
	canary_check(m);
	check_all(m);
	statement(m, final);
	/* at once: killed between the two, the repeats would be told twice */
	for (size_t i = 0; i < m->n_watches; i++)
		if (m->watches[i]->state == WATCH_LIVE)
			forget_repeats(m->watches[i]);
	if (sw_evidence_sync(m->evidence, &err) < 0 && !m->evidence_failed) {
		m->evidence_failed = true;
		progress(m, "evidence is being lost: %s", err.text);
	}
	seal(m);
	watch_drop_ended(m);
	if (m->n_dropped >= SW_DROPPED_MANY) {
		malloc_trim(0);
		m->n_dropped = 0;
	}
	sw_clock_now(NULL, &now);
	m->epoch_boot_ns = now.boot_ns;
	if (!m->stop)
		canary_send(m);
}
