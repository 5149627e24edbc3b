/* SPDX-License-Identifier: Apache-2.0 */
/* Builds facts from events. Decides nothing: the engine judges. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "rules/rules.h"

static const char *location_of(const struct sw_object *o)
{
	if (o->memfd)
		return "memory";
	if (o->deleted)
		return "deleted";
	return o->on_root ? "image" : "mount";
}

static void add_actor(struct sw_fact_buf *f, const struct sw_event *ev)
{
	char comm[sizeof(ev->actor.comm) + 1];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(ev->actor.comm), ev->actor.comm);
	sw_fact_add(f, "comm", comm);
	sw_fact_addf(f, "uid", "%u", ev->actor.euid);
	sw_fact_addf(f, "entry", "%u", ev->actor.entry);
}

static void add_argv(struct sw_fact_buf *f, const struct sw_event *ev)
{
	char text[SW_EVENT_ARGS_MAX + 1];
	size_t len = ev->args_len < SW_EVENT_ARGS_MAX ? ev->args_len : SW_EVENT_ARGS_MAX;

	for (size_t i = 0; i < len; i++)
		text[i] = ev->args[i] ? ev->args[i] : ' ';
	while (len && text[len - 1] == ' ')
		len--;
	sw_fact_add_bytes(f, "argv", text, len);
}

static void fact_exec(struct sw_fact_buf *f, const struct sw_event *ev,
		      const struct sw_judged_object *obj)
{
	sw_fact_add(f, "path", obj->path);
	sw_fact_add_classes(f, obj->class_bits);
	sw_fact_add(f, "baseline", sw_baseline_state_str(obj->state));
	sw_fact_add(f, "location", location_of(&ev->object));
	if (ev->filename.trust != SW_TRUST_NONE)
		sw_fact_add(f, "filename", ev->filename.s);
	if (ev->interp.trust != SW_TRUST_NONE && strcmp(ev->interp.s, ev->filename.s) != 0)
		sw_fact_add(f, "interp", ev->interp.s);
	add_argv(f, ev);
	if (ev->applet[0])
		sw_fact_add(f, "applet", ev->applet);
	if (obj->sha256 && obj->sha256[0])
		sw_fact_add(f, "sha256", obj->sha256);
}

static void fact_file(struct sw_fact_buf *f, const struct sw_event *ev,
		      const struct sw_judged_object *obj)
{
	sw_fact_add(f, "path", obj->path);
	sw_fact_add_classes(f, obj->class_bits);
	sw_fact_add(f, "operation", sw_file_op_str(ev->file_op));
	sw_fact_add(f, "effect", sw_effect_str(obj->effect));
}

static void fact_namespace(struct sw_fact_buf *f, const struct sw_event *ev)
{
	static const char *const kinds[] = {"mnt", "uts",  "ipc",    "pid",
					    "net", "user", "cgroup", "time"};

	sw_fact_add(f, "operation", sw_ns_op_str(ev->ns_op));
	for (unsigned int i = 0; i < SW_ARRAY_LEN(kinds); i++)
		if (ev->ns_bits & (1u << i))
			sw_fact_add(f, "kind", kinds[i]);
}

/* Joins a kernel-resolved directory and a name. */
static void add_name(struct sw_fact_buf *f, const char *entity, const struct sw_string *dir,
		     const struct sw_string *name)
{
	char text[2 * SW_EVENT_PATH_MAX + 2];

	if (name->trust == SW_TRUST_NONE)
		return;
	if (dir->trust == SW_TRUST_NONE || name->s[0] == '/')
		snprintf(text, sizeof(text), "%s", name->s);
	else
		snprintf(text, sizeof(text), "%s/%s", strcmp(dir->s, "/") ? dir->s : "", name->s);
	sw_fact_add(f, entity, text);
}

static void fact_code(struct sw_fact_buf *f, const struct sw_event *ev,
		      const struct sw_judged_object *obj)
{
	const struct sw_code *c = &ev->code;

	sw_fact_add(f, "operation", sw_code_op_str(c->op));
	if (c->op == SW_CODE_PRELOAD) {
		sw_fact_add(f, "variable", ev->name.s);
		return;
	}
	sw_fact_addf(f, "protection", "%s%s%s", c->prot & PROT_READ ? "r" : "",
		     c->prot & PROT_WRITE ? "w" : "", c->prot & PROT_EXEC ? "x" : "");
	if (c->anonymous) {
		sw_fact_add(f, "location", "anonymous");
		sw_fact_add(f, "written", c->written || c->writable ? "true" : "false");
		return;
	}
	sw_fact_add(f, "path", obj->path);
	sw_fact_add_classes(f, obj->class_bits);
	sw_fact_add(f, "baseline", sw_baseline_state_str(obj->state));
	sw_fact_add(f, "location", location_of(&ev->object));
	sw_fact_add(f, "written", c->written ? "true" : "false");
	add_argv(f, ev);
	if (obj->sha256 && obj->sha256[0])
		sw_fact_add(f, "sha256", obj->sha256);
}

