/* SPDX-License-Identifier: Apache-2.0 */
/* Parses a daemon's event lines and error answers; pure. */
#include "containers/private.h"

#include "stigwatch/json.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

SW_DEFINE_CLEANUP(struct json_object *, json, sw_json_free)
#define _cleanup_json_ _cleanup_(sw_cleanup_json)

/* The command of an exec follows its action: "exec_start: sh -c ls". Podman says "exec" and
 * "remove". */
static const struct action {
	const char *name;
	enum sw_docker_event_kind kind;
	bool text;
} actions[] = {
	{"create", SW_DOCKER_CREATE, false},   {"start", SW_DOCKER_START, false},
	{"die", SW_DOCKER_DIE, false},	       {"died", SW_DOCKER_DIE, false},
	{"destroy", SW_DOCKER_DESTROY, false}, {"remove", SW_DOCKER_DESTROY, false},
	{"exec_start", SW_DOCKER_EXEC, true},  {"exec", SW_DOCKER_EXEC, true},
};

static const struct action *find_action(const char *s, const char **ret_text)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(actions); i++) {
		size_t len = strlen(actions[i].name);

		if (strncmp(s, actions[i].name, len) != 0)
			continue;
		if (!s[len] || (actions[i].text && s[len] == ':')) {
			*ret_text = s[len] ? s + len + 1 + (s[len + 1] == ' ') : "";
			return &actions[i];
		}
	}
	return NULL;
}

static int get_actor(struct json_object *doc, struct sw_docker_event *event, struct sw_error *err)
{
	struct json_object *actor, *attributes = NULL;
	int rc = sw_json_object(doc, "Actor", &actor, err);

	if (rc == 0 && !actor)
		rc = sw_error_set(err, EBADMSG, "\"Actor\" is missing");
	if (rc == 0)
		rc = sw_json_string(actor, "ID", 64, &event->container_id, err);
	if (rc == 0 && (!event->container_id || strlen(event->container_id) != 64 ||
			strspn(event->container_id, "0123456789abcdef") != 64))
		rc = sw_error_set(err, EBADMSG, "\"ID\" is not 64 hex digits");
	if (rc == 0)
		rc = sw_json_object(actor, "Attributes", &attributes, err);
	if (rc == 0 && attributes)
		rc = sw_json_string(attributes, "name", 256, &event->name, err);
	if (rc == 0 && attributes)
		rc = sw_json_string(attributes, "image", 1024, &event->image, err);
	return rc;
}

static int get_time(struct json_object *doc, struct sw_docker_event *event, struct sw_error *err)
{
	int64_t ns = 0, s = 0;
	int rc = sw_json_int(doc, "timeNano", INT64_MAX, &ns, err);

	if (rc == 0 && ns == 0)
		rc = sw_json_int(doc, "time", INT64_MAX / 1000000000, &s, err);
	event->time_ns = ns ? (uint64_t)ns : (uint64_t)s * 1000000000u;
	return rc;
}

int sw_docker_parse_event(const char *json, size_t len, sw_docker_event_fn fn, void *ctx,
			  struct sw_error *err)
{
	_cleanup_json_ struct json_object *doc = NULL;
	struct sw_docker_event event = {0};
	const struct action *action;
	const char *type, *text;
	int rc = sw_json_parse(json, len, "event", &doc, err);

	if (rc == 0)
		rc = sw_json_string(doc, "Type", 64, &type, err);
	if (rc == 0 && (!type || strcmp(type, "container") != 0))
		return 0;
	if (rc == 0)
		rc = sw_json_string(doc, "Action", SW_LIMIT_DOCKER_BYTES, &text, err);
	if (rc < 0)
		return rc;
	action = text ? find_action(text, &event.text) : NULL;
	if (!action)
		return 0;
	event.kind = action->kind;
	rc = get_actor(doc, &event, err);
	if (rc == 0)
		rc = get_time(doc, &event, err);
	if (rc < 0) {
		sw_error_context(err, "event");
		return rc;
	}
	event.name = event.name ?: "";
	event.image = event.image ?: "";
	fn(ctx, &event);
	return 1;
}

/* A message ends up in one line on a terminal. */
static void make_printable(char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
	}
}

char *sw_docker_parse_message(const char *json, size_t len)
{
	_cleanup_json_ struct json_object *doc = NULL;
	const char *s = NULL;
	char *copy;

	if (sw_json_parse(json, len, "answer", &doc, NULL) == 0 && sw_json_is_object(doc))
		(void)sw_json_string(doc, "message", 1024, &s, NULL);
	copy = strdup(s ? s : "no reason given");
	if (copy)
		make_printable(copy);
	return copy;
}
