/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the verdict of each runtime rule from a container's history. Decides by the table in
 * verdict.c. */
#include "result/result.h"

#include <time.h>

#include "result/history.h"

#define ALL_CLASSES ((1u << _SW_CLASS_MAX) - 1)
#define NEEDS_BASELINE ((1u << SW_CLASS_EXEC) | (1u << SW_CLASS_FILE))

struct judging {
	const struct history *h;
	const struct subject *s;
	const struct sw_runtime_options *opts;
	/* holes of the window, those of the evidence and those that follow from it */
	struct hole *holes;
	size_t n_holes, cap_holes;
	int64_t start_ns, end_ns; /* wall */
};

static char *time_str(int64_t wall_ns)
{
	time_t sec = wall_ns / 1000000000;
	struct tm tm;
	char text[64];

	gmtime_r(&sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return strdup(text);
}

/* RFC 3339 as Docker writes it; 0 when it is something else. */
static int64_t parse_time(const char *s)
{
	struct tm tm = {0};
	const char *rest = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	if (!rest || tm.tm_year < 100)
		return 0;
	return (int64_t)timegm(&tm) * 1000000000;
}

static int add_hole(struct judging *j, uint32_t classes, const struct life *l, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int add_hole(struct judging *j, uint32_t classes, const struct life *l, const char *fmt, ...)
{
	struct hole hole = {.classes = classes, .session = l->session};
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vasprintf(&hole.reason, fmt, ap);
	va_end(ap);
	if (rc < 0 || SW_GROW(j->holes, j->n_holes, j->cap_holes) < 0)
		return -ENOMEM;
	hole.from_boot_ns = l->from_boot_ns;
	hole.to_boot_ns = l->from_boot_ns;
	j->holes[j->n_holes++] = hole;
	return 0;
}

/* Classes that only hooks on system calls tell of: nothing else shows what was done. */
#define CALL_CLASSES                                                                               \
	(1u << SW_CLASS_CODE | 1u << SW_CLASS_MOUNT | 1u << SW_CLASS_INJECTION |                   \
	 1u << SW_CLASS_KERNEL | 1u << SW_CLASS_NETWORK)

/* What a life's own circumstances leave uncovered. */
static int holes_of_life(struct judging *j, const struct life *l)
{
	const struct session *s = &j->h->sessions[l->session];
	_cleanup_free_ char *from = time_str(l->from_wall_ns), *to = time_str(l->to_wall_ns);
	uint32_t by_calls = CALL_CLASSES & ~s->lsm_classes & ~s->refused;
	int rc = 0;

	if (!from || !to)
		return -ENOMEM;
	if (!l->from_start && j->opts->window == SW_WINDOW_LIFE)
		rc |= add_hole(j, ALL_CLASSES, l,
			       "the watch began at %s, after the container's start%s%s", from,
			       l->started_at ? " at " : "", l->started_at ? l->started_at : "");
	if (!l->from_start && j->opts->window == SW_WINDOW_OBSERVED && !l->swept)
		rc |= add_hole(j, ALL_CLASSES, l, "the start-up sweep is not complete");
	if (!l->baseline)
		rc |= add_hole(j, NEEDS_BASELINE, l, "there is no baseline to compare with: %s",
			       l->no_baseline ? l->no_baseline : "none was given");
	if (!l->closed && s->paused)
		rc |= add_hole(j, ALL_CLASSES, l,
			       "the monitor was stopped at %s and left its programs watching; what "
			       "they saw is told when it is started again",
			       to);
	else if (!l->closed)
		rc |= add_hole(j, ALL_CLASSES, l,
			       "the monitor ended without closing its evidence; the last statement "
			       "is of %s",
			       to);
	if (!s->calls32 && by_calls)
		rc |= add_hole(j, by_calls, l,
			       "32-bit system calls made by 64-bit programs were not watched for");
	if (s->content_sha256 && strcmp(s->content_sha256, sw_content_sha256(j->h->content)) != 0)
		rc |= add_hole(j, ALL_CLASSES, l,
			       "the evidence was gathered under other rules (content %s)",
			       s->content_sha256);
	return rc ? -ENOMEM : 0;
}

/*
 * Between two lives of a container nobody looked, unless the first ended with its control group
 * while the session went on: then nothing could have run.
 */
static int hole_between(struct judging *j, const struct life *before, const struct life *l)
{
	_cleanup_free_ char *from = time_str(before->to_wall_ns), *to = time_str(l->from_wall_ns);

	if (!before->closed || (before->ended && before->session == l->session))
		return 0;
	if (!from || !to)
		return -ENOMEM;
	return add_hole(j, ALL_CLASSES, l, "from %s to %s it was not watched%s", from, to,
			before->ended ? ", and whether it ran is not known" : "");
}

static int copy_holes(struct judging *j, const struct hole *holes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct hole copy = holes[i];

		copy.reason = strdup(holes[i].reason);
		if (!copy.reason || SW_GROW(j->holes, j->n_holes, j->cap_holes) < 0) {
			free(copy.reason);
			return -ENOMEM;
		}
		j->holes[j->n_holes++] = copy;
	}
	return 0;
}

/* Holes of everything count for a container only in a session that watched it. */
static int collect_holes(struct judging *j)
{
	for (size_t i = 0; i < j->s->n_lives; i++) {
		int rc = holes_of_life(j, &j->s->lives[i]);

		if (rc == 0 && i > 0)
			rc = hole_between(j, &j->s->lives[i - 1], &j->s->lives[i]);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < j->h->n_holes; i++)
		for (size_t k = 0; k < j->s->n_lives; k++)
			if (j->s->lives[k].session == j->h->holes[i].session) {
				if (copy_holes(j, &j->h->holes[i], 1) < 0)
					return -ENOMEM;
				break;
			}
	return copy_holes(j, j->s->holes, j->s->n_holes);
}

static void set_window(struct judging *j)
{
	for (size_t i = 0; i < j->s->n_lives; i++) {
		const struct life *l = &j->s->lives[i];
		int64_t from = l->from_wall_ns;
		int64_t started = parse_time(l->started_at);

		if (j->opts->window == SW_WINDOW_LIFE && !l->from_start && started > 0 &&
		    started < from)
			from = started;
		if (i == 0 || from < j->start_ns)
			j->start_ns = from;
		if (l->to_wall_ns > j->end_ns)
			j->end_ns = l->to_wall_ns;
	}
}

static const struct rule_history *violations_of(const struct subject *s, const char *rule_id)
{
	for (size_t i = 0; i < s->n_rules; i++)
		if (strcmp(s->rules[i].rule_id, rule_id) == 0)
			return &s->rules[i];
	return NULL;
}

/* What became of those that somebody wanted to prevent. */
static void say_enforcement(struct sw_strbuf *sb, const struct rule_history *rh)
{
	uint64_t rest = rh->violations - rh->prevented - rh->only_seen;

	if (!rh->prevented && !rh->only_seen)
		return;
	if (rh->prevented)
		sw_strbuf_addf(sb, ", %llu prevented", (unsigned long long)rh->prevented);
	if (rh->only_seen)
		sw_strbuf_addf(sb, ", %llu only seen", (unsigned long long)rh->only_seen);
	if (rest)
		sw_strbuf_addf(sb, ", %llu counted", (unsigned long long)rest);
}

static void say_violations(struct sw_strbuf *sb, const struct rule_history *rh)
{
	sw_strbuf_addf(sb, "%llu violation%s", (unsigned long long)rh->violations,
		       rh->violations == 1 ? "" : "s");
	say_enforcement(sb, rh);
	sw_strbuf_adds(sb, ".");
	for (size_t i = 0; i < rh->n_first; i++) {
		_cleanup_free_ char *at = time_str(rh->first[i].wall_ns);

		sw_strbuf_addf(sb, " [%s] %s (evidence record %llu).", at ? at : "?",
			       rh->first[i].text ? rh->first[i].text : "",
			       (unsigned long long)rh->first[i].record);
	}
	if (rh->violations > rh->n_first)
		sw_strbuf_addf(sb, " And %llu more.",
			       (unsigned long long)(rh->violations - rh->n_first));
}

/* The same text but for its numbers. */
static bool same_kind(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b || !*a)
			return *a == *b;
	}
}

