/* SPDX-License-Identifier: Apache-2.0 */
/* oscap ds sds-split and xccdf resolve: documents made of documents. */
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/oscap.h"
#include "sinks/output.h"

/* Every directory on the way to the last slash of path. */
static int make_directories(const char *path, struct sw_error *err)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return sw_error_set(err, ENOMEM, "out of memory");
	for (char *slash = copy; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			return sw_error_set(err, errno, "%s: %s", copy, strerror(errno));
		*slash = '/';
	}
	return 0;
}

static int write_part(const struct sw_info_part *part, const char *dir, struct sw_error *err)
{
	_cleanup_free_ char *path = NULL;
	struct sw_output *file = NULL;
	int rc;

	if (asprintf(&path, "%s/%s", dir, part->name) < 0) {
		path = NULL;
		return sw_error_set(err, ENOMEM, "out of memory");
	}
	rc = make_directories(path, err);
	if (rc == 0)
		rc = sw_output_open(path, &file, err);
	if (rc == 0) {
		rc = sw_info_part_write(part, sw_output_write, file);
		if (rc < 0)
			sw_error_set(err, -rc, "%s: %s", path, strerror(-rc));
	}
	if (rc == 0)
		rc = sw_output_commit(TAKE(file), err);
	sw_output_abort(file);
	return rc;
}

int oscap_sds_split(struct oscap *o)
{
	const struct sw_info_choice wanted = {o->datastream_id, o->xccdf_id, NULL};
	_cleanup_(sw_info_freep) struct sw_info *info = NULL;
	struct sw_info_part *parts = NULL;
	struct sw_error err = {0};
	size_t n = 0;
	int rc;

	if (o->n_files != 2) {
		fprintf(stderr, "ERROR:    Wrong number of parameters.\n");
		return OSCAP_BAD_ARGUMENTS;
	}
	rc = sw_info_open(o->files[0], &info, &err);
	if (rc == 0)
		rc = sw_info_split(info, &wanted, &parts, &n, &err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = write_part(&parts[i], o->files[1], &err);
	sw_info_parts_free(parts, n);
	return rc < 0 ? oscap_fail(&err) : OSCAP_OK;
}

static int resolve(const struct oscap *o, struct sw_error *err)
{
	_cleanup_(sw_content_freep) struct sw_content *content = NULL;
	struct sw_output *file = NULL;
	int rc;

	if (!o->output)
		return sw_error_set(err, EINVAL, "no output document was named (--output FILE)");
	rc = sw_content_load(o->files[0], NULL, &content, err);
	if (rc == 0 && sw_content_was_resolved(content) && !o->force)
		rc = sw_error_set(err, EALREADY, "%s: the benchmark is resolved already",
				  o->files[0]);
	if (rc == 0)
		rc = sw_output_open(o->output, &file, err);
	if (rc == 0)
		rc = sw_content_write_resolved(content, sw_output_write, file, err);
	if (rc == 0)
		rc = sw_output_commit(TAKE(file), err);
	sw_output_abort(file);
	return rc;
}

int oscap_xccdf_resolve(struct oscap *o)
{
	struct sw_error err = {0};

	return resolve(o, &err) < 0 ? oscap_fail(&err) : OSCAP_OK;
}
