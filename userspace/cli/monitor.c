/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch monitor: alerts as JSON lines on standard output until stopped. */
#include <json-c/json.h>

#include "cli/cli.h"
#include "loader/loader.h"
#include "service/monitor.h"

static void on_alert(void *ctx, struct json_object *alert)
{
	printf("%s\n", json_object_to_json_string_ext(
			       alert, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
}

static void on_line(void *ctx, const char *line)
{
	cli_note(ctx, "%s", line);
}

void cli_monitor_options(const struct cli *c, struct sw_monitor_options *ret_options)
{
	*ret_options = (struct sw_monitor_options){
		.selectors = c->selectors,
		.n_selectors = c->n_selectors,
		.baseline_path = c->baseline,
		.evidence_dir = c->evidence,
		.docker_socket = c->docker_socket,
		.for_ns = c->for_ns,
		.epoch_ns = c->epoch_ns,
		.ring_bytes = c->ring_bytes,
		.back_end = c->back_end,
		.until_exit = c->until_exit,
		.no_fanotify = c->no_fanotify,
		.no_canary = c->no_canary,
		.exec_permission = c->exec_permission,
		.keep_privileges = c->keep_privileges,
		.judged = c->runtime_rules,
		.enforce = c->enforce,
		.alert = on_alert,
		.progress = on_line,
		.ctx = (void *)c,
	};
}

int cmd_monitor(struct cli *c)
{
	struct sw_monitor_options mo;
	struct sw_error err = {0};

	if (!c->evidence) {
		sw_error_set(&err, EINVAL, "monitor needs --evidence DIR");
		return cli_fail(&err);
	}
	for (size_t i = 0; i < c->n_targets; i++)
		if (cli_selector(c, c->targets[i]) < 0)
			return EXIT_TROUBLE;
	if (c->n_selectors == 0) {
		sw_error_set(&err, EINVAL,
			     "monitor needs a target: container:NAME, --image REF, --label K=V or "
			     "--all");
		return cli_fail(&err);
	}
	if (c->keep && c->no_pin) {
		sw_error_set(&err, EINVAL, "--keep needs pins: not with --no-pin");
		return cli_fail(&err);
	}
	cli_monitor_options(c, &mo);
	if (!c->no_pin)
		mo.pin_dir = c->pin_dir ? c->pin_dir : SW_PINS_DIR;
	mo.pin_required = c->pin_dir || c->keep;
	mo.keep = c->keep;
	return sw_monitor_run(&mo, &err) < 0 ? cli_fail(&err) : EXIT_COMPLIANT;
}
