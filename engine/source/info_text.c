/* SPDX-License-Identifier: Apache-2.0 */
/* What oscap info shows of a document, in its words and its order. Must not read anything but the
 * tree. */
#include "base/base.h"
#include "source/info.h"
#include "stigwatch/error.h"

#define NS_OVAL_COMMON "http://oval.mitre.org/XMLSchema/oval-common-5"

struct text {
	const struct sw_info *info;
	struct sw_strbuf sb;
	const char *profile; /* one that is looked for */
	size_t found;
};

static void indent(struct text *t, unsigned int depth)
{
	while (depth--)
		sw_strbuf_adds(&t->sb, "\t");
}

static void add_line(struct text *t, unsigned int depth, const char *label, const char *value)
{
	if (!value)
		return;
	indent(t, depth);
	sw_strbuf_addf(&t->sb, "%s%s\n", label, value);
}

static void line_of_child(struct text *t, unsigned int depth, const char *label,
			  const struct sw_xml_node *parent, const char *name)
{
	_cleanup_free_ char *value = sw_xml_child_text(parent, NULL, name);

	add_line(t, depth, label, value);
}

static const struct sw_xml_node *last_status(const struct sw_xml_node *element)
{
	const struct sw_xml_node *last = NULL;

	SW_XML_FOREACH (s, element, SW_NS_XCCDF, "status")
		last = s;
	return last;
}

static void add_status(struct text *t, unsigned int depth, const struct sw_xml_node *element)
{
	const struct sw_xml_node *status = last_status(element);
	_cleanup_free_ char *value = status ? sw_xml_text_trim(status) : NULL;

	add_line(t, depth, "Status: ", value);
	add_line(t, depth, "Generated: ", status ? sw_xml_attr(status, "date") : NULL);
	if (sw_xml_is(element, NULL, "Benchmark"))
		add_line(t, depth, "Resolved: ",
			 sw_xml_attr_bool(element, "resolved", false) ? "true" : "false");
}

static void add_profiles(struct text *t, unsigned int depth, const struct sw_xml_node *element)
{
	add_line(t, depth, "Profiles:", "");
	SW_XML_FOREACH (p, element, SW_NS_XCCDF, "Profile") {
		line_of_child(t, depth + 1, "Title: ", p, "title");
		indent(t, depth + 2);
		sw_strbuf_addf(&t->sb, "Id: %s%s\n", sw_xml_attr_or(p, "id", ""),
			       sw_xml_attr_bool(p, "abstract", false) ? " (abstract)" : "");
	}
}

#define MAX_CHECK_FILES 256 /* shown; more are named in one line */

struct check_files {
	const char *href[MAX_CHECK_FILES], *system[MAX_CHECK_FILES];
	size_t n;
	bool more;
};

static int collect_check(void *ctx, enum sw_xml_event event, const struct sw_xml_node *element,
			 const char *text)
{
	struct check_files *f = ctx;
	const char *href, *system;

	if (event != SW_XML_START || !sw_xml_is(element, SW_NS_XCCDF, "check-content-ref"))
		return 0;
	href = sw_xml_attr_or(element, "href", "");
	system = sw_xml_attr_or(sw_xml_parent(element), "system", "");
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->href[i], href) == 0 && strcmp(f->system[i], system) == 0)
			return 0;
	f->more = f->n == MAX_CHECK_FILES;
	if (f->more)
		return 1;
	f->href[f->n] = href;
	f->system[f->n++] = system;
	return 0;
}

static void add_check_files(struct text *t, unsigned int depth, const struct sw_xml_node *element)
{
	struct check_files f = {.n = 0};

	sw_xml_visit(element, collect_check, &f);
	add_line(t, depth, "Referenced check files:", "");
	for (size_t i = 0; i < f.n; i++) {
		add_line(t, depth + 1, "", f.href[i]);
		add_line(t, depth + 2, "system: ", f.system[i]);
	}
	if (f.more)
		add_line(t, depth + 1, "and more", "");
}