static void fact_mount(struct sw_fact_buf *f, const struct sw_event *ev,
		       const struct sw_judged_object *obj)
{
	sw_fact_add(f, "operation", sw_mount_op_str(ev->mount.op));
	if (obj->path && obj->path[0])
		sw_fact_add(f, "path", obj->path);
	else
		add_name(f, "path", &ev->dir, &ev->name);
	add_name(f, "source", &ev->dir2, &ev->name2);
	if (ev->mount.fs_type[0])
		sw_fact_add(f, "fs-type", ev->mount.fs_type);
	sw_fact_addf(f, "flags", "0x%llx", (unsigned long long)ev->mount.flags);
	sw_fact_add_classes(f, obj->class_bits);
	if (obj->effect == SW_EFFECT_COVERED)
		sw_fact_add(f, "effect", sw_effect_str(obj->effect));
}

static const char *const capabilities[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

/* gained: root's identity, and each capability that was not permitted before. */
static void fact_privilege(struct sw_fact_buf *f, const struct sw_event *ev)
{
	const struct sw_privilege *p = &ev->privilege;
	uint64_t caps =
		(p->effective_new | p->permitted_new) & ~(p->effective_old | p->permitted_old);
	bool root = false;

	sw_fact_add(f, "operation", sw_privilege_op_str(p->op));
	sw_fact_addf(f, "old-euid", "%u", p->old_ids[SW_ID_EUID]);
	sw_fact_addf(f, "new-euid", "%u", p->new_ids[SW_ID_EUID]);
	sw_fact_addf(f, "old-effective", "%016llx", (unsigned long long)p->effective_old);
	sw_fact_addf(f, "new-effective", "%016llx", (unsigned long long)p->effective_new);
	for (int i = SW_ID_UID; i <= SW_ID_FSUID; i++)
		root |= p->new_ids[i] == 0;
	for (int i = SW_ID_UID; i <= SW_ID_FSUID; i++)
		root &= p->old_ids[i] != 0;
	if (root)
		sw_fact_add(f, "gained", "root");
	if (p->op == SW_PRIVILEGE_USERNS)
		sw_fact_add(f, "gained", "user-namespace");
	for (unsigned int i = 0; i < 64; i++) {
		if (!(caps & (1ull << i)))
			continue;
		if (i < SW_ARRAY_LEN(capabilities))
			sw_fact_add(f, "gained", capabilities[i]);
		else
			sw_fact_addf(f, "gained", "capability-%u", i);
	}
}

static void fact_injection(struct sw_fact_buf *f, const struct sw_event *ev)
{
	const struct sw_injection *i = &ev->injection;
	char comm[sizeof(i->target_comm) + 1];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(i->target_comm), i->target_comm);
	/* request 0: the process asks to be traced by its parent */
	sw_fact_add(f, "operation",
		    i->op == SW_INJECTION_PTRACE && !i->request ? "ptrace-me"
								: sw_injection_op_str(i->op));
	if (i->op == SW_INJECTION_PTRACE)
		sw_fact_addf(f, "request", "0x%x", i->request);
	sw_fact_addf(f, "target-pid", "%u", i->target_tgid);
	sw_fact_add(f, "target-comm", comm);
	sw_fact_add(f, "target",
		    i->target_tgid == ev->actor.tgid ? "self"
		    : i->target_slot == ev->slot     ? "container"
						     : "outside");
}

static void fact_uring(struct sw_fact_buf *f, const struct sw_event *ev)
{
	char text[32];

	sw_fact_add(f, "operation", sw_uring_op_str(ev->uring.op));
	if (ev->uring.op == SW_URING_SUBMIT)
		sw_fact_add(f, "opcode", sw_uring_opcode_str(ev->uring.opcode, text, sizeof(text)));
	add_name(f, "path", &ev->dir, &ev->name);
}

static void add_address(struct sw_fact_buf *f, const char *entity, uint32_t family,
			const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];

	if ((family == AF_INET || family == AF_INET6) &&
	    inet_ntop((int)family, address, text, sizeof(text)))
		sw_fact_add(f, entity, text);
}

