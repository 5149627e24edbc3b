/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a rule's script through target/'s sandbox and reads its exit status. Must not run anything
 * itself. */
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
static void report(struct sw_strbuf *out, int code, enum sw_verdict v,
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

enum sw_verdict sce_check(struct scan *scan, const struct sw_xml_node *check, const char *href,
			  struct sw_strbuf *ret_message)
{
	_cleanup_(env_release) struct env env = {};
	_cleanup_strbuf_ struct sw_strbuf out = {};
	struct sw_sce_request req = {.name = href};
	struct sw_source_doc doc;
	struct sw_error err = {};
	enum sw_verdict v;
	int code, rc;

	if (scan->opts->sce == SW_SCE_OFF) {
		sw_strbuf_adds(ret_message, "script checks are off");
		return SW_VERDICT_NOTCHECKED;
	}
	rc = sw_source_find(scan->content->source, href, &doc, &err);
	if (rc < 0 || doc.root) {
		sw_strbuf_adds(ret_message, rc < 0 ? err.text : "not a script");
		return rc == -ENOENT ? SW_VERDICT_NOTCHECKED : SW_VERDICT_ERROR;
	}
	rc = env_fill(&env, scan, check);
	if (rc == 0) {
		req.script = doc.data;
		req.len = doc.len;
		req.env = (const char *const *)env.list;
		rc = sw_sce_run(scan->target, &req, &code, &out, &err);
	}
	if (rc < 0) {
		sw_strbuf_adds(ret_message, err.text);
		return from_error(rc);
	}
	v = from_exit(code);
	report(&out, code, v, ret_message);
	return v;
}
