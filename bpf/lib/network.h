/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a socket that listens or was connected: what the socket itself says. */
#pragma once

#include "lib/actor.h"
#include "lib/container.h"
#include "lib/path.h"

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

/* The socket behind a descriptor; NULL when it is none. */
static __always_inline struct socket *file_socket(struct file *file)
{
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	return BPF_CORE_READ(file, private_data);
}

/* sock: NULL when it cannot be had any more. */
SW_FN int network_emit(struct task_struct *task, const struct sw_task *t, u32 op,
		       struct socket *sock)
{
	struct sw_scratch *s = sock ? scratch_take() : NULL;
	u32 off = sizeof(struct sw_wire_network);
	struct sw_wire_network *r;
	struct sock *sk;

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_NETWORK, LEDGER_ERROR);
		return 0;
	}
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
