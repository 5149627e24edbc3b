/* SPDX-License-Identifier: Apache-2.0 */
/* The deeds of test_live_system.c: each runs in the watched cgroup and dies when one cannot
 * be done. */
#pragma once

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/elf.h>
#include <linux/io_uring.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "unit/userspace/loader/live_actors.h"

static void map_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	say(name, fd);
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		say("mmap", -1);
}

static void deed_code(const char *d)
{
	const char *libraries = getenv("LD_LIBRARY_PATH"); /* where those of the baseline are */
	char path[PATH_MAX], *preloaded[] = {"X=1", "LD_PRELOAD=", path, NULL},
			     *argv[] = {"quiet", NULL};
	unsigned char *p;

	snprintf(path, sizeof(path), "LD_LIBRARY_PATH=%s", libraries ? libraries : "");

	say("chdir", chdir(d));
	map_file("quiet"); /* of the baseline: nothing */
	map_file("apk");
	map_file("shell");
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p[0] = 1;
	say("mprotect", mprotect(p, 8192, PROT_READ | PROT_EXEC));
	execve("nothing", argv, environ); /* fails */
	execve("quiet", argv, preloaded);
	say("execve", -1);
}

static void deed_mounts(const char *d)
{
	say("unshare", unshare(CLONE_NEWNS));
	say("private", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	say("chdir", chdir(d));
	say("mount", mount("nowhere", "db", "tmpfs", MS_NOSUID, NULL));
	say("umount", umount2("db", MNT_DETACH));
}

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

/* The new calls on what is mounted already: the file system is reconfigured, as it is; its mount
 * becomes read-only, and a copy that nobody sees. */
static void deed_mounted(const char *d)
{
	struct mount_attr a = {.attr_set = MOUNT_ATTR_RDONLY}, none = {};
	int fs, tree;

	say("unshare", unshare(CLONE_NEWNS));
	say("private", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	say("chdir", chdir(d));
	say("mount", mount("nowhere", "db", "tmpfs", 0, NULL));
	fs = (int)syscall(SYS_fspick, AT_FDCWD, "db", FSPICK_CLOEXEC);
	say("fspick", fs);
	say("fsconfig", (int)syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "size", "64k",
				     0)); /* nothing yet */
	say("fsconfig", (int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
	say("mount_setattr",
	    (int)syscall(SYS_mount_setattr, AT_FDCWD, "db", 0, &none, sizeof(none)));
	tree = (int)syscall(SYS_open_tree_attr, AT_FDCWD, "db", OPEN_TREE_CLOEXEC, NULL, 0);
	if (tree < 0 && errno == ENOSYS)
		return;
	say("open_tree_attr", tree); /* only looked at: nothing */
	say("open_tree_attr", (int)syscall(SYS_open_tree_attr, AT_FDCWD, "db", 0, &a, sizeof(a)));
	say("open_tree_attr",
	    (int)syscall(SYS_open_tree_attr, AT_FDCWD, "db", OPEN_TREE_CLONE, &a, sizeof(a)));
}

static void deed_privilege(const char *d)
{
	say("drop", setresuid(1000, 1000, 0));
	say("back", setresuid(0, 0, 0)); /* it was root's all the time */
	say("unshare", unshare(CLONE_NEWUSER));
}

static char written[8] = "before";

static void deed_injection(const char *d)
{
	struct iovec from = {.iov_base = "after", .iov_len = 6},
		     to = {.iov_base = written, .iov_len = 6};
	pid_t pid = fork();
	char mem[64];
	int fd, status;

	if (!pid)
		for (;;)
			pause();
	say("process_vm_writev", (int)process_vm_writev(pid, &from, 1, &to, 1, 0));
	snprintf(mem, sizeof(mem), "/proc/%d/mem", pid);
	fd = open(mem, O_RDWR | O_CLOEXEC);
	say("mem", fd);
	close(fd);
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	say("pidfd_open", fd);
	say("pidfd_getfd", (int)syscall(SYS_pidfd_getfd, fd, 1, 0));
	say("ptrace", (int)ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	say("wait", waitpid(pid, &status, 0));
	kill(pid, SIGKILL);
}

static void deed_kernel(const char *d)
{
	union bpf_attr a = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	int fd = open("/proc/sys/kernel/core_pattern",
		      O_WRONLY | O_CLOEXEC); /* nothing is written */

	say("core_pattern", fd);
	say("bpf", (int)syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a)));
	a.value_size = 0;
	syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof(a));     /* refused */
	syscall(SYS_kexec_file_load, -1, -1, 0, NULL, ~0ul); /* likewise */
	syscall(SYS_finit_module, -1, "", 0);
	syscall(SYS_delete_module, "stigwatch-none", O_NONBLOCK);
}

#define MEMORY makedev(1, 1)
#define NULL_DEVICE makedev(1, 3)

/* Nodes of the tree: what swallows everything, a disk, memory; each is opened for writing. */
static void deed_devices(const char *d)
{
	say("chdir", chdir(d));
	say("null", mknod("null", S_IFCHR | 0600, NULL_DEVICE));
	say("null", open("null", O_WRONLY | O_CLOEXEC));
	say("disk", mknod("disk", S_IFBLK | 0600, some_disk()));
	say("disk", open("disk", O_RDONLY | O_CLOEXEC)); /* nothing */
	say("disk", open("disk", O_WRONLY | O_CLOEXEC));
	say("memory", mknod("memory", S_IFCHR | 0600, MEMORY));
	open("memory", O_WRONLY | O_CLOEXEC); /* not every kernel has it */
}

/* A module of the machine that nobody needs (STIGWATCH_MODULE=FILE), and no kernel to go over to.
 */
static void deed_change(const char *d)
{
	const char *file = getenv("STIGWATCH_MODULE");
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char name[64];

	say("module", fd);
	say("finit_module", (int)syscall(SYS_finit_module, fd, "", 0));
	snprintf(name, sizeof(name), "%s", strrchr(file, '/') + 1);
	*strchr(name, '.') = '\0';
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	say("delete_module", (int)syscall(SYS_delete_module, name, O_NONBLOCK));
	say("kexec_load", (int)syscall(SYS_kexec_load, 0, 0, NULL, 0));
}

static void deed_network(const char *d)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(in);
	int a = socket(AF_INET, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0);
	int u = socket(AF_UNIX, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	say("bind", bind(a, (void *)&in, sizeof(in)));
	say("listen", listen(a, 1));
	say("name", getsockname(a, (void *)&in, &len));
	say("connect", connect(b, (void *)&in, sizeof(in)));
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/socket", d);
	say("bind", bind(u, (void *)&un, sizeof(un)));
	say("listen", listen(u, 1));
}

#ifdef __x86_64__
static long int80(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void deed_compat(const char *d)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	snprintf(low, 4096, "%s/plain", d);
	int80(20, 0, 0, 0); /* getpid: of no class */
	int80(8, (long)low, 0644, 0);
	int80(10, (long)low, 0, 0);	     /* the same class: told once */
	int80(217, (long)low, (long)low, 0); /* pivot_root: refused, so nothing */
}

#endif

/* A capability is given up and taken back into effect; then a set-id program gives all of them. */
static void deed_gains(const char *d)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2], less[2];
	char *argv[] = {"suid", NULL};

	say("chdir", chdir(d));
	say("capget", (int)syscall(SYS_capget, &head, data));
	memcpy(less, data, sizeof(less));
	less[0].effective &= ~(1u << CAP_KILL);
	say("capset", (int)syscall(SYS_capset, &head, less));
	say("capset", (int)syscall(SYS_capset, &head, data));
	say("setresuid", setresuid(1000, 1000, 1000));
	say("execv", execv("suid", argv));
}

