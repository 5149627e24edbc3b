/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The LSM back end's changes of the kernel, and its network. Replaces kernel.bpf.c and
 * network.bpf.c. A refused attempt is a record, too, so that modules and kexec are seen where their
 * calls end: the functions behind them come after the test of the caller's capabilities.
 */
#include "lib/done.h"
#include "lib/kernel_call.h"
#include "lib/network.h"
#include "lib/syscall.h"

static __always_inline int kernel_call(const struct done_call *c, u32 op)
{
	return kernel_called(op, 0, c->ret);
}

static __always_inline int bpf_call(const struct done_call *c, u32 op)
{
	return kernel_called(op, c->arg[0], c->ret);
}
DONE_CALL(bpf, bpf_call, SW_WIRE_KERN_BPF)
DONE_CALL(init_module, kernel_call, SW_WIRE_KERN_MODULE_LOAD)
DONE_CALL(finit_module, kernel_call, SW_WIRE_KERN_MODULE_LOAD)
DONE_CALL(delete_module, kernel_call, SW_WIRE_KERN_MODULE_UNLOAD)
DONE_CALL_COMPAT(kexec_load, kernel_call, SW_WIRE_KERN_KEXEC)
DONE_CALL64(kexec_file_load, kernel_call, SW_WIRE_KERN_KEXEC)
DONE_CALL_X32(kexec_load, kernel_call, SW_WIRE_KERN_KEXEC)

/* ---- network ---- */

SW_FN int socket_done(struct socket *sock, u32 op, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t;

	if (ret < 0 && ret != -EINPROGRESS)
		return 0;
	t = member_in(task, SW_WIRE_CLS_NETWORK);
	return t ? network_emit(task, t, op, sock) : 0;
}

/* io_uring's, too. */
SEC("fexit/__sys_connect_file")
int BPF_PROG(sw_done_connect, struct file *file)
{
	return socket_done(file_socket(file), SW_WIRE_NET_CONNECT, returned(ctx));
}

/* The descriptor is looked up as the call left it. */
SEC("fexit/__sys_listen")
int BPF_PROG(sw_done_listen, int fd)
{
	return socket_done(file_socket(fd_file(bpf_get_current_task_btf(), fd)), SW_WIRE_NET_LISTEN,
			   returned(ctx));
}

/* Since 6.11 io_uring has an operation for it, whose result is for the ring alone. */
SEC("fexit/io_listen")
int BPF_PROG(sw_done_io_listen, struct io_kiocb *req)
{
	return socket_done(file_socket(BPF_CORE_READ(req, file)), SW_WIRE_NET_LISTEN,
			   BPF_CORE_READ(req, cqe.res));
}
