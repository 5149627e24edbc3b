/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensors for code, mounts, privilege, injection, the kernel, io_uring, the network and 32-bit
 * calls on this kernel: one test per type of event, each field of it.
 */
#include "unit/userspace/loader/live.h"
#include "unit/userspace/loader/live_system_actors.h"

static const struct live_deed deeds[] = {
	{"code", deed_code},	       {"mounts", deed_mounts},	  {"privilege", deed_privilege},
	{"injection", deed_injection}, {"kernel", deed_kernel},	  {"uring", deed_uring},
	{"mounted", deed_mounted},     {"devices", deed_devices}, {"network", deed_network},
	{"gains", deed_gains},	       {"change", deed_change},
#ifdef __x86_64__
	{"compat", deed_compat},       {"image", deed_image},
#endif
};

/* ---- tests ---- */

static void test_code(void **state)
{
	struct live *l = ready(state);
	char path[PATH_MAX];
	const struct sw_event *e;

	act(l, "code");
	assert_int_equal(count(l, SW_EVENT_CODE), 4);
	e = nth(l, SW_EVENT_CODE, 0);
	snprintf(path, sizeof(path), "%s/apk", dir);
	assert_int_equal(e->cls, SW_CLASS_CODE);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_DRIFT);
	assert_int_equal(e->code.op, SW_CODE_MAP);
	assert_int_equal(e->code.prot, PROT_READ | PROT_EXEC);
	assert_int_equal(e->code.map_flags, MAP_PRIVATE);
	assert_int_equal(e->code.len, 4096);
	assert_true(e->code.addr > 0 && e->code.addr % 4096 == 0);
	assert_false(e->code.anonymous || e->code.written || e->code.writable);
	whole_object(&e->object, path, 0, false);
	assert_int_equal(e->args_len, sizeof("live\0--actor\0code") + strlen(dir) + 1);
	assert_memory_equal(e->args, "live\0--actor\0code", sizeof("live\0--actor\0code"));
	assert_false(e->args_truncated);
	assert_int_equal(e->name.trust, SW_TRUST_NONE);
	e = nth(l, SW_EVENT_CODE, 1);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_SHELL);
	assert_true(e->object.class_bits & SW_OBJ_SHELL);
	e = nth(l, SW_EVENT_CODE, 2);
	assert_int_equal(e->code.op, SW_CODE_PROTECT);
	assert_int_equal(e->violations, 0);
	assert_int_equal(e->code.len, 8192);
	assert_int_equal(e->code.prot, PROT_READ | PROT_EXEC);
	assert_true(e->code.anonymous && e->code.written);
	assert_false(e->code.writable);
	assert_int_equal(e->object.ino, 0);
	e = nth(l, SW_EVENT_CODE, 3);
	assert_int_equal(e->code.op, SW_CODE_PRELOAD);
	assert_string_equal(e->name.s, "LD_PRELOAD=");
	assert_int_equal(e->name.trust, SW_TRUST_USER);

	assert_int_equal(count(l, SW_EVENT_EXEC_FAILED), 1);
	e = nth(l, SW_EVENT_EXEC_FAILED, 0);
	assert_int_equal(e->cls, SW_CLASS_EXEC);
	assert_true(e->failed);
	assert_int_equal(e->result, -ENOENT);
	assert_string_equal(e->name.s, "nothing");
	assert_string_equal(e->dir.s, dir);
	assert_int_equal(e->dir.trust, SW_TRUST_KERNEL);
}

/* A place as the kernel resolved it, or as the call named it. */
static void assert_place(struct live *l, const struct sw_event *e, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (l->features.lsm_classes & 1u << SW_CLASS_MOUNT) {
		assert_string_equal(e->name.s, path);
		assert_int_equal(e->name.trust, SW_TRUST_KERNEL);
		assert_int_equal(e->dir.trust, SW_TRUST_NONE);
		assert_true(e->object.ino != 0);
	} else {
		assert_string_equal(e->dir.s, dir);
		assert_string_equal(e->name.s, name);
		assert_int_equal(e->name.trust, SW_TRUST_USER);
		assert_int_equal(e->object.ino, 0);
	}
	assert_false(e->name.truncated);
}

