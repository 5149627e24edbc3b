/* SPDX-License-Identifier: Apache-2.0 */
/* Options: one table line each. Parses and checks, does nothing else. */
#include <ctype.h>
#include <getopt.h>

#include "cli/cli.h"
#include "loader/loader.h"
#include "service/monitor.h"

enum opt {
	OPT_CONTENT = 256,
	OPT_PROFILE,
	OPT_DATASTREAM_ID,
	OPT_XCCDF_ID,
	OPT_TAILORING_FILE,
	OPT_TAILORING_ID,
	OPT_RULE,
	OPT_SKIP_RULE,
	OPT_SCE,
	OPT_ENV,
	OPT_IMAGE_CONFIG,
	OPT_PLATFORM,
	OPT_DOCKER_SOCKET,
	OPT_BASELINE,
	OPT_EVIDENCE,
	OPT_STATIC,
	OPT_CONTAINER,
	OPT_IMAGE,
	OPT_LABEL,
	OPT_ALL,
	OPT_OUTPUT,
	OPT_THIN,
	OPT_COLOR,
	OPT_FAIL_ON,
	OPT_BENCHMARK_ID,
	OPT_FOR,
	OPT_EPOCH,
	OPT_UNTIL_EXIT,
	OPT_WINDOW,
	OPT_RUNTIME_VERDICTS,
	OPT_RING_BYTES,
	OPT_BACK_END,
	OPT_PIN_DIR,
	OPT_NO_PIN,
	OPT_KEEP,
	OPT_NO_FANOTIFY,
	OPT_NO_CANARY,
	OPT_EXEC_PERMISSION,
	OPT_KEEP_PRIVILEGES,
	OPT_ENFORCE,
	OPT_RUNTIME_RULE,
	OPT_JSON,
	OPT_QUIET,
	OPT_HELP,
};

