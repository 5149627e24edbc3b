/* SPDX-License-Identifier: Apache-2.0 */
/* Names of what an event can say. No decoding, no judging. */
#include "event/event.h"

#include <stdio.h>
#include <string.h>

#include "stigwatch/cleanup.h"

static const char *const file_ops[] = {
	[SW_FILE_OPEN_WRITE] = "open-write",
	[SW_FILE_TRUNCATE] = "truncate",
	[SW_FILE_CONTENT] = "content",
	[SW_FILE_CREATE] = "create",
	[SW_FILE_RENAME] = "rename",
	[SW_FILE_LINK] = "link",
	[SW_FILE_SYMLINK] = "symlink",
	[SW_FILE_UNLINK] = "unlink",
	[SW_FILE_CHMOD] = "chmod",
	[SW_FILE_CHOWN] = "chown",
	[SW_FILE_EXCHANGE] = "exchange",
	[SW_FILE_MKNOD] = "mknod",
	[SW_FILE_MKDIR] = "mkdir",
	[SW_FILE_RMDIR] = "rmdir",
	[SW_FILE_XATTR] = "xattr",
	[SW_FILE_FILECAPS] = "filecaps",
	[SW_FILE_INODE_FLAGS] = "inode-flags",
	[SW_FILE_ALLOCATE] = "allocate",
	[SW_FILE_CLONE_RANGE] = "clone-range",
};
_Static_assert(SW_ARRAY_LEN(file_ops) == _SW_FILE_OP_MAX, "a name for each file operation");

static const char *const ns_ops[] = {
	[SW_NS_CLONE] = "clone",
	[SW_NS_UNSHARE] = "unshare",
	[SW_NS_SETNS] = "setns",
	[SW_NS_ROOT] = "root",
};
_Static_assert(SW_ARRAY_LEN(ns_ops) == _SW_NS_OP_MAX, "a name for each namespace operation");

static const char *const code_ops[] = {
	[SW_CODE_MAP] = "map",
	[SW_CODE_PROTECT] = "protect",
	[SW_CODE_PRELOAD] = "preload",
	[SW_CODE_SCRIPT] = "script",
};
_Static_assert(SW_ARRAY_LEN(code_ops) == _SW_CODE_OP_MAX, "a name for each code operation");

static const char *const mount_ops[] = {
	[SW_MOUNT_NEW] = "mount",
	[SW_MOUNT_BIND] = "bind",
	[SW_MOUNT_REMOUNT] = "remount",
	[SW_MOUNT_MOVE] = "move",
	[SW_MOUNT_PROPAGATION] = "propagation",
	[SW_MOUNT_UMOUNT] = "umount",
	[SW_MOUNT_PIVOT] = "pivot",
	[SW_MOUNT_FSOPEN] = "fsopen",
	[SW_MOUNT_FSMOUNT] = "fsmount",
	[SW_MOUNT_TREE] = "open-tree",
	[SW_MOUNT_ATTACH] = "attach",
	[SW_MOUNT_SETATTR] = "setattr",
	[SW_MOUNT_RECONFIGURE] = "reconfigure",
};
_Static_assert(SW_ARRAY_LEN(mount_ops) == _SW_MOUNT_OP_MAX, "a name for each mount operation");

static const char *const privilege_ops[] = {
	[SW_PRIVILEGE_SETID] = "setid", [SW_PRIVILEGE_CAPSET] = "capset",
	[SW_PRIVILEGE_EXEC] = "exec",	[SW_PRIVILEGE_USERNS] = "user-namespace",
	[SW_PRIVILEGE_OTHER] = "other",
};
_Static_assert(SW_ARRAY_LEN(privilege_ops) == _SW_PRIVILEGE_OP_MAX,
	       "a name for each change of privilege");

static const char *const injection_ops[] = {
	[SW_INJECTION_PTRACE] = "ptrace",
	[SW_INJECTION_VM_WRITE] = "vm-write",
	[SW_INJECTION_MEM_OPEN] = "mem-open",
	[SW_INJECTION_GETFD] = "getfd",
};
_Static_assert(SW_ARRAY_LEN(injection_ops) == _SW_INJECTION_OP_MAX, "a name for each injection");

static const char *const uring_ops[] = {
	[SW_URING_CREATE] = "create",
	[SW_URING_SUBMIT] = "submit",
};
_Static_assert(SW_ARRAY_LEN(uring_ops) == _SW_URING_OP_MAX, "a name for each use of io_uring");