static void test_mounts(void **state)
{
	struct live *l = ready(state);
	const struct sw_event *e;
	bool lsm = l->features.lsm_classes & 1u << SW_CLASS_MOUNT;
	char path[PATH_MAX];

	act(l, "mounts");
	assert_int_equal(count(l, SW_EVENT_MOUNT), 3);
	e = nth(l, SW_EVENT_MOUNT, 0);
	assert_int_equal(e->mount.op, SW_MOUNT_PROPAGATION);
	e = nth(l, SW_EVENT_MOUNT, 1);
	assert_int_equal(e->cls, SW_CLASS_MOUNT);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_MOUNT);
	assert_true(e->undecided);
	assert_int_equal(e->mount.op, SW_MOUNT_NEW);
	assert_int_equal(e->mount.flags, MS_NOSUID);
	assert_string_equal(e->mount.fs_type, "tmpfs");
	assert_place(l, e, "db");
	snprintf(path, sizeof(path), "%s/db", dir);
	if (lsm) /* what is mounted over */
		whole_status(&e->object, path, SW_OBJ_PKGDB, true);
	assert_string_equal(e->name2.s, "nowhere");
	assert_int_equal(e->name2.trust, lsm ? SW_TRUST_COPIED : SW_TRUST_USER);
	e = nth(l, SW_EVENT_MOUNT, 2);
	assert_int_equal(e->mount.op, SW_MOUNT_UMOUNT);
	assert_int_equal(e->mount.flags, MNT_DETACH);
	assert_place(l, e, "db");
	if (lsm) { /* what goes: the mount's own root */
		assert_int_equal(e->object.fs_magic, TMPFS_MAGIC);
		assert_true(S_ISDIR(e->object.mode) && e->object.nlink > 0);
		assert_int_equal(e->object.class_bits, 0);
		assert_false(e->object.on_root || e->object.in_baseline_map || e->object.deleted);
	}
	assert_string_equal(e->mount.fs_type, "");
	assert_int_equal(e->name2.trust, SW_TRUST_NONE);
}

static void assert_mount(const struct sw_event *e, enum sw_mount_op op, uint64_t flags,
			 uint32_t violations)
{
	assert_int_equal(e->cls, SW_CLASS_MOUNT);
	assert_int_equal(e->mount.op, op);
	assert_int_equal(e->mount.flags, flags);
	assert_int_equal(e->violations, violations);
	assert_true(e->undecided);
	assert_int_equal(e->object.ino, 0);
}

static void test_mounted(void **state)
{
	const uint32_t broken = 1u << SW_VIOLATION_MOUNT;
	struct live *l = ready(state);
	const struct sw_event *e;
	size_t n = 4;

	act(l, "mounted");
	e = nth(l, SW_EVENT_MOUNT, 2);
	assert_mount(e, SW_MOUNT_RECONFIGURE, FSCONFIG_CMD_RECONFIGURE, broken);
	assert_string_equal(e->mount.fs_type, "tmpfs");
	assert_int_equal(e->name.trust, SW_TRUST_NONE);
	assert_int_equal(e->name2.trust, SW_TRUST_NONE);
	e = nth(l, SW_EVENT_MOUNT, 3);
	assert_mount(e, SW_MOUNT_SETATTR, 0, broken);
	assert_string_equal(e->name.s, "db");
	if (syscall(SYS_open_tree_attr, -1, "", 0, NULL, 0) == 0 || errno != ENOSYS) {
		e = nth(l, SW_EVENT_MOUNT, n++);
		assert_mount(e, SW_MOUNT_SETATTR, 0, broken);
		assert_string_equal(e->dir.s, dir);
		assert_string_equal(e->name.s, "db");
		assert_int_equal(e->name2.trust, SW_TRUST_NONE);
		e = nth(l, SW_EVENT_MOUNT, n++);
		assert_mount(e, SW_MOUNT_TREE, OPEN_TREE_CLONE, 0);
		assert_int_equal(e->name.trust, SW_TRUST_NONE);
		assert_string_equal(e->name2.s, "db");
	}
	assert_int_equal(count(l, SW_EVENT_MOUNT), n);
}

