/* SPDX-License-Identifier: Apache-2.0 */
/* What fanotify gives on this kernel, found by one mark of each kind; nothing of it stays. */
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>

#include "fanotify/private.h"

/* A read-only overlay of two directories that every system has; mounted nowhere. */
static int overlay(void)
{
	_cleanup_fd_ int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	_cleanup_fd_ int mount = -1;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir", "/etc:/usr", 0) < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mount < 0)
		return -errno;
	/* fsmount gives an O_PATH descriptor, which cannot be marked */
	int fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void refused(struct sw_fan_feature *f, const char *stage, int error)
{
	f->stage = stage;
	f->error = error;
}

static void try_names(struct sw_fan_feature *f, int dir)
{
	_cleanup_fd_ int group = -1;

	if (dir < 0) {
		refused(f, "mount", dir);
		return;
	}
	group = fanotify_init(SW_FAN_NAMES_INIT, O_RDONLY | O_CLOEXEC);
	if (group < 0)
		refused(f, "init", -errno);
	else if (fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_ONLYDIR, SW_FAN_NAMES_MASK, dir,
			       NULL) < 0)
		refused(f, "mark", -errno);
}

/* On a directory, which nobody executes: no exec ever waits for the trial. */
static void try_exec(struct sw_fan_feature *f, unsigned int class, uint64_t mask, int dir)
{
	_cleanup_fd_ int group = fanotify_init(class | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

	if (group < 0)
		refused(f, "init", -errno);
	else if (fanotify_mark(group, FAN_MARK_ADD, mask, dir, NULL) < 0)
		refused(f, "mark", -errno);
}

void sw_fan_probe(struct sw_fan_feature ret_features[static _SW_FAN_FEATURES])
{
	_cleanup_fd_ int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int on_overlay = overlay();

	ret_features[SW_FAN_NAMES] = (struct sw_fan_feature){
		.name = "fanotify/names",
		.phrase = "names, modes and content of baseline directories, by whatever way",
		.misses =
			"other links to a file outside those directories; stores through mappings",
	};
	ret_features[SW_FAN_NAMES_OVERLAY] = (struct sw_fan_feature){
		.name = "fanotify/names on overlay",
		.phrase = "the same in containers whose root is an overlay",
		.misses = "what a host process does in the upper directory itself",
	};
	ret_features[SW_FAN_EXEC] = (struct sw_fan_feature){
		.name = "fanotify/open-exec",
		.phrase = "the script of a #! start, and loaders",
		.misses = "libraries; what is mounted after the container's entry",
	};
	ret_features[SW_FAN_EXEC_PERMISSION] = (struct sw_fan_feature){
		.name = "fanotify/open-exec permission",
		.phrase = "what runs is read before it runs (--exec-permission)",
		.misses = "memory files; what takes longer to read than the bound",
	};
	try_exec(&ret_features[SW_FAN_EXEC], FAN_CLASS_NOTIF, FAN_OPEN_EXEC, root);
	try_exec(&ret_features[SW_FAN_EXEC_PERMISSION], FAN_CLASS_CONTENT, FAN_OPEN_EXEC_PERM,
		 root);
	try_names(&ret_features[SW_FAN_NAMES], root < 0 ? -ENOENT : root);
	try_names(&ret_features[SW_FAN_NAMES_OVERLAY], on_overlay);
}
