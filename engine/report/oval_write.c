/* SPDX-License-Identifier: Apache-2.0 */
/* OVAL results documents of a scan. */
#include "adapters/xml_out.h"
#include "oval/results.h"
#include "report/report.h"

int sw_result_write_oval(struct sw_result *r, size_t i, sw_write_fn write, void *ctx,
			 struct sw_error *err)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
	struct sw_xml_out o = {.write = write, .ctx = ctx};
	int rc, finished;

	if (i >= r->n_oval)
		return sw_error_set(err, ENODATA, "OVAL results: no OVAL document was evaluated");
	sw_xml_out_raw(&o, declaration, strlen(declaration));
	rc = sw_oval_report_write(r->oval[i].report, r->oval[i].root, &o);
	sw_xml_out_raw(&o, "\n", 1);
	finished = sw_xml_out_finish(&o);
	rc = rc < 0 ? rc : finished;
	return rc < 0 ? sw_error_set(err, -rc, "OVAL results of %s: %s", r->oval[i].href,
				     strerror(-rc))
		      : 0;
}
