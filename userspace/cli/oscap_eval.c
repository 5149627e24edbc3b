/* SPDX-License-Identifier: Apache-2.0 */
/* oscap xccdf eval: the target comes from oscap's environment variables, the verdicts from the
 * engine. */
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/oscap.h"
#include "sinks/output.h"

/* ---- target ---- */

/* OSCAP_CONTAINER_VARS: NAME=VALUE, one a line; set means known, even when empty. */
static int add_environment(struct sw_target *t, const char *vars, struct sw_error *err)
{
	_cleanup_free_ char *copy = strdup(vars);
	char *rest = copy, *line;
	int rc = copy ? sw_target_set_env_known(t) : -ENOMEM;

	while (rc == 0 && (line = strsep(&rest, "\n"))) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		rc = sw_target_add_env(t, line, equals + 1);
	}
	return rc < 0 ? sw_error_set(err, -rc, "OSCAP_CONTAINER_VARS: %s", strerror(-rc)) : 0;
}

static int open_as(const struct oscap_container *c, const char *kind, struct sw_target **ret_target,
		   struct sw_error *err)
{
	struct sw_container *container = NULL;
	_cleanup_free_ char *ref = NULL;
	int rc;

	if (asprintf(&ref, "%s:%s@%s", kind, c->name, c->tool) < 0) {
		ref = NULL;
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	rc = sw_target_open_ref(ref, NULL, ret_target, &container, err);
	sw_container_free(container);
	return rc;
}

static int open_container(const struct oscap_container *c, struct sw_target **ret_target,
			  struct sw_error *err)
{
	int rc = -ENOENT;

