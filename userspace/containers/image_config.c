/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the environment out of an image's configuration (OCI, docker inspect, docker save); pure.
 */
#include "containers/private.h"

#include "stigwatch/json.h"
#include "stigwatch/error.h"
#include "stigwatch/limits.h"

SW_DEFINE_CLEANUP(struct json_object *, json, sw_json_free)
#define _cleanup_json_ _cleanup_(sw_cleanup_json)
#define _cleanup_strlist_ _cleanup_(sw_strlist_release)

/* OCI and docker save write "config", docker inspect "Config", in an array of one. */
static int find_config(struct json_object *doc, struct json_object **ret_config,
		       struct sw_error *err)
{
	struct json_object *config = NULL;
	int rc;

	if (sw_json_is_array(doc)) {
		if (sw_json_count(doc) != 1)
			return sw_error_set(err, EBADMSG, "an array of %zu images, not of one",
					    sw_json_count(doc));
		doc = sw_json_at(doc, 0);
	}
	rc = sw_json_object(doc, "config", &config, err);
	if (rc == 0 && !config)
		rc = sw_json_object(doc, "Config", &config, err);
	if (rc == 0 && !config)
		rc = sw_error_set(err, EBADMSG,
				  "neither \"config\" (OCI) nor \"Config\" (docker) in it");
	if (rc == 0)
		*ret_config = config;
	return rc;
}

int sw_image_config_parse(const char *json, size_t len, const char *what,
			  struct sw_strlist *ret_env, struct sw_error *err)
{
	_cleanup_strlist_ struct sw_strlist list = {0};
	_cleanup_json_ struct json_object *doc = NULL;
	struct json_object *config = NULL, *env = NULL;
	int rc = sw_json_parse(json, len, what, &doc, err);

	if (rc < 0)
		return rc;
	rc = find_config(doc, &config, err);
	if (rc == 0)
		rc = sw_json_array(config, "Env", &env, err);
	if (rc == 0 && sw_json_count(env) > SW_LIMIT_ENV)
		rc = sw_error_set(err, E2BIG, "more than %u variables", SW_LIMIT_ENV);
	for (size_t i = 0; rc == 0 && i < sw_json_count(env); i++) {
		const char *s;

		rc = sw_json_as_string(sw_json_at(env, i), "Env", SW_LIMIT_JSON_BYTES, &s, err);
		if (rc == 0 && strchr(s, '=') > s && sw_strlist_add(&list, s, strlen(s)) < 0)
			rc = sw_error_set(err, ENOMEM, "out of memory");
	}
	if (rc < 0) {
		sw_error_context(err, "%s", what);
		return rc;
	}
	*ret_env = list;
	list = (struct sw_strlist){0};
	return 0;
}