/* One sample of each kind: a flood of one does not hide what else is missing. */
static bool say_holes(struct sw_strbuf *sb, const struct judging *j, uint32_t classes)
{
	const char *said[SW_HISTORY_SAMPLES];
	size_t n = 0, n_said = 0, k;

	for (size_t i = 0; i < j->n_holes; i++) {
		const char *reason = j->holes[i].reason;

		if (!(j->holes[i].classes & classes))
			continue;
		n++;
		for (k = 0; k < n_said && !same_kind(said[k], reason); k++)
			;
		if (k < n_said || n_said == SW_HISTORY_SAMPLES)
			continue;
		said[n_said++] = reason;
		sw_strbuf_addf(sb, "%s%s.", n_said > 1 ? " " : "Coverage has a hole: ", reason);
	}
	if (n > n_said)
		sw_strbuf_addf(sb, " And %zu more holes.", n - n_said);
	return n > 0;
}

/* Where not all watched for the rule, its hooks may not have been asked for: a hole, by itself. */
static const char *refused_hook(const struct judging *j, const char *rule_id, uint32_t classes)
{
	for (size_t i = 0; i < j->s->n_lives; i++) {
		const struct session *s = &j->h->sessions[j->s->lives[i].session];
		bool any;

		if (!session_judged(s, rule_id, &any))
			continue;
		for (unsigned int c = 0; c < _SW_CLASS_MAX; c++)
			if ((s->refused & classes & (1u << c)) && s->refused_hooks[c])
				return s->refused_hooks[c];
	}
	return NULL;
}

