/* SPDX-License-Identifier: Apache-2.0 */
/* Brings events and facts before the engine's judge, and its hits into evidence and alerts. */
#include "event/text.h"
#include "service/internal.h"

/* NULL: it is not watched for. */
static struct sw_rule_result *rule_meta(struct monitor *m, const char *rule_id)
{
	return rule_judged(m, rule_id) ? sw_result_find(m->rules, rule_id) : NULL;
}

/* Full records are bounded per rule and epoch, so that a flood of violations cannot fill the disk.
 */
static bool may_record(struct monitor *m, struct watch *w, const struct sw_rule_result *rule)
{
	size_t i = (size_t)(rule - m->rules->rules);

	if (i >= SW_MARK_RULES)
		return true;
	if (w->mark->recorded[i] < SW_RECORDS_PER_EPOCH) {
		w->mark->recorded[i]++;
		return true;
	}
	w->mark->repeated[i]++;
	return false;
}

static void record_event(struct monitor *m, struct watch *w, const struct sw_fact *fact,
			 struct json_object *alerts)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "container", sw_text_json(w->id, strlen(w->id)));
	json_object_object_add(o, "fact", sw_fact_to_json(fact));
	if (json_object_array_length(alerts) > 0) {
		struct json_object *first = json_object_array_get_idx(alerts, 0);
		struct json_object *rules = json_object_new_array();
		struct json_object *x;

		for (size_t i = 0; i < json_object_array_length(alerts); i++)
			if (json_object_object_get_ex(json_object_array_get_idx(alerts, i), "rule",
						      &x))
				json_object_array_add(rules, json_object_get(x));
		json_object_object_add(o, "rules", rules);
		if (json_object_object_get_ex(first, "process", &x))
			json_object_object_add(o, "process", json_object_get(x));
		if (json_object_object_get_ex(first, "event", &x))
			json_object_object_add(o, "event", json_object_get(x));
		if (json_object_object_get_ex(first, "time", &x))
			json_object_object_add(o, "time", json_object_get(x));
	}
	record_append(m, "event", o);
}

static void send_alerts(struct monitor *m, struct json_object *alerts)
{
	uint64_t seq;
	const char *head = sw_evidence_head(m->evidence, &seq);

	for (size_t i = 0; i < json_object_array_length(alerts); i++) {
		struct json_object *a = json_object_array_get_idx(alerts, i);
		struct json_object *proof = json_object_new_object();

		json_object_object_add(proof, "record", json_u64(seq));
		json_object_object_add(proof, "hash", json_object_new_string(head ? head : ""));
		json_object_object_add(a, "evidence", proof);
		if (m->opts->alert)
			m->opts->alert(m->opts->ctx, a);
	}
}

void judge_fact(struct monitor *m, struct watch *w, const struct sw_fact *fact,
		const struct sw_event *ev)
{
	struct sw_judge_hit hits[16];
	struct sw_error err = {0};
	int n = sw_judge_feed(w->judge, fact, hits, SW_ARRAY_LEN(hits), &err);

	if (n < 0) {
		record_hole(m, w, ~0u, (int64_t)(ev ? ev->boot_ns : 0), "the judge failed: %s",
			    err.text);
		return;
	}
	if (n == 0)
		return;

	struct json_object *alerts = json_object_new_array();
	bool record = false;

	for (int i = 0; i < n && i < (int)SW_ARRAY_LEN(hits); i++) {
		const struct sw_rule_result *rule = rule_meta(m, hits[i].rule_id);

		if (!rule || !may_record(m, w, rule))
			continue;
		record = true;
		json_object_array_add(alerts, alert_json(m, w, rule, fact, ev));
	}
	if (record) {
		record_event(m, w, fact, alerts);
		send_alerts(m, alerts);
	}
	json_object_put(alerts);
}

void taint_add(struct monitor *m, struct watch *w, const struct sw_baseline_entry *e,
	       uint32_t real_dev, uint64_t real_ino)
{
	struct sw_clock now;

	if (!e || e->type != 'f' || !(e->classes & SW_CLASSES_CODE))
		return;
	for (size_t i = 0; i < w->n_taints; i++)
		if (w->taints[i].entry == e) {
			w->taints[i].real_dev = real_dev;
			w->taints[i].real_ino = real_ino;
			return;
		}
	if (w->n_taints == SW_TAINTS_MAX || SW_GROW(w->taints, w->n_taints, w->cap_taints) < 0) {
		sw_clock_now(NULL, &now);
		record_hole(m, w, 1u << SW_CLASS_FILE, now.boot_ns,
			    "more than %d executables were opened for writing", SW_TAINTS_MAX);
		return;
	}
	w->taints[w->n_taints++] =
		(struct taint){.entry = e, .real_dev = real_dev, .real_ino = real_ino};
}

/*
 * It was begun with a baseline that is not to be had any more. Told with the first such event of an
 * epoch, before it counts as judged: whoever is killed must not take it along.
 */
static void tell_unjudged(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	/* of code nothing is judged by the kernel's table alone */
	bool open = ev->undecided || (ev->type == SW_EVENT_CODE && ev->code.op != SW_CODE_PRELOAD);

	if (!open || w->prep->baseline || !w->past || !w->past->baseline_digest ||
	    w->unjudged & 1u << ev->cls)
		return;
	w->unjudged |= 1u << ev->cls;
	record_hole(m, w, 1u << ev->cls, (int64_t)ev->boot_ns,
		    "events need a comparison with the baseline, which is not to be had: %s",
		    w->prep->problem ? w->prep->problem : "none was given");
}

