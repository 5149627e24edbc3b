/* SPDX-License-Identifier: Apache-2.0 */
/* Puts an OVAL results document together from its parts. Evaluates nothing. */
#include "oval/results_private.h"

#include "base/base.h"
#include "facts/read.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"
#include "target/spool.h"

#define NS_RESULTS "http://oval.mitre.org/XMLSchema/oval-results-5"
#define NS_SYSCHAR "http://oval.mitre.org/XMLSchema/oval-system-characteristics-5"
#define NS_COMMON "http://oval.mitre.org/XMLSchema/oval-common-5"
#define NS_FACTS "urn:stigwatch:result:1"

SW_DEFINE_CLEANUP(struct sw_oval_report *, report, sw_oval_report_free)

static const char *const classes[SW_OVAL_CLASSES] = {"compliance", "inventory", "miscellaneous",
						     "patch", "vulnerability"};
static const char *const directive_names[_SW_OVAL_MAX] = {
	[SW_OVAL_TRUE] = "definition_true",
	[SW_OVAL_FALSE] = "definition_false",
	[SW_OVAL_UNKNOWN] = "definition_unknown",
	[SW_OVAL_ERROR] = "definition_error",
	[SW_OVAL_NOT_EVALUATED] = "definition_not_evaluated",
	[SW_OVAL_NOT_APPLICABLE] = "definition_not_applicable",
};

int oval_report_class(const char *name)
{
	for (int i = 0; i < SW_OVAL_CLASSES; i++)
		if (!strcmp(classes[i], name))
			return i;
	return -1;
}

/* ---- directives ---- */

static int parse_one(const struct sw_xml_node *node, struct sw_oval_directives *d,
		     struct sw_error *err)
{
	for (size_t i = 0; i < _SW_OVAL_MAX; i++) {
		const struct sw_xml_node *e = sw_xml_child(node, NS_RESULTS, directive_names[i]);

		if (!e)
			return sw_error_set(err, EINVAL, "directives, line %ld: no %s",
					    sw_xml_line(node), directive_names[i]);
		if (!sw_xml_attr_bool(e, "reported", false))
			d->by_result[i] = SW_OVAL_CONTENT_NONE;
		else if (!strcmp(sw_xml_attr_or(e, "content", "full"), "thin"))
			d->by_result[i] = SW_OVAL_CONTENT_THIN;
		else
			d->by_result[i] = SW_OVAL_CONTENT_FULL;
	}
	return 0;
}

int sw_oval_directives_parse(const struct sw_xml_node *root, struct sw_oval_report_options *ret,
			     struct sw_error *err)
{
	const struct sw_xml_node *all = sw_xml_child(root, NULL, "directives");
	int rc = all ? parse_one(all, &ret->directives, err)
		     : sw_error_set(err, EINVAL, "the document has no directives");

	if (rc == 0)
		ret->without_definitions =
			!sw_xml_attr_bool(all, "include_source_definitions", true);
	SW_XML_FOREACH (node, root, NULL, "class_directives") {
		int class = oval_report_class(sw_xml_attr_or(node, "class", ""));

		if (rc == 0 && class < 0)
			rc = sw_error_set(err, EINVAL, "directives, line %ld: unknown class",
					  sw_xml_line(node));
		if (rc == 0)
			rc = parse_one(node, &ret->classes[class], err);
		if (rc == 0)
			ret->class_set[class] = true;
	}
	return rc;
}

static void write_directives(struct sw_xml_out *o, const struct sw_oval_directives *d)
{
	for (size_t i = 0; i < _SW_OVAL_MAX; i++) {
		sw_xml_out_begin(o, directive_names[i]);
		sw_xml_out_attr(o, "reported",
				d->by_result[i] == SW_OVAL_CONTENT_NONE ? "false" : "true");
		sw_xml_out_attr(o, "content",
				d->by_result[i] == SW_OVAL_CONTENT_FULL ? "full" : "thin");
		sw_xml_out_end(o, directive_names[i]);
	}
}

static void write_all_directives(struct sw_xml_out *o, const struct sw_oval_report_options *opts)
{
	sw_xml_out_begin(o, "directives");
	if (opts->without_definitions)
		sw_xml_out_attr(o, "include_source_definitions", "false");
	write_directives(o, &opts->directives);
	sw_xml_out_end(o, "directives");
	for (size_t i = 0; i < SW_OVAL_CLASSES; i++) {
		if (!opts->class_set[i])
			continue;
		sw_xml_out_begin(o, "class_directives");
		sw_xml_out_attr(o, "class", classes[i]);
		write_directives(o, &opts->classes[i]);
		sw_xml_out_end(o, "class_directives");
	}
}

/* ---- life ---- */

static int part_open(struct oval_part *p, unsigned int depth)
{
	int rc = sw_spool_new(&p->spool);

	p->out = (struct sw_xml_out){.write = sw_spool_write, .ctx = p->spool, .depth = depth};
	return rc;
}

