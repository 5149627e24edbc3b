/* SPDX-License-Identifier: Apache-2.0 */
/* Options of oscap's sub-commands: one table line each. Parses, does nothing else. */
#include <getopt.h>

#include "cli/oscap.h"

enum kind {
	TEXT,
	LIST,
	FLAG,
	NOTHING, /* taken, changes nothing */
	LOG,	 /* a file that is made, and stays empty: we log nothing */
	LEVEL,	 /* taken when it is a level of oscap's, changes nothing */
};

#define AT(field) offsetof(struct oscap, field)

static const struct {
	const char *name;
	bool argument;
	enum kind kind;
	size_t field, count;
} options[] = {
	{"profile", true, TEXT, AT(profile), 0},
	{"rule", true, LIST, AT(rules), AT(n_rules)},
	{"skip-rule", true, LIST, AT(skip_rules), AT(n_skip_rules)},
	{"tailoring-file", true, TEXT, AT(tailoring_file), 0},
	{"tailoring-id", true, TEXT, AT(tailoring_id), 0},
	{"datastream-id", true, TEXT, AT(datastream_id), 0},
	{"xccdf-id", true, TEXT, AT(xccdf_id), 0},
	{"benchmark-id", true, TEXT, AT(benchmark_id), 0},
	{"oval-id", true, TEXT, AT(oval_id), 0},
	{"id", true, TEXT, AT(id), 0},
	{"variables", true, TEXT, AT(variables), 0},
	{"directives", true, TEXT, AT(directives), 0},
	{"syschar", true, TEXT, AT(syschar), 0},
	{"results", true, TEXT, AT(results), 0},
	{"results-arf", true, TEXT, AT(results_arf), 0},
	{"report", true, TEXT, AT(report), 0},
	{"stig-viewer", true, TEXT, AT(stig_viewer), 0},
	{"cpe", true, TEXT, AT(cpe), 0},
	{"output", true, TEXT, AT(output), 0},
	{"local-files", true, TEXT, AT(local_files), 0},
	{"progress", false, FLAG, AT(progress), 0},
	{"progress-full", false, FLAG, AT(progress_full), 0},
	{"profiles", false, FLAG, AT(profiles), 0},
	{"thin-results", false, FLAG, AT(thin), 0},
	{"without-syschar", false, FLAG, AT(without_syschar), 0},
	{"oval-results", false, FLAG, AT(oval_results), 0},
	{"check-engine-results", false, FLAG, AT(engine_results), 0},
	{"skip-valid", false, NOTHING, 0, 0},
	{"skip-validation", false, NOTHING, 0, 0},
	{"skip-schematron", false, FLAG, AT(skip_schematron), 0},
	{"definitions", false, NOTHING, 0, 0},
	{"force", false, FLAG, AT(force), 0},
	{"skip-signature-validation", false, NOTHING, 0, 0},
	{"verbose", true, LEVEL, 0, 0},
	{"verbose-log-file", true, LOG, 0, 0},
	/* known, never taken */
	{"export-variables", false, NOTHING, 0, 0},
	{"reference", true, NOTHING, 0, 0},
	{"fetch-remote-resources", false, NOTHING, 0, 0},
	{"enforce-signature", false, NOTHING, 0, 0},
	{"remediate", false, NOTHING, 0, 0},
	{"result-id", true, NOTHING, 0, 0},
	{"oval-template", true, NOTHING, 0, 0},
	{"help", false, NOTHING, 0, 0},
};
#define N_OPTIONS SW_ARRAY_LEN(options)

