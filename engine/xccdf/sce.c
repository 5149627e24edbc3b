/* SPDX-License-Identifier: Apache-2.0 */
/* Runs rules' scripts through target/'s sandbox, one ahead of the rules, and reads their exit
 * statuses. Must not run anything itself. */
#include "target/sce.h"
#include "xccdf/sce.h"

/* Growing "NAME=VALUE" list with a NULL at its end. */
struct env {
	char **list;
	size_t n, cap;
};

static void env_release(struct env *env)
{
	size_t i;

	for (i = 0; i < env->n; i++)
		free(env->list[i]);
	free(env->list);
}

/* A name that a shell can read back; exports of other names are left out. */
static bool shell_name(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	return *name && strspn(name, letters) == strlen(name);
}

static int env_add(struct env *env, const char *prefix, const char *name, const char *value)
{
	char *text = NULL;

	if (SW_GROW(env->list, env->n, env->cap) < 0)
		return -ENOMEM;
	if (name && asprintf(&text, "%s%s=%s", prefix, name, value) < 0)
		return -ENOMEM;
	env->list[env->n] = text;
	env->n += text != NULL;
	return 0;
}

static int env_fill(struct env *env, const struct scan *scan, const struct sw_xml_node *check)
{
	const struct bound_value *v;
	const char *name;
	int rc = 0;

	SW_XML_FOREACH (node, check, SW_NS_XCCDF, "check-export") {
		name = sw_xml_attr_or(node, "export-name", "");
		v = policy_value(&scan->policy, sw_xml_attr_or(node, "value-id", ""));
		if (!v || !v->text || !shell_name(name))
			continue;
		rc = env_add(env, "XCCDF_VALUE_", name, v->text);
		if (rc == 0)
			rc = env_add(env, "XCCDF_TYPE_", name, v->type);
		if (rc == 0)
			rc = env_add(env, "XCCDF_OPERATOR_", name, v->oper);
		if (rc < 0)
			return rc;
	}
	return env_add(env, NULL, NULL, NULL);
}

static enum sw_verdict from_exit(int code)
{
	switch (code) {
	case SW_SCE_PASS:
		return SW_VERDICT_PASS;
	case SW_SCE_FAIL:
		return SW_VERDICT_FAIL;
	case SW_SCE_UNKNOWN:
		return SW_VERDICT_UNKNOWN;
	case SW_SCE_NOT_APPLICABLE:
		return SW_VERDICT_NOTAPPLICABLE;
	case SW_SCE_NOT_CHECKED:
		return SW_VERDICT_NOTCHECKED;
	case SW_SCE_NOT_SELECTED:
		return SW_VERDICT_NOTSELECTED;
	case SW_SCE_INFORMATIONAL:
		return SW_VERDICT_INFORMATIONAL;
	case SW_SCE_FIXED:
		return SW_VERDICT_FIXED;
	default:
		return SW_VERDICT_ERROR;
	}
}

/* The sandbox missing is not the script's failure; everything else that goes wrong is an error of
 * the check. */
static enum sw_verdict from_error(int rc)
{
	return rc == -EPERM ? SW_VERDICT_NOTCHECKED : SW_VERDICT_ERROR;
}

/* Output without the white space around it; what the exit status says when there is none. */
static void report(const struct sw_strbuf *out, int code, enum sw_verdict v,
		   struct sw_strbuf *ret_message)
{
	size_t start = 0, end = out->len;

	while (start < end && strchr(" \t\r\n", out->data[start]) && out->data[start])
		start++;
	while (end > start && strchr(" \t\r\n", out->data[end - 1]) && out->data[end - 1])
		end--;
	if (end > start)
		sw_strbuf_add_text(ret_message, out->data + start, end - start);
	else if (v == SW_VERDICT_ERROR)
		sw_strbuf_addf(ret_message, "the script ended with exit status %d", code);
}

/* ---- runs ---- */

/* A script with what its environment is: for all checks that ask for the same, one run. */
struct sce_run {
	char *key;
	struct sw_sce *running;
	int rc, code; /* when it has ended */
	struct sw_strbuf out;
	struct sw_error err;
	bool kept; /* for the result */
	struct sce_run *next;
};

void sce_release(struct scan *scan)
{
	while (scan->scripts) {
		struct sce_run *r = scan->scripts;

		scan->scripts = r->next;
		sw_sce_free(r->running);
		sw_strbuf_release(&r->out);
		free(r->key);
		free(r);
	}
}

/* href and the environment, each with its length: no two different ones are alike. */
static char *make_key(const char *href, const struct env *env)
{
	struct sw_strbuf key = {};
	size_t i;

	sw_strbuf_addf(&key, "%zu:%s", strlen(href), href);
	for (i = 0; i < env->n; i++)
		sw_strbuf_addf(&key, "%zu:%s", strlen(env->list[i]), env->list[i]);
	return sw_strbuf_steal(&key);
}

static struct sce_run *find(const struct scan *scan, const char *key)
{
	struct sce_run *r = scan->scripts;

	while (r && strcmp(r->key, key))
		r = r->next;
	return r;
}

