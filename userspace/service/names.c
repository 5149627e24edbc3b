/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that fanotify told of: held until the sensors had their say, then judged. */
#include "service/names_private.h"

/* A system call's record comes at its exit, after fanotify's; then it waits for the next drain. */
#define HOLD_NS 250000000ll
/* A change of attributes is explained by a sensor's record of about the same moment only: chmod to
 * the mode that a file has anyway must not excuse a later one. */
#define MOMENT_NS 500000000ll
#define HELD_MAX 16384

/* ---- reading ---- */

/* Whoever did it, as far as it still lives: a label, no verdict rests on it. */
static void who(const struct watch *w, int32_t pid, char *ret, size_t size)
{
	char path[SW_LIMIT_PATH];
	uint32_t hierarchy;
	uint64_t cgroup;

	if (pid <= 0)
		snprintf(ret, size, "by a process of another pid namespace");
	else if (sw_cgroup_of_pid(pid, &cgroup, &hierarchy, path, sizeof(path), NULL) < 0)
		snprintf(ret, size, "by process %d, which has ended", pid);
	else
		snprintf(ret, size, "by process %d %s", pid,
			 cgroup == w->cgroup_id ? "of the container"
						: "outside the container's control group");
}

struct reading {
	struct watch *w;
	int64_t boot_ns;
};

/* Objects of the baseline, and names in a package database's directory. */
static bool concerns(const struct watch *w, const struct sw_fan_change *c)
{
	const struct sw_baseline *b = w->prep->baseline;
	const struct sw_baseline_entry *dir = sw_baseline_resolve(b, c->dir, false);
	char path[SW_LIMIT_PATH];

	if (!c->name || (dir && dir->classes & SW_OBJ_PKGDB))
		return true;
	snprintf(path, sizeof(path), "%s/%s", strcmp(c->dir, "/") ? c->dir : "", c->name);
	return sw_baseline_resolve(b, path, false) || sw_class_by_path(path);
}

static void on_change(void *ctx, const struct sw_fan_change *c)
{
	struct reading *r = ctx;
	struct names *n = r->w->names;
	struct held h = {.what = c->what, .boot_ns = r->boot_ns, .pid = c->pid};
	bool root = !strcmp(c->dir, "/");

	if (!concerns(r->w, c))
		return;
	if (n->n_held == HELD_MAX || SW_GROW(n->held, n->n_held, n->cap_held) < 0 ||
	    asprintf(&h.path, "%s%s%s", root && c->name ? "" : c->dir, c->name ? "/" : "",
		     c->name ? c->name : "") < 0) {
		n->dropped++;
		return;
	}
	if (n->n_held && n->held[n->n_held - 1].pid == c->pid)
		memcpy(h.who, n->held[n->n_held - 1].who, sizeof(h.who));
	else
		who(r->w, c->pid, h.who, sizeof(h.who));
	n->held[n->n_held++] = h;
}

void names_read(struct monitor *m, struct watch *w)
{
	struct reading r = {.w = w};
	struct sw_fan_stats s, *last;
	struct sw_clock now;
	int rc;

	if (!w->names || !w->names->fan)
		return;
	sw_clock_now(NULL, &now);
	r.boot_ns = now.boot_ns;
	rc = sw_fan_names_read(w->names->fan, on_change, &r);
	sw_fan_names_stats(w->names->fan, &s);
	last = &w->names->reported;
	if (s.overflows > last->overflows)
		record_hole(m, w, 1u << SW_CLASS_FILE, m->epoch_boot_ns,
			    "fanotify's queue was full: changes by ways that the system call "
			    "sensors do not see may be missing");
	if (s.unknown > last->unknown || w->names->dropped > w->names->dropped_reported || rc < 0)
		record_hole(m, w, 1u << SW_CLASS_FILE, m->epoch_boot_ns,
			    "%llu records of fanotify could not be used%s%s",
			    (unsigned long long)(s.unknown - last->unknown + w->names->dropped -
						 w->names->dropped_reported),
			    rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "");
	w->names->dropped_reported = w->names->dropped;
	*last = s;
}

/* ---- judging ---- */

struct change {
	struct monitor *m;
	struct watch *w;
	const struct held *h;
};

/* The fact of what a system call's record would have told, on fanotify's word. */
static void judge_as(const struct change *c, enum sw_file_op op, int side)
{
	struct sw_event ev = {.type = SW_EVENT_FILE, .cls = SW_CLASS_FILE, .file_op = op};
	struct sw_string *name = side ? &ev.name2 : &ev.name;
	struct object_view view;
	struct sw_fact_buf fact;
	size_t len = strlen(c->h->path);

	ev.path_form = true;
	name->trust = SW_TRUST_KERNEL;
	if (len >= sizeof(name->s)) {
		record_hole(c->m, c->w, 1u << SW_CLASS_FILE, c->h->boot_ns,
			    "a name too long to be compared was changed");
		return;
	}
	name->len = (uint16_t)len;
	memcpy(name->s, c->h->path, len + 1);
	if (!object_of_file(c->w, &ev, side, &view))
		return;
	sw_fact_begin(&fact, "file");
	sw_fact_add(&fact, "path", view.path);
	sw_fact_add_classes(&fact, view.obj.class_bits);
	sw_fact_add(&fact, "operation", sw_file_op_str(op));
	sw_fact_add(&fact, "effect", sw_effect_str(view.obj.effect));
	sw_fact_addf(&fact, "detail", "no system call sensor saw it; %s", c->h->who);
	sw_fact_add(&fact, "origin", "fanotify");
	judge_fact(c->m, c->w, &fact.fact, NULL);
}

