/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fanotify says of a container's baseline directories, held against what the sensors said.
 * A change that no sensor told of is judged on fanotify's word; one that a sensor told of is not
 * judged twice. And what has been told of at all: the closing sweep asks, when it finds an object
 * that was touched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct monitor;
struct watch;
struct names;
struct object_view;
struct sw_baseline_entry;
struct sw_event;
struct sw_target;

/* Marks the container's directories as soon as its root can be reached and its baseline is known;
 * may be called again until it could. */
void names_start(struct monitor *m, struct watch *w);
/* Whether all the marks were set at that time. */
bool names_marked_at(const struct watch *w, int64_t boot_ns);
/* A sensor told of this object. */
void names_told(struct watch *w, const struct sw_event *ev, int side,
		const struct object_view *view);
/* An earlier process of the monitor was told that it was opened for writing. */
void names_opened(struct watch *w, const struct sw_baseline_entry *e);
/* Ways to change files that the sensors' hooks do not see: 32-bit system calls, io_uring. */
enum other_ways {
	WAYS_NONE,   /* security hooks see the object, whatever the way */
	WAYS_UNUSED, /* it is known that none was used */
	WAYS_UNSEEN, /* they would not have been noticed */
	WAYS_USED,
};
/* Whether that this object was touched is explained by what was told of it. */
bool names_known(const struct watch *w, const struct sw_baseline_entry *e, enum other_ways ways);
/* Takes what the kernel has queued: before the sensors' ring is drained. */
void names_read(struct monitor *m, struct watch *w);
/* Judges what no sensor told of in time; all: whatever its age, at the container's end. */
void names_settle(struct monitor *m, struct watch *w, bool all);
void names_free(struct names *n);
