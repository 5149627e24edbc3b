/* SPDX-License-Identifier: Apache-2.0 */
/* Results of check engines as files, one for each document or script, named as oscap names them. */
#include <ctype.h>

#include "cli/cli.h"
#include "sinks/output.h"

/* HREF.result.xml: what is no letter, digit or "-._~" as %XX. */
static char *results_path(const char *dir, const char *href)
{
	struct sw_strbuf sb = {0};

	sw_strbuf_addf(&sb, "%s/", dir);
	for (; *href; href++)
		if (isalnum((unsigned char)*href) || strchr("-._~", *href))
			sw_strbuf_addc(&sb, *href);
		else
			sw_strbuf_addf(&sb, "%%%02X", (unsigned char)*href);
	sw_strbuf_adds(&sb, ".result.xml");
	return sw_strbuf_steal(&sb);
}

static int write_file(struct sw_result *r, size_t i, bool script, const char *dir,
		      struct sw_error *err)
{
	_cleanup_free_ char *path =
		results_path(dir, script ? r->scripts[i].href : r->oval[i].href);
	struct sw_output *file = NULL;
	int rc = path ? sw_output_open(path, &file, err)
		      : sw_error_set(err, ENOMEM, "out of memory");

	if (rc == 0 && script)
		rc = sw_result_write_script(r, i, sw_output_write, file, err);
	else if (rc == 0)
		rc = sw_result_write_oval(r, i, sw_output_write, file, err);
	if (rc == 0)
		rc = sw_output_commit(TAKE(file), err);
	sw_output_abort(file);
	return rc;
}

/* Of one name for a dictionary's and the benchmark's document it is the benchmark's, as with oscap.
 */
int cli_write_oval_files(struct sw_result *r, const char *dir, struct sw_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->n_oval; i++)
		if (r->oval[i].dictionary)
			rc = write_file(r, i, false, dir, err);
	for (size_t i = 0; rc == 0 && i < r->n_oval; i++)
		if (!r->oval[i].dictionary)
			rc = write_file(r, i, false, dir, err);
	return rc;
}

int cli_write_script_files(struct sw_result *r, const char *dir, struct sw_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->n_scripts; i++)
		rc = write_file(r, i, true, dir, err);
	return rc;
}
