/* SPDX-License-Identifier: Apache-2.0 */
/* unix-def:password and unix-def:shadow: the lines of /etc/passwd and /etc/shadow as libc reads
 * them. Values of password fields never reach a description. */
#include "facts/read.h"
#include "stigwatch/cleanup.h"

#define MAX_FIELDS 16

struct account_file {
	struct sw_gather *g;
	const char *path;
	int (*line)(struct sw_gather *g, char *fields[MAX_FIELDS], size_t n);
};

/* The last of max fields keeps further colons, as libc has it. Returns how many there are. */
static size_t split(char *line, char *fields[MAX_FIELDS], size_t max)
{
	size_t n = 0;

	while (n < max) {
		char *colon = n + 1 < max ? strchr(line, ':') : NULL;

		fields[n++] = line;
		if (!colon)
			break;
		*colon = '\0';
		line = colon + 1;
	}
	return n;
}

/* An id: decimal, 32 bits. */
static bool is_id(const char *s)
{
	unsigned long long v;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	v = strtoull(s, &end, 10);
	return !errno && !*end && v <= UINT32_MAX;
}

static int emit(struct sw_gather *g, const struct sw_oval_pair *pairs, size_t n)
{
	const struct sw_oval_pairs list = {pairs[0].value, pairs, n};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);

	if (!sw_query_wants(g, "username", pairs[0].value))
		return 0;
	return g->emit(g->ctx, &item);
}

static int passwd_line(struct sw_gather *g, char *f[MAX_FIELDS], size_t n)
{
	bool nis = *f[0] == '+' || *f[0] == '-'; /* such lines may leave out their ids */

	if (n < 4 || (!nis && (!is_id(f[2]) || !is_id(f[3]))))
		return 0;

	const struct sw_oval_pair pairs[] = {
		{"username", f[0]},
		{"password", f[1]},
		{"user_id", *f[2] ? f[2] : "0"},
		{"group_id", *f[3] ? f[3] : "0"},
		{"gcos", n > 4 ? f[4] : ""},
		{"home_dir", n > 5 ? f[5] : ""},
		{"login_shell", n > 6 ? f[6] : ""},
		{"last_login", "-1"}, /* a target that does not run has no logins to tell of */
	};
	return emit(g, pairs, SW_ARRAY_LEN(pairs));
}

/* unix-def:EntityStateEncryptMethodType, by crypt(5)'s prefixes. */
static const char *encrypt_method(const char *hash)
{
	static const struct {
		const char *prefix, *name;
	} methods[] = {
		{"$1$", "MD5"},	      {"$2a$", "Blowfish"}, {"$2b$", "Blowfish"},
		{"$2x$", "Blowfish"}, {"$2y$", "Blowfish"}, {"$5$", "SHA-256"},
		{"$6$", "SHA-512"},   {"$md5$", "Sun MD5"}, {"$md5,", "Sun MD5"},
		{"_", "BSDi"},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(methods); i++)
		if (!strncmp(hash, methods[i].prefix, strlen(methods[i].prefix)))
			return methods[i].name;
	return strlen(hash) == 13 && !strpbrk(hash, "$*!:") ? "DES" : NULL;
}

static const char *or_nothing(const char *s)
{
	return *s ? s : NULL;
}

static int shadow_line(struct sw_gather *g, char *f[MAX_FIELDS], size_t n)
{
	if (n < 9)
		return 0;

	const struct sw_oval_pair pairs[] = {
		{"username", f[0]},
		{"password", f[1]},
		{"chg_lst", or_nothing(f[2])},
		{"chg_allow", or_nothing(f[3])},
		{"chg_req", or_nothing(f[4])},
		{"exp_warn", or_nothing(f[5])},
		{"exp_inact", or_nothing(f[6])},
		{"exp_date", or_nothing(f[7])},
		{"flag", or_nothing(f[8])},
		{"encrypt_method", encrypt_method(f[1])},
	};
	return emit(g, pairs, SW_ARRAY_LEN(pairs));
}

static int read_lines(const struct account_file *file, size_t max, char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char *fields[MAX_FIELDS];
		size_t n;
		int rc;

		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		n = split(line, fields, max);
		rc = *fields[0] ? file->line(file->g, fields, n) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int gather_accounts(const struct account_file *file, size_t max)
{
	_cleanup_free_ char *text = NULL;
	int rc;

	if (!sw_query_entity(file->g->query, "username")) {
		sw_gather_problem(file->g, SW_OVAL_FLAG_ERROR, "object without username");
		return 0;
	}
	rc = sw_gather_text(file->g, file->path, &text);
	if (!rc)
		sw_gather_absent(file->g, file->path);
	return rc > 0 ? read_lines(file, max, text) : rc;
}

static int gather_password(struct sw_gather *g)
{
	return gather_accounts(&(struct account_file){g, "/etc/passwd", passwd_line}, 7);
}

static int gather_shadow(struct sw_gather *g)
{
	return gather_accounts(&(struct account_file){g, "/etc/shadow", shadow_line}, 9);
}

const struct sw_gatherer sw_gatherer_password = {
	.family = "unix",
	.type = "password",
	.gather = gather_password,
};

const struct sw_gatherer sw_gatherer_shadow = {
	.family = "unix",
	.type = "shadow",
	.gather = gather_shadow,
};
