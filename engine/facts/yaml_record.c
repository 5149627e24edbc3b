/* SPDX-License-Identifier: Apache-2.0 */
/* Selected YAML into records; scalars typed by YAML 1.2's core schema. Reads no file. */
#include "facts/yaml_record.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>

#include "base/base.h"

#define TAG(t) "tag:yaml.org,2002:" t

enum place {
	TOP,
	IN_SEQUENCE,
	IN_INNER, /* a sequence in a sequence: a record of its own */
	IN_MAPPING,
	IN_VALUES, /* a sequence in a mapping: values of its key */
};

struct maker {
	struct yaml_records *out;
	struct yaml_record open;   /* not finished yet */
	enum place place, outside; /* outside: of a mapping */
	char *key;
	struct sw_error *err;
};

/* ---- scalars ---- */

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

static const char *boolean(const char *s)
{
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};

	return is_one_of(s, yes) ? "true" : is_one_of(s, no) ? "false" : NULL;
}

static char *integer(const char *s)
{
	size_t sign = *s == '+' || *s == '-';
	int base = !strncmp(s, "0x", 2) ? 16 : !strncmp(s, "0o", 2) ? 8 : 10;
	const char *digits = base == 10 ? s + sign : s + 2;
	const char *allowed = base == 16  ? "0123456789abcdefABCDEF"
			      : base == 8 ? "01234567"
					  : "0123456789";
	char *text = NULL;
	intmax_t v;

	if (!*digits || digits[strspn(digits, allowed)])
		return NULL;
	errno = 0;
	v = strtoimax(base == 10 ? s : digits, NULL, base);
	if (errno) /* more than fits: as it is written */
		return strdup(s);
	return asprintf(&text, "%" PRIdMAX, v) < 0 ? NULL : text;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_decimal(const char *s)
{
	size_t whole, part = 0;

	s += *s == '+' || *s == '-';
	whole = strspn(s, "0123456789");
	s += whole;
	if (*s == '.')
		part = strspn(++s, "0123456789");
	s += part;
	if (!whole && !part)
		return false;
	if (*s == 'e' || *s == 'E') {
		s += 1 + (s[1] == '+' || s[1] == '-');
		if (!isdigit((unsigned char)*s))
			return false;
		s += strspn(s, "0123456789");
	}
	return !*s;
}

static char *decimal(const char *s)
{
	static const char *const inf[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nan[] = {".nan", ".NaN", ".NAN", NULL};
	char *text = NULL;

	if (is_one_of(s, nan))
		return strdup("nan");
	if (is_one_of(s + (*s == '+' || *s == '-'), inf))
		return strdup(*s == '-' ? "-inf" : "inf");
	if (!is_decimal(s))
		return NULL;
	return asprintf(&text, "%f", strtod(s, NULL)) < 0 ? NULL : text;
}

static bool is_null(const char *s)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return is_one_of(s, words);
}

/* Its value as text; NULL with errno EINVAL when it is not what its tag says. */
static char *scalar_text(const struct sw_yaml_node *n)
{
	bool any = n->plain && !n->tag;
	const char *tag = n->tag ? n->tag : "", *b;
	char *text = NULL;

	errno = 0;
	if (any || !strcmp(tag, TAG("bool"))) {
		b = boolean(n->text);
		if (b)
			return strdup(b);
	}
	if (any || !strcmp(tag, TAG("int")))
		text = integer(n->text);
	if (!text && (any || !strcmp(tag, TAG("float"))))
		text = decimal(n->text);
	if (text)
		return text;
	if ((any || !strcmp(tag, TAG("null"))) && is_null(n->text))
		return strdup("(null)"); /* as OpenSCAP prints it */
	if (!strcmp(tag, TAG("bool")) || !strcmp(tag, TAG("int")) || !strcmp(tag, TAG("float"))) {
		errno = EINVAL;
		return NULL;
	}
	return strdup(n->text);
}

/* ---- records ---- */

static void record_release(struct yaml_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free((char *)r->fields[i].name);
		free((char *)r->fields[i].value);
	}
	free(r->fields);
	*r = (struct yaml_record){0};
}

