/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime judge: which rules rest on which runtime definitions, and what a fact means for them.
 */
#include "oval/stream.h"
#include "stigwatch/cleanup.h"
#include "values/values.h"
#include "xccdf/xccdf.h"

struct judged_doc {
	char *href;
	struct oval_stream stream;
};

/* One runtime check of one rule. */
struct judged_check {
	const char *rule_id;
	size_t doc;
	const struct oval_definition *definition;
	bool negate;
};

struct sw_judge {
	struct judged_doc *docs;
	size_t n_docs, cap_docs;
	struct judged_check *checks;
	size_t n_checks, cap_checks;
};

SW_DEFINE_CLEANUP(struct sw_judge *, judge, sw_judge_free)
SW_DEFINE_CLEANUP(struct sw_oval_doc *, oval_doc, sw_oval_doc_free)

void sw_judge_free(struct sw_judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->n_docs; i++) {
		oval_stream_release(&j->docs[i].stream);
		free(j->docs[i].href);
	}
	free(j->docs);
	for (size_t i = 0; i < j->n_checks; i++)
		free((char *)j->checks[i].rule_id);
	free(j->checks);
	free(j);
}

static int load_doc(struct sw_judge *j, const struct sw_content *content, const char *href,
		    size_t *ret_index, struct sw_error *err)
{
	_cleanup_(sw_cleanup_oval_doc) struct sw_oval_doc *doc = NULL;
	const struct sw_xml_node *root;
	struct judged_doc *d;
	int rc;

	for (size_t i = 0; i < j->n_docs; i++)
		if (!strcmp(j->docs[i].href, href)) {
			*ret_index = i;
			return 0;
		}
	rc = sw_content_document(content, href, &root, err);
	if (rc == 0)
		rc = sw_oval_parse(root, href, &doc, err);
	if (rc < 0)
		return rc;
	if (SW_GROW(j->docs, j->n_docs, j->cap_docs) < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	d = &j->docs[j->n_docs];
	*d = (struct judged_doc){.href = strdup(href)};
	*ret_index = j->n_docs++;
	rc = oval_stream_init(&d->stream, TAKE(doc), err);
	if (rc < 0 || !d->href)
		return sw_error_set(err, ENOMEM, "out of memory");
	return 0;
}

static int add_check(struct sw_judge *j, const char *rule_id, size_t doc,
		     const struct oval_definition *d, bool negate)
{
	char *id = strdup(rule_id);

	if (!id || SW_GROW(j->checks, j->n_checks, j->cap_checks) < 0) {
		free(id);
		return -ENOMEM;
	}
	j->checks[j->n_checks++] = (struct judged_check){id, doc, d, negate};
	return 0;
}

/* A check without a name means every definition of its document. */
static int add_rule_check(struct sw_judge *j, const struct sw_content *content,
			  const struct sw_content_rule *rule, const struct sw_check_ref *ref,
			  struct sw_error *err)
{
	const struct oval_table *t;
	size_t doc = 0, n = 0;
	int rc = load_doc(j, content, ref->href, &doc, err);

	if (rc < 0)
		return sw_error_context(err, "rule %s", rule->id);
	t = &j->docs[doc].stream.doc->definitions;
	for (size_t i = 0; i < t->n && rc == 0; i++) {
		const struct oval_definition *d = t->items[i];

		if (ref->name && strcmp(ref->name, d->id))
			continue;
		rc = add_check(j, rule->id, doc, d, ref->negate);
		n++;
	}
	if (rc < 0)
		return sw_error_set(err, ENOMEM, "out of memory");
	if (!n)
		return sw_error_set(err, ENOENT, "rule %s: %s holds no definition %s", rule->id,
				    ref->href, ref->name ? ref->name : "at all");
	return 0;
}

int sw_judge_new(const struct sw_content *content, struct sw_judge **ret_judge,
		 struct sw_error *err)
{
	_cleanup_(sw_cleanup_judge) struct sw_judge *j = calloc(1, sizeof(*j));

	if (!j)
		return sw_error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < sw_content_n_rules(content); i++) {
		const struct sw_content_rule *rule = sw_content_rule_at(content, i);

		for (size_t k = 0; k < rule->n_checks; k++) {
			int rc;

			if (strcmp(rule->checks[k].system, SW_CHECK_SYSTEM_RUNTIME))
				continue;
			rc = add_rule_check(j, content, rule, &rule->checks[k], err);
			if (rc < 0)
				return rc;
		}
	}
	*ret_judge = TAKE(j);
	return 0;
}

