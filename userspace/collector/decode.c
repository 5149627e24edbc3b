/* SPDX-License-Identifier: Apache-2.0 */
/* Wire record to event. Trusts nothing in the record: every offset and number is checked; judges
 * nothing. */
#include "collector/decode.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "abi/event_abi.h"
#include "collector/record.h"
#include "event/event.h"
#include "stigwatch/cleanup.h"

/* The sensors have numbers of their own, since bpf/ includes nothing of ours: they must be the
 * same. */
_Static_assert((int)SW_EVENT_EXEC == SW_WIRE_EXEC && (int)SW_EVENT_FILE == SW_WIRE_FILE &&
		       (int)SW_EVENT_NAMESPACE == SW_WIRE_NAMESPACE &&
		       (int)SW_EVENT_ENTRY == SW_WIRE_ENTRY &&
		       (int)SW_EVENT_CONTAINER_NEW == SW_WIRE_CONTAINER_NEW &&
		       (int)SW_EVENT_CONTAINER_GONE == SW_WIRE_CONTAINER_GONE &&
		       (int)SW_EVENT_EXEC_FAILED == SW_WIRE_EXEC_FAILED &&
		       (int)SW_EVENT_CODE == SW_WIRE_CODE && (int)SW_EVENT_MOUNT == SW_WIRE_MOUNT &&
		       (int)SW_EVENT_PRIVILEGE == SW_WIRE_PRIVILEGE &&
		       (int)SW_EVENT_INJECTION == SW_WIRE_INJECTION &&
		       (int)SW_EVENT_URING == SW_WIRE_URING &&
		       (int)SW_EVENT_KERNEL == SW_WIRE_KERNEL &&
		       (int)SW_EVENT_NETWORK == SW_WIRE_NETWORK &&
		       (int)SW_EVENT_COMPAT == SW_WIRE_COMPAT &&
		       (int)_SW_EVENT_TYPE_MAX == SW_WIRE_TYPES,
	       "event types");
_Static_assert(_SW_CLASS_MAX == SW_ABI_CLASSES && (int)SW_CLASS_EXEC == SW_WIRE_CLS_EXEC &&
		       (int)SW_CLASS_FILE == SW_WIRE_CLS_FILE &&
		       (int)SW_CLASS_NAMESPACE == SW_WIRE_CLS_NS &&
		       (int)SW_CLASS_LIFE == SW_WIRE_CLS_LIFE &&
		       (int)SW_CLASS_CODE == SW_WIRE_CLS_CODE &&
		       (int)SW_CLASS_MOUNT == SW_WIRE_CLS_MOUNT &&
		       (int)SW_CLASS_PRIVILEGE == SW_WIRE_CLS_PRIVILEGE &&
		       (int)SW_CLASS_INJECTION == SW_WIRE_CLS_INJECTION &&
		       (int)SW_CLASS_URING == SW_WIRE_CLS_URING &&
		       (int)SW_CLASS_KERNEL == SW_WIRE_CLS_KERNEL &&
		       (int)SW_CLASS_NETWORK == SW_WIRE_CLS_NETWORK &&
		       (int)SW_CLASS_COMPAT == SW_WIRE_CLS_COMPAT,
	       "classes");
_Static_assert(_SW_VIOLATION_MAX == SW_ABI_VIOLATIONS &&
		       (int)SW_VIOLATION_SHELL == SW_WIRE_V_SHELL &&
		       (int)SW_VIOLATION_PKG_EXEC == SW_WIRE_V_PKG_EXEC &&
		       (int)SW_VIOLATION_PKG_DB == SW_WIRE_V_PKG_DB &&
		       (int)SW_VIOLATION_IMMUTABLE == SW_WIRE_V_IMMUTABLE &&
		       (int)SW_VIOLATION_DRIFT == SW_WIRE_V_DRIFT &&
		       (int)SW_VIOLATION_NAMESPACE == SW_WIRE_V_NAMESPACE &&
		       (int)SW_VIOLATION_ENTRY == SW_WIRE_V_ENTRY &&
		       (int)SW_VIOLATION_MOUNT == SW_WIRE_V_MOUNT &&
		       (int)SW_VIOLATION_PRIVILEGE == SW_WIRE_V_PRIVILEGE &&
		       (int)SW_VIOLATION_INJECTION == SW_WIRE_V_INJECTION &&
		       (int)SW_VIOLATION_KERNEL == SW_WIRE_V_KERNEL,
	       "violations");
