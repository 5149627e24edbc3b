/* SPDX-License-Identifier: Apache-2.0 */
/* Can a 64-bit program make 32-bit system calls on this kernel? Found by making one, in a child. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader/private.h"

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
#else
/* Elsewhere only 32-bit programs make such calls, and they are told of when they start. */
bool sw_calls32_possible(void)
{
	return false;
}
#endif
