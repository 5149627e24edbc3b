/* SPDX-License-Identifier: Apache-2.0 */
/* Reads evidence into a history. Believes nothing that the chain does not seal; decides no verdict.
 */
#include "result/history.h"

#include <json-c/json.h>

#define SUBJECTS_MAX 65536
#define MARKS_MAX 2000	/* of one container: what a timeline can show */
#define HOLES_MAX 10000 /* of one container, and of all together: told one by one */
#define ALL_CLASSES ((1u << _SW_CLASS_MAX) - 1)

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	if (!json_object_object_get_ex(o, key, &x) || !json_object_is_type(x, json_type_string))
		return NULL;
	return json_object_get_string(x);
}

/* Sealed is not well-formed: json-c's list functions abort on a value of another type. */
static bool member_of(struct json_object *o, const char *key, enum json_type type,
		      struct json_object **ret_value)
{
	return json_object_object_get_ex(o, key, ret_value) &&
	       json_object_is_type(*ret_value, type);
}

static int64_t int_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	return json_object_object_get_ex(o, key, &x) ? json_object_get_int64(x) : 0;
}

static uint64_t u64_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	return json_object_object_get_ex(o, key, &x) ? json_object_get_uint64(x) : 0;
}

static bool bool_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	return json_object_object_get_ex(o, key, &x) && json_object_get_boolean(x);
}

static void keep(char **field, const char *value)
{
	if (value && !*field)
		*field = strdup(value);
}

static uint32_t classes_of(struct json_object *o)
{
	struct json_object *list;
	uint32_t mask = 0;

	if (!json_object_object_get_ex(o, "classes", &list) ||
	    !json_object_is_type(list, json_type_array))
		return ALL_CLASSES;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *s = json_object_get_string(json_object_array_get_idx(list, i));
		enum sw_event_class cls = s ? sw_event_class_from_str(s) : _SW_CLASS_MAX;

		/* a class we do not know may be one that a rule needs */
		mask |= cls == _SW_CLASS_MAX ? ALL_CLASSES : 1u << cls;
	}
	return mask;
}

static struct session *session_now(struct history *h)
{
	return h->n_sessions ? &h->sessions[h->n_sessions - 1] : NULL;
}

/* A required hook that is not attached: its class is refused. One that we do not know is all. */
static void on_hook(struct session *s, struct json_object *k)
{
	const char *cls = text_of(k, "class"), *name = text_of(k, "hook");
	enum sw_event_class c = cls ? sw_event_class_from_str(cls) : _SW_CLASS_MAX;

	if (c == SW_CLASS_COMPAT && bool_of(k, "attached"))
		s->calls32 = true;
	/* a security hook, or the function that does the work, sees the object, however the call
	 * was made; a class has all that it needs of them, or none */
	if (c != _SW_CLASS_MAX && name && bool_of(k, "attached") &&
	    (!strncmp(name, "lsm/", 4) || !strncmp(name, "fexit/", 6)))
		s->lsm_classes |= 1u << c;
	if (!bool_of(k, "required") || bool_of(k, "attached"))
		return;
	for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
		if (c == _SW_CLASS_MAX || i == c) {
			s->refused |= 1u << i;
			keep(&s->refused_hooks[i], name ? name : "a hook without a name");
		}
}

/* Each process says which rules it enforces, and which it watches for. */
static int take_rules(struct session *s, struct json_object *body)
{
	struct json_object *list;

	json_object_put(s->enforced);
	s->enforced =
		member_of(body, "enforce", json_type_array, &list) ? json_object_get(list) : NULL;
	if (SW_GROW(s->judged, s->n_judged, s->cap_judged) < 0)
		return -ENOMEM;
	if (json_object_object_get_ex(body, "rules", &list) &&
	    !json_object_is_type(list, json_type_array))
		return -EBADMSG;
	s->judged[s->n_judged++] = json_object_get(list);
	return 0;
}

static bool names_rule(struct json_object *list, const char *rule_id)
{
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *id = json_object_get_string(json_object_array_get_idx(list, i));

		if (id && strcmp(id, rule_id) == 0)
			return true;
	}
	return false;
}

