/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io_uring: requests are no system calls, so that none of the sys_exit hooks sees what they do.
 * What is written shows at the inode (content.bpf.c); opens, names, modes and attributes do not.
 * Here it is only recorded that they may have been changed: userspace must look.
 */
#include "lib/actor.h"
#include "lib/container.h"
#include "lib/path.h"

#include <bpf/bpf_tracing.h>

enum uring_op {
	OP_WRITEV = 2,
	OP_FALLOCATE = 17,
	OP_OPENAT = 18,
	OP_WRITE = 23,
	OP_OPENAT2 = 28,
	OP_SPLICE = 30,
	OP_RENAMEAT = 35,
	OP_UNLINKAT = 36,
	OP_MKDIRAT = 37,
	OP_SYMLINKAT = 38,
	OP_LINKAT = 39,
	OP_FSETXATTR = 41,
	OP_SETXATTR = 42,
	OP_FTRUNCATE = 55,
	OP_KNOWN = 64,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct open_how {
	__u64 flags;
};
struct io_open {
	struct filename *filename;
	struct open_how how;
};
struct io_rename {
	struct filename *oldpath;
};
struct io_unlink {
	struct filename *filename;
};
struct io_link {
	struct filename *newpath;
};
struct io_mkdir {
	struct filename *filename;
};
#pragma clang attribute pop

SW_FN int uring_emit(struct task_struct *task, const struct sw_task *t, const u32 *v,
		     const char *name)
{
	struct sw_scratch *s = scratch_take();
	struct sw_wire_uring *r;
	u32 off = sizeof(*r);

	if (!s) {
		ledger_count(t->slot, SW_WIRE_CLS_URING, LEDGER_ERROR);
		return 0;
	}
	r = (struct sw_wire_uring *)s->saved.data;
	head_fill(s, task, SW_WIRE_URING, SW_WIRE_CLS_URING, t);
	r->op = v[0];
	r->opcode = v[1];
	r->setup_flags = v[2];
	r->entries = v[3];
	if (r->op == SW_WIRE_URING_SUBMIT)
		r->h.flags = SW_WIRE_ATTEMPT;
	str_none(&r->name);
	if (name)
		off = copied_append(s, &r->name, name, off);
	emit(s, off);
	scratch_put(s);
	return 0;
}

/* Why: the ring must exist before any request. Costs: nothing elsewhere. */
SEC("tp_btf/io_uring_create")
int BPF_PROG(sw_uring_create, int fd, void *ring, u32 sq, u32 cq, u32 flags)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sw_task *t = member_in(task, SW_WIRE_CLS_URING);
	u32 v[4] = {SW_WIRE_URING_CREATE, 0, flags, sq};

	return t ? uring_emit(task, t, v, NULL) : 0;
}

/* Opens for reading, reads, the network, timers, commands change no file that was not opened for
 * write. An opcode that is not known may. */
static __always_inline bool touches_files(u32 op, struct io_kiocb *req)
{
	if (op == OP_OPENAT || op == OP_OPENAT2)
		return BPF_CORE_READ((struct io_open *)req, how.flags) & 020001103;
	return op == OP_FALLOCATE || (op >= OP_RENAMEAT && op <= OP_LINKAT) || op == OP_FSETXATTR ||
	       op == OP_SETXATTR || op == OP_FTRUNCATE || op >= OP_KNOWN;
}

/* The kernel's copy of the name, where the request has one. */
static __always_inline const char *request_name(u32 op, struct io_kiocb *req)
{
	switch (op) {
	case OP_OPENAT:
	case OP_OPENAT2:
		return BPF_CORE_READ((struct io_open *)req, filename, name);
	case OP_RENAMEAT:
		return BPF_CORE_READ((struct io_rename *)req, oldpath, name);
	case OP_UNLINKAT:
		return BPF_CORE_READ((struct io_unlink *)req, filename, name);
	case OP_SYMLINKAT:
	case OP_LINKAT:
		return BPF_CORE_READ((struct io_link *)req, newpath, name);
	case OP_MKDIRAT:
		return BPF_CORE_READ((struct io_mkdir *)req, filename, name);
	default:
		return NULL;
	}
}

static __always_inline int on_request(struct io_kiocb *req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 op = BPF_CORE_READ(req, opcode);
	struct sw_task *t;
	u32 v[4] = {SW_WIRE_URING_SUBMIT, op};

	t = member_in(task, SW_WIRE_CLS_URING);
	if (!t)
		return 0;
	if (!touches_files(op, req)) {
		ledger_count(t->slot, SW_WIRE_CLS_URING, LEDGER_FILTERED);
		return 0;
	}
	if (t->uring_ops & (1ull << (op & 63))) {
		ledger_count(t->slot, SW_WIRE_CLS_URING, LEDGER_AGGREGATED);
		return 0;
	}
	t->uring_ops |= 1ull << (op & 63);
	v[2] = BPF_CORE_READ(req, ctx, flags);
	return uring_emit(task, t, v, request_name(op, req));
}

/*
 * Why: each request passes here with its opcode and, for names, the kernel's own copy. Once per
 * opcode and task: what was done is not known here, only that it must be looked for. Writes are
 * left to the inode's own hook: their descriptor was opened before. Misses: whether the request
 * succeeded. Costs: nothing without io_uring; a task storage lookup per request.
 */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(sw_uring_submit_req, struct io_kiocb *req)
{
	return on_request(req);
}

/* Its name before 6.4. May go with floor 6.4. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(sw_uring_submit_sqe, struct io_kiocb *req)
{
	return on_request(req);
}