static void test_privilege(void **state)
{
	struct live *l = ready(state);
	const struct sw_privilege *p;
	const struct sw_event *e;

	act(l, "privilege");
	assert_int_equal(count(l, SW_EVENT_PRIVILEGE), 3);
	e = nth(l, SW_EVENT_PRIVILEGE, 0);
	p = &e->privilege;
	assert_int_equal(e->cls, SW_CLASS_PRIVILEGE);
	assert_int_equal(e->violations, 0);
	assert_int_equal(p->op, SW_PRIVILEGE_SETID);
	assert_int_equal(p->old_ids[SW_ID_UID], 0);
	assert_int_equal(p->new_ids[SW_ID_UID], 1000);
	assert_int_equal(p->new_ids[SW_ID_EUID], 1000);
	assert_int_equal(p->new_ids[SW_ID_SUID], 0);
	assert_int_equal(p->new_ids[SW_ID_FSUID], 1000);
	for (int i = SW_ID_UID; i <= SW_ID_FSUID; i++)
		assert_int_equal(p->old_ids[i], 0);
	for (int i = SW_ID_GID; i < SW_IDS; i++)
		assert_true(p->old_ids[i] == 0 && p->new_ids[i] == 0);
	assert_int_equal(p->user_ns, ino_of("/proc/self/ns/user"));
	assert_true(p->effective_old != 0);
	assert_int_equal(p->effective_new, 0);
	assert_int_equal(p->permitted_new, p->permitted_old);
	e = nth(l, SW_EVENT_PRIVILEGE, 1);
	assert_int_equal(e->violations, 0);
	assert_int_equal(e->privilege.effective_new, e->privilege.permitted_new);
	e = nth(l, SW_EVENT_PRIVILEGE, 2);
	assert_int_equal(e->privilege.op, SW_PRIVILEGE_USERNS);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_PRIVILEGE);
	assert_true(e->privilege.user_ns != 0 && e->privilege.user_ns != p->user_ns);
}

static void test_gains(void **state)
{
	struct live *l = ready(state);
	const uint64_t kill_bit = 1u << CAP_KILL;
	const struct sw_privilege *p;
	char path[PATH_MAX];

	copy("/bin/true", "suid", 04755);
	assert_int_equal(chmod(dir, 0711), 0);
	act(l, "gains");
	assert_int_equal(count(l, SW_EVENT_PRIVILEGE), 4);
	p = &nth(l, SW_EVENT_PRIVILEGE, 0)->privilege;
	assert_int_equal(p->op, SW_PRIVILEGE_CAPSET);
	assert_int_equal(p->effective_new, p->effective_old & ~kill_bit);
	assert_int_equal(p->permitted_new, p->permitted_old);
	assert_int_equal(nth(l, SW_EVENT_PRIVILEGE, 0)->violations, 0);
	assert_memory_equal(p->old_ids, p->new_ids, sizeof(p->new_ids));
	p = &nth(l, SW_EVENT_PRIVILEGE, 1)->privilege;
	assert_int_equal(p->op, SW_PRIVILEGE_CAPSET);
	assert_int_equal(p->effective_new, p->effective_old | kill_bit);
	assert_int_equal(nth(l, SW_EVENT_PRIVILEGE, 1)->violations, 0); /* it was permitted */
	assert_int_equal(nth(l, SW_EVENT_PRIVILEGE, 2)->privilege.op, SW_PRIVILEGE_SETID);
	assert_int_equal(nth(l, SW_EVENT_PRIVILEGE, 2)->privilege.permitted_new, 0);
	p = &nth(l, SW_EVENT_PRIVILEGE, 3)->privilege;
	assert_int_equal(p->op, SW_PRIVILEGE_EXEC);
	assert_int_equal(p->old_ids[SW_ID_EUID], 1000);
	assert_int_equal(p->new_ids[SW_ID_EUID], 0);
	assert_int_equal(p->new_ids[SW_ID_UID], 1000);
	assert_int_equal(p->effective_old, 0);
	assert_true(p->effective_new & kill_bit);
	assert_int_equal(nth(l, SW_EVENT_PRIVILEGE, 3)->violations, 1u << SW_VIOLATION_PRIVILEGE);
	snprintf(path, sizeof(path), "%s/suid", dir);
	assert_true(nth(l, SW_EVENT_EXEC, 1)->secure_exec);
	whole_object(&nth(l, SW_EVENT_EXEC, 1)->object, path, 0, false);
}

