/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch features: what this kernel lets us see, and why not, found by trying. */
#include <json-c/json.h>

#include "cli/cli.h"
#include "fanotify/fanotify.h"
#include "loader/loader.h"
#include "rules/rules.h"
#include "service/monitor.h"

/* The rules that a refused hook leaves unchecked. */
static void rules_of_class(const struct sw_content *content, const struct sw_judge *judge,
			   enum sw_event_class cls, struct sw_strbuf *sb)
{
	_cleanup_(sw_result_freep) struct sw_result *r = NULL;

	if (sw_result_from_benchmark(content, &r, NULL) < 0)
		return;
	for (size_t i = 0; i < r->n_rules; i++)
		if (sw_rules_classes(judge, r->rules[i].rule_id) & (1u << cls))
			sw_strbuf_addf(sb, "%s%s", sb->len ? ", " : "", r->rules[i].rule_id);
}

static struct json_object *fanotify_json(void)
{
	struct sw_fan_feature f[_SW_FAN_FEATURES];
	struct json_object *list = json_object_new_array();

	sw_fan_probe(f);
	for (size_t i = 0; i < SW_ARRAY_LEN(f); i++) {
		struct json_object *x = json_object_new_object();

		json_object_object_add(x, "hook", json_object_new_string(f[i].name));
		json_object_object_add(x, "available", json_object_new_boolean(!f[i].error));
		if (f[i].error) {
			json_object_object_add(x, "stage", json_object_new_string(f[i].stage));
			json_object_object_add(x, "error",
					       json_object_new_string(strerror(-f[i].error)));
		}
		json_object_object_add(x, "sees", json_object_new_string(f[i].phrase));
		json_object_object_add(x, "misses", json_object_new_string(f[i].misses));
		json_object_array_add(list, x);
	}
	return list;
}

static void print_fanotify(void)
{
	struct sw_fan_feature f[_SW_FAN_FEATURES];

	sw_fan_probe(f);
	printf("\nfanotify, beside the sensors (not with --no-fanotify)\n");
	for (size_t i = 0; i < SW_ARRAY_LEN(f); i++) {
		printf("  %-3s %-46s %s\n", f[i].error ? "no" : "yes", f[i].name, f[i].phrase);
		if (f[i].error)
			printf("      refused at %s: %s\n", f[i].stage, strerror(-f[i].error));
		else
			printf("      misses: %s\n", f[i].misses);
	}
}

/* What enforcing each rule does here. */
static struct json_object *enforcement_json(const struct sw_features *f)
{
	struct json_object *list = json_object_new_array();
	struct sw_enforcement e;

	for (size_t i = 0; sw_enforcement_at(f, i, &e); i++) {
		struct json_object *x = json_object_new_object();

		json_object_object_add(x, "rule", json_object_new_string(e.rule));
		json_object_object_add(x, "possible", json_object_new_boolean(e.prevents != NULL));
		json_object_object_add(x, "prevents",
				       e.prevents ? json_object_new_string(e.prevents) : NULL);
		json_object_object_add(x, "sees", e.sees ? json_object_new_string(e.sees) : NULL);
		json_object_array_add(list, x);
	}
	return list;
}

static void print_enforcement(const struct sw_features *f)
{
	struct sw_enforcement e;

	printf("\nenforcement, by the %s back end (only with --enforce RULE)\n", f->back_end);
	for (size_t i = 0; sw_enforcement_at(f, i, &e); i++) {
		printf("  %-3s %-19s %s\n", e.prevents ? "yes" : "no", e.rule,
		       e.prevents ? e.prevents : "nothing can be prevented");
		if (e.sees)
			printf("      only seen: %s\n", e.sees);
	}
	if (!f->lsm_classes)
		return;
	for (size_t i = 0; i < f->n_hooks; i++)
		if (f->hooks[i].denies && !f->hooks[i].available)
			printf("  no  %s: %s\n", f->hooks[i].name, f->hooks[i].phrase);
}

static struct json_object *privileges_json(void)
{
	struct json_object *list = json_object_new_array();
	size_t n;
	const struct sw_capability *p = sw_capabilities(&n);

	for (size_t i = 0; i < n; i++) {
		struct json_object *x = json_object_new_object();

		json_object_object_add(x, "capability", json_object_new_string(p[i].name));
		json_object_object_add(x, "held",
				       json_object_new_boolean(sw_capability_held(&p[i])));
		json_object_object_add(x, "kept", json_object_new_boolean(p[i].running));
		json_object_object_add(x, "for", json_object_new_string(p[i].phrase));
		json_object_array_add(list, x);
	}
	return list;
}

