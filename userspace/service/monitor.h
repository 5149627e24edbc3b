/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor: watches containers from now until told to stop, judges what the kernel reports,
 * raises alerts and writes evidence. Verdicts are not its business: result/ draws them from the
 * evidence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/loader.h"

struct json_object;
struct sw_container;
struct sw_error;
struct sw_selector;

struct sw_monitor_options {
	const struct sw_selector *selectors;
	size_t n_selectors;
	const char *baseline_path; /* NULL: built from each container's image */
	const char *evidence_dir;
	const char *docker_socket; /* NULL: the default one */
	uint64_t for_ns;	   /* 0: until stopped */
	uint64_t epoch_ns;	   /* 0: 5 s */
	uint32_t ring_bytes;	   /* 0: the loader's default */
	enum sw_back_end back_end; /* LSM: it is an error when it cannot be used */
	const char
		*pin_dir; /* programs and tables are pinned here; NULL: they end with the monitor */
	bool pin_required;    /* not to be had: an error, not a notice */
	bool keep;	      /* a stop leaves them in the kernel for the next monitor */
	bool no_fanotify;     /* do without fanotify's word on names and attributes */
	bool exec_permission; /* programs wait until they were read */
	bool no_canary;	      /* do without the exec and open of our own that must come back */
	bool keep_privileges; /* after loading, go on with all that the process has */
	uint32_t judged;      /* 1 << SW_VIOLATION_* of the rules to watch for; 0: of all */
	uint32_t enforce;     /* the same: prevented where that can be done; of those judged */
	bool until_exit;      /* stop when every container that was watched has ended */

	/* One alert; borrowed. Called in the monitor's thread. */
	void (*alert)(void *ctx, struct json_object *alert);
	/* One line of progress, without a newline. */
	void (*progress)(void *ctx, const char *line);
	/*
	 * A container was selected and can be read. Called once each, in the preparing thread; an
	 * error becomes a progress line, not the end of the watch. May be NULL.
	 */
	int (*prepared)(void *ctx, const struct sw_container *container, struct sw_error *err);
	void *ctx;
};

/*
 * Runs until SIGTERM, SIGINT, for_ns or until_exit. The caller has not blocked these signals; they
 * are blocked during the run. Returns 0, or negative errno when the watch could not be set or
 * evidence could not be kept.
 */
int sw_monitor_run(const struct sw_monitor_options *opts, struct sw_error *err);

/* A capability and what it is for. */
struct sw_capability {
	int capability;	  /* CAP_* */
	const char *name; /* without "cap_" */
	bool running;	  /* kept after loading */
	const char *phrase;
};
const struct sw_capability *sw_capabilities(size_t *ret_n);
bool sw_capability_held(const struct sw_capability *p);
/* The violations that break a rule ("no-shell", or its whole id), 1 << SW_VIOLATION_*: each breaks
 * one rule only; 0: no such rule. */
uint32_t sw_rule_violations(const char *rule);
/* What enforcing a rule can do with the back end that was chosen. Static text. */
struct sw_enforcement {
	const char *rule;     /* "no-shell" */
	uint32_t violations;  /* 1 << SW_VIOLATION_* */
	const char *prevents; /* NULL: it cannot be enforced */
	const char *sees;     /* what is only seen, or NULL */
};
/* False when there is no i-th rule. */
bool sw_enforcement_at(const struct sw_features *f, size_t i,
		       struct sw_enforcement *ret_enforcement);
