/* SPDX-License-Identifier: Apache-2.0 */
/* Actor: gains and gives up privilege, reaches into other processes, and into the kernel. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"

static void must(long rc, const char *what)
{
	if (rc < 0)
		cannot(what);
}

/* drop: to another user, for good */
static int act_drop(int argc, char **argv)
{
	(void)argc, (void)argv;
	must(setresgid(1000, 1000, 1000), "setresgid");
	must(setresuid(1000, 1000, 1000), "setresuid");
	tell("drop", "\"uid\":1000");
	return 0;
}

/* seteuid: away from root and back, as services do */
static int act_seteuid(int argc, char **argv)
{
	(void)argc, (void)argv;
	must(seteuid(1000), "seteuid");
	must(seteuid(0), "seteuid");
	tell("seteuid", "\"uid\":1000");
	return 0;
}

/* become-root: from another user who kept the capability to do it */
static int act_become_root(int argc, char **argv)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {
		{.permitted = 1u << CAP_SETUID, .effective = 1u << CAP_SETUID}};

	(void)argc, (void)argv;
	must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl");
	must(setresuid(1000, 1000, 1000), "setresuid");
	must(syscall(SYS_capset, &h, d), "capset");
	must(setresuid(0, 0, 0), "setresuid");
	tell("become_root", "\"uid\":0");
	return 0;
}

/* raise: gives up an effective capability and takes it back from the permitted ones */
static int act_raise(int argc, char **argv)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2], less[2];

	(void)argc, (void)argv;
	must(syscall(SYS_capget, &h, d), "capget");
	memcpy(less, d, sizeof(d));
	less[0].effective = 0;
	must(syscall(SYS_capset, &h, less), "capset");
	must(syscall(SYS_capset, &h, d), "capset");
	tell("raise", "\"effective\":%u", d[0].effective);
	return 0;
}

/* setuid-exec PATH: another user executes a program whose owner is root and whose mode is set-id */
static int act_setuid_exec(int argc, char **argv)
{
	(void)argc;
	must(setresuid(1000, 1000, 1000), "setresuid");
	tell("setuid_exec", "\"path\":\"%s\"", argv[0]);
	execv(argv[0], argv);
	cannot(argv[0]);
}

/* ---- other processes ---- */

static char target[16] = "untouched";

/* A child that waits; it has the same addresses. */
static pid_t victim(void)
{
	pid_t pid = fork();

	must(pid, "fork");
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static int finish(const char *deed, pid_t pid)
{
	tell(deed, "\"pid\":%d", pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

static int act_ptrace(int argc, char **argv)
{
	pid_t pid = victim();
	int status;

	(void)argc, (void)argv;
	must(ptrace(PTRACE_ATTACH, pid, NULL, NULL), "PTRACE_ATTACH");
	must(waitpid(pid, &status, 0), "waitpid");
	must(ptrace(PTRACE_POKEDATA, pid, target, (void *)0x6c656b6f70), "PTRACE_POKEDATA");
	return finish("ptrace", pid);
}

/* By a child: whoever started this program would become the tracer, and a runtime does not expect
 * that, and sometimes waits for ever. */
static int act_traceme(int argc, char **argv)
{
	pid_t pid = fork();
	int status;

	(void)argc, (void)argv;
	if (!pid)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? errno : 0);
	must(waitpid(pid, &status, 0), "waitpid");
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	must(errno ? -1 : 0, "PTRACE_TRACEME");
	tell("traceme", "\"pid\":%d", pid);
	return 0;
}

static int act_vm_write(int argc, char **argv)
{
	pid_t pid = victim();
	struct iovec from = {.iov_base = "written", .iov_len = 8},
		     to = {.iov_base = target, .iov_len = 8};

	(void)argc, (void)argv;
	must(process_vm_writev(pid, &from, 1, &to, 1, 0), "process_vm_writev");
	return finish("vm_write", pid);
}

static int act_mem(int argc, char **argv)
{
	pid_t pid = victim();
	char path[64];

	(void)argc, (void)argv;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	must(fd, path);
	must(pwrite(fd, "written", 8, (off_t)(uintptr_t)target), "pwrite");
	return finish("mem", pid);
}

static int act_self_mem(int argc, char **argv)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	(void)argc, (void)argv;
	must(fd, "/proc/self/mem");
	must(pwrite(fd, "written", 8, (off_t)(uintptr_t)target), "pwrite");
	tell("self_mem", "\"pid\":%d", getpid());
	return 0;
}

static int act_getfd(int argc, char **argv)
{
	pid_t pid = victim();
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	(void)argc, (void)argv;
	must(pidfd, "pidfd_open");
	must(syscall(SYS_pidfd_getfd, pidfd, 1, 0), "pidfd_getfd");
	return finish("getfd", pid);
}

/* ---- the kernel ---- */

static int act_bpf(int argc, char **argv)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	long rc = syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));

	(void)argc, (void)argv;
	must(rc, "BPF_MAP_CREATE");
	tell("bpf", "\"command\":%d", BPF_MAP_CREATE);
	return 0;
}

/* bpf-refused: the same without the right to */
static int act_bpf_refused(int argc, char **argv)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	long rc = syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));

	(void)argc, (void)argv;
	tell("bpf_refused", "\"errno\":%d", rc < 0 ? errno : 0);
	return rc >= 0;
}

/* A descriptor of somebody's map, as the newest kernel's walk gives it. */
static int map_handle(unsigned int open_flags)
{
	union bpf_attr a = {.start_id = 0};

	must(syscall(SYS_bpf, BPF_MAP_GET_NEXT_ID, &a, sizeof(a)), "BPF_MAP_GET_NEXT_ID");
	a = (union bpf_attr){.map_id = a.next_id, .open_flags = open_flags};
	must(syscall(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &a, sizeof(a)), "BPF_MAP_GET_FD_BY_ID");
	tell("bpf_handle", "\"command\":%d", BPF_MAP_GET_FD_BY_ID);
	return 0;
}

/* bpf-handle: one that can be written through, by a mapping of it, without another bpf(2) */
static int act_bpf_handle(int argc, char **argv)
{
	(void)argc, (void)argv;
	return map_handle(0);
}

/* bpf-look: one that cannot */
static int act_bpf_look(int argc, char **argv)
{
	(void)argc, (void)argv;
	return map_handle(BPF_F_RDONLY);
}

/* control PATH: a control file opened for write, and closed again: nothing is changed on the host
 */
static int act_control(int argc, char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CLOEXEC);

	(void)argc;
	must(fd, argv[0]);
	tell("control", "\"path\":\"%s\"", argv[0]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"drop", 0, "", act_drop},
		{"seteuid", 0, "", act_seteuid},
		{"become-root", 0, "", act_become_root},
		{"raise", 0, "", act_raise},
		{"setuid-exec", 1, "PATH", act_setuid_exec},
		{"ptrace", 0, "", act_ptrace},
		{"traceme", 0, "", act_traceme},
		{"vm-write", 0, "", act_vm_write},
		{"mem", 0, "", act_mem},
		{"self-mem", 0, "", act_self_mem},
		{"getfd", 0, "", act_getfd},
		{"bpf", 0, "", act_bpf},
		{"bpf-refused", 0, "", act_bpf_refused},
		{"bpf-handle", 0, "", act_bpf_handle},
		{"bpf-look", 0, "", act_bpf_look},
		{"control", 1, "PATH", act_control},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
