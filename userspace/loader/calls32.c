/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 32-bit system calls of 64-bit programs: can they be made on this kernel, found by making one in a
 * child; and which of them may be what event.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/event_abi.h"
#include "loader/private.h"
#include "stigwatch/cleanup.h"

#if defined(__x86_64__)
#define NR_GETPID_32 20
#define NR_GETPID_X32 (0x40000000 + 39)

/* int 0x80 is a fault where the kernel has no such entry, or ia32_emulation=0 closed it. */
static _Noreturn void make_one(void)
{
	static const struct rlimit no_core;
	long ret;

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGSEGV, SIG_DFL);
	if (syscall(NR_GETPID_X32) > 0)
		_exit(1);
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(NR_GETPID_32)
			 : "memory", "r8", "r9", "r10", "r11");
	_exit(ret > 0);
}

bool sw_calls32_possible(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		make_one();
	/* not known: possible */
	if (child < 0 || waitpid(child, &status, 0) != child)
		return true;
	return !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) &&
	       !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define CLS(name) (1u << SW_WIRE_CLS_##name)
#define STATE SW_CALL32_STATE

/* numbers of the i386 table */
static const struct {
	uint16_t first, last;
	uint32_t classes;
	enum sw_test32 test;
} calls32[] = {
	/* open, creat, openat, open_by_handle_at, openat2 */
	{5, 5, CLS(FILE), SW_TEST32_OPENED},
	{8, 8, CLS(FILE), SW_TEST32_OPENED},
	{295, 295, CLS(FILE), SW_TEST32_OPENED},
	{342, 342, CLS(FILE), SW_TEST32_OPENED},
	{437, 437, CLS(FILE), SW_TEST32_OPENED},
	/* link, unlink; mknod, chmod, lchown; rename, mkdir, rmdir; ioctl; symlink */
	{9, 10, CLS(FILE), SW_TEST32_ALWAYS},
	{14, 16, CLS(FILE), SW_TEST32_ALWAYS},
	{38, 40, CLS(FILE), SW_TEST32_ALWAYS},
	{54, 54, CLS(FILE), SW_TEST32_ALWAYS},
	{83, 83, CLS(FILE), SW_TEST32_ALWAYS},
	/* truncate, ftruncate, fchmod, fchown, and the same with wider arguments */
	{92, 95, CLS(FILE), SW_TEST32_ALWAYS},
	{182, 182, CLS(FILE), SW_TEST32_ALWAYS},
	{193, 194, CLS(FILE), SW_TEST32_ALWAYS},
	{198, 198, CLS(FILE), SW_TEST32_ALWAYS},
	{207, 207, CLS(FILE), SW_TEST32_ALWAYS},
	{212, 212, CLS(FILE), SW_TEST32_ALWAYS},
	/* attributes; names at a directory */
	{226, 228, CLS(FILE), SW_TEST32_ALWAYS},
	{235, 237, CLS(FILE), SW_TEST32_ALWAYS},
	{296, 298, CLS(FILE), SW_TEST32_ALWAYS},
	{301, 304, CLS(FILE), SW_TEST32_ALWAYS},
	{306, 306, CLS(FILE), SW_TEST32_ALWAYS},
	/* fallocate, renameat2, copy_file_range, fchmodat2, *xattrat, file_setattr */
	{324, 324, CLS(FILE), SW_TEST32_ALWAYS},
	{353, 353, CLS(FILE), SW_TEST32_ALWAYS},
	{377, 377, CLS(FILE), SW_TEST32_ALWAYS},
	{452, 452, CLS(FILE), SW_TEST32_ALWAYS},
	{463, 463, CLS(FILE), SW_TEST32_ALWAYS},
	{466, 466, CLS(FILE), SW_TEST32_ALWAYS},
	{469, 469, CLS(FILE), SW_TEST32_ALWAYS},
	/* mmap: its arguments are in memory; mprotect, mmap2, pkey_mprotect; ipc, shmat */
	{90, 90, CLS(CODE), SW_TEST32_ALWAYS},
	{125, 125, CLS(CODE), SW_TEST32_PROT},
	{192, 192, CLS(CODE), SW_TEST32_PROT},
	{380, 380, CLS(CODE), SW_TEST32_PROT},
	{117, 117, CLS(CODE), SW_TEST32_IPC},
	{397, 397, CLS(CODE), SW_TEST32_SHM},
	/* mount, umount, umount2, pivot_root, and the new calls */
	{21, 22, CLS(MOUNT), SW_TEST32_ALWAYS},
	{52, 52, CLS(MOUNT), SW_TEST32_ALWAYS},
	{217, 217, CLS(MOUNT), SW_TEST32_ALWAYS},
	{428, 432, CLS(MOUNT), SW_TEST32_ALWAYS},
	{442, 442, CLS(MOUNT), SW_TEST32_ALWAYS},
	{467, 467, CLS(MOUNT), SW_TEST32_ALWAYS},
	/* ptrace, process_vm_writev, pidfd_getfd */
	{26, 26, CLS(INJECTION), SW_TEST32_ALWAYS},
	{348, 348, CLS(INJECTION), SW_TEST32_ALWAYS},
	{438, 438, CLS(INJECTION), SW_TEST32_ALWAYS},
	/* modules, kexec, bpf */
	{128, 129, CLS(KERNEL), SW_TEST32_ALWAYS},
	{283, 283, CLS(KERNEL), SW_TEST32_ALWAYS},
	{350, 350, CLS(KERNEL), SW_TEST32_ALWAYS},
	{357, 357, CLS(KERNEL), SW_TEST32_ALWAYS},
	/* socketcall, connect, listen */
	{102, 102, CLS(NETWORK), SW_TEST32_ALWAYS},
	{362, 363, CLS(NETWORK), SW_TEST32_ALWAYS},
	/* chroot, unshare, setns: compared, so nothing is left to be told */
	{61, 61, STATE, SW_TEST32_ALWAYS},
	{310, 310, STATE, SW_TEST32_ALWAYS},
	{346, 346, STATE, SW_TEST32_ALWAYS},
	/* the same for set*id, set*id32 and capset */
	{23, 23, STATE, SW_TEST32_ALWAYS},
	{46, 46, STATE, SW_TEST32_ALWAYS},
	{70, 71, STATE, SW_TEST32_ALWAYS},
	{138, 139, STATE, SW_TEST32_ALWAYS},
	{164, 164, STATE, SW_TEST32_ALWAYS},
	{170, 170, STATE, SW_TEST32_ALWAYS},
	{185, 185, STATE, SW_TEST32_ALWAYS},
	{203, 204, STATE, SW_TEST32_ALWAYS},
	{208, 208, STATE, SW_TEST32_ALWAYS},
	{210, 210, STATE, SW_TEST32_ALWAYS},
	{213, 216, STATE, SW_TEST32_ALWAYS},
};

void sw_calls32_fill(struct sw_call *calls)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(calls32); i++)
		for (uint16_t nr = calls32[i].first; nr <= calls32[i].last; nr++) {
			calls[nr].classes32 = calls32[i].classes;
			calls[nr].test32 = calls32[i].test;
		}
}
#else
void sw_calls32_fill(struct sw_call *calls)
{
}

/* Elsewhere only 32-bit programs make such calls, and they are told of when they start. */
bool sw_calls32_possible(void)
{
	return false;
}
#endif