static const char *const kernel_ops[] = {
	[SW_KERNEL_MODULE_LOAD] = "module-load",
	[SW_KERNEL_MODULE_UNLOAD] = "module-unload",
	[SW_KERNEL_BPF] = "bpf",
	[SW_KERNEL_KEXEC] = "kexec",
	[SW_KERNEL_CONTROL] = "control",
	[SW_KERNEL_DEVICE] = "device",
};
_Static_assert(SW_ARRAY_LEN(kernel_ops) == _SW_KERNEL_OP_MAX, "a name for each kernel operation");

static const char *const network_ops[] = {
	[SW_NETWORK_LISTEN] = "listen",
	[SW_NETWORK_CONNECT] = "connect",
};
_Static_assert(SW_ARRAY_LEN(network_ops) == _SW_NETWORK_OP_MAX,
	       "a name for each network operation");

static const char *const compat_ops[] = {
	[SW_COMPAT_IMAGE] = "image",
	[SW_COMPAT_CALL] = "call",
};
_Static_assert(SW_ARRAY_LEN(compat_ops) == _SW_COMPAT_OP_MAX, "a name for each 32-bit use");

/* IORING_OP_* in the order of the UAPI. */
static const char *const uring_opcodes[] = {
	"nop",
	"readv",
	"writev",
	"fsync",
	"read-fixed",
	"write-fixed",
	"poll-add",
	"poll-remove",
	"sync-file-range",
	"sendmsg",
	"recvmsg",
	"timeout",
	"timeout-remove",
	"accept",
	"async-cancel",
	"link-timeout",
	"connect",
	"fallocate",
	"openat",
	"close",
	"files-update",
	"statx",
	"read",
	"write",
	"fadvise",
	"madvise",
	"send",
	"recv",
	"openat2",
	"epoll-ctl",
	"splice",
	"provide-buffers",
	"remove-buffers",
	"tee",
	"shutdown",
	"renameat",
	"unlinkat",
	"mkdirat",
	"symlinkat",
	"linkat",
	"msg-ring",
	"fsetxattr",
	"setxattr",
	"fgetxattr",
	"getxattr",
	"socket",
	"uring-cmd",
	"send-zc",
	"sendmsg-zc",
	"read-multishot",
	"waitid",
	"futex-wait",
	"futex-wake",
	"futex-waitv",
	"fixed-fd-install",
	"ftruncate",
	"bind",
	"listen",
	"recv-zc",
	"epoll-wait",
	"readv-fixed",
	"writev-fixed",
	"pipe",
};

static const char *const ns_bits[] = {"mnt", "uts", "ipc", "pid", "net", "user", "cgroup", "time"};
_Static_assert(SW_NS_BIT_TIME == 1u << (SW_ARRAY_LEN(ns_bits) - 1), "a name for each kind");

const char *sw_file_op_str(enum sw_file_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(file_ops) ? file_ops[op] : "unknown";
}

const char *sw_ns_op_str(enum sw_ns_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(ns_ops) ? ns_ops[op] : "unknown";
}

const char *sw_code_op_str(enum sw_code_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(code_ops) ? code_ops[op] : "unknown";
}

const char *sw_mount_op_str(enum sw_mount_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(mount_ops) ? mount_ops[op] : "unknown";
}

const char *sw_privilege_op_str(enum sw_privilege_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(privilege_ops) ? privilege_ops[op] : "unknown";
}

const char *sw_injection_op_str(enum sw_injection_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(injection_ops) ? injection_ops[op] : "unknown";
}

const char *sw_uring_op_str(enum sw_uring_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(uring_ops) ? uring_ops[op] : "unknown";
}

const char *sw_kernel_op_str(enum sw_kernel_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(kernel_ops) ? kernel_ops[op] : "unknown";
}

const char *sw_network_op_str(enum sw_network_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(network_ops) ? network_ops[op] : "unknown";
}

const char *sw_compat_op_str(enum sw_compat_op op)
{
	return (unsigned int)op < SW_ARRAY_LEN(compat_ops) ? compat_ops[op] : "unknown";
}

const char *sw_uring_opcode_str(uint32_t opcode, char *ret, unsigned int size)
{
	if (opcode < SW_ARRAY_LEN(uring_opcodes))
		snprintf(ret, size, "%s", uring_opcodes[opcode]);
	else
		snprintf(ret, size, "opcode-%u", opcode);
	return ret;
}

void sw_ns_bits_str(uint32_t bits, char *ret, unsigned int size)
{
	unsigned int at = 0;

	if (!size)
		return;
	ret[0] = '\0';
	for (unsigned int i = 0; i < SW_ARRAY_LEN(ns_bits); i++) {
		size_t len = strlen(ns_bits[i]) + (at > 0);

		if (!(bits & (1u << i)) || at + len + 1 > size)
			continue;
		if (at)
			ret[at++] = ',';
		strcpy(ret + at, ns_bits[i]);
		at = (unsigned int)strlen(ret);
	}
}