/* One request by a ring of its own: a name that is not there is to be unlinked, and again. */
static void deed_uring(const char *d)
{
	struct io_uring_params p = {0};
	struct io_uring_sqe *sqes;
	unsigned int *array, *tail;
	char *sq;
	int fd = (int)syscall(SYS_io_uring_setup, 4, &p);

	say("io_uring_setup", fd);
	say("chdir", chdir(d));
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING);
	sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    IORING_OFF_SQES);
	array = (unsigned int *)(void *)(sq + p.sq_off.array);
	tail = (unsigned int *)(void *)(sq + p.sq_off.tail);
	for (unsigned int i = 0; i < 2; i++) {
		sqes[i] = (struct io_uring_sqe){.opcode = IORING_OP_UNLINKAT,
						.fd = AT_FDCWD,
						.addr = (unsigned long)"absent"};
		array[i] = i;
		__atomic_store_n(tail, i + 1, __ATOMIC_RELEASE);
		say("io_uring_enter",
		    (int)syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	}
}

#ifdef __x86_64__
/* A whole 32-bit program: exit(0). */
static void deed_image(const char *d)
{
	static const unsigned char text[] = {0x31, 0xdb, 0x8d, 0x43, 0x01, 0xcd, 0x80};
	struct {
		Elf32_Ehdr head;
		Elf32_Phdr part;
		unsigned char text[sizeof(text)];
	} file = {
		.head = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_EXEC,
			 .e_machine = EM_386,
			 .e_version = EV_CURRENT,
			 .e_entry = 0x10000 + offsetof(typeof(file), text),
			 .e_phoff = offsetof(typeof(file), part),
			 .e_ehsize = sizeof(Elf32_Ehdr),
			 .e_phentsize = sizeof(Elf32_Phdr),
			 .e_phnum = 1},
		.part = {.p_type = PT_LOAD,
			 .p_vaddr = 0x10000,
			 .p_filesz = sizeof(file),
			 .p_memsz = sizeof(file),
			 .p_flags = PF_R | PF_X,
			 .p_align = 4096},
	};
	char *argv[] = {"image32", NULL};
	int fd;

	memcpy(file.text, text, sizeof(text));
	say("chdir", chdir(d));
	fd = open("image32", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	say("open", fd);
	say("write", (int)write(fd, &file, sizeof(file)));
	close(fd);
	execv("image32", argv);
	if (errno != ENOEXEC) /* as a kernel says that has no 32-bit programs */
		say("execv", -1);
}
#endif
