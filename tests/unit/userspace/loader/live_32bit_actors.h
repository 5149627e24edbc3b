/* SPDX-License-Identifier: Apache-2.0 */
/* The deeds of test_live_32bit.c, each by the 64-bit call or by the 32-bit one. */
#pragma once

#include "unit/userspace/loader/live_actors.h"

#ifdef __x86_64__
#include <elf.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#define LOW ((char *)0x10000000) /* what a 32-bit call points to, at the same place each time */
#define PAGE 4096

static bool narrow;

/* By the number of either table; the sixth argument of all calls here is 0. */
static long call(long wide, long number, long a, long b, long c, long d, long e)
{
	long ret;

	if (!narrow) {
		ret = syscall(wide, a, b, c, d, e, 0);
		return ret < 0 ? -errno : ret;
	}
	__asm__ volatile("lea -128(%%rsp), %%rsp\n" /* what a leaf function keeps there */
			 "push %%rbp\n"
			 "xor %%ebp, %%ebp\n"
			 "int $0x80\n"
			 "pop %%rbp\n"
			 "lea 128(%%rsp), %%rsp"
			 : "=a"(ret)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	/* an address may have the highest bit */
	return (unsigned int)ret > -4096u ? (int)ret : (long)(unsigned int)ret;
}

/* The next piece of low memory. */
static char *low(size_t size)
{
	static char *at;
	char *p;

	if (!at)
		at = mmap(LOW, 4 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (at == MAP_FAILED)
		say("low memory", -1);
	p = at;
	at += (size + 15) & ~(size_t)15;
	return p;
}

static long text(const char *s)
{
	return (long)strcpy(low(strlen(s) + 1), s);
}

static void must(const char *what, long ret)
{
	if (ret < 0)
		errno = (int)-ret;
	say(what, ret < 0 ? -1 : 0);
}

#define CALL(name, number, a, b, c, d, e)                                                          \
	call(SYS_##name, number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define MUST(name, number, a, b, c, d, e) must(#name, CALL(name, number, a, b, c, d, e))

static void deed_file(const char *d)
{
	int fd;

	(void)d;
	fd = (int)CALL(open, 5, text("code"), O_WRONLY, 0, 0, 0);
	must("open", fd);
	MUST(ftruncate, 93, fd, 5000, 0, 0, 0);
	MUST(fchmod, 94, fd, 0700, 0, 0, 0);
	close(fd);
	MUST(chmod, 15, text("code"), 0755, 0, 0, 0);
	MUST(chown, 212, text("code"), 0, 0, 0, 0);
	MUST(link, 9, text("code"), text("other"), 0, 0, 0);
	MUST(rename, 38, text("other"), text("third"), 0, 0, 0);
	MUST(symlink, 83, text("code"), text("soft"), 0, 0, 0);
	MUST(mkdir, 39, text("made"), 0755, 0, 0, 0);
	MUST(rmdir, 40, text("made"), 0, 0, 0, 0);
	MUST(unlink, 10, text("third"), 0, 0, 0, 0);
	MUST(unlink, 10, text("soft"), 0, 0, 0, 0);
}

static void deed_code(const char *d)
{
	int fd = open("apk", O_RDONLY | O_CLOEXEC);
	char *p = mmap(LOW + 16 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	(void)d;
	say("apk", fd);
	MUST(mmap, 192, LOW + 32 * PAGE, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd);
	p[0] = 1;
	MUST(mprotect, 125, p, 2 * PAGE, PROT_READ | PROT_EXEC, 0, 0);
}

static void deed_mount(const char *d)
{
	struct mount_attr *attr = (void *)low(sizeof(*attr));
	int fs, mnt;

	(void)d;
	MUST(unshare, 310, CLONE_NEWNS, 0, 0, 0, 0);
	MUST(mount, 21, 0, text("/"), 0, MS_REC | MS_PRIVATE, 0);
	MUST(mount, 21, text("nowhere"), text("db"), text("tmpfs"), MS_NOSUID, 0);
	MUST(umount2, 52, text("db"), MNT_DETACH, 0, 0, 0);
	MUST(mount, 21, text("nowhere"), text("db"), text("tmpfs"), 0, 0);
	MUST(umount2, narrow ? 22 : 0, text("db"), 0, 0, 0, 0); /* the oldest call has no flags */
	CALL(mount, 21, text("nowhere"), text("gone"), text("tmpfs"), 0, 0); /* refused */
	fs = (int)CALL(fsopen, 430, text("tmpfs"), 0, 0, 0, 0);
	must("fsopen", fs);
	must("fsconfig", syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	mnt = (int)CALL(fsmount, 432, fs, 0, MOUNT_ATTR_NODEV, 0, 0);
	must("fsmount", mnt);
	MUST(move_mount, 429, mnt, text(""), AT_FDCWD, text("db"), MOVE_MOUNT_F_EMPTY_PATH);
	*attr = (struct mount_attr){.attr_set = MOUNT_ATTR_RDONLY};
	MUST(mount_setattr, 442, AT_FDCWD, text("db"), 0, attr, sizeof(*attr));
	MUST(open_tree, 428, AT_FDCWD, text("db"), OPEN_TREE_CLONE, 0, 0);
	fs = (int)CALL(fspick, 433, AT_FDCWD, text("db"), 0, 0, 0);
	must("fspick", fs);
	MUST(fsconfig, 431, fs, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0);
}

static void deed_root(const char *d)
{
	int ns = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	MUST(unshare, 310, CLONE_NEWNS | CLONE_NEWUTS, 0, 0, 0, 0);
	MUST(setns, 346, ns, CLONE_NEWUTS, 0, 0, 0);
	must("private", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	must("bind", mount(d, d, NULL, MS_BIND, NULL));
	must("chdir", chdir(d));
	MUST(pivot_root, 217, text("."), text("db"), 0, 0, 0);
	MUST(chroot, 61, text("/db"), 0, 0, 0, 0);
}

static void deed_identity(const char *d)
{
	struct __user_cap_header_struct *h = (void *)low(sizeof(*h));
	struct __user_cap_data_struct *caps = (void *)low(2 * sizeof(*caps));

	(void)d;
	*h = (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3};
	MUST(setfsgid, 139, 7, 0, 0, 0, 0); /* the call for ids of 16 bits */
	MUST(setresuid, 208, 1000, 1000, 0, 0, 0);
	MUST(setresuid, 208, 0, 0, 0, 0, 0);
	must("capget", syscall(SYS_capget, h, caps));
	caps[0].effective &= ~(1u << CAP_SYS_TIME);
	MUST(capset, 185, h, caps, 0, 0, 0);
	CALL(capset, 185, 0, caps, 0, 0, 0); /* refused */
	MUST(unshare, 310, CLONE_NEWUSER, 0, 0, 0, 0);
}

static void deed_inject(const char *d)
{
	static const char after[8] = "after";
	char *place = low(16), *from = low(16);
	union {
		uint32_t narrow[2];
		uint64_t wide[2];
	} *iov = (void *)low(2 * sizeof(*iov));
	pid_t pid = fork();
	int fd, status;

	(void)d;
	if (!pid)
		for (;;)
			pause();
	strcpy(from, after);
	for (int i = 0; i < 2; i++) {
		char *at = i ? place : from;

		if (narrow)
			memcpy(iov[i].narrow, (uint32_t[]){(uint32_t)(uintptr_t)at, 6}, 8);
		else
			memcpy(iov[i].wide, (uint64_t[]){(uintptr_t)at, 6}, 16);
	}
	MUST(process_vm_writev, 348, pid, &iov[0], 1, &iov[1], 1);
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	say("pidfd_open", fd);
	MUST(pidfd_getfd, 438, fd, 1, 0, 0, 0);
	MUST(ptrace, 26, PTRACE_ATTACH, pid, 0, 0, 0);
	say("wait", waitpid(pid, &status, 0));
	MUST(ptrace, 26, PTRACE_POKEDATA, pid, place, 1, 0);
	CALL(ptrace, 26, PTRACE_POKEDATA, pid, 8, 1, 0); /* refused */
	kill(pid, SIGKILL);
	say("wait", waitpid(pid, &status, 0)); /* its end would stop who is traced */
	MUST(ptrace, 26, PTRACE_TRACEME, 0, 0, 0, 0);
}

static void deed_kernel(const char *d)
{
	union bpf_attr *a = (void *)low(sizeof(*a));

	(void)d;
	*a = (union bpf_attr){
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	MUST(bpf, 357, BPF_MAP_CREATE, a, sizeof(*a), 0, 0);
	a->value_size = 0;
	CALL(bpf, 357, BPF_MAP_CREATE, a, sizeof(*a), 0, 0); /* refused, as all that follow */
	CALL(init_module, 128, a, 0, text(""), 0, 0);
	CALL(finit_module, 350, -1, text(""), 0, 0, 0);
	CALL(delete_module, 129, text("nothing"), O_NONBLOCK, 0, 0, 0);
	CALL(kexec_load, 283, 0, 1000, 0, 0, 0);
}

static void deed_network(const char *d)
{
	struct sockaddr_in *in = (void *)low(sizeof(*in));
	uint32_t *args = (void *)low(16);
	socklen_t len = sizeof(*in);
	int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0);
	int c = socket(AF_INET, SOCK_STREAM, 0);

	(void)d;
	*in = (struct sockaddr_in){.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	say("bind", bind(a, (void *)in, len));
	MUST(listen, 363, a, 1, 0, 0, 0);
	say("name", getsockname(a, (void *)in, &len));
	MUST(connect, 362, b, in, len, 0, 0);
	memcpy(args, (uint32_t[]){(uint32_t)c, (uint32_t)(uintptr_t)in, len}, 12);
	if (narrow)
		MUST(connect, 102, 3, args, 0, 0, 0); /* socketcall */
	else
		MUST(connect, 0, c, in, len, 0, 0);
}

static void deed_disk(const char *d)
{
	(void)d;
	must("mknod", mknod("disk", S_IFBLK | 0600, some_disk()));
	MUST(openat, 295, AT_FDCWD, text("disk"), O_WRONLY | O_CLOEXEC, 0, 0);
	must("unlink", unlink("disk"));
}

static void deed_start(const char *d)
{
	(void)d;
	CALL(execve, 11, text("nothing"), 0, 0, 0, 0);
	CALL(execveat, 358, AT_FDCWD, text("nothing"), 0, 0, 0);
}

#define CLS(name) (1u << SW_CLASS_##name)
static const struct deed {
	const char *name;
	void (*run)(const char *d);
	uint32_t told; /* classes of which hooks on system calls must say that a 32-bit call was
			  made */
	size_t n;      /* events of that, by the LSM back end */
} deeds[] = {
	{"file", deed_file, CLS(FILE), 12},
	{"code", deed_code, CLS(CODE), 2},
	{"mount", deed_mount, CLS(MOUNT), 12},
	{"root", deed_root, CLS(MOUNT), 7},
	{"identity", deed_identity, 0, 6},
	{"inject", deed_inject, CLS(INJECTION), 5},
	{"kernel", deed_kernel, CLS(KERNEL), 6},
	{"network", deed_network, CLS(NETWORK), 3},
	{"start", deed_start, 0, 2},
	{"disk", deed_disk, 0x7fffffff, 3}, /* of any class */
};

#endif