static bool any_full(const struct sw_oval_directives *d)
{
	for (size_t i = 0; i < _SW_OVAL_MAX; i++)
		if (d->by_result[i] == SW_OVAL_CONTENT_FULL)
			return true;
	return false;
}

int sw_oval_report_new(const struct sw_oval_report_options *opts,
		       struct sw_oval_report **ret_report)
{
	_cleanup_(sw_cleanup_report) struct sw_oval_report *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	r->options = *opts;
	r->full = any_full(&opts->directives);
	for (size_t i = 0; i < SW_OVAL_CLASSES; i++)
		r->full |= opts->class_set[i] && any_full(&opts->classes[i]);
	rc = part_open(&r->definitions, 4);
	if (rc == 0)
		rc = part_open(&r->tests, 4);
	if (rc == 0)
		rc = part_open(&r->objects, 5);
	if (rc == 0)
		rc = part_open(&r->items, 5);
	r->known = oval_known_new();
	if (rc < 0 || !r->known)
		return rc < 0 ? rc : -ENOMEM;
	*ret_report = TAKE(r);
	return 0;
}

static void part_close(struct oval_part *p)
{
	sw_strbuf_release(&p->out.sb);
	sw_spool_free(p->spool);
}

void sw_oval_report_free(struct sw_oval_report *r)
{
	if (!r)
		return;
	part_close(&r->definitions);
	part_close(&r->tests);
	part_close(&r->objects);
	part_close(&r->items);
	oval_known_free(r->known);
	sw_strbuf_release(&r->item);
	for (size_t i = 0; i < r->n_identity; i++) {
		free(r->identity[i].name);
		free(r->identity[i].value);
	}
	free(r->identity);
	free(r->schema_version);
	free(r->os_name);
	free(r->os_version);
	free(r->host_name);
	free(r);
}

/* ---- who was looked at ---- */

/* The value of NAME= in os-release, its quotes taken off; heap, or NULL. */
static char *release_value(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; line && *line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *value = line + n + 1;
		size_t len;

		if (strncmp(line, name, n) || line[n] != '=')
			continue;
		len = strcspn(value, "\n");
		if (len >= 2 && (*value == '"' || *value == '\'') && value[len - 1] == *value) {
			value++;
			len -= 2;
		}
		return len ? strndup(value, len) : NULL;
	}
	return NULL;
}

static int add_identity(struct sw_oval_report *r, const char *key, const char *value)
{
	struct sw_name_value pair = {strdup(key), strdup(value)};

	if (!pair.name || !pair.value || SW_GROW(r->identity, r->n_identity, r->cap_identity) < 0) {
		free(pair.name);
		free(pair.value);
		return -ENOMEM;
	}
	r->identity[r->n_identity++] = pair;
	return 0;
}

int sw_oval_report_describe(struct sw_oval_report *r, struct sw_target *target)
{
	_cleanup_free_ char *text = NULL;
	const char *key, *value;
	struct stat st;
	size_t len;
	int rc = sw_read_text(target, "/etc/os-release", &text, &len, &st);

	if (rc == -ENOMEM)
		return rc;
	if (rc > 0) {
		r->os_name = release_value(text, "NAME");
		r->os_version = release_value(text, "VERSION");
	}
	r->host_name = strdup(sw_target_name(target));
	rc = r->host_name ? 0 : -ENOMEM;
	for (size_t i = 0; rc == 0 && sw_target_identity_at(target, i, &key, &value); i++)
		rc = add_identity(r, key, value);
	return rc;
}

static const char *identity(const struct sw_oval_report *r, const char *key)
{
	for (size_t i = 0; i < r->n_identity; i++)
		if (!strcmp(r->identity[i].name, key))
			return r->identity[i].value;
	return NULL;
}

/* ---- the document ---- */

/* The version of the schemas is that of the definitions: newer types are valid by newer ones. */
static void write_generator(struct sw_xml_out *o, const struct sw_oval_report *r)
{
	char time[SW_TIME_LEN];

	sw_time_str(r->options.now, time);
	sw_xml_out_begin(o, "generator");
	sw_xml_out_leaf(o, "oval:product_name", "cpe:/a:stigwatch:stigwatch");
	sw_xml_out_leaf(o, "oval:product_version", SW_VERSION);
	sw_xml_out_leaf(o, "oval:schema_version", r->schema_version ?: "5.11");
	sw_xml_out_leaf(o, "oval:timestamp", time);
	sw_xml_out_end(o, "generator");
}