static void print_json(const struct sw_features *f)
{
	struct json_object *o = json_object_new_object(), *hooks = json_object_new_array();

	json_object_object_add(o, "kernel", json_object_new_string(f->kernel_release));
	json_object_object_add(o, "btf", json_object_new_boolean(f->btf));
	json_object_object_add(o, "back_end", json_object_new_string(f->back_end));
	for (size_t i = 0; i < f->n_hooks; i++) {
		const struct sw_hook *h = &f->hooks[i];
		struct json_object *x = json_object_new_object();

		json_object_object_add(x, "hook", json_object_new_string(h->name));
		json_object_object_add(x, "class",
				       json_object_new_string(sw_event_class_str(h->cls)));
		json_object_object_add(x, "used", json_object_new_boolean(h->used));
		json_object_object_add(x, "required", json_object_new_boolean(h->required));
		json_object_object_add(x, "available", json_object_new_boolean(h->available));
		if (!h->available) {
			json_object_object_add(x, "stage",
					       json_object_new_string(h->stage ? h->stage : ""));
			json_object_object_add(x, "error",
					       json_object_new_string(strerror(-h->error)));
		}
		json_object_object_add(x, "sees", json_object_new_string(h->phrase));
		if (h->misses)
			json_object_object_add(x, "misses", json_object_new_string(h->misses));
		json_object_array_add(hooks, x);
	}
	json_object_object_add(o, "hooks", hooks);
	json_object_object_add(o, "enforcement", enforcement_json(f));
	json_object_object_add(o, "capabilities", privileges_json());
	json_object_object_add(o, "fanotify", fanotify_json());
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
								 JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

/* Which hooks serve a class here, and how the other back end's are left out. */
static bool print_class(const struct sw_features *f, enum sw_event_class cls)
{
	bool refused = false;
	size_t unused = 0;

	printf("\n%s%s\n", sw_event_class_str(cls),
	       f->lsm_classes & 1u << cls ? ", by the LSM back end" : "");
	for (size_t i = 0; i < f->n_hooks; i++) {
		const struct sw_hook *h = &f->hooks[i];

		if (h->cls != cls || h->denies) /* see print_enforcement */
			continue;
		if (!h->used && h->available) {
			unused++;
			continue;
		}
		printf("  %-3s %-46s %s\n", h->available ? "yes" : "no", h->name, h->phrase);
		if (!h->available)
			printf("      refused at %s: %s\n", h->stage ? h->stage : "probe",
			       strerror(-h->error));
		if (h->available && h->misses)
			printf("      misses: %s\n", h->misses);
		refused |= h->required && !h->available;
	}
	if (unused)
		printf("  and %zu available hooks that are not needed beside these\n", unused);
	return refused;
}

static void print_text(const struct sw_features *f, const struct sw_content *content,
		       const struct sw_judge *judge)
{
	printf("kernel %s, BTF %s, back end %s\n", f->kernel_release, f->btf ? "yes" : "no",
	       f->back_end);
	for (unsigned int cls = 0; cls < _SW_CLASS_MAX; cls++) {
		if (!print_class(f, cls))
			continue;
		_cleanup_strbuf_ struct sw_strbuf sb = {0};

		rules_of_class(content, judge, cls, &sb);
		printf("  this leaves notchecked: %s\n", sw_strbuf_str(&sb));
	}
	print_enforcement(f);
	print_fanotify();
}

static void print_privileges(void)
{
	size_t n;
	const struct sw_capability *p = sw_capabilities(&n);

	printf("\ncapabilities of monitor (the others are given up once the programs are "
	       "loaded)\n");
	for (size_t i = 0; i < n; i++)
		printf("  %-3s %-17s %-9s %s\n", sw_capability_held(&p[i]) ? "yes" : "no",
		       p[i].name, p[i].running ? "kept" : "to start", p[i].phrase);
}

int cmd_features(struct cli *c)
{
	_cleanup_(sw_content_freep) struct sw_content *content = NULL;
	_cleanup_(sw_judge_freep) struct sw_judge *judge = NULL;
	struct sw_features f = {0};
	struct sw_error err = {0};

	if (sw_rules_content(&content, &err) < 0 || sw_judge_new(content, &judge, &err) < 0)
		return cli_fail(&err);
	if (sw_features_probe(&f, &err) < 0)
		return cli_fail(&err);
	if (c->json)
		print_json(&f);
	else
		print_text(&f, content, judge);
	if (!c->json)
		print_privileges();
	sw_features_release(&f);
	return fflush(stdout) == 0 ? EXIT_COMPLIANT : EXIT_TROUBLE;
}
