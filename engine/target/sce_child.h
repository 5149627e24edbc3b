/* SPDX-License-Identifier: Apache-2.0 */
/* The sandboxed half of sce.c. Runs between clone and exec: system calls only, no allocation, no
 * locks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum sce_stage {
	SCE_STAGE_USERNS,
	SCE_STAGE_PRIVATE,
	SCE_STAGE_PROC,
	SCE_STAGE_READONLY,
	SCE_STAGE_TMP,
	SCE_STAGE_RUN,
	SCE_STAGE_SCRIPT,
	SCE_STAGE_STDIO,
	SCE_STAGE_LIMITS,
	SCE_STAGE_USER,
	SCE_STAGE_EXEC,
	_SCE_STAGE_MAX,
};
const char *sce_stage_str(int stage);

/* Written to the status pipe when a stage fails; the pipe closes empty when the script starts. */
struct sce_report {
	int stage;
	int code; /* positive errno */
};

struct sce_job {
	const void *script;
	size_t len;
	char **env;
	bool own_users;		       /* not root: a user namespace with these maps */
	char uid_map[32], gid_map[32]; /* nobody's number and the caller's */
};

void sce_child(const struct sce_job *job, int out, int status) __attribute__((noreturn));
