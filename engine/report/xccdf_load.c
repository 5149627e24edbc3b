/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a result back from XCCDF: ours, or what oscap xccdf eval --results wrote. Must not judge.
 */
#include <fcntl.h>

#include "report/report.h"
#include "source/file.h"
#include "source/source.h"
#include "stigwatch/engine.h"

/* One load: where we are, for messages. */
struct load {
	const char *path;
	struct sw_result *r;
	const struct sw_xml_node *test; /* TestResult */
	struct sw_error *err;
};

static int no_memory(const struct load *l)
{
	return sw_error_set(l->err, ENOMEM, "%s: no memory", l->path);
}

static int bad(const struct load *l, const struct sw_xml_node *node, const char *what)
{
	return sw_error_set(l->err, EINVAL, "%s:%ld: <%s>: %s", l->path, sw_xml_line(node),
			    sw_xml_name(node), what);
}

static size_t count_rules(const struct sw_xml_node *parent)
{
	size_t n = 0;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "Rule"))
			n++;
		else if (sw_xml_is(node, NULL, "Group"))
			n += count_rules(node);
	}
	return n;
}

/* Rules of the tree with their metadata; verdict unset until a rule-result is found. */
static int add_rules(struct load *l, const struct sw_xml_node *parent,
		     const struct sw_xml_node *group)
{
	struct sw_rule_result *rr;
	int rc;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "Rule")) {
			rr = sw_result_add_rule(l->r, node, group);
			if (!rr)
				return no_memory(l);
			rr->verdict = _SW_VERDICT_MAX;
		} else if (sw_xml_is(node, NULL, "Group")) {
			rc = add_rules(l, node, node);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static int read_verdict(const struct load *l, const struct sw_xml_node *parent, const char *name,
			enum sw_verdict *ret_verdict)
{
	_cleanup_free_ char *text = sw_xml_child_text(parent, SW_NS_XCCDF, name);
	enum sw_verdict v = sw_verdict_from_str(text);

	if (v == _SW_VERDICT_MAX)
		return bad(l, parent, "no valid result");
	*ret_verdict = v;
	return 0;
}

static int read_override(const struct load *l, const struct sw_xml_node *node,
			 struct sw_rule_result *rr)
{
	struct sw_override *o;

	/* The last one is the one that counts. */
	if (!rr->override)
		rr->override = calloc(1, sizeof(*rr->override));
	o = rr->override;
	if (!o || sw_str_replace(&o->authority, sw_xml_attr_or(node, "authority", "")) < 0 ||
	    sw_str_replace(&o->time, sw_xml_attr_or(node, "time", "")) < 0)
		return no_memory(l);
	free(o->remark);
	o->remark = sw_xml_child_text(node, SW_NS_XCCDF, "remark");
	if (read_verdict(l, node, "old-result", &o->old_verdict) < 0)
		return -EINVAL;
	return read_verdict(l, node, "new-result", &o->new_verdict);
}

static int read_check(const struct load *l, const struct sw_xml_node *check,
		      struct sw_rule_result *rr)
{
	const struct sw_xml_node *ref = sw_xml_child(check, SW_NS_XCCDF, "check-content-ref");

	if (sw_str_replace(&rr->check_system, sw_xml_attr(check, "system")) < 0)
		return no_memory(l);
	if (ref && (sw_str_replace(&rr->check_href, sw_xml_attr(ref, "href")) < 0 ||
		    sw_str_replace(&rr->check_name, sw_xml_attr(ref, "name")) < 0))
		return no_memory(l);
	rr->runtime = rr->check_system && !strcmp(rr->check_system, SW_CHECK_SYSTEM_RUNTIME);
	return 0;
}

/* Several messages become one text: readers keep one. */
static int read_message(const struct load *l, const struct sw_xml_node *node,
			struct sw_rule_result *rr)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	_cleanup_free_ char *text = sw_xml_text_trim(node);

	if (!text)
		return no_memory(l);
	if (rr->message)
		sw_strbuf_addf(&sb, "%s\n", rr->message);
	sw_strbuf_adds(&sb, text);
	if (!sw_strbuf_str(&sb) || sw_rule_result_set_message(rr, sw_strbuf_str(&sb)) < 0)
		return no_memory(l);
	return 0;
}

static int read_children(const struct load *l, const struct sw_xml_node *node,
			 struct sw_rule_result *rr)
{
	int rc = 0;