bool session_judged(const struct session *s, const char *rule_id, bool *ret_any)
{
	bool all = true;

	*ret_any = false;
	for (size_t i = 0; i < s->n_judged; i++) {
		bool named = !s->judged[i] || names_rule(s->judged[i], rule_id);

		all &= named;
		*ret_any |= named;
	}
	return all;
}

static int on_start(struct history *h, const struct sw_record *r)
{
	struct json_object *hooks, *calls32;

	if (SW_GROW(h->sessions, h->n_sessions, h->cap_sessions) < 0)
		return -ENOMEM;
	struct session *s = &h->sessions[h->n_sessions++];

	*s = (struct session){.first_wall_ns = r->wall_ns};
	keep(&s->boot_id, r->boot_id);
	keep(&s->kernel, text_of(r->body, "kernel"));
	keep(&s->back_end, text_of(r->body, "back_end"));
	keep(&s->content_sha256, text_of(r->body, "content_sha256"));
	keep(&s->instance, text_of(r->body, "instance"));
	s->calls32 = member_of(r->body, "calls32", json_type_boolean, &calls32) &&
		     !json_object_get_boolean(calls32);
	if (!member_of(r->body, "hooks", json_type_array, &hooks))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(hooks); i++)
		on_hook(s, json_object_array_get_idx(hooks, i));
	return take_rules(s, r->body);
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/*
 * Another process with the programs of the session before: its lives go on. If it is not certain
 * that they are the same, this is a session of its own, which nothing continues.
 */
static int on_resume(struct history *h, const struct sw_record *r)
{
	struct session *s = session_now(h);
	const char *content = text_of(r->body, "content_sha256");

	if (!s || s->stopped || !same(s->instance, text_of(r->body, "instance")) ||
	    !same(s->boot_id, r->boot_id))
		return on_start(h, r);
	s->paused = false;
	/* judged in part under other rules: that is what the session is remembered for */
	if (content && !same(content, sw_content_sha256(h->content))) {
		free(s->content_sha256);
		s->content_sha256 = strdup(content);
	}
	return take_rules(s, r->body);
}

static int on_pause(struct history *h, const struct sw_record *r)
{
	if (session_now(h))
		session_now(h)->paused = true;
	return 0;
}

static struct subject *subject_of(struct history *h, const char *id)
{
	for (size_t i = 0; id && i < h->n_subjects; i++)
		if (strcmp(h->subjects[i].id, id) == 0)
			return &h->subjects[i];
	return NULL;
}

static struct subject *subject_add(struct history *h, const char *id)
{
	if (h->n_subjects == SUBJECTS_MAX ||
	    SW_GROW(h->subjects, h->n_subjects, h->cap_subjects) < 0)
		return NULL;
	struct subject *s = &h->subjects[h->n_subjects];

	*s = (struct subject){.id = strdup(id)};
	if (!s->id || sw_judge_new(h->content, &s->judge, NULL) < 0) {
		free(s->id);
		return NULL;
	}
	h->n_subjects++;
	return s;
}

static void keep_addresses(struct subject *s, struct json_object *body)
{
	struct json_object *list;

	if (!member_of(body, "addresses", json_type_array, &list) || s->n_addresses)
		return;
	for (size_t i = 0; i < json_object_array_length(list) && i < 64; i++) {
		const char *a = json_object_get_string(json_object_array_get_idx(list, i));

		if (a && SW_GROW(s->addresses, s->n_addresses, s->cap_addresses) == 0)
			s->addresses[s->n_addresses++] = strdup(a);
	}
}

