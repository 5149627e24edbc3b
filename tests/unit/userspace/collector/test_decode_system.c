/* SPDX-License-Identifier: Apache-2.0 */
/* Records about code, mounts, privilege and the rest, made by hand: every field, and hostile ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "abi/event_abi.h"
#include "collector/decode.h"
#include "event/event.h"

static struct {
	uint32_t len;
	uint8_t data[SW_WIRE_REC_MAX] __attribute__((aligned(8)));
} b;

static struct sw_event ev;

static struct sw_wire_str put(const char *s, uint8_t trust, uint8_t flags)
{
	size_t n = strlen(s) + 1;
	struct sw_wire_str w = {
		.off = (uint16_t)b.len, .len = (uint16_t)n, .trust = trust, .flags = flags};

	memcpy(b.data + b.len, s, n);
	b.len += (uint32_t)n;
	return w;
}

static void *begin(uint16_t type, uint8_t cls, size_t fixed, uint32_t flags)
{
	struct sw_wire_head *h = (void *)b.data;

	memset(&b, 0, sizeof(b));
	b.len = (uint32_t)fixed;
	h->abi = SW_ABI_VERSION;
	h->type = type;
	h->cls = cls;
	h->flags = flags;
	h->actor.tgid = 4;
	return h;
}

static int decode(void)
{
	uint8_t stream;

	((struct sw_wire_head *)(void *)b.data)->size = b.len;
	return sw_event_decode(b.data, b.len, &ev, &stream);
}

static void test_outcome(void **state)
{
	static const struct {
		uint32_t flag;
		bool attempt, failed, prevented, via_uring, compat;
	} rows[] = {
		{0},
		{SW_WIRE_ATTEMPT, .attempt = true},
		{SW_WIRE_FAILED, .failed = true},
		{SW_WIRE_PREVENTED, .prevented = true},
		{SW_WIRE_VIA_URING, .via_uring = true},
		{SW_WIRE_COMPAT_TASK, .compat = true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sw_wire_exec_failed *w =
			begin(SW_WIRE_EXEC_FAILED, SW_WIRE_CLS_EXEC, sizeof(*w), rows[i].flag);

		w->h.result = -ENOENT;
		w->dir = put("srv", SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST | SW_STR_ROOTED);
		w->name = put("./tool", SW_WIRE_T_USER, 0);
		assert_int_equal(decode(), 0);
		assert_int_equal(ev.type, SW_EVENT_EXEC_FAILED);
		assert_int_equal(ev.cls, SW_CLASS_EXEC);
		assert_int_equal(ev.actor.tgid, 4);
		assert_int_equal(ev.result, -ENOENT);
		assert_int_equal(ev.attempt, rows[i].attempt);
		assert_int_equal(ev.failed, rows[i].failed);
		assert_int_equal(ev.prevented, rows[i].prevented);
		assert_int_equal(ev.via_uring, rows[i].via_uring);
		assert_int_equal(ev.compat, rows[i].compat);
		assert_string_equal(ev.dir.s, "/srv");
		assert_string_equal(ev.name.s, "./tool");
		assert_int_equal(ev.name.trust, SW_TRUST_USER);
	}
}

static void test_code(void **state)
{
	struct sw_wire_code *w = begin(SW_WIRE_CODE, SW_WIRE_CLS_CODE, sizeof(*w), 0);

	w->obj.ino = 5;
	w->obj.dev = 8u << 20 | 1;
	w->obj.path = put("lib.so", SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST | SW_STR_ROOTED);
	w->addr = 0x7f0000001000;
	w->len = 4096;
	w->op = SW_WIRE_CODE_PROTECT;
	w->prot = 5;
	w->map_flags = 2;
	w->flags = SW_WCODE_WRITTEN;
	w->args = put("ld.so", SW_WIRE_T_USER, 0);
	w->name = put("LD_PRELOAD=x", SW_WIRE_T_USER, 0);
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_CODE);
	assert_int_equal(ev.cls, SW_CLASS_CODE);
	assert_int_equal(ev.object.ino, 5);
	assert_int_equal(ev.object.dev, makedev(8, 1));
	assert_string_equal(ev.object.path.s, "/lib.so");
	assert_int_equal(ev.code.addr, 0x7f0000001000);
	assert_int_equal(ev.code.len, 4096);
	assert_int_equal(ev.code.op, SW_CODE_PROTECT);
	assert_int_equal(ev.code.prot, 5);
	assert_int_equal(ev.code.map_flags, 2);
	assert_false(ev.code.anonymous);
	assert_true(ev.code.written);
	assert_false(ev.code.writable);
	assert_int_equal(ev.args_len, 6);
	assert_string_equal(ev.name.s, "LD_PRELOAD=x");
	w->flags = SW_WCODE_ANON | SW_WCODE_WRITABLE;
	assert_int_equal(decode(), 0);
	assert_true(ev.code.anonymous);
	assert_true(ev.code.writable);
	w->op = SW_WIRE_CODE_OPS;
	assert_int_equal(decode(), -EPROTO);
}

static void test_mount(void **state)
{
	struct sw_wire_mount *w = begin(SW_WIRE_MOUNT, SW_WIRE_CLS_MOUNT, sizeof(*w), 0);

	w->obj.ino = 6;
	w->mount_flags = 0x1000;
	w->op = SW_WIRE_MOUNT_BIND;
	w->dir = put("a", SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST | SW_STR_ROOTED);
	w->name = put("target", SW_WIRE_T_USER, 0);
	w->dir2 = put("b", SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST | SW_STR_ROOTED);
	w->source = put("source", SW_WIRE_T_USER, SW_STR_TRUNCATED);
	memset(w->fs_type, 'x', sizeof(w->fs_type));
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_MOUNT);
	assert_int_equal(ev.object.ino, 6);
	assert_int_equal(ev.mount.flags, 0x1000);
	assert_int_equal(ev.mount.op, SW_MOUNT_BIND);
	assert_string_equal(ev.dir.s, "/a");
	assert_string_equal(ev.name.s, "target");
	assert_string_equal(ev.dir2.s, "/b");
	assert_string_equal(ev.name2.s, "source");
	assert_true(ev.name2.truncated);
	assert_int_equal(strlen(ev.mount.fs_type), sizeof(ev.mount.fs_type) - 1);
	w->op = SW_WIRE_MOUNT_OPS;
	assert_int_equal(decode(), -EPROTO);
}

static void test_privilege(void **state)
{
	struct sw_wire_privilege *w =
		begin(SW_WIRE_PRIVILEGE, SW_WIRE_CLS_PRIVILEGE, sizeof(*w), 0);

	w->effective_old = 1;
	w->effective_new = 2;
	w->permitted_old = 3;
	w->permitted_new = 4;
	for (uint32_t i = 0; i < SW_WIRE_IDS; i++) {
		w->old_ids[i] = 100 + i;
		w->new_ids[i] = 200 + i;
	}
	w->op = SW_WIRE_PRIV_CAPSET;
	w->user_ns = 5;
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_PRIVILEGE);
	assert_int_equal(ev.privilege.op, SW_PRIVILEGE_CAPSET);
	assert_int_equal(ev.privilege.effective_old, 1);
	assert_int_equal(ev.privilege.effective_new, 2);
	assert_int_equal(ev.privilege.permitted_old, 3);
	assert_int_equal(ev.privilege.permitted_new, 4);
	assert_int_equal(ev.privilege.old_ids[SW_ID_UID], 100);
	assert_int_equal(ev.privilege.old_ids[SW_ID_FSGID], 107);
	assert_int_equal(ev.privilege.new_ids[SW_ID_EUID], 201);
	assert_int_equal(ev.privilege.new_ids[SW_ID_GID], 204);
	assert_int_equal(ev.privilege.user_ns, 5);
	w->op = SW_WIRE_PRIV_OPS;
	assert_int_equal(decode(), -EPROTO);
}

static void test_injection(void **state)
{
	struct sw_wire_injection *w =
		begin(SW_WIRE_INJECTION, SW_WIRE_CLS_INJECTION, sizeof(*w), 0);

	w->addr = 1;
	w->len = 2;
	w->target_start_ns = 3;
	w->op = SW_WIRE_INJ_GETFD;
	w->request = 4;
	w->target_tgid = 5;
	w->target_tid = 6;
	w->target_slot = 7;
	memcpy(w->target_comm, "sixteen-bytes-xx", 16);
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_INJECTION);
	assert_int_equal(ev.injection.op, SW_INJECTION_GETFD);
	assert_int_equal(ev.injection.addr, 1);
	assert_int_equal(ev.injection.len, 2);
	assert_int_equal(ev.injection.target_start_ns, 3);
	assert_int_equal(ev.injection.request, 4);
	assert_int_equal(ev.injection.target_tgid, 5);
	assert_int_equal(ev.injection.target_tid, 6);
	assert_int_equal(ev.injection.target_slot, 7);
	assert_string_equal(ev.injection.target_comm, "sixteen-bytes-x");
	w->op = SW_WIRE_INJ_OPS;
	assert_int_equal(decode(), -EPROTO);
}

static void test_uring_and_kernel(void **state)
{
	struct sw_wire_uring *u = begin(SW_WIRE_URING, SW_WIRE_CLS_URING, sizeof(*u), 0);

	u->op = SW_WIRE_URING_SUBMIT;
	u->opcode = 35;
	u->setup_flags = 2;
	u->entries = 8;
	u->name = put("/bin/tool", SW_WIRE_T_COPIED, 0);
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_URING);
	assert_int_equal(ev.uring.op, SW_URING_SUBMIT);
	assert_int_equal(ev.uring.opcode, 35);
	assert_int_equal(ev.uring.setup_flags, 2);
	assert_int_equal(ev.uring.entries, 8);
	assert_string_equal(ev.name.s, "/bin/tool");
	assert_int_equal(ev.name.trust, SW_TRUST_COPIED);
	u->op = SW_WIRE_URING_OPS;
	assert_int_equal(decode(), -EPROTO);

	struct sw_wire_kernel *k = begin(SW_WIRE_KERNEL, SW_WIRE_CLS_KERNEL, sizeof(*k), 0);

	k->arg = 1;
	k->op = SW_WIRE_KERN_BPF;
	k->command = 5;
	k->name = put("x", SW_WIRE_T_KERNEL, 0);
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_KERNEL);
	assert_int_equal(ev.kernel.op, SW_KERNEL_BPF);
	assert_int_equal(ev.kernel.command, 5);
	assert_int_equal(ev.kernel.arg, 1);
	assert_string_equal(ev.name.s, "x");
	k->op = SW_WIRE_KERN_OPS;
	assert_int_equal(decode(), -EPROTO);
}

static void test_network_and_compat(void **state)
{
	struct sw_wire_network *n = begin(SW_WIRE_NETWORK, SW_WIRE_CLS_NETWORK, sizeof(*n), 0);

	n->op = SW_WIRE_NET_CONNECT;
	n->family = 10;
	n->type = 1;
	n->protocol = 6;
	n->local_port = 1024;
	n->remote_port = 443;
	memset(n->local, 1, sizeof(n->local));
	memset(n->remote, 2, sizeof(n->remote));
	n->name = put("/run/s", SW_WIRE_T_KERNEL, 0);
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_NETWORK);
	assert_int_equal(ev.network.op, SW_NETWORK_CONNECT);
	assert_int_equal(ev.network.family, 10);
	assert_int_equal(ev.network.type, 1);
	assert_int_equal(ev.network.protocol, 6);
	assert_int_equal(ev.network.local_port, 1024);
	assert_int_equal(ev.network.remote_port, 443);
	assert_memory_equal(ev.network.local, n->local, 16);
	assert_memory_equal(ev.network.remote, n->remote, 16);
	assert_string_equal(ev.name.s, "/run/s");
	n->op = SW_WIRE_NET_OPS;
	assert_int_equal(decode(), -EPROTO);

	struct sw_wire_compat *c = begin(SW_WIRE_COMPAT, SW_WIRE_CLS_COMPAT, sizeof(*c), 0);

	c->op = SW_WIRE_COMPAT_CALL;
	c->nr = 38;
	c->classes = 2;
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.type, SW_EVENT_COMPAT);
	assert_int_equal(ev.compat_use.op, SW_COMPAT_CALL);
	assert_int_equal(ev.compat_use.nr, 38);
	assert_int_equal(ev.compat_use.classes, 1u << SW_CLASS_FILE);
	c->op = SW_WIRE_COMPAT_OPS;
	assert_int_equal(decode(), -EPROTO);
}

static void test_file_detail(void **state)
{
	struct sw_wire_file *f = begin(SW_WIRE_FILE, SW_WIRE_CLS_FILE, sizeof(*f), 0);

	f->op = SW_WIRE_XATTR;
	f->detail = 1;
	f->name2 = put("user.x", SW_WIRE_T_USER, 0);
	assert_int_equal(decode(), 0);
	assert_int_equal(ev.file_op, SW_FILE_XATTR);
	assert_int_equal(ev.file_detail, 1);
	assert_string_equal(ev.name2.s, "user.x");
}

/* Each type needs its whole fixed part, and its strings inside the record. */
static void test_cut(void **state)
{
	static const struct {
		uint16_t type;
		size_t fixed, str;
	} rows[] = {
#define ROW(type, noun, member)                                                                    \
	{type, sizeof(struct sw_wire_##noun), offsetof(struct sw_wire_##noun, member)}
		ROW(SW_WIRE_EXEC_FAILED, exec_failed, name),
		ROW(SW_WIRE_CODE, code, name),
		ROW(SW_WIRE_MOUNT, mount, source),
		ROW(SW_WIRE_URING, uring, name),
		ROW(SW_WIRE_KERNEL, kernel, name),
		ROW(SW_WIRE_NETWORK, network, name),
		{SW_WIRE_PRIVILEGE, sizeof(struct sw_wire_privilege), 0},
		{SW_WIRE_INJECTION, sizeof(struct sw_wire_injection), 0},
		{SW_WIRE_COMPAT, sizeof(struct sw_wire_compat), 0},
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(rows[i].type, 0, rows[i].fixed - 1, 0);
		assert_int_equal(decode(), -EPROTO);
		begin(rows[i].type, 0, rows[i].fixed, 0);
		assert_int_equal(decode(), 0);
		if (!rows[i].str)
			continue;
		((struct sw_wire_str *)(void *)(b.data + rows[i].str))->len = 9;
		assert_int_equal(decode(), -EPROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_mount),
		cmocka_unit_test(test_privilege),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_uring_and_kernel),
		cmocka_unit_test(test_network_and_compat),
		cmocka_unit_test(test_file_detail),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