	SW_XML_FOREACH (child, node, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(child, NULL, "override"))
			rc = read_override(l, child, rr);
		else if (sw_xml_is(child, NULL, "message"))
			rc = read_message(l, child, rr);
		else if (sw_xml_is(child, NULL, "check"))
			rc = read_check(l, child, rr);
		else if (sw_xml_is(child, NULL, "metadata"))
			rr->vacuous |= sw_xml_child(child, SW_NS_RESULT, "vacuous") != NULL;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_rule_result(const struct load *l, const struct sw_rule_index *index,
			    const struct sw_xml_node *node)
{
	struct sw_rule_result *rr = sw_rule_index_find(index, sw_xml_attr_or(node, "idref", ""));
	enum sw_severity severity;
	enum sw_verdict v = _SW_VERDICT_MAX;
	const char *text;

	if (!rr)
		return bad(l, node, "idref names no Rule of the benchmark");
	if (read_verdict(l, node, "result", &v) < 0)
		return -EINVAL;
	/* One verdict per rule, the worst: multiple checks give several rule-results. */
	rr->verdict = rr->verdict == _SW_VERDICT_MAX ? v : sw_verdict_worst(rr->verdict, v);
	severity = sw_severity_from_str(sw_xml_attr(node, "severity"));
	if (severity != _SW_SEVERITY_MAX)
		rr->severity = severity;
	text = sw_xml_attr(node, "weight");
	if (text)
		rr->weight = strtod(text, NULL);
	text = sw_xml_attr(node, "role");
	if (text && sw_str_replace(&rr->role, text) < 0)
		return no_memory(l);
	if (sw_str_replace(&rr->time, sw_xml_attr(node, "time")) < 0)
		return no_memory(l);
	return read_children(l, node, rr);
}

/* Rules without a rule-result are dropped from rules[]; they stay in the tree. */
static void drop_unjudged(struct sw_result *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->n_rules; i++) {
		if (r->rules[i].verdict == _SW_VERDICT_MAX)
			sw_rule_result_release(&r->rules[i]);
		else
			r->rules[n++] = r->rules[i];
	}
	r->n_rules = n;
}

static int read_rule_results(struct load *l)
{
	_cleanup_rule_index_ struct sw_rule_index index = {};
	int rc;

	rc = add_rules(l, l->r->benchmark, NULL);
	if (rc < 0)
		return rc;
	if (sw_rule_index_init(&index, l->r) < 0)
		return no_memory(l);
	SW_XML_FOREACH (node, l->test, SW_NS_XCCDF, "rule-result") {
		rc = read_rule_result(l, &index, node);
		if (rc < 0)
			return rc;
	}
	drop_unjudged(l->r);
	if (!l->r->n_rules)
		return sw_error_set(l->err, ENODATA, "%s:%ld: the TestResult has no rule-result",
				    l->path, sw_xml_line(l->test));
	return 0;
}

static int read_fact(struct load *l, const struct sw_xml_node *node)
{
	_cleanup_free_ char *value = sw_xml_text_trim(node);
	const char *name = sw_xml_attr_or(node, "name", "");

	if (!value || sw_result_add_fact(l->r, name, value) < 0)
		return no_memory(l);
	if (!strcmp(name, SW_FACT_CONTENT_SHA256) &&
	    sw_str_replace(&l->r->content_sha256, value) < 0)
		return no_memory(l);
	return 0;
}

static int read_score(struct load *l, const struct sw_xml_node *node)
{
	_cleanup_free_ char *text = sw_xml_text_trim(node);
	struct sw_score *list;

	list = text ? reallocarray(l->r->scores, l->r->n_scores + 1, sizeof(*list)) : NULL;
	if (!list)
		return no_memory(l);
	l->r->scores = list;
	list += l->r->n_scores;
	*list = (struct sw_score){
		.system = strdup(sw_xml_attr_or(node, "system", "urn:xccdf:scoring:default")),
		.value = strtod(text, NULL),
		.maximum = strtod(sw_xml_attr_or(node, "maximum", "100"), NULL),
	};
	if (!list->system)
		return no_memory(l);
	l->r->n_scores++;
	return 0;
}

