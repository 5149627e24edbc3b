/* SPDX-License-Identifier: Apache-2.0 */
/* The result object: owning, finding, counting. Must not read or write files. */
#include "oval/results.h"
#include "report/report.h"
#include "source/source.h"

static void free_strings(char **list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

static void free_pairs(struct sw_name_value *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(list[i].name);
		free(list[i].value);
	}
	free(list);
}

static void free_override(struct sw_override *o)
{
	if (!o)
		return;
	free(o->authority);
	free(o->remark);
	free(o->time);
	free(o);
}

void sw_rule_result_release(struct sw_rule_result *rr)
{
	char *strings[] = {
		rr->rule_id,   rr->group_id, rr->group_title,  rr->title,      rr->description,
		rr->rationale, rr->fixtext,  rr->check_system, rr->check_href, rr->check_name,
		rr->time,      rr->message,  rr->role,
	};
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(strings); i++)
		free(strings[i]);
	free_strings(rr->idents, rr->n_idents);
	free_strings(rr->evidence_for, rr->n_evidence_for);
	free_override(rr->override);
	for (i = 0; i < rr->n_parts; i++) {
		free(rr->parts[i].name);
		free(rr->parts[i].title);
		free(rr->parts[i].message);
	}
	free(rr->parts);
	*rr = (struct sw_rule_result){};
}

void sw_result_free(struct sw_result *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->n_rules; i++)
		sw_rule_result_release(&r->rules[i]);
	for (i = 0; i < r->n_scores; i++)
		free(r->scores[i].system);
	for (i = 0; i < r->n_oval; i++) {
		free(r->oval[i].href);
		sw_oval_report_free(r->oval[i].report);
		sw_source_free(r->oval[i].source);
	}
	free(r->oval);
	for (i = 0; i < r->n_scripts; i++) {
		free(r->scripts[i].href);
		free_strings(r->scripts[i].env, r->scripts[i].n_env);
		free(r->scripts[i].output);
	}
	free(r->scripts);
	free(r->rules);
	free(r->scores);
	free_pairs(r->facts, r->n_facts);
	free_pairs(r->values, r->n_values);
	free_pairs(r->group_weights, r->n_group_weights);
	free_strings(r->addresses, r->n_addresses);
	free(r->benchmark_id);
	free(r->benchmark_version);
	free(r->benchmark_title);
	free(r->profile_id);
	free(r->target);
	free(r->start_time);
	free(r->end_time);
	free(r->content_path);
	free(r->content_sha256);
	sw_subst_free(r->subst);
	sw_xml_doc_free(r->doc);
	sw_source_free(r->source);
	free(r->tailoring_href);
	free(r->tailoring_id);
	free(r->tailoring_version);
	free(r->tailoring_time);
	free(r);
}

static char *collapsed_child(const struct sw_xml_node *parent, const char *name)
{
	_cleanup_free_ char *text = sw_xml_child_text(parent, SW_NS_XCCDF, name);

	return text ? sw_str_collapse(text) : NULL;
}

/* oscap puts white space into empty check-imports of a Rule, which the schema's rules forbid there.
 */
static int tidy_imports(struct sw_xml_node *parent)
{
	char *text;
	bool blank;

	SW_XML_FOREACH (node, parent, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "Group") || sw_xml_is(node, NULL, "Rule") ||
		    sw_xml_is(node, NULL, "check") || sw_xml_is(node, NULL, "complex-check")) {
			if (tidy_imports(node) < 0)
				return -ENOMEM;
		} else if (sw_xml_is(node, NULL, "check-import") &&
			   !sw_xml_child(node, NULL, NULL)) {
			text = sw_xml_text_trim(node);
			if (!text)
				return -ENOMEM;
			blank = !*text;
			free(text);
			if (blank)
				sw_xml_clear(node);
		}
	}
	return 0;
}

int sw_benchmark_tidy(struct sw_xml_node *benchmark)
{
	return sw_xml_make_default_ns(benchmark) < 0 || tidy_imports(benchmark) < 0 ? -ENOMEM : 0;
}

struct sw_result *sw_result_new(const struct sw_xml_node *benchmark, struct sw_source *source,
				struct sw_xml_doc *doc, size_t n_rules)
{
	_cleanup_result_ struct sw_result *r = calloc(1, sizeof(*r));

	if (!r) {
		sw_xml_doc_free(doc);
		return NULL;
	}
	r->doc = doc;
	r->source = source ? sw_source_ref(source) : NULL;
	r->benchmark = benchmark;
	r->rules = calloc(n_rules + 1, sizeof(*r->rules));
	r->benchmark_id = strdup(sw_xml_attr_or(benchmark, "id", ""));
	r->benchmark_version = sw_xml_child_text(benchmark, SW_NS_XCCDF, "version");
	r->benchmark_title = collapsed_child(benchmark, "title");
	return r->rules && r->benchmark_id ? TAKE(r) : NULL;
}

