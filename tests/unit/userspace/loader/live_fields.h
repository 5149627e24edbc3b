/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every event must say, whatever its type: of itself, of who did it, of an object. The sizes
 * stand for the number of fields: who adds one finds here that a test must assert it.
 */
#pragma once

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define FIELDS(type, bytes)                                                                        \
	_Static_assert(sizeof(struct type) == (bytes), #type ": a field without a test")
FIELDS(sw_process, 80);
FIELDS(sw_object, 80 + sizeof(struct sw_string));
FIELDS(sw_code, 40);
FIELDS(sw_mount, 48);
FIELDS(sw_privilege, 112);
FIELDS(sw_injection, 64);
FIELDS(sw_uring, 16);
FIELDS(sw_kernel, 16);
FIELDS(sw_network, 52);
FIELDS(sw_compat, 12);
FIELDS(sw_event, 8288);
_Static_assert(SW_EVENT_COMPAT + 1 == _SW_EVENT_TYPE_MAX, "a type of event without a test");

#define OVERLAY_MAGIC 0x794c7630

static bool may_be_prevented; /* rules are enforced */

/* Of a program that the test itself sent in, as root, which may have become user 1000. */
static void whole_actor(const struct sw_event *e)
{
	const struct sw_process *p = &e->actor;

	assert_true(p->tgid > 1 && p->tid >= p->tgid && p->parent_tgid > 0);
	assert_in_range(p->start_ns, 1, e->boot_ns);
	assert_in_range(p->parent_start_ns, 1, p->start_ns);
	assert_in_range(strlen(p->comm), 1, sizeof(p->comm) - 1);
	assert_true((p->uid == 0 || p->uid == 1000) && (p->euid == 0 || p->euid == 1000));
	assert_int_equal(p->gid, 0);
	assert_int_equal(p->egid, 0);
	assert_true(p->euid != 0 || p->cap_effective != 0);
}

/* The part that does not depend on the type. */
static void whole_event(const struct sw_event *e, uint32_t slot, uint64_t cgroup_id)
{
	static const enum sw_event_class classes[_SW_EVENT_TYPE_MAX] = {
		[SW_EVENT_EXEC] = SW_CLASS_EXEC,
		[SW_EVENT_FILE] = SW_CLASS_FILE,
		[SW_EVENT_NAMESPACE] = SW_CLASS_NAMESPACE,
		[SW_EVENT_ENTRY] = SW_CLASS_LIFE,
		[SW_EVENT_CONTAINER_NEW] = SW_CLASS_LIFE,
		[SW_EVENT_CONTAINER_GONE] = SW_CLASS_LIFE,
		[SW_EVENT_EXEC_FAILED] = SW_CLASS_EXEC,
		[SW_EVENT_CODE] = SW_CLASS_CODE,
		[SW_EVENT_MOUNT] = SW_CLASS_MOUNT,
		[SW_EVENT_PRIVILEGE] = SW_CLASS_PRIVILEGE,
		[SW_EVENT_INJECTION] = SW_CLASS_INJECTION,
		[SW_EVENT_URING] = SW_CLASS_URING,
		[SW_EVENT_KERNEL] = SW_CLASS_KERNEL,
		[SW_EVENT_NETWORK] = SW_CLASS_NETWORK,
		[SW_EVENT_COMPAT] = SW_CLASS_COMPAT,
	};
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	assert_in_range(e->type, 0, _SW_EVENT_TYPE_MAX - 1);
	assert_int_equal(e->cls, classes[e->type]);
	assert_int_equal(e->slot, slot);
	assert_int_equal(e->slot_gen, cgroup_id);
	assert_in_range(e->boot_ns, 1, (uint64_t)now.tv_sec * 1000000000u + now.tv_nsec);
	assert_in_range(e->cpu, 0, sysconf(_SC_NPROCESSORS_CONF) - 1);
	assert_false(e->recovered || (e->prevented && !may_be_prevented) || e->via_uring);
	assert_int_equal(e->failed, e->result != 0);
	assert_int_equal(e->compat, e->type == SW_EVENT_COMPAT);
	whole_actor(e);
}

/* A file or directory of the tree, as it is now. */
static void whole_status(const struct sw_object *o, const char *path, uint32_t class_bits,
			 bool known)
{
	struct statfs fs;
	struct stat st;
	int version, fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && fstat(fd, &st) == 0 && fstatfs(fd, &fs) == 0);
	assert_int_equal(o->ino, st.st_ino);
	assert_int_equal(o->dev, st.st_dev);
	if (!ioctl(fd, FS_IOC_GETVERSION, &version))
		assert_int_equal(o->generation, (uint32_t)version);
	close(fd);
	assert_int_equal(o->fs_magic, fs.f_type);
	if (fs.f_type != OVERLAY_MAGIC) {
		assert_int_equal(o->real_ino, 0);
		assert_int_equal(o->real_dev, 0);
		assert_false(o->overlay_upper || o->overlay_data);
	}
	assert_int_equal(o->mode, st.st_mode);
	assert_int_equal(o->nlink, st.st_nlink);
	assert_int_equal(o->uid, st.st_uid);
	assert_int_equal(o->gid, st.st_gid);
	assert_int_equal(o->size, st.st_size);
	assert_true(o->on_root);
	assert_false(o->memfd || o->deleted);
	assert_int_equal(o->class_bits, class_bits);
	assert_int_equal(o->in_baseline_map, known);
}

static void whole_object(const struct sw_object *o, const char *path, uint32_t class_bits,
			 bool known)
{
	whole_status(o, path, class_bits, known);
	assert_string_equal(o->path.s, path);
	assert_int_equal(o->path.len, strlen(path));
	assert_int_equal(o->path.trust, SW_TRUST_KERNEL);
	assert_false(o->path.truncated);
}
