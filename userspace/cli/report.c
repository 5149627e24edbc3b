/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch report: verdicts drawn from evidence, joined with those of a scan. */
#include "cli/cli.h"

static int report(struct cli *c, struct sw_error *err)
{
	const struct sw_runtime_options ro = {.container = c->container, .window = c->window};
	_cleanup_(sw_result_freep) struct sw_result *base = NULL;
	struct cli_outputs *outputs = NULL;
	struct sw_runtime *rt = NULL;
	int rc = 0;

	if (!c->evidence)
		return sw_error_set(err, EINVAL, "report needs --evidence DIR");
	if (c->static_path)
		rc = sw_result_load(c->static_path, &base, err);
	if (rc == 0)
		rc = cli_outputs_open(c, &outputs, err);
	if (rc == 0)
		rc = sw_runtime_judge(c->evidence, &ro, &rt, err);
	if (rc == 0 && base)
		rc = sw_runtime_join(base, rt, c->runtime_verdicts, err);
	if (rc == 0) {
		struct sw_result *r = base ? base : rt->result;

		rc = cli_outputs_write(outputs, r, &rt->timeline, err);
		if (rc == 0)
			rc = cli_exit_code(c, r);
	}
	cli_outputs_free(outputs);
	sw_runtime_free(rt);
	return rc;
}

int cmd_report(struct cli *c)
{
	struct sw_error err = {0};
	int rc = report(c, &err);

	return rc < 0 ? cli_fail(&err) : rc;
}