static const struct {
	const char *name; /* as typed */
	enum opt id;
	const char *argument; /* NULL: none */
	const char *phrase;
} options[] = {
	{"content", OPT_CONTENT, "FILE",
	 "SCAP data stream, or XCCDF file with its documents beside it"},
	{"profile", OPT_PROFILE, "ID", "profile: whole id, unique ending, or (all)"},
	{"datastream-id", OPT_DATASTREAM_ID, "ID", "one of several data streams"},
	{"xccdf-id", OPT_XCCDF_ID, "ID", "one of several benchmarks"},
	{"tailoring-file", OPT_TAILORING_FILE, "FILE", "XCCDF Tailoring with profiles of its own"},
	{"tailoring-id", OPT_TAILORING_ID, "ID", "the same from a component of the data stream"},
	{"rule", OPT_RULE, "ID", "judge this rule only (may be repeated)"},
	{"skip-rule", OPT_SKIP_RULE, "ID", "leave this rule out (may be repeated)"},
	{"sce", OPT_SCE, "MODE", "scripts of the content: sandbox (default) or off"},
	{"env", OPT_ENV, "NAME=VALUE", "a variable of the image's configuration (dir: targets)"},
	{"image-config", OPT_IMAGE_CONFIG, "FILE", "OCI image configuration of a dir: target"},
	{"platform", OPT_PLATFORM, "OS/ARCH",
	 "one of several images of an archive (OS/ARCH/VARIANT)"},
	{"docker-socket", OPT_DOCKER_SOCKET, "PATH", "socket of the container daemon"},
	{"baseline", OPT_BASELINE, "FILE",
	 "baseline: scan writes it, monitor and run compare with it"},
	{"evidence", OPT_EVIDENCE, "DIR", "where evidence is kept"},
	{"static", OPT_STATIC, "FILE", "XCCDF result of a scan to join with"},
	{"container", OPT_CONTAINER, "NAME", "one of several containers in the evidence"},
	{"image", OPT_IMAGE, "REF", "watch every container of this image"},
	{"label", OPT_LABEL, "KEY[=VALUE]", "watch every container with this label"},
	{"all", OPT_ALL, NULL, "monitor: every container; elsewhere: show rules that passed, too"},
	{"output", OPT_OUTPUT, "FORMAT=FILE",
	 "(-o) xccdf, arf, json, html, text or lines; FILE - is stdout; oval: FILE is a directory"},
	{"thin", OPT_THIN, NULL, "arf and oval: definitions and their results, no items"},
	{"color", OPT_COLOR, "WHEN", "auto (default), always or never"},
	{"fail-on", OPT_FAIL_ON, "SEVERITY",
	 "exit 2 only for fails of at least low, medium, high; none: never"},
	{"benchmark-id", OPT_BENCHMARK_ID, "ID", "id of the Benchmark in the XCCDF output"},
	{"for", OPT_FOR, "TIME", "watch for so long: 90s, 10m, 8h"},
	{"epoch", OPT_EPOCH, "TIME", "time between coverage statements (default 5s)"},
	{"until-exit", OPT_UNTIL_EXIT, NULL, "stop when the watched containers have ended"},
	{"window", OPT_WINDOW, "WINDOW", "life (default) or observed: since a start-up sweep"},
	{"runtime-verdicts", OPT_RUNTIME_VERDICTS, "MODE", "observe, fail-only (default) or full"},
	{"exec-permission", OPT_EXEC_PERMISSION, NULL,
	 "programs outside the baseline wait until they were read; with --enforce they are "
	 "refused"},
	{"keep-privileges", OPT_KEEP_PRIVILEGES, NULL, "give up no capability after loading"},
	{"runtime-rule", OPT_RUNTIME_RULE, "RULE",
	 "watch for this runtime rule only (may be repeated)"},
	{"enforce", OPT_ENFORCE, "RULE",
	 "prevent what breaks this rule, as far as this kernel allows (may be repeated): see "
	 "features"},
	{"no-fanotify", OPT_NO_FANOTIFY, NULL,
	 "do not ask fanotify for what system call sensors cannot see"},
	{"no-canary", OPT_NO_CANARY, NULL,
	 "do without the program that shows each epoch that the sensors are awake"},
	{"ring-bytes", OPT_RING_BYTES, "N", "size of the event ring buffer, a power of two"},
	{"backend", OPT_BACK_END, "WHICH",
	 "hooks of the kernel: auto (default), lsm or tracepoint"},
	{"pin-dir", OPT_PIN_DIR, "DIR",
	 "where programs outlive the monitor (default " SW_PINS_DIR ")"},
	{"no-pin", OPT_NO_PIN, NULL, "nothing outlives the monitor: a restart is a gap"},
	{"keep", OPT_KEEP, NULL, "when stopped, go on watching in the kernel for the next monitor"},
	{"json", OPT_JSON, NULL, "JSON instead of text"},
	{"quiet", OPT_QUIET, NULL, "(-q) no progress on standard error"},
	{"help", OPT_HELP, NULL, "this text"},
};

static const char *const formats[] = {
	[FORMAT_XCCDF] = "xccdf", [FORMAT_ARF] = "arf",	  [FORMAT_JSON] = "json",
	[FORMAT_HTML] = "html",	  [FORMAT_TEXT] = "text", [FORMAT_LINES] = "lines",
	[FORMAT_OVAL] = "oval",
};
_Static_assert(SW_ARRAY_LEN(formats) == _FORMAT_MAX, "a name for each format");

static bool takes(const struct cli_command *cmd, size_t i)
{
	const char *name = options[i].name, *at = cmd->options;
	size_t len = strlen(name);

	if (options[i].id == OPT_HELP)
		return true;
	if (options[i].id == OPT_ALL && strstr(cmd->options, "all-containers"))
		return true;
	while ((at = strstr(at, name))) {
		bool begins = at == cmd->options || at[-1] == ' ';

		if (begins && (at[len] == ' ' || at[len] == '\0'))
			return true;
		at += len;
	}
	return false;
}

void cli_usage(const struct cli_command *cmd, bool to_stdout)
{
	FILE *f = to_stdout ? stdout : stderr;

	fprintf(f, "usage: stigwatch %s %s [OPTIONS]\n%s\n\n", cmd->name, cmd->arguments,
		cmd->phrase);
	for (size_t i = 0; i < SW_ARRAY_LEN(options); i++) {
		char left[64];

		if (!takes(cmd, i))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", options[i].name,
			 options[i].argument ? " " : "",
			 options[i].argument ? options[i].argument : "");
		fprintf(f, "  %-26s %s\n", left, options[i].phrase);
	}
}

