/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: changes the mount table, by the old calls and the new. */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#define CONFIG_CREATE 6
#define CONFIG_RECONFIGURE 7

struct attributes {
	unsigned long long set, clear, propagation, userns;
};

static void must(long rc, const char *what)
{
	if (rc < 0)
		cannot(what);
}

static int done(const char *deed, const char *path)
{
	tell(deed, "\"path\":\"%s\"", path);
	return 0;
}

static int act_tmpfs(int argc, char **argv)
{
	(void)argc;
	must(mount("none", argv[0], "tmpfs", 0, NULL), argv[0]);
	return done("tmpfs", argv[0]);
}

static int act_bind(int argc, char **argv)
{
	(void)argc;
	must(mount(argv[0], argv[1], NULL, MS_BIND, NULL), argv[1]);
	return done("bind", argv[1]);
}

/* mounted and unmounted: nothing is left */
static int act_there_and_back(int argc, char **argv)
{
	(void)argc;
	must(mount(argv[0], argv[1], NULL, MS_BIND, NULL), argv[1]);
	must(umount2(argv[1], MNT_DETACH), argv[1]);
	return done("there_and_back", argv[1]);
}

static int act_remount(int argc, char **argv)
{
	(void)argc;
	must(mount("none", argv[0], "tmpfs", 0, NULL), argv[0]);
	must(mount(NULL, argv[0], NULL, MS_REMOUNT | MS_RDONLY, NULL), argv[0]);
	return done("remount", argv[0]);
}

static int act_move(int argc, char **argv)
{
	(void)argc;
	must(mount("none", argv[0], "tmpfs", 0, NULL), argv[0]);
	must(mount(argv[0], argv[1], NULL, MS_MOVE, NULL), argv[1]);
	return done("move", argv[1]);
}

static int act_propagation(int argc, char **argv)
{
	(void)argc;
	must(mount(NULL, argv[0], NULL, MS_PRIVATE, NULL), argv[0]);
	return done("propagation", argv[0]);
}

static int act_umount(int argc, char **argv)
{
	(void)argc;
	must(umount2(argv[0], MNT_DETACH), argv[0]);
	return done("umount", argv[0]);
}

/* fsopen, fsconfig, fsmount, move_mount */
static int act_fsopen(int argc, char **argv)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 0), mnt;

	(void)argc;
	must(fs, "fsopen");
	must(syscall(SYS_fsconfig, fs, CONFIG_CREATE, NULL, NULL, 0), "fsconfig");
	mnt = (int)syscall(SYS_fsmount, fs, 0, 0);
	must(mnt, "fsmount");
	must(syscall(SYS_move_mount, mnt, "", AT_FDCWD, argv[0], MOVE_MOUNT_F_EMPTY_PATH),
	     "move_mount");
	return done("fsopen", argv[0]);
}

/* open_tree, move_mount: the new bind mount */
static int act_open_tree(int argc, char **argv)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, argv[0], OPEN_TREE_CLONE);

	(void)argc;
	must(tree, "open_tree");
	must(syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[1], MOVE_MOUNT_F_EMPTY_PATH),
	     "move_mount");
	return done("open_tree", argv[1]);
}

static int act_setattr(int argc, char **argv)
{
	struct attributes a = {.set = 1}; /* read-only */

	(void)argc;
	must(mount("none", argv[0], "tmpfs", 0, NULL), argv[0]);
	must(syscall(442, AT_FDCWD, argv[0], 0, &a, sizeof(a)), "mount_setattr");
	return done("setattr", argv[0]);
}

/* fspick, fsconfig: the file system that is mounted there, as it is */
static int act_reconfigure(int argc, char **argv)
{
	int fs = (int)syscall(433, AT_FDCWD, argv[0], 0);

	(void)argc;
	must(fs, "fspick");
	must(syscall(SYS_fsconfig, fs, CONFIG_RECONFIGURE, NULL, NULL, 0), "fsconfig");
	return done("reconfigure", argv[0]);
}

/* open_tree_attr without a copy: the mount itself */
static int act_tree_attr(int argc, char **argv)
{
	struct attributes a = {.set = 2}; /* nosuid */

	(void)argc;
	must(syscall(467, AT_FDCWD, argv[0], 0, &a, sizeof(a)), "open_tree_attr");
	return done("tree_attr", argv[0]);
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"tmpfs", 1, "PATH", act_tmpfs},
		{"bind", 2, "FROM PATH", act_bind},
		{"there-and-back", 2, "FROM PATH", act_there_and_back},
		{"remount", 1, "PATH", act_remount},
		{"move", 2, "FROM PATH", act_move},
		{"propagation", 1, "PATH", act_propagation},
		{"umount", 1, "PATH", act_umount},
		{"fsopen", 1, "PATH", act_fsopen},
		{"open-tree", 2, "FROM PATH", act_open_tree},
		{"setattr", 1, "PATH", act_setattr},
		{"reconfigure", 1, "PATH", act_reconfigure},
		{"tree-attr", 1, "PATH", act_tree_attr},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