_Static_assert((int)SW_FILE_OPEN_WRITE == SW_WIRE_OPEN_WRITE &&
		       (int)SW_FILE_TRUNCATE == SW_WIRE_TRUNCATE &&
		       (int)SW_FILE_CONTENT == SW_WIRE_CONTENT &&
		       (int)SW_FILE_CREATE == SW_WIRE_CREATE &&
		       (int)SW_FILE_RENAME == SW_WIRE_RENAME && (int)SW_FILE_LINK == SW_WIRE_LINK &&
		       (int)SW_FILE_SYMLINK == SW_WIRE_SYMLINK &&
		       (int)SW_FILE_UNLINK == SW_WIRE_UNLINK &&
		       (int)SW_FILE_CHMOD == SW_WIRE_CHMOD && (int)SW_FILE_CHOWN == SW_WIRE_CHOWN &&
		       (int)SW_FILE_EXCHANGE == SW_WIRE_EXCHANGE &&
		       (int)SW_FILE_MKNOD == SW_WIRE_MKNOD && (int)SW_FILE_MKDIR == SW_WIRE_MKDIR &&
		       (int)SW_FILE_RMDIR == SW_WIRE_RMDIR && (int)SW_FILE_XATTR == SW_WIRE_XATTR &&
		       (int)SW_FILE_FILECAPS == SW_WIRE_FILECAPS &&
		       (int)SW_FILE_INODE_FLAGS == SW_WIRE_INODE_FLAGS &&
		       (int)SW_FILE_ALLOCATE == SW_WIRE_ALLOCATE &&
		       (int)SW_FILE_CLONE_RANGE == SW_WIRE_CLONE_RANGE &&
		       (int)_SW_FILE_OP_MAX == SW_WIRE_FILE_OPS,
	       "file operations");
_Static_assert((int)SW_NS_CLONE == SW_WIRE_NS_CLONE && (int)SW_NS_UNSHARE == SW_WIRE_NS_UNSHARE &&
		       (int)SW_NS_SETNS == SW_WIRE_NS_SETNS && (int)SW_NS_ROOT == SW_WIRE_NS_ROOT &&
		       (int)_SW_NS_OP_MAX == SW_WIRE_NS_OPS,
	       "namespace operations");
_Static_assert((int)SW_TRUST_KERNEL == SW_WIRE_T_KERNEL &&
		       (int)SW_TRUST_COPIED == SW_WIRE_T_COPIED &&
		       (int)SW_TRUST_USER == SW_WIRE_T_USER,
	       "trust");
_Static_assert(SW_OBJ_SHELL == SW_CB_SHELL && SW_OBJ_PACKAGE_MANAGER == SW_CB_PACKAGE_MANAGER &&
		       SW_OBJ_LOADER == SW_CB_LOADER && SW_OBJ_INTERPRETER == SW_CB_INTERPRETER &&
		       SW_OBJ_LIBRARY == SW_CB_LIBRARY && SW_OBJ_EXECUTABLE == SW_CB_EXECUTABLE &&
		       SW_OBJ_MULTICALL == SW_CB_MULTICALL && SW_OBJ_PKGDB == SW_CB_PKGDB &&
		       SW_OBJ_DATA == SW_CB_DATA,
	       "classes of objects");
_Static_assert(SW_EVENT_PATH_MAX >= SW_WIRE_PATH_MAX && SW_EVENT_ARGS_MAX >= SW_WIRE_ARGS_MAX,
	       "strings fit");

static const size_t fixed_size[] = {
	[SW_WIRE_EXEC] = sizeof(struct sw_wire_exec),
	[SW_WIRE_FILE] = sizeof(struct sw_wire_file),
	[SW_WIRE_NAMESPACE] = sizeof(struct sw_wire_ns),
	[SW_WIRE_ENTRY] = sizeof(struct sw_wire_entry),
	[SW_WIRE_CONTAINER_NEW] = sizeof(struct sw_wire_container),
	[SW_WIRE_CONTAINER_GONE] = sizeof(struct sw_wire_container),
	[SW_WIRE_EXEC_FAILED] = sizeof(struct sw_wire_exec_failed),
	[SW_WIRE_CODE] = sizeof(struct sw_wire_code),
	[SW_WIRE_MOUNT] = sizeof(struct sw_wire_mount),
	[SW_WIRE_PRIVILEGE] = sizeof(struct sw_wire_privilege),
	[SW_WIRE_INJECTION] = sizeof(struct sw_wire_injection),
	[SW_WIRE_URING] = sizeof(struct sw_wire_uring),
	[SW_WIRE_KERNEL] = sizeof(struct sw_wire_kernel),
	[SW_WIRE_NETWORK] = sizeof(struct sw_wire_network),
	[SW_WIRE_COMPAT] = sizeof(struct sw_wire_compat),
};
_Static_assert(SW_ARRAY_LEN(fixed_size) == SW_WIRE_TYPES, "a size for each type");