static int on_watch(struct history *h, const struct sw_record *r)
{
	const char *id = text_of(r->body, "container"), *from = text_of(r->body, "from");
	struct subject *s = subject_of(h, id);

	if (!id || !h->n_sessions)
		return -EBADMSG;
	if (!s)
		s = subject_add(h, id);
	if (!s || SW_GROW(s->lives, s->n_lives, s->cap_lives) < 0)
		return -ENOMEM;
	struct life *l = &s->lives[s->n_lives++];

	*l = (struct life){
		.session = h->n_sessions - 1,
		.cgroup_id = u64_of(r->body, "cgroup_id"),
		.from_start = from && strcmp(from, "first-instruction") == 0,
		.from_boot_ns = int_of(r->body, "from_boot_ns"),
		.from_wall_ns = int_of(r->body, "from_wall_ns"),
		.baseline = text_of(r->body, "baseline_digest") != NULL,
		.to_boot_ns = r->boot_ns,
		.to_wall_ns = r->wall_ns,
	};
	keep(&l->no_baseline, text_of(r->body, "no_baseline"));
	keep(&l->started_at, text_of(r->body, "started_at"));
	keep(&s->name, text_of(r->body, "name"));
	keep(&s->image_ref, text_of(r->body, "image_ref"));
	keep(&s->image_digest, text_of(r->body, "image_digest"));
	keep(&s->manifest_digest, text_of(r->body, "manifest_digest"));
	keep(&s->baseline_digest, text_of(r->body, "baseline_digest"));
	keep_addresses(s, r->body);
	return 0;
}

/* Past the limit a hole is told by the last one of its session: its classes must never be lost. */
static bool merge_hole(struct hole *holes, size_t n, const struct hole *hole)
{
	for (size_t i = n; n >= HOLES_MAX && i > 0; i--) {
		if (holes[i - 1].session != hole->session)
			continue;
		holes[i - 1].classes |= hole->classes;
		holes[i - 1].unless_untouched &= hole->unless_untouched;
		holes[i - 1].to_boot_ns = hole->to_boot_ns;
		return true;
	}
	return false;
}

static int add_hole(struct history *h, struct subject *s, const struct hole *hole)
{
	struct hole **holes = s ? &s->holes : &h->holes, copy = *hole;
	size_t *n = s ? &s->n_holes : &h->n_holes, *cap = s ? &s->cap_holes : &h->cap_holes;

	if (merge_hole(*holes, *n, hole))
		return 0;
	copy.reason = strdup(hole->reason ? hole->reason : "a hole without a reason");
	if (!copy.reason || SW_GROW(*holes, *n, *cap) < 0) {
		free(copy.reason);
		return -ENOMEM;
	}
	(*holes)[(*n)++] = copy;
	return 0;
}

static int on_hole(struct history *h, const struct sw_record *r)
{
	const char *id = text_of(r->body, "container");
	struct subject *s = subject_of(h, id);
	struct hole hole = {
		.classes = classes_of(r->body),
		.from_boot_ns = int_of(r->body, "from_boot_ns"),
		.to_boot_ns = int_of(r->body, "to_boot_ns"),
		.reason = (char *)text_of(r->body, "reason"),
		.session = h->n_sessions ? h->n_sessions - 1 : 0,
	};
	const char *unless = text_of(r->body, "unless");

	hole.unless_untouched = unless && strcmp(unless, "untouched") == 0;
	return add_hole(h, s, &hole);
}

static struct rule_history *rule_of(struct subject *s, const char *rule_id)
{
	for (size_t i = 0; i < s->n_rules; i++)
		if (strcmp(s->rules[i].rule_id, rule_id) == 0)
			return &s->rules[i];
	if (SW_GROW(s->rules, s->n_rules, s->cap_rules) < 0)
		return NULL;
	s->rules[s->n_rules] = (struct rule_history){.rule_id = strdup(rule_id)};
	return s->rules[s->n_rules].rule_id ? &s->rules[s->n_rules++] : NULL;
}

/* One line for a person: what happened to what, by whom. */
static char *describe(const struct sw_fact_buf *f)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	static const char *const shown[] = {"operation", "path",     "class",  "baseline",
					    "effect",	 "location", "argv",   "applet",
					    "kind",	 "ordinal",  "comm",   "sha256",
					    "detail",	 "outcome",  "origin", "count"};

	sw_strbuf_adds(&sb, f->fact.type);
	for (size_t i = 0; i < SW_ARRAY_LEN(shown); i++)
		for (size_t k = 0; k < f->fact.n_entities; k++)
			if (strcmp(f->entities[k].name, shown[i]) == 0)
				sw_strbuf_addf(&sb, " %s=%s", shown[i], f->entities[k].value);
	return sw_strbuf_steal(&sb);
}

