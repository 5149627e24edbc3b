/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of the records about code, mounts, privilege and the rest of the system. Checks as
 * decode.c does; judges nothing. */
#include <string.h>

#include "abi/event_abi.h"
#include "collector/record.h"
#include "event/event.h"

_Static_assert((int)SW_CODE_MAP == SW_WIRE_CODE_MAP &&
		       (int)SW_CODE_PROTECT == SW_WIRE_CODE_PROTECT &&
		       (int)SW_CODE_PRELOAD == SW_WIRE_CODE_PRELOAD &&
		       (int)SW_CODE_SCRIPT == SW_WIRE_CODE_SCRIPT &&
		       (int)_SW_CODE_OP_MAX == SW_WIRE_CODE_OPS,
	       "code operations");
_Static_assert((int)SW_MOUNT_NEW == SW_WIRE_MOUNT_NEW && (int)SW_MOUNT_BIND == SW_WIRE_MOUNT_BIND &&
		       (int)SW_MOUNT_REMOUNT == SW_WIRE_MOUNT_REMOUNT &&
		       (int)SW_MOUNT_MOVE == SW_WIRE_MOUNT_MOVE &&
		       (int)SW_MOUNT_PROPAGATION == SW_WIRE_MOUNT_PROPAGATION &&
		       (int)SW_MOUNT_UMOUNT == SW_WIRE_MOUNT_UMOUNT &&
		       (int)SW_MOUNT_PIVOT == SW_WIRE_MOUNT_PIVOT &&
		       (int)SW_MOUNT_FSOPEN == SW_WIRE_MOUNT_FSOPEN &&
		       (int)SW_MOUNT_FSMOUNT == SW_WIRE_MOUNT_FSMOUNT &&
		       (int)SW_MOUNT_TREE == SW_WIRE_MOUNT_TREE &&
		       (int)SW_MOUNT_ATTACH == SW_WIRE_MOUNT_ATTACH &&
		       (int)SW_MOUNT_SETATTR == SW_WIRE_MOUNT_SETATTR &&
		       (int)SW_MOUNT_RECONFIGURE == SW_WIRE_MOUNT_RECONFIGURE &&
		       (int)_SW_MOUNT_OP_MAX == SW_WIRE_MOUNT_OPS,
	       "mount operations");
_Static_assert((int)SW_PRIVILEGE_SETID == SW_WIRE_PRIV_SETID &&
		       (int)SW_PRIVILEGE_CAPSET == SW_WIRE_PRIV_CAPSET &&
		       (int)SW_PRIVILEGE_EXEC == SW_WIRE_PRIV_EXEC &&
		       (int)SW_PRIVILEGE_USERNS == SW_WIRE_PRIV_USERNS &&
		       (int)SW_PRIVILEGE_OTHER == SW_WIRE_PRIV_OTHER &&
		       (int)_SW_PRIVILEGE_OP_MAX == SW_WIRE_PRIV_OPS && SW_IDS == SW_WIRE_IDS,
	       "changes of privilege");
_Static_assert((int)SW_INJECTION_PTRACE == SW_WIRE_INJ_PTRACE &&
		       (int)SW_INJECTION_VM_WRITE == SW_WIRE_INJ_VM_WRITE &&
		       (int)SW_INJECTION_MEM_OPEN == SW_WIRE_INJ_MEM_OPEN &&
		       (int)SW_INJECTION_GETFD == SW_WIRE_INJ_GETFD &&
		       (int)_SW_INJECTION_OP_MAX == SW_WIRE_INJ_OPS,
	       "injections");
_Static_assert((int)SW_URING_CREATE == SW_WIRE_URING_CREATE &&
		       (int)SW_URING_SUBMIT == SW_WIRE_URING_SUBMIT &&
		       (int)_SW_URING_OP_MAX == SW_WIRE_URING_OPS,
	       "uses of io_uring");
_Static_assert((int)SW_KERNEL_MODULE_LOAD == SW_WIRE_KERN_MODULE_LOAD &&
		       (int)SW_KERNEL_MODULE_UNLOAD == SW_WIRE_KERN_MODULE_UNLOAD &&
		       (int)SW_KERNEL_BPF == SW_WIRE_KERN_BPF &&
		       (int)SW_KERNEL_KEXEC == SW_WIRE_KERN_KEXEC &&
		       (int)SW_KERNEL_CONTROL == SW_WIRE_KERN_CONTROL &&
		       (int)SW_KERNEL_DEVICE == SW_WIRE_KERN_DEVICE &&
		       (int)_SW_KERNEL_OP_MAX == SW_WIRE_KERN_OPS,
	       "kernel operations");
_Static_assert((int)SW_NETWORK_LISTEN == SW_WIRE_NET_LISTEN &&
		       (int)SW_NETWORK_CONNECT == SW_WIRE_NET_CONNECT &&
		       (int)_SW_NETWORK_OP_MAX == SW_WIRE_NET_OPS,
	       "network operations");
_Static_assert((int)SW_COMPAT_IMAGE == SW_WIRE_COMPAT_IMAGE &&
		       (int)SW_COMPAT_CALL == SW_WIRE_COMPAT_CALL &&
		       (int)_SW_COMPAT_OP_MAX == SW_WIRE_COMPAT_OPS,
	       "32-bit uses");

