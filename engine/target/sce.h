/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one Script Check Engine script from content in a sandbox: own mount, pid, network and ipc
 * namespaces, every mount read-only, a private /tmp, uid and gid nobody, no new privileges,
 * resource limits, no inherited descriptors, a time limit. It never runs anything from the target.
 * Whoever is not root gets the same in a user namespace of his own: there the script reads what he
 * may read.
 */
#pragma once

#include <stddef.h>

#include "stigwatch/strbuf.h"

struct sw_error;

/* SCE's convention: exit code 101 pass .. 109 fixed. */
enum sw_sce_exit {
	SW_SCE_PASS = 101,
	SW_SCE_FAIL = 102,
	SW_SCE_ERROR = 103,
	SW_SCE_UNKNOWN = 104,
	SW_SCE_NOT_APPLICABLE = 105,
	SW_SCE_NOT_CHECKED = 106,
	SW_SCE_NOT_SELECTED = 107,
	SW_SCE_INFORMATIONAL = 108,
	SW_SCE_FIXED = 109,
};

struct sw_sce_request {
	const void *script; /* content; needs a #! line */
	size_t len;
	const char *name;	/* for messages only */
	const char *const *env; /* "NAME=VALUE", NULL-terminated, beside PATH and XCCDF_RESULT_*;
				   may be NULL */
};

/* What every script's environment begins with; NULL past the end. */
const char *sw_sce_environment(size_t i);

/* A script that runs. */
struct sw_sce;

/*
 * Starts it; the request may go. A script sees the scanner's system, as with any SCE engine; never
 * the target's programs. -EPERM: the sandbox could not be built (the rule is notchecked).
 */
int sw_sce_start(const struct sw_sce_request *req, struct sw_sce **ret_sce, struct sw_error *err);
/*
 * Waits for its end, SW_LIMIT_SCE_SECONDS from now at most. Returns 0 and the exit status (any
 * value 0..255; the caller maps what is not 101..109 to error). ret_stdout (may be NULL) gets at
 * most SW_LIMIT_SCE_OUTPUT bytes of output. Errors: -EPERM as above, -ETIME the limit ran out,
 * -ENOEXEC no interpreter, -EINTR killed by a signal.
 */
int sw_sce_finish(struct sw_sce *sce, int *ret_exit_code, struct sw_strbuf *ret_stdout,
		  struct sw_error *err);
/* Kills what still runs. */
void sw_sce_free(struct sw_sce *sce);
