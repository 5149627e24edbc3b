/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder on records made by hand: whole, cut, and hostile. */
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

struct buf {
	uint32_t len;
	uint8_t data[SW_WIRE_REC_MAX] __attribute__((aligned(8)));
};

static struct sw_wire_str put(struct buf *b, const void *s, size_t n, uint8_t trust, uint8_t flags)
{
	struct sw_wire_str w = {
		.off = (uint16_t)b->len, .len = (uint16_t)n, .trust = trust, .flags = flags};

	memcpy(b->data + b->len, s, n);
	b->len += (uint32_t)n;
	return w;
}

static struct sw_wire_exec *exec_record(struct buf *b)
{
	struct sw_wire_exec *r = (void *)b->data;

	memset(b, 0, sizeof(*b));
	b->len = sizeof(*r);
	r->h.abi = SW_ABI_VERSION;
	r->h.type = SW_WIRE_EXEC;
	r->h.cls = SW_WIRE_CLS_EXEC;
	r->h.stream = 1;
	r->h.cpu = 3;
	r->h.seq = 77;
	r->h.slot = 9;
	r->h.slot_gen = 1234567890123ull;
	r->h.boot_ns = 42;
	r->h.violations = 1u << SW_WIRE_V_SHELL | 1u << SW_WIRE_V_DRIFT;
	r->h.flags = SW_WIRE_SECUREEXEC;
	r->h.actor = (struct sw_wire_actor){.start_ns = 1,
					    .parent_start_ns = 2,
					    .cap_effective = 3,
					    .tgid = 4,
					    .tid = 5,
					    .parent_tgid = 6,
					    .entry = 7,
					    .uid = 8,
					    .euid = 9,
					    .gid = 10,
					    .egid = 11};
	memcpy(r->h.actor.comm, "sixteen-bytes-xx", 16);
	r->obj.ino = 100;
	r->obj.real_ino = 101;
	r->obj.size = 102;
	r->obj.fs_magic = 0x794c7630;
	r->obj.dev = 8u << 20 | 300;
	r->obj.real_dev = 254u << 20;
	r->obj.generation = 103;
	r->obj.mode = 0100755;
	r->obj.nlink = 2;
	r->obj.uid = 12;
	r->obj.gid = 13;
	r->obj.class_bits = SW_CB_SHELL;
	r->obj.flags = SW_WOBJ_UPPER | SW_WOBJ_ON_ROOT | SW_WOBJ_IN_BASELINE;
	r->obj.path =
		put(b, "sh\0bin\0usr", 11, SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST | SW_STR_ROOTED);
	r->filename = put(b, "/bin/sh", 8, SW_WIRE_T_COPIED, 0);
	r->interp = put(b, "/bin/s", 7, SW_WIRE_T_COPIED, SW_STR_TRUNCATED);
	r->args = put(b, "sh\0-c", 5, SW_WIRE_T_USER, SW_STR_TRUNCATED);
	memcpy(r->applet, "ash", 4);
	r->h.size = b->len;
	return r;
}

static struct sw_event *decoded(const struct buf *b)
{
	struct sw_event *e = malloc(sizeof(*e));
	uint8_t stream;

	assert_non_null(e);
	assert_int_equal(sw_event_decode(b->data, b->len, e, &stream), 0);
	return e;
}