static bool has(const struct sw_fact_buf *f, const char *name, const char *value)
{
	const char *found = sw_fact_get(f, name);

	return found && strcmp(found, value) == 0;
}

static void note_violation(struct subject *s, const struct sw_record *r, const char *rule_id,
			   const struct sw_fact_buf *fact, bool enforced)
{
	struct rule_history *rh = rule_of(s, rule_id);

	if (!rh)
		return;
	rh->violations++;
	if (has(fact, "outcome", "prevented"))
		rh->prevented++;
	else if (enforced && !has(fact, "origin", "ledger"))
		rh->only_seen++;
	if (rh->n_first < SW_HISTORY_SAMPLES) {
		rh->first[rh->n_first].text = describe(fact);
		rh->first[rh->n_first].record = r->seq;
		rh->first[rh->n_first++].wall_ns = r->wall_ns;
	}
	if (s->n_marks < MARKS_MAX && SW_GROW(s->marks, s->n_marks, s->cap_marks) == 0)
		s->marks[s->n_marks++] = (struct mark){r->wall_ns, strdup(rule_id), describe(fact)};
}

static int on_fact(struct history *h, const struct sw_record *r)
{
	struct subject *s = subject_of(h, text_of(r->body, "container"));
	struct sw_judge_hit hits[16];
	struct json_object *o;
	struct sw_fact_buf fact;
	int n;

	if (!s || !json_object_object_get_ex(r->body, "fact", &o) ||
	    sw_fact_from_json(o, &fact) < 0)
		return -EBADMSG;
	n = sw_judge_feed(s->judge, &fact.fact, hits, SW_ARRAY_LEN(hits), NULL);
	for (int i = 0; i < n && i < (int)SW_ARRAY_LEN(hits); i++)
		note_violation(s, r, hits[i].rule_id, &fact,
			       session_now(h) &&
				       names_rule(session_now(h)->enforced, hits[i].rule_id));
	return n < 0 ? n : 0;
}

static struct life *life_now(struct history *h, struct subject *s)
{
	struct life *l = s && s->n_lives ? &s->lives[s->n_lives - 1] : NULL;

	return l && l->session == h->n_sessions - 1 && !l->closed ? l : NULL;
}

/* Totals that the ledger gives: seen events, and violations beyond those recorded one by one. */
static void take_ledger(struct subject *s, struct life *l, struct json_object *body)
{
	struct json_object *ledger, *classes, *cls, *repeated;

	if (!json_object_object_get_ex(body, "ledger", &ledger))
		return;
	if (json_object_object_get_ex(ledger, "classes", &classes))
		for (unsigned int i = 0; i < _SW_CLASS_MAX; i++)
			if (json_object_object_get_ex(classes, sw_event_class_str(i), &cls))
				l->seen[i] = (uint64_t)int_of(cls, "seen");
	if (!member_of(ledger, "repeated", json_type_object, &repeated))
		return;
	json_object_object_foreach(repeated, rule, n)
	{
		struct rule_history *rh = rule_of(s, rule);

		if (rh)
			rh->violations += (uint64_t)json_object_get_int64(n);
	}
}

/* A container that is started again may have its next life before the record of the last one's
 * end: that names its control group. */
static struct life *life_that_ends(struct history *h, struct subject *s, struct json_object *body)
{
	struct json_object *x;

	if (!s || !json_object_object_get_ex(body, "cgroup_id", &x))
		return life_now(h, s);
	for (size_t i = s->n_lives; i > 0; i--) {
		struct life *l = &s->lives[i - 1];

		if (l->session == h->n_sessions - 1 && !l->closed &&
		    l->cgroup_id == json_object_get_uint64(x))
			return l;
	}
	return NULL;
}