void yaml_records_release(struct yaml_records *r)
{
	for (size_t i = 0; i < r->n; i++)
		record_release(&r->items[i]);
	free(r->items);
	*r = (struct yaml_records){0};
}

/* Records without fields are none. */
static int finish(struct maker *m)
{
	if (!m->open.n)
		return 0;
	if (SW_GROW(m->out->items, m->out->n, m->out->cap) < 0)
		return -ENOMEM;
	m->out->items[m->out->n++] = m->open;
	m->open = (struct yaml_record){0};
	return 0;
}

/* Names of fields are in lower case (OVAL common schema); OpenSCAP marks what was not. */
static char *field_name(const char *key)
{
	char *name = malloc(2 * strlen(key) + 1), *to = name;

	if (!name)
		return NULL;
	for (; *key; key++) {
		if ((*key >= 'A' && *key <= 'Z') || *key == '^')
			*to++ = '^';
		*to++ = (char)(*key >= 'A' && *key <= 'Z' ? *key + 32 : *key);
	}
	*to = '\0';
	return name;
}

static int refuse(struct maker *m)
{
	return sw_error_set(m->err, EINVAL, "the path leads to a structure of more dimensions");
}

static int on_start(void *ctx, enum sw_yaml_kind kind)
{
	struct maker *m = ctx;

	if (kind == SW_YAML_MAPPING) {
		if ((m->place != TOP && m->place != IN_SEQUENCE) || m->open.n)
			return refuse(m);
		m->outside = m->place;
		m->place = IN_MAPPING;
		return 0;
	}
	switch (m->place) {
	case TOP:
		m->place = IN_SEQUENCE;
		return 0;
	case IN_SEQUENCE:
		m->place = IN_INNER;
		return finish(m);
	case IN_MAPPING:
		m->place = IN_VALUES;
		return 0;
	default:
		return refuse(m);
	}
}

static int on_end(void *ctx, enum sw_yaml_kind kind)
{
	struct maker *m = ctx;

	switch (m->place) {
	case IN_MAPPING:
		m->place = m->outside;
		return finish(m);
	case IN_VALUES:
		m->place = IN_MAPPING;
		return 0;
	case IN_INNER:
		m->place = IN_SEQUENCE;
		return finish(m);
	default:
		m->place = TOP;
		return 0;
	}
}

static int on_key(void *ctx, const char *key)
{
	struct maker *m = ctx;

	free(m->key);
	m->key = field_name(key);
	return m->key ? 0 : -ENOMEM;
}

static int on_scalar(void *ctx, const struct sw_yaml_node *n)
{
	struct maker *m = ctx;
	bool named = m->place == IN_MAPPING || m->place == IN_VALUES;
	char *name, *value;

	if (++m->out->n_fields > SW_LIMIT_MATCHES)
		return -E2BIG;
	value = scalar_text(n);
	if (!value)
		return errno == EINVAL
			       ? sw_error_set(m->err, EINVAL, "\"%s\" is no %s", n->text, n->tag)
			       : -ENOMEM;
	name = strdup(named ? m->key : "#");
	if (!name || SW_GROW(m->open.fields, m->open.n, m->open.cap) < 0) {
		free(name);
		free(value);
		return -ENOMEM;
	}
	m->open.fields[m->open.n++] = (struct sw_oval_pair){name, value};
	return 0;
}

int yaml_records_make(const struct sw_yaml *yaml, const struct yaml_path *path,
		      struct yaml_records *ret, struct sw_error *err)
{
	struct yaml_records records = {0};
	struct maker m = {.out = &records, .err = err};
	const struct yaml_path_sink sink = {on_start, on_end, on_key, on_scalar, &m};
	int rc = yaml_path_eval(path, yaml, &sink);

	if (rc == 0)
		rc = finish(&m);
	record_release(&m.open);
	free(m.key);
	if (rc < 0)
		yaml_records_release(&records);
	else
		*ret = records;
	return rc;
}
