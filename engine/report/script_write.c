/* SPDX-License-Identifier: Apache-2.0 */
/* What a script was given and said, as OpenSCAP's Script Check Engine writes it. */
#include "adapters/xml_out.h"
#include "report/report.h"

#define NS_SCE "http://open-scap.org/page/SCE_result_file"

int sw_result_write_script(const struct sw_result *r, size_t i, sw_write_fn write, void *ctx,
			   struct sw_error *err)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
	struct sw_xml_out o = {.write = write, .ctx = ctx, .prefix = "sceres"};
	const struct sw_result_script *s;
	char code[16];
	int rc;

	if (i >= r->n_scripts)
		return sw_error_set(err, ENODATA, "script results: no script was run");
	s = &r->scripts[i];
	sw_xml_out_raw(&o, declaration, strlen(declaration));
	sw_xml_out_begin(&o, "sce_results");
	sw_xml_out_attr(&o, "xmlns:sceres", NS_SCE);
	sw_xml_out_attr(&o, "script-path", s->href);
	sw_xml_out_begin(&o, "environment");
	for (size_t k = 0; k < s->n_env; k++)
		sw_xml_out_leaf(&o, "entry", s->env[k]);
	sw_xml_out_end(&o, "environment");
	sw_xml_out_leaf(&o, "stdout", s->output);
	sw_xml_out_leaf(&o, "stderr", ""); /* the sandbox drops it */
	snprintf(code, sizeof(code), "%d", s->exit_code);
	sw_xml_out_leaf(&o, "exit_code", code);
	sw_xml_out_leaf(&o, "result", sw_verdict_str(s->verdict));
	sw_xml_out_end(&o, "sce_results");
	sw_xml_out_raw(&o, "\n", 1);
	rc = sw_xml_out_finish(&o);
	return rc < 0 ? sw_error_set(err, -rc, "script results: %s", strerror(-rc)) : 0;
}
