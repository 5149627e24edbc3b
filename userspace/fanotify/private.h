/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of fanotify/ share. Nobody else includes it. */
#pragma once

#include "fanotify/fanotify.h"
#include "stigwatch/cleanup.h"

#define SW_FAN_HANDLE_MAX 128 /* MAX_HANDLE_SZ */

/* FAN_CLASS_NOTIF | FAN_REPORT_DIR_FID | FAN_REPORT_NAME: Linux 5.9. FAN_RENAME and
 * FAN_REPORT_TARGET_FID (5.17) would tell no more than the two names that it tells anyway. */
#define SW_FAN_NAMES_INIT                                                                          \
	(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_MARKS)
#define SW_FAN_NAMES_MASK                                                                          \
	(FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_ATTRIB | FAN_MODIFY |       \
	 FAN_CLOSE_WRITE | FAN_ONDIR | FAN_EVENT_ON_CHILD)