static int attributes_differ(void *ctx, const struct sw_drift *d)
{
	const struct change *c = ctx;
	struct sw_fact_buf fact;

	if (d->kind == SW_DRIFT_TOUCHED && d->times_set) {
		/* utimensat would do this, too, and harms nothing */
		record_hole(c->m, c->w, 1u << SW_CLASS_FILE, c->h->boot_ns,
			    "attributes of %s were set %s: they are the image's again but for its "
			    "time, what they were in between is not known",
			    d->path, c->h->who);
		return 0;
	}
	if (d->kind == SW_DRIFT_CONTENT || d->kind == SW_DRIFT_REMOVED)
		return 0; /* another record tells of that */
	sw_fact_begin(&fact, "file");
	sw_fact_add(&fact, "path", d->path);
	sw_fact_add_classes(&fact, d->classes);
	sw_fact_add(&fact, "operation",
		    d->kind == SW_DRIFT_TOUCHED ? "attributes" : sw_drift_kind_str(d->kind));
	sw_fact_add(&fact, "effect", sw_effect_str(SW_EFFECT_METADATA));
	sw_fact_addf(&fact, "detail", "%.120s%sno system call sensor saw it; %s",
		     d->kind == SW_DRIFT_TOUCHED ? "set and set back" : d->detail, "; ", c->h->who);
	sw_fact_add(&fact, "origin", "fanotify");
	judge_fact(c->m, c->w, &fact.fact, NULL);
	return 0;
}

static bool told_then(const struct names *n, const struct held *h, enum kind kind)
{
	int64_t at = names_told_at(n, h->path, kind);

	return at && llabs(at - h->boot_ns) < MOMENT_NS;
}

static void judge_meta(struct change *c, const struct sw_baseline_entry *e)
{
	struct names *n = c->w->names;
	struct sw_target *t = NULL;
	struct sw_error err = {0};

	/* a write takes set-id bits away */
	if (told_then(n, c->h, KIND_META) || told_then(n, c->h, KIND_CONTENT))
		return;
	if (watch_open_root(c->m, c->w, &t, &err) < 0 ||
	    sw_binding_compare_one(c->w->prep->binding, t, e, attributes_differ, c) < 0)
		record_hole(c->m, c->w, 1u << SW_CLASS_FILE, c->h->boot_ns,
			    "attributes of %s were set %s and could not be compared", e->path,
			    c->h->who);
	sw_target_free(t);
	names_remember(c->w, c->h->path, KIND_META, c->h->boot_ns);
	names_remember(c->w, c->h->path, KIND_FAN, c->h->boot_ns);
}

static void judge_change(struct change *c)
{
	static const struct {
		uint32_t what;
		enum sw_file_op op;
		int side;
	} ops[] = {
		{SW_FAN_AWAY, SW_FILE_RENAME, 0},
		{SW_FAN_DELETED, SW_FILE_UNLINK, 0},
		{SW_FAN_CREATED, SW_FILE_CREATE, 0},
		{SW_FAN_HERE, SW_FILE_RENAME, 1},
	};
	const struct sw_baseline_entry *e =
		sw_baseline_resolve(c->w->prep->baseline, c->h->path, false);
	uint32_t what = c->h->what;
	struct names *n = c->w->names;

	if (what & (SW_FAN_AWAY | SW_FAN_DELETED | SW_FAN_CREATED | SW_FAN_HERE) &&
	    !names_told_at(n, c->h->path, KIND_NAME)) {
		for (size_t i = 0; i < SW_ARRAY_LEN(ops); i++)
			if (what & ops[i].what)
				judge_as(c, ops[i].op, ops[i].side);
		names_remember(c->w, c->h->path, KIND_NAME, c->h->boot_ns);
	}
	/* of an object that took another's name nothing more needs to be known */
	if (!e || !(e->classes & (SW_CLASSES_CODE | SW_OBJ_PKGDB)) ||
	    names_told_at(n, c->h->path, KIND_NAME))
		return;
	if (what & SW_FAN_META)
		judge_meta(c, e);
	/* who opens for writing by a call that is seen is followed by the dirty hook and the digest
	 */
	if (!(what & (SW_FAN_CONTENT | SW_FAN_CLOSED)) ||
	    names_told_at(n, c->h->path, KIND_CONTENT))
		return;
	if (what & SW_FAN_CONTENT)
		judge_as(c, SW_FILE_CONTENT, 0);
	else
		record_hole(c->m, c->w, 1u << SW_CLASS_FILE, c->h->boot_ns,
			    "%s was open for writing %s by a way that no sensor saw: whether it "
			    "was changed through a mapping is not known",
			    e->path, c->h->who);
	names_remember(c->w, c->h->path, KIND_CONTENT, c->h->boot_ns);
	names_remember(c->w, c->h->path, KIND_FAN, c->h->boot_ns);
}

void names_settle(struct monitor *m, struct watch *w, bool all)
{
	struct names *n = w->names;
	struct sw_clock now;
	size_t done = 0;

	if (!n || n->n_held == 0 || w->state != WATCH_LIVE)
		return;
	sw_clock_now(NULL, &now);
	for (; done < n->n_held; done++) {
		struct change c = {m, w, &n->held[done]};

		if (!all && now.boot_ns - c.h->boot_ns < HOLD_NS)
			break;
		judge_change(&c);
		free(n->held[done].path);
	}
	memmove(n->held, n->held + done, (n->n_held - done) * sizeof(*n->held));
	n->n_held -= done;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	sw_fan_names_free(n->fan);
	for (size_t i = 0; i < n->n_held; i++)
		free(n->held[i].path);
	free(n->held);
	free(n->told);
	free(n);
}
