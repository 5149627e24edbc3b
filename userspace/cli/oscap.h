/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of oscap, as far as it is taken: what its files share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <stigwatch/engine.h>
#include <stigwatch/info.h>

/* What oscap 1.3.7 ends with. */
enum {
	OSCAP_OK = 0,
	OSCAP_ERROR = 1,
	OSCAP_FAIL = 2, /* a rule failed, erred or is unknown; a document is invalid */
	OSCAP_BAD_ARGUMENTS = 100,
	OSCAP_BAD_MODULE = 101,
};

#define OSCAP_MAX_RULES 4096 /* as --rule or --skip-rule */
#define OSCAP_MAX_FILES 256  /* OVAL files after the benchmark */

/* What the scripts around oscap were told to look at. */
struct oscap_container {
	const char *tool; /* "docker", "podman" */
	const char *name;
	bool image, container; /* neither: whichever there is */
};

/* What a sub-command was told. Strings are argv's. */
struct oscap {
	const struct oscap_container *container; /* of oscap-docker and oscap-podman, else NULL */
	const char *profile, *tailoring_file, *tailoring_id;
	const char *datastream_id, *xccdf_id, *benchmark_id;
	const char *oval_id, *id, *variables, *directives, *syschar;
	const char *results, *results_arf, *report, *output, *local_files, *stig_viewer, *cpe;
	const char *rules[OSCAP_MAX_RULES], *skip_rules[OSCAP_MAX_RULES];
	size_t n_rules, n_skip_rules;
	bool progress, progress_full, profiles, thin;
	bool force, skip_schematron, oval_only, without_syschar, oval_results, engine_results;
	const char **files; /* what follows the options */
	size_t n_files;
};

struct oscap_command {
	const char *path;    /* "xccdf eval" */
	const char *phrase;  /* NULL: oscap has it, we do not */
	const char *usage;   /* of the arguments */
	const char *missing; /* what oscap calls the file that is not there */
	const char *options; /* names it takes, each between spaces */
	const char *refused; /* names that oscap has and we refuse, likewise */
	size_t max_files;
	int (*run)(struct oscap *o);
};

/* oscap_options.c: 0, or the exit code + 1 when all is said */
int oscap_parse(int argc, char **argv, const struct oscap_command *cmd, struct oscap *ret_oscap);

/* oscap.c */
int oscap_main(int argc, char **argv);
/* oscap-docker or oscap-podman; tool is "docker" or "podman" */
int oscap_container_main(const char *tool, int argc, char **argv);
/* Prints the error as oscap words it and gives OSCAP_ERROR. */
int oscap_fail(const struct sw_error *err);

/* oscap_eval.c */
int oscap_xccdf_eval(struct oscap *o);
/* The target that the environment or the names of the container forms choose. */
int oscap_open_target(const struct oscap *o, struct sw_target **ret_target, struct sw_error *err);

/* oscap_oval.c */
int oscap_oval_eval(struct oscap *o);
int oscap_oval_collect(struct oscap *o);
int oscap_oval_analyse(struct oscap *o);

/* oscap_files.c */
int oscap_sds_split(struct oscap *o);
int oscap_xccdf_resolve(struct oscap *o);

/* oscap_print.c: rules as they were judged */
int oscap_print(const struct oscap *o, const struct sw_info *info, const struct sw_result *r);

/* oscap_document.c */
int oscap_info(struct oscap *o);
int oscap_validate(struct oscap *o);
int oscap_oval_validate(struct oscap *o);
int oscap_ds_validate(struct oscap *o);
int oscap_generate_report(struct oscap *o);
