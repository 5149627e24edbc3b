/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deeds of test_live_enforce.c: what each rule forbids and what it must leave alone, each by a
 * child of a process in the watched cgroup. A deed gives 0 or the errno it met.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "event/event.h"
#include "unit/userspace/loader/live_actors.h"

#define V(violation) (1u << SW_VIOLATION_##violation)
#define MOVE_MOUNT_F_EMPTY 4 /* MOVE_MOUNT_F_EMPTY_PATH */

enum fate {
	DONE,	  /* innocent, or only seen */
	REFUSED,  /* EPERM, and on record as prevented */
	KILLED,	  /* before its first instruction, and on record as prevented */
	LEFT_OUT, /* not tried: it would really be done to this machine */
};

struct deed {
	const char *name;
	int (*act)(void);
	uint32_t violations; /* of the record when it is prevented */
	enum fate lsm, tracepoint;
};

static int result(long rc)
{
	return rc < 0 ? errno : 0;
}

static int run(const char *file, const char *name)
{
	char *argv[] = {(char *)name, NULL};

	return result(execv(file, argv));
}

static int exec_shell(void)
{
	return run("shell", "innocent");
}
static int exec_foreign(void)
{
	return run("apk", "apk");
}
static int exec_applet(void)
{
	return run("box", "ash");
}
static int exec_other_applet(void)
{
	return run("box", "ls");
}
static int exec_script(void)
{
	return run("script", "script");
}
static int exec_quiet(void)
{
	return run("quiet", "quiet");
}
static int exec_setid(void)
{
	if (setresuid(1000, 1000, 1000))
		return ENODATA;
	return run("setid", "setid");
}

static int map(const char *file, int prot, int then)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, prot, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return errno;
	return then ? result(mprotect(p, 4096, then)) : 0;
}

static int map_foreign(void)
{
	return map("apk", PROT_READ | PROT_EXEC, 0);
}
static int map_foreign_later(void)
{
	return map("apk", PROT_READ, PROT_READ | PROT_EXEC);
}
static int map_shell(void)
{
	return map("shell", PROT_READ | PROT_EXEC, 0);
}
static int map_quiet(void)
{
	return map("quiet", PROT_READ | PROT_EXEC, 0);
}
static int map_data(void)
{
	return map("apk", PROT_READ, 0);
}

static int opened(const char *file, int flags)
{
	return result(open(file, flags | O_CLOEXEC, 0644));
}
static int open_code(void)
{
	return opened("code", O_WRONLY);
}
static int open_code_cut(void)
{
	return opened("code", O_RDONLY | O_TRUNC);
}
static int read_code(void)
{
	return opened("code", O_RDONLY);
}
static int open_plain(void)
{
	return opened("plain", O_WRONLY | O_CREAT);
}
static int cut_code(void)
{
	return result(truncate("code", 1));
}
static int chmod_code(void)
{
	return result(chmod("code", 0777));
}
static int chmod_same(void)
{
	return result(chmod("code", 0755));
}
static int chown_code(void)
{
	return result(chown("code", 1, 1));
}
static int attr_code(void)
{
	return result(setxattr("code", "user.x", "x", 1, 0));
}
static int unlink_code(void)
{
	return result(unlink("code"));
}
static int rename_over(void)
{
	return result(rename("plain2", "code"));
}
static int rename_away(void)
{
	return result(rename("code", "gone"));
}
static int exchange(void)
{
	return result(syscall(SYS_renameat2, AT_FDCWD, "plain2", AT_FDCWD, "code", 2));
}
static int rename32_away(void)
{
	int rc = rename32("code", "gone");

	return rc == -ENOSYS || rc == -ENOMEM ? EPERM : -rc; /* no such calls on this machine */
}
static int link_code(void)
{
	return result(link("code", "other"));
}
static int rename_plain(void)
{
	return result(rename("plain2", "plain3"));
}
static int unlink_plain(void)
{
	return result(unlink("plain3"));
}

static int db_open(void)
{
	return opened("db/installed", O_RDWR);
}
static int db_create(void)
{
	return opened("db/new", O_WRONLY | O_CREAT);
}
static int db_mkdir(void)
{
	return result(mkdir("db/d", 0755));
}
static int db_symlink(void)
{
	return result(symlink("x", "db/l"));
}
static int db_unlink(void)
{
	return result(unlink("db/installed"));
}
static int db_rename(void)
{
	return result(rename("plain", "db/plain"));
}
static int db_read(void)
{
	return opened("db/installed", O_RDONLY);
}

