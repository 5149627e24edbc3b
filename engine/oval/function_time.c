/* SPDX-License-Identifier: Apache-2.0 */
/* time_difference and its date formats (OVAL 5.11, DateTimeFormatEnumeration). The time now is the
 * session's; reads no clock. */
#include <inttypes.h>
#include <strings.h>
#include <time.h>

#include "oval/session.h"
#include "stigwatch/cleanup.h"

#define FILETIME_TO_EPOCH 11644473600 /* seconds from 1601 to 1970 */
#define FILETIME_PER_SECOND 10000000

struct layout {
	const char *format; /* of the enumeration */
	const char *text;   /* Y M D h m s: digits of each; N: name of a month; else itself */
};

static const struct layout layouts[] = {
	{"year_month_day", "YYYYMMDD"},
	{"year_month_day", "YYYYMMDDThhmmss"},
	{"year_month_day", "YYYY/MM/DD hh:mm:ss"},
	{"year_month_day", "YYYY/MM/DD"},
	{"year_month_day", "YYYY-MM-DD hh:mm:ss"},
	{"year_month_day", "YYYY-MM-DD"},
	{"month_day_year", "MM/DD/YYYY hh:mm:ss"},
	{"month_day_year", "MM/DD/YYYY"},
	{"month_day_year", "MM-DD-YYYY hh:mm:ss"},
	{"month_day_year", "MM-DD-YYYY"},
	{"month_day_year", "N, DD YYYY hh:mm:ss"},
	{"month_day_year", "N, DD YYYY"},
	{"day_month_year", "DD/MM/YYYY hh:mm:ss"},
	{"day_month_year", "DD/MM/YYYY"},
	{"day_month_year", "DD-MM-YYYY hh:mm:ss"},
	{"day_month_year", "DD-MM-YYYY"},
	{"cim_datetime", "YYYY-MM-DD hh:mm:ss:uuu"},
};

struct moment {
	int year, month, day, hour, minute, second;
};

/* Length of the month's name or abbreviation at s, 0: none. */
static size_t month_name(const char *s, int *ret_month)
{
	static const char *const names[] = {"january",	 "february", "march",	 "april",
					    "may",	 "june",     "july",	 "august",
					    "september", "october",  "november", "december"};
	size_t n = strcspn(s, ", ");

	for (size_t i = 0; i < SW_ARRAY_LEN(names); i++)
		if ((n == 3 || n == strlen(names[i])) && !strncasecmp(s, names[i], n)) {
			*ret_month = (int)i + 1;
			return n;
		}
	return 0;
}

static int *field_of(struct moment *m, char letter)
{
	switch (letter) {
	case 'Y':
		return &m->year;
	case 'M':
		return &m->month;
	case 'D':
		return &m->day;
	case 'h':
		return &m->hour;
	case 'm':
		return &m->minute;
	case 's':
		return &m->second;
	default:
		return NULL;
	}
}

static bool fits(const char *layout, const char *s, struct moment *m)
{
	for (; *layout; layout++) {
		int *field = field_of(m, *layout);

		if (*layout == 'N') {
			size_t n = month_name(s, &m->month);

			if (!n)
				return false;
			s += n;
			continue;
		}
		if (field || *layout == 'u') {
			if (*s < '0' || *s > '9')
				return false;
			if (field)
				*field = *field * 10 + (*s - '0');
		} else if (*s != *layout) {
			return false;
		}
		s++;
	}
	return !*s;
}

/* Civil date to days since 1970 (proleptic Gregorian). */
static int64_t days(const struct moment *m)
{
	int64_t y = m->year - (m->month <= 2), era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m->month + (m->month > 2 ? -3 : 9)) + 2) / 5 + m->day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_date(const struct moment *m)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (m->year % 4 == 0 && m->year % 100) || m->year % 400 == 0;

	return m->year >= 1 && m->month >= 1 && m->month <= 12 && m->day >= 1 &&
	       m->day <= lengths[m->month - 1] + (leap && m->month == 2) && m->hour < 24 &&
	       m->minute < 60 && m->second <= 60;
}

static int64_t seconds_of(const struct moment *m)
{
	return days(m) * 86400 + m->hour * 3600 + m->minute * 60 + m->second;
}

/* "yyyymmddHHMMSS.mmmmmmsUUU": s is the sign of UUU, minutes ahead of UTC. */
static bool cim(const char *s, int64_t *ret)
{
	struct moment m = {0};
	char head[15], sign;
	unsigned micro, offset;
	int n = 0;

	if (strlen(s) != 25 || sscanf(s + 14, ".%6u%c%3u%n", &micro, &sign, &offset, &n) != 3 ||
	    n != 11 || (sign != '+' && sign != '-'))
		return false;
	memcpy(head, s, 14);
	head[14] = '\0';
	if (!fits("YYYYMMDDhhmmss", head, &m) || !is_date(&m))
		return false;
	*ret = seconds_of(&m) - (sign == '+' ? 1 : -1) * (int64_t)offset * 60;
	return true;
}

static bool integer(const char *s, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(s, &end, 10);
	return !errno && end != s && !*end && strchr("-0123456789", *s);
}

static bool to_seconds(const char *format, const char *s, int64_t *ret)
{
	if (!strcmp(format, "seconds_since_epoch"))
		return integer(s, ret) && *ret < INT64_MAX / 4 && *ret > INT64_MIN / 4;
	if (!strcmp(format, "win_filetime")) {
		if (!integer(s, ret))
			return false;
		*ret = *ret / FILETIME_PER_SECOND - FILETIME_TO_EPOCH;
		return true;
	}
	for (size_t i = 0; i < SW_ARRAY_LEN(layouts); i++) {
		struct moment m = {0};

		if (strcmp(layouts[i].format, format) || !fits(layouts[i].text, s, &m))
			continue;
		*ret = seconds_of(&m);
		return is_date(&m);
	}
	return !strcmp(format, "cim_datetime") && cim(s, ret);
}

static int add_difference(int64_t first, int64_t second, struct oval_values *ret)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, first - second);
	return oval_values_add(ret, text, strlen(text));
}

/* The second component's values from one time. */
static int subtract_all(const struct oval_component *c, int64_t first,
			const struct oval_values *seconds, struct oval_values *ret)
{
	for (size_t i = 0; i < seconds->n; i++) {
		int64_t second;
		int rc;

		if (!to_seconds(c->format_2, seconds->items[i], &second))
			return -EINVAL;
		rc = add_difference(first, second, ret);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int oval_function_time_difference(struct sw_oval_session *s, const struct oval_component *c,
				  const struct oval_values *args, struct oval_values *ret)
{
	if (c->n_children == 1)
		return s->now ? subtract_all(c, s->now, &args[0], ret) : -ENOTSUP;
	if (c->n_children != 2)
		return -EINVAL;
	for (size_t i = 0; i < args[0].n; i++) {
		int64_t first;
		int rc;

		if (!to_seconds(c->format_1, args[0].items[i], &first))
			return -EINVAL;
		rc = subtract_all(c, first, &args[1], ret);
		if (rc < 0)
			return rc;
	}
	return 0;
}
