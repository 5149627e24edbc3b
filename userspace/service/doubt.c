/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubts: ways to change files that the hooks of this back end do not see (io_uring, 32-bit calls,
 * names raced in user memory). While they may have been used nothing is proven; at the end the
 * objects themselves prove it, or do not.
 */
#include "service/internal.h"
#include "service/names.h"

#define DOUBTS_MAX 32
#define OPCODE_OPENAT 18 /* of io_uring: linux/io_uring.h */
#define OPCODE_OPENAT2 28
/* What hooks on system calls tell, where they serve, and no state diff or object does. */
#define CALL_CLASSES                                                                               \
	(1u << SW_CLASS_CODE | 1u << SW_CLASS_MOUNT | 1u << SW_CLASS_INJECTION |                   \
	 1u << SW_CLASS_KERNEL | 1u << SW_CLASS_NETWORK)

static bool attached(const struct monitor *m, const char *program)
{
	for (size_t i = 0; i < m->features.n_hooks; i++)
		if (m->features.hooks[i].attached &&
		    strcmp(m->features.hooks[i].program, program) == 0)
			return true;
	return false;
}

/* Classes that hooks on system calls tell of: what is refused is said to be, and is no doubt. */
static uint32_t by_calls(const struct monitor *m)
{
	uint32_t classes = 0;

	for (size_t i = 0; i < m->features.n_hooks; i++) {
		const struct sw_hook *h = &m->features.hooks[i];

		if (h->attached && strncmp(h->name, "sys_exit/", strlen("sys_exit/")) == 0)
			classes |= 1u << h->cls;
	}
	return classes & ~m->features.lsm_classes;
}

/* True the first time that a reason is given, and when there are too many to remember. */
static bool first_time(struct watch *w, const char *reason)
{
	char *copy;

	for (size_t i = 0; i < w->n_doubts; i++)
		if (strcmp(w->doubts[i], reason) == 0)
			return false;
	if (w->n_doubts >= DOUBTS_MAX || SW_GROW(w->doubts, w->n_doubts, w->cap_doubts) < 0)
		return true;
	copy = strdup(reason);
	if (copy)
		w->doubts[w->n_doubts++] = copy;
	return true;
}

/*
 * Security hooks see the object, however the call was made. Where fanotify tells of what the hooks
 * do not see, its word is enough.
 */
static void doubt(struct monitor *m, struct watch *w, const struct sw_event *ev, const char *reason)
{
	if (m->features.lsm_classes & 1u << SW_CLASS_FILE)
		return;
	if (!names_marked_at(w, (int64_t)ev->boot_ns) && first_time(w, reason))
		record_doubt(m, w, (int64_t)ev->boot_ns, reason);
}

/*
 * What was opened by a request is not known, and its name proves nothing: it may have been a
 * control of the kernel, or the memory of a process. What is written to it later is written to no
 * file.
 */
static void on_uring_open(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	static const char reason[] =
		"io_uring opened something for writing: whether it was a file is not known";
	uint32_t classes = by_calls(m) & (1u << SW_CLASS_INJECTION | 1u << SW_CLASS_KERNEL);

	if (classes && first_time(w, reason))
		record_hole(m, w, classes, (int64_t)ev->boot_ns, "%s", reason);
}

static void on_uring(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	char opcode[32], reason[256];

	if (ev->uring.op == SW_URING_CREATE) {
		if (!attached(m, "sw_uring_submit_req") && !attached(m, "sw_uring_submit_sqe"))
			doubt(m, w, ev,
			      "io_uring was set up, and its requests are not seen on this kernel");
		return;
	}
	snprintf(reason, sizeof(reason),
		 "io_uring was used for %s: names, modes and contents may have been changed unseen",
		 sw_uring_opcode_str(ev->uring.opcode, opcode, sizeof(opcode)));
	doubt(m, w, ev, reason);
	if (ev->uring.opcode == OPCODE_OPENAT || ev->uring.opcode == OPCODE_OPENAT2)
		on_uring_open(m, w, ev);
}

/* Whoever writes to a disk writes to the files on it, and nobody tells of them. */
static void on_disk(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	const uint32_t classes = 1u << SW_CLASS_FILE | 1u << SW_CLASS_EXEC | 1u << SW_CLASS_CODE;
	char disk[32];

	snprintf(disk, sizeof(disk), "disk %u:%u", (unsigned int)(ev->kernel.arg >> 20),
		 (unsigned int)(ev->kernel.arg & 0xfffff));
	if (first_time(w, disk)) /* by any name: whoever has one node can make others */
		record_hole(m, w, classes, (int64_t)ev->boot_ns,
			    "%s was opened for writing (%s): which files were changed by that is "
			    "not seen",
			    disk, ev->name.s);
}

/*
 * A 32-bit call that may be one of a class that a system call hook serves. Namespaces and privilege
 * are compared after each such call. Where the calls themselves are not seen, the program is doubt
 * enough.
 */
static void on_compat(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	uint32_t classes = ev->compat_use.classes & CALL_CLASSES;
	char reason[128];

	if (ev->compat_use.op == SW_COMPAT_IMAGE) {
		if (attached(m, "sw_sys_exit") && ev->compat_use.classes)
			return;
		snprintf(reason, sizeof(reason),
			 "a 32-bit program ran, whose system calls are not all seen");
		classes = CALL_CLASSES | 1u << SW_CLASS_NAMESPACE | 1u << SW_CLASS_PRIVILEGE;
	} else {
		snprintf(reason, sizeof(reason),
			 "32-bit system call %u was made, which is not seen", ev->compat_use.nr);
	}
	if (ev->compat_use.op == SW_COMPAT_IMAGE || ev->compat_use.classes & 1u << SW_CLASS_FILE)
		doubt(m, w, ev, reason);
	classes &= by_calls(m);
	if (classes && first_time(w, reason + 1))
		record_hole(m, w, classes, (int64_t)ev->boot_ns, "%s", reason);
}

void doubt_event(struct monitor *m, struct watch *w, const struct sw_event *ev)
{
	if (ev->type == SW_EVENT_URING)
		on_uring(m, w, ev);
	else if (ev->type == SW_EVENT_COMPAT)
		on_compat(m, w, ev);
	else if (ev->type == SW_EVENT_KERNEL && ev->kernel.op == SW_KERNEL_DEVICE)
		on_disk(m, w, ev);
}

void doubt_release(struct watch *w)
{
	for (size_t i = 0; i < w->n_doubts; i++)
		free(w->doubts[i]);
	free(w->doubts);
}