static int read_tailoring(struct sw_result *r, const struct sw_xml_node *node)
{
	int rc = sw_str_replace(&r->tailoring_href, sw_xml_attr(node, "href"));

	if (rc == 0)
		rc = sw_str_replace(&r->tailoring_id, sw_xml_attr(node, "id"));
	if (rc == 0)
		rc = sw_str_replace(&r->tailoring_version, sw_xml_attr(node, "version"));
	return rc < 0 ? rc : sw_str_replace(&r->tailoring_time, sw_xml_attr(node, "time"));
}

static int read_frame_child(struct load *l, const struct sw_xml_node *node)
{
	_cleanup_free_ char *text = sw_xml_text_trim(node);
	struct sw_result *r = l->r;
	int rc = text ? 0 : -ENOMEM;

	if (rc == 0 && sw_xml_is(node, NULL, "target") && !r->target)
		r->target = TAKE(text);
	else if (rc == 0 && sw_xml_is(node, NULL, "target-address"))
		rc = sw_result_add_address(r, text);
	else if (rc == 0 && sw_xml_is(node, NULL, "set-value"))
		rc = sw_result_add_value(r, sw_xml_attr_or(node, "idref", ""), text);
	else if (rc == 0 && sw_xml_is(node, NULL, "profile"))
		rc = sw_str_replace(&r->profile_id, sw_xml_attr(node, "idref"));
	else if (rc == 0 && sw_xml_is(node, NULL, "benchmark"))
		rc = sw_str_replace(&r->content_path, sw_xml_attr(node, "href"));
	else if (rc == 0 && sw_xml_is(node, NULL, "tailoring-file"))
		rc = read_tailoring(r, node);
	else if (rc == 0 && sw_xml_is(node, NULL, "score"))
		return read_score(l, node);
	return rc < 0 ? no_memory(l) : 0;
}

static int read_frame(struct load *l)
{
	int rc;

	if (sw_str_replace(&l->r->start_time, sw_xml_attr(l->test, "start-time")) < 0 ||
	    sw_str_replace(&l->r->end_time, sw_xml_attr(l->test, "end-time")) < 0)
		return no_memory(l);
	SW_XML_FOREACH (node, l->test, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "target-facts")) {
			SW_XML_FOREACH (fact, node, SW_NS_XCCDF, "fact") {
				rc = read_fact(l, fact);
				if (rc < 0)
					return rc;
			}
		} else if (!sw_xml_is(node, NULL, "rule-result")) {
			rc = read_frame_child(l, node);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static int find_test(struct load *l, const struct sw_xml_node *root)
{
	if (!sw_xml_is(root, SW_NS_XCCDF, "Benchmark"))
		return bad(l, root, "not an XCCDF 1.2 Benchmark with a TestResult");
	l->test = sw_xml_child(root, SW_NS_XCCDF, "TestResult");
	if (!l->test)
		return bad(l, root, "holds no TestResult");
	if (sw_xml_next(l->test, SW_NS_XCCDF, "TestResult"))
		return bad(l, l->test, "more than one TestResult");
	return 0;
}

static int load(struct load *l, const char *data, size_t len)
{
	struct sw_xml_doc *doc = NULL;
	struct sw_xml_node *root;
	int rc;

	rc = sw_xml_parse(data, len, l->path, &doc, l->err);
	if (rc < 0)
		return rc;
	root = sw_xml_root(doc);
	rc = find_test(l, root);
	if (rc == 0 && sw_benchmark_tidy(root) < 0)
		rc = no_memory(l);
	if (rc < 0) {
		sw_xml_doc_free(doc);
		return rc;
	}
	l->r = sw_result_new(root, NULL, doc, count_rules(root));
	if (!l->r)
		return no_memory(l);
	/* The frame first: its Values stand in the texts of rules. */
	rc = read_frame(l);
	if (rc == 0 && sw_result_load_weights(l->r) < 0)
		rc = no_memory(l);
	if (rc == 0)
		rc = read_rule_results(l);
	if (rc == 0)
		sw_xml_remove_line((struct sw_xml_node *)l->test);
	return rc;
}

int sw_result_load(const char *path, struct sw_result **ret_result, struct sw_error *err)
{
	struct load l = {.path = path, .err = err};
	_cleanup_free_ char *data = NULL;
	_cleanup_fd_ int fd = -1;
	size_t len;
	int rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	rc = sw_file_read(fd, path, SW_LIMIT_XML_BYTES, &data, &len, err);
	if (rc == 0)
		rc = load(&l, data, len);
	if (rc < 0) {
		sw_result_free(l.r);
		return rc;
	}
	*ret_result = l.r;
	return 0;
}