static void test_injection(void **state)
{
	static const enum sw_injection_op ops[] = {SW_INJECTION_VM_WRITE, SW_INJECTION_MEM_OPEN,
						   SW_INJECTION_GETFD, SW_INJECTION_PTRACE};
	struct live *l = ready(state);

	act(l, "injection");
	assert_int_equal(count(l, SW_EVENT_INJECTION), 4);
	for (size_t i = 0; i < 4; i++) {
		const struct sw_event *e = nth(l, SW_EVENT_INJECTION, i);
		const struct sw_injection *j = &e->injection;

		assert_int_equal(e->cls, SW_CLASS_INJECTION);
		assert_int_equal(e->violations, 1u << SW_VIOLATION_INJECTION);
		assert_int_equal(j->op, ops[i]);
		assert_true(j->target_tgid > 0 && j->target_tgid != e->actor.tgid);
		assert_int_equal(j->target_tid, j->target_tgid);
		assert_int_equal(j->target_tgid,
				 nth(l, SW_EVENT_INJECTION, 0)->injection.target_tgid);
		assert_in_range(j->target_start_ns, e->actor.start_ns, e->boot_ns);
		assert_int_equal(j->target_slot, l->slot);
		assert_string_equal(j->target_comm, e->actor.comm);
		assert_int_equal(j->request, ops[i] == SW_INJECTION_PTRACE  ? PTRACE_ATTACH
					     : ops[i] == SW_INJECTION_GETFD ? 1
									    : 0);
		assert_int_equal(j->len, ops[i] == SW_INJECTION_VM_WRITE ? 6 : 0);
		assert_int_equal(j->addr, 0);
	}
}

/* Not every kernel has the call. */
static bool watched(const struct live *l, const char *call)
{
	for (size_t i = 0; i < l->features.n_hooks; i++)
		if (l->features.hooks[i].attached && strstr(l->features.hooks[i].name, call))
			return true;
	return false;
}

static void assert_kernel(const struct sw_event *e, enum sw_kernel_op op, bool failed)
{
	assert_int_equal(e->cls, SW_CLASS_KERNEL);
	assert_int_equal(e->kernel.op, op);
	assert_int_equal(e->kernel.command, 0);
	assert_int_equal(e->kernel.arg, 0);
	assert_int_equal(e->name.trust, SW_TRUST_NONE);
	assert_int_equal(e->failed, failed);
	assert_true(failed ? e->result < 0 : e->result == 0);
	assert_int_equal(e->violations, failed ? 0 : 1u << SW_VIOLATION_KERNEL);
}

static void test_kernel(void **state)
{
	struct live *l = ready(state);
	const struct {
		const char *call;
		enum sw_kernel_op op;
	} refused[] = {{"kexec_file_load", SW_KERNEL_KEXEC},
		       {"finit_module", SW_KERNEL_MODULE_LOAD},
		       {"delete_module", SW_KERNEL_MODULE_UNLOAD}};
	const struct sw_event *e;
	size_t n = 3;

	act(l, "kernel");
	e = nth(l, SW_EVENT_KERNEL, 0);
	assert_int_equal(e->cls, SW_CLASS_KERNEL);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_KERNEL);
	assert_int_equal(e->kernel.op, SW_KERNEL_CONTROL);
	assert_string_equal(e->name.s, "/proc/sys/kernel/core_pattern");
	assert_int_equal(e->name.trust, SW_TRUST_KERNEL);
	assert_int_equal(e->kernel.command, 0);
	assert_int_equal(e->kernel.arg, 0);
	e = nth(l, SW_EVENT_KERNEL, 1);
	assert_int_equal(e->name.trust, SW_TRUST_NONE);
	assert_int_equal(e->kernel.op, SW_KERNEL_BPF);
	assert_int_equal(e->kernel.command, BPF_MAP_CREATE);
	assert_int_equal(e->kernel.arg, 0);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_KERNEL);
	assert_int_equal(e->result, 0);
	e = nth(l, SW_EVENT_KERNEL, 2);
	assert_true(e->failed);
	assert_int_equal(e->result, -EINVAL);
	assert_int_equal(e->violations, 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (watched(l, refused[i].call))
			assert_kernel(nth(l, SW_EVENT_KERNEL, n++), refused[i].op, true);
	assert_int_equal(count(l, SW_EVENT_KERNEL), n);
}

