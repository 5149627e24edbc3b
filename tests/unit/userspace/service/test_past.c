/* SPDX-License-Identifier: Apache-2.0 */
/* What a new monitor believes of the session before: chains as data, written by the real writer. */
#include "unit/userspace/evidence/chain_util.h"

#include "loader/loader.h"
#include "service/past.h"

#define INSTANCE "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"
#define HOOK(name, id, tag)                                                                        \
	"{\"hook\":\"" name "\",\"attached\":true,\"program_id\":" id ",\"tag\":\"" tag "\"}"
#define START(instance)                                                                            \
	"start {\"instance\":\"" instance "\",\"hooks\":[" HOOK("tp_btf/a", "7", "aa") "," HOOK(   \
		"tp_btf/b", "8", "bb") ",{\"hook\":\"tp_btf/c\",\"attached\":false}]}"
#define WATCH(id, slot, cgroup)                                                                    \
	"watch {\"container\":\"" id "\",\"slot\":" slot ",\"cgroup_id\":" cgroup                  \
	",\"from\":\"first-instruction\",\"from_boot_ns\":11,\"from_wall_ns\":22,"                 \
	"\"baseline_digest\":\"sha256:b\",\"image_digest\":\"sha256:i\"}"

/* Lines "type body", one record each, boot times 1000, 2000, ... */
static void chain(const char *dir, const char *const *lines)
{
	struct sw_evidence *e = NULL;
	int64_t tick = 0;

	assert_int_equal(sw_evidence_open(dir, fixed_clock, &tick, &e, NULL), 0);
	for (; *lines; lines++) {
		const char *body = strchr(*lines, ' ');
		char type[32];

		snprintf(type, sizeof(type), "%.*s", (int)(body - *lines), *lines);
		struct json_object *o = json_tokener_parse(body);

		assert_non_null(o);
		assert_int_equal(sw_evidence_append(e, type, o, NULL), 0);
		json_object_put(o);
	}
	sw_evidence_close(e);
}

static int read_past(void **state, const char *const *lines, struct past *ret_past,
		     struct sw_error *err)
{
	const struct dir *d = *state;

	chain(d->path, lines);
	*ret_past = (struct past){.instance = INSTANCE};
	return past_read(d->path, ret_past, err);
}

#define READ(past, ...)                                                                            \
	read_past(state, (const char *const[]){__VA_ARGS__, NULL}, past, &(struct sw_error){0})

/* ---- which session ---- */

static void test_its_own_session(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, START(OTHER), WATCH("old", "1", "5"), "stop {}", START(INSTANCE),
			      WATCH("web", "3", "9"), "epoch {}", START(OTHER),
			      WATCH("next", "4", "6"), "stop {}"),
			 0);
	assert_true(p.found);
	assert_false(p.stopped); /* the stops are of others */
	assert_int_equal(p.n_lives, 1);
	assert_string_equal(p.lives[0].id, "web");
	assert_int_equal(p.last_boot_ns, 6000); /* of its epoch */
	past_release(&p);
}

static void test_other_evidence(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, START(OTHER), "stop {}"), -ENODATA);
	past_release(&p);
}

static void test_ends_of_a_session(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, START(INSTANCE), "stop {}"), 0);
	assert_true(p.stopped);
	past_release(&p);
}

static void test_pause_is_no_end(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, START(INSTANCE), "pause {}", "resume {}", WATCH("web", "3", "9"),
			      "pause {}"),
			 0);
	assert_false(p.stopped);
	assert_int_equal(p.n_lives, 1);
	assert_int_equal(p.last_boot_ns, 5000);
	past_release(&p);
}

/* ---- lives ---- */

