/* SPDX-License-Identifier: Apache-2.0 */
/* What a person reads about a rule, taken from its element: plain text out of XHTML. Pure. */
#include "report/report.h"
#include "source/source.h"
#include "stigwatch/engine.h"

#define NS_XHTML "http://www.w3.org/1999/xhtml"

/* Text that is being laid out: white space is held back until a word follows. */
struct layout {
	const struct sw_subst *subst;
	struct sw_strbuf out;
	int newlines; /* in the white space seen since the last word */
	bool space;   /* white space was seen */
	bool block;   /* a block element began or ended */
	bool item;    /* the next word begins a list item */
};

static void before_word(struct layout *l)
{
	if (l->out.len) {
		if (l->newlines >= 2 && !l->item)
			sw_strbuf_adds(&l->out, "\n\n");
		else if (l->block || l->item)
			sw_strbuf_addc(&l->out, '\n');
		else if (l->space)
			sw_strbuf_addc(&l->out, ' ');
	}
	if (l->item)
		sw_strbuf_adds(&l->out, "- ");
	l->newlines = 0;
	l->space = l->block = l->item = false;
}

static void add_words(struct layout *l, const char *text)
{
	static const char white[] = " \t\r\n";

	while (*text) {
		size_t n = strcspn(text, white);

		if (n) {
			before_word(l);
			sw_strbuf_add(&l->out, text, n);
			text += n;
		}
		for (n = strspn(text, white); n; n--, text++) {
			l->newlines += *text == '\n';
			l->space = true;
		}
	}
}

/* What stands elsewhere; what nothing defines shows its id, which says more than nothing. */
static void add_named(struct layout *l, const char *id, bool title)
{
	_cleanup_free_ char *text = sw_subst_text(l->subst, id, title);

	add_words(l, text ? text : id);
}

static void add_reference(struct layout *l, const struct sw_xml_node *element)
{
	static const char value[] = "#xccdf:value:", title[] = "#xccdf:title:";
	const char *data;

	if (sw_xml_is(element, SW_NS_XCCDF, "sub")) {
		add_named(l, sw_xml_attr_or(element, "idref", ""),
			  !strcmp(sw_xml_attr_or(element, "use", "value"), "title"));
	} else if (sw_xml_is(element, NS_XHTML, "object")) {
		data = sw_xml_attr_or(element, "data", "");
		if (!strncmp(data, value, strlen(value)))
			add_named(l, data + strlen(value), false);
		else if (!strncmp(data, title, strlen(title)))
			add_named(l, data + strlen(title), true);
	}
}

static int on_event(void *ctx, enum sw_xml_event event, const struct sw_xml_node *element,
		    const char *text)
{
	static const char *const blocks[] = {"br", "p",	  "div",   "ul", "ol",
					     "li", "pre", "table", "tr"};
	struct layout *l = ctx;
	size_t i;

	if (event == SW_XML_TEXT) {
		add_words(l, text);
		return 0;
	}
	for (i = 0; i < SW_ARRAY_LEN(blocks); i++)
		if (!strcmp(sw_xml_name(element), blocks[i]))
			l->block = true;
	if (event == SW_XML_START && !strcmp(sw_xml_name(element), "li"))
		l->item = true;
	if (event == SW_XML_START)
		add_reference(l, element);
	return 0;
}

/* Absent child: 0 and *ret_text stays NULL. */
static int plain_text(const struct sw_subst *subst, const struct sw_xml_node *parent,
		      const char *name, char **ret_text)
{
	const struct sw_xml_node *node = sw_xml_child(parent, SW_NS_XCCDF, name);
	struct layout l = {.subst = subst};

	if (!node)
		return 0;
	sw_xml_visit(node, on_event, &l);
	*ret_text = sw_strbuf_steal(&l.out);
	return *ret_text ? 0 : -ENOMEM;
}

static int add_string(char ***list, size_t *n, char *text)
{
	char **new = text ? reallocarray(*list, *n + 1, sizeof(*new)) : NULL;

	if (!new) {
		free(text);
		return -ENOMEM;
	}
	*list = new;
	new[(*n)++] = text;
	return 0;
}

/* CCIs are written under several addresses, all of them ending alike. */
static bool is_cci(const char *system)
{
	size_t n = strlen(system);

	return n >= 4 && !strcmp(system + n - 4, "/cci");
}

static int references(const struct sw_xml_node *rule, struct sw_rule_result *rr)
{
	int rc = 0;

	SW_XML_FOREACH (node, rule, SW_NS_XCCDF, NULL) {
		if (sw_xml_is(node, NULL, "ident") && is_cci(sw_xml_attr_or(node, "system", "")))
			rc = add_string(&rr->idents, &rr->n_idents, sw_xml_text_trim(node));
		else if (sw_xml_is(node, NULL, "reference") &&
			 !strcmp(sw_xml_attr_or(node, "href", ""), SW_REF_EVIDENCE_FOR))
			rc = add_string(&rr->evidence_for, &rr->n_evidence_for,
					sw_xml_text_trim(node));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int collapse_child(const struct sw_subst *subst, const struct sw_xml_node *parent,
			  const char *name, char **ret_text)
{
	_cleanup_free_ char *text = NULL;

	if (plain_text(subst, parent, name, &text) < 0)
		return -ENOMEM;
	if (!text || !*text)
		return 0;
	*ret_text = sw_str_collapse(text);
	return *ret_text ? 0 : -ENOMEM;
}

static int describe_long(const struct sw_subst *subst, const struct sw_xml_node *rule,
			 struct sw_rule_result *rr)
{
	int rc = plain_text(subst, rule, "description", &rr->description);

	if (rc == 0)
		rc = plain_text(subst, rule, "rationale", &rr->rationale);
	return rc < 0 ? rc : plain_text(subst, rule, "fixtext", &rr->fixtext);
}

static int describe(const struct sw_subst *subst, const struct sw_xml_node *rule,
		    const struct sw_xml_node *group, struct sw_rule_result *rr)
{
	enum sw_severity severity =
		sw_severity_from_str(sw_xml_attr_or(rule, "severity", "unknown"));
	int rc;

	rr->severity = severity == _SW_SEVERITY_MAX ? SW_SEVERITY_UNKNOWN : severity;
	rr->weight = strtod(sw_xml_attr_or(rule, "weight", "1"), NULL);
	rr->verdict = SW_VERDICT_NOTCHECKED;
	rr->rule_id = strdup(sw_xml_attr_or(rule, "id", ""));
	if (!rr->rule_id)
		return -ENOMEM;
	rc = sw_str_replace(&rr->role, sw_xml_attr(rule, "role"));
	if (rc == 0)
		rc = collapse_child(subst, rule, "title", &rr->title);
	if (rc == 0 && group)
		rc = sw_str_replace(&rr->group_id, sw_xml_attr(group, "id"));
	if (rc == 0 && group)
		rc = collapse_child(subst, group, "title", &rr->group_title);
	return rc < 0 ? rc : references(rule, rr);
}

struct sw_rule_result *sw_result_add_rule(struct sw_result *r, const struct sw_xml_node *rule,
					  const struct sw_xml_node *group)
{
	struct sw_rule_result *rr = &r->rules[r->n_rules];

	if (!r->subst && sw_subst_new(r->benchmark, r, &r->subst) < 0)
		return NULL;
	if (describe(r->subst, rule, group, rr) < 0 ||
	    (!r->brief && describe_long(r->subst, rule, rr) < 0)) {
		sw_rule_result_release(rr);
		return NULL;
	}
	r->n_rules++;
	return rr;
}
