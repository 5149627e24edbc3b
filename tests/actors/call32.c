/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: what other actors do by system calls of 64 bits, by those of 32 (int 0x80), which hooks on
 * system calls do not see.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"

/* the numbers of the 32-bit table (arch/x86/entry/syscalls/syscall_32.tbl) */
enum {
	NR_CHMOD = 15,
	NR_GETPID = 20,
	NR_MOUNT = 21,
	NR_PTRACE = 26,
	NR_CHROOT = 61,
	NR_MMAP2 = 192,
	NR_SETRESUID32 = 208,
	NR_UNSHARE = 310,
	NR_PROCESS_VM_WRITEV = 348,
	NR_BPF = 357,
};

static long call32(long nr, long a, long b, long c, long d, long e)
{
#ifdef __x86_64__
	long ret;

	__asm__ volatile("lea -128(%%rsp), %%rsp\n" /* what a leaf function keeps there */
			 "push %%rbp\n"
			 "xor %%ebp, %%ebp\n"
			 "int $0x80\n"
			 "pop %%rbp\n"
			 "lea 128(%%rsp), %%rsp"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	if ((unsigned int)ret > -4096u) { /* an address may have the highest bit */
		errno = -(int)ret;
		return -1;
	}
	return (unsigned int)ret;
#else
	(void)nr, (void)a, (void)b, (void)c, (void)d, (void)e;
	errno = ENOSYS;
	return -1;
#endif
}

static long must(const char *what, long ret)
{
	if (ret < 0)
		cannot(what);
	return ret;
}

/* Pointers of these calls have 32 bits. */
static char *low(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		       -1, 0);

	if (p == MAP_FAILED)
		cannot("mmap below 4 GiB");
	return p;
}

static long text(const char *s)
{
	return (long)strcpy(low(strlen(s) + 1), s);
}

static pid_t victim(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return (pid_t)must("fork", pid);
}

static int finish(const char *deed, pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	tell(deed, "\"way\":\"int80\"");
	return 0;
}

/* quiet: calls that change nothing */
static int act_quiet(int argc, char **argv)
{
	(void)argc, (void)argv;
	must("getpid", call32(NR_GETPID, 0, 0, 0, 0, 0));
	must("setresuid", call32(NR_SETRESUID32, -1, -1, -1, 0, 0));
	tell("quiet", "\"way\":\"int80\"");
	return 0;
}

static int act_ptrace(int argc, char **argv)
{
	pid_t pid = victim();
	int status;

	(void)argc, (void)argv;
	must("ptrace", call32(NR_PTRACE, PTRACE_ATTACH, pid, 0, 0, 0));
	waitpid(pid, &status, 0);
	return finish("ptrace", pid);
}

static int act_vm_write(int argc, char **argv)
{
	char *place = low(8);
	uint32_t *iov = (uint32_t *)low(8);
	pid_t pid = victim();

	(void)argc, (void)argv;
	iov[0] = (uint32_t)(uintptr_t)place;
	iov[1] = 8;
	must("process_vm_writev", call32(NR_PROCESS_VM_WRITEV, pid, (long)iov, 1, (long)iov, 1));
	return finish("vm_write", pid);
}

/* mount PATH: tmpfs over it */
static int act_mount(int argc, char **argv)
{
	(void)argc;
	must(argv[0], call32(NR_MOUNT, text("tmpfs"), text(argv[0]), text("tmpfs"), 0, 0));
	tell("mount", "\"way\":\"int80\",\"path\":\"%s\"", argv[0]);
	return 0;
}

static int act_unshare(int argc, char **argv)
{
	(void)argc, (void)argv;
	must("unshare", call32(NR_UNSHARE, CLONE_NEWUTS, 0, 0, 0, 0));
	tell("unshare", "\"way\":\"int80\"");
	return 0;
}

static int act_chroot(int argc, char **argv)
{
	(void)argc;
	must(argv[0], call32(NR_CHROOT, text(argv[0]), 0, 0, 0, 0));
	tell("chroot", "\"way\":\"int80\",\"path\":\"%s\"", argv[0]);
	return 0;
}

/* become-root: what was given up for good is root's only by the saved id */
static int act_become_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	must("setresuid", call32(NR_SETRESUID32, 1000, 1000, 0, 0, 0));
	must("setresuid", call32(NR_SETRESUID32, 0, 0, 0, 0, 0));
	tell("become_root", "\"way\":\"int80\"");
	return 0;
}

/* map PATH: executable */
static int act_map(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	if (fd < 0)
		cannot(argv[0]);
	must("mmap2", call32(NR_MMAP2, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd));
	tell("map", "\"way\":\"int80\",\"path\":\"%s\"", argv[0]);
	return 0;
}

static int act_chmod(int argc, char **argv)
{
	(void)argc;
	must(argv[1], call32(NR_CHMOD, text(argv[1]), strtol(argv[0], NULL, 8), 0, 0, 0));
	tell("chmod", "\"way\":\"int80\",\"path\":\"%s\"", argv[1]);
	return 0;
}

static int act_bpf(int argc, char **argv)
{
	union bpf_attr *a = (union bpf_attr *)low(sizeof(*a));

	(void)argc, (void)argv;
	a->map_type = BPF_MAP_TYPE_ARRAY;
	a->key_size = a->value_size = 4;
	a->max_entries = 1;
	must("bpf", call32(NR_BPF, BPF_MAP_CREATE, (long)a, sizeof(*a), 0, 0));
	tell("bpf", "\"way\":\"int80\"");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"quiet", 0, "", act_quiet},
		{"ptrace", 0, "", act_ptrace},
		{"vm-write", 0, "", act_vm_write},
		{"mount", 1, "PATH", act_mount},
		{"unshare", 0, "", act_unshare},
		{"chroot", 1, "PATH", act_chroot},
		{"become-root", 0, "", act_become_root},
		{"map", 1, "PATH", act_map},
		{"chmod", 2, "MODE PATH", act_chmod},
		{"bpf", 0, "", act_bpf},
	};

	return act_by_name(deeds, N_OF(deeds), argc, argv);
}
