/* SPDX-License-Identifier: Apache-2.0 */
/* oscap info, validate and generate report: what needs a document and no target. */
#include <sys/stat.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/oscap.h"
#include "sinks/output.h"

static int print(void *ctx, const void *data, size_t len)
{
	return fwrite(data, 1, len, ctx) == len ? 0 : -EIO;
}

static void modified(const char *path, char *ret, size_t size)
{
	struct stat st;
	struct tm tm;

	*ret = '\0';
	if (stat(path, &st) == 0 && localtime_r(&st.st_mtime, &tm))
		strftime(ret, size, "%Y-%m-%dT%H:%M:%S", &tm);
}

static int show(const struct oscap *o, const struct sw_info *info, struct sw_error *err)
{
	char time[32];
	int rc;

	if (o->profiles)
		rc = sw_info_profiles(info, print, stdout);
	else if (o->profile)
		return sw_info_profile(info, o->profile, print, stdout, err);
	else {
		modified(o->files[0], time, sizeof(time));
		rc = sw_info_describe(info, time, print, stdout);
	}
	if (rc == 0 && fflush(stdout) != 0)
		rc = -EIO;
	return rc < 0 ? sw_error_set(err, -rc, "standard output: %s", strerror(-rc)) : 0;
}

int oscap_info(struct oscap *o)
{
	_cleanup_(sw_info_freep) struct sw_info *info = NULL;
	struct sw_error err = {0};
	int rc = sw_info_open(o->files[0], &info, &err);

	if (rc == 0)
		rc = show(o, info, &err);
	if (rc == 0 && fflush(stdout) != 0)
		rc = sw_error_set(&err, EIO, "standard output: %s", strerror(EIO));
	return rc < 0 ? oscap_fail(&err) : OSCAP_OK;
}

static void complain(void *ctx, long line, const char *text)
{
	const char *path = ctx;

	if (line > 0)
		fprintf(stderr, "File '%s' line %ld: %s\n", path, line, text);
	else
		printf("%s\n", text);
}

/* By the schemas of the package openscap-common. 0 valid, 1 nothing to validate; invalid what. */
static int validate(const struct oscap *o, bool schematron, int invalid)
{
	_cleanup_(sw_info_freep) struct sw_info *info = NULL;
	struct sw_validate_options options = {
		.schemas = getenv("OSCAP_SCHEMA_PATH") ?: "/usr/share/openscap/schemas",
		.schematron = schematron && !o->skip_schematron,
		.say = complain,
		.ctx = (void *)o->files[0],
	};
	struct sw_error err = {0};
	int rc = sw_info_open(o->files[0], &info, &err);

	if (rc == 0 && access(options.schemas, R_OK) < 0)
		rc = sw_error_set(&err, ENOENT,
				  "%s: no schemas to validate by; they are in the package "
				  "openscap-common",
				  options.schemas);
	if (rc == 0 && o->oval_only && sw_info_kind(info) == SW_INFO_STREAM)
		options.schematron = false;
	if (rc == 0)
		rc = sw_info_validate(info, &options, &err);
	if (fflush(stdout) != 0 && rc >= 0)
		rc = sw_error_set(&err, EIO, "standard output: %s", strerror(EIO));
	if (rc < 0)
		return oscap_fail(&err);
	if (rc > 0)
		fprintf(stderr, "%s: invalid\n", o->files[0]);
	return rc > 0 ? invalid : OSCAP_OK;
}

int oscap_validate(struct oscap *o)
{
	return validate(o, true, OSCAP_FAIL);
}

/* Of a stream the schema only, as oscap. */
int oscap_oval_validate(struct oscap *o)
{
	o->oval_only = true;
	return validate(o, true, OSCAP_FAIL);
}

int oscap_ds_validate(struct oscap *o)
{
	return validate(o, false, OSCAP_ERROR);
}

int oscap_generate_report(struct oscap *o)
{
	_cleanup_(sw_result_freep) struct sw_result *result = NULL;
	const char *path = o->output ?: "-";
	struct sw_output *out = NULL;
	struct sw_error err = {0};
	int rc = sw_result_load(o->files[0], &result, &err);

	if (rc == 0)
		rc = sw_output_open(path, &out, &err);
	if (rc == 0) {
		rc = sw_html_report(result, NULL, SW_VERSION, sw_output_write, out);
		if (rc < 0)
			sw_error_set(&err, -rc, "%s: %s", path, strerror(-rc));
	}
	if (rc == 0)
		rc = sw_output_commit(TAKE(out), &err);
	sw_output_abort(out);
	return rc < 0 ? oscap_fail(&err) : OSCAP_OK;
}