#define DEV_MINOR_BITS 20

uint32_t sw_dev_decode(uint32_t kernel_dev)
{
	return (uint32_t)makedev(kernel_dev >> DEV_MINOR_BITS,
				 kernel_dev & ((1u << DEV_MINOR_BITS) - 1));
}

uint32_t sw_dev_encode(uint64_t st_dev)
{
	return (uint32_t)major(st_dev) << DEV_MINOR_BITS | minor(st_dev);
}

/* Components leaf first to a path: "sh\0bin\0" -> "/bin/sh". n bytes at s, the last one NUL. */
static void path_turn(const char *s, size_t n, bool rooted, struct sw_string *ret)
{
	size_t at = 0;

	if (rooted)
		ret->s[at++] = '/';
	while (n) {
		size_t start = n - 1;

		while (start > 0 && s[start - 1])
			start--;
		size_t len = n - 1 - start;
		bool slash = start > 0;

		if (at + len + slash + 1 > sizeof(ret->s)) {
			ret->truncated = true;
			break;
		}
		memcpy(ret->s + at, s + start, len);
		at += len;
		if (slash)
			ret->s[at++] = '/';
		n = start;
	}
	ret->s[at] = '\0';
	ret->len = (uint16_t)at;
}

/* Where a string lies in the record, or NULL: none, or (then *ok is false) outside the record. */
const char *record_string_at(const struct record *r, const struct sw_wire_str *w, bool *ok)
{
	if (w->trust > SW_WIRE_T_USER ||
	    (w->len && (w->off < r->fixed || w->off + w->len > r->size)))
		*ok = false;
	return *ok && w->len ? (const char *)r->data + w->off : NULL;
}

bool record_string(const struct record *r, const struct sw_wire_str *w, struct sw_string *ret)
{
	bool ok = true;
	const char *s = record_string_at(r, w, &ok);

	if (!ok)
		return false;
	ret->trust = (enum sw_trust)w->trust;
	ret->truncated = w->flags & SW_STR_TRUNCATED;
	ret->len = 0;
	ret->s[0] = '\0';
	if (w->flags & SW_STR_LEAF_FIRST) {
		if (s && s[w->len - 1])
			return false;
		path_turn(s, w->len, w->flags & SW_STR_ROOTED, ret);
		return true;
	}
	if (!s)
		return true;
	if (s[w->len - 1] || w->len > sizeof(ret->s))
		return false;
	ret->len = (uint16_t)strnlen(s, w->len);
	memcpy(ret->s, s, (size_t)ret->len + 1);
	return true;
}

static void actor_get(const struct sw_wire_actor *w, struct sw_process *ret)
{
	*ret = (struct sw_process){
		.tgid = w->tgid,
		.tid = w->tid,
		.start_ns = w->start_ns,
		.parent_tgid = w->parent_tgid,
		.parent_start_ns = w->parent_start_ns,
		.uid = w->uid,
		.euid = w->euid,
		.gid = w->gid,
		.egid = w->egid,
		.cap_effective = w->cap_effective,
		.entry = w->entry,
	};
	memcpy(ret->comm, w->comm, sizeof(ret->comm));
	ret->comm[sizeof(ret->comm) - 1] = '\0';
}

bool record_object(const struct record *r, const struct sw_wire_object *w, struct sw_object *ret)
{
	ret->ino = w->ino;
	ret->dev = sw_dev_decode(w->dev);
	ret->generation = w->generation;
	ret->real_ino = w->real_ino;
	ret->real_dev = sw_dev_decode(w->real_dev);
	ret->mode = w->mode;
	ret->nlink = w->nlink;
	ret->uid = w->uid;
	ret->gid = w->gid;
	ret->size = w->size;
	ret->fs_magic = w->fs_magic;
	ret->overlay_upper = w->flags & SW_WOBJ_UPPER;
	ret->overlay_data = w->flags & SW_WOBJ_UPPERDATA;
	ret->on_root = w->flags & SW_WOBJ_ON_ROOT;
	ret->memfd = w->flags & SW_WOBJ_MEMFD;
	ret->deleted = w->flags & SW_WOBJ_DELETED;
	ret->class_bits = w->class_bits;
	ret->in_baseline_map = w->flags & SW_WOBJ_IN_BASELINE;
	return record_string(r, &w->path, &ret->path);
}

