/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the monitor's own evidence records; what each type holds is in evidence/FORMAT.md. */
#include "event/text.h"
#include "service/internal.h"

struct json_object *json_u64(uint64_t v)
{
	return json_object_new_uint64(v);
}

void progress(struct monitor *m, const char *fmt, ...)
{
	char line[2304];
	va_list ap;

	if (!m->opts->progress)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	m->opts->progress(m->opts->ctx, line);
}

void record_append(struct monitor *m, const char *type, struct json_object *body)
{
	struct sw_error err = {0};

	if (sw_evidence_append(m->evidence, type, body, &err) < 0 && !m->evidence_failed) {
		/* the writer counts what it could not keep; readers see the hole */
		m->evidence_failed = true;
		progress(m, "evidence is being lost: %s", err.text);
	}
	json_object_put(body);
}

static struct json_object *hook_json(const struct sw_hook *h)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "hook", json_object_new_string(h->name));
	json_object_object_add(
		o, "class", json_object_new_string(h->base ? "all" : sw_event_class_str(h->cls)));
	json_object_object_add(o, "required", json_object_new_boolean(h->required));
	json_object_object_add(o, "attached", json_object_new_boolean(h->attached));
	if (h->attached) {
		json_object_object_add(o, "program", json_object_new_string(h->program));
		json_object_object_add(o, "tag", json_object_new_string(h->tag));
		json_object_object_add(o, "program_id", json_object_new_int64(h->program_id));
	} else if (!h->available) {
		json_object_object_add(o, "stage",
				       json_object_new_string(h->stage ? h->stage : ""));
		json_object_object_add(o, "error", json_object_new_int(-h->error));
	}
	return o;
}

static const char *const selector_names[] = {
	[SW_SELECT_CONTAINER] = "container", [SW_SELECT_IMAGE] = "image",
	[SW_SELECT_LABEL] = "label",	     [SW_SELECT_PID] = "pid",
	[SW_SELECT_CGROUP] = "cgroup",	     [SW_SELECT_ALL] = "all",
};
_Static_assert(SW_ARRAY_LEN(selector_names) == _SW_SELECT_MAX, "a name for each selector");

/* What start and resume have in common. */
static struct json_object *session_json(struct monitor *m)
{
	struct json_object *o = json_object_new_object();
	struct json_object *hooks = json_object_new_array();
	struct json_object *selectors = json_object_new_array();

	json_object_object_add(o, "version", json_object_new_string(SW_VERSION));
	json_object_object_add(o, "instance",
			       json_object_new_string(sw_loader_instance(m->loader)));
	json_object_object_add(o, "object_sha256",
			       json_object_new_string(sw_loader_object_sha256(m->loader)));
	json_object_object_add(o, "pinned", json_object_new_boolean(m->pins != NULL));
	json_object_object_add(o, "content_sha256",
			       json_object_new_string(sw_content_sha256(m->content)));
	json_object_object_add(o, "epoch_ns", json_u64(m->opts->epoch_ns));
	for (size_t i = 0; i < m->features.n_hooks; i++)
		if (!m->features.hooks[i].denies || m->features.hooks[i].attached)
			json_object_array_add(hooks, hook_json(&m->features.hooks[i]));
	json_object_object_add(o, "hooks", hooks);
	json_object_object_add(o, "enforce", rules_json(m->opts->enforce));
	if (m->opts->judged)
		json_object_object_add(o, "rules", rules_json(m->opts->judged));
	for (size_t i = 0; i < m->opts->n_selectors; i++) {
		const struct sw_selector *s = &m->opts->selectors[i];
		struct json_object *pair = json_object_new_array();

		json_object_array_add(pair, json_object_new_string(selector_names[s->kind]));
		json_object_array_add(pair, s->value ? sw_text_json(s->value, strlen(s->value))
						     : json_object_new_string(""));
		json_object_array_add(selectors, pair);
	}
	json_object_object_add(o, "selectors", selectors);
	json_object_object_add(o, "canary", json_object_new_boolean(!canary_problem(m)));
	if (canary_problem(m))
		json_object_object_add(o, "no_canary", json_object_new_string(canary_problem(m)));
	return o;
}