static int bad(const char *option, const char *value, const char *expected)
{
	fprintf(stderr, "stigwatch: --%s %s: expected %s\n", option, value, expected);
	return -EINVAL;
}

static int parse_time(const char *option, const char *s, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {{"ms", 1000000},	    {"s", 1000000000},	     {"", 1000000000},
		     {"m", 60000000000ull}, {"h", 3600000000000ull}, {"d", 86400000000000ull}};
	char *end;
	unsigned long long n;

	errno = 0;
	n = isdigit((unsigned char)s[0]) ? strtoull(s, &end, 10) : (end = (char *)s, 0);
	for (size_t i = 0; n > 0 && n < 1000000000 && !errno && i < SW_ARRAY_LEN(units); i++)
		if (strcmp(end, units[i].unit) == 0) {
			*ret_ns = n * units[i].ns;
			return 0;
		}
	return bad(option, s, "a time such as 500ms, 90s, 10m, 8h");
}

static int choose(const char *option, const char *s, const char *const *names, size_t n,
		  const char *expected, unsigned int *ret_index)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, names[i]) == 0) {
			*ret_index = (unsigned int)i;
			return 0;
		}
	return bad(option, s, expected);
}

static int parse_output(struct cli *c, const char *s)
{
	const char *eq = strchr(s, '=');

	if (c->n_outputs == SW_ARRAY_LEN(c->outputs)) {
		fprintf(stderr, "stigwatch: more than %zu outputs\n", SW_ARRAY_LEN(c->outputs));
		return -EINVAL;
	}
	for (unsigned int i = 0; eq && eq[1] && i < _FORMAT_MAX; i++)
		if (strlen(formats[i]) == (size_t)(eq - s) &&
		    strncmp(s, formats[i], (size_t)(eq - s)) == 0) {
			c->outputs[c->n_outputs++] = (struct cli_output){i, eq + 1};
			return 0;
		}
	return bad("output", s, "FORMAT=FILE with xccdf, arf, json, html, text or lines");
}

static int add_selector(struct cli *c, enum sw_selector_kind kind, const char *value)
{
	if (c->n_selectors == SW_ARRAY_LEN(c->selectors)) {
		fprintf(stderr, "stigwatch: more than %zu targets\n", SW_ARRAY_LEN(c->selectors));
		return -EINVAL;
	}
	c->selectors[c->n_selectors++] = (struct sw_selector){.kind = kind, .value = (char *)value};
	return 0;
}

int cli_selector(struct cli *c, const char *target)
{
	static const struct {
		const char *scheme;
		enum sw_selector_kind kind;
	} schemes[] = {{"container:", SW_SELECT_CONTAINER},
		       {"docker-container:", SW_SELECT_CONTAINER},
		       {"image:", SW_SELECT_IMAGE},
		       {"docker:", SW_SELECT_IMAGE},
		       {"pid:", SW_SELECT_PID},
		       {"cgroup:", SW_SELECT_CGROUP}};

	for (size_t i = 0; i < SW_ARRAY_LEN(schemes); i++) {
		size_t len = strlen(schemes[i].scheme);

		if (strncmp(target, schemes[i].scheme, len) == 0 && target[len])
			return add_selector(c, schemes[i].kind, target + len);
	}
	if (strchr(target, ':') || strchr(target, '/')) {
		fprintf(stderr,
			"stigwatch: cannot watch %s: expected container:NAME, image:REF, pid:N or "
			"cgroup:PATH\n",
			target);
		return -EINVAL;
	}
	return add_selector(c, SW_SELECT_CONTAINER, target);
}

static int parse_fail_on(struct cli *c, const char *arg)
{
	enum sw_severity s = sw_severity_from_str(arg);

	c->fail_on_none = strcmp(arg, "none") == 0;
	if (!c->fail_on_none && (s < SW_SEVERITY_LOW || s >= _SW_SEVERITY_MAX))
		return bad("fail-on", arg, "none, low, medium or high");
	c->fail_on = c->fail_on_none ? _SW_SEVERITY_MAX : s;
	return 0;
}