static bool exec_failed_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_exec_failed *w = (const void *)r->data;

	return record_string(r, &w->dir, &ret->dir) && record_string(r, &w->name, &ret->name);
}

static bool code_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_code *w = (const void *)r->data;

	if (w->op >= SW_WIRE_CODE_OPS)
		return false;
	ret->code = (struct sw_code){
		.op = (enum sw_code_op)w->op,
		.prot = w->prot,
		.map_flags = w->map_flags,
		.addr = w->addr,
		.len = w->len,
		.anonymous = w->flags & SW_WCODE_ANON,
		.written = w->flags & SW_WCODE_WRITTEN,
		.writable = w->flags & SW_WCODE_WRITABLE,
	};
	return record_object(r, &w->obj, &ret->object) && record_args(r, &w->args, ret) &&
	       record_string(r, &w->name, &ret->name);
}

static bool mount_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_mount *w = (const void *)r->data;

	if (w->op >= SW_WIRE_MOUNT_OPS)
		return false;
	ret->mount.op = (enum sw_mount_op)w->op;
	ret->mount.flags = w->mount_flags;
	memcpy(ret->mount.fs_type, w->fs_type, sizeof(ret->mount.fs_type));
	ret->mount.fs_type[sizeof(ret->mount.fs_type) - 1] = '\0';
	return record_object(r, &w->obj, &ret->object) && record_string(r, &w->dir, &ret->dir) &&
	       record_string(r, &w->name, &ret->name) && record_string(r, &w->dir2, &ret->dir2) &&
	       record_string(r, &w->source, &ret->name2);
}

static bool privilege_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_privilege *w = (const void *)r->data;
	struct sw_privilege *p = &ret->privilege;

	if (w->op >= SW_WIRE_PRIV_OPS)
		return false;
	p->op = (enum sw_privilege_op)w->op;
	memcpy(p->old_ids, w->old_ids, sizeof(p->old_ids));
	memcpy(p->new_ids, w->new_ids, sizeof(p->new_ids));
	p->effective_old = w->effective_old;
	p->effective_new = w->effective_new;
	p->permitted_old = w->permitted_old;
	p->permitted_new = w->permitted_new;
	p->user_ns = w->user_ns;
	return true;
}

static bool injection_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_injection *w = (const void *)r->data;
	struct sw_injection *i = &ret->injection;

	if (w->op >= SW_WIRE_INJ_OPS)
		return false;
	*i = (struct sw_injection){
		.op = (enum sw_injection_op)w->op,
		.request = w->request,
		.addr = w->addr,
		.len = w->len,
		.target_tgid = w->target_tgid,
		.target_tid = w->target_tid,
		.target_start_ns = w->target_start_ns,
		.target_slot = w->target_slot,
	};
	memcpy(i->target_comm, w->target_comm, sizeof(i->target_comm));
	i->target_comm[sizeof(i->target_comm) - 1] = '\0';
	return true;
}

static bool uring_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_uring *w = (const void *)r->data;

	if (w->op >= SW_WIRE_URING_OPS)
		return false;
	ret->uring = (struct sw_uring){
		.op = (enum sw_uring_op)w->op,
		.opcode = w->opcode,
		.setup_flags = w->setup_flags,
		.entries = w->entries,
	};
	return record_string(r, &w->name, &ret->name);
}

static bool kernel_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_kernel *w = (const void *)r->data;

	if (w->op >= SW_WIRE_KERN_OPS)
		return false;
	ret->kernel = (struct sw_kernel){
		.op = (enum sw_kernel_op)w->op, .command = w->command, .arg = w->arg};
	return record_string(r, &w->name, &ret->name);
}

static bool network_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_network *w = (const void *)r->data;

	if (w->op >= SW_WIRE_NET_OPS)
		return false;
	ret->network = (struct sw_network){
		.op = (enum sw_network_op)w->op,
		.family = w->family,
		.type = w->type,
		.protocol = w->protocol,
		.local_port = w->local_port,
		.remote_port = w->remote_port,
	};
	memcpy(ret->network.local, w->local, sizeof(ret->network.local));
	memcpy(ret->network.remote, w->remote, sizeof(ret->network.remote));
	return record_string(r, &w->name, &ret->name);
}

static bool compat_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_compat *w = (const void *)r->data;

	if (w->op >= SW_WIRE_COMPAT_OPS)
		return false;
	ret->compat_use = (struct sw_compat){
		.op = (enum sw_compat_op)w->op, .nr = w->nr, .classes = w->classes};
	return true;
}

bool record_system(const struct record *r, struct sw_event *ret)
{
	switch (ret->type) {
	case SW_EVENT_EXEC_FAILED:
		return exec_failed_get(r, ret);
	case SW_EVENT_CODE:
		return code_get(r, ret);
	case SW_EVENT_MOUNT:
		return mount_get(r, ret);
	case SW_EVENT_PRIVILEGE:
		return privilege_get(r, ret);
	case SW_EVENT_INJECTION:
		return injection_get(r, ret);
	case SW_EVENT_URING:
		return uring_get(r, ret);
	case SW_EVENT_KERNEL:
		return kernel_get(r, ret);
	case SW_EVENT_NETWORK:
		return network_get(r, ret);
	case SW_EVENT_COMPAT:
		return compat_get(r, ret);
	default:
		return false;
	}
}