static void test_exec_every_field(void **state)
{
	struct buf b;
	uint8_t stream = 0;
	struct sw_event *e = malloc(sizeof(*e));

	exec_record(&b);
	assert_int_equal(sw_event_decode(b.data, b.len, e, &stream), 0);
	assert_int_equal(stream, 1);
	assert_int_equal(e->type, SW_EVENT_EXEC);
	assert_int_equal(e->cls, SW_CLASS_EXEC);
	assert_int_equal(e->slot, 9);
	assert_int_equal(e->slot_gen, 1234567890123ull);
	assert_int_equal(e->boot_ns, 42);
	assert_int_equal(e->cpu, 3);
	assert_int_equal(e->seq, 77);
	assert_int_equal(e->violations, 1u << SW_VIOLATION_SHELL | 1u << SW_VIOLATION_DRIFT);
	assert_false(e->undecided);
	assert_false(e->recovered);
	assert_true(e->secure_exec);
	assert_int_equal(e->actor.start_ns, 1);
	assert_int_equal(e->actor.parent_start_ns, 2);
	assert_int_equal(e->actor.cap_effective, 3);
	assert_int_equal(e->actor.tgid, 4);
	assert_int_equal(e->actor.tid, 5);
	assert_int_equal(e->actor.parent_tgid, 6);
	assert_int_equal(e->actor.entry, 7);
	assert_int_equal(e->actor.uid, 8);
	assert_int_equal(e->actor.euid, 9);
	assert_int_equal(e->actor.gid, 10);
	assert_int_equal(e->actor.egid, 11);
	assert_string_equal(e->actor.comm, "sixteen-bytes-x");
	assert_int_equal(e->object.ino, 100);
	assert_int_equal(e->object.dev, makedev(8, 300));
	assert_int_equal(e->object.real_ino, 101);
	assert_int_equal(e->object.real_dev, makedev(254, 0));
	assert_int_equal(e->object.generation, 103);
	assert_int_equal(e->object.mode, 0100755);
	assert_int_equal(e->object.nlink, 2);
	assert_int_equal(e->object.uid, 12);
	assert_int_equal(e->object.gid, 13);
	assert_int_equal(e->object.size, 102);
	assert_int_equal(e->object.fs_magic, 0x794c7630);
	assert_true(e->object.overlay_upper);
	assert_false(e->object.overlay_data);
	assert_true(e->object.on_root);
	assert_false(e->object.memfd);
	assert_false(e->object.deleted);
	assert_true(e->object.in_baseline_map);
	assert_int_equal(e->object.class_bits, SW_OBJ_SHELL);
	assert_string_equal(e->object.path.s, "/usr/bin/sh");
	assert_int_equal(e->object.path.len, 11);
	assert_int_equal(e->object.path.trust, SW_TRUST_KERNEL);
	assert_string_equal(e->filename.s, "/bin/sh");
	assert_int_equal(e->filename.trust, SW_TRUST_COPIED);
	assert_false(e->filename.truncated);
	assert_true(e->interp.truncated);
	assert_int_equal(e->args_len, 5);
	assert_memory_equal(e->args, "sh\0-c", 5);
	assert_true(e->args_truncated);
	assert_string_equal(e->applet, "ash");
	free(e);
}

static void test_paths(void **state)
{
	struct buf b;
	struct sw_wire_exec *r = exec_record(&b);

	r->obj.path = (struct sw_wire_str){.trust = SW_WIRE_T_KERNEL,
					   .flags = SW_STR_LEAF_FIRST | SW_STR_ROOTED};
	struct sw_event *root = decoded(&b);
	assert_string_equal(root->object.path.s, "/");
	free(root);

	r = exec_record(&b);
	r->obj.path = put(&b, "memfd:x", 8, SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST);
	r->h.size = b.len;
	struct sw_event *memfd = decoded(&b);
	assert_string_equal(memfd->object.path.s, "memfd:x");
	free(memfd);

	/* 1,024 bytes of one-letter components are longer turned round than the field: cut, and
	 * marked */
	char deep[SW_WIRE_PATH_MAX];
	for (size_t i = 0; i < sizeof(deep); i += 2)
		memcpy(deep + i, "d", 2);
	r = exec_record(&b);
	r->obj.path =
		put(&b, deep, sizeof(deep), SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST | SW_STR_ROOTED);
	r->h.size = b.len;
	struct sw_event *cut = decoded(&b);
	assert_true(cut->object.path.truncated);
	assert_int_equal(cut->object.path.len, strlen(cut->object.path.s));
	assert_in_range(cut->object.path.len, 1000, SW_EVENT_PATH_MAX - 1);
	free(cut);
}

