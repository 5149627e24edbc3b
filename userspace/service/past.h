/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the evidence says of the session whose programs are still in the kernel. Read once, at the
 * start; decides whether the session can be continued.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_error;
struct sw_features;

struct past_hook {
	char *hook, *tag;
	uint32_t program_id;
};

/* One watch of one container in that session. */
struct past_life {
	char *id;
	uint32_t slot;
	uint64_t cgroup_id;
	bool from_start;
	int64_t from_boot_ns, from_wall_ns;
	char *baseline_digest; /* NULL: it had none */
	char *image_digest;    /* NULL: it is of no image */
	bool swept, closed;
};

struct past {
	const char *instance; /* which session is looked for */
	bool now;	      /* reading inside it */
	bool found, stopped;
	struct past_hook *hooks;
	size_t n_hooks, cap_hooks;
	struct past_life *lives;
	size_t n_lives, cap_lives;
	int64_t last_boot_ns; /* of its last record */
	/* the record that was the last when an epoch was closed, as the kernel's mark has it */
	uint64_t sealed_seq;
	const char *sealed_head;
	bool sealed_seen;
};

/* -ENODATA when the evidence does not know the instance. */
int past_read(const char *dir, struct past *past, struct sw_error *err);
void past_release(struct past *p);
/* Are the programs that are attached those that the evidence says? -ESTALE with the reason. */
int past_check_hooks(const struct past *p, const struct sw_features *f, struct sw_error *err);
struct past_life *past_life(const struct past *p, uint32_t slot, uint64_t cgroup_id);
