/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as SCAP content (data stream, XCCDF): loaded and judged over an empty root, or refused.
 */
#include <stdlib.h>
#include <unistd.h>

#include <stigwatch/engine.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sw_target *empty_root(void)
{
	static char path[] = "/tmp/stigwatch-fuzz-XXXXXX";
	static struct sw_target *target;

	if (!target && mkdtemp(path)) {
		if (sw_target_open_dir(path, SW_TARGET_DIR, &target, NULL) < 0)
			abort();
		rmdir(path); /* held open: empty for good, and gone with the process */
	}
	return target;
}

static int swallow(void *ctx, const void *data, size_t len)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sw_document doc = {"fuzz.xml", data, size};
	const struct sw_scan_options so = {.sce = SW_SCE_OFF, .now = 1};
	const struct sw_render_options ro = {.version = "0"};
	struct sw_content *content;
	struct sw_result *result;
	struct sw_error err = {0};

	if (sw_content_load_mem(&doc, 1, NULL, &content, &err) < 0) {
		if (!err.text[0])
			abort(); /* a refusal says why */
		return 0;
	}
	if (sw_scan(content, empty_root(), &so, &result, &err) == 0) {
		sw_result_write_xccdf(result, &ro, swallow, NULL, NULL);
		sw_result_write_json(result, &ro, swallow, NULL, NULL);
		sw_result_free(result);
	}
	sw_content_free(content);
	return 0;
}