static void say_pass(struct sw_strbuf *sb, const struct judging *j, uint32_t classes)
{
	_cleanup_free_ char *from = time_str(j->start_ns), *to = time_str(j->end_ns);
	uint64_t seen = 0;

	for (size_t i = 0; i < j->s->n_lives; i++)
		for (unsigned int c = 0; c < _SW_CLASS_MAX; c++)
			if (classes & (1u << c))
				seen += j->s->lives[i].seen[c];
	sw_strbuf_addf(sb,
		       "No violation from %s to %s: watched without a hole%s, %llu events seen.",
		       from ? from : "?", to ? to : "?",
		       j->opts->window == SW_WINDOW_LIFE ? " from the container's first instruction"
							 : " after a complete start-up sweep",
		       (unsigned long long)seen);
}

/*
 * Was the rule watched for in any of the container's lives? What others of them lack is a hole of
 * this rule alone.
 */
static bool watched_for(const struct judging *j, const char *rule_id, bool *ret_hole,
			struct sw_strbuf *holes)
{
	bool any = false, of_session;

	for (size_t i = 0; i < j->s->n_lives; i++) {
		const struct life *l = &j->s->lives[i];
		_cleanup_free_ char *from = time_str(l->from_wall_ns),
				    *to = time_str(l->to_wall_ns);

		if (session_judged(&j->h->sessions[l->session], rule_id, &of_session)) {
			any = true;
			continue;
		}
		any |= of_session;
		sw_strbuf_addf(holes, "%sfrom %s to %s %s for this rule.",
			       holes->len ? " Also: " : "Coverage has a hole: ", from ? from : "?",
			       to ? to : "?",
			       of_session ? "not every monitor watched" : "nobody watched");
		*ret_hole = true;
	}
	return any;
}

static int set_outcome(const struct judging *j, struct sw_rule_result *rr, const char *message)
{
	free(rr->time);
	rr->time = time_str(j->end_ns);
	rr->runtime = true;
	if (!rr->time || !message)
		return -ENOMEM;
	return sw_rule_result_set_message(rr, message);
}

