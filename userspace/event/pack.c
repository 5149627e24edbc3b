/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event without the unused room of its paths, which is most of it: for events that wait. The
 * packed form lives in this process only.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "stigwatch/cleanup.h"

/* In the order of their places: where the bytes of the event's paths begin. */
#define PATH(member) offsetof(struct sw_event, member.s)
static const size_t paths[] = {
	PATH(object.path), PATH(filename), PATH(interp), PATH(dir),
	PATH(name),	   PATH(dir2),	   PATH(name2),
};
_Static_assert(PATH(object.path) < PATH(filename) && PATH(filename) < PATH(interp) &&
		       PATH(interp) < PATH(dir) && PATH(dir) < PATH(name) &&
		       PATH(name) < PATH(dir2) && PATH(dir2) < PATH(name2),
	       "paths are listed in their order");

void sw_event_clear(struct sw_event *e)
{
	size_t at = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(paths); i++) {
		memset((char *)e + at, 0, paths[i] + 1 - at);
		at = paths[i] + SW_EVENT_PATH_MAX;
	}
	memset((char *)e + at, 0, sizeof(*e) - at);
}

/* Bytes in use of the path whose bytes begin at offset at, its NUL included. */
static size_t used(const struct sw_event *e, size_t at)
{
	const struct sw_string *s =
		(const void *)((const char *)e + at - offsetof(struct sw_string, s));
	size_t n = (size_t)s->len + 1;

	return n < SW_EVENT_PATH_MAX ? n : SW_EVENT_PATH_MAX;
}

static size_t packed_size(const struct sw_event *e)
{
	size_t n = sizeof(*e);

	for (size_t i = 0; i < SW_ARRAY_LEN(paths); i++)
		n -= SW_EVENT_PATH_MAX - used(e, paths[i]);
	return n;
}

void *sw_event_pack(const struct sw_event *e)
{
	const char *from = (const char *)e;
	char *packed = malloc(packed_size(e)), *to = packed;
	size_t at = 0;

	if (!packed)
		return NULL;
	for (size_t i = 0; i < SW_ARRAY_LEN(paths); i++) {
		size_t n = paths[i] - at + used(e, paths[i]);

		memcpy(to, from + at, n);
		to += n;
		at = paths[i] + SW_EVENT_PATH_MAX;
	}
	memcpy(to, from + at, sizeof(*e) - at);
	return packed;
}

void sw_event_unpack(const void *packed, struct sw_event *ret_event)
{
	const char *from = packed;
	char *to = (char *)ret_event;
	size_t at = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(paths); i++) {
		size_t n = paths[i] - at;

		memcpy(to + at, from, n); /* with it comes the length that the path has */
		from += n;
		n = used(ret_event, paths[i]);
		memcpy(to + paths[i], from, n);
		from += n;
		at = paths[i] + SW_EVENT_PATH_MAX;
	}
	memcpy(to + at, from, sizeof(*ret_event) - at);
}
