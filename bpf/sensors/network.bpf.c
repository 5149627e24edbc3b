/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network: sockets that listen or were connected, by the socket itself. Attached only for a
 * rule that needs it.
 *
 * Why sys_exit: the socket's own addresses are complete then, and the kernel's. Misses: 32-bit
 * calls; io_uring's connect and listen; sendto and sendmsg without a connection. Costs: see
 * file.bpf.c.
 */
#include "lib/actor.h"
#include "lib/container.h"
#include "lib/path.h"
#include "lib/syscall.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define EINPROGRESS 115

/* The path of a unix socket's address: its peer's for connect. */
SW_FN u32 unix_append(struct sw_scratch *s, struct sw_wire_network *r, struct sock *sk, u32 off)
{
	struct unix_sock *u = (struct unix_sock *)sk;
	struct unix_address *addr;

	if (r->op == SW_WIRE_NET_CONNECT)
		u = (struct unix_sock *)BPF_CORE_READ(u, peer);
	addr = u ? BPF_CORE_READ(u, addr) : NULL;
	if (!addr)
		return off;
	return copied_append(s, &r->name,
			     (void *)addr + bpf_core_field_offset(struct unix_address, name) +
				     bpf_core_field_offset(struct sockaddr_un, sun_path),
			     off);
}

static __always_inline void inet_fill(struct sw_wire_network *r, struct sock *sk)
{
	u16 port = BPF_CORE_READ(sk, __sk_common.skc_dport);

	r->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	r->remote_port = __builtin_bswap16(port);
	if (r->family == AF_INET) {
		bpf_probe_read_kernel(r->local, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_probe_read_kernel(r->remote, 4, &sk->__sk_common.skc_daddr);
	} else {
		bpf_probe_read_kernel(r->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(r->remote, 16, &sk->__sk_common.skc_v6_daddr);
	}
}

SYS_EXIT(network)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 op = SW_CALL_OP(cookie), off = sizeof(struct sw_wire_network);
	struct sw_wire_network *r;
	struct socket *sock;
	struct sw_scratch *s;
	struct file *file;
	struct sw_task *t;
	struct sock *sk;

	if (ret < 0 && ret != -EINPROGRESS)
		return 0;
	t = member_in(task, SW_WIRE_CLS_NETWORK);
	if (!t)
		return 0;
	file = fd_file(task, arg(0));
	s = file ? scratch_take() : NULL;
	if (!s || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) {
		ledger_count(t->slot, SW_WIRE_CLS_NETWORK, LEDGER_ERROR);
		if (s)
			scratch_put(s);
		return 0;
	}
	sock = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(sock, sk);
	r = (struct sw_wire_network *)s->saved.data;
	__builtin_memset(r, 0, sizeof(*r));
	head_fill(s, task, SW_WIRE_NETWORK, SW_WIRE_CLS_NETWORK, t);
	r->op = op;
	r->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	r->type = BPF_CORE_READ(sock, type);
	r->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (r->family == AF_INET || r->family == AF_INET6)
		inet_fill(r, sk);
	else if (r->family == AF_UNIX)
		off = unix_append(s, r, sk, off);
	emit(s, off);
	scratch_put(s);
	return 0;
}
