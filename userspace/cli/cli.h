/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: parses, calls the layers below, prints. The only folder that prints and exits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stigwatch/engine.h>

#include "containers/containers.h"
#include "loader/loader.h"
#include "result/result.h"

/* Exit codes, design section 9. */
enum {
	EXIT_COMPLIANT = 0,
	EXIT_TROUBLE = 1, /* usage, configuration, internal */
	EXIT_NONCOMPLIANT = 2,
	EXIT_INCOMPLETE = 3,
};

enum cli_format {
	FORMAT_XCCDF,
	FORMAT_ARF,
	FORMAT_JSON,
	FORMAT_HTML,
	FORMAT_TEXT,
	FORMAT_LINES,
	FORMAT_OVAL,
	_FORMAT_MAX,
};

struct cli_output {
	enum cli_format format;
	const char *path;
};

#define CLI_MAX_RULES 4096 /* as --rule or --skip-rule; the largest benchmark has 1,500 */

/* Every option of every command; a command's table says which it takes. */
struct cli {
	const char *command;
	const char **targets;
	size_t n_targets;
	const char *content, *profile, *datastream_id, *xccdf_id, *tailoring_file, *tailoring_id;
	const char *rules[CLI_MAX_RULES], *skip_rules[CLI_MAX_RULES];
	size_t n_rules, n_skip_rules;
	const char *baseline, *evidence, *static_path, *container;
	const char *image_config, *platform, *docker_socket, *benchmark_id;
	const char *env[SW_LIMIT_ENV + 1];
	size_t n_env;
	struct sw_selector selectors[256];
	size_t n_selectors;
	struct cli_output outputs[16];
	size_t n_outputs;
	enum sw_sce_mode sce;
	enum sw_window window;
	enum sw_runtime_verdicts runtime_verdicts;
	enum sw_severity fail_on;
	bool fail_on_none;
	uint64_t for_ns, epoch_ns;
	uint32_t ring_bytes;
	enum sw_back_end back_end;
	bool thin; /* of OVAL results, the definitions only */
	const char *pin_dir;
	bool until_exit, json, all, quiet, no_pin, keep, no_fanotify, no_canary, exec_permission,
		keep_privileges;
	uint32_t enforce, runtime_rules; /* 1 << SW_VIOLATION_*; no runtime rule: all */
	enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
};

struct cli_command {
	const char *name;
	const char *arguments; /* for usage */
	const char *phrase;
	const char *options; /* names that it takes, separated by spaces */
	int (*run)(struct cli *c);
	size_t min_targets, max_targets;
};

/* options.c: -EINVAL with a message already printed, 0, or 1 when help was asked for and printed */
int cli_parse(int argc, char **argv, const struct cli_command *cmd, struct cli *ret_cli);
void cli_release(struct cli *c);
void cli_usage(const struct cli_command *cmd, bool to_stdout);
/* Selector of a TARGET argument of monitor and run: "container:web", "web", "pid:12",
 * "cgroup:/path". */
int cli_selector(struct cli *c, const char *target);

/* print.c */
int cli_fail(const struct sw_error *err); /* prints "stigwatch: TEXT", returns EXIT_TROUBLE */
void cli_note(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* outputs.c: opens every output before any work, so that an unwritable one is known at once */
struct cli_outputs;
int cli_outputs_open(const struct cli *c, struct cli_outputs **ret_outputs, struct sw_error *err);
/* Renders to all; with none named, text to a terminal and lines to a pipe. timeline may be NULL. */
int cli_outputs_write(struct cli_outputs *o, struct sw_result *r,
		      const struct sw_html_timeline *timeline, struct sw_error *err);
void cli_outputs_free(struct cli_outputs *o);

/* engine_files.c: into a directory */
int cli_write_oval_files(struct sw_result *r, const char *dir, struct sw_error *err);
int cli_write_script_files(struct sw_result *r, const char *dir, struct sw_error *err);

/* scan.c: shared by scan and run */
int cli_load_content(const struct cli *c, struct sw_content **ret_content, struct sw_error *err);
int cli_scan_target(const struct cli *c, struct sw_content *content, struct sw_target *target,
		    struct sw_result **ret_result, struct sw_error *err);
int cli_exit_code(const struct cli *c, const struct sw_result *r);
int64_t cli_now(void);

/* monitor.c: shared by monitor and run */
struct sw_monitor_options;
void cli_monitor_options(const struct cli *c, struct sw_monitor_options *ret_options);

int cmd_scan(struct cli *c);
int cmd_monitor(struct cli *c);
int cmd_report(struct cli *c);
int cmd_run(struct cli *c);
int cmd_verify(struct cli *c);
int cmd_detach(struct cli *c);
int cmd_features(struct cli *c);