static int on_end(struct history *h, const struct sw_record *r)
{
	struct subject *s = subject_of(h, text_of(r->body, "container"));
	struct life *l = life_that_ends(h, s, r->body);

	if (!l)
		return 0;
	l->closed = true;
	l->ended = bool_of(r->body, "ended");
	l->to_boot_ns = int_of(r->body, "to_boot_ns");
	/* the record comes after the moment that it tells */
	if (l->to_boot_ns <= 0 || l->to_boot_ns > r->boot_ns ||
	    __builtin_sub_overflow(r->wall_ns, r->boot_ns - l->to_boot_ns, &l->to_wall_ns))
		l->to_wall_ns = r->wall_ns;
	take_ledger(s, l, r->body);
	return 0;
}

static int on_epoch(struct history *h, const struct sw_record *r)
{
	struct json_object *list;

	if (!member_of(r->body, "containers", json_type_array, &list))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *c = json_object_array_get_idx(list, i);
		struct subject *s = subject_of(h, text_of(c, "container"));
		struct life *l = life_now(h, s);

		if (!l)
			continue;
		l->to_boot_ns = r->boot_ns;
		l->to_wall_ns = r->wall_ns;
		take_ledger(s, l, c);
	}
	return 0;
}

/* The objects themselves prove that what might have been done to them was not done in this life. */
static void doubts_undo(struct subject *s, const struct life *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_holes; i++) {
		if (s->holes[i].unless_untouched && s->holes[i].session == l->session &&
		    s->holes[i].from_boot_ns >= l->from_boot_ns)
			free(s->holes[i].reason);
		else
			s->holes[kept++] = s->holes[i];
	}
	s->n_holes = kept;
}

static int on_sweep(struct history *h, const struct sw_record *r)
{
	struct life *l = life_now(h, subject_of(h, text_of(r->body, "container")));
	const char *phase = text_of(r->body, "phase");

	if (l && phase && strcmp(phase, "start") == 0)
		l->swept = bool_of(r->body, "complete");
	if (l && phase && strcmp(phase, "close") == 0 && bool_of(r->body, "untouched"))
		doubts_undo(subject_of(h, text_of(r->body, "container")), l);
	return 0;
}

static int on_stop(struct history *h, const struct sw_record *r)
{
	if (session_now(h))
		session_now(h)->stopped = true;
	return 0;
}

static const struct {
	const char *type;
	int (*fn)(struct history *h, const struct sw_record *r);
} record_types[] = {
	{"start", on_start},   {"watch", on_watch}, {"hole", on_hole},	 {"event", on_fact},
	{"end", on_end},       {"epoch", on_epoch}, {"sweep", on_sweep}, {"stop", on_stop},
	{"resume", on_resume}, {"pause", on_pause},
};

static int on_record(void *ctx, const struct sw_record *r)
{
	struct history *h = ctx;
	int rc = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(record_types); i++)
		if (strcmp(record_types[i].type, r->type) == 0)
			rc = record_types[i].fn(h, r);
	if (r->dropped) {
		struct hole hole = {
			.classes = ALL_CLASSES,
			.from_boot_ns = r->boot_ns,
			.to_boot_ns = r->boot_ns,
			.reason = (char *)"records of the evidence could not be written",
			.session = h->n_sessions ? h->n_sessions - 1 : 0,
		};

		rc = rc ?: add_hole(h, NULL, &hole);
	}
	if (session_now(h)) {
		session_now(h)->last_wall_ns = r->wall_ns;
		session_now(h)->last_boot_ns = r->boot_ns;
	}
	return rc;
}

int history_read(const char *dir, struct history *ret_history, struct sw_error *err)
{
	struct history h = {0};
	int rc = sw_rules_content(&h.content, err);

	if (rc < 0)
		return rc;
	rc = sw_evidence_read(dir, on_record, &h, &h.verify, err);
	if (rc == -EBADMSG && h.verify.bad_record)
		rc = sw_error_set(err, EBADMSG,
				  "evidence in %s is broken at record %llu (%s:%llu): %s", dir,
				  (unsigned long long)h.verify.bad_record, h.verify.bad_file,
				  (unsigned long long)h.verify.bad_line, h.verify.reason);
	else if (rc == -EBADMSG)
		rc = sw_error_set(err, EBADMSG,
				  "evidence in %s: a sealed record is not of a known form", dir);
	if (rc < 0) {
		history_release(&h);
		return rc;
	}
	*ret_history = h;
	return 0;
}
