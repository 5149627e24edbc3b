/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch run: scan, watch and report one container; never starts it. */
#include <time.h>

#include "cli/cli.h"
#include "event/text.h"
#include "service/monitor.h"

#include <json-c/json.h>

struct running {
	struct cli *cli;
	struct sw_content *content;
	struct sw_result
		*scanned; /* written by the preparing thread, read after the monitor has ended */
};

static int scan_target(struct running *run, struct sw_target *target, struct sw_error *err)
{
	struct sw_result *r;
	int rc = cli_scan_target(run->cli, run->content, target, &r, err);

	if (rc < 0)
		return rc;
	sw_result_free(run->scanned);
	run->scanned = r;
	return 0;
}

static int on_prepared(void *ctx, const struct sw_container *container, struct sw_error *err)
{
	_cleanup_(sw_target_freep) struct sw_target *target = NULL;
	struct sw_container ended = *container;
	int rc = sw_container_open(container, SW_VIEW_LIVE, &target, err);

	if (rc < 0) {
		/* it has ended meanwhile: its layers hold what it left */
		ended.pid = 0;
		ended.status = (char *)"exited";
		rc = sw_container_open(&ended, SW_VIEW_LIVE, &target, err);
	}
	if (rc < 0)
		rc = sw_container_open(container, SW_VIEW_IMAGE, &target, err);
	return rc < 0 ? rc : scan_target(ctx, target, err);
}

static void on_line(void *ctx, const char *line)
{
	cli_note(((struct running *)ctx)->cli, "%s", line);
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *x;

	return json_object_object_get_ex(o, key, &x) ? json_object_get_string(x) : "";
}

/* The fact as "exec path=/bin/busybox class=shell": what a person wants to know first. */
static void add_fact(struct sw_strbuf *sb, struct json_object *fact)
{
	struct json_object *list;

	sw_strbuf_adds(sb, text_of(fact, "type"));
	if (!json_object_object_get_ex(fact, "entities", &list))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *pair = json_object_array_get_idx(list, i);

		sw_strbuf_addf(sb, " %s=%s",
			       json_object_get_string(json_object_array_get_idx(pair, 0)),
			       json_object_get_string(json_object_array_get_idx(pair, 1)));
	}
}

/* In run, alerts are progress: the result is what it is about. */
static void on_alert(void *ctx, struct json_object *alert)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	struct json_object *fact;

	if (json_object_object_get_ex(alert, "fact", &fact))
		add_fact(&sb, fact);
	cli_note(((struct running *)ctx)->cli, "alert: %s: %s", text_of(alert, "rule"),
		 sw_strbuf_str(&sb) ? sw_strbuf_str(&sb) : "");
}

/* A directory of its own for each run: evidence of an earlier run must not mix with this one's. */
static int evidence_dir(char *ret, size_t size, struct sw_error *err)
{
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(ret, size, "stigwatch-evidence-%s-XXXXXX", stamp);
	if (!mkdtemp(ret))
		return sw_error_set(err, errno,
				    "cannot make a directory for evidence here (give --evidence "
				    "DIR): %s",
				    strerror(errno));
	return 0;
}

static int scan_pid(struct running *run, struct sw_error *err)
{
	_cleanup_(sw_target_freep) struct sw_target *target = NULL;
	const struct sw_target_options to = {.env = (char *const *)run->cli->env};
	int rc = sw_target_open_ref(run->cli->targets[0], &to, &target, NULL, err);

	return rc < 0 ? rc : scan_target(run, target, err);
}

static int watch(struct running *run, struct sw_error *err)
{
	struct sw_monitor_options mo;
	int rc = 0;

	if (run->cli->selectors[0].kind == SW_SELECT_PID)
		rc = scan_pid(run, err);
	if (rc < 0)
		return rc;
	cli_monitor_options(run->cli, &mo);
	mo.keep_privileges = true; /* the scan between start and end needs namespaces of its own */
	mo.alert = on_alert;
	mo.progress = on_line;
	mo.prepared = on_prepared;
	mo.ctx = run;
	return sw_monitor_run(&mo, err);
}

static int report(struct running *run, struct cli_outputs *outputs, struct sw_error *err)
{
	const struct sw_runtime_options ro = {
		.container = run->cli->selectors[0].kind == SW_SELECT_CONTAINER
				     ? run->cli->selectors[0].value
				     : NULL,
		.window = run->cli->window,
	};
	struct sw_runtime *rt = NULL;
	int rc = sw_runtime_judge(run->cli->evidence, &ro, &rt, err);

	if (rc == -ENODATA || rc == -ENOENT)
		return sw_error_set(err, ENOENT, "%s did not appear while it was waited for",
				    run->cli->targets[0]);
	if (rc == 0 && !run->scanned)
		rc = sw_error_set(err, ENODATA, "%s was watched but could not be scanned",
				  run->cli->targets[0]);
	if (rc == 0)
		rc = sw_runtime_join(run->scanned, rt, run->cli->runtime_verdicts, err);
	if (rc == 0)
		rc = cli_outputs_write(outputs, run->scanned, &rt->timeline, err);
	if (rc == 0)
		rc = cli_exit_code(run->cli, run->scanned);
	sw_runtime_free(rt);
	return rc;
}

int cmd_run(struct cli *c)
{
	struct running run = {.cli = c};
	struct cli_outputs *outputs = NULL;
	struct sw_error err = {0};
	char dir[96];
	int rc;

	if (cli_selector(c, c->targets[0]) < 0)
		return EXIT_TROUBLE;
	rc = cli_load_content(c, &run.content, &err);
	if (rc == 0)
		rc = cli_outputs_open(c, &outputs, &err);
	if (rc == 0 && !c->evidence) {
		rc = evidence_dir(dir, sizeof(dir), &err);
		c->evidence = dir;
	}
	if (rc == 0)
		rc = watch(&run, &err);
	if (rc == 0)
		rc = report(&run, outputs, &err);
	cli_outputs_free(outputs);
	sw_result_free(run.scanned);
	sw_content_free(run.content);
	return rc < 0 ? cli_fail(&err) : rc;
}
