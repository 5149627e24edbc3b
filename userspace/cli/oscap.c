/* SPDX-License-Identifier: Apache-2.0 */
/* oscap: chooses the sub-command, also for an image or container (oscap-docker, oscap-podman). */
#include "cli/oscap.h"
#include "cli/cli.h"

#define COMMON "verbose verbose-log-file "
#define EVAL_OPTIONS                                                                               \
	COMMON "profile rule skip-rule tailoring-file tailoring-id datastream-id xccdf-id "        \
	       "benchmark-id results results-arf report stig-viewer cpe local-files progress "     \
	       "progress-full "                                                                    \
	       "thin-results oval-results check-engine-results "                                   \
	       "without-syschar skip-valid skip-validation skip-signature-validation"
#define EVAL_REFUSED                                                                               \
	"export-variables "                                                                        \
	"reference fetch-remote-resources enforce-signature remediate"

static const struct oscap_command commands[] = {
	{"xccdf eval", "Judge a target by an XCCDF checklist or a source data stream",
	 "[options] INPUT_FILE [oval-definitions-files]", "XCCDF file need to be specified!",
	 EVAL_OPTIONS, EVAL_REFUSED, 1 + OSCAP_MAX_FILES, oscap_xccdf_eval},
	{"xccdf validate", "Is the document valid by schema and schematron",
	 "[options] xccdf-file.xml", "XCCDF file need to be specified!", COMMON "skip-schematron",
	 "", 1, oscap_validate},
	{"oval validate", "Is the document valid by schema and schematron",
	 "[options] oval-file.xml", "OVAL file needs to be specified!",
	 COMMON "skip-schematron definitions variables! syschar! results!", "", 1,
	 oscap_oval_validate},
	{"xccdf generate report", "HTML from a file of results", "[options] xccdf-file.xml",
	 "XCCDF file need to be specified!", COMMON "output", "profile result-id oval-template", 1,
	 oscap_generate_report},
	{"ds sds-validate", "Is the source data stream valid by schema",
	 "[options] source_datastream.xml", "Source data stream file need to be specified!", COMMON,
	 "", 1, oscap_ds_validate},
	{"ds rds-validate", "Is the result data stream valid by schema",
	 "[options] result_datastream.xml", "Result data stream file need to be specified!", COMMON,
	 "", 1, oscap_ds_validate},
	{"ds sds-split", "A source data stream as the files it was made of",
	 "[options] SDS TARGET_DIRECTORY", "Wrong number of parameters.",
	 COMMON "datastream-id xccdf-id skip-valid skip-validation local-files",
	 "fetch-remote-resources", 2, oscap_sds_split},
	{"xccdf resolve", "A checklist in which nothing extends anything",
	 "[options] -o output-xccdf.xml input-xccdf.xml", "XCCDF file needs to be specified!",
	 COMMON "output force", "", 1, oscap_xccdf_resolve},
	{"oval eval", "Judge a target by OVAL definitions", "[options] oval-definitions.xml",
	 "Definitions file is not specified!",
	 COMMON "id variables directives without-syschar results skip-valid skip-validation "
		"datastream-id oval-id local-files",
	 "report fetch-remote-resources", OSCAP_MAX_FILES, oscap_oval_eval},
	{"oval collect", "What the objects of OVAL definitions find on a target",
	 "[options] oval-definitions.xml", "Definitions file is not specified!",
	 COMMON "id syschar variables skip-valid skip-validation", "", OSCAP_MAX_FILES,
	 oscap_oval_collect},
	{"oval analyse", "Judge collected system characteristics by OVAL definitions",
	 "[options] --results FILE oval-definitions.xml system-characteristics.xml",
	 "OVAL Results file is not specified(--results parameter)",
	 COMMON "variables directives results skip-valid skip-validation", "", 2,
	 oscap_oval_analyse},
	{"info", "Kind of a SCAP document, its checklists and profiles", "[options] some-file.xml",
	 "SCAP file needs to be specified!", COMMON "profile profiles local-files",
	 "fetch-remote-resources", 1, oscap_info},
	/* what oscap has and we do not */
	{.path = "xccdf export-oval-variables"},
	{.path = "xccdf remediate"},
	{.path = "xccdf generate guide"},
	{.path = "xccdf generate fix"},
	{.path = "xccdf generate custom"},
	{.path = "oval generate"},
	{.path = "ds sds-compose"},
	{.path = "ds sds-add"},
	{.path = "ds rds-split"},
	{.path = "ds rds-create"},
	{.path = "cpe match"},
	{.path = "cpe check"},
	{.path = "cpe validate"},
	{.path = "cvss score"},
	{.path = "cvss describe"},
	{.path = "cve validate"},
	{.path = "cve find"},
	{.path = "cvrf eval"},
	{.path = "cvrf export"},
	{.path = "cvrf validate"},
};

int oscap_fail(const struct sw_error *err)
{
	cli_fail(err);
	return OSCAP_ERROR;
}

static int version(void)
{
	printf("stigwatch %s, taking the command line of oscap 1.3.7\n\n"
	       "==== Supported specifications ====\nSCAP Version: 1.3\nXCCDF Version: 1.2\n"
	       "OVAL Version: 5.11.1\n",
	       SW_VERSION);
	return fflush(stdout) == 0 ? OSCAP_OK : OSCAP_ERROR;
}

