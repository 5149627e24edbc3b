/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate lets a container execute: the judge that fanotify's threads ask before an exec. By
 * the baseline alone; it waits for nothing but the file that is asked about.
 */
#pragma once

#include "fanotify/fanotify.h"

struct monitor;
struct refusal;
struct watch;

/* root: st_dev of the container's root. NULL: out of memory. Refuses nothing unless execs wait and
 * a rule is enforced. */
struct refusal *refusal_new(const struct monitor *m, const struct watch *w, uint64_t root);
void refusal_free(struct refusal *r);
/* A sw_fan_judge_fn; ctx is a struct refusal. */
enum sw_fan_word refusal_judge(void *ctx, const struct sw_fan_asked *asked);