/* vulnerability and patch definitions are true when something is wrong (XCCDF 1.2 and OVAL,
 * SCAP 1.3 section 4.5.2). */
static enum sw_verdict verdict_of(const struct sw_judge *j, const struct judged_check *c)
{
	const struct oval_stream *st = &j->docs[c->doc].stream;
	bool inverse = !strcmp(c->definition->class, "vulnerability") ||
		       !strcmp(c->definition->class, "patch");

	switch (sw_oval_negate(oval_stream_result(st, c->definition), inverse != c->negate)) {
	case SW_OVAL_TRUE:
		return SW_VERDICT_PASS;
	case SW_OVAL_FALSE:
		return SW_VERDICT_FAIL;
	case SW_OVAL_ERROR:
		return SW_VERDICT_ERROR;
	case SW_OVAL_NOT_APPLICABLE:
		return SW_VERDICT_NOTAPPLICABLE;
	default:
		return SW_VERDICT_UNKNOWN;
	}
}

enum sw_verdict sw_judge_verdict(const struct sw_judge *j, const char *rule_id)
{
	enum sw_verdict v = SW_VERDICT_UNKNOWN;
	bool first = true;

	for (size_t i = 0; i < j->n_checks; i++) {
		enum sw_verdict one;

		if (strcmp(j->checks[i].rule_id, rule_id))
			continue;
		one = verdict_of(j, &j->checks[i]);
		v = first ? one : sw_verdict_and(v, one);
		first = false;
	}
	return v;
}

/* ---- feeding ---- */

struct hitting {
	const struct sw_judge *j;
	const struct judged_check *check;
	struct sw_judge_hit *hits;
	size_t n, max;
	size_t start; /* of this check's hits */
};

static void hit_test(void *ctx, const struct oval_test *test)
{
	struct hitting *h = ctx;
	const struct oval_stream *st = &h->j->docs[h->check->doc].stream;
	const struct oval_definition *d = h->check->definition;

	if (!st->violated[test->index])
		return;
	for (size_t i = h->start; i < h->n && i < h->max; i++)
		if (!strcmp(h->hits[i].test_id, test->id))
			return; /* the same test twice in one definition */
	if (h->n < h->max)
		h->hits[h->n] = (struct sw_judge_hit){
			.rule_id = h->check->rule_id,
			.definition_id = d->id,
			.test_id = test->id,
			.first = st->before[d->index] != oval_stream_result(st, d),
		};
	h->n++;
}

int sw_judge_feed(struct sw_judge *j, const struct sw_fact *fact, struct sw_judge_hit *hits,
		  size_t max, struct sw_error *err)
{
	struct hitting h = {.j = j, .hits = hits, .max = max};
	size_t violated = 0;

	for (size_t i = 0; i < j->n_docs; i++) {
		violated += oval_stream_feed(&j->docs[i].stream, fact);
		if (j->docs[i].stream.session->no_memory)
			return sw_error_set(err, ENOMEM, "out of memory while judging");
	}
	for (size_t i = 0; violated && i < j->n_checks; i++) {
		h.check = &j->checks[i];
		h.start = h.n;
		if (verdict_of(j, h.check) == SW_VERDICT_FAIL)
			oval_stream_tests(&j->docs[h.check->doc].stream, h.check->definition,
					  hit_test, &h);
	}
	return h.n > INT32_MAX ? INT32_MAX : (int)h.n;
}

/* ---- what a rule needs to be seen ---- */

struct types {
	const char **items;
	size_t n, max;
	const struct oval_stream *stream;
};

static void add_type(void *ctx, const char *type)
{
	struct types *t = ctx;

	for (size_t i = 0; i < t->n && i < t->max; i++)
		if (!strcmp(t->items[i], type))
			return;
	if (t->n < t->max)
		t->items[t->n] = type;
	t->n++;
}

static void add_test_types(void *ctx, const struct oval_test *test)
{
	struct types *t = ctx;

	oval_stream_types(t->stream, test, add_type, t);
}

size_t sw_judge_rule_types(const struct sw_judge *j, const char *rule_id, const char **ret_types,
			   size_t max)
{
	struct types t = {.items = ret_types, .max = max};

	for (size_t i = 0; i < j->n_checks; i++) {
		const struct judged_check *c = &j->checks[i];

		if (strcmp(c->rule_id, rule_id))
			continue;
		t.stream = &j->docs[c->doc].stream;
		oval_stream_tests(t.stream, c->definition, add_test_types, &t);
	}
	return t.n;
}