/* How many words of path argv begins with, all of them or 0. *ret_common: how many it shares. */
static int words_of(const char *path, int argc, char **argv, int *ret_common)
{
	int n = 0;

	for (const char *at = path; *at; n++) {
		size_t len = strcspn(at, " ");

		if (n == argc || strlen(argv[n]) != len || strncmp(argv[n], at, len)) {
			*ret_common = n;
			return 0;
		}
		at += len + (at[len] == ' ');
	}
	*ret_common = n;
	return n;
}

/* A module without its operation: what there is. */
static int list_below(int depth, char **argv, bool asked)
{
	FILE *f = asked ? stdout : stderr;

	fprintf(f, "Usage:    oscap [options]");
	for (int i = 0; i < depth; i++)
		fprintf(f, " %s", argv[i]);
	fprintf(f,
		" operation [operation-options-and-arguments]\nOperations that stigwatch takes:\n");
	for (size_t i = 0; i < SW_ARRAY_LEN(commands); i++) {
		int common = 0;

		words_of(commands[i].path, depth, argv, &common);
		if (common == depth && commands[i].run)
			fprintf(f, "  %-22s %s\n", commands[i].path, commands[i].phrase);
	}
	if (asked)
		return fflush(f) == 0 ? OSCAP_OK : OSCAP_ERROR;
	return OSCAP_BAD_MODULE;
}

static int run(const struct oscap_command *cmd, int argc, char **argv,
	       const struct oscap_container *container)
{
	static struct oscap o; /* large */
	int rc;

	if (!cmd->run) {
		fprintf(stderr, "oscap: %s is not supported by stigwatch\n", cmd->path);
		return OSCAP_ERROR;
	}
	memset(&o, 0, sizeof(o));
	o.container = container;
	rc = oscap_parse(argc, argv, cmd, &o);
	return rc != 0 ? rc - 1 : cmd->run(&o);
}

/* argv: what follows the name of the program. */
static int dispatch(int argc, char **argv, const struct oscap_container *container)
{
	int depth = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(commands); i++) {
		int common, n = words_of(commands[i].path, argc, argv, &common);

		if (n)
			return run(&commands[i], argc - n + 1, argv + n - 1, container);
		depth = common > depth ? common : depth;
	}
	if (depth == argc)
		return list_below(depth, argv, false);
	if (strcmp(argv[depth], "-h") == 0 || strcmp(argv[depth], "--help") == 0)
		return list_below(depth, argv, true);
	if (depth == 0 && (strcmp(argv[0], "-V") == 0 || strcmp(argv[0], "--version") == 0))
		return version();
	if (depth == 0 && argv[0][0] == '-') {
		fprintf(stderr, "oscap: unrecognized option '%s'\n", argv[0]);
		return OSCAP_BAD_ARGUMENTS;
	}
	fprintf(stderr, "No such module: %s\n", argv[depth]);
	return OSCAP_BAD_MODULE;
}

int oscap_main(int argc, char **argv)
{
	int at = 1;

	/* common options may stand before the module */
	while (at + 1 < argc &&
	       (strcmp(argv[at], "--verbose") == 0 || strcmp(argv[at], "--verbose-log-file") == 0))
		at += 2;
	return dispatch(argc - at, argv + at, NULL);
}

/* Options of the scripts themselves, before what they are told: which oscap, which is we. */
static int skip_script_options(int argc, char **argv)
{
	int at = 1;

	while (at < argc && argv[at][0] == '-') {
		if (strcmp(argv[at], "--oscap") == 0)
			at++;
		else if (strncmp(argv[at], "--oscap=", strlen("--oscap=")) != 0 &&
			 strcmp(argv[at], "--disable-atomic") != 0)
			return at;
		at++;
	}
	return at;
}

static void container_usage(FILE *f, const char *tool)
{
	fprintf(f, "usage: oscap-%s image|container NAME MODULE OPERATION [options] FILE\n", tool);
	if (strcmp(tool, "podman") == 0)
		fprintf(f, "       oscap-podman NAME MODULE OPERATION [options] FILE\n");
	fprintf(f,
		"What MODULE and OPERATION there are: oscap --help. A container of that NAME goes "
		"before an image.\n");
}

int oscap_container_main(const char *tool, int argc, char **argv)
{
	int at = skip_script_options(argc, argv);
	const char *kind = at < argc ? argv[at] : "";
	struct oscap_container c = {.tool = tool};

	if (strcmp(kind, "-h") == 0 || strcmp(kind, "--help") == 0) {
		container_usage(stdout, tool);
		return fflush(stdout) == 0 ? OSCAP_OK : OSCAP_ERROR;
	}
	c.image = strcmp(kind, "image") == 0;
	c.container = strcmp(kind, "container") == 0;
	if (c.image || c.container)
		at++;
	else if (strcmp(tool, "podman") != 0 || kind[0] == '-')
		at = argc; /* podman's script takes a bare name */
	if (at + 1 >= argc) {
		fprintf(stderr, "oscap-%s: ", tool);
		container_usage(stderr, tool);
		return OSCAP_BAD_ARGUMENTS;
	}
	c.name = argv[at];
	return dispatch(argc - at - 1, argv + at + 1, &c);
}
