/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 32-bit system calls on this kernel: each deed is done by the 64-bit call and by the 32-bit one
 * (int 0x80), and what the sensors tell of both must be the same. Where hooks on system calls
 * serve, it must be told that a 32-bit call of that class was made. And a 32-bit program.
 */
#include "unit/userspace/loader/live.h"
#include "unit/userspace/loader/live_32bit_actors.h"

#ifdef __x86_64__
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

static void act_by(struct live *l, const char *name, const char *width)
{
	char deed[32];

	snprintf(deed, sizeof(deed), "%s%s", name, width);
	l->n = 0;
	act(l, deed);
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

	act_by(l, d->name, "");
	wide = deed_events(l, &n);
	assert_int_equal(told_of(l), 0);
	act_by(l, d->name, "32");
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
TEST_OF(9, disk)

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
		TEST(test_file),     TEST(test_code),	TEST(test_mount),   TEST(test_root),
		TEST(test_identity), TEST(test_inject), TEST(test_kernel),  TEST(test_network),
		TEST(test_start),    TEST(test_disk),	TEST(test_program),
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
