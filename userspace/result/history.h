/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history that evidence tells: which containers were watched when, with what, and what was seen
 * of them.
 */
#pragma once

#include <stigwatch/engine.h>

#include "evidence/evidence.h"
#include "rules/rules.h"

#define SW_HISTORY_SAMPLES 5 /* violations of one rule that its message quotes */

struct hole {
	uint32_t classes; /* 1 << SW_CLASS_* */
	int64_t from_boot_ns, to_boot_ns;
	char *reason;
	size_t session;
	bool unless_untouched; /* undone by a closing sweep that found nothing touched */
};

/*
 * The life of a set of kernel programs: from a "start" record to its "stop", or to the last record
 * before the next start. A "resume" in between is another process with the same programs.
 */
struct session {
	char *boot_id;
	char *kernel, *back_end, *content_sha256;
	char *instance;	  /* of the kernel's programs: what a "resume" record goes on with */
	uint32_t refused; /* classes of which a required hook is not attached */
	char *refused_hooks[_SW_CLASS_MAX]; /* their names */
	int64_t first_wall_ns, last_wall_ns, last_boot_ns;
	uint32_t lsm_classes; /* told by security hooks: 32-bit calls are no other way there */
	bool stopped;
	bool calls32; /* 32-bit system calls of 64-bit programs are noticed, or cannot be made */
	bool paused;  /* stopped, but for its programs in the kernel */
	struct json_object *enforced; /* ids of the rules that were to be enforced, or NULL */
	/* of each process: the ids of the rules that it watched for; NULL: all */
	struct json_object **judged;
	size_t n_judged, cap_judged;
};

/* One watch of one container in one session. */
struct life {
	size_t session;
	uint64_t cgroup_id;
	bool from_start, ended, closed; /* closed: an "end" record; ended: its cgroup was gone */
	bool swept;			/* a complete start-up sweep */
	bool baseline;
	char *no_baseline;
	int64_t from_boot_ns, from_wall_ns, to_boot_ns, to_wall_ns;
	char *started_at;
	uint64_t seen[_SW_CLASS_MAX];
};

struct rule_history {
	char *rule_id;
	uint64_t violations;
	uint64_t prevented, only_seen; /* of those, where somebody wanted to prevent them */
	struct {
		char *text;
		uint64_t record;
		int64_t wall_ns;
	} first[SW_HISTORY_SAMPLES];
	size_t n_first;
};

struct mark {
	int64_t wall_ns;
	char *rule_id, *text;
};

/* A container over all its lives. */
struct subject {
	char *id, *name, *image_ref, *image_digest, *manifest_digest, *baseline_digest;
	char **addresses;
	size_t n_addresses, cap_addresses;
	struct life *lives;
	size_t n_lives, cap_lives;
	struct hole *holes; /* its own */
	size_t n_holes, cap_holes;
	struct rule_history *rules;
	size_t n_rules, cap_rules;
	struct mark *marks;
	size_t n_marks, cap_marks;
	struct sw_judge *judge;
};

struct history {
	struct sw_content *content;
	struct session *sessions;
	size_t n_sessions, cap_sessions;
	struct subject *subjects;
	size_t n_subjects, cap_subjects;
	struct hole *holes; /* of everything that was watched */
	size_t n_holes, cap_holes;
	struct sw_verify_report verify;
};

int history_read(const char *dir, struct history *ret_history, struct sw_error *err);
void history_release(struct history *h);
/* Did all processes of a session watch for a rule; did any? */
bool session_judged(const struct session *s, const char *rule_id, bool *ret_any);
/* name or id (prefix of 12 or more); NULL: the only one. */
int history_find(const struct history *h, const char *container, const struct subject **ret_subject,
		 struct sw_error *err);