static void test_devices(void **state)
{
	struct live *l = ready(state);
	const struct sw_event *e;
	char path[PATH_MAX];
	size_t n = 1;
	int memory;

	act(l, "devices");
	e = nth(l, SW_EVENT_KERNEL, 0);
	snprintf(path, sizeof(path), "%s/disk", dir);
	assert_int_equal(e->cls, SW_CLASS_KERNEL);
	assert_int_equal(e->kernel.op, SW_KERNEL_DEVICE);
	assert_int_equal(e->kernel.command, 0);
	assert_int_equal(e->kernel.arg, major(some_disk()) << 20 | minor(some_disk()));
	assert_string_equal(e->name.s, path);
	assert_int_equal(e->name.trust, SW_TRUST_KERNEL);
	assert_int_equal(e->violations, 0);
	snprintf(path, sizeof(path), "%s/memory", dir);
	memory = open(path, O_WRONLY | O_CLOEXEC);
	if (memory >= 0) {
		close(memory);
		e = nth(l, SW_EVENT_KERNEL, n++);
		assert_int_equal(e->kernel.op, SW_KERNEL_CONTROL);
		assert_int_equal(e->kernel.arg, major(MEMORY) << 20 | minor(MEMORY));
		assert_string_equal(e->name.s, path);
		assert_int_equal(e->violations, 1u << SW_VIOLATION_KERNEL);
	}
	assert_int_equal(count(l, SW_EVENT_KERNEL), n);
}

/* The same when they succeed: for a kernel that may be changed, in a virtual machine. */
static void test_change(void **state)
{
	struct live *l = ready(state);

	if (!getenv("STIGWATCH_MODULE")) {
		print_message("skipped: no module is to be loaded on this machine\n");
		skip();
	}
	act(l, "change");
	assert_int_equal(count(l, SW_EVENT_KERNEL), 3);
	assert_kernel(nth(l, SW_EVENT_KERNEL, 0), SW_KERNEL_MODULE_LOAD, false);
	assert_kernel(nth(l, SW_EVENT_KERNEL, 1), SW_KERNEL_MODULE_UNLOAD, false);
	assert_kernel(nth(l, SW_EVENT_KERNEL, 2), SW_KERNEL_KEXEC, false);
}

static void test_uring(void **state)
{
	struct live *l = ready(state);
	const struct sw_event *e;

	act(l, "uring");
	assert_int_equal(count(l, SW_EVENT_URING), 2);
	e = nth(l, SW_EVENT_URING, 0);
	assert_int_equal(e->cls, SW_CLASS_URING);
	assert_int_equal(e->violations, 0);
	assert_int_equal(e->uring.op, SW_URING_CREATE);
	assert_int_equal(e->uring.entries, 4);
	assert_int_equal(e->uring.opcode, 0);
	assert_int_equal(e->uring.setup_flags & IORING_SETUP_SQPOLL, 0);
	assert_int_equal(e->name.trust, SW_TRUST_NONE);
	assert_false(e->attempt);
	e = nth(l, SW_EVENT_URING, 1); /* the second of its kind is not told of */
	assert_int_equal(e->uring.op, SW_URING_SUBMIT);
	assert_int_equal(e->uring.opcode, IORING_OP_UNLINKAT);
	assert_int_equal(e->uring.entries, 0);
	assert_int_equal(e->uring.setup_flags, nth(l, SW_EVENT_URING, 0)->uring.setup_flags);
	assert_string_equal(e->name.s, "absent");
	assert_int_equal(e->name.trust, SW_TRUST_COPIED);
	assert_true(e->attempt);
	assert_int_equal(e->violations, 0);
}

static void test_network(void **state)
{
	struct live *l = ready(state);
	const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
	const struct sw_event *e;
	char path[PATH_MAX];

	act(l, "network");
	assert_int_equal(count(l, SW_EVENT_NETWORK), 3);
	e = nth(l, SW_EVENT_NETWORK, 0);
	assert_int_equal(e->cls, SW_CLASS_NETWORK);
	assert_int_equal(e->violations, 0);
	assert_int_equal(e->network.op, SW_NETWORK_LISTEN);
	assert_int_equal(e->network.family, AF_INET);
	assert_int_equal(e->network.type, SOCK_STREAM);
	assert_int_equal(e->network.protocol, IPPROTO_TCP);
	assert_memory_equal(e->network.local, &loopback, 4);
	assert_true(e->network.local_port > 0);
	assert_int_equal(e->network.remote_port, 0);
	e = nth(l, SW_EVENT_NETWORK, 1);
	assert_int_equal(e->network.op, SW_NETWORK_CONNECT);
	assert_memory_equal(e->network.remote, &loopback, 4);
	assert_int_equal(e->network.remote_port, nth(l, SW_EVENT_NETWORK, 0)->network.local_port);
	assert_int_equal(e->network.family, AF_INET);
	assert_int_equal(e->network.type, SOCK_STREAM);
	assert_int_equal(e->network.protocol, IPPROTO_TCP);
	assert_memory_equal(e->network.local, &loopback, 4);
	assert_true(e->network.local_port > 0);
	assert_int_equal(e->name.trust, SW_TRUST_NONE);
	e = nth(l, SW_EVENT_NETWORK, 2);
	snprintf(path, sizeof(path), "%s/socket", dir);
	assert_int_equal(e->network.op, SW_NETWORK_LISTEN);
	assert_int_equal(e->network.family, AF_UNIX);
	assert_int_equal(e->network.type, SOCK_STREAM);
	assert_int_equal(e->network.protocol, 0);
	assert_int_equal(e->network.local_port | e->network.remote_port, 0);
	assert_string_equal(e->name.s, path);
}