static int judge_rule(const struct judging *j, struct sw_rule_result *rr)
{
	uint32_t classes = sw_rules_classes(j->s->judge, rr->rule_id);
	enum sw_verdict judged = sw_judge_verdict(j->s->judge, rr->rule_id);
	const struct rule_history *rh = violations_of(j->s, rr->rule_id);
	_cleanup_strbuf_ struct sw_strbuf message = {0}, holes = {0};
	const char *hook = refused_hook(j, rr->rule_id, classes);
	struct sw_verdict_input in = {
		.violation = judged == SW_VERDICT_FAIL,
		.judge_failed = judged != SW_VERDICT_FAIL && judged != SW_VERDICT_PASS,
		.hook_refused = hook != NULL,
		.hole = say_holes(&holes, j, classes ? classes : ALL_CLASSES),
	};

	if (!watched_for(j, rr->rule_id, &in.hole, &holes)) {
		rr->verdict = SW_VERDICT_NOTSELECTED;
		return set_outcome(j, rr, "The monitor was told to watch for other rules.");
	}
	rr->verdict = sw_runtime_verdict(&in);
	if (in.violation && rh)
		say_violations(&message, rh);
	if (in.judge_failed)
		sw_strbuf_adds(&message, "The judge could not evaluate this rule.");
	if (in.hook_refused)
		sw_strbuf_addf(&message, "%sThis kernel refuses %s.", message.len ? " " : "", hook);
	if (in.hole)
		sw_strbuf_addf(&message, "%s%s", message.len ? " " : "", sw_strbuf_str(&holes));
	if (rr->verdict == SW_VERDICT_PASS)
		say_pass(&message, j, classes);
	return set_outcome(j, rr, sw_strbuf_str(&message));
}

/* Wall time of a boot time within one life. */
static int64_t wall_of(const struct life *l, int64_t boot_ns)
{
	int64_t since, wall;

	if (__builtin_sub_overflow(boot_ns, l->from_boot_ns, &since) ||
	    __builtin_add_overflow(l->from_wall_ns, since, &wall))
		return boot_ns < l->from_boot_ns ? INT64_MIN : INT64_MAX;
	return wall;
}

