/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was opened for execution, told by fanotify's gate, held against what was executed: the
 * script of a #! start and the loader are opened and never executed themselves; what ended before
 * it could be read was read by the gate, if execs wait for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct monitor;
struct opened;
struct sw_event;
struct watch;

/* NULL, with a line of progress, where fanotify gives no gate. */
struct opened *opened_new(struct monitor *m);
void opened_free(struct opened *o);
/* rootfd: the container's root, on overlay; others are not watched. */
void opened_start(struct monitor *m, struct watch *w, int rootfd);
/* Its other mounts, once it has them. */
void opened_mounts(struct monitor *m, struct watch *w);
void opened_executed(struct monitor *m, struct watch *w, const struct sw_event *ev);
/* The executed object could not be read. False: nor will the gate tell, it is a hole now. */
bool opened_will_tell(struct monitor *m, struct watch *w, const struct sw_event *ev);
/* Whether the gate watched all of the container then: the opening of anything but the image's
 * untouched own was told of. */
bool opened_watched(const struct watch *w, const struct sw_event *ev);
/* Takes what came; judges what is old enough, all: of this watch whatever its age. */
void opened_settle(struct monitor *m, struct watch *all);
/* No more of this container. */
void opened_stop(struct monitor *m, struct watch *w);