	if (!c->image)
		rc = open_as(c, "container", ret_target, err);
	if (!c->container && rc == -ENOENT)
		rc = open_as(c, "image", ret_target, err);
	return rc;
}

/* OSCAP_PROBE_IGNORE_PATHS: between colons. */
static int ignore_paths(struct sw_target *t, const char *paths, struct sw_error *err)
{
	_cleanup_free_ char *copy = strdup(paths);
	char *rest = copy, *path;
	int rc = copy ? 0 : -ENOMEM;

	while (rc == 0 && (path = strsep(&rest, ":")))
		if (*path)
			rc = sw_target_ignore(t, path);
	return rc < 0 ? sw_error_set(err, -rc, "OSCAP_PROBE_IGNORE_PATHS: %s", strerror(-rc)) : 0;
}

int oscap_open_target(const struct oscap *o, struct sw_target **ret_target, struct sw_error *err)
{
	const char *root = getenv("OSCAP_PROBE_ROOT"), *vars = getenv("OSCAP_CONTAINER_VARS");
	const char *name = getenv("OSCAP_EVALUATION_TARGET");
	const char *ignore = getenv("OSCAP_PROBE_IGNORE_PATHS");
	_cleanup_(sw_target_freep) struct sw_target *t = NULL;
	int rc;

	if (o->container) {
		rc = open_container(o->container, &t, err);
	} else if (root && *root) {
		rc = sw_target_open_dir(root, SW_TARGET_DIR, &t, err);
	} else {
		rc = sw_target_open_ref("host", NULL, &t, NULL, err);
	}
	if (rc == 0 && vars && !o->container)
		rc = add_environment(t, vars, err);
	if (rc == 0 && name && *name && sw_target_set_name(t, name) < 0)
		rc = sw_error_set(err, ENOMEM, "out of memory");
	if (rc == 0 && ignore)
		rc = ignore_paths(t, ignore, err);
	if (rc == 0)
		*ret_target = TAKE(t);
	return rc;
}

/* ---- content ---- */

/* What is loaded, once the file is known for what it is. */
struct input {
	struct sw_info *info;
	char *beside; /* the benchmark that a tailoring names */
	const char *path;
	struct sw_content_options options;
};

static void input_release(struct input *in)
{
	sw_info_free(in->info);
	free(in->beside);
}

/* The document is a tailoring: its benchmark lies where it says, seen from the tailoring. */
static int follow_tailoring(struct input *in, struct sw_error *err)
{
	const char *href = sw_info_tailored(in->info);
	_cleanup_free_ char *copy = strdup(in->path);

	if (!href)
		return sw_error_set(err, EINVAL, "%s: the tailoring names no benchmark", in->path);
	if (!copy || asprintf(&in->beside, "%s%s%s", href[0] == '/' ? "" : dirname(copy),
			      href[0] == '/' ? "" : "/", href) < 0) {
		in->beside = NULL;
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	if (!in->options.tailoring_path)
		in->options.tailoring_path = in->path;
	in->path = in->beside;
	sw_info_free(TAKE(in->info));
	return sw_info_open(in->path, &in->info, err);
}

/* Of several checklists oscap takes the first that the options leave. */
static int choose_checklist(const struct oscap *o, struct input *in, struct sw_error *err)
{
	bool precise = o->datastream_id || o->xccdf_id;
	const struct sw_info_choice wanted = {o->datastream_id, o->xccdf_id,
					      precise ? NULL : o->benchmark_id};
	struct sw_info_choice choice;
	int rc;

	if (sw_info_kind(in->info) != SW_INFO_STREAM)
		return 0;
	rc = sw_info_choose(in->info, &wanted, &choice, err);
	if (rc < 0)
		return rc;
	in->options.datastream_id = choice.stream_id;
	in->options.benchmark_id = choice.benchmark_id;
	return 0;
}

static int open_input(const struct oscap *o, struct input *in, struct sw_error *err)
{
	enum sw_info_kind kind;
	int rc;

	in->path = o->files[0];
	in->options.cpe_path = o->cpe;
	in->options.tailoring_path = o->tailoring_file; /* goes before an id, as in oscap */
	in->options.tailoring_id = o->tailoring_file ? NULL : o->tailoring_id;
	rc = sw_info_open(in->path, &in->info, err);
	if (rc == 0 && sw_info_kind(in->info) == SW_INFO_TAILORING)
		rc = follow_tailoring(in, err);
	if (rc < 0)
		return rc;
	kind = sw_info_kind(in->info);
	if (kind != SW_INFO_XCCDF && kind != SW_INFO_STREAM)
		return sw_error_set(err, EINVAL,
				    "%s: neither an XCCDF file, a source data stream nor an XCCDF "
				    "tailoring: %s",
				    in->path, sw_info_kind_str(kind));
	if (o->local_files && sw_info_remote(in->info))
		return sw_error_set(err, ENOTSUP,
				    "--local-files is not supported, and %s refers to %s", in->path,
				    sw_info_remote(in->info));
	return choose_checklist(o, in, err);
}

/* A whole file, at most as large as content may be. */
static int slurp(const char *path, struct sw_strbuf *sb, struct sw_error *err)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char buf[65536];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0) {
		if (sb->len + (size_t)n > SW_LIMIT_XML_BYTES)
			return sw_error_set(err, EFBIG, "%s: larger than %zu bytes", path,
					    (size_t)SW_LIMIT_XML_BYTES);
		sw_strbuf_add(sb, buf, (size_t)n);
	}
	if (n < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	return sw_strbuf_str(sb) || !sb->len ? 0 : sw_error_set(err, ENOMEM, "out of memory");
}

/* OVAL files were named: those and no others, found by their last path component. */
static int load_named(const struct oscap *o, const struct input *in,
		      struct sw_content **ret_content, struct sw_error *err)
{
	struct sw_document docs[1 + OSCAP_MAX_FILES] = {0};
	struct sw_strbuf texts[1 + OSCAP_MAX_FILES] = {0};
	struct sw_info *info = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < o->n_files; i++) {
		const char *path = i ? o->files[i] : in->path, *slash = strrchr(path, '/');

		rc = i ? sw_info_open(path, &info, err) : 0;
		if (rc == 0)
			rc = slurp(path, &texts[i], err);
		sw_info_free(TAKE(info));
		docs[i].name = i && slash ? slash + 1 : path;
		docs[i].data = texts[i].data;
		docs[i].len = texts[i].len;
	}
	if (rc == 0)
		rc = sw_content_load_mem(docs, o->n_files, &in->options, ret_content, err);
	for (size_t i = 0; i < o->n_files; i++)
		sw_strbuf_release(&texts[i]);
	return rc;
}

static int load(const struct oscap *o, const struct input *in, struct sw_content **ret_content,
		struct sw_error *err)
{
	_cleanup_(sw_content_freep) struct sw_content *content = NULL;
	const char *id;
	int rc;

	if (o->n_files > 1 && sw_info_kind(in->info) == SW_INFO_XCCDF)
		rc = load_named(o, in, &content, err);
	else
		rc = sw_content_load(in->path, &in->options, &content, err);
	if (rc == 0 && o->profile)
		rc = sw_content_resolve_profile(content, o->profile, &id, err);
	if (rc == 0)
		*ret_content = TAKE(content);
	return rc;
}

/* ---- outputs ---- */

enum { XCCDF, ARF, STIG_VIEWER, REPORT, N_OUTPUTS };

struct outputs {
	struct sw_output *files[N_OUTPUTS];
};

static void outputs_release(struct outputs *out)
{
	for (size_t i = 0; i < N_OUTPUTS; i++)
		sw_output_abort(out->files[i]);
}

