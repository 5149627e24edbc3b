/* SPDX-License-Identifier: Apache-2.0 */
/* Scores a result by the benchmark's models (XCCDF 1.2 section 7.3). Pure. */
#include "report/report.h"
#include "source/source.h"

#define MODEL "urn:xccdf:scoring:"

/* What a subtree adds up to. */
struct sum {
	double score;	    /* default model: 0..100 of what counts */
	double passed;	    /* weights of what passed */
	double weight;	    /* weights of what counts */
	size_t n_passed, n; /* rules */
};

static bool scored(const struct sw_rule_result *rr)
{
	return sw_verdict_counts(rr->verdict) && !(rr->role && !strcmp(rr->role, "unscored"));
}

static struct sum rule_sum(const struct sw_rule_result *rr)
{
	bool pass = rr->verdict == SW_VERDICT_PASS || rr->verdict == SW_VERDICT_FIXED;

	return (struct sum){
		.score = pass ? 100 : 0,
		.passed = pass ? rr->weight : 0,
		.weight = rr->weight,
		.n_passed = pass,
		.n = 1,
	};
}

/* As the profile refined it, else its own (6.5.3). */
static double group_weight(const struct sw_result *r, const struct sw_xml_node *group)
{
	const char *id = sw_xml_attr_or(group, "id", "");

	for (size_t i = 0; i < r->n_group_weights; i++)
		if (!strcmp(r->group_weights[i].name, id))
			return strtod(r->group_weights[i].value, NULL);
	return strtod(sw_xml_attr_or(group, "weight", "1"), NULL);
}

static struct sum group_sum(const struct sw_result *r, const struct sw_xml_node *group,
			    const struct sw_rule_index *index)
{
	const struct sw_rule_result *rr;
	double weighted = 0, weights = 0, weight;
	struct sum sum = {}, one;

	SW_XML_FOREACH (node, group, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "Group")) {
			one = group_sum(r, node, index);
			weight = group_weight(r, node);
		} else if (sw_xml_is(node, NULL, "Rule")) {
			rr = sw_rule_index_find(index, sw_xml_attr_or(node, "id", ""));
			if (!rr || !scored(rr))
				continue;
			one = rule_sum(rr);
			weight = rr->weight;
		} else {
			continue;
		}
		if (!one.n)
			continue;
		weighted += one.score * weight;
		weights += weight;
		sum.passed += one.passed;
		sum.weight += one.weight;
		sum.n_passed += one.n_passed;
		sum.n += one.n;
	}
	sum.score = weights > 0 ? weighted / weights : 0;
	return sum;
}

static bool by_model(const char *model, const struct sum *sum, double *ret_value,
		     double *ret_maximum)
{
	if (!strcmp(model, MODEL "default"))
		*ret_value = sum->score, *ret_maximum = 100;
	else if (!strcmp(model, MODEL "flat"))
		*ret_value = sum->passed, *ret_maximum = sum->weight;
	else if (!strcmp(model, MODEL "flat-unweighted"))
		*ret_value = (double)sum->n_passed, *ret_maximum = (double)sum->n;
	else if (!strcmp(model, MODEL "absolute"))
		*ret_value = sum->n_passed == sum->n, *ret_maximum = 1;
	else
		return false;
	return true;
}

static int add_score(struct sw_result *r, const char *model, const struct sum *sum)
{
	struct sw_score score = {}, *list;

	if (!by_model(model, sum, &score.value, &score.maximum))
		return 0;
	list = reallocarray(r->scores, r->n_scores + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	r->scores = list;
	score.system = strdup(model);
	if (!score.system)
		return -ENOMEM;
	list[r->n_scores++] = score;
	return 0;
}

int sw_result_score(struct sw_result *r)
{
	_cleanup_rule_index_ struct sw_rule_index index = {};
	const struct sw_xml_node *root = r->benchmark;
	struct sum sum;
	int rc;

	rc = sw_rule_index_init(&index, r);
	if (rc < 0)
		return rc;
	sum = group_sum(r, root, &index);
	while (r->n_scores)
		free(r->scores[--r->n_scores].system);
	SW_XML_FOREACH (model, root, SW_NS_XCCDF, "model") {
		rc = add_score(r, sw_xml_attr_or(model, "system", ""), &sum);
		if (rc < 0)
			return rc;
	}
	/* The standard wants at least one score, and the default model always. */
	return r->n_scores ? 0 : add_score(r, MODEL "default", &sum);
}