static void test_a_life(void **state)
{
	struct past p;

	assert_int_equal(
		READ(&p, START(INSTANCE), WATCH("web", "3", "18446744073709551615"),
		     "watch {\"container\":\"late\",\"slot\":4,\"cgroup_id\":10,\"from\":\"late\"}",
		     "sweep {\"container\":\"late\",\"phase\":\"start\"}",
		     "sweep {\"container\":\"web\",\"phase\":\"close\"}"),
		0);
	assert_int_equal(p.n_lives, 2);
	assert_int_equal(p.lives[0].slot, 3);
	assert_true(p.lives[0].cgroup_id == UINT64_MAX);
	assert_true(p.lives[0].from_start);
	assert_int_equal(p.lives[0].from_boot_ns, 11);
	assert_int_equal(p.lives[0].from_wall_ns, 22);
	assert_string_equal(p.lives[0].baseline_digest, "sha256:b");
	assert_string_equal(p.lives[0].image_digest, "sha256:i");
	assert_false(p.lives[0].swept || p.lives[0].closed);
	assert_false(p.lives[1].from_start);
	assert_null(p.lives[1].baseline_digest);
	assert_null(p.lives[1].image_digest);
	assert_true(p.lives[1].swept);
	past_release(&p);
}

/* A container is started again before the end of its first life is on record. */
static void test_an_end_names_its_life(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, START(INSTANCE), WATCH("web", "3", "9"), WATCH("web", "5", "12"),
			      "end {\"container\":\"web\",\"cgroup_id\":9}"),
			 0);
	assert_true(p.lives[0].closed);
	assert_false(p.lives[1].closed);
	assert_ptr_equal(past_life(&p, 5, 12), &p.lives[1]);
	assert_ptr_equal(past_life(&p, 3, 9), &p.lives[0]);
	assert_null(past_life(&p, 3, 12));
	past_release(&p);
}

static void test_an_end_without_a_name(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, START(INSTANCE), WATCH("web", "3", "9"), WATCH("web", "5", "12"),
			      "end {\"container\":\"web\"}", "end {\"container\":\"none\"}",
			      "end {\"container\":\"web\",\"cgroup_id\":77}"),
			 0);
	assert_false(p.lives[0].closed);
	assert_true(p.lives[1].closed);
	past_release(&p);
}

/* A slot that is used again: the last life there is the one that is asked for. */
static void test_the_last_in_a_slot(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, START(INSTANCE), WATCH("a", "3", "9"), WATCH("b", "3", "9")), 0);
	assert_string_equal(past_life(&p, 3, 9)->id, "b");
	past_release(&p);
}

/* ---- what is sealed ---- */

static void test_the_sealed_record(void **state)
{
	const struct dir *d = *state;
	struct sw_verify_report report;
	struct past p = {.instance = INSTANCE};

	chain(d->path, (const char *const[]){START(INSTANCE), "epoch {}", NULL});
	assert_int_equal(sw_evidence_read(d->path, NULL, NULL, &report, NULL), 0);
	p.sealed_seq = 2;
	p.sealed_head = report.head;
	assert_int_equal(past_read(d->path, &p, NULL), 0);
	assert_true(p.sealed_seen);
	past_release(&p);

	/* another record has its number */
	p = (struct past){.instance = INSTANCE, .sealed_seq = 1, .sealed_head = report.head};
	assert_int_equal(past_read(d->path, &p, NULL), 0);
	assert_false(p.sealed_seen);
	past_release(&p);

	/* it was cut off */
	p = (struct past){.instance = INSTANCE, .sealed_seq = 3, .sealed_head = report.head};
	assert_int_equal(past_read(d->path, &p, NULL), 0);
	assert_false(p.sealed_seen);
	past_release(&p);
}

static void test_an_altered_chain(void **state)
{
	const struct dir *d = *state;
	struct past p = {.instance = INSTANCE};
	size_t len;

	chain(d->path,
	      (const char *const[]){START(INSTANCE), WATCH("web", "3", "9"), "epoch {}", NULL});
	_cleanup_free_ char *data = read_file(d->path, SEGMENT1, &len);

	*strstr(data, "web") = 'W';
	write_file(d->path, SEGMENT1, data, len);
	assert_int_equal(past_read(d->path, &p, &(struct sw_error){0}), -EBADMSG);
	past_release(&p);
}

