/* SPDX-License-Identifier: Apache-2.0 */
/* unix-def:file: what lstat says about a file or directory. A link is judged by its own owner and
 * mode, as OpenSCAP does. */
#include <inttypes.h>

#include "facts/find.h"
#include "stigwatch/cleanup.h"

struct file_item {
	const struct sw_found *found;
	struct sw_target *target;
};

typedef void (*field_fn)(const struct file_item *f, struct sw_oval_value *v);

static void number(struct sw_oval_value *v, intmax_t n)
{
	snprintf(v->buf, sizeof(v->buf), "%jd", n);
	v->text = v->buf;
}

static void absent(struct sw_oval_value *v)
{
	v->status = SW_OVAL_DOES_NOT_EXIST;
}

static void get_filepath(const struct file_item *f, struct sw_oval_value *v)
{
	v->text = f->found->filepath;
}

static void get_path(const struct file_item *f, struct sw_oval_value *v)
{
	v->text = f->found->path;
}

static void get_filename(const struct file_item *f, struct sw_oval_value *v)
{
	if (f->found->filename)
		v->text = f->found->filename;
	else
		absent(v);
}

static void get_type(const struct file_item *f, struct sw_oval_value *v)
{
	switch (f->found->st->st_mode & S_IFMT) {
	case S_IFREG:
		v->text = "regular";
		break;
	case S_IFDIR:
		v->text = "directory";
		break;
	case S_IFLNK:
		v->text = "symbolic link";
		break;
	case S_IFBLK:
		v->text = "block special";
		break;
	case S_IFCHR:
		v->text = "character special";
		break;
	case S_IFIFO:
		v->text = "fifo";
		break;
	case S_IFSOCK:
		v->text = "socket";
		break;
	default:
		absent(v);
	}
}

#define NUMBER(name, expr)                                                                         \
	static void get_##name(const struct file_item *f, struct sw_oval_value *v)                 \
	{                                                                                          \
		const struct stat *st = f->found->st;                                              \
		number(v, (intmax_t)(expr));                                                       \
	}
NUMBER(group_id, st->st_gid)
NUMBER(user_id, st->st_uid)
NUMBER(a_time, st->st_atime)
NUMBER(c_time, st->st_ctime)
NUMBER(m_time, st->st_mtime)
NUMBER(size, st->st_size)

#define BIT(name, bit)                                                                             \
	static void get_##name(const struct file_item *f, struct sw_oval_value *v)                 \
	{                                                                                          \
		v->text = f->found->st->st_mode & (bit) ? "true" : "false";                        \
	}
BIT(suid, S_ISUID)
BIT(sgid, S_ISGID)
BIT(sticky, S_ISVTX)
BIT(uread, S_IRUSR)
BIT(uwrite, S_IWUSR)
BIT(uexec, S_IXUSR)
BIT(gread, S_IRGRP)
BIT(gwrite, S_IWGRP)
BIT(gexec, S_IXGRP)
BIT(oread, S_IROTH)
BIT(owrite, S_IWOTH)
BIT(oexec, S_IXOTH)

/* Of a link OpenSCAP says "false" when it leads somewhere; that the end of it has an ACL is its own
 * item's matter. */
static void get_has_extended_acl(const struct file_item *f, struct sw_oval_value *v)
{
	struct stat st;
	int rc;

	if (S_ISLNK(f->found->st->st_mode))
		rc = sw_target_stat(f->target, f->found->filepath, true, &st);
	else
		rc = sw_target_has_acl(f->target, f->found->filepath);
	if (rc < 0) /* 5.11: no ACL support is "does not exist" */
		absent(v);
	else
		v->text = rc ? "true" : "false";
}

static const struct {
	const char *name;
	field_fn get;
} fields[] = {
	{"filepath", get_filepath},
	{"path", get_path},
	{"filename", get_filename},
	{"type", get_type},
	{"group_id", get_group_id},
	{"user_id", get_user_id},
	{"a_time", get_a_time},
	{"c_time", get_c_time},
	{"m_time", get_m_time},
	{"size", get_size},
	{"suid", get_suid},
	{"sgid", get_sgid},
	{"sticky", get_sticky},
	{"uread", get_uread},
	{"uwrite", get_uwrite},
	{"uexec", get_uexec},
	{"gread", get_gread},
	{"gwrite", get_gwrite},
	{"gexec", get_gexec},
	{"oread", get_oread},
	{"owrite", get_owrite},
	{"oexec", get_oexec},
	{"has_extended_acl", get_has_extended_acl},
};

static const char *item_name_at(const struct sw_oval_item *item, size_t i)
{
	return i < SW_ARRAY_LEN(fields) ? fields[i].name : NULL;
}

static bool item_get(const struct sw_oval_item *item, const char *name, size_t i,
		     struct sw_oval_value *ret_value)
{
	const struct file_item *f = item->data;

	for (size_t k = 0; !i && k < SW_ARRAY_LEN(fields); k++) {
		if (strcmp(fields[k].name, name))
			continue;
		if (fields[k].get == get_filepath && !f->found->filename)
			return false; /* a directory has a path only */
		ret_value->text = "";
		ret_value->status = SW_OVAL_EXISTS;
		fields[k].get(item->data, ret_value);
		return true;
	}
	return false;
}

static void item_describe(const struct sw_oval_item *item, struct sw_strbuf *out)
{
	const struct file_item *f = item->data;

	sw_strbuf_adds(out, f->found->filepath);
}

static const struct sw_oval_item_class file_class = {
	.name_at = item_name_at,
	.get = item_get,
	.describe = item_describe,
};

static int emit_file(void *ctx, const struct sw_found *found)
{
	struct sw_gather *g = ctx;
	struct file_item file = {.found = found, .target = g->target};
	struct sw_oval_item item = {.class = &file_class, .data = &file};

	return g->emit(g->ctx, &item);
}

static int gather_file(struct sw_gather *g)
{
	return sw_find_files(g, emit_file, g);
}

const struct sw_gatherer sw_gatherer_file = {
	.family = "unix",
	.type = "file",
	.absence_is_fact = true,
	.gather = gather_file,
};