static void test_other_types(void **state)
{
	struct buf b;
	struct sw_wire_head head = exec_record(&b)->h;

	memset(&b, 0, sizeof(b));
	struct sw_wire_ns *n = (void *)b.data;
	n->h = head;
	n->h.type = SW_WIRE_NAMESPACE;
	n->h.cls = SW_WIRE_CLS_NS;
	n->op = SW_WIRE_NS_SETNS;
	n->bits = 5;
	n->child_tgid = 6;
	n->h.size = b.len = sizeof(*n);
	struct sw_event *e = decoded(&b);
	assert_int_equal(e->type, SW_EVENT_NAMESPACE);
	assert_int_equal(e->ns_op, SW_NS_SETNS);
	assert_int_equal(e->ns_bits, 5);
	assert_int_equal(e->ns_child_tgid, 6);
	free(e);

	struct sw_wire_container *c = (void *)b.data;
	memset(&b, 0, sizeof(b));
	c->h = head;
	c->h.type = SW_WIRE_CONTAINER_NEW;
	c->h.cls = SW_WIRE_CLS_LIFE;
	c->cgroup_id = 11;
	c->hierarchy_id = 12;
	b.len = sizeof(*c);
	c->name = put(&b, "docker-1.scope", 15, SW_WIRE_T_KERNEL, 0);
	c->h.size = b.len;
	e = decoded(&b);
	assert_int_equal(e->cgroup_id, 11);
	assert_int_equal(e->hierarchy_id, 12);
	assert_string_equal(e->cgroup_name, "docker-1.scope");
	free(e);

	struct sw_wire_file *f = (void *)b.data;
	memset(&b, 0, sizeof(b));
	f->h = head;
	f->h.type = SW_WIRE_FILE;
	f->h.cls = SW_WIRE_CLS_FILE;
	f->h.flags = SW_WIRE_PATH_FORM | SW_WIRE_UNDECIDED;
	f->op = SW_WIRE_RENAME;
	f->open_flags = 1;
	f->new_mode = 0644;
	b.len = sizeof(*f);
	f->name = put(&b, "a", 2, SW_WIRE_T_USER, 0);
	f->dir2 = put(&b, "tmp", 4, SW_WIRE_T_KERNEL, SW_STR_LEAF_FIRST | SW_STR_ROOTED);
	f->name2 = put(&b, "b", 2, SW_WIRE_T_USER, 0);
	f->h.size = b.len;
	e = decoded(&b);
	assert_true(e->path_form);
	assert_true(e->undecided);
	assert_int_equal(e->file_op, SW_FILE_RENAME);
	assert_int_equal(e->open_flags, 1);
	assert_int_equal(e->new_mode, 0644);
	assert_int_equal(e->dir.trust, SW_TRUST_NONE);
	assert_string_equal(e->name.s, "a");
	assert_string_equal(e->dir2.s, "/tmp");
	assert_string_equal(e->name2.s, "b");
	free(e);
}

static int refused(const struct buf *b, size_t size)
{
	struct sw_event *e = malloc(sizeof(*e));
	uint8_t stream = 99;

	assert_non_null(e);
	memset(e, 0x5a, sizeof(*e));
	int rc = sw_event_decode(b->data, size, e, &stream);
	if (rc)
		assert_int_equal(stream, 99);
	free(e);
	return rc;
}

static void test_hostile(void **state)
{
	struct buf b;
	struct sw_wire_exec *r;

	exec_record(&b);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(refused(&b, n), -EPROTO);
#define BAD(change)                                                                                \
	do {                                                                                       \
		r = exec_record(&b);                                                               \
		change;                                                                            \
		assert_int_equal(refused(&b, b.len), -EPROTO);                                     \
	} while (0)
	BAD(r->h.abi++);
	BAD(r->h.type = SW_WIRE_TYPES);
	BAD(r->h.cls = SW_ABI_CLASSES);
	BAD(r->h.violations = 1u << SW_ABI_VIOLATIONS);
	BAD(r->h.size++);
	BAD(r->filename.off = 0);		      /* into the fixed part */
	BAD(r->filename.off = (uint16_t)(b.len - 1)); /* across the end */
	BAD(r->filename.len = 0xffff);		      /* far beyond */
	BAD(r->filename.trust = 17);
	BAD(r->filename.len--); /* not terminated */
	BAD(r->obj.path.len--); /* not terminated */
	BAD(r->args.off = 0xffff);
	BAD(r->args.len = SW_EVENT_ARGS_MAX + 1);
#undef BAD
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec_every_field),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
