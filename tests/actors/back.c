/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actor: changes files and names by the ways that the system calls' tracepoints do not see: the
 * 32-bit system calls (int 0x80) and io_uring. "back WAY there-and-back ..." undoes what it did, so
 * that nothing is left for a sweep to find. It never executes.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

enum call {
	CALL_RENAME,
	CALL_UNLINK,
	CALL_LINK,
	CALL_SYMLINK,
	CALL_MKDIR,
	CALL_CHMOD,
	CALL_CREATE
};

static const char *way_name;
static long (*way)(enum call call, const char *a, const char *b, unsigned int mode);

/* ---- int 0x80 ---- */

#ifdef __x86_64__
/* the numbers of the 32-bit table (arch/x86/entry/syscalls/syscall_32.tbl) */
static const int numbers[] = {
	[CALL_RENAME] = 38, [CALL_UNLINK] = 10, [CALL_LINK] = 9,   [CALL_SYMLINK] = 83,
	[CALL_MKDIR] = 39,  [CALL_CHMOD] = 15,	[CALL_CREATE] = 8,
};

/* Pointers of these calls have 32 bits. */
static char *low_copy(const char *s)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		cannot("mmap below 4 GiB");
	return strncpy(low, s, 4095);
}

static long int80_way(enum call call, const char *a, const char *b, unsigned int mode)
{
	unsigned long first = (unsigned long)low_copy(a);
	unsigned long second = b ? (unsigned long)low_copy(b) : mode;
	int ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(numbers[call]), "b"(first), "c"(second), "d"(0), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	if (call == CALL_CREATE)
		close(ret);
	return 0;
}
#else
static long int80_way(enum call call, const char *a, const char *b, unsigned int mode)
{
	(void)call, (void)a, (void)b, (void)mode;
	errno = ENOSYS;
	return -1;
}
#endif

/* ---- io_uring ---- */

struct ring {
	int fd;
	unsigned int *tail, *mask, *array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void ring_open(struct ring *r)
{
	struct io_uring_params p = {0};
	char *sq, *cq;

	r->fd = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (r->fd < 0)
		cannot("io_uring_setup");
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED,
		  r->fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes), PROT_READ | PROT_WRITE,
		  MAP_SHARED, r->fd, IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes), PROT_READ | PROT_WRITE, MAP_SHARED,
		       r->fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		cannot("mmap of a ring");
	r->tail = (unsigned int *)(sq + p.sq_off.tail);
	r->mask = (unsigned int *)(sq + p.sq_off.ring_mask);
	r->array = (unsigned int *)(sq + p.sq_off.array);
	r->cq_head = (unsigned int *)(cq + p.cq_off.head);
	r->cq_tail = (unsigned int *)(cq + p.cq_off.tail);
	r->cq_mask = (unsigned int *)(cq + p.cq_off.ring_mask);
	r->cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