static int mount_new(void)
{
	return result(mount("none", "db", "tmpfs", 0, NULL));
}
static int mount_bind(void)
{
	return result(mount("mnt", "db", NULL, MS_BIND, NULL));
}
static int mount_gone(void)
{
	return result(umount2("mnt", MNT_DETACH));
}
static int mount_moved(void)
{
	int context = (int)syscall(SYS_fsopen, "tmpfs", 0), fd = -1;

	if (context >= 0 && !syscall(SYS_fsconfig, context, 6 /* CREATE */, NULL, NULL, 0))
		fd = (int)syscall(SYS_fsmount, context, 0, 0);
	if (fd < 0)
		return ENODATA;
	return result(syscall(SYS_move_mount, fd, "", AT_FDCWD, "db", MOVE_MOUNT_F_EMPTY));
}
static int reconfigured(void)
{
	int picked = (int)syscall(SYS_fspick, AT_FDCWD, "mnt", 0);

	if (picked < 0)
		return ENODATA;
	return result(syscall(SYS_fsconfig, picked, 7 /* RECONFIGURE */, NULL, NULL, 0));
}
static int pivot(void)
{
	return result(syscall(SYS_pivot_root, "mnt", "mnt"));
}

static int root_here(void)
{
	return result(chroot("."));
}
static int root_same(void)
{
	return result(chroot("/"));
}
static int user_namespace(void)
{
	return result(unshare(CLONE_NEWUSER));
}
static int uts_unshared(void)
{
	return result(unshare(CLONE_NEWUTS));
}
static int uts_child(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int pid = clone(child_exit, stack + sizeof(stack), CLONE_NEWUTS | SIGCHLD, NULL);

	if (pid > 0)
		waitpid(pid, NULL, 0);
	return result(pid);
}

/* A service that gave up root, kept what lets it change identity, and goes back to root. */
static int back_to_root(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {};

	if (prctl(PR_SET_KEEPCAPS, 1) || setresuid(1000, 1000, 1000))
		return ENODATA;
	caps[0].effective = caps[0].permitted = 1u << CAP_SETUID;
	if (syscall(SYS_capset, &head, caps))
		return ENODATA;
	return result(setuid(0));
}
static int gives_up_root(void)
{
	return result(setresuid(1000, 1000, 1000));
}

static pid_t victim(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static int on_victim(int (*fn)(pid_t))
{
	pid_t pid = victim();
	int rc = fn(pid);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
	return rc;
}

static char word[8];
static int trace(pid_t pid)
{
	return result(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
}
static int write_to(pid_t pid)
{
	struct iovec v = {word, sizeof(word)};

	return result(process_vm_writev(pid, &v, 1, &v, 1, 0));
}
static int read_from(pid_t pid)
{
	struct iovec v = {word, sizeof(word)};

	return result(process_vm_readv(pid, &v, 1, &v, 1, 0));
}
static int take_from(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? ENODATA : result(syscall(438 /* pidfd_getfd */, fd, 0, 0));
}
static int trace_victim(void)
{
	return on_victim(trace);
}
static int write_victim(void)
{
	return on_victim(write_to);
}
static int read_victim(void)
{
	return on_victim(read_from);
}
static int rob_victim(void)
{
	return on_victim(take_from);
}
static int memory_write(void)
{
	return opened("/proc/self/mem", O_RDWR);
}
static int memory_read(void)
{
	return opened("/proc/self/mem", O_RDONLY);
}

static int bpf_map(void)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return result(syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a)));
}
static int bpf_look(void)
{
	union bpf_attr a = {};

	return result(syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &a, sizeof(a)));
}
static int control(void)
{
	return opened("/proc/sys/kernel/core_pattern", O_WRONLY);
}
static int memory_device(void)
{
	if (mknod("memory", S_IFCHR | 0600, makedev(1, 1)))
		return ENODATA;
	return opened("memory", O_WRONLY);
}
static int module_loaded(void)
{
	static char image[4096]; /* long enough to be looked at */

	return result(syscall(SYS_init_module, image, sizeof(image), ""));
}

#define IMMUTABLE V(IMMUTABLE), REFUSED, LEFT_OUT
#define PKG_DB V(PKG_DB), REFUSED, LEFT_OUT
#define INNOCENT 0, DONE, DONE