void record_start(struct monitor *m)
{
	struct json_object *o = session_json(m);

	json_object_object_add(o, "kernel", json_object_new_string(m->features.kernel_release));
	json_object_object_add(o, "back_end", json_object_new_string(m->features.back_end));
	json_object_object_add(o, "calls32", json_object_new_boolean(m->features.calls32));
	record_append(m, "start", o);
}

void record_resume(struct monitor *m)
{
	struct json_object *o = session_json(m);

	json_object_object_add(o, "from_boot_ns", json_object_new_int64(m->past.last_boot_ns));
	record_append(m, "resume", o);
}

static void add_text(struct json_object *o, const char *key, const char *value)
{
	if (value)
		json_object_object_add(o, key, sw_text_json(value, strlen(value)));
}

void record_watch(struct monitor *m, struct watch *w)
{
	const struct sw_container *c = w->prep ? w->prep->info : NULL;
	struct json_object *o = json_object_new_object();
	struct json_object *addresses = json_object_new_array();

	add_text(o, "container", w->id);
	json_object_object_add(o, "slot", json_object_new_int64(w->slot));
	json_object_object_add(o, "cgroup_id", json_u64(w->cgroup_id));
	json_object_object_add(o, "hierarchy_id", json_object_new_int64(w->hierarchy_id));
	json_object_object_add(
		o, "from", json_object_new_string(w->from_start ? "first-instruction" : "late"));
	json_object_object_add(o, "from_boot_ns", json_object_new_int64(w->from.boot_ns));
	json_object_object_add(o, "from_wall_ns", json_object_new_int64(w->from.wall_ns));
	add_text(o, "name", c ? c->name : w->id);
	if (c) {
		add_text(o, "image_ref", c->image_ref);
		add_text(o, "image_digest", c->image_digest);
		add_text(o, "manifest_digest", c->manifest_digest);
		add_text(o, "started_at", c->started_at);
		for (size_t i = 0; i < c->n_addresses; i++)
			json_object_array_add(
				addresses, sw_text_json(c->addresses[i], strlen(c->addresses[i])));
	}
	json_object_object_add(o, "addresses", addresses);
	if (w->prep && w->prep->baseline) {
		add_text(o, "baseline_digest", sw_baseline_digest(w->prep->baseline));
		json_object_object_add(o, "baseline_entries",
				       json_u64(sw_baseline_count(w->prep->baseline)));
		json_object_object_add(o, "baseline_in_kernel",
				       json_object_new_boolean(w->kernel_baseline != 0));
	} else {
		add_text(o, "no_baseline",
			 w->prep && w->prep->problem ? w->prep->problem : "none was given");
	}
	record_append(m, "watch", o);
}

static struct json_object *hole_json(struct watch *w, uint32_t class_mask, int64_t from_boot_ns,
				     const char *reason)
{
	struct json_object *o = json_object_new_object();
	struct json_object *classes = json_object_new_array();
	struct sw_clock now;

	sw_clock_now(NULL, &now);
	if (w)
		add_text(o, "container", w->id);
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		if (class_mask & (1u << i))
			json_object_array_add(classes,
					      json_object_new_string(sw_event_class_str(i)));
	json_object_object_add(o, "classes", classes);
	json_object_object_add(o, "from_boot_ns", json_object_new_int64(from_boot_ns));
	json_object_object_add(o, "to_boot_ns", json_object_new_int64(now.boot_ns));
	add_text(o, "reason", reason);
	return o;
}

static const char *name_of(const struct watch *w)
{
	if (!w)
		return "everything";
	return w->prep && w->prep->info ? w->prep->info->name : w->id;
}

void record_hole(struct monitor *m, struct watch *w, uint32_t class_mask, int64_t from_boot_ns,
		 const char *fmt, ...)
{
	char reason[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	record_append(m, "hole", hole_json(w, class_mask, from_boot_ns, reason));
	progress(m, "coverage of %s has a hole: %s", name_of(w), reason);
}

void record_doubt(struct monitor *m, struct watch *w, int64_t from_boot_ns, const char *reason)
{
	struct json_object *o = hole_json(w, 1u << SW_CLASS_FILE, from_boot_ns, reason);

	json_object_object_add(o, "unless", json_object_new_string("untouched"));
	record_append(m, "hole", o);
	progress(m, "coverage of %s is in doubt: %s", name_of(w), reason);
}
