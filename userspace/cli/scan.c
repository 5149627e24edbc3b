/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch scan: static verdicts of a target, and its baseline. */
#include <time.h>

#include "baseline/baseline.h"
#include "cli/cli.h"

int64_t cli_now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long n = epoch ? strtoll(epoch, &end, 10) : 0;

	return epoch && *epoch && !*end && n > 0 ? n : (int64_t)time(NULL);
}

int cli_load_content(const struct cli *c, struct sw_content **ret_content, struct sw_error *err)
{
	const struct sw_content_options co = {.datastream_id = c->datastream_id,
					      .benchmark_id = c->xccdf_id,
					      .tailoring_path = c->tailoring_file,
					      .tailoring_id = c->tailoring_id};
	const char *id;
	int rc;

	if (!c->content)
		return sw_error_set(err, EINVAL, "%s needs --content FILE", c->command);
	rc = sw_content_load(c->content, &co, ret_content, err);
	if (rc == 0 && c->profile) {
		rc = sw_content_resolve_profile(*ret_content, c->profile, &id, err);
		if (rc < 0) {
			sw_content_free(*ret_content);
			*ret_content = NULL;
		}
	}
	return rc;
}

struct shown {
	const struct cli *cli;
	bool tty;
};

static void on_progress(void *ctx, size_t done, size_t total, const char *rule_id)
{
	const struct shown *s = ctx;

	if (s->tty && (done % 10 == 0 || done == total))
		fprintf(stderr, "\r\033[Kstigwatch: scanning, rule %zu of %zu", done, total);
}

static int64_t clock_now(void *ctx)
{
	return cli_now();
}

/* Items are kept for the outputs that show them. */
static enum sw_oval_detail detail(const struct cli *c)
{
	for (size_t i = 0; i < c->n_outputs; i++)
		if (c->outputs[i].format == FORMAT_ARF || c->outputs[i].format == FORMAT_OVAL)
			return c->thin ? SW_OVAL_DETAIL_THIN : SW_OVAL_DETAIL_FULL;
	return SW_OVAL_DETAIL_NONE;
}

static bool shows_texts(const struct cli *c)
{
	for (size_t i = 0; i < c->n_outputs; i++)
		if (c->outputs[i].format == FORMAT_HTML)
			return true;
	return false;
}

int cli_scan_target(const struct cli *c, struct sw_content *content, struct sw_target *target,
		    struct sw_result **ret_result, struct sw_error *err)
{
	struct shown shown = {c, !c->quiet && isatty(STDERR_FILENO)};
	const struct sw_scan_options so = {
		.profile = c->profile,
		.sce = c->sce,
		.now = cli_now(),
		.progress = on_progress,
		.progress_ctx = &shown,
		.rules = c->rules,
		.n_rules = c->n_rules,
		.skip_rules = c->skip_rules,
		.n_skip_rules = c->n_skip_rules,
		.clock = clock_now,
		.oval = detail(c),
		.brief = !shows_texts(c),
	};
	int rc = sw_scan(content, target, &so, ret_result, err);

	if (shown.tty)
		fprintf(stderr, "\r\033[K");
	if (rc < 0)
		return sw_error_context(err, "scan %s", sw_target_name(target));
	return 0;
}

int cli_exit_code(const struct cli *c, const struct sw_result *r)
{
	return sw_result_exit_code(r, c->fail_on);
}

static int write_baseline(const struct cli *c, struct sw_target *target,
			  const struct sw_container *container, struct sw_error *err)
{
	_cleanup_(sw_target_freep) struct sw_target *image = NULL;
	struct sw_baseline *b;
	int rc = 0;

	/* the baseline of a container is its image: what it had become by now is drift, not a
	 * beginning */
	if (container)
		rc = sw_container_open(container, SW_VIEW_IMAGE, &image, err);
	if (rc == 0)
		rc = sw_baseline_build(image ? image : target, &b, err);
	if (rc < 0)
		return sw_error_context(err, "baseline");
	rc = sw_baseline_save(b, c->baseline, err);
	if (rc == 0)
		cli_note(c, "baseline of %zu objects in %s, digest %s", sw_baseline_count(b),
			 c->baseline, sw_baseline_digest(b));
	sw_baseline_free(b);
	return rc;
}

static int scan(struct cli *c, struct sw_container **ret_container, struct sw_error *err)
{
	_cleanup_(sw_content_freep) struct sw_content *content = NULL;
	_cleanup_(sw_target_freep) struct sw_target *target = NULL;
	_cleanup_(sw_result_freep) struct sw_result *result = NULL;
	struct cli_outputs *outputs = NULL;
	const struct sw_target_options to = {
		.docker_socket = c->docker_socket,
		.image_config = c->image_config,
		.platform = c->platform,
		.env = (char *const *)c->env,
	};
	int rc = cli_load_content(c, &content, err);

	if (rc == 0)
		rc = cli_outputs_open(c, &outputs, err);
	if (rc == 0)
		rc = sw_target_open_ref(c->targets[0], &to, &target, ret_container, err);
	if (rc == 0)
		rc = cli_scan_target(c, content, target, &result, err);
	if (rc == 0 && c->baseline)
		rc = write_baseline(c, target, *ret_container, err);
	if (rc == 0)
		rc = cli_outputs_write(outputs, result, NULL, err);
	cli_outputs_free(outputs);
	return rc < 0 ? rc : cli_exit_code(c, result);
}

int cmd_scan(struct cli *c)
{
	struct sw_container *container = NULL;
	struct sw_error err = {0};
	int rc = scan(c, &container, &err);

	sw_container_free(container);
	return rc < 0 ? cli_fail(&err) : rc;
}