static void fact_network(struct sw_fact_buf *f, const struct sw_event *ev)
{
	const struct sw_network *n = &ev->network;
	const char *family = n->family == AF_INET    ? "inet"
			     : n->family == AF_INET6 ? "inet6"
			     : n->family == AF_UNIX  ? "unix"
						     : "other";

	sw_fact_add(f, "operation", sw_network_op_str(n->op));
	sw_fact_add(f, "family", family);
	sw_fact_addf(f, "protocol", "%u", n->protocol);
	add_address(f, "address", n->family, n->local);
	sw_fact_addf(f, "port", "%u", n->local_port);
	if (n->op == SW_NETWORK_CONNECT) {
		add_address(f, "remote-address", n->family, n->remote);
		sw_fact_addf(f, "remote-port", "%u", n->remote_port);
	}
	add_name(f, "path", &ev->dir, &ev->name);
}

static void add_outcome(struct sw_fact_buf *f, const struct sw_event *ev, bool always)
{
	const char *outcome = ev->prevented ? "prevented"
			      : ev->failed  ? "failed"
			      : ev->attempt ? "attempt"
					    : "done";

	if (always || ev->prevented || ev->failed || ev->attempt)
		sw_fact_add(f, "outcome", outcome);
	if (ev->failed)
		sw_fact_addf(f, "errno", "%d", -ev->result);
}

static void fact_system(struct sw_fact_buf *f, const struct sw_event *ev)
{
	switch (ev->type) {
	case SW_EVENT_EXEC_FAILED:
		add_name(f, "path", &ev->dir, &ev->name);
		break;
	case SW_EVENT_PRIVILEGE:
		fact_privilege(f, ev);
		break;
	case SW_EVENT_INJECTION:
		fact_injection(f, ev);
		break;
	case SW_EVENT_URING:
		fact_uring(f, ev);
		break;
	case SW_EVENT_KERNEL:
		sw_fact_add(f, "operation", sw_kernel_op_str(ev->kernel.op));
		sw_fact_addf(f, "command", "%u", ev->kernel.command);
		add_name(f, "path", &ev->dir, &ev->name);
		break;
	case SW_EVENT_NETWORK:
		fact_network(f, ev);
		break;
	default:
		sw_fact_add(f, "operation", sw_compat_op_str(ev->compat_use.op));
		sw_fact_addf(f, "call", "%u", ev->compat_use.nr);
		break;
	}
}

/* What of the event's strings did not fit its record: the labels above are then not the whole. */
static void add_truncated(struct sw_fact_buf *f, const struct sw_event *ev)
{
	const struct {
		const char *entity;
		bool truncated;
	} rows[] = {
		{"path", ev->object.path.truncated || ev->dir.truncated || ev->name.truncated},
		{"filename", ev->filename.truncated},
		{"interp", ev->interp.truncated},
		{"argv", ev->args_truncated},
		{"source", ev->dir2.truncated || ev->name2.truncated},
	};

	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++)
		if (rows[i].truncated)
			sw_fact_add(f, "truncated", rows[i].entity);
}

static const char *const type_names[] = {
	[SW_EVENT_EXEC] = "exec",
	[SW_EVENT_FILE] = "file",
	[SW_EVENT_NAMESPACE] = "namespace",
	[SW_EVENT_ENTRY] = "entry",
	[SW_EVENT_EXEC_FAILED] = "exec-failed",
	[SW_EVENT_CODE] = "code",
	[SW_EVENT_MOUNT] = "mount",
	[SW_EVENT_PRIVILEGE] = "privilege",
	[SW_EVENT_INJECTION] = "injection",
	[SW_EVENT_URING] = "uring",
	[SW_EVENT_KERNEL] = "kernel",
	[SW_EVENT_NETWORK] = "network",
	[SW_EVENT_COMPAT] = "compat",
};
_Static_assert(SW_ARRAY_LEN(type_names) == _SW_EVENT_TYPE_MAX, "a fact type for each event type");

void sw_fact_from_event(const struct sw_event *ev, const struct sw_judged_object *obj,
			struct sw_fact_buf *ret_fact)
{
	struct sw_fact_buf *f = ret_fact;

	sw_fact_begin(f, type_names[ev->type] ? type_names[ev->type] : "life");
	switch (ev->type) {
	case SW_EVENT_EXEC:
		fact_exec(f, ev, obj);
		break;
	case SW_EVENT_FILE:
		fact_file(f, ev, obj);
		break;
	case SW_EVENT_NAMESPACE:
		fact_namespace(f, ev);
		break;
	case SW_EVENT_ENTRY:
		sw_fact_addf(f, "ordinal", "%u", ev->entry_ordinal);
		break;
	case SW_EVENT_CODE:
		fact_code(f, ev, obj);
		break;
	case SW_EVENT_MOUNT:
		fact_mount(f, ev, obj);
		break;
	default:
		fact_system(f, ev);
		break;
	}
	add_outcome(f, ev, ev->type > SW_EVENT_CONTAINER_GONE);
	add_truncated(f, ev);
	sw_fact_add(f, "origin", obj->origin);
	add_actor(f, ev);
}