static void add_result(struct text *t, unsigned int depth, const struct sw_xml_node *r,
		       const char *no_profile)
{
	const struct sw_xml_node *from = sw_xml_child(r, SW_NS_XCCDF, "benchmark");
	const struct sw_xml_node *profile = sw_xml_child(r, SW_NS_XCCDF, "profile");

	add_line(t, depth, "Result ID: ", sw_xml_attr_or(r, "id", ""));
	add_line(t, depth, "Source benchmark: ", from ? sw_xml_attr(from, "href") : NULL);
	add_line(t, depth,
		 "Source profile: ", profile ? sw_xml_attr(profile, "idref") : no_profile);
	add_line(t, depth, "Evaluation started: ", sw_xml_attr(r, "start-time"));
	add_line(t, depth, "Evaluation finished: ", sw_xml_attr(r, "end-time"));
	add_line(t, depth, "Platform CPEs:", "");
	if (!sw_xml_child(r, SW_NS_XCCDF, "platform"))
		add_line(t, depth + 1, "(none)", "");
	SW_XML_FOREACH (p, r, SW_NS_XCCDF, "platform")
		add_line(t, depth + 1, "", sw_xml_attr_or(p, "idref", ""));
}

static void add_results(struct text *t, const struct sw_xml_node *element)
{
	if (sw_xml_child(element, SW_NS_XCCDF, "TestResult"))
		add_line(t, 0, "Test Results:", "");
	SW_XML_FOREACH (r, element, SW_NS_XCCDF, "TestResult")
		add_result(t, 1, r, NULL);
}

/* ---- result data streams ---- */

/* What a relationship of that type says of a subject; heap, NULL when there is none. */
static char *related(const struct sw_xml_node *root, const char *type, const char *subject)
{
	const struct sw_xml_node *all = sw_xml_child(root, NULL, "relationships");

	if (!all)
		return NULL;
	SW_XML_FOREACH (r, all, NULL, "relationship") {
		const char *own = sw_xml_attr_or(r, "type", ""), *colon = strrchr(own, ':');

		if (!strcmp(colon ? colon + 1 : own, type) &&
		    !strcmp(sw_xml_attr_or(r, "subject", ""), subject))
			return sw_xml_child_text(r, NULL, "ref");
	}
	return NULL;
}

static void add_reports_about(struct text *t, const char *asset)
{
	const struct sw_xml_node *root = t->info->root, *content, *result;
	const struct sw_xml_node *reports = sw_xml_child(root, NULL, "reports");

	if (!reports)
		return;
	SW_XML_FOREACH (report, reports, NULL, "report") {
		const char *id = sw_xml_attr_or(report, "id", "");
		_cleanup_free_ char *about = related(root, "isAbout", id);
		_cleanup_free_ char *request = related(root, "createdFor", id);

		if (!about || strcmp(about, asset))
			continue;
		add_line(t, 1, "ARF report: ", id);
		add_line(t, 2, "Report request: ", request);
		content = sw_xml_child(report, NULL, "content");
		result = content ? sw_xml_child(content, SW_NS_XCCDF, "TestResult") : NULL;
		if (result)
			add_result(t, 2, result, "(default)");
	}
}

static void describe_collection(struct text *t)
{
	const struct sw_xml_node *assets = sw_xml_child(t->info->root, NULL, "assets");

	if (!assets)
		return;
	SW_XML_FOREACH (asset, assets, NULL, "asset") {
		sw_strbuf_adds(&t->sb, "\n");
		add_line(t, 0, "Asset: ", sw_xml_attr_or(asset, "id", ""));
		add_reports_about(t, sw_xml_attr_or(asset, "id", ""));
	}
}

static void add_refs(struct text *t, const struct sw_xml_node *stream, const char *section,
		     const char *title)
{
	const struct sw_xml_node *list = sw_xml_child(stream, SW_NS_DS, section);
	bool checklists = strcmp(section, "checklists") == 0;

	if (!list) {
		sw_strbuf_addf(&t->sb, "No %s.\n", section);
		return;
	}
	add_line(t, 0, title, "");
	SW_XML_FOREACH (ref, list, SW_NS_DS, "component-ref") {
		const struct sw_xml_node *element = sw_info_component(t->info, ref);

		add_line(t, 1, "Ref-Id: ", sw_xml_attr_or(ref, "id", ""));
		if (!checklists || !element)
			continue;
		add_status(t, 2, element);
		add_profiles(t, 2, element);
		add_check_files(t, 2, element);
	}
}

static void describe_streams(struct text *t)
{
	SW_XML_FOREACH (stream, t->info->root, SW_NS_DS, "data-stream") {
		sw_strbuf_adds(&t->sb, "\n");
		add_line(t, 0, "Stream: ", sw_xml_attr_or(stream, "id", ""));
		add_line(t, 0, "Generated: ", sw_xml_attr_or(stream, "timestamp", "(null)"));
		add_line(t, 0, "Version: ", sw_xml_attr_or(stream, "scap-version", "(null)"));
		add_refs(t, stream, "checklists", "Checklists:");
		add_refs(t, stream, "checks", "Checks:");
		add_refs(t, stream, "dictionaries", "Dictionaries:");
	}
}

