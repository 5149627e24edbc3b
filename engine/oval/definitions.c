/* SPDX-License-Identifier: Apache-2.0 */
/* A definitions document evaluated by itself. Must not judge: sessions do. */
#include "stigwatch/definitions.h"

#include "oval/characteristics.h"
#include "oval/results.h"
#include "oval/results_private.h"
#include "source/component.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

SW_DEFINE_CLEANUP(struct sw_oval_characteristics *, characteristics, sw_oval_characteristics_free)

struct sw_definitions {
	struct sw_xml_doc *xml;
	const struct sw_xml_node *root;
	struct sw_oval_doc *doc;
	struct sw_oval_session *session;
	struct sw_oval_report_options options;
	struct sw_oval_report *report;
};

int sw_definitions_load(const char *path, const struct sw_definitions_choice *choice,
			struct sw_definitions **ret_definitions, struct sw_error *err)
{
	_cleanup_(sw_definitions_freep) struct sw_definitions *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return sw_error_set(err, ENOMEM, "out of memory");
	rc = sw_component_open(path, choice->datastream_id, choice->component_ref_id, &d->xml,
			       &d->root, err);
	if (rc == 0)
		rc = sw_oval_parse(d->root, path, &d->doc, err);
	if (rc == 0)
		*ret_definitions = TAKE(d);
	return rc;
}

void sw_definitions_free(struct sw_definitions *d)
{
	if (!d)
		return;
	sw_oval_report_free(d->report);
	sw_oval_session_free(d->session);
	sw_oval_doc_free(d->doc);
	sw_xml_doc_free(d->xml);
	free(d);
}

int sw_definitions_add_variables(struct sw_definitions *d, const char *path, struct sw_error *err)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = NULL;
	const struct sw_xml_node *root, *list;
	int rc = sw_component_open(path, NULL, NULL, &doc, &root, err);

	if (rc < 0)
		return rc;
	if (!sw_xml_is(root, NULL, "oval_variables"))
		return sw_error_set(err, EINVAL, "%s:%ld: <%s> is not OVAL variables", path,
				    sw_xml_line(root), sw_xml_name(root));
	list = sw_xml_child(root, NULL, "variables");
	SW_XML_FOREACH (variable, list, NULL, "variable") {
		const char *id = sw_xml_attr_or(variable, "id", "");

		SW_XML_FOREACH (value, variable, NULL, "value") {
			_cleanup_free_ char *text = sw_xml_text(value);

			if (!text || sw_oval_doc_set_external(d->doc, id, text) < 0)
				return sw_error_set(err, ENOMEM, "%s: out of memory", path);
		}
	}
	return 0;
}

int sw_definitions_direct(struct sw_definitions *d, const char *path, struct sw_error *err)
{
	_cleanup_xml_doc_ struct sw_xml_doc *doc = NULL;
	const struct sw_xml_node *root;
	int rc = sw_component_open(path, NULL, NULL, &doc, &root, err);

	if (rc < 0)
		return rc;
	if (!sw_xml_is(root, NULL, "oval_directives"))
		return sw_error_set(err, EINVAL, "%s:%ld: <%s> is not OVAL directives", path,
				    sw_xml_line(root), sw_xml_name(root));
	rc = sw_oval_directives_parse(root, &d->options, err);
	return rc < 0 ? sw_error_context(err, "%s", path) : 0;
}

/* ---- the run ---- */

static void tell(const struct sw_definitions_run *run, const char *id, const char *result)
{
	if (run->tell)
		run->tell(run->ctx, id, result);
}

static int nothing(void *ctx, const struct sw_oval_item *item)
{
	size_t *n = ctx;

	(*n)++;
	return 0;
}

static int collect_one(struct sw_definitions *d, const struct sw_definitions_run *run,
		       const char *id)
{
	size_t n = 0;
	__attribute__((cleanup(oval_collection_release))) struct oval_collection c = {.fn = nothing,
										      .ctx = &n};
	int rc = oval_object_collect(d->session, id, &c);

	if (c.flag == SW_OVAL_FLAG_COMPLETE && !n)
		c.flag = SW_OVAL_FLAG_DOES_NOT_EXIST;
	if (rc == 0)
		tell(run, id, sw_oval_flag_str(c.flag));
	return rc;
}