static const struct deed deeds[] = {
	{"exec shell", exec_shell, V(SHELL), REFUSED, KILLED},
	{"exec foreign", exec_foreign, V(DRIFT) | V(PKG_EXEC), REFUSED, KILLED},
	{"exec applet", exec_applet, V(SHELL), KILLED, KILLED},
	{"exec other applet", exec_other_applet, INNOCENT},
	{"exec script", exec_script, V(DRIFT), REFUSED, DONE},
	{"exec quiet", exec_quiet, INNOCENT},
	{"exec set-id", exec_setid, V(PRIVILEGE), REFUSED, KILLED},
	{"map foreign", map_foreign, V(DRIFT), REFUSED, DONE},
	{"map foreign, then executable", map_foreign_later, V(DRIFT), REFUSED, DONE},
	{"map shell", map_shell, V(SHELL), REFUSED, DONE},
	{"map quiet", map_quiet, INNOCENT},
	{"map foreign as data", map_data, INNOCENT},
	{"open code", open_code, IMMUTABLE},
	{"open code and cut it", open_code_cut, IMMUTABLE},
	{"read code", read_code, INNOCENT},
	{"open plain", open_plain, INNOCENT},
	{"cut code", cut_code, IMMUTABLE},
	{"chmod code", chmod_code, IMMUTABLE},
	{"chmod code to what it is", chmod_same, INNOCENT},
	{"chown code", chown_code, IMMUTABLE},
	{"attribute of code", attr_code, IMMUTABLE},
	{"unlink code", unlink_code, IMMUTABLE},
	{"rename over code", rename_over, IMMUTABLE},
	{"rename code away", rename_away, IMMUTABLE},
	{"exchange with code", exchange, IMMUTABLE},
	{"rename code away by a 32-bit call", rename32_away, IMMUTABLE},
	{"link to code", link_code, INNOCENT},
	{"rename plain", rename_plain, INNOCENT},
	{"unlink plain", unlink_plain, INNOCENT},
	{"open database", db_open, PKG_DB},
	{"create in database", db_create, PKG_DB},
	{"mkdir in database", db_mkdir, PKG_DB},
	{"symlink in database", db_symlink, PKG_DB},
	{"unlink in database", db_unlink, PKG_DB},
	{"rename into database", db_rename, PKG_DB},
	{"read database", db_read, INNOCENT},
	{"mount", mount_new, V(MOUNT), REFUSED, LEFT_OUT},
	{"bind mount", mount_bind, V(MOUNT), REFUSED, LEFT_OUT},
	{"umount", mount_gone, V(MOUNT), REFUSED, LEFT_OUT},
	{"move_mount", mount_moved, V(MOUNT), REFUSED, LEFT_OUT},
	{"fsconfig", reconfigured, V(MOUNT), REFUSED, LEFT_OUT},
	{"pivot_root", pivot, V(MOUNT), REFUSED, LEFT_OUT},
	{"chroot", root_here, V(NAMESPACE), REFUSED, DONE},
	{"chroot to the same", root_same, INNOCENT},
	{"user namespace", user_namespace, V(NAMESPACE), REFUSED, LEFT_OUT},
	{"child in a namespace", uts_child, V(NAMESPACE), REFUSED, DONE},
	{"unshare", uts_unshared, 0, DONE, DONE}, /* no hook says no: only seen */
	{"back to root", back_to_root, V(PRIVILEGE), REFUSED, DONE},
	{"give up root", gives_up_root, INNOCENT},
	{"ptrace", trace_victim, V(INJECTION), REFUSED, DONE},
	{"process_vm_writev", write_victim, V(INJECTION), REFUSED, DONE},
	{"process_vm_readv", read_victim, INNOCENT},
	{"pidfd_getfd", rob_victim, V(INJECTION), REFUSED, DONE},
	{"memory for writing", memory_write, V(INJECTION), REFUSED, DONE},
	{"memory for reading", memory_read, INNOCENT},
	{"bpf", bpf_map, V(KERNEL), REFUSED, DONE},
	{"bpf, only looking", bpf_look, INNOCENT},
	{"control file", control, V(KERNEL), REFUSED, DONE},
	{"memory device", memory_device, V(KERNEL), REFUSED, LEFT_OUT},
	{"module", module_loaded, V(KERNEL), REFUSED, LEFT_OUT},
};
#define N_DEEDS (sizeof(deeds) / sizeof(deeds[0]))

/* In the watched cgroup: does the deeds that are marked in which, and writes down how each ended.
 */
static int do_deeds(const char *d, const char *which)
{
	FILE *out = chdir(d) ? NULL : fopen("results", "w");

	for (size_t i = 0; out && i < N_DEEDS; i++) {
		pid_t pid = which[i] == '1' ? fork() : 0;
		int status;

		if (which[i] != '1')
			continue;
		if (!pid)
			_exit(deeds[i].act());
		waitpid(pid, &status, 0);
		fprintf(out, "%zu %d\n", i,
			WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status));
	}
	return !out || fclose(out);
}
