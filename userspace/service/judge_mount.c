/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts. Where a call's target is a name from user memory, that something is really mounted there
 * is read from the mount table of the process, or it is not known what was covered. A place that
 * the kernel resolved is one.
 */
#include "service/internal.h"

/* Mount points have spaces and the like as octal escapes. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

static bool is_mounted(int pid, const char *path)
{
	_cleanup_free_ char *line = NULL;
	char table[64];
	size_t cap = 0;

	if (pid <= 0)
		return false;
	snprintf(table, sizeof(table), "/proc/%d/mountinfo", pid);
	_cleanup_file_ FILE *f = fopen(table, "re");
	while (f && getline(&line, &cap, f) > 0) {
		char point[SW_LIMIT_PATH];

		if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1)
			continue;
		unescape(point);
		if (strcmp(point, path) == 0)
			return true;
	}
	return false;
}

/* Operations after which something else may be at the target. */
static bool covers(enum sw_mount_op op)
{
	return op == SW_MOUNT_NEW || op == SW_MOUNT_BIND || op == SW_MOUNT_MOVE ||
	       op == SW_MOUNT_ATTACH || op == SW_MOUNT_PIVOT;
}

void judge_mount(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	char path[2 * SW_EVENT_PATH_MAX + 2] = "";
	struct sw_judged_object obj = {.origin = "event", .path = path};
	struct sw_fact_buf fact;

	if (ev->name.trust != SW_TRUST_NONE)
		object_join(&ev->dir, &ev->name, path, sizeof(path));
	if (covers(ev->mount.op)) {
		obj.class_bits = object_classes_under(w, path) & SW_CLASSES_CODE;
		if (obj.class_bits)
			obj.effect = SW_EFFECT_COVERED;
		else if (ev->prevented)
			; /* it covers nothing */
		else if (ev->name.truncated ||
			 (ev->name.trust != SW_TRUST_KERNEL &&
			  !is_mounted((int)ev->actor.tgid, path) && !is_mounted(w->root_pid, path)))
			record_hole(
				m, w, 1u << SW_CLASS_MOUNT, (int64_t)ev->boot_ns,
				"a mount on %s, by its name, is not in the mount table any more: "
				"what it covered is not known",
				path);
	}
	sw_fact_from_event(ev, &obj, &fact);
	judge_fact(m, w, &fact.fact, ev);
}
