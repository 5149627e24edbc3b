/* SPDX-License-Identifier: Apache-2.0 */
/* ind-def:yamlfilecontent: a path into YAML; one item a file, whose values are records. */
#include "base/base.h"
#include "facts/find.h"
#include "facts/read.h"
#include "facts/yaml_record.h"

struct yaml_gather {
	struct sw_gather *g;
	const struct yaml_path *path;
	const char *path_text;
};

/* One file's item. */
struct yaml_item {
	const struct sw_found *found;
	const char *yamlpath;
	const struct yaml_records *records;
};

static const char *name_at(const struct sw_oval_item *item, size_t i)
{
	static const char *const names[] = {"filepath", "path", "filename", "yamlpath", "value"};

	return i < SW_ARRAY_LEN(names) ? names[i] : NULL;
}

static bool get(const struct sw_oval_item *item, const char *name, size_t i,
		struct sw_oval_value *ret_value)
{
	const struct yaml_item *y = item->data;
	const char *text = NULL;

	if (!strcmp(name, "value") && i < y->records->n)
		text = "";
	else if (i == 0 && !strcmp(name, "filepath"))
		text = y->found->filepath;
	else if (i == 0 && !strcmp(name, "path"))
		text = y->found->path;
	else if (i == 0 && !strcmp(name, "filename"))
		text = y->found->filename;
	else if (i == 0 && !strcmp(name, "yamlpath"))
		text = y->yamlpath;
	ret_value->text = text;
	ret_value->status = SW_OVAL_EXISTS;
	return text;
}

static bool record(const struct sw_oval_item *item, const char *name, size_t i,
		   struct sw_oval_pairs *ret_fields)
{
	const struct yaml_item *y = item->data;
	const struct yaml_record *r = &y->records->items[i];

	if (strcmp(name, "value") || i >= y->records->n)
		return false;
	*ret_fields = (struct sw_oval_pairs){"value", r->fields, r->n};
	return true;
}

static void describe(const struct sw_oval_item *item, struct sw_strbuf *out)
{
	const struct yaml_item *y = item->data;

	sw_strbuf_addf(out, "%s %s", y->found->filepath, y->yamlpath);
}

static const struct sw_oval_item_class yaml_class = {
	.name_at = name_at,
	.get = get,
	.record = record,
	.describe = describe,
};

static int make_records(const struct yaml_gather *yg, const char *text, size_t len,
			struct yaml_records *ret, struct sw_error *err)
{
	struct sw_yaml yaml = {0};
	int rc = len > SW_LIMIT_YAML_BYTES ? -EFBIG : sw_yaml_parse(text, len, &yaml, err);

	if (rc == 0)
		rc = yaml_records_make(&yaml, yg->path, ret, err);
	sw_yaml_release(&yaml);
	return rc;
}

static int eval_file(void *ctx, const struct sw_found *found)
{
	struct yaml_gather *yg = ctx;
	_cleanup_(yaml_records_release) struct yaml_records records = {0};
	_cleanup_free_ char *text = NULL;
	struct yaml_item data = {found, yg->path_text, &records};
	struct sw_oval_item item = {SW_OVAL_EXISTS, &yaml_class, &data};
	struct sw_error err = {0};
	struct stat st;
	size_t len = 0;
	int rc;

	if (!found->filename)
		return 0;
	rc = sw_read_text(yg->g->target, found->filepath, &text, &len, &st);
	if (rc > 0) {
		yg->g->examined = true;
		rc = make_records(yg, text, len, &records, &err);
	} else if (rc == 0) {
		rc = sw_error_set(&err, EIO, "not a readable file");
	}
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		/* -ENOENT: libyaml is not on this host */
		sw_gather_problem(yg->g,
				  rc == -ENOENT ? SW_OVAL_FLAG_NOT_COLLECTED : SW_OVAL_FLAG_ERROR,
				  "%s: %s", found->filepath, err.code ? err.text : strerror(-rc));
		return 0;
	}
	return records.n ? yg->g->emit(yg->g->ctx, &item) : 0;
}

static int gather_yaml(struct sw_gather *g)
{
	const struct sw_query_entity *e = sw_query_entity(g->query, "yamlpath");
	struct yaml_gather yg = {.g = g};
	struct yaml_path *path = NULL;
	struct sw_error err = {0};
	int rc;

	if (!e || e->n_values != 1 || e->operation != SW_OVAL_EQUALS) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without one yamlpath");
		return 0;
	}
	rc = yaml_path_parse(e->values[0], &path, &err);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "yamlpath %s: %s", e->values[0], err.text);
		return 0;
	}
	yg.path = path;
	yg.path_text = e->values[0];
	rc = sw_find_files(g, eval_file, &yg);
	yaml_path_free(path);
	return rc;
}

const struct sw_gatherer sw_gatherer_yamlfilecontent = {
	.family = "independent",
	.type = "yamlfilecontent",
	.gather = gather_yaml,
};