struct sw_xml_node *sw_result_own_tree(struct sw_result *r)
{
	if (!r->doc) {
		r->doc = sw_xml_doc_from(r->benchmark);
		if (!r->doc)
			return NULL;
		r->benchmark = sw_xml_root(r->doc);
	}
	/* It may change now: what was looked up in it is looked up anew. */
	sw_subst_free(r->subst);
	r->subst = NULL;
	return sw_xml_root(r->doc);
}

/* Room for one more in an array that keeps no capacity: it is a power of two. */
static int grow_one(void **array, size_t n, size_t size)
{
	void *new;

	if (n & (n - 1))
		return 0;
	new = reallocarray(*array, n ? n * 2 : 1, size);
	if (!new)
		return -ENOMEM;
	*array = new;
	return 0;
}

static int add_pair(struct sw_name_value **list, size_t *n, const char *name, const char *value)
{
	struct sw_name_value pair;

	if (grow_one((void **)list, *n, sizeof(**list)) < 0)
		return -ENOMEM;
	pair.name = strdup(name);
	pair.value = strdup(value);
	if (!pair.name || !pair.value) {
		free(pair.name);
		free(pair.value);
		return -ENOMEM;
	}
	(*list)[(*n)++] = pair;
	return 0;
}

int sw_result_add_fact(struct sw_result *r, const char *name, const char *value)
{
	return add_pair(&r->facts, &r->n_facts, name, value);
}

int sw_result_add_value(struct sw_result *r, const char *id, const char *value)
{
	return add_pair(&r->values, &r->n_values, id, value);
}

int sw_result_add_group_weight(struct sw_result *r, const char *group_id, const char *weight)
{
	return add_pair(&r->group_weights, &r->n_group_weights, group_id, weight);
}

int sw_result_add_address(struct sw_result *r, const char *address)
{
	char *copy;

	if (grow_one((void **)&r->addresses, r->n_addresses, sizeof(*r->addresses)) < 0)
		return -ENOMEM;
	copy = strdup(address);
	if (!copy)
		return -ENOMEM;
	r->addresses[r->n_addresses++] = copy;
	return 0;
}

int sw_rule_result_set_message(struct sw_rule_result *rr, const char *text)
{
	static const char mark[] = "[...]";
	_cleanup_strbuf_ struct sw_strbuf sb = {};
	char *message;

	sw_strbuf_add_text(&sb, text, strlen(text));
	if (!sb.failed && sb.len > SW_LIMIT_MESSAGE) {
		sb.len = sw_utf8_cut(sb.data, sb.len, SW_LIMIT_MESSAGE - strlen(mark));
		sw_strbuf_adds(&sb, mark);
	}
	message = sw_strbuf_steal(&sb);
	if (!message)
		return -ENOMEM;
	free(rr->message);
	rr->message = message;
	return 0;
}

struct sw_rule_result *sw_result_find(struct sw_result *r, const char *rule_id)
{
	size_t i;

	for (i = 0; i < r->n_rules; i++)
		if (!strcmp(r->rules[i].rule_id, rule_id))
			return &r->rules[i];
	return NULL;
}

void sw_result_counts(const struct sw_result *r, size_t ret_counts[_SW_VERDICT_MAX])
{
	size_t i;

	memset(ret_counts, 0, sizeof(*ret_counts) * _SW_VERDICT_MAX);
	for (i = 0; i < r->n_rules; i++)
		ret_counts[r->rules[i].verdict]++;
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(struct sw_rule_result *const *)a)->rule_id,
		      (*(struct sw_rule_result *const *)b)->rule_id);
}

int sw_rule_index_init(struct sw_rule_index *index, const struct sw_result *r)
{
	size_t i;

	index->n = r->n_rules;
	index->sorted = calloc(r->n_rules + 1, sizeof(*index->sorted));
	if (!index->sorted)
		return -ENOMEM;
	for (i = 0; i < r->n_rules; i++)
		index->sorted[i] = &r->rules[i];
	qsort(index->sorted, index->n, sizeof(*index->sorted), by_id);
	return 0;
}

void sw_rule_index_release(struct sw_rule_index *index)
{
	free(index->sorted);
	*index = (struct sw_rule_index){};
}

struct sw_rule_result *sw_rule_index_find(const struct sw_rule_index *index, const char *rule_id)
{
	struct sw_rule_result key = {.rule_id = (char *)rule_id}, *p = &key, **found;

	if (!index->n)
		return NULL;
	found = bsearch(&p, index->sorted, index->n, sizeof(*index->sorted), by_id);
	return found ? *found : NULL;
}
