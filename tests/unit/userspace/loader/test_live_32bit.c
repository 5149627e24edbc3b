/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 32-bit system calls on this kernel: each deed is done by the 64-bit call and by the 32-bit one
 * (int 0x80), and what the sensors tell of both must be the same. Where hooks on system calls
 * serve, it must be told that a 32-bit call of that class was made. And a 32-bit program.
 */
#include "unit/userspace/loader/live.h"

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

/* ---- deeds ---- */

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
	{"mount", deed_mount, CLS(MOUNT), 11},
	{"root", deed_root, CLS(MOUNT), 7},
	{"identity", deed_identity, 0, 6},
	{"inject", deed_inject, CLS(INJECTION), 5},
	{"kernel", deed_kernel, CLS(KERNEL), 6},
	{"network", deed_network, CLS(NETWORK), 3},
	{"start", deed_start, 0, 2},
};

/* ---- what was told ---- */

/* Content that is dirtied is told of when the file system comes to it, once. */
static bool of_deed(const struct sw_event *e)
{
	if (e->type == SW_EVENT_FILE && e->file_op == SW_FILE_CONTENT)
		return false;
	return e->type != SW_EVENT_ENTRY && e->type != SW_EVENT_EXEC && e->type != SW_EVENT_COMPAT;
}

static struct sw_event *deed_events(struct live *l, size_t *ret_n)
{
	struct sw_event *kept = calloc(MAX_EVENTS, sizeof(*kept));

	assert_non_null(kept);
	*ret_n = 0;
	for (size_t i = 0; i < l->n; i++)
		if (of_deed(&l->events[i]))
			kept[(*ret_n)++] = l->events[i];
	return kept;
}

static void same_string(const struct sw_string *a, const struct sw_string *b)
{
	assert_string_equal(a->s, b->s);
	assert_int_equal(a->trust, b->trust);
	assert_int_equal(a->truncated, b->truncated);
}

static void same_body(const struct sw_event *a, const struct sw_event *b)
{
	switch (a->type) {
	case SW_EVENT_FILE:
		assert_int_equal(a->file_op, b->file_op);
		/* a 64-bit open adds O_LARGEFILE by itself */
		assert_int_equal(a->open_flags & ~0100000u, b->open_flags & ~0100000u);
		assert_int_equal(a->new_mode, b->new_mode);
		assert_int_equal(a->file_detail, b->file_detail);
		break;
	case SW_EVENT_NAMESPACE:
		assert_int_equal(a->ns_op, b->ns_op);
		assert_int_equal(a->ns_bits, b->ns_bits);
		break;
	case SW_EVENT_PRIVILEGE: {
		struct sw_privilege p = a->privilege, q = b->privilege;

		assert_int_equal(!p.user_ns, !q.user_ns); /* each its own */
		p.user_ns = q.user_ns = 0;
		assert_memory_equal(&p, &q, sizeof(p));
		break;
	}
	case SW_EVENT_INJECTION: {
		struct sw_injection p = a->injection, q = b->injection;

		assert_true(q.target_tgid > 0 && q.target_tid == q.target_tgid);
		assert_int_equal(p.target_tgid == a->actor.tgid, q.target_tgid == b->actor.tgid);
		p.target_tgid = q.target_tgid = p.target_tid = q.target_tid = 0;
		p.target_start_ns = q.target_start_ns = 0;
		assert_memory_equal(&p, &q, sizeof(p));
		break;
	}
	case SW_EVENT_NETWORK: {
		struct sw_network p = a->network, q = b->network;

		assert_true((!p.local_port) == (!q.local_port) &&
			    (!p.remote_port) == (!q.remote_port));
		p.local_port = q.local_port = p.remote_port = q.remote_port = 0;
		assert_memory_equal(&p, &q, sizeof(p));
		break;
	}
	case SW_EVENT_CODE:
		assert_memory_equal(&a->code, &b->code, sizeof(a->code));
		break;
	case SW_EVENT_MOUNT:
		assert_memory_equal(&a->mount, &b->mount, sizeof(a->mount));
		break;
	case SW_EVENT_KERNEL:
		assert_memory_equal(&a->kernel, &b->kernel, sizeof(a->kernel));
		break;
	default:
		assert_int_equal(a->type, SW_EVENT_EXEC_FAILED);
	}
}

