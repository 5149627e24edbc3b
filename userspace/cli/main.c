/* SPDX-License-Identifier: Apache-2.0 */
/* stigwatch: chooses the command. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/oscap.h"

#define TAILORING_OPTIONS "tailoring-file tailoring-id rule skip-rule "
#define OUTPUT_OPTIONS "output color all fail-on benchmark-id quiet "

static const struct cli_command commands[] = {
	{"run", "TARGET --content DS", "scan, watch and report one container in one go",
	 OUTPUT_OPTIONS "content profile datastream-id xccdf-id " TAILORING_OPTIONS
			"thin sce env image-config docker-socket baseline "
			"evidence for epoch until-exit window runtime-verdicts ring-bytes backend "
			"no-fanotify no-canary exec-permission runtime-rule enforce",
	 cmd_run, 1, 1},
	{"scan", "TARGET --content DS", "static verdicts, and a baseline",
	 OUTPUT_OPTIONS "content profile datastream-id xccdf-id " TAILORING_OPTIONS
			"thin sce env image-config platform docker-socket baseline",
	 cmd_scan, 1, 1},
	{"monitor", "TARGET... --evidence DIR", "alerts as JSON lines until stopped, and evidence",
	 "baseline evidence for epoch until-exit image label all-containers docker-socket "
	 "ring-bytes backend pin-dir no-pin keep no-fanotify no-canary exec-permission "
	 "keep-privileges runtime-rule enforce quiet",
	 cmd_monitor, 0, 200},
	{"detach", "", "remove from the kernel what a monitor left there", "pin-dir quiet",
	 cmd_detach, 0, 0},
	{"report", "--evidence DIR [--static FILE]", "verdicts from evidence, joined with a scan's",
	 OUTPUT_OPTIONS "evidence static container window runtime-verdicts", cmd_report, 0, 0},
	{"verify", "DIR", "is the evidence whole", "json quiet", cmd_verify, 1, 1},
	{"features", "", "what this kernel lets us see, and why not", "json", cmd_features, 0, 0},
};

/* Names under which the command line is oscap's, or that of the scripts around it. */
static int run_as_oscap(const char *name, int argc, char **argv)
{
	if (strcmp(name, "oscap") == 0)
		return oscap_main(argc, argv);
	if (strcmp(name, "oscap-docker") == 0 || strcmp(name, "oscap-podman") == 0)
		return oscap_container_main(name + strlen("oscap-"), argc, argv);
	return -ENOENT;
}

static int version(void)
{
	printf("stigwatch %s\nformats: xccdf arf oval json html text lines\nback ends: "
	       "tracepoint\n",
	       SW_VERSION);
	return fflush(stdout) == 0 ? EXIT_COMPLIANT : EXIT_TROUBLE;
}

static void usage(void)
{
	printf("usage: stigwatch COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < SW_ARRAY_LEN(commands); i++)
		printf("  %-9s %-31s %s\n", commands[i].name, commands[i].arguments,
		       commands[i].phrase);
	printf("  %-9s %-31s %s\n", "oscap", "...", "oscap's own command line: oscap -h");
	printf("\nstigwatch COMMAND --help lists a command's options; stigwatch --version what is "
	       "built in.\n");
}

int main(int argc, char **argv)
{
	static struct cli c; /* large, and zero to begin with */

	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	rc = argc > 0 ? run_as_oscap(slash ? slash + 1 : argv[0], argc, argv) : -ENOENT;
	if (rc < 0 && argc > 1)
		rc = run_as_oscap(argv[1], argc - 1, argv + 1);
	if (rc >= 0)
		return rc;
	if (argc < 2) {
		fprintf(stderr, "stigwatch: usage: stigwatch COMMAND [OPTIONS]; stigwatch --help "
				"lists the commands\n");
		return EXIT_TROUBLE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return version();
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage();
		return EXIT_COMPLIANT;
	}
	for (size_t i = 0; i < SW_ARRAY_LEN(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		rc = cli_parse(argc - 1, argv + 1, &commands[i], &c);

		if (rc == 0)
			rc = commands[i].run(&c);
		else
			rc = rc > 0 ? EXIT_COMPLIANT : EXIT_TROUBLE;
		cli_release(&c);
		return rc;
	}
	fprintf(stderr, "stigwatch: no command %s; stigwatch --help lists them\n", argv[1]);
	return EXIT_TROUBLE;
}