static void test_records_of_no_known_form(void **state)
{
	struct past p;

	assert_int_equal(READ(&p, "start {\"instance\":\"" INSTANCE "\"}"), -EBADMSG);
	past_release(&p);
	dir_empty(((struct dir *)*state)->path);
	assert_int_equal(READ(&p, START(INSTANCE), "watch {\"slot\":1}"), -EBADMSG);
	past_release(&p);
	dir_empty(((struct dir *)*state)->path);
	/* what it does not ask for may be anything */
	assert_int_equal(READ(&p, START(INSTANCE), "sweep {\"container\":7,\"phase\":[]}",
			      "end {\"container\":{}}", "novel {\"container\":\"x\"}"),
			 0);
	assert_int_equal(p.n_lives, 0);
	past_release(&p);
}

/* ---- the programs ---- */

struct attached {
	const char *name, *tag;
	uint32_t id;
	bool attached;
};

static int check_hooks(const struct past *p, const struct attached *a, size_t n)
{
	struct sw_hook hooks[4] = {0};
	struct sw_features f = {.hooks = hooks, .n_hooks = n};

	for (size_t i = 0; i < n; i++) {
		hooks[i].name = a[i].name;
		hooks[i].program_id = a[i].id;
		hooks[i].attached = a[i].attached;
		snprintf(hooks[i].tag, sizeof(hooks[i].tag), "%s", a[i].tag);
	}
	return past_check_hooks(p, &f, &(struct sw_error){0});
}

static void test_the_programs(void **state)
{
	static const struct {
		const char *what;
		struct attached hooks[4];
		size_t n;
		int rc;
	} rows[] = {
		{"the same",
		 {{"tp_btf/a", "aa", 7, true},
		  {"tp_btf/b", "bb", 8, true},
		  {"tp_btf/c", "", 0, false}},
		 3,
		 0},
		{"another program",
		 {{"tp_btf/a", "aa", 9, true}, {"tp_btf/b", "bb", 8, true}},
		 2,
		 -ESTALE},
		{"another content",
		 {{"tp_btf/a", "ab", 7, true}, {"tp_btf/b", "bb", 8, true}},
		 2,
		 -ESTALE},
		{"one is gone", {{"tp_btf/a", "aa", 7, true}}, 1, -ESTALE},
		{"one is attached that was not",
		 {{"tp_btf/a", "aa", 7, true},
		  {"tp_btf/b", "bb", 8, true},
		  {"tp_btf/c", "cc", 9, true}},
		 3,
		 -ESTALE},
		{"none", {{"tp_btf/a", "aa", 7, false}}, 1, -ESTALE},
	};
	struct past p;

	assert_int_equal(READ(&p, START(INSTANCE)), 0);
	assert_int_equal(p.n_hooks, 2);
	for (size_t i = 0; i < SW_ARRAY_LEN(rows); i++)
		if (check_hooks(&p, rows[i].hooks, rows[i].n) != rows[i].rc)
			fail_msg("%s: not %d", rows[i].what, rows[i].rc);
	past_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_its_own_session, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_other_evidence, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_ends_of_a_session, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_pause_is_no_end, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_a_life, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_an_end_names_its_life, dir_setup,
						dir_teardown),
		cmocka_unit_test_setup_teardown(test_an_end_without_a_name, dir_setup,
						dir_teardown),
		cmocka_unit_test_setup_teardown(test_the_last_in_a_slot, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_the_sealed_record, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_an_altered_chain, dir_setup, dir_teardown),
		cmocka_unit_test_setup_teardown(test_records_of_no_known_form, dir_setup,
						dir_teardown),
		cmocka_unit_test_setup_teardown(test_the_programs, dir_setup, dir_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