static void test_compat(void **state)
{
	struct live *l = ready(state);

#ifdef __x86_64__
	act(l, "compat");
	if (!l->features.calls32) {
		print_message("skipped: the kernel has no 32-bit system calls\n");
		skip();
	}
	/* by what it does it is seen like any other: test_live_32bit.c */
	if (!strcmp(l->features.back_end, "lsm")) {
		assert_int_equal(count(l, SW_EVENT_COMPAT), 0);
		return;
	}
	assert_int_equal(count(l, SW_EVENT_COMPAT), 1);
	const struct sw_event *e = nth(l, SW_EVENT_COMPAT, 0);
	assert_int_equal(e->cls, SW_CLASS_COMPAT);
	assert_int_equal(e->compat_use.op, SW_COMPAT_CALL);
	assert_int_equal(e->compat_use.nr, 8);
	assert_int_equal(e->compat_use.classes, 1u << SW_CLASS_FILE);
	assert_true(e->compat);
	assert_int_equal(e->violations, 0);
#else
	print_message("skipped: only x86 has such calls\n");
	skip();
#endif
}

static void test_image(void **state)
{
	struct live *l = ready(state);

#ifdef __x86_64__
	act(l, "image");
	if (count(l, SW_EVENT_EXEC_FAILED)) {
		print_message("skipped: the kernel has no 32-bit programs\n");
		skip();
	}
	assert_int_equal(count(l, SW_EVENT_COMPAT), 1);
	const struct sw_event *e = nth(l, SW_EVENT_COMPAT, 0);
	assert_int_equal(e->compat_use.op, SW_COMPAT_IMAGE);
	assert_int_equal(e->compat_use.nr, 0);
	assert_int_equal(e->violations, 0);
	assert_string_equal(e->actor.comm, "image32");
	assert_string_equal(nth(l, SW_EVENT_EXEC, 1)->actor.comm, "image32");
#else
	print_message("skipped: only x86 has such programs\n");
	skip();
#endif
}

/* A cgroup that is named like a container's: a slot from the moment of its making to its end. */
static void test_life(void **state)
{
	struct live *l = ready(state);
	char path[PATH_MAX + 80], name[65];
	const struct sw_event *e;
	uint32_t slot = l->slot;
	struct stat st;

	snprintf(name, sizeof(name), "%064x", (unsigned int)getpid());
	snprintf(path, sizeof(path), "%s/%s", group, name);
	sw_loader_set_watch_new(l->loader, true);
	l->slot = 0; /* of any */
	assert_int_equal(sw_loader_release(l->loader, slot), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(rmdir(path), 0);
	sw_loader_set_watch_new(l->loader, false);
	drain(l);
	assert_int_equal(l->n, 2);
	for (size_t i = 0; i < 2; i++) {
		e = nth(l, i ? SW_EVENT_CONTAINER_GONE : SW_EVENT_CONTAINER_NEW, 0);
		l->slot = e->slot;
		whole_event(e, l->slot, st.st_ino);
		assert_int_equal(e->actor.tgid, getpid());
		assert_int_equal(e->violations, 0);
		assert_int_equal(e->cgroup_id, st.st_ino);
		assert_int_equal(e->hierarchy_id, 0);
		assert_string_equal(e->cgroup_name, name);
	}
	assert_int_equal(nth(l, SW_EVENT_CONTAINER_GONE, 0)->slot, l->slot);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_code),    TEST(test_mounts),	TEST(test_privilege), TEST(test_injection),
		TEST(test_kernel),  TEST(test_uring),	TEST(test_network),   TEST(test_compat),
		TEST(test_mounted), TEST(test_devices), TEST(test_gains),     TEST(test_image),
		TEST(test_life),    TEST(test_change),
#undef TEST
	};
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0)
		self[n] = '\0';
	if (live_deed_run(deeds, sizeof(deeds) / sizeof(*deeds), argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
