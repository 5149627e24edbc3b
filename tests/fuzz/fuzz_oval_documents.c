/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the documents beside OVAL definitions: variables, directives and system characteristics,
 * as oscap oval eval and analyse read them; and writes the results that come of them. The same
 * bytes are taken apart as a data stream.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stigwatch/definitions.h"
#include "stigwatch/info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char definitions[] =
	"<oval_definitions xmlns='http://oval.mitre.org/XMLSchema/oval-definitions-5' "
	"xmlns:u='http://oval.mitre.org/XMLSchema/oval-definitions-5#unix'>"
	"<definitions><definition id='oval:test.mini:def:1' version='1' class='compliance'>"
	"<criteria operator='OR'><criterion test_ref='t:1'/><criterion test_ref='t:2'/></criteria>"
	"</definition></definitions><tests>"
	"<u:file_test id='t:1' version='1' check='all'><u:object "
	"object_ref='oval:test.mini:obj:1'/>"
	"<u:state state_ref='s:1'/></u:file_test>"
	"<u:file_test id='t:2' version='1' check='all'><u:object object_ref='o:set'/></u:file_test>"
	"</tests><objects><u:file_object id='oval:test.mini:obj:1' version='1'><u:filepath "
	"var_ref='oval:test.mini:var:1'/></u:file_object>"
	"<u:file_object id='oval:test.mini:obj:2' version='1'><u:filepath>/b</u:filepath>"
	"</u:file_object><u:file_object id='o:set' version='1'><set><object_reference>"
	"oval:test.mini:obj:1</object_reference><object_reference>oval:test.mini:obj:2"
	"</object_reference></set></u:file_object></objects><states><u:file_state id='s:1' "
	"version='1'><u:user_id datatype='int'>0</u:user_id><u:path var_ref='oval:test.mini:var:1' "
	"var_check='at least one'/></u:file_state></states><variables><external_variable "
	"id='oval:test.mini:var:1' version='1' datatype='string' comment=''/></variables>"
	"</oval_definitions>";

static int discard(void *ctx, const void *data, size_t len)
{
	*(size_t *)ctx += len;
	return 0;
}

/* A path to the bytes; the descriptor lives for the caller. */
static int put(const void *data, size_t size, char ret_path[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(ret_path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* A stream's parts: their names must not lead out of the directory they are written to. */
static void split(const char *path)
{
	struct sw_info_part *parts = NULL;
	struct sw_info *info = NULL;
	size_t n = 0, written = 0;

	if (sw_info_open(path, &info, NULL) < 0)
		return;
	if (sw_info_split(info, &(struct sw_info_choice){0}, &parts, &n, NULL) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].name[0] == '/' || strstr(parts[i].name, "../") ||
		    sw_info_part_write(&parts[i], discard, &written) < 0)
			abort();
	}
	sw_info_parts_free(parts, n);
	sw_info_free(info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_definitions_run run = {0};
	struct sw_definitions *d = NULL;
	char content[32], beside[32];
	int content_fd = put(definitions, sizeof(definitions) - 1, content);
	int fd = put(data, size, beside);
	size_t written = 0;

	if (sw_definitions_load(content, &(struct sw_definitions_choice){0}, &d, NULL) < 0)
		abort();
	sw_definitions_add_variables(d, beside, NULL);
	sw_definitions_direct(d, beside, NULL);
	run.characteristics = beside;
	if (sw_definitions_run(d, &run, NULL) == 0 &&
	    (sw_definitions_write_results(d, discard, &written, NULL) < 0 || !written))
		abort();
	sw_definitions_free(d);
	split(beside);
	close(content_fd);
	close(fd);
	return 0;
}