static int run_one(struct sw_definitions *d, const struct sw_definitions_run *run, const char *id)
{
	enum sw_oval_result r;

	if (run->collect)
		return collect_one(d, run, id);
	r = sw_oval_session_eval(d->session, id, NULL, NULL);
	tell(run, id, sw_oval_result_str(r));
	return d->session->no_memory ? -ENOMEM : 0;
}

static int run_all(struct sw_definitions *d, const struct sw_definitions_run *run,
		   struct sw_error *err)
{
	const struct oval_table *t = run->collect ? &d->doc->objects : &d->doc->definitions;
	int rc = 0;

	if (run->id && !oval_table_find(t, run->id))
		return sw_error_set(err, ENOENT, "%s: no %s with the id %s", d->doc->name,
				    run->collect ? "object" : "definition", run->id);
	if (run->id)
		rc = run_one(d, run, run->id);
	for (size_t i = t->n; !run->id && rc == 0 && i--;)
		rc = run_one(d, run, ((const struct oval_referable *)t->sorted[i])->id);
	if (rc == 0)
		sw_oval_report_add_session(d->report, d->session);
	return rc < 0 ? sw_error_set(err, -rc, "%s: %s", d->doc->name, strerror(-rc)) : 0;
}

static int open_session(struct sw_definitions *d, const struct sw_definitions_run *run,
			const struct sw_oval_characteristics *given, struct sw_error *err)
{
	int rc = sw_oval_session_new(d->doc, run->target, &d->session, err);

	if (rc < 0)
		return rc;
	sw_oval_session_set_now(d->session, run->now);
	d->session->characteristics = given;
	d->options.now = run->now;
	d->options.without_syschar = run->without_syschar;
	rc = sw_oval_report_new(&d->options, &d->report);
	if (rc == 0 && run->target)
		rc = sw_oval_report_describe(d->report, run->target);
	if (rc == 0)
		rc = sw_oval_session_report_to(d->session, d->report);
	return rc < 0 ? sw_error_set(err, -rc, "%s: %s", d->doc->name, strerror(-rc)) : 0;
}

int sw_definitions_run(struct sw_definitions *d, const struct sw_definitions_run *run,
		       struct sw_error *err)
{
	_cleanup_(sw_cleanup_characteristics) struct sw_oval_characteristics *given = NULL;
	int rc = 0;

	if (d->session)
		return sw_error_set(err, EALREADY, "%s: evaluated before", d->doc->name);
	if (run->characteristics)
		rc = sw_oval_characteristics_load(run->characteristics, &given, err);
	if (rc == 0)
		rc = open_session(d, run, given, err);
	if (rc == 0 && run->target && sw_target_remember(run->target) < 0)
		rc = sw_error_set(err, ENOMEM, "%s: out of memory", d->doc->name);
	if (rc == 0)
		rc = run_all(d, run, err);
	if (run->target)
		sw_target_forget(run->target);
	if (d->session)
		d->session->characteristics = NULL;
	return rc;
}

/* ---- documents ---- */

static int write_document(struct sw_definitions *d, bool results, struct sw_xml_out *o,
			  struct sw_error *err)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
	int rc, finished;

	sw_xml_out_raw(o, declaration, strlen(declaration));
	if (!d->report)
		rc = -EINVAL;
	else if (results)
		rc = sw_oval_report_write(d->report, d->root, o);
	else
		rc = sw_oval_report_write_syschar(d->report, o);
	sw_xml_out_raw(o, "\n", 1);
	finished = sw_xml_out_finish(o);
	rc = rc < 0 ? rc : finished;
	return rc < 0 ? sw_error_set(err, -rc, "results of %s: %s", d->doc->name, strerror(-rc))
		      : 0;
}

int sw_definitions_write_results(struct sw_definitions *d, sw_write_fn write, void *ctx,
				 struct sw_error *err)
{
	struct sw_xml_out o = {.write = write, .ctx = ctx};

	return write_document(d, true, &o, err);
}

int sw_definitions_write_characteristics(struct sw_definitions *d, sw_write_fn write, void *ctx,
					 struct sw_error *err)
{
	struct sw_xml_out o = {.write = write, .ctx = ctx};

	return write_document(d, false, &o, err);
}
