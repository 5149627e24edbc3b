/* SPDX-License-Identifier: Apache-2.0 */
/* One alert as a JSON object: what a person or a pipeline needs to act, in one line. */
#include <time.h>

#include "event/text.h"
#include "service/internal.h"

static void add_text(struct json_object *o, const char *key, const char *value)
{
	if (value && value[0])
		json_object_object_add(o, key, sw_text_json(value, strlen(value)));
}

/* Wall time of a boot time, by the clock pair of now. RFC 3339 with nanoseconds, UTC. */
static void add_time(struct json_object *o, uint64_t boot_ns)
{
	struct sw_clock now;
	char text[64];
	struct tm tm;

	sw_clock_now(NULL, &now);
	int64_t wall = now.wall_ns - (now.boot_ns - (int64_t)boot_ns);
	time_t sec = wall / 1000000000;

	gmtime_r(&sec, &tm);
	size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);

	snprintf(text + n, sizeof(text) - n, ".%09lldZ", (long long)(wall % 1000000000));
	json_object_object_add(o, "time", json_object_new_string(text));
}

static struct json_object *container_json(const struct watch *w)
{
	struct json_object *o = json_object_new_object();
	const struct sw_container *c = w->prep ? w->prep->info : NULL;

	add_text(o, "id", w->id);
	if (c) {
		add_text(o, "name", c->name);
		add_text(o, "image", c->image_ref);
		add_text(o, "image_digest", c->image_digest);
	}
	return o;
}

static struct json_object *actor_json(struct monitor *m, const struct watch *w,
				      const struct sw_event *ev)
{
	struct json_object *o = json_object_new_object();
	const char *sha256;
	char comm[17];

	snprintf(comm, sizeof(comm), "%.16s", ev->actor.comm);
	json_object_object_add(o, "pid", json_object_new_int64(ev->actor.tgid));
	json_object_object_add(o, "tid", json_object_new_int64(ev->actor.tid));
	json_object_object_add(o, "start_boot_ns", json_u64(ev->actor.start_ns));
	json_object_object_add(o, "uid", json_object_new_int64(ev->actor.uid));
	json_object_object_add(o, "euid", json_object_new_int64(ev->actor.euid));
	json_object_object_add(o, "entry", json_object_new_int64(ev->actor.entry));
	add_text(o, "comm", comm);
	add_text(o, "path", proc_path(m, w, ev, &sha256));
	add_text(o, "sha256", sha256);
	json_object_object_add(o, "ancestry", proc_ancestry(m, w, ev));
	return o;
}

static struct json_object *event_json(const struct sw_event *ev)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "boot_ns", json_u64(ev->boot_ns));
	json_object_object_add(o, "cpu", json_object_new_int64(ev->cpu));
	json_object_object_add(o, "seq", json_u64(ev->seq));
	json_object_object_add(o, "recovered", json_object_new_boolean(ev->recovered));
	if (ev->type == SW_EVENT_EXEC || (ev->type == SW_EVENT_FILE && !ev->path_form)) {
		json_object_object_add(o, "dev", json_object_new_int64(ev->object.dev));
		json_object_object_add(o, "ino", json_u64(ev->object.ino));
		json_object_object_add(o, "generation",
				       json_object_new_int64(ev->object.generation));
		json_object_object_add(o, "mode", json_object_new_int64(ev->object.mode));
	}
	if (ev->type == SW_EVENT_FILE && ev->path_form) {
		json_object_object_add(o, "name", sw_text_json(ev->name.s, strlen(ev->name.s)));
		json_object_object_add(o, "name_trust", json_object_new_string("user-memory"));
	}
	return o;
}

struct json_object *alert_json(struct monitor *m, struct watch *w,
			       const struct sw_rule_result *rule, const struct sw_fact *fact,
			       const struct sw_event *ev)
{
	struct json_object *o = json_object_new_object();
	struct json_object *svs = json_object_new_array();
	struct sw_clock now;

	sw_clock_now(NULL, &now);
	add_time(o, ev ? ev->boot_ns : (uint64_t)now.boot_ns);
	add_text(o, "rule", rule->rule_id);
	add_text(o, "title", rule->title);
	add_text(o, "severity", sw_severity_str(rule->severity));
	add_text(o, "enforcement", enforce_outcome(m, rule->rule_id, fact));
	for (size_t i = 0; i < rule->n_evidence_for; i++)
		json_object_array_add(svs, json_object_new_string(rule->evidence_for[i]));
	json_object_object_add(o, "evidence_for", svs);
	json_object_object_add(o, "container", container_json(w));
	json_object_object_add(o, "fact", sw_fact_to_json(fact));
	if (ev) {
		json_object_object_add(o, "process", actor_json(m, w, ev));
		json_object_object_add(o, "event", event_json(ev));
	}
	return o;
}
