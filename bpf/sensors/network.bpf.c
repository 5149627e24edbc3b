/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network: sockets that listen or were connected, by the socket itself. Attached only for a
 * rule that needs it.
 *
 * Why sys_exit: the socket's own addresses are complete then, and the kernel's. Misses: 32-bit
 * calls; io_uring's connect and listen; sendto and sendmsg without a connection. Costs: see
 * file.bpf.c.
 */
#include "lib/network.h"
#include "lib/syscall.h"

SYS_EXIT(network)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 op = SW_CALL_OP(cookie);
	struct sw_task *t;

	if (ret < 0 && ret != -EINPROGRESS)
		return 0;
	t = member_in(task, SW_WIRE_CLS_NETWORK);
	return t ? network_emit(task, t, op, file_socket(fd_file(task, arg(0)))) : 0;
}