bool record_args(const struct record *r, const struct sw_wire_str *w, struct sw_event *ret)
{
	bool ok = true;
	const char *args = record_string_at(r, w, &ok);

	if (!ok || w->len > sizeof(ret->args))
		return false;
	if (args)
		memcpy(ret->args, args, w->len);
	ret->args_len = w->len;
	ret->args_truncated = w->flags & SW_STR_TRUNCATED;
	return true;
}

static bool exec_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_exec *w = (const void *)r->data;

	memcpy(ret->applet, w->applet, sizeof(ret->applet));
	ret->applet[sizeof(ret->applet) - 1] = '\0';
	ret->secure_exec = w->h.flags & SW_WIRE_SECUREEXEC;
	return record_args(r, &w->args, ret) && record_object(r, &w->obj, &ret->object) &&
	       record_string(r, &w->filename, &ret->filename) &&
	       record_string(r, &w->interp, &ret->interp);
}

static bool file_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_file *w = (const void *)r->data;

	if (w->op >= SW_WIRE_FILE_OPS)
		return false;
	ret->file_op = (enum sw_file_op)w->op;
	ret->open_flags = w->open_flags;
	ret->new_mode = w->new_mode;
	ret->file_detail = w->detail;
	ret->path_form = w->h.flags & SW_WIRE_PATH_FORM;
	return record_object(r, &w->obj, &ret->object) && record_string(r, &w->dir, &ret->dir) &&
	       record_string(r, &w->name, &ret->name) && record_string(r, &w->dir2, &ret->dir2) &&
	       record_string(r, &w->name2, &ret->name2);
}

static bool ns_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_ns *w = (const void *)r->data;

	if (w->op >= SW_WIRE_NS_OPS)
		return false;
	ret->ns_op = (enum sw_ns_op)w->op;
	ret->ns_bits = w->bits;
	ret->ns_child_tgid = w->child_tgid;
	return true;
}

static bool container_get(const struct record *r, struct sw_event *ret)
{
	const struct sw_wire_container *w = (const void *)r->data;
	bool ok = true;
	const char *name = record_string_at(r, &w->name, &ok);

	if (!ok)
		return false;
	ret->cgroup_id = w->cgroup_id;
	ret->hierarchy_id = w->hierarchy_id;
	if (name)
		snprintf(ret->cgroup_name, sizeof(ret->cgroup_name), "%.*s", (int)w->name.len,
			 name);
	return true;
}

static bool body_get(const struct record *r, struct sw_event *ret)
{
	switch (ret->type) {
	case SW_EVENT_EXEC:
		return exec_get(r, ret);
	case SW_EVENT_FILE:
		return file_get(r, ret);
	case SW_EVENT_NAMESPACE:
		return ns_get(r, ret);
	case SW_EVENT_ENTRY:
		ret->entry_ordinal = ((const struct sw_wire_entry *)(const void *)r->data)->ordinal;
		return true;
	case SW_EVENT_CONTAINER_NEW:
	case SW_EVENT_CONTAINER_GONE:
		return container_get(r, ret);
	default:
		return record_system(r, ret);
	}
}

int sw_event_decode(const void *data, size_t size, struct sw_event *ret_event, uint8_t *ret_stream)
{
	const struct sw_wire_head *h = data;
	struct record r = {.data = data, .size = size};
	struct sw_event *e = ret_event;

	if (size < sizeof(*h) || h->abi != SW_ABI_VERSION || h->size != size ||
	    h->type >= SW_WIRE_TYPES || h->cls >= SW_ABI_CLASSES || size < fixed_size[h->type] ||
	    h->violations >> SW_ABI_VIOLATIONS)
		return -EPROTO;
	r.fixed = fixed_size[h->type];
	sw_event_clear(e);
	e->type = (enum sw_event_type)h->type;
	e->cls = (enum sw_event_class)h->cls;
	e->slot = h->slot;
	e->slot_gen = h->slot_gen;
	e->boot_ns = h->boot_ns;
	e->cpu = h->cpu;
	e->seq = h->seq;
	e->violations = h->violations;
	e->undecided = h->flags & SW_WIRE_UNDECIDED;
	e->attempt = h->flags & SW_WIRE_ATTEMPT;
	e->failed = h->flags & SW_WIRE_FAILED;
	e->prevented = h->flags & SW_WIRE_PREVENTED;
	e->via_uring = h->flags & SW_WIRE_VIA_URING;
	e->compat = h->flags & SW_WIRE_COMPAT_TASK;
	e->result = h->result;
	actor_get(&h->actor, &e->actor);
	if (!body_get(&r, e))
		return -EPROTO;
	*ret_stream = h->stream;
	return 0;
}
