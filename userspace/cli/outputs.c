/* SPDX-License-Identifier: Apache-2.0 */
/* The files that -o names: opened before the work, rendered after it, visible only when whole. */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "result/text.h"
#include "sinks/output.h"

struct cli_outputs {
	const struct cli *cli;
	size_t n;
	enum cli_format formats[SW_ARRAY_LEN(((struct cli *)0)->outputs) + 1];
	struct sw_output *files[SW_ARRAY_LEN(((struct cli *)0)->outputs) + 1];
	const char *paths[SW_ARRAY_LEN(((struct cli *)0)->outputs) + 1];
};

/* The OVAL documents of a scan are several: they go into a directory. */
static int check_directory(const char *path, struct sw_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return sw_error_set(err, errno, "%s: %s", path, strerror(errno));
	return S_ISDIR(st.st_mode) ? 0
				   : sw_error_set(err, ENOTDIR, "%s: oval needs a directory", path);
}

static int open_one(struct cli_outputs *o, enum cli_format format, const char *path,
		    struct sw_error *err)
{
	int rc = format == FORMAT_OVAL ? check_directory(path, err)
				       : sw_output_open(path, &o->files[o->n], err);

	if (rc < 0)
		return rc;
	o->formats[o->n] = format;
	o->paths[o->n++] = path;
	return 0;
}

int cli_outputs_open(const struct cli *c, struct cli_outputs **ret_outputs, struct sw_error *err)
{
	struct cli_outputs *o = calloc(1, sizeof(*o));
	bool to_stdout = false;
	int rc = 0;

	if (!o)
		return sw_error_set(err, ENOMEM, "out of memory");
	o->cli = c;
	for (size_t i = 0; i < c->n_outputs && rc == 0; i++) {
		bool is_stdout = strcmp(c->outputs[i].path, "-") == 0;

		if (is_stdout && to_stdout)
			rc = sw_error_set(err, EINVAL,
					  "two outputs cannot both go to standard output");
		else
			rc = open_one(o, c->outputs[i].format, c->outputs[i].path, err);
		to_stdout |= is_stdout;
	}
	if (rc == 0 && !to_stdout && !(c->quiet && c->n_outputs))
		rc = open_one(o, isatty(STDOUT_FILENO) ? FORMAT_TEXT : FORMAT_LINES, "-", err);
	if (rc < 0) {
		cli_outputs_free(o);
		return rc;
	}
	*ret_outputs = o;
	return 0;
}

static bool colored(const struct cli *c)
{
	if (c->color != COLOR_AUTO)
		return c->color == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static unsigned int width(void)
{
	struct winsize ws;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= 40 ? ws.ws_col : 100;
}

static int render(const struct cli_outputs *o, size_t i, struct sw_result *r,
		  const struct sw_html_timeline *timeline, struct sw_error *err)
{
	const struct sw_render_options ro = {.version = SW_VERSION,
					     .benchmark_id = o->cli->benchmark_id};
	const struct sw_text_options to = {colored(o->cli), width(), o->cli->all};
	void *ctx = o->files[i];
	int rc;

	switch (o->formats[i]) {
	case FORMAT_XCCDF:
		return sw_result_write_xccdf(r, &ro, sw_output_write, ctx, err);
	case FORMAT_ARF:
		return sw_result_write_arf(r, &ro, sw_output_write, ctx, err);
	case FORMAT_JSON:
		return sw_result_write_json(r, &ro, sw_output_write, ctx, err);
	case FORMAT_HTML:
		rc = sw_html_report(r, timeline, SW_VERSION, sw_output_write, ctx);
		break;
	case FORMAT_TEXT:
		rc = sw_text_report(r, &to, sw_output_write, ctx);
		break;
	default:
		rc = sw_lines_report(r, sw_output_write, ctx);
		break;
	}
	if (rc < 0)
		return sw_error_set(err, -rc, "%s", strerror(-rc));
	return 0;
}

static int write_oval(const struct cli_outputs *o, size_t i, struct sw_result *r,
		      struct sw_error *err)
{
	if (!r->n_oval)
		return sw_error_set(err, ENODATA, "no OVAL document was evaluated by this command");
	return cli_write_oval_files(r, o->paths[i], err);
}

int cli_outputs_write(struct cli_outputs *o, struct sw_result *r,
		      const struct sw_html_timeline *timeline, struct sw_error *err)
{
	for (size_t i = 0; i < o->n; i++) {
		int rc;

		if (o->formats[i] == FORMAT_OVAL)
			rc = write_oval(o, i, r, err);
		else
			rc = render(o, i, r, timeline, err);
		if (rc == 0 && o->files[i])
			rc = sw_output_commit(TAKE(o->files[i]), err);
		if (rc < 0)
			return sw_error_context(err, "write %s",
						strcmp(o->paths[i], "-") ? o->paths[i]
									 : "standard output");
	}
	return 0;
}

void cli_outputs_free(struct cli_outputs *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		sw_output_abort(o->files[i]);
	free(o);
}
