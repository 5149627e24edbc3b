/* SPDX-License-Identifier: Apache-2.0 */
/* In the gate's threads: the baseline and the binding do not change, and opened_stop comes before
 * their end. */
#include "service/refusal.h"

#include <sys/stat.h>

#include "service/internal.h"

struct refusal {
	const struct sw_binding *binding;
	const struct sw_baseline *baseline;
	uint64_t root;	  /* st_dev */
	uint32_t enforce; /* 1 << SW_VIOLATION_* */
};

struct refusal *refusal_new(const struct monitor *m, const struct watch *w, uint64_t root)
{
	struct refusal *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct refusal){
		.binding = w->prep->binding,
		.baseline = w->prep->baseline,
		.root = root,
		.enforce = m->opts->exec_permission ? m->opts->enforce : 0,
	};
	return r;
}

void refusal_free(struct refusal *r)
{
	free(r);
}

/*
 * Whoever stands on the container's root is in it. The host's processes, and a neighbour's, execute
 * what they like, also a container's files. Its exec waits for us, so the number is still its own.
 */
static bool is_inside(const struct refusal *r, int32_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	return pid > 0 && stat(path, &st) == 0 && st.st_dev == r->root;
}

/* An applet is known by its arguments, which are not to be had yet: the kernel's signal is for
 * that. */
static uint32_t violations_of_class(uint32_t classes)
{
	uint32_t v = 0;

	if (classes & SW_OBJ_MULTICALL)
		return 0;
	if (classes & SW_OBJ_SHELL)
		v |= 1u << SW_VIOLATION_SHELL;
	if (classes & SW_OBJ_PACKAGE_MANAGER)
		v |= 1u << SW_VIOLATION_PKG_EXEC;
	return v;
}

/* What executing it would break, as far as it is certain by now. */
static uint32_t violations_of(const struct refusal *r, const struct sw_fan_asked *a,
			      const struct sw_baseline_entry *e)
{
	const struct sw_baseline_entry *same =
		!e && a->sha256 && a->sha256[0] ? sw_baseline_by_digest(r->baseline, a->sha256)
						: NULL;
	const char *slash = strrchr(a->path, '/');
	uint32_t v;

	if (!e)
		return 1u << SW_VIOLATION_DRIFT |
		       violations_of_class(sw_class_by_name(slash ? slash + 1 : a->path)) |
		       violations_of_class(same ? same->classes : 0);
	v = violations_of_class(e->classes);
	if (a->sha256 && a->sha256[0] && strcmp(e->sha256, a->sha256) != 0)
		v |= 1u << SW_VIOLATION_DRIFT;
	return v;
}

enum sw_fan_word refusal_judge(void *ctx, const struct sw_fan_asked *asked)
{
	const struct refusal *r = ctx;
	bool on_root = asked->st->st_dev == r->root;
	const struct sw_baseline_entry *e =
		on_root && r->binding ? sw_binding_find(r->binding, asked->st->st_ino) : NULL;
	bool untouched = e && sw_binding_untouched(r->binding, asked->st);
	bool forbidden =
		r->enforce && r->baseline && r->binding && violations_of(r, asked, e) & r->enforce;

	if (forbidden && is_inside(r, asked->pid))
		return SW_FAN_REFUSE;
	if (!untouched)
		return SW_FAN_TELL;
	/* whoever asks next may be inside */
	return forbidden ? SW_FAN_ALLOW : SW_FAN_IGNORE;
}