static void write_system_info(struct sw_xml_out *o, const struct sw_oval_report *r)
{
	sw_xml_out_begin(o, "system_info");
	sw_xml_out_leaf(o, "os_name", r->os_name ?: "Unknown");
	sw_xml_out_leaf(o, "os_version", r->os_version ?: "Unknown");
	sw_xml_out_leaf(o, "architecture", identity(r, "image.architecture") ?: "Unknown");
	sw_xml_out_leaf(o, "primary_host_name", r->host_name ?: "Unknown");
	sw_xml_out_begin(o, "interfaces");
	sw_xml_out_end(o, "interfaces");
	for (size_t i = 0; i < r->n_identity; i++) {
		sw_xml_out_begin(o, "sw:fact");
		sw_xml_out_attr(o, "xmlns:sw", NS_FACTS);
		sw_xml_out_attr(o, "name", r->identity[i].name);
		sw_xml_out_text(o, r->identity[i].value);
		sw_xml_out_end(o, "sw:fact");
	}
	sw_xml_out_end(o, "system_info");
}

static int to_out(void *ctx, const void *data, size_t len)
{
	struct sw_xml_out *o = ctx;

	sw_xml_out_raw(o, data, len);
	return o->rc;
}

static void write_part(struct sw_xml_out *o, struct oval_part *p, const char *element, size_t n)
{
	int rc;

	if (!n)
		return; /* the schema wants at least one, or no element */
	sw_xml_out_begin(o, element);
	rc = sw_spool_copy(p->spool, to_out, o);
	if (rc < 0 && o->rc == 0)
		o->rc = rc;
	sw_xml_out_end(o, element);
}

static void write_syschar(struct sw_xml_out *o, struct sw_oval_report *r)
{
	bool full = r->full && !r->options.without_syschar;

	sw_xml_out_begin(o, "oval_system_characteristics");
	sw_xml_out_attr(o, "xmlns", NS_SYSCHAR);
	sw_xml_out_attr(o, "xmlns:oval", NS_COMMON);
	sw_xml_out_attr(o, "xmlns:ind-sys", NS_SYSCHAR "#independent");
	sw_xml_out_attr(o, "xmlns:unix-sys", NS_SYSCHAR "#unix");
	sw_xml_out_attr(o, "xmlns:lin-sys", NS_SYSCHAR "#linux");
	sw_xml_out_attr(o, "xmlns:own-sys", SW_OVAL_OWN_NS);
	sw_xml_out_attr(o, "xmlns:xsi", OVAL_NS_XSI);
	write_generator(o, r);
	write_system_info(o, r);
	write_part(o, &r->objects, "collected_objects", full ? r->n_objects : 0);
	write_part(o, &r->items, "system_data", full ? r->n_items : 0);
	sw_xml_out_end(o, "oval_system_characteristics");
}

/* What the parts still hold goes to their files; they may be read as often as one likes. */
static int settle(struct sw_oval_report *r)
{
	struct oval_part *const parts[] = {&r->definitions, &r->tests, &r->objects, &r->items};

	for (size_t i = 0; i < SW_ARRAY_LEN(parts); i++) {
		int rc = sw_xml_out_finish(&parts[i]->out);

		if (rc < 0 && r->rc == 0)
			r->rc = rc;
		parts[i]->out.sb = (struct sw_strbuf){0};
	}
	return r->rc;
}

static void learn_version(struct sw_oval_report *r, const struct sw_xml_node *definitions)
{
	const struct sw_xml_node *generator =
		definitions ? sw_xml_child(definitions, NULL, "generator") : NULL;

	if (generator && !r->schema_version)
		r->schema_version = sw_xml_child_text(generator, NULL, "schema_version");
}

int sw_oval_report_write(struct sw_oval_report *r, const struct sw_xml_node *definitions,
			 struct sw_xml_out *o)
{
	const char *outer = o->prefix;
	int rc = settle(r);

	if (rc < 0)
		return rc;
	learn_version(r, definitions);
	o->prefix = NULL;
	sw_xml_out_begin(o, "oval_results");
	sw_xml_out_attr(o, "xmlns", NS_RESULTS);
	sw_xml_out_attr(o, "xmlns:oval", NS_COMMON);
	write_generator(o, r);
	write_all_directives(o, &r->options);
	if (definitions && !r->options.without_definitions) {
		sw_xml_out_start_of(o, definitions, NULL);
		sw_xml_out_children_of(o, definitions, NULL, NULL);
		sw_xml_out_end_of(o, definitions);
	}
	sw_xml_out_begin(o, "results");
	sw_xml_out_begin(o, "system");
	write_part(o, &r->definitions, "definitions", r->n_definitions);
	write_part(o, &r->tests, "tests", r->n_full ? r->n_tests : 0);
	write_syschar(o, r);
	sw_xml_out_end(o, "system");
	sw_xml_out_end(o, "results");
	sw_xml_out_end(o, "oval_results");
	o->prefix = outer;
	return o->rc;
}

int sw_oval_report_write_syschar(struct sw_oval_report *r, struct sw_xml_out *o)
{
	int rc = settle(r);

	if (rc == 0)
		write_syschar(o, r);
	return rc < 0 ? rc : o->rc;
}
