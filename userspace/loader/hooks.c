/* SPDX-License-Identifier: Apache-2.0 */
/* The table of hooks: what each lets us see, and what it does not. Data only. */
#include "loader/private.h"
#include "stigwatch/cleanup.h"

#define MISS_SYSCALL "32-bit system calls, and operations made through io_uring"
#define MISS_PATH "the object: only a directory and a name from user memory; 32-bit calls; io_uring"

/* calls that only the older architectures have: there they are a hole, elsewhere they do not exist
 */
#ifdef __x86_64__
#define OLD_CALL true
#else
#define OLD_CALL false
#endif

#define TP(event, prog, what, not_seen, class, need)                                               \
	{                                                                                          \
		.name = "tp_btf/" event, .program = prog, .phrase = what, .misses = not_seen,      \
		.cls = class, .required = need                                                     \
	}
#define EXIT(call, what, not_seen, class, need)                                                    \
	{                                                                                          \
		.name = "tracepoint/syscalls/sys_exit_" #call, .program = "sw_exit_" #call,        \
		.phrase = what, .misses = not_seen, .cls = class, .required = need,                \
		.syscall = true                                                                    \
	}
#define FD(call, what, need) EXIT(call, what, MISS_SYSCALL, SW_CLASS_FILE, need)
#define PATH(call, what, need) EXIT(call, what, MISS_PATH, SW_CLASS_FILE, need)
#define NS(call, what)                                                                             \
	EXIT(call, what, "32-bit calls, until the task's next fork or exec", SW_CLASS_NAMESPACE,   \
	     true)

const struct sw_hook_def sw_hook_defs[] = {
	TP("sched_process_exec", "sw_process_exec", "every program that starts, by its inode",
	   "the script of a #! start (name only), libraries, attempts that fail", SW_CLASS_EXEC,
	   true),
	TP("task_newtask", "sw_task_newtask", "lineage, and namespaces made by clone", NULL,
	   SW_CLASS_NAMESPACE, true),
	TP("cgroup_attach_task", "sw_cgroup_attach_task", "entries into a container",
	   "entering the namespaces without the cgroup, until the next program starts",
	   SW_CLASS_LIFE, true),
	TP("cgroup_mkdir", "sw_cgroup_mkdir", "containers before their first instruction",
	   "containers whose cgroup is not named by a 64-digit id", SW_CLASS_LIFE, true),
	TP("cgroup_rmdir", "sw_cgroup_rmdir", "the end of a container", NULL, SW_CLASS_LIFE, true),
	TP("writeback_mark_inode_dirty", "sw_inode_dirty",
	   "content changes by any means (mapping, io_uring, from outside)",
	   "further stores to a dirty page, direct I/O on xfs, reflinks on xfs and btrfs",
	   SW_CLASS_FILE, true),
	{.name = "iter/task",
	 .program = "sw_sweep",
	 .phrase = "tasks that are older than their container's watch",
	 .cls = SW_CLASS_LIFE},

	NS(unshare, "new namespaces by unshare"),
	NS(setns, "namespaces entered by setns"),
	NS(chroot, "a changed root, by chroot"),
	NS(pivot_root, "a changed root, by pivot_root"),

	FD(open, "files opened for write (old call)", OLD_CALL),
	FD(openat, "files opened for write", true),
	FD(openat2, "files opened for write, by openat2", true),
	FD(creat, "files created (old call)", OLD_CALL),
	FD(open_by_handle_at, "files opened for write, by handle", true),
	FD(ftruncate, "files cut, by descriptor", true),
	FD(fallocate, "file ranges punched or collapsed", true),
	FD(fchmod, "modes changed, by descriptor", true),
	FD(fchown, "owners changed, by descriptor", true),
	PATH(truncate, "files cut, by path", true),
	PATH(unlink, "names removed (old call)", OLD_CALL),
	PATH(unlinkat, "names removed", true),
	PATH(rename, "names changed (old call)", OLD_CALL),
	PATH(renameat, "names changed (old call)", OLD_CALL),
	PATH(renameat2, "names changed", true),
	PATH(link, "hard links made (old call)", OLD_CALL),
	PATH(linkat, "hard links made", true),
	PATH(symlink, "symbolic links made (old call)", OLD_CALL),
	PATH(symlinkat, "symbolic links made", true),
	PATH(chmod, "modes changed (old call)", OLD_CALL),
	PATH(fchmodat, "modes changed, by path", true),
	PATH(fchmodat2, "modes changed, by path (6.6 and later)", false),
	PATH(chown, "owners changed (old call)", OLD_CALL),
	PATH(lchown, "owners changed (old call)", OLD_CALL),
	PATH(fchownat, "owners changed, by path", true),
};
const size_t sw_n_hook_defs = SW_ARRAY_LEN(sw_hook_defs);
