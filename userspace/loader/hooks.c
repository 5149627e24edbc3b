/* SPDX-License-Identifier: Apache-2.0 */
/* The table of hooks: what each lets us see, and what it does not. Data only. */
#include <sys/syscall.h>

#include "abi/event_abi.h"
#include "loader/private.h"
#include "stigwatch/cleanup.h"

#define MISS_SYSCALL "32-bit system calls, and operations made through io_uring"
#define MISS_SWAP                                                                                  \
	"32-bit system calls, io_uring, and what a sibling thread swaps the descriptor for "       \
	"before the call has ended"
#define MISS_URING "whether they succeeded, and what was opened"
#define MISS_LATE "32-bit system calls, until the task's next program, fork or end"
#define MISS_MEMORY                                                                                \
	"32-bit system calls, and what is written to such memory through another mapping"
#define MISS_MOUNT "32-bit system calls; names are user memory, the mount table is read afterwards"
#define MISS_PATH "the object: only a directory and a name from user memory; 32-bit calls; io_uring"

/* calls that only the older architectures have: there they are a hole, elsewhere they do not exist
 */
#ifdef __x86_64__
#define OLD_CALL true
#else
#define OLD_CALL false
#define SYS_open SW_NO_CALL
#define SYS_creat SW_NO_CALL
#define SYS_unlink SW_NO_CALL
#define SYS_rmdir SW_NO_CALL
#define SYS_rename SW_NO_CALL
#define SYS_link SW_NO_CALL
#define SYS_symlink SW_NO_CALL
#define SYS_mknod SW_NO_CALL
#define SYS_mkdir SW_NO_CALL
#define SYS_chmod SW_NO_CALL
#define SYS_chown SW_NO_CALL
#define SYS_lchown SW_NO_CALL
#endif

/* newer than the C library's headers may be; since 5.0 numbers are the same everywhere */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_removexattrat
#define SYS_removexattrat 466
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

#define TP(event, prog, what, not_seen, class, need)                                               \
	{                                                                                          \
		.name = "tp_btf/" event, .program = prog, .phrase = what, .misses = not_seen,      \
		.cls = class, .required = need                                                     \
	}
/* without it nobody is known to be in a container, or past its entry: every class is blind */
#define BASE(event, prog, what, not_seen, class)                                                   \
	{                                                                                          \
		.name = "tp_btf/" event, .program = prog, .phrase = what, .misses = not_seen,      \
		.cls = class, .required = true, .base = true                                       \
	}
/* one system call, in the table of the program on sys_exit */
#define EXIT(call, fam, prog, call_cookie, what, not_seen, class, need)                            \
	{                                                                                          \
		.name = "sys_exit/" #call, .program = "sw_exit_" prog, .nr = SYS_##call,           \
		.family = SW_FAMILY_##fam, .cookie = call_cookie, .phrase = what,                  \
		.misses = not_seen, .cls = class, .required = need, .syscall = true,               \
		.use = SW_HOOK_TRACEPOINT                                                          \
	}
/* security hooks on files and names, and the functions that do what they decide on */
#define LSM_FILE(hook, what, need)                                                                 \
	{                                                                                          \
		.name = "lsm/" #hook, .program = "sw_lsm_" #hook, .phrase = what,                  \
		.cls = SW_CLASS_FILE, .required = need, .syscall = true, .use = SW_HOOK_LSM        \
	}
#define DONE_FILE(function, prog, ops, need)                                                       \
	{                                                                                          \
		.name = "fexit/" #function, .program = prog, .confirms = ops,                      \
		.phrase = "the outcome of what its hooks decide on", .cls = SW_CLASS_FILE,         \
		.required = need, .syscall = true, .use = SW_HOOK_LSM                              \
	}
/* functions that do the work of system calls of every width, or of one call, by its entries */
#define DONE(function, prog, what, not_seen, class)                                                \
	{                                                                                          \
		.name = "fexit/" function, .program = prog, .phrase = what, .misses = not_seen,    \
		.cls = class, .required = true, .syscall = true, .use = SW_HOOK_LSM                \
	}
#define DONE_CODE(function, prog, what)                                                            \
	DONE(#function, prog, what, "what is written to such memory through another mapping",      \
	     SW_CLASS_CODE)
