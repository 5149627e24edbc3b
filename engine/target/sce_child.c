/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the script's sandbox from inside and executes it. We are process 1 of a new pid namespace,
 * with own mount, network, ipc and uts namespaces, still root: each step takes something away. Only
 * system calls here.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/limits.h"
#include "target/sce_child.h"

#define NOBODY 65534
#define SCRIPT "/tmp/script"

static const char *const stages[] = {
	[SCE_STAGE_USERNS] = "own user namespace",
	[SCE_STAGE_PRIVATE] = "private mounts",
	[SCE_STAGE_PROC] = "own /proc",
	[SCE_STAGE_READONLY] = "read-only mounts",
	[SCE_STAGE_TMP] = "private /tmp",
	[SCE_STAGE_RUN] = "empty /run",
	[SCE_STAGE_SCRIPT] = "script file",
	[SCE_STAGE_STDIO] = "descriptors",
	[SCE_STAGE_LIMITS] = "resource limits",
	[SCE_STAGE_USER] = "user nobody",
	[SCE_STAGE_EXEC] = "exec",
};
_Static_assert(SW_ARRAY_LEN(stages) == _SCE_STAGE_MAX, "a name for each stage");

const char *sce_stage_str(int stage)
{
	return stage >= 0 && stage < _SCE_STAGE_MAX ? stages[stage] : "unknown stage";
}

/* Every mount read-only and without set-user-id, in one system call (Linux 5.12). */
static int make_readonly(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};

	return (int)syscall(SYS_mount_setattr, -1, "/", AT_RECURSIVE, &attr, sizeof(attr));
}

static int write_script(const struct sce_job *job)
{
	const char *p = job->script;
	size_t left = job->len;
	int fd = open(SCRIPT, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0555);

	if (fd < 0)
		return -1;
	while (left) {
		ssize_t n = write(fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		left -= (size_t)n;
	}
	return close(fd);
}

static int set_stdio(int out)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(null, 2) < 0)
		return -1;
	return 0;
}

static int set_limits(void)
{
	static const struct {
		int resource;
		rlim_t value;
	} limits[] = {
		{RLIMIT_CPU, SW_LIMIT_SCE_SECONDS},
		{RLIMIT_CORE, 0},
		{RLIMIT_NOFILE, 64},
		{RLIMIT_AS, 1UL << 30},
		{RLIMIT_FSIZE, 1UL << 20},
		{RLIMIT_NPROC, 256},
		{RLIMIT_MEMLOCK, 0},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(limits); i++) {
		struct rlimit rl = {.rlim_cur = limits[i].value, .rlim_max = limits[i].value};

		if (setrlimit(limits[i].resource, &rl) < 0)
			return -1;
	}
	return 0;
}

/*
 * setresuid from root drops all capabilities; no_new_privs keeps set-user-id programs from giving
 * them back. By raw system call: the library's wrappers signal the parent's threads, which this
 * process does not have.
 */
static int become_nobody(bool own_users)
{
	if (!own_users && syscall(SYS_setgroups, 0, NULL) < 0)
		return -1;
	if (syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0 ||
	    syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0)
		return -1;
	/* After the change of user, which clears it: the script does not outlive the scanner. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0)
		return -1;
	if (write(fd, text, len) != (ssize_t)len)
		return -1;
	return close(fd);
}

/* Without privilege: in a user namespace whose only user, nobody, is the one who scans. The exec
 * that starts the script takes what capabilities it gave. */
static int map_users(const struct sce_job *job)
{
	if (put("/proc/self/setgroups", "deny") < 0 ||
	    put("/proc/self/uid_map", job->uid_map) < 0 ||
	    put("/proc/self/gid_map", job->gid_map) < 0)
		return -1;
	return 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Network file descriptors, sockets of services and the other processes are out of reach: no net,
 * /run empty, own /proc. */
static int build_mounts(const struct sce_job *job)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return SCE_STAGE_PRIVATE;
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return SCE_STAGE_PROC;
	if (mount("none", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=555") <
		    0 &&
	    errno != ENOENT)
		return SCE_STAGE_RUN;
	if (make_readonly() < 0)
		return SCE_STAGE_READONLY;
	if (mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV,
		  "size=4m,nr_inodes=256,mode=1777") < 0)
		return SCE_STAGE_TMP;
	if (write_script(job) < 0)
		return SCE_STAGE_SCRIPT;
	return -1;
}

static int build(const struct sce_job *job, int out)
{
	int stage;

	setsid();
	umask(022);
	if (job->own_users && map_users(job) < 0)
		return SCE_STAGE_USERNS;
	stage = build_mounts(job);
	if (stage >= 0)
		return stage;
	if (chdir("/") < 0 || set_stdio(out) < 0)
		return SCE_STAGE_STDIO;
	if (set_limits() < 0)
		return SCE_STAGE_LIMITS;
	if (become_nobody(job->own_users) < 0)
		return SCE_STAGE_USER;
	reset_signals();
	/* The status pipe is close-on-exec: it reports a failed exec and ends with a good one. */
	if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) < 0)
		return SCE_STAGE_STDIO;
	execve(SCRIPT, (char *[]){(char *)SCRIPT, NULL}, job->env);
	return SCE_STAGE_EXEC;
}

void sce_child(const struct sce_job *job, int out, int status)
{
	struct sce_report report = {.stage = build(job, out)};
	ssize_t n;

	report.code = errno;
	do
		n = write(status, &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	_exit(127);
}