static void same_event(const struct sw_event *a, const struct sw_event *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->cls, b->cls);
	assert_int_equal(a->violations, b->violations);
	assert_int_equal(a->undecided, b->undecided);
	assert_int_equal(a->attempt, b->attempt);
	assert_int_equal(a->failed, b->failed);
	assert_int_equal(a->result, b->result);
	assert_int_equal(a->path_form, b->path_form);
	assert_int_equal(a->object.class_bits, b->object.class_bits);
	assert_string_equal(a->object.path.s, b->object.path.s);
	same_string(&a->dir, &b->dir);
	same_string(&a->name, &b->name);
	same_string(&a->dir2, &b->dir2);
	same_string(&a->name2, &b->name2);
	same_body(a, b);
}

static uint32_t violations_of(const struct sw_event *e, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= e[i].violations;
	return v;
}

static uint32_t told_of(struct live *l)
{
	uint32_t classes = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->events[i].type == SW_EVENT_COMPAT)
			classes |= l->events[i].compat_use.classes;
	return classes;
}

static void act(struct live *l, const char *name, const char *width)
{
	char deed[32];

	snprintf(deed, sizeof(deed), "%s%s", name, width);
	l->n = 0;
	enter_actor(deed, dir);
	drain(l);
	submitted(l);
}

static bool possible(struct live *l)
{
	if (l->features.calls32)
		return true;
	print_message("skipped: the kernel has no 32-bit system calls\n");
	skip();
	return false;
}

static bool by_lsm(const struct live *l)
{
	return !strcmp(l->features.back_end, "lsm");
}

static void show(const struct sw_event *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		print_message("%zu: type %d, violations %#x, result %d, %s %s\n", i, e[i].type,
			      e[i].violations, e[i].result, e[i].object.path.s, e[i].name.s);
}

/* What a state diff tells: by whatever call it came about. */
#define DIFFS (1u << SW_VIOLATION_NAMESPACE | 1u << SW_VIOLATION_PRIVILEGE)

static void run(struct live *l, const struct deed *d)
{
	struct sw_event *wide, *same;
	size_t n, m;

	act(l, d->name, "");
	wide = deed_events(l, &n);
	assert_int_equal(told_of(l), 0);
	act(l, d->name, "32");
	same = deed_events(l, &m);
	if (by_lsm(l)) {
		if (n != d->n || m != n)
			show(wide, n), show(same, m);
		assert_int_equal(n, d->n);
		assert_int_equal(m, n);
		for (size_t i = 0; i < n; i++)
			same_event(&wide[i], &same[i]);
		assert_int_equal(told_of(l), 0);
	} else {
		assert_int_equal(violations_of(same, m) & DIFFS, violations_of(wide, n) & DIFFS);
		assert_int_equal(told_of(l), d->told);
	}
	free(wide);
	free(same);
}

#define TEST_OF(i, deed)                                                                           \
	static void test_##deed(void **state)                                                      \
	{                                                                                          \
		struct live *l = ready(state);                                                     \
                                                                                                   \
		assert_string_equal(deeds[i].name, #deed);                                         \
		if (possible(l))                                                                   \
			run(l, &deeds[i]);                                                         \
	}
TEST_OF(0, file)
TEST_OF(1, code)
TEST_OF(2, mount)
TEST_OF(3, root)
TEST_OF(4, identity)
TEST_OF(5, inject)
TEST_OF(6, kernel)
TEST_OF(7, network)
TEST_OF(8, start)

/* ---- a program of 32 bits ---- */

/* open("code", O_WRONLY), unshare(CLONE_NEWUTS), setfsgid(7), ptrace(PTRACE_TRACEME), bpf(an
 * unknown command), exit(0) */
__asm__(".pushsection .rodata\n"
	"program32:\n"
	".code32\n"
	"	call 1f\n"
	"	.asciz \"code\"\n"
	"1:	pop %ebx\n"
	"	mov $5, %eax; mov $1, %ecx; xor %edx, %edx; int $0x80\n"
	"	mov $310, %eax; mov $0x04000000, %ebx; int $0x80\n"
	"	mov $216, %eax; mov $7, %ebx; int $0x80\n"
	"	mov $26, %eax; xor %ebx, %ebx; xor %ecx, %ecx; xor %edx, %edx; int $0x80\n"
	"	mov $357, %eax; mov $9999, %ebx; int $0x80\n"
	"	mov $1, %eax; xor %ebx, %ebx; int $0x80\n"
	".code64\n"
	"program32_end:\n"
	".popsection");
extern const char program32[], program32_end[];

static void program_make(const char *path)
{
	struct {
		Elf32_Ehdr e;
		Elf32_Phdr p;
	} head = {
		.e = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
		      .e_type = ET_EXEC,
		      .e_machine = EM_386,
		      .e_version = EV_CURRENT,
		      .e_entry = 0x8048000 + sizeof(head),
		      .e_phoff = sizeof(head.e),
		      .e_ehsize = sizeof(head.e),
		      .e_phentsize = sizeof(head.p),
		      .e_phnum = 1},
		.p = {.p_type = PT_LOAD,
		      .p_vaddr = 0x8048000,
		      .p_filesz = sizeof(head) + (Elf32_Word)(program32_end - program32),
		      .p_memsz = sizeof(head) + (Elf32_Word)(program32_end - program32),
		      .p_flags = PF_R | PF_X,
		      .p_align = PAGE},
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &head, sizeof(head)), sizeof(head));
	assert_int_equal(write(fd, program32, (size_t)(program32_end - program32)),
			 program32_end - program32);
	close(fd);
}