#define DONE_NARROW(function, prog, what, class)                                                   \
	{                                                                                          \
		.name = "fexit/" function, .program = prog, .phrase = what, .cls = class,          \
		.required = true, .narrow = true, .syscall = true, .use = SW_HOOK_LSM              \
	}
/* a function that not every kernel has */
#define DONE_MAYBE(function, prog, what, class)                                                    \
	{                                                                                          \
		.name = "fexit/" function, .program = prog, .phrase = what, .cls = class,          \
		.syscall = true, .use = SW_HOOK_LSM                                                \
	}
#ifdef __x86_64__
#define ENTRY "__x64_sys_"
#define DONE_CALL(call, what, class)                                                               \
	DONE(ENTRY #call, "sw_done_" #call, what, NULL, class),                                    \
		DONE_NARROW("__ia32_sys_" #call, "sw_done32_" #call, what ", by a 32-bit call",    \
			    class)
#define DONE_COMPAT(call, what, class)                                                             \
	DONE(ENTRY #call, "sw_done_" #call, what, NULL, class),                                    \
		DONE_NARROW("__ia32_compat_sys_" #call, "sw_done32_" #call,                        \
			    what ", by a 32-bit call", class)
/* of an architecture that few kernels have, and calls of its own; with its comma */
#define DONE_X32(call, what, class)                                                                \
	{.name = "fexit/__x64_compat_sys_" #call,                                                  \
	 .program = "sw_donex32_" #call,                                                           \
	 .phrase = what ", by an x32 call",                                                        \
	 .cls = class,                                                                             \
	 .narrow = true,                                                                           \
	 .syscall = true,                                                                          \
	 .use = SW_HOOK_LSM},
#else
#define DONE_X32(call, what, class)
#define ENTRY "__arm64_sys_"
#define DONE_CALL(call, what, class) DONE(ENTRY #call, "sw_done_" #call, what, NULL, class)
#define DONE_COMPAT(call, what, class)                                                             \
	DONE(ENTRY #call, "sw_done_" #call, what, NULL, class),                                    \
		DONE_MAYBE("__arm64_compat_sys_" #call, "sw_done32_" #call,                        \
			   what ", by a 32-bit call", class)
#endif
#define LSM(hook, what, class)                                                                     \
	{                                                                                          \
		.name = "lsm/" #hook, .program = "sw_lsm_" #hook, .phrase = what, .cls = class,    \
		.required = true, .syscall = true, .use = SW_HOOK_LSM                              \
	}
/* a second program on a security hook, which says no */
#define DENY(hook, prog, class, violations, what)                                                  \
	{                                                                                          \
		.name = "deny/" #hook, .program = "sw_deny_" prog, .phrase = what, .cls = class,   \
		.denies = violations, .use = SW_HOOK_DENY                                          \
	}
#define V(violation) (1u << SW_VIOLATION_##violation)
#define V_EXECS (V(SHELL) | V(PKG_EXEC) | V(DRIFT))
#define V_FILES (V(IMMUTABLE) | V(PKG_DB))
#define OP(op) SW_CFG_CONFIRMS(SW_WIRE_##op)
#define X SW_ARG_NONE
/* flags of an open in which argument; none: in user memory */
#define OPEN(call, op, flags, what, need)                                                          \
	EXIT(call, OPEN, "open", SW_CALL(op, X, X, X, X, flags), what, MISS_SWAP, SW_CLASS_FILE,   \
	     need)
#define FD(call, op, fd, attr, value, what, need)                                                  \
	EXIT(call, FD, "fd", SW_CALL(op, fd, X, X, attr, value), what, MISS_SWAP, SW_CLASS_FILE,   \
	     need)
#define PATH(call, op, dir, name, dir2, name2, value, what, need)                                  \
	EXIT(call, PATH, "path", SW_CALL(op, dir, name, dir2, name2, value), what, MISS_PATH,      \
	     SW_CLASS_FILE, need)
#define NS(call, op, mount, what)                                                                  \
	EXIT(call, NAMESPACE, "namespace", SW_CALL(op, X, mount, X, X, X), what, MISS_LATE,        \
	     SW_CLASS_NAMESPACE, true)
#define CREDS(call, op, what)                                                                      \
	EXIT(call, CREDS, "creds", SW_CALL(op, X, X, X, X, X), what, MISS_LATE,                    \
	     SW_CLASS_PRIVILEGE, true)
#define MOUNT(call, op, dir, name, dir2, source, flags, what)                                      \
	EXIT(call, MOUNTS, "mounts", SW_CALL(op, dir, name, dir2, source, flags), what,            \
	     MISS_MOUNT, SW_CLASS_MOUNT, true)
#define KERNEL(call, op, what, need)                                                               \
	EXIT(call, KERNEL, "kernel", SW_CALL(op, X, X, X, X, X), what, MISS_SYSCALL,               \
	     SW_CLASS_KERNEL, need)
#define NET(call, op, what)                                                                        \
	EXIT(call, NETWORK, "network", SW_CALL(op, X, X, X, X, X), what, MISS_SYSCALL,             \
	     SW_CLASS_NETWORK, true)

const struct sw_hook_def sw_hook_defs[] = {
	BASE("sched_process_exec", "sw_process_exec", "every program that starts, by its inode",
	     "the script of a #! start (name only)", SW_CLASS_EXEC),
	BASE("task_newtask", "sw_task_newtask", "lineage, and namespaces made by clone", NULL,
	     SW_CLASS_NAMESPACE),
	TP("sched_process_exit", "sw_process_exit",
	   "namespaces and privilege changed unseen, at the latest when the task ends", NULL,
	   SW_CLASS_PRIVILEGE, true),
	BASE("cgroup_attach_task", "sw_cgroup_attach_task", "entries into a container",
	     "entering the namespaces without the cgroup, until the next program starts",
	     SW_CLASS_LIFE),
	TP("cgroup_mkdir", "sw_cgroup_mkdir", "containers before their first instruction",
	   "containers whose cgroup is not named by a 64-digit id", SW_CLASS_LIFE, true),
	TP("cgroup_rmdir", "sw_cgroup_rmdir", "the end of a container", NULL, SW_CLASS_LIFE, true),
	TP("writeback_mark_inode_dirty", "sw_inode_dirty",
	   "content changes by any means (mapping, io_uring, from outside)",
	   "further stores to a dirty page, direct I/O on xfs, reflinks on xfs and btrfs",
	   SW_CLASS_FILE, true),
	TP("io_uring_create", "sw_uring_create", "rings of io_uring", NULL, SW_CLASS_URING, false),
	TP("io_uring_submit_req", "sw_uring_submit_req", "requests of io_uring that touch files",
	   MISS_URING, SW_CLASS_URING, false),
	TP("io_uring_submit_sqe", "sw_uring_submit_sqe",
	   "requests of io_uring that touch files (before 6.4)", MISS_URING, SW_CLASS_URING, false),
	{.name = "tp_btf/sys_exit",
	 .program = SW_SYS_EXIT,
	 .phrase = "the exits of system calls, and 32-bit calls of 64-bit programs",
	 .misses = "what 32-bit calls do",
	 .cls = SW_CLASS_COMPAT,
	 .required = false,
	 .syscall = true,
	 .use = SW_HOOK_CALLS},
	{.name = "iter/task",
	 .program = "sw_sweep",
	 .phrase = "tasks that are older than their container's watch",
	 .cls = SW_CLASS_LIFE},

	EXIT(execve, EXEC, "exec", SW_CALL(0, X, 0, X, X, X), "programs that could not be started",
	     MISS_PATH, SW_CLASS_EXEC, false),
	EXIT(execveat, EXEC, "exec", SW_CALL(0, 0, 1, X, X, X),
	     "programs that could not be started", MISS_PATH, SW_CLASS_EXEC, false),

	NS(unshare, SW_WIRE_NS_UNSHARE, X, "new namespaces by unshare"),
	NS(setns, SW_WIRE_NS_SETNS, X, "namespaces entered by setns"),
	NS(chroot, SW_WIRE_NS_ROOT, X, "a changed root, by chroot"),
	NS(pivot_root, SW_WIRE_NS_ROOT, 0, "a changed root, by pivot_root"),

	OPEN(open, SW_WIRE_OPEN_WRITE, 1, "files opened for write (old call)", OLD_CALL),
	OPEN(openat, SW_WIRE_OPEN_WRITE, 2, "files opened for write", true),
	OPEN(openat2, SW_WIRE_OPEN_WRITE, X, "files opened for write, by openat2", true),
	OPEN(creat, SW_WIRE_CREATE, X, "files created (old call)", OLD_CALL),
	OPEN(open_by_handle_at, SW_WIRE_OPEN_WRITE, 2, "files opened for write, by handle", true),
	FD(ftruncate, SW_WIRE_TRUNCATE, 0, X, X, "files cut, by descriptor", true),
	FD(fallocate, SW_WIRE_ALLOCATE, 0, X, 1, "file ranges allocated, punched or collapsed",
	   true),
	FD(copy_file_range, SW_WIRE_CLONE_RANGE, 2, X, X, "ranges copied by the kernel", true),
	FD(fchmod, SW_WIRE_CHMOD, 0, X, 1, "modes changed, by descriptor", true),
	FD(fchown, SW_WIRE_CHOWN, 0, X, X, "owners changed, by descriptor", true),
	FD(fsetxattr, SW_WIRE_XATTR, 0, 1, 3, "attributes set, by descriptor", true),
	FD(fremovexattr, SW_WIRE_XATTR, 0, 1, X, "attributes removed, by descriptor", true),
	EXIT(ioctl, IOCTL, "ioctl", 0, "inode flags (chattr) and reflinks", MISS_SYSCALL,
	     SW_CLASS_FILE, true),
	PATH(truncate, SW_WIRE_TRUNCATE, X, 0, X, X, X, "files cut, by path", true),
	PATH(unlink, SW_WIRE_UNLINK, X, 0, X, X, X, "names removed (old call)", OLD_CALL),
	PATH(unlinkat, SW_WIRE_UNLINK, 0, 1, X, X, 2, "names removed", true),
	PATH(rmdir, SW_WIRE_RMDIR, X, 0, X, X, X, "directories removed (old call)", OLD_CALL),
	PATH(rename, SW_WIRE_RENAME, X, 0, X, 1, X, "names changed (old call)", OLD_CALL),
	PATH(renameat, SW_WIRE_RENAME, 0, 1, 2, 3, X, "names changed (old call)", OLD_CALL),
	PATH(renameat2, SW_WIRE_RENAME, 0, 1, 2, 3, 4, "names changed and exchanged", true),
	PATH(link, SW_WIRE_LINK, X, 0, X, 1, X, "hard links made (old call)", OLD_CALL),
	PATH(linkat, SW_WIRE_LINK, 0, 1, 2, 3, X, "hard links made", true),
	PATH(symlink, SW_WIRE_SYMLINK, X, 1, X, 0, X, "symbolic links made (old call)", OLD_CALL),
	PATH(symlinkat, SW_WIRE_SYMLINK, 1, 2, X, 0, X, "symbolic links made", true),
	PATH(mknod, SW_WIRE_MKNOD, X, 0, X, X, 1, "nodes made (old call)", OLD_CALL),
	PATH(mknodat, SW_WIRE_MKNOD, 0, 1, X, X, 2, "nodes made", true),
	PATH(mkdir, SW_WIRE_MKDIR, X, 0, X, X, 1, "directories made (old call)", OLD_CALL),
	PATH(mkdirat, SW_WIRE_MKDIR, 0, 1, X, X, 2, "directories made", true),
	PATH(chmod, SW_WIRE_CHMOD, X, 0, X, X, 1, "modes changed (old call)", OLD_CALL),
	PATH(fchmodat, SW_WIRE_CHMOD, 0, 1, X, X, 2, "modes changed, by path", true),
	PATH(fchmodat2, SW_WIRE_CHMOD, 0, 1, X, X, 2, "modes changed, by path (6.6 and later)",
	     false),
	PATH(chown, SW_WIRE_CHOWN, X, 0, X, X, X, "owners changed (old call)", OLD_CALL),
	PATH(lchown, SW_WIRE_CHOWN, X, 0, X, X, X, "owners changed (old call)", OLD_CALL),
	PATH(fchownat, SW_WIRE_CHOWN, 0, 1, X, X, X, "owners changed, by path", true),
	PATH(setxattr, SW_WIRE_XATTR, X, 0, X, 1, 3, "attributes set, by path", true),
	PATH(lsetxattr, SW_WIRE_XATTR, X, 0, X, 1, 3, "attributes set, by path", true),
	PATH(removexattr, SW_WIRE_XATTR, X, 0, X, 1, X, "attributes removed, by path", true),
	PATH(lremovexattr, SW_WIRE_XATTR, X, 0, X, 1, X, "attributes removed, by path", true),
	PATH(setxattrat, SW_WIRE_XATTR, 0, 1, X, 3, 4, "attributes set (6.13 and later)", false),
	PATH(removexattrat, SW_WIRE_XATTR, 0, 1, X, 3, X, "attributes removed (6.13 and later)",
	     false),
	PATH(file_setattr, SW_WIRE_INODE_FLAGS, 0, 1, X, X, X, "inode flags (6.17 and later)",
	     false),

	EXIT(mmap, MMAP, "mmap", 0, "files mapped executable, and writable executable memory",
	     MISS_MEMORY, SW_CLASS_CODE, true),
	EXIT(mprotect, MPROTECT, "mprotect", 0, "memory made executable", MISS_MEMORY,
	     SW_CLASS_CODE, true),
	EXIT(pkey_mprotect, MPROTECT, "mprotect", 0, "memory made executable", MISS_MEMORY,
	     SW_CLASS_CODE, false),
	EXIT(shmat, SHMAT, "shmat", 0, "shared memory attached executable", MISS_MEMORY,
	     SW_CLASS_CODE, false),

	EXIT(mount, MOUNT, "mount", 0, "mounts by the old call", MISS_MOUNT, SW_CLASS_MOUNT, true),
	MOUNT(umount2, SW_WIRE_MOUNT_UMOUNT, X, 0, X, X, 1, "mounts removed"),
	MOUNT(fsopen, SW_WIRE_MOUNT_FSOPEN, X, X, X, 0, 1, "file systems prepared"),
	MOUNT(fsmount, SW_WIRE_MOUNT_FSMOUNT, X, X, X, X, 2, "detached mounts"),
	MOUNT(open_tree, SW_WIRE_MOUNT_TREE, X, X, 0, 1, 2, "detached copies of mounts"),
	MOUNT(move_mount, SW_WIRE_MOUNT_ATTACH, 2, 3, 0, 1, 4, "mounts attached and moved"),
	MOUNT(mount_setattr, SW_WIRE_MOUNT_SETATTR, 0, 1, X, X, 2, "mounts reconfigured"),
	MOUNT(fsconfig, SW_WIRE_MOUNT_RECONFIGURE, X, X, X, X, 1, "file systems reconfigured"),
	EXIT(open_tree_attr, MOUNTS, "mounts", SW_CALL(SW_WIRE_MOUNT_SETATTR, 0, 1, X, X, 2),
	     "mounts reconfigured, and detached copies (6.15 and later)", MISS_MOUNT,
	     SW_CLASS_MOUNT, false),

	CREDS(setuid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(setreuid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(setresuid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(setfsuid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(setgid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(setregid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(setresgid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(setfsgid, SW_WIRE_PRIV_SETID, "identity changed"),
	CREDS(capset, SW_WIRE_PRIV_CAPSET, "capabilities changed"),

	EXIT(ptrace, PTRACE, "ptrace", 0, "processes traced and changed", MISS_SYSCALL,
	     SW_CLASS_INJECTION, true),
	EXIT(process_vm_writev, VM_WRITE, "process_vm_writev", 0,
	     "memory of another process written", MISS_SYSCALL, SW_CLASS_INJECTION, true),
	EXIT(pidfd_getfd, GETFD, "pidfd_getfd", 0, "descriptors of another process taken",
	     MISS_SYSCALL, SW_CLASS_INJECTION, true),

	/* a kernel without modules or kexec has no such calls; bpf(2) is there, or we were not */
	KERNEL(init_module, SW_WIRE_KERN_MODULE_LOAD, "modules loaded", false),
	KERNEL(finit_module, SW_WIRE_KERN_MODULE_LOAD, "modules loaded", false),
	KERNEL(delete_module, SW_WIRE_KERN_MODULE_UNLOAD, "modules unloaded", false),
	KERNEL(bpf, SW_WIRE_KERN_BPF, "BPF programs and maps", true),
	KERNEL(kexec_load, SW_WIRE_KERN_KEXEC, "another kernel loaded", false),
	KERNEL(kexec_file_load, SW_WIRE_KERN_KEXEC, "another kernel loaded", false),

	NET(listen, SW_WIRE_NET_LISTEN, "sockets that listen"),
	NET(connect, SW_WIRE_NET_CONNECT, "sockets that were connected"),

	{.name = "lsm/bprm_check_security",
	 .program = "sw_lsm_bprm_check",
	 .phrase = "scripts that are started, by their object",
	 .misses = "scripts given to an interpreter as an argument or on its standard input",
	 .cls = SW_CLASS_CODE,
	 .required = true, /* whoever asks whether the class is served relies on it */
	 .use = SW_HOOK_LSM},

	DONE_CODE(vm_mmap_pgoff, "sw_done_mmap", "files mapped executable, by any call"),
	DONE_CODE(do_mprotect_pkey, "sw_done_mprotect", "memory made executable, by any call"),
	DONE_CODE(do_shmat, "sw_done_shmat", "shared memory attached executable, by any call"),

	DONE_COMPAT(execve, "programs that could not be started", SW_CLASS_EXEC),
	DONE_COMPAT(execveat, "programs that could not be started", SW_CLASS_EXEC),

	DONE_CALL(unshare, "new namespaces by unshare", SW_CLASS_NAMESPACE),
	DONE_CALL(setns, "namespaces entered by setns", SW_CLASS_NAMESPACE),
	DONE_CALL(chroot, "a changed root, by chroot", SW_CLASS_NAMESPACE),
	LSM(sb_pivotroot, "the places of a pivot_root", SW_CLASS_NAMESPACE),
	DONE_CALL(pivot_root, "a changed root, by pivot_root", SW_CLASS_NAMESPACE),

	LSM(sb_mount, "mounts by the old call", SW_CLASS_MOUNT),
	DONE_CALL(mount, "the outcome of a mount", SW_CLASS_MOUNT),
	LSM(sb_umount, "mounts removed", SW_CLASS_MOUNT),
	DONE_CALL(umount, "the outcome of removing a mount", SW_CLASS_MOUNT),
#ifdef __x86_64__
	DONE_NARROW("__ia32_sys_oldumount", "sw_done32_oldumount",
		    "the outcome of removing a mount, by the oldest call", SW_CLASS_MOUNT),
#endif
	LSM(move_mount, "mounts attached and moved", SW_CLASS_MOUNT),
	DONE_CALL(move_mount, "the outcome of attaching a mount", SW_CLASS_MOUNT),
	DONE_CALL(fsopen, "file systems prepared", SW_CLASS_MOUNT),
	DONE_CALL(fsmount, "detached mounts", SW_CLASS_MOUNT),
	DONE_CALL(open_tree, "detached copies of mounts", SW_CLASS_MOUNT),
	DONE_CALL(mount_setattr, "mounts reconfigured", SW_CLASS_MOUNT),
	DONE_CALL(fsconfig, "file systems reconfigured", SW_CLASS_MOUNT),
	DONE_MAYBE(ENTRY "open_tree_attr", "sw_done_open_tree_attr",
		   "mounts reconfigured, and detached copies (6.15 and later)", SW_CLASS_MOUNT),
#ifdef __x86_64__
	DONE_MAYBE("__ia32_sys_open_tree_attr", "sw_done32_open_tree_attr",
		   "the same, by a 32-bit call", SW_CLASS_MOUNT),
#endif

	DONE("commit_creds", "sw_done_commit_creds", "identity and capabilities changed", NULL,
	     SW_CLASS_PRIVILEGE),

	DONE_COMPAT(ptrace, "processes traced and changed", SW_CLASS_INJECTION),
	DONE_X32(ptrace, "processes traced and changed", SW_CLASS_INJECTION) DONE_CALL(
		process_vm_writev, "memory of another process written", SW_CLASS_INJECTION),
	DONE("pidfd_getfd", "sw_done_pidfd_getfd", "descriptors of another process taken", NULL,
	     SW_CLASS_INJECTION),

	DONE_CALL(bpf, "BPF programs and maps", SW_CLASS_KERNEL),
	DONE_CALL(init_module, "modules loaded", SW_CLASS_KERNEL),
	DONE_CALL(finit_module, "modules loaded", SW_CLASS_KERNEL),
	DONE_CALL(delete_module, "modules unloaded", SW_CLASS_KERNEL),
	DONE_COMPAT(kexec_load, "another kernel loaded", SW_CLASS_KERNEL),
	DONE(ENTRY "kexec_file_load", "sw_done_kexec_file_load", "another kernel loaded", NULL,
	     SW_CLASS_KERNEL),
	DONE_X32(kexec_load, "another kernel loaded", SW_CLASS_KERNEL)

		DONE("__sys_connect_file", "sw_done_connect", "sockets that were connected", NULL,
		     SW_CLASS_NETWORK),
	DONE("__sys_listen", "sw_done_listen", "sockets that listen", NULL, SW_CLASS_NETWORK),
	DONE_MAYBE("io_listen", "sw_done_io_listen",
		   "sockets that listen, through io_uring (6.11 and later)", SW_CLASS_NETWORK),

	/* the functions first: a decision whose outcome cannot be seen is told as an attempt */
	DONE_FILE(do_dentry_open, "sw_done_do_dentry_open", OP(OPEN_WRITE) | OP(CREATE), true),
	DONE_FILE(notify_change, "sw_done_notify_change", OP(CHMOD) | OP(CHOWN) | OP(TRUNCATE),
		  true),
	DONE_FILE(vfs_unlink, "sw_done_vfs_unlink", OP(UNLINK), true),
	DONE_FILE(vfs_rmdir, "sw_done_vfs_rmdir", OP(RMDIR), true),
	DONE_FILE(vfs_symlink, "sw_done_vfs_symlink", OP(SYMLINK), true),
	DONE_FILE(vfs_mkdir, "sw_done_vfs_mkdir", OP(MKDIR), true),
	DONE_FILE(vfs_mknod, "sw_done_vfs_mknod", OP(MKNOD), true),
	DONE_FILE(vfs_create, "sw_done_vfs_create", 0, true),
	DONE_FILE(vfs_link, "sw_done_vfs_link", OP(LINK), true),
	DONE_FILE(vfs_rename, "sw_done_vfs_rename", OP(RENAME) | OP(EXCHANGE), true),
	DONE_FILE(__vfs_removexattr_locked, "sw_done_removexattr", 0, true),
	DONE_FILE(vfs_set_acl, "sw_done_vfs_set_acl", 0, false),
	DONE_FILE(vfs_fileattr_set, "sw_done_fileattr_set", OP(INODE_FLAGS), true),
	DONE_FILE(vfs_fallocate, "sw_done_vfs_fallocate", 0, true),
	DONE_FILE(vfs_copy_file_range, "sw_done_copy_file_range", 0, true),
	DONE_FILE(vfs_clone_file_range, "sw_done_clone_file_range", 0, true),
	{.name = "lsm/inode_post_setxattr",
	 .program = "sw_lsm_inode_post_setxattr",
	 .phrase = "attributes that were set",
	 .cls = SW_CLASS_FILE,
	 .required = true,
	 .confirms = OP(XATTR) | OP(FILECAPS),
	 .syscall = true,
	 .use = SW_HOOK_LSM},
	LSM_FILE(file_open, "files opened for write", true),
	LSM_FILE(path_chmod, "modes changed", true),
	LSM_FILE(path_chown, "owners changed", true),
	LSM_FILE(path_truncate, "files cut", true),
	LSM_FILE(file_truncate, "files cut, by descriptor (6.2 and later)", false),
	LSM_FILE(inode_setxattr, "attributes and file capabilities set", true),
	LSM_FILE(inode_removexattr, "attributes and file capabilities removed", true),
	LSM_FILE(inode_set_acl, "access lists (6.2 and later)", false),
	LSM_FILE(file_ioctl, "inode flags (chattr)", true),
	LSM_FILE(path_unlink, "names removed", true),
	LSM_FILE(path_rmdir, "directories removed", true),
	LSM_FILE(path_rename, "names changed and exchanged", true),
	LSM_FILE(path_link, "hard links made", true),
	LSM_FILE(path_symlink, "symbolic links made", true),
	LSM_FILE(path_mkdir, "directories made", true),
	LSM_FILE(path_mknod, "nodes made", true),

	/* last: the newest program of a hook is asked first, so that what is refused is told once
	 */
	DENY(bprm_check_security, "bprm_check", SW_CLASS_EXEC, V_EXECS | V(ENTRY),
	     "programs, scripts and entries refused"),
	DENY(mmap_file, "mmap_file", SW_CLASS_CODE, V_EXECS, "code refused: mapped files"),
	DENY(file_mprotect, "file_mprotect", SW_CLASS_CODE, V_EXECS,
	     "code refused: mapped files made executable"),
	DENY(file_open, "file_open", SW_CLASS_FILE, V_FILES | V(INJECTION) | V(KERNEL),
	     "opening for write refused"),
	DENY(path_chmod, "path_chmod", SW_CLASS_FILE, V_FILES, "changes of mode refused"),
	DENY(path_chown, "path_chown", SW_CLASS_FILE, V_FILES, "changes of owner refused"),
	DENY(path_truncate, "path_truncate", SW_CLASS_FILE, V_FILES, "cutting refused"),
	DENY(file_truncate, "file_truncate", SW_CLASS_FILE, V_FILES,
	     "cutting refused, by descriptor (6.2 and later)"),
	DENY(inode_setxattr, "inode_setxattr", SW_CLASS_FILE, V_FILES, "attributes refused"),
	DENY(inode_removexattr, "inode_removexattr", SW_CLASS_FILE, V_FILES,
	     "removing attributes refused"),
	DENY(inode_set_acl, "inode_set_acl", SW_CLASS_FILE, V_FILES,
	     "access lists refused (6.2 and later)"),
	DENY(file_ioctl, "file_ioctl", SW_CLASS_FILE, V_FILES, "inode flags refused"),
	DENY(path_unlink, "path_unlink", SW_CLASS_FILE, V_FILES, "removing names refused"),
	DENY(path_rmdir, "path_rmdir", SW_CLASS_FILE, V_FILES, "removing directories refused"),
	DENY(path_rename, "path_rename", SW_CLASS_FILE, V_FILES, "renaming refused"),
	DENY(path_link, "path_link", SW_CLASS_FILE, V_FILES, "hard links refused"),
	DENY(path_symlink, "path_symlink", SW_CLASS_FILE, V_FILES, "symbolic links refused"),
	DENY(path_mkdir, "path_mkdir", SW_CLASS_FILE, V_FILES, "directories refused"),
	DENY(path_mknod, "path_mknod", SW_CLASS_FILE, V_FILES, "new files and nodes refused"),
	DENY(sb_mount, "sb_mount", SW_CLASS_MOUNT, V(MOUNT), "mounts refused"),
	DENY(move_mount, "move_mount", SW_CLASS_MOUNT, V(MOUNT), "attaching mounts refused"),
	DENY(sb_umount, "sb_umount", SW_CLASS_MOUNT, V(MOUNT), "removing mounts refused"),
	DENY(sb_remount, "sb_remount", SW_CLASS_MOUNT, V(MOUNT),
	     "reconfiguring file systems refused"),
	DENY(sb_pivotroot, "sb_pivotroot", SW_CLASS_MOUNT, V(MOUNT) | V(NAMESPACE),
	     "pivot_root refused"),
	DENY(path_chroot, "path_chroot", SW_CLASS_NAMESPACE, V(NAMESPACE), "chroot refused"),
	DENY(task_alloc, "task_alloc", SW_CLASS_NAMESPACE, V(NAMESPACE),
	     "children in new namespaces refused"),
	DENY(userns_create, "userns_create", SW_CLASS_NAMESPACE, V(NAMESPACE) | V(PRIVILEGE),
	     "user namespaces refused (6.1 and later)"),
	DENY(task_fix_setuid, "task_fix_setuid", SW_CLASS_PRIVILEGE, V(PRIVILEGE),
	     "changes of identity refused"),
	DENY(capset, "capset", SW_CLASS_PRIVILEGE, V(PRIVILEGE), "capabilities refused"),
	DENY(bprm_creds_from_file, "bprm_creds", SW_CLASS_PRIVILEGE, V(PRIVILEGE),
	     "set-id programs and file capabilities refused"),
	DENY(ptrace_access_check, "ptrace", SW_CLASS_INJECTION, V(INJECTION),
	     "tracing, writing to and robbing another process refused"),
	DENY(bpf, "bpf", SW_CLASS_KERNEL, V(KERNEL), "bpf(2) refused"),
	DENY(kernel_read_file, "kernel_read_file", SW_CLASS_KERNEL, V(KERNEL),
	     "modules and kernels refused, from files"),
	DENY(kernel_load_data, "kernel_load_data", SW_CLASS_KERNEL, V(KERNEL),
	     "modules and kernels refused, from memory"),
};
const size_t sw_n_hook_defs = SW_ARRAY_LEN(sw_hook_defs);