static int parse_ring(struct cli *c, const char *arg)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*end || n < 4096 || n > (1u << 30) || (n & (n - 1)))
		return bad("ring-bytes", arg, "a power of two from 4096 to 1073741824");
	c->ring_bytes = (uint32_t)n;
	return 0;
}

static int parse_env(struct cli *c, const char *arg)
{
	if (!strchr(arg, '=') || arg[0] == '=')
		return bad("env", arg, "NAME=VALUE");
	if (c->n_env == SW_LIMIT_ENV)
		return bad("env", arg, "fewer variables");
	c->env[c->n_env++] = arg;
	return 0;
}

static int add_rule(const char *option, const char **list, size_t *n, const char *id)
{
	if (*n == CLI_MAX_RULES)
		return bad(option, id, "fewer rules");
	list[(*n)++] = id;
	return 0;
}

static int parse_choice(struct cli *c, enum opt id, const char *arg)
{
	static const char *const sce[] = {"sandbox", "off"};
	static const char *const windows[] = {"life", "observed"};
	static const char *const modes[] = {"observe", "fail-only", "full"};
	static const char *const colors[] = {"auto", "always", "never"};
	unsigned int i = 0;
	int rc;

	switch (id) {
	case OPT_SCE:
		rc = choose("sce", arg, sce, 2, "sandbox or off", &i);
		c->sce = i ? SW_SCE_OFF : SW_SCE_SANDBOX;
		return rc;
	case OPT_WINDOW:
		rc = choose("window", arg, windows, 2, "life or observed", &i);
		c->window = i ? SW_WINDOW_OBSERVED : SW_WINDOW_LIFE;
		return rc;
	case OPT_RUNTIME_VERDICTS:
		rc = choose("runtime-verdicts", arg, modes, 3, "observe, fail-only or full", &i);
		c->runtime_verdicts = i;
		return rc;
	default:
		rc = choose("color", arg, colors, 3, "auto, always or never", &i);
		c->color = i;
		return rc;
	}
}

static int take_text(struct cli *c, enum opt id, const char *arg)
{
	const struct {
		enum opt id;
		const char **field;
	} texts[] = {
		{OPT_CONTENT, &c->content},
		{OPT_PROFILE, &c->profile},
		{OPT_DATASTREAM_ID, &c->datastream_id},
		{OPT_XCCDF_ID, &c->xccdf_id},
		{OPT_TAILORING_FILE, &c->tailoring_file},
		{OPT_TAILORING_ID, &c->tailoring_id},
		{OPT_IMAGE_CONFIG, &c->image_config},
		{OPT_PLATFORM, &c->platform},
		{OPT_DOCKER_SOCKET, &c->docker_socket},
		{OPT_BASELINE, &c->baseline},
		{OPT_EVIDENCE, &c->evidence},
		{OPT_STATIC, &c->static_path},
		{OPT_CONTAINER, &c->container},
		{OPT_BENCHMARK_ID, &c->benchmark_id},
		{OPT_PIN_DIR, &c->pin_dir},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(texts); i++)
		if (texts[i].id == id) {
			*texts[i].field = arg;
			return 0;
		}
	return -ENOENT;
}

static int add_runtime_rule(const char *option, uint32_t *violations, const char *arg)
{
	uint32_t of_rule = sw_rule_violations(arg);

	if (!of_rule)
		return bad(option, arg,
			   "a runtime rule: no-shell, immutable-files ... (see features)");
	*violations |= of_rule;
	return 0;
}

