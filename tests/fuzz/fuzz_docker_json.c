/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes a container daemon's answers: every parser gets every input. */
#include <stddef.h>
#include <stdint.h>

#include "containers/private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *ctx, const struct sw_docker_event *e)
{
	if (!e->container_id || !e->name || !e->image || e->kind >= _SW_DOCKER_EVENT_MAX)
		__builtin_trap();
}

/* What every accepted record promises. */
static void check(const struct sw_container *c)
{
	const struct sw_selector by_image = {SW_SELECT_IMAGE, (char *)"nginx"};
	const struct sw_selector by_cgroup = {SW_SELECT_CGROUP, (char *)"/docker/x"};

	if (!c->name || c->pid < 0)
		__builtin_trap();
	for (size_t i = 0; i < c->n_env; i++) {
		if (!strchr(c->env[i], '='))
			__builtin_trap();
	}
	for (size_t i = 0; i < c->n_lower_dirs; i++) {
		if (c->lower_dirs[i][0] != '/')
			__builtin_trap();
	}
	(void)sw_selector_matches(&by_image, c);
	(void)sw_selector_matches(&by_cgroup, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *json = (const char *)data;
	struct sw_container *c = NULL, *image = NULL;
	struct sw_strlist ids = {0}, env = {0};
	char version[16] = "";

	if (sw_docker_parse_container(json, size, &c, NULL) == 0)
		check(c);
	if (sw_docker_parse_image(json, size, "ref", &image, NULL) == 0)
		check(image);
	(void)sw_docker_parse_list(json, size, &ids, NULL);
	(void)sw_docker_parse_version(json, size, version, NULL);
	(void)sw_docker_parse_event(json, size, ignore, NULL, NULL);
	(void)sw_image_config_parse(json, size, "fuzz", &env, NULL);
	free(sw_docker_parse_message(json, size));
	sw_container_free(c);
	sw_container_free(image);
	sw_strlist_release(&ids);
	sw_strlist_release(&env);
	return 0;
}