static void describe_oval(struct text *t, const char *modified)
{
	const struct sw_xml_node *generator = sw_xml_child(t->info->root, NULL, "generator");

	line_of_child(t, 0, "OVAL version: ", generator, "schema_version");
	line_of_child(t, 0, "Generated: ", generator, "timestamp");
	add_line(t, 0, "Imported: ", modified);
}

static int finish(struct text *t, sw_write_fn write, void *ctx)
{
	const char *s = sw_strbuf_str(&t->sb);
	int rc = s ? write(ctx, s, strlen(s)) : -ENOMEM;

	sw_strbuf_release(&t->sb);
	return rc;
}

int sw_info_describe(const struct sw_info *info, const char *modified, sw_write_fn write, void *ctx)
{
	struct text t = {.info = info};

	add_line(&t, 0, "Document type: ", sw_info_kind_str(info->kind));
	switch (info->kind) {
	case SW_INFO_XCCDF:
		add_line(&t, 0, "Checklist version: ", "1.2");
		add_line(&t, 0, "Imported: ", modified);
		add_status(&t, 0, info->root);
		add_profiles(&t, 0, info->root);
		add_check_files(&t, 0, info->root);
		add_results(&t, info->root);
		break;
	case SW_INFO_TAILORING:
		add_line(&t, 0, "Imported: ", modified);
		add_line(&t, 0, "Benchmark Hint: ", sw_info_tailored(info) ?: "(none)");
		add_profiles(&t, 0, info->root);
		break;
	case SW_INFO_STREAM:
		add_line(&t, 0, "Imported: ", modified);
		describe_streams(&t);
		break;
	case SW_INFO_ARF:
		add_line(&t, 0, "Imported: ", modified);
		describe_collection(&t);
		break;
	default:
		describe_oval(&t, modified);
		break;
	}
	return finish(&t, write, ctx);
}

static int list_profiles(void *ctx, const struct sw_xml_node *stream, const struct sw_xml_node *ref,
			 const struct sw_xml_node *element)
{
	struct text *t = ctx;

	SW_XML_FOREACH (p, element, SW_NS_XCCDF, "Profile") {
		_cleanup_free_ char *title = sw_xml_child_text(p, SW_NS_XCCDF, "title");

		sw_strbuf_addf(&t->sb, "%s:%s\n", sw_xml_attr_or(p, "id", ""), title ?: "");
	}
	return 0;
}

int sw_info_profiles(const struct sw_info *info, sw_write_fn write, void *ctx)
{
	struct text t = {.info = info};

	sw_info_each(info, list_profiles, &t);
	return t.sb.len ? finish(&t, write, ctx) : 0;
}

static bool ends_with(const char *id, const char *suffix)
{
	size_t len = strlen(id), n = strlen(suffix);

	return n <= len && strcmp(id + len - n, suffix) == 0;
}

static int show_profile(void *ctx, const struct sw_xml_node *stream, const struct sw_xml_node *ref,
			const struct sw_xml_node *element)
{
	struct text *t = ctx;

	SW_XML_FOREACH (p, element, SW_NS_XCCDF, "Profile") {
		const char *id = sw_xml_attr_or(p, "id", "");

		if (!ends_with(id, t->profile))
			continue;
		t->found++;
		add_line(t, 0, "Profile", "");
		line_of_child(t, 1, "Title: ", p, "title");
		add_line(t, 1, "Id: ", id);
		sw_strbuf_adds(&t->sb, "\n");
		if (sw_xml_child(p, SW_NS_XCCDF, "description"))
			line_of_child(t, 1, "Description: ", p, "description");
		else
			add_line(t, 1, "Description: ", "(null)");
	}
	return 0;
}

int sw_info_profile(const struct sw_info *info, const char *wanted, sw_write_fn write, void *ctx,
		    struct sw_error *err)
{
	struct text t = {.info = info, .profile = wanted};
	int rc;

	add_line(&t, 0, "Document type: ", sw_info_kind_str(info->kind));
	sw_info_each(info, show_profile, &t);
	if (t.found != 1) {
		sw_strbuf_release(&t.sb);
		return sw_error_set(err, t.found ? ENOTUNIQ : ENOENT,
				    "%s: %s profile has an id that ends with \"%s\"", info->path,
				    t.found ? "more than one" : "no", wanted);
	}
	rc = finish(&t, write, ctx);
	return rc < 0 ? sw_error_set(err, -rc, "%s", strerror(-rc)) : 0;
}
