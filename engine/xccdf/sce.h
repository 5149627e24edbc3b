/* SPDX-License-Identifier: Apache-2.0 */
/* Script checks, for check.c only. */
#pragma once

#include "xccdf/internal.h"

/* Runs the script that href names, with the check's exports in its environment. */
enum sw_verdict sce_check(struct scan *scan, const struct sw_xml_node *check, const char *href,
			  struct sw_strbuf *ret_message);