/* Before the work, so that one that cannot be written is known at once. */
static int open_outputs(const struct oscap *o, struct outputs *out, struct sw_error *err)
{
	const char *const paths[N_OUTPUTS] = {
		[XCCDF] = o->results,
		[ARF] = o->results_arf,
		[STIG_VIEWER] = o->stig_viewer,
		[REPORT] = o->report,
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < N_OUTPUTS; i++)
		if (paths[i])
			rc = sw_output_open(paths[i], &out->files[i], err);
	return rc;
}

static int render(struct sw_result *r, int what, struct sw_output *file, struct sw_error *err)
{
	bool named = r->profile_id && r->profile_id[0] != '(';
	const struct sw_render_options ro = {
		.version = SW_VERSION,
		.result_id = named ? r->profile_id : "default-profile",
		.stig_viewer = what == STIG_VIEWER,
		.parts = true,
	};
	int rc;

	if (what == ARF)
		return sw_result_write_arf(r, &ro, sw_output_write, file, err);
	if (what != REPORT)
		return sw_result_write_xccdf(r, &ro, sw_output_write, file, err);
	rc = sw_html_report(r, NULL, SW_VERSION, sw_output_write, file);
	return rc < 0 ? sw_error_set(err, -rc, "report: %s", strerror(-rc)) : 0;
}

static int write_outputs(struct outputs *out, struct sw_result *r, struct sw_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < N_OUTPUTS; i++) {
		if (!out->files[i])
			continue;
		rc = render(r, i, out->files[i], err);
		if (rc == 0)
			rc = sw_output_commit(TAKE(out->files[i]), err);
	}
	return rc;
}

/* ---- */

static enum sw_oval_detail detail(const struct oscap *o)
{
	if (!o->oval_results && !o->results_arf)
		return SW_OVAL_DETAIL_NONE;
	if (o->thin)
		return SW_OVAL_DETAIL_THIN;
	return o->without_syschar ? SW_OVAL_DETAIL_NO_ITEMS : SW_OVAL_DETAIL_FULL;
}

static int64_t clock_now(void *ctx)
{
	return cli_now();
}

static int scan(const struct oscap *o, struct sw_content *content, struct sw_target *target,
		struct sw_result **ret_result, struct sw_error *err)
{
	const struct sw_scan_options so = {
		.profile = o->profile,
		.sce = SW_SCE_SANDBOX,
		.now = cli_now(),
		.rules = o->rules,
		.n_rules = o->n_rules,
		.skip_rules = o->skip_rules,
		.n_skip_rules = o->n_skip_rules,
		.clock = clock_now,
		.oval = detail(o),
		.scripts = o->engine_results,
	};

	return sw_scan(content, target, &so, ret_result, err);
}

static int verdict_of(const struct sw_result *r)
{
	for (size_t i = 0; i < r->n_rules; i++) {
		enum sw_verdict v = r->rules[i].verdict;

		if (v == SW_VERDICT_FAIL || v == SW_VERDICT_ERROR || v == SW_VERDICT_UNKNOWN)
			return OSCAP_FAIL;
	}
	return OSCAP_OK;
}

static int judge(const struct oscap *o, struct input *in, struct outputs *out, struct sw_error *err)
{
	_cleanup_(sw_content_freep) struct sw_content *content = NULL;
	_cleanup_(sw_target_freep) struct sw_target *target = NULL;
	_cleanup_(sw_result_freep) struct sw_result *result = NULL;
	int rc = open_input(o, in, err);

	if (rc == 0)
		rc = load(o, in, &content, err);
	if (rc == 0)
		rc = open_outputs(o, out, err);
	if (rc == 0)
		rc = oscap_open_target(o, &target, err);
	if (rc == 0)
		rc = scan(o, content, target, &result, err);
	if (rc == 0)
		rc = write_outputs(out, result, err);
	if (rc == 0 && o->oval_results)
		rc = cli_write_oval_files(result, ".", err);
	if (rc == 0 && o->engine_results)
		rc = cli_write_script_files(result, ".", err);
	if (rc < 0)
		return rc;
	rc = oscap_print(o, in->info, result);
	if (rc < 0)
		return sw_error_set(err, -rc, "standard output: %s", strerror(-rc));
	return verdict_of(result);
}

int oscap_xccdf_eval(struct oscap *o)
{
	struct outputs out = {0};
	struct sw_error err = {0};
	struct input in = {0};
	int rc;

	rc = judge(o, &in, &out, &err);
	outputs_release(&out);
	input_release(&in);
	return rc < 0 ? oscap_fail(&err) : rc;
}