/* Lives are watched, what lies between them is not; a hole wins over what is watched. */
static int fill_timeline(struct judging *j, struct sw_html_timeline *t)
{
	int64_t at = j->start_ns;

	t->start_ns = j->start_ns;
	t->end_ns = j->end_ns;
	for (size_t i = 0; i < j->s->n_lives; i++) {
		const struct life *l = &j->s->lives[i];

		if (l->from_wall_ns > at && i == 0 &&
		    sw_html_timeline_add_segment(t, at, l->from_wall_ns, false,
						 "before the watch") < 0)
			return -ENOMEM;
		if (sw_html_timeline_add_segment(t, l->from_wall_ns, l->to_wall_ns, true, NULL) < 0)
			return -ENOMEM;
		for (size_t k = 0; k < j->n_holes; k++)
			if (j->holes[k].session == l->session &&
			    sw_html_timeline_add_segment(t, wall_of(l, j->holes[k].from_boot_ns),
							 wall_of(l, j->holes[k].to_boot_ns), false,
							 j->holes[k].reason) < 0)
				return -ENOMEM;
		at = l->to_wall_ns;
	}
	for (size_t i = 0; i < j->s->n_marks; i++) {
		const struct mark *k = &j->s->marks[i];

		if (k->rule_id && k->text &&
		    sw_html_timeline_add_mark(t, k->wall_ns, k->rule_id, k->text) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_facts(const struct judging *j, struct sw_result *r, int per_mille)
{
	const struct session *s = &j->h->sessions[j->s->lives[j->s->n_lives - 1].session];
	char text[64];
	int rc = 0;

	struct {
		const char *name, *value;
	} facts[] = {
		{"urn:stigwatch:fact:window",
		 j->opts->window == SW_WINDOW_LIFE ? "life" : "observed"},
		{"urn:stigwatch:fact:backend", s->back_end},
		{"urn:stigwatch:fact:kernel", s->kernel},
		{"urn:stigwatch:fact:evidence-head", j->h->verify.head},
		{"urn:stigwatch:fact:image-ref", j->s->image_ref},
		{"urn:stigwatch:fact:image-digest", j->s->image_digest},
		{"urn:stigwatch:fact:manifest-digest", j->s->manifest_digest},
		{"urn:stigwatch:fact:baseline-digest", j->s->baseline_digest},
		{"urn:stigwatch:fact:container-id", j->s->id},
		{"urn:stigwatch:fact:runtime-content", sw_content_sha256(j->h->content)},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(facts); i++)
		if (facts[i].value && rc == 0)
			rc = sw_result_add_fact(r, facts[i].name, facts[i].value);
	snprintf(text, sizeof(text), "%d.%d", per_mille / 10, per_mille % 10);
	if (rc == 0 && per_mille >= 0)
		rc = sw_result_add_fact(r, "urn:stigwatch:fact:coverage", text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)j->h->verify.records);
	if (rc == 0)
		rc = sw_result_add_fact(r, "urn:stigwatch:fact:evidence-records", text);
	return rc;
}

static int fill_result(struct judging *j, struct sw_runtime *rt, struct sw_error *err)
{
	struct sw_result *r = rt->result;
	int rc;

	for (size_t i = 0; i < r->n_rules; i++)
		if (judge_rule(j, &r->rules[i]) < 0)
			return sw_error_set(err, ENOMEM, "out of memory");
	if (fill_timeline(j, &rt->timeline) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	rc = add_facts(j, r, sw_html_timeline_coverage(&rt->timeline));
	if (rc < 0)
		return sw_error_set(err, -rc, "out of memory");
	rt->complete = j->n_holes == 0;
	free(r->target);
	free(r->start_time);
	free(r->end_time);
	r->target = strdup(j->s->name ? j->s->name : j->s->id);
	r->start_time = time_str(j->start_ns);
	r->end_time = time_str(j->end_ns);
	if (!r->target || !r->start_time || !r->end_time)
		return sw_error_set(err, ENOMEM, "out of memory");
	r->addresses = calloc(j->s->n_addresses ? j->s->n_addresses : 1, sizeof(*r->addresses));
	for (size_t i = 0; r->addresses && i < j->s->n_addresses; i++)
		r->addresses[r->n_addresses++] = strdup(j->s->addresses[i]);
	return 0;
}

void sw_runtime_free(struct sw_runtime *rt)
{
	if (!rt)
		return;
	sw_html_timeline_release(&rt->timeline);
	sw_result_free(rt->result);
	free(rt);
}

int sw_runtime_judge(const char *evidence_dir, const struct sw_runtime_options *opts,
		     struct sw_runtime **ret_runtime, struct sw_error *err)
{
	struct judging j = {.opts = opts};
	struct sw_runtime *rt = calloc(1, sizeof(*rt));
	struct history h = {0};
	int rc = rt ? history_read(evidence_dir, &h, err)
		    : sw_error_set(err, ENOMEM, "out of memory");

	if (rc == 0)
		rc = history_find(&h, opts->container, &j.s, err);
	j.h = &h;
	if (rc == 0)
		rc = sw_result_from_benchmark(h.content, &rt->result, err);
	if (rc == 0 && collect_holes(&j) < 0)
		rc = sw_error_set(err, ENOMEM, "out of memory");
	if (rc == 0) {
		set_window(&j);
		rc = fill_result(&j, rt, err);
	}
	for (size_t i = 0; i < j.n_holes; i++)
		free(j.holes[i].reason);
	free(j.holes);
	history_release(&h);
	if (rc < 0) {
		sw_runtime_free(rt);
		return rc;
	}
	*ret_runtime = rt;
	return 0;
}