/* The run for a check, started now if there is none. Negative errno: there is no such script. */
static int get(struct scan *scan, const struct sw_xml_node *check, const char *href,
	       struct sce_run **ret_run, struct sw_error *err)
{
	_cleanup_(env_release) struct env env = {};
	_cleanup_free_ char *key = NULL;
	struct sw_source_doc doc;
	struct sw_sce_request req = {.name = href};
	struct sce_run *r;
	int rc = sw_source_find(scan->content->source, href, &doc, err);

	if (rc < 0)
		return rc;
	if (doc.root)
		return sw_error_set(err, EINVAL, "not a script");
	if (env_fill(&env, scan, check) < 0 || !(key = make_key(href, &env)))
		return sw_error_set(err, ENOMEM, "out of memory");
	*ret_run = find(scan, key);
	if (*ret_run)
		return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		return sw_error_set(err, ENOMEM, "out of memory");
	r->key = TAKE(key);
	r->next = scan->scripts;
	scan->scripts = r;
	req.script = doc.data;
	req.len = doc.len;
	req.env = (const char *const *)env.list;
	r->rc = sw_sce_start(&req, &r->running, &r->err);
	*ret_run = r;
	return 0;
}

static void finish(struct sce_run *r)
{
	if (!r->running)
		return;
	r->rc = sw_sce_finish(r->running, &r->code, &r->out, &r->err);
	sw_sce_free(TAKE(r->running));
}

/* The script that a rule is certain to run, if any. */
static const struct sw_xml_node *certain(struct scan *scan, size_t i, const char **ret_href)
{
	const struct item *item = &scan->content->items[i];
	const struct item_policy *ip = &scan->policy.items[i];
	const struct sw_xml_node *check, *ref;

	if (!item->is_rule || !ip->effective || !strcmp(ip->role, "unchecked"))
		return NULL;
	check = check_choose(item->node, ip->selector);
	if (!check || strcmp(sw_xml_attr_or(check, "system", ""), SW_CHECK_SYSTEM_SCE))
		return NULL;
	ref = sw_xml_child(check, SW_NS_XCCDF, "check-content-ref");
	if (!ref || !item_applicable(scan, item, NULL))
		return NULL;
	*ret_href = sw_xml_attr_or(ref, "href", "");
	return check;
}

void sce_ahead(struct scan *scan)
{
	const struct sw_xml_node *check;
	const char *href;

	if (scan->opts->sce == SW_SCE_OFF)
		return;
	while (scan->next_script < scan->content->n_items) {
		struct sce_run *before = scan->scripts, *r;

		check = certain(scan, scan->next_script++, &href);
		if (check && get(scan, check, href, &r, NULL) == 0 && scan->scripts != before)
			return;
	}
}

static int keep_env(struct sw_result_script *s, const char *text)
{
	char *copy = strdup(text);

	if (!copy || SW_GROW(s->env, s->n_env, s->cap_env) < 0) {
		free(copy);
		return -ENOMEM;
	}
	s->env[s->n_env++] = copy;
	return 0;
}

/* For whoever wants to see what the verdict rests on. */
static int keep(struct scan *scan, const struct sw_xml_node *check, const char *href,
		struct sce_run *run)
{
	_cleanup_(env_release) struct env env = {};
	struct sw_result *r = scan->result;
	struct sw_result_script *s;
	const char *text;
	int rc = env_fill(&env, scan, check);

	if (rc < 0 || SW_GROW(r->scripts, r->n_scripts, r->cap_scripts) < 0)
		return -ENOMEM;
	s = &r->scripts[r->n_scripts++];
	*s = (struct sw_result_script){.href = strdup(href),
				       .output =
					       strdup(run->out.len ? sw_strbuf_str(&run->out) : ""),
				       .exit_code = run->code,
				       .verdict = from_exit(run->code)};
	for (size_t i = 0; rc == 0 && (text = sw_sce_environment(i)); i++)
		rc = keep_env(s, text);
	for (size_t i = 0; rc == 0 && i < env.n; i++)
		rc = keep_env(s, env.list[i]);
	run->kept = true;
	return s->href && s->output ? rc : -ENOMEM;
}

enum sw_verdict sce_check(struct scan *scan, const struct sw_xml_node *check, const char *href,
			  struct sw_strbuf *ret_message)
{
	struct sw_error err = {};
	struct sce_run *r;
	enum sw_verdict v;
	int rc;

	if (scan->opts->sce == SW_SCE_OFF) {
		sw_strbuf_adds(ret_message, "script checks are off");
		return SW_VERDICT_NOTCHECKED;
	}
	rc = get(scan, check, href, &r, &err);
	if (rc < 0) {
		sw_strbuf_adds(ret_message, err.text);
		return rc == -ENOENT ? SW_VERDICT_NOTCHECKED : SW_VERDICT_ERROR;
	}
	finish(r);
	sce_ahead(scan);
	if (r->rc == 0 && scan->opts->scripts && !r->kept && keep(scan, check, href, r) < 0)
		r->rc = sw_error_set(&r->err, ENOMEM, "out of memory");
	if (r->rc < 0) {
		sw_strbuf_adds(ret_message, r->err.text);
		return from_error(r->rc);
	}
	v = from_exit(r->code);
	report(&r->out, r->code, v, ret_message);
	return v;
}