static int take(struct cli *c, const struct cli_command *cmd, enum opt id, const char *arg)
{
	if (take_text(c, id, arg) == 0)
		return 0;
	switch (id) {
	case OPT_ENV:
		return parse_env(c, arg);
	case OPT_RULE:
		return add_rule("rule", c->rules, &c->n_rules, arg);
	case OPT_SKIP_RULE:
		return add_rule("skip-rule", c->skip_rules, &c->n_skip_rules, arg);
	case OPT_IMAGE:
		return add_selector(c, SW_SELECT_IMAGE, arg);
	case OPT_LABEL:
		return add_selector(c, SW_SELECT_LABEL, arg);
	case OPT_ALL:
		c->all = true;
		return strstr(cmd->options, "all-containers") ? add_selector(c, SW_SELECT_ALL, NULL)
							      : 0;
	case OPT_OUTPUT:
		return parse_output(c, arg);
	case OPT_FAIL_ON:
		return parse_fail_on(c, arg);
	case OPT_FOR:
		return parse_time("for", arg, &c->for_ns);
	case OPT_EPOCH:
		return parse_time("epoch", arg, &c->epoch_ns);
	case OPT_UNTIL_EXIT:
		c->until_exit = true;
		return 0;
	case OPT_EXEC_PERMISSION:
		c->exec_permission = true;
		return 0;
	case OPT_KEEP_PRIVILEGES:
		c->keep_privileges = true;
		return 0;
	case OPT_ENFORCE:
		return add_runtime_rule("enforce", &c->enforce, arg);
	case OPT_RUNTIME_RULE:
		return add_runtime_rule("runtime-rule", &c->runtime_rules, arg);
	case OPT_NO_FANOTIFY:
		c->no_fanotify = true;
		return 0;
	case OPT_NO_CANARY:
		c->no_canary = true;
		return 0;
	case OPT_BACK_END:
		return sw_back_end_parse(arg, &c->back_end) < 0
			       ? bad("backend", arg, "auto, lsm or tracepoint")
			       : 0;
	case OPT_RING_BYTES:
		return parse_ring(c, arg);
	case OPT_NO_PIN:
		c->no_pin = true;
		return 0;
	case OPT_KEEP:
		c->keep = true;
		return 0;
	case OPT_JSON:
		c->json = true;
		return 0;
	case OPT_THIN:
		c->thin = true;
		return 0;
	case OPT_QUIET:
		c->quiet = true;
		return 0;
	default:
		return parse_choice(c, id, arg);
	}
}

static int parse_options(int argc, char **argv, const struct cli_command *cmd, struct cli *c)
{
	struct option longs[SW_ARRAY_LEN(options) + 1] = {0};
	size_t n = 0;
	int got;

	for (size_t i = 0; i < SW_ARRAY_LEN(options); i++)
		if (takes(cmd, i))
			longs[n++] = (struct option){options[i].name,
						     options[i].argument ? required_argument
									 : no_argument,
						     NULL, (int)options[i].id};
	optind = 1;
	opterr = 0;
	while ((got = getopt_long(argc, argv, ":o:qh", longs, NULL)) != -1) {
		int rc;

		if (got == '?' || got == ':') {
			fprintf(stderr,
				"stigwatch: %s: %s %s; stigwatch %s --help lists the options\n",
				cmd->name,
				got == ':' ? "a value is missing after" : "unknown option",
				argv[optind - 1], cmd->name);
			return -EINVAL;
		}
		if (got == 'h' || got == OPT_HELP) {
			cli_usage(cmd, true);
			return 1;
		}
		got = got == 'o' ? OPT_OUTPUT : got == 'q' ? OPT_QUIET : got;
		rc = take(c, cmd, got, optarg);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int cli_parse(int argc, char **argv, const struct cli_command *cmd, struct cli *ret_cli)
{
	struct cli *c = ret_cli;
	int rc;

	c->command = cmd->name;
	c->runtime_verdicts = SW_RUNTIME_FAIL_ONLY;
	c->fail_on = SW_SEVERITY_UNKNOWN;
	rc = parse_options(argc, argv, cmd, c);
	if (rc != 0)
		return rc;
	c->targets = (const char **)argv + optind;
	c->n_targets = (size_t)(argc - optind);
	if (c->n_targets < cmd->min_targets || c->n_targets > cmd->max_targets) {
		fprintf(stderr, "stigwatch: usage: stigwatch %s %s\n", cmd->name, cmd->arguments);
		return -EINVAL;
	}
	return 0;
}

void cli_release(struct cli *c)
{
	memset(c, 0, sizeof(*c));
}