static bool names(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at && (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

/* Of some commands an option is a mere flag that other commands take a value for: "results!". */
static bool names_flag(const char *list, const char *name)
{
	char flag[64];

	return snprintf(flag, sizeof(flag), "%s!", name) < (int)sizeof(flag) && names(list, flag);
}

static int wrong(const struct oscap_command *cmd)
{
	fprintf(stderr, "Usage:    oscap %s %s\nHelp:     oscap %s -h\n", cmd->path, cmd->usage,
		cmd->path);
	return OSCAP_BAD_ARGUMENTS + 1;
}

static int help(const struct oscap_command *cmd)
{
	printf("oscap %s\n\n%s\n\nUsage: oscap %s %s\n\nOptions:\n", cmd->path, cmd->phrase,
	       cmd->path, cmd->usage);
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (names_flag(cmd->options, options[i].name))
			printf("   --%s\n", options[i].name);
		else if (names(cmd->options, options[i].name))
			printf("   --%s%s\n", options[i].name,
			       options[i].argument ? " <value>" : "");
	printf("\nstigwatch(8) says what is taken of oscap's command line and what is not.\n");
	return (fflush(stdout) == 0 ? OSCAP_OK : OSCAP_ERROR) + 1;
}

static int take_level(const char *level)
{
	static const char *const levels[] = {"DEVEL", "INFO", "WARNING", "ERROR"};

	for (size_t i = 0; i < SW_ARRAY_LEN(levels); i++)
		if (strcmp(level, levels[i]) == 0)
			return 0;
	fprintf(stderr, "ERROR:    Invalid verbosity level! Verbosity level must be one of: DEVEL, "
			"INFO, WARNING, ERROR.\n");
	return -EINVAL;
}

static int make_log(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		fprintf(stderr, "oscap: %s: %s\n", path, strerror(errno));
	else
		fclose(f);
	return f ? 0 : -EINVAL;
}

static int take(struct oscap *o, size_t i, const char *value)
{
	char *base = (char *)o;
	size_t *n;

	switch (options[i].kind) {
	case TEXT:
		*(const char **)(base + options[i].field) = value;
		return 0;
	case FLAG:
		*(bool *)(base + options[i].field) = true;
		return 0;
	case LIST:
		n = (size_t *)(base + options[i].count);
		if (*n == OSCAP_MAX_RULES) {
			fprintf(stderr, "oscap: more than %d of --%s\n", OSCAP_MAX_RULES,
				options[i].name);
			return -EINVAL;
		}
		((const char **)(base + options[i].field))[(*n)++] = value;
		return 0;
	case LEVEL:
		return take_level(value);
	case LOG:
		return make_log(value);
	default:
		return 0;
	}
}

static int parse_options(int argc, char **argv, const struct oscap_command *cmd, struct oscap *o)
{
	struct option longs[N_OPTIONS + 1] = {0};
	const char *shorts;
	size_t n = 0;
	int got;

	for (size_t i = 0; i < N_OPTIONS; i++) {
		const char *name = options[i].name;

		if (names_flag(cmd->options, name))
			longs[n++] = (struct option){name, no_argument, NULL, 256 + (int)i};
		else if (names(cmd->options, name) || names(cmd->refused, name) ||
			 strcmp(name, "help") == 0)
			longs[n++] = (struct option){name, options[i].argument, NULL, 256 + (int)i};
	}
	shorts = names(cmd->options, "output") ? "+ho:" : "+h";
	optind = 0; /* anew: glibc reads the leading '+' only then */
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		size_t i = (size_t)got - 256;

		if (got == '?')
			return wrong(cmd);
		if (got == 'o') {
			o->output = optarg;
			continue;
		}
		if (got == 'h' || strcmp(options[i].name, "help") == 0)
			return help(cmd);
		if (names(cmd->refused, options[i].name)) {
			fprintf(stderr, "oscap: --%s is not supported by stigwatch\n",
				options[i].name);
			return OSCAP_BAD_ARGUMENTS + 1;
		}
		if (!names_flag(cmd->options, options[i].name) && take(o, i, optarg) < 0)
			return wrong(cmd);
	}
	return 0;
}

int oscap_parse(int argc, char **argv, const struct oscap_command *cmd, struct oscap *ret_oscap)
{
	int rc = parse_options(argc, argv, cmd, ret_oscap);

	if (rc != 0)
		return rc;
	ret_oscap->files = (const char **)argv + optind;
	ret_oscap->n_files = (size_t)(argc - optind);
	if (ret_oscap->n_files > 0 && ret_oscap->n_files <= cmd->max_files)
		return 0;
	fprintf(stderr, "ERROR:    %s\n",
		ret_oscap->n_files ? "Wrong number of parameters." : cmd->missing);
	return wrong(cmd);
}