static int ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned int at = *r->tail & *r->mask, head = *r->cq_head;
	int res;

	r->sqes[at] = *sqe;
	r->array[at] = at;
	__atomic_store_n(r->tail, *r->tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	if (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		return -EAGAIN;
	res = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return res;
}

static long uring_way(enum call call, const char *a, const char *b, unsigned int mode)
{
	static struct ring ring;
	struct io_uring_sqe sqe = {.fd = AT_FDCWD, .addr = (unsigned long)a};
	int res;

	if (!ring.sqes)
		ring_open(&ring);
	sqe.addr2 = (unsigned long)b;
	switch (call) {
	case CALL_RENAME:
		sqe.opcode = IORING_OP_RENAMEAT;
		sqe.len = (unsigned int)AT_FDCWD;
		break;
	case CALL_UNLINK:
		sqe.opcode = IORING_OP_UNLINKAT;
		break;
	case CALL_LINK:
		sqe.opcode = IORING_OP_LINKAT;
		sqe.len = (unsigned int)AT_FDCWD;
		break;
	case CALL_SYMLINK:
		sqe.opcode = IORING_OP_SYMLINKAT;
		break;
	case CALL_MKDIR:
		sqe.opcode = IORING_OP_MKDIRAT;
		sqe.len = mode;
		break;
	case CALL_CREATE:
		sqe.opcode = IORING_OP_OPENAT;
		sqe.open_flags = O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC;
		sqe.len = mode;
		break;
	case CALL_CHMOD: /* there is no such operation */
		errno = ENOSYS;
		return -1;
	}
	res = ring_do(&ring, &sqe);
	if (res < 0) {
		errno = -res;
		return -1;
	}
	if (call == CALL_CREATE)
		close(res);
	return 0;
}

/* ---- deeds ---- */

static void must(enum call call, const char *a, const char *b, unsigned int mode)
{
	if (way(call, a, b, mode) < 0)
		cannot(a);
}

static void done(const char *deed, const char *path)
{
	tell(deed, "\"way\":\"%s\",\"path\":\"%s\"", way_name, path);
}

static int act_rename(int argc, char **argv)
{
	(void)argc;
	must(CALL_RENAME, argv[0], argv[1], 0);
	done("rename", argv[0]);
	return 0;
}

static int act_unlink(int argc, char **argv)
{
	(void)argc;
	must(CALL_UNLINK, argv[0], NULL, 0);
	done("unlink", argv[0]);
	return 0;
}

static int act_create(int argc, char **argv)
{
	(void)argc;
	must(CALL_CREATE, argv[0], NULL, 0644);
	done("create", argv[0]);
	return 0;
}

/* moved away and back */
static int act_away(int argc, char **argv)
{
	(void)argc;
	must(CALL_RENAME, argv[0], argv[1], 0);
	must(CALL_RENAME, argv[1], argv[0], 0);
	done("rename there and back", argv[0]);
	return 0;
}

/* another file takes its name for a moment; both are where they were in the end */
static int act_swap(int argc, char **argv)
{
	char away[4096];

	(void)argc;
	snprintf(away, sizeof(away), "%s.away", argv[0]);
	must(CALL_LINK, argv[0], away, 0);
	must(CALL_CREATE, argv[1], NULL, 0755);
	must(CALL_RENAME, argv[1], argv[0], 0);
	must(CALL_RENAME, away, argv[0], 0);
	done("rename over and back", argv[0]);
	return 0;
}

/* a name in a directory for a moment */
static int act_visit(int argc, char **argv)
{
	(void)argc;
	must(CALL_CREATE, argv[0], NULL, 0644);
	must(CALL_UNLINK, argv[0], NULL, 0);
	done("create and unlink", argv[0]);
	return 0;
}

static int act_chmod(int argc, char **argv)
{
	struct stat st;

	(void)argc;
	if (stat(argv[1], &st) < 0)
		cannot(argv[1]);
	must(CALL_CHMOD, argv[1], NULL, (unsigned int)strtoul(argv[0], NULL, 8));
	must(CALL_CHMOD, argv[1], NULL, st.st_mode & 07777);
	done("chmod there and back", argv[1]);
	return 0;
}

/* the same, right after a chmod that every sensor sees and that changes nothing */
static int act_chmod_beside(int argc, char **argv)
{
	struct stat st;

	if (stat(argv[1], &st) < 0 || chmod(argv[1], st.st_mode & 07777) < 0)
		cannot(argv[1]);
	return act_chmod(argc, argv);
}

/* the same, right after an open for writing that every sensor sees, and that writes nothing */
static int act_open_beside(int argc, char **argv)
{
	int fd = open(argv[1], O_WRONLY | O_CLOEXEC);

	if (fd < 0 || close(fd) < 0)
		cannot(argv[1]);
	return act_chmod(argc, argv);
}

/* by another link's name, far from its own */
static int act_chmod_link(int argc, char **argv)
{
	struct stat st;

	(void)argc;
	if (stat(argv[1], &st) < 0)
		cannot(argv[1]);
	must(CALL_LINK, argv[1], argv[2], 0);
	must(CALL_CHMOD, argv[2], NULL, (unsigned int)strtoul(argv[0], NULL, 8));
	must(CALL_CHMOD, argv[2], NULL, st.st_mode & 07777);
	must(CALL_UNLINK, argv[2], NULL, 0);
	done("chmod there and back by another link", argv[1]);
	return 0;
}

static int act_symlink(int argc, char **argv)
{
	(void)argc;
	must(CALL_SYMLINK, argv[0], argv[1], 0);
	must(CALL_UNLINK, argv[1], NULL, 0);
	done("symlink and unlink", argv[1]);
	return 0;
}

static int act_mkdir(int argc, char **argv)
{
	(void)argc;
	must(CALL_MKDIR, argv[0], NULL, 0755);
	done("mkdir", argv[0]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct deed deeds[] = {
		{"rename", 2, "FROM TO", act_rename},
		{"unlink", 1, "PATH", act_unlink},
		{"create", 1, "PATH", act_create},
		{"mkdir", 1, "PATH", act_mkdir},
		{"there-and-back", 2, "PATH OTHER", act_away},
		{"over-and-back", 2, "PATH NEW", act_swap},
		{"visit", 1, "PATH", act_visit},
		{"chmod-and-back", 2, "MODE PATH", act_chmod},
		{"chmod-beside", 2, "MODE PATH", act_chmod_beside},
		{"open-beside", 2, "MODE PATH", act_open_beside},
		{"chmod-link", 3, "MODE PATH LINK", act_chmod_link},
		{"symlink-and-back", 2, "TEXT PATH", act_symlink},
	};

	if (argc > 1) {
		way_name = argv[1];
		way = strcmp(argv[1], "uring") == 0 ? uring_way : int80_way;
		argv[1] = argv[0];
	}
	return act_by_name(deeds, N_OF(deeds), argc - 1, argv + 1);
}