static void judge_exec(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	struct sw_fact_buf fact;
	struct object_view view;

	object_of_exec(m, w, ev, &view);
	opened_executed(m, w, ev);
	if (!ev->prevented)
		proc_cache_exec(m->procs, ev, view.path, view.sha256);
	sw_fact_from_event(ev, &view.obj, &fact);
	judge_fact(m, w, &fact.fact, ev);
	if (!w->prep->baseline)
		return;
	if (!opened_watched(w, ev)) /* else its script is told of by its object */
		judge_script(m, w, ev);
	if (ev->prevented) /* what it would have been need not be known: it did not run */
		return;
	if ((view.obj.state == SW_STATE_UNVERIFIED || !view.sha256[0]) &&
	    opened_will_tell(m, w, ev))
		return;
	if (view.obj.state == SW_STATE_UNVERIFIED)
		record_hole(m, w, 1u << SW_CLASS_EXEC, (int64_t)ev->boot_ns,
			    "%s was executed from a changed layer and ended before it could be "
			    "compared",
			    view.path);
	else if (!view.sha256[0] && !(view.obj.class_bits & SW_OBJ_SHELL))
		record_hole(
			m, w, 1u << SW_CLASS_EXEC, (int64_t)ev->boot_ns,
			"%s was executed from outside the baseline and ended before it could be "
			"read: whether it was a shell is not known",
			view.path);
}

/* What is done by another link's name concerns no name of the baseline: nobody would tell of it. */
static void tell_link(struct monitor *m, struct watch *w, const struct sw_event *ev,
		      const struct object_view *view)
{
	if (ev->file_op == SW_FILE_LINK && ev->path_form && view->entry &&
	    view->entry->type != 'd' && view->entry->classes & (SW_CLASSES_CODE | SW_OBJ_PKGDB))
		record_hole(m, w, 1u << SW_CLASS_FILE, (int64_t)ev->boot_ns,
			    "another link to %s was made: what is done to it by that name is not "
			    "seen",
			    view->entry->path);
}

static void judge_file(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	if (ev->attempt) {
		record_hole(m, w, 1u << SW_CLASS_FILE, (int64_t)ev->boot_ns,
			    "%s of %s was decided on, and whether it was done is not known",
			    sw_file_op_str(ev->file_op), ev->object.path.s);
		return;
	}

	int sides = ev->file_op == SW_FILE_RENAME || ev->file_op == SW_FILE_LINK ||
				    ev->file_op == SW_FILE_EXCHANGE
			    ? 2
			    : 1;

	for (int side = 0; side < sides; side++) {
		struct sw_fact_buf fact;
		struct object_view view;

		if (!object_of_file(w, ev, side, &view))
			continue;
		if (!ev->prevented) { /* else nothing happened that others could tell of */
			names_told(w, ev, side, &view);
			if (side == 0)
				tell_link(m, w, ev, &view);
		}
		if (view.obj.effect == SW_EFFECT_TAINTED)
			taint_add(m, w, view.entry,
				  ev->object.real_ino ? ev->object.real_dev : ev->object.dev,
				  ev->object.real_ino ? ev->object.real_ino : ev->object.ino);
		sw_fact_from_event(ev, &view.obj, &fact);
		judge_fact(m, w, &fact.fact, ev);
	}
	if (ev->name.truncated || ev->name2.truncated || ev->dir.truncated || ev->dir2.truncated)
		record_hole(m, w, 1u << SW_CLASS_FILE, (int64_t)ev->boot_ns,
			    "a name too long to be compared was used in %s",
			    sw_file_op_str(ev->file_op));
}

/*
 * Where a late container's root is, the kernel learns by the sweep that ends its registration.
 * Until then all that is executed seems to lie on a mount; it is before the watch's beginning.
 */
static bool misplaced(const struct watch *w, const struct sw_event *ev)
{
	return !w->from_start && (int64_t)ev->boot_ns < w->from.boot_ns && !ev->object.on_root &&
	       (ev->type == SW_EVENT_EXEC || ev->type == SW_EVENT_CODE);
}

void judge_event(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	struct sw_judged_object none = {.origin = "event"};
	struct sw_fact_buf fact;

	if (misplaced(w, ev)) {
		event_done(m, w, ev);
		return;
	}
	tell_unjudged(m, w, ev);
	doubt_event(m, w, ev);
	switch (ev->type) {
	case SW_EVENT_EXEC:
		judge_exec(m, w, ev);
		break;
	case SW_EVENT_FILE:
		judge_file(m, w, ev);
		break;
	case SW_EVENT_CODE:
		judge_code(m, w, ev);
		break;
	case SW_EVENT_MOUNT:
		judge_mount(m, w, ev);
		break;
	case SW_EVENT_URING:
	case SW_EVENT_COMPAT:
		break; /* no rule judges them */
	default:
		/* the entrypoint lives as long as the container: its root is the way to see the
		 * files */
		if (ev->type == SW_EVENT_ENTRY && ev->entry_ordinal == 1) {
			watch_hold_root(w, (int)ev->actor.tgid);
			names_start(m, w);
			opened_mounts(m, w);
		}
		sw_fact_from_event(ev, &none, &fact);
		judge_fact(m, w, &fact.fact, ev);
		break;
	}
	if (!ev->recovered) /* judged, but not by a record of the ring */
		event_done(m, w, ev);
}

/*
 * In this order: killed before the first, the record comes again; between the two, it counts as
 * lost. The other way round it could be counted twice, and hide another that is lost.
 */
void event_done(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	sw_collector_ack(m->collector);
	w->mark->judged[ev->cls]++;
	for (unsigned int k = 0; k < _SW_VIOLATION_MAX; k++)
		if (ev->violations & (1u << k))
			w->mark->delivered[k]++;
}
