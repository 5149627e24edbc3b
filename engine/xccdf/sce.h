/* SPDX-License-Identifier: Apache-2.0 */
/* Script checks, for check.c and scan.c only. */
#pragma once

#include "xccdf/internal.h"

/* The verdict of the script that href names, with the check's exports in its environment. A script
 * is run once for all checks that give it the same ones. */
enum sw_verdict sce_check(struct scan *scan, const struct sw_xml_node *check, const char *href,
			  struct sw_strbuf *ret_message);

/* Starts the next script that a rule is certain to need, so that it runs while rules before it are
 * judged. */
void sce_ahead(struct scan *scan);
void sce_release(struct scan *scan);