static void test_program(void **state)
{
	struct live *l = ready(state);
	const struct sw_event *e;
	char path[PATH_MAX];
	char *argv[] = {"program", NULL};
	int old = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!possible(l))
		return;
	snprintf(path, sizeof(path), "%s/program", dir);
	program_make(path);
	assert_int_equal(chdir(dir), 0);
	enter(argv, path);
	assert_int_equal(fchdir(old), 0);
	close(old);
	drain(l);
	submitted(l);

	/* the program itself, and of which classes its calls were: a refused one is of none */
	assert_int_equal(count(l, SW_EVENT_COMPAT), by_lsm(l) ? 1 : 3);
	e = nth(l, SW_EVENT_COMPAT, 0);
	assert_int_equal(e->compat_use.op, SW_COMPAT_IMAGE);
	e = nth(l, SW_EVENT_EXEC, 0);
	assert_string_equal(e->object.path.s, path);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_DRIFT);
	e = nth(l, SW_EVENT_NAMESPACE, 0);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_NAMESPACE);
	assert_int_equal(e->ns_bits, SW_NS_BIT_UTS);
	e = nth(l, SW_EVENT_PRIVILEGE, 0);
	assert_int_equal(e->privilege.new_ids[SW_ID_FSGID], 7);
	if (!by_lsm(l)) {
		assert_int_equal(told_of(l) & CLS(FILE), CLS(FILE));
		assert_int_equal(told_of(l) & CLS(INJECTION), CLS(INJECTION));
		return;
	}
	e = file_event(l, SW_FILE_OPEN_WRITE, "/code");
	assert_int_equal(e->object.class_bits, SW_OBJ_EXECUTABLE);
	e = nth(l, SW_EVENT_INJECTION, 0);
	assert_int_equal(e->injection.request, PTRACE_TRACEME);
	assert_int_equal(e->injection.target_tgid, e->actor.tgid);
	e = nth(l, SW_EVENT_KERNEL, 0);
	assert_int_equal(e->kernel.op, SW_KERNEL_BPF);
	assert_int_equal(e->kernel.command, 9999);
	assert_int_equal(e->result, -EINVAL);
	assert_int_equal(count(l, SW_EVENT_NAMESPACE), 1);
	assert_int_equal(count(l, SW_EVENT_PRIVILEGE), 1);
	assert_int_equal(count(l, SW_EVENT_INJECTION), 1);
	assert_int_equal(count(l, SW_EVENT_KERNEL), 1);
}

static bool deed_run(const char *name, const char *d)
{
	size_t len = strlen(name);

	narrow = len > 2 && !strcmp(name + len - 2, "32");
	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++)
		if (!strncmp(name, deeds[i].name, len - (narrow ? 2 : 0)) &&
		    strlen(deeds[i].name) == len - (narrow ? 2 : 0)) {
			say("chdir", chdir(d));
			deeds[i].run(d);
			return true;
		}
	return false;
}
#else
static void test_none(void **state)
{
	print_message("skipped: only x86 has such calls\n");
	skip();
}
#endif

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#ifdef __x86_64__
		TEST(test_file),     TEST(test_code),	 TEST(test_mount),  TEST(test_root),
		TEST(test_identity), TEST(test_inject),	 TEST(test_kernel), TEST(test_network),
		TEST(test_start),    TEST(test_program),
#else
		TEST(test_none),
#endif
#undef TEST
	};
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0)
		self[n] = '\0';
#ifdef __x86_64__
	if (argc == 4 && deed_run(argv[2], argv[3]))
		return 0;
#endif
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
